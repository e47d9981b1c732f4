//! What the control plane talks to, as tables of what it was told: the privileged process, engines, and the schema of tenants.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI32, AtomicU32, Ordering},
    },
};

use kiavi_base::{Hostname, SecretString, Slug, TenantId};
use kiavi_crypto::TenantSecret;
use kiavi_db::{AdminConnection, BoxFuture, Connect, Migration, quote_ident};
use kiavi_http::ConnectionInfo;
use kiavi_ipc::{SealedDocument, certificate::Certificates, isolation::Inspection, survey::Survey};
use serde_json::{Value, json};
use tokio::net::UnixStream;

use super::{events, isolation_proof, people, security, users};
use crate::{
    Address, Adopted, Archived, DemoMade, DemoOrder, Failure, FormerServer, LogStart, OwnHost, Privileged,
    Right, SettingsFacts, TenantEvent, TenantSchema, TenantStart, Visit,
};

/// The privileged process, as a table of what it was told.
#[derive(Default)]
pub(super) struct FakePrivileged {
    pub(super) accounts: Mutex<BTreeMap<u32, TenantId>>,
    pub(super) ready: Mutex<BTreeMap<TenantId, TenantStart>>,
    pub(super) suspended: Mutex<BTreeMap<TenantId, Vec<Hostname>>>,
    /// Tenants that are going to be made ready.
    pub(super) expected: Mutex<BTreeMap<TenantId, Vec<Hostname>>>,
    /// Who was expected, and who suspended, when it was said that there are no others.
    pub(super) hosts_known: Mutex<Option<(Vec<TenantId>, Vec<TenantId>)>>,
    /// Logs that are sealed.
    pub(super) logs: Mutex<BTreeMap<TenantId, LogStart>>,
    /// What tenants' TLS is made of.
    pub(super) certificates: Mutex<BTreeMap<TenantId, Certificates>>,
    pub(super) own_certificates: Mutex<BTreeMap<OwnHost, Certificates>>,
    /// How many calls of `tenant_ready` fail from now on.
    pub(super) failures: AtomicU32,
    /// What engines were asked at the management door.
    pub(super) asked: Arc<Mutex<Vec<Asked>>>,
    /// The console's own tenant.
    pub(super) sign_in: Arc<people::SignIn>,
    /// How many connections to engines fail from now on.
    pub(super) silences: AtomicU32,
    /// How everything stands; `None`: it does not say.
    pub(super) survey: Mutex<Option<Survey>>,
    /// What trying a tenant's isolation finds; `None`: it cannot be tried.
    pub(super) inspection: Mutex<Option<Inspection>>,
    /// What visitors are shown; `None`: what tenants' TLS is made of.
    pub(super) visit: Mutex<Option<Visit>>,
    /// The way to the database server.
    pub(super) connect: Mutex<Option<Arc<dyn Connect>>>,
}

/// A request at the management door of a tenant's engine.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) tenant: TenantId,
    pub(super) operator: String,
    pub(super) request: String,
    pub(super) host: String,
    pub(super) body: String,
}

/// An engine that notes what it is asked and repeats it.
async fn echo(
    axum::Extension(asked): axum::Extension<Asked>,
    axum::extract::State(all): axum::extract::State<Arc<Mutex<Vec<Asked>>>>,
    method: axum::http::Method,
    uri: axum::http::Uri,
    headers: axum::http::HeaderMap,
    body: String,
) -> axum::Json<Value> {
    let (request, host) = (format!("{method} {uri}"), headers["host"].to_str().unwrap().to_owned());
    let names: Vec<_> = headers.keys().map(ToString::to_string).collect();
    let answer = json!({ "request": request, "operator": asked.operator, "headers": names, "body": body });
    all.lock().unwrap().push(Asked { request, host, body, ..asked });
    axum::Json(answer)
}

impl FakePrivileged {
    /// A connection to an engine that answers.
    fn answering(&self, tenant: &TenantId, operator: &str) -> std::io::Result<UnixStream> {
        let (ours, theirs) = UnixStream::pair()?;
        let (tenant, operator) = (tenant.clone(), operator.to_owned());
        let (request, host, body) = Default::default();
        let router = people::routes(Arc::clone(&self.sign_in))
            .merge(security::routes())
            .merge(events::routes())
            .merge(users::routes())
            .fallback(echo)
            .with_state(Arc::clone(&self.asked))
            .layer(axum::Extension(Asked { tenant, operator, request, host, body }));
        let info = ConnectionInfo { peer: ([127, 0, 0, 1], 0).into(), sequence: 0 };
        let (trigger, drain) = kiavi_http::drain();
        tokio::spawn(async move {
            let _ = kiavi_http::serve_connection(theirs, info, router, drain).await;
            drop(trigger);
        });
        Ok(ours)
    }
}

impl Privileged for FakePrivileged {
    fn add_account<'a>(&'a self, uid: u32, tenant: &'a TenantId) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            let known = self.accounts.lock().unwrap().insert(uid, tenant.clone());
            assert!(known.is_none_or(|known| known == *tenant), "a uid was used twice");
            Ok(())
        })
    }

    fn tenant_expected<'a>(
        &'a self,
        tenant: &'a TenantId,
        hostnames: Vec<Hostname>,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        self.expected.lock().unwrap().insert(tenant.clone(), hostnames);
        Box::pin(std::future::ready(Ok(())))
    }

    fn hosts_known(&self) -> BoxFuture<'_, Result<(), Failure>> {
        let expected = self.expected.lock().unwrap().keys().cloned().collect();
        let suspended = self.suspended.lock().unwrap().keys().cloned().collect();
        *self.hosts_known.lock().unwrap() = Some((expected, suspended));
        Box::pin(std::future::ready(Ok(())))
    }

    fn tenant_ready(&self, start: TenantStart) -> BoxFuture<'_, Result<(), Failure>> {
        Box::pin(async move {
            let fails =
                self.failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |count| count.checked_sub(1));
            if fails.is_ok() {
                return Err("the launcher is away".into());
            }
            self.suspended.lock().unwrap().remove(&start.id);
            self.ready.lock().unwrap().insert(start.id.clone(), start);
            Ok(())
        })
    }

    fn open_management<'a>(
        &'a self,
        tenant: &'a TenantId,
        operator: &'a str,
    ) -> BoxFuture<'a, Result<UnixStream, Failure>> {
        Box::pin(async move {
            let is_known = self.ready.lock().unwrap().contains_key(tenant);
            let is_silent =
                self.silences.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |count| count.checked_sub(1));
            match (is_known, is_silent) {
                (false, _) => Err("there is no such engine".into()),
                // The other end closes at once.
                (true, Ok(_)) => Ok(UnixStream::pair()?.0),
                (true, Err(_)) => Ok(self.answering(tenant, operator)?),
            }
        })
    }

    fn open_log<'a>(
        &'a self,
        start: TenantStart,
        operator: &'a str,
    ) -> BoxFuture<'a, Result<UnixStream, Failure>> {
        Box::pin(async move {
            if !self.suspended.lock().unwrap().contains_key(&start.id) {
                return Err("it is not suspended".into());
            }
            Ok(self.answering(&start.id, operator)?)
        })
    }

    fn tenant_suspended<'a>(
        &'a self,
        tenant: &'a TenantId,
        hostnames: Vec<Hostname>,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            self.ready.lock().unwrap().remove(tenant);
            self.suspended.lock().unwrap().insert(tenant.clone(), hostnames);
            Ok(())
        })
    }

    fn remove_account<'a>(&'a self, uid: u32, tenant: &'a TenantId) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            let known = self.accounts.lock().unwrap().remove(&uid);
            assert!(known.is_none_or(|known| known == *tenant), "another tenant's account");
            Ok(())
        })
    }

    fn accounts(&self) -> BoxFuture<'_, Result<Vec<(u32, TenantId)>, Failure>> {
        let accounts = self.accounts.lock().unwrap().clone();
        Box::pin(std::future::ready(Ok(accounts.into_iter().collect())))
    }

    fn survey(&self) -> BoxFuture<'_, Result<Survey, Failure>> {
        let known = self.survey.lock().unwrap().clone();
        Box::pin(std::future::ready(known.ok_or_else(|| "the launcher does not say".into())))
    }

    fn inspect<'a>(&'a self, _: &'a TenantId) -> BoxFuture<'a, Result<Inspection, Failure>> {
        let found = self.inspection.lock().unwrap().clone();
        Box::pin(std::future::ready(found.ok_or_else(|| "the launcher does not say".into())))
    }

    fn connect_as(&self, tenant: &TenantId, _: Option<SecretString>) -> Arc<dyn Connect> {
        let server = self.connect.lock().unwrap().clone().expect("the server of this instance");
        Arc::new(isolation_proof::Peer { server, role: tenant.to_string() })
    }

    fn log_ready(&self, log: LogStart) -> BoxFuture<'_, Result<(), Failure>> {
        self.logs.lock().unwrap().insert(log.tenant.clone(), log);
        Box::pin(std::future::ready(Ok(())))
    }

    fn announce_certificates<'a>(
        &'a self,
        tenant: &'a TenantId,
        certificates: SealedDocument,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            let opened = Certificates::open(certificates.fd())?;
            self.certificates.lock().unwrap().insert(tenant.clone(), opened);
            Ok(())
        })
    }

    fn announce_own_certificates(
        &self,
        host: OwnHost,
        certificates: SealedDocument,
    ) -> BoxFuture<'_, Result<(), Failure>> {
        Box::pin(async move {
            let opened = Certificates::open(certificates.fd())?;
            self.own_certificates.lock().unwrap().insert(host, opened);
            Ok(())
        })
    }

    fn visit<'a>(&'a self, hostname: &'a Hostname) -> BoxFuture<'a, Result<Visit, Failure>> {
        let told = self.visit.lock().unwrap().clone();
        let shown = || {
            let certificates = self.certificates.lock().unwrap();
            let all = certificates.values().flat_map(|of_tenant| &of_tenant.certificates);
            let chain = all.filter(|one| one.names.contains(hostname)).map(|one| one.chain.clone()).next();
            chain.map_or(Visit::TurnedAway, Visit::Shown)
        };
        Box::pin(std::future::ready(Ok(told.unwrap_or_else(shown))))
    }

    fn log_written<'a>(&'a self, _: &'a TenantId) -> BoxFuture<'a, ()> {
        Box::pin(std::future::ready(()))
    }

    fn tenant_removed<'a>(&'a self, tenant: &'a TenantId) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            self.logs.lock().unwrap().remove(tenant);
            self.certificates.lock().unwrap().remove(tenant);
            self.suspended.lock().unwrap().remove(tenant);
            self.ready.lock().unwrap().remove(tenant);
            Ok(())
        })
    }
}

/// A schema of one table, or of two, besides those that are imported and a log.
pub(super) struct FakeSchema(pub(super) AtomicI32);

const TENANT_MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "item",
        sql: concat!(
            "CREATE TABLE item (id int PRIMARY KEY); CREATE TABLE told (kind text, operator text, detail jsonb, id text UNIQUE);
             CREATE TABLE kiavi.audit_event (id uuid PRIMARY KEY, at timestamptz NOT NULL);
             CREATE TABLE rewrapped (version bigint); CREATE TABLE retained (seconds bigint);",
            include_str!("../../../engine/migrations/V1__better_auth.sql"),
            include_str!("../../../engine/migrations/V3__better_auth_plugins.sql"),
            include_str!("../../../engine/migrations/V18__ended.sql"),
        ),
    },
    Migration { version: 2, name: "more", sql: "CREATE TABLE more (id int PRIMARY KEY)" },
];

impl TenantSchema for FakeSchema {
    fn version(&self) -> i32 {
        self.0.load(Ordering::SeqCst)
    }

    fn migrate<'a>(
        &'a self,
        connection: &'a mut AdminConnection,
        owner: &'a str,
        runtime: &'a str,
        _auditor: &'a str,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            let steps = &TENANT_MIGRATIONS[..usize::try_from(self.version())?];
            kiavi_db::migrate(connection, steps, Some(owner)).await?;
            let grant = format!(
                "SET ROLE {}; GRANT SELECT, INSERT ON item TO {}; RESET ROLE",
                quote_ident(owner),
                quote_ident(runtime)
            );
            connection.batch_execute(&grant).await?;
            Ok(())
        })
    }

    fn migrate_to<'a>(
        &'a self,
        connection: &'a mut AdminConnection,
        owner: &'a str,
        version: i32,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            let steps = &TENANT_MIGRATIONS[..usize::try_from(version)?];
            kiavi_db::migrate(connection, steps, Some(owner)).await?;
            Ok(())
        })
    }

    fn event_types(&self) -> Vec<&'static str> {
        vec!["session.created"]
    }

    fn archived(&self, table: &str) -> Archived {
        match table {
            "kiavi.schema_history" | "kiavi.ended" | "public.verification" => Archived::Left,
            "public.item" => Archived::PersonKeys,
            _ => Archived::Kept,
        }
    }

    fn default_settings(&self, slug: &Slug, base_url: &str) -> Result<Value, Failure> {
        Ok(json!({ "app": slug, "base_url": base_url, "seconds": 60 }))
    }

    /// Knows the members of the tests, and that a number of seconds is one.
    fn check_settings(&self, settings: &Value) -> Result<Value, Failure> {
        let members = settings.as_object().ok_or("not an object")?;
        let known = ["abuse", "app", "base_url", "console", "rate_limits", "seconds", "social"];
        if let Some(name) = members.keys().find(|name| !known.contains(&name.as_str())) {
            return Err(format!("unknown field `{name}`").into());
        }
        let seconds = settings.get("seconds").cloned().unwrap_or(60.into());
        let seconds = seconds.as_u64().ok_or("invalid type, expected a number")?;
        if !(1..=3600).contains(&seconds) {
            return Err("seconds is not 1 to 3600".into());
        }
        let mut settings = settings.clone();
        settings["seconds"] = seconds.into();
        Ok(settings)
    }

    fn sender_address(&self, settings: &Value) -> Result<String, Failure> {
        let own = settings["app"].as_str().filter(|name| name.contains('@'));
        Ok(own.unwrap_or("no-reply@shop.localhost").to_owned())
    }

    fn adopt(&self, slug: &Slug, base_url: &str, former: &FormerServer) -> Result<Adopted, Failure> {
        if former.cookie_prefix.is_some() {
            return Err("there are no cookies here".into());
        }
        let settings = self.default_settings(slug, base_url)?;
        let warnings = former.providers.iter().map(|provider| format!("set up {provider}")).collect();
        Ok(Adopted { settings, warnings, stays_signed_in: former.brings_secret })
    }

    fn record<'a>(
        &'a self,
        connection: &'a AdminConnection,
        event: TenantEvent<'a>,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            let values: [&(dyn kiavi_db::ToSql + Sync); 4] =
                [&event.kind.as_str(), &event.operator, event.detail, &event.id.to_string()];
            let once = "INSERT INTO told VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
            connection.execute(once, &values).await?;
            Ok(())
        })
    }

    fn settle_retention<'a>(
        &'a self,
        connection: &'a AdminConnection,
        settings: &'a Value,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            let seconds = settings["seconds"].as_i64();
            connection.execute("INSERT INTO retained VALUES ($1)", &[&seconds]).await?;
            Ok(())
        })
    }

    fn console_settings(&self, settings: &Value, origin: &str) -> Result<Value, Failure> {
        let mut settings = settings.clone();
        settings["console"] = origin.into();
        Ok(settings)
    }

    fn with_address(&self, settings: &Value, address: &Address) -> Result<Value, Failure> {
        let mut settings = settings.clone();
        settings["base_url"] = address.base_url.as_str().into();
        Ok(settings)
    }

    fn facts(&self, settings: &Value) -> Result<SettingsFacts, Failure> {
        let base_url = settings["base_url"].as_str().ok_or("no base URL")?;
        let rp_id = url::Url::parse(base_url)?.host_str().ok_or("no host")?.to_owned();
        Ok(SettingsFacts { rp_id, session_lifetime: std::time::Duration::from_secs(60) })
    }

    fn count_passkeys<'a>(
        &'a self,
        connection: &'a AdminConnection,
        before: Option<jiff::Timestamp>,
    ) -> BoxFuture<'a, Result<i64, Failure>> {
        Box::pin(async move {
            let question = "SELECT count(*) FROM passkey WHERE $1::timestamptz IS NULL OR \"createdAt\" < $1";
            Ok(connection.query(question, &[&before]).await?[0].get(0))
        })
    }

    fn rights(&self) -> Vec<Right> {
        let right = |privilege: &str| Right {
            is_auditors: false,
            object: "public.item".into(),
            column: None,
            privilege: privilege.into(),
        };
        vec![right("SELECT"), right("INSERT")]
    }

    fn forbidden(&self) -> Vec<&'static str> {
        vec!["DELETE FROM item WHERE false", "TRUNCATE told"]
    }

    fn objects(&self) -> Vec<&'static str> {
        vec!["item"]
    }

    fn objects_there<'a>(
        &'a self,
        connection: &'a AdminConnection,
    ) -> BoxFuture<'a, Result<Vec<String>, Failure>> {
        Box::pin(async move {
            let tables = "SELECT relname::text FROM pg_class WHERE relname IN ('item', 'intruder')";
            Ok(connection.query(tables, &[]).await?.iter().map(|row| row.get(0)).collect())
        })
    }

    fn rewrap<'a>(
        &'a self,
        connection: &'a AdminConnection,
        secret: &'a TenantSecret,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            let version = secret.expose_versions().next().map(|(version, _)| i64::from(version));
            connection.execute("INSERT INTO rewrapped VALUES ($1)", &[&version]).await?;
            Ok(())
        })
    }

    fn populate<'a>(
        &'a self,
        _: &'a AdminConnection,
        _: &'a TenantSecret,
        _: DemoOrder,
        _: jiff::Timestamp,
    ) -> BoxFuture<'a, Result<DemoMade, Failure>> {
        Box::pin(async { Ok(DemoMade::Before) })
    }
}
