//! The control plane on a real server, with a fake only where another process would be.

mod access;
mod api;
mod asking;
mod backup_orders;
mod backups;
mod certificates;
mod coverage;
mod described;
mod domains;
mod ended;
mod holders;
mod imports;
mod instance;
mod interruption;
mod isolation;
mod isolation_proof;
mod keys;
mod lists;
mod members;
mod operations;
mod pages;
mod people;
mod platform;
mod reconciler;
mod remote;
mod repetition;
mod security;
mod settings;
mod vault_away;
mod vault_key;
mod views;
mod witness;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI32, AtomicU16, AtomicU32, Ordering},
    },
};

use kiavi_base::{Clock, ExposeSecret, Hostname, SecretString, Slug, SystemClock, TenantId};
use kiavi_crypto::{SystemRng, TenantSecret};
use kiavi_db::{AdminConnection, BoxFuture, Connect, Login, Migration, prepare_all, quote_ident};
use kiavi_http::AccessLog;
use kiavi_http::{ConnectionInfo, Edge};
use kiavi_ipc::{SealedDocument, certificate::Certificates, isolation::Inspection, survey::Survey};
use kiavi_testkit::TestDatabase;
use kiavi_vault::{SealedFiles, Vault};
use serde_json::{Value, json};
use tokio::net::UnixStream;

use self::vault_away::Away;
use crate::{
    AUDITOR_ROLE, Address, Adopted, Archived, CONTROL_ROLE, Control, ControlParts, DatabaseServer, DemoMade,
    DemoOrder, Failure, FormerServer, LogStart, OWNER_GROUP, OwnHost, Privileged, Right, SettingsFacts,
    TEMPLATE_DATABASE, TENANT_GROUP, Tenant, TenantEvent, TenantSchema, TenantStart, TenantState, Visit,
    address, attempt, audit,
    caller::Actor,
    console, invitation, key, log, member, orphans, owner_role, parse_name, provision, rotation,
    settings::store as settings_store,
    standing,
    tenant::{create, store},
    workspace,
};

/// Decides at each point of provisioning whether a test stops there.
pub(crate) type Interrupt = Box<dyn Fn(&'static str) -> bool + Send>;

const DELETION_GRACE: std::time::Duration = std::time::Duration::from_secs(7 * 24 * 3600);

pub(crate) const SUPERUSER: &str = "kiavi_super";

/// The privileged process, as a table of what it was told.
#[derive(Default)]
struct FakePrivileged {
    accounts: Mutex<BTreeMap<u32, TenantId>>,
    ready: Mutex<BTreeMap<TenantId, TenantStart>>,
    suspended: Mutex<BTreeMap<TenantId, Vec<Hostname>>>,
    /// Logs that are sealed.
    logs: Mutex<BTreeMap<TenantId, LogStart>>,
    /// What tenants' TLS is made of.
    certificates: Mutex<BTreeMap<TenantId, Certificates>>,
    own_certificates: Mutex<BTreeMap<OwnHost, Certificates>>,
    /// How many calls of `tenant_ready` fail from now on.
    failures: AtomicU32,
    /// What engines were asked at the management door.
    asked: Arc<Mutex<Vec<Asked>>>,
    /// The console's own tenant.
    sign_in: Arc<people::SignIn>,
    /// How many connections to engines fail from now on.
    silences: AtomicU32,
    /// How everything stands; `None`: it does not say.
    survey: Mutex<Option<Survey>>,
    /// What trying a tenant's isolation finds; `None`: it cannot be tried.
    inspection: Mutex<Option<Inspection>>,
    /// What visitors are shown; `None`: what tenants' TLS is made of.
    visit: Mutex<Option<Visit>>,
    /// The way to the database server.
    connect: Mutex<Option<Arc<dyn Connect>>>,
}

/// A request at the management door of a tenant's engine.
#[derive(Debug, Clone)]
struct Asked {
    tenant: TenantId,
    operator: String,
    request: String,
    host: String,
    body: String,
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
struct FakeSchema(AtomicI32);

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
        let known = ["app", "base_url", "console", "seconds", "social"];
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

#[test]
fn the_names_are_those_that_the_private_cluster_has() {
    use kiavi_localpg as localpg;
    assert_eq!(
        (AUDITOR_ROLE, CONTROL_ROLE, TENANT_GROUP, OWNER_GROUP, TEMPLATE_DATABASE, SUPERUSER),
        (
            localpg::AUDITOR_ROLE,
            localpg::CONTROL_ROLE,
            localpg::TENANTS_ROLE,
            localpg::OWNERS_ROLE,
            localpg::TEMPLATE_DATABASE,
            localpg::SUPERUSER
        )
    );
}

/// An instance: what stays when its control plane is killed and started again.
struct Instance {
    database: TestDatabase,
    /// The role that we are on a server that somebody else runs; a private cluster otherwise.
    guest: Option<String>,
    folder: PathBuf,
    privileged: Arc<FakePrivileged>,
    schema: Arc<FakeSchema>,
    /// What is in the DNS.
    zone: domains::Zone,
    /// Who makes certificates.
    issuer: Option<Arc<dyn crate::Issuer>>,
    clock: Arc<dyn Clock>,
    /// Whether the vault answers nobody.
    vault_is_away: Arc<AtomicBool>,
    console_origin: &'static str,
    edge: Edge,
    is_development: bool,
    port: AtomicU32,
    spares: AtomicU16,
}

impl Instance {
    async fn new() -> Self {
        let database = TestDatabase::empty().await;
        kiavi_localpg::bootstrap(&*database.connector()).await.unwrap();
        Self::over(database, CONTROL_ROLE, None).await
    }

    /// On a server that knows us as this role only.
    async fn of_guest(role: &str, rights: &str) -> Self {
        let database = TestDatabase::empty().await;
        database.ensure_role(role, &format!("LOGIN {rights}")).await;
        Self::over(database, role, Some(role.to_owned())).await
    }

    async fn over(database: TestDatabase, owner: &str, guest: Option<String>) -> Self {
        let own = format!("ALTER DATABASE {} OWNER TO {owner}", quote_ident(database.name()));
        database.admin().await.batch_execute(&own).await.unwrap();
        let folder = std::env::temp_dir().join(format!("kiavi-control-{}", TenantId::random(&SystemRng)));
        std::fs::create_dir(&folder).unwrap();
        Self {
            database,
            guest,
            folder,
            privileged: Arc::default(),
            zone: domains::Zone::default(),
            issuer: None,
            clock: Arc::new(SystemClock),
            vault_is_away: Arc::default(),
            schema: Arc::new(FakeSchema(AtomicI32::new(1))),
            console_origin: "http://console.localhost:8080",
            edge: Edge::default(),
            is_development: false,
            port: AtomicU32::new(8080),
            spares: AtomicU16::new(0),
        }
    }

    fn vault(&self) -> SealedFiles {
        SealedFiles::open(&self.folder, Arc::new(SystemRng)).unwrap()
    }

    /// A control plane that has just started.
    async fn start(&self) -> Control {
        Control::open(self.parts()).await.unwrap()
    }

    fn server(&self) -> DatabaseServer {
        let (connect, name) = (self.database.connector(), self.database.name());
        match &self.guest {
            Some(role) => DatabaseServer::remote(connect, role, name, "kiavi at a test"),
            None => DatabaseServer::private(connect, name),
        }
    }

    fn parts(&self) -> ControlParts {
        let port = self.port.load(Ordering::SeqCst);
        let server = self.server();
        ControlParts {
            database: server.own(),
            server,
            vault: Arc::new(Away { vault: self.vault(), is_away: Arc::clone(&self.vault_is_away) }),
            privileged: Arc::clone(&self.privileged) as _,
            proofs: self.zone.door(),
            issuer: self.issuer.clone(),
            own_hosts: vec![(OwnHost::Console, "console.localhost".parse().unwrap())],
            schema: Arc::clone(&self.schema) as _,
            clock: Arc::clone(&self.clock),
            rng: Arc::new(SystemRng),
            base_url_for: Arc::new(move |slug| format!("http://{slug}.localhost:{port}")),
            access: Arc::new(AccessLog::silent()),
            edge: self.edge.clone(),
            domain: "localhost".to_owned(),
            console_origin: self.console_origin.to_owned(),
            console_tls_origin: None,
            spares: self.spares.load(Ordering::SeqCst),
            deletion_grace: DELETION_GRACE,
            create_command: "kiavi tenant create NAME".to_owned(),
            is_development: self.is_development,
        }
    }

    async fn request(&self, control: &Control, name: &str) -> Tenant {
        self.try_request(control, name).await.unwrap()
    }

    async fn try_request(&self, control: &Control, name: &str) -> Result<Tenant, crate::ControlError> {
        let workspace = control.default_workspace().await?;
        create::create(control, &Actor::CONTROL, &parse_name(name).unwrap(), &workspace).await
    }

    /// A tenant that runs.
    async fn tenant(&self, control: &Control, name: &str) -> Tenant {
        let id = self.request(control, name).await.id;
        provision::converge(control, &id).await;
        let tenant = control.tenant(id.as_str()).await.unwrap().unwrap();
        assert_eq!(tenant.state, TenantState::Running, "{:?}", tenant.last_error);
        tenant
    }

    async fn count(&self, question: &str, value: &str) -> i64 {
        self.database.admin().await.query(question, &[&value]).await.unwrap()[0].get(0)
    }

    async fn events(&self, id: &TenantId) -> Vec<String> {
        let question = "SELECT type FROM audit_event WHERE subject = $1 ORDER BY at, id";
        let rows = self.database.admin().await.query(question, &[&id.as_str()]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    async fn roles(&self, id: &TenantId) -> i64 {
        let owner = owner_role(id);
        let question = "SELECT count(*) FROM pg_roles WHERE rolname IN (left($1, 25), $1)";
        self.count(question, &owner).await
    }

    async fn databases(&self, id: &TenantId) -> i64 {
        self.count("SELECT count(*) FROM pg_database WHERE datname = $1", id.as_str()).await
    }

    /// It is made, with one event for each step.
    async fn assert_whole(&self, tenant: &Tenant) {
        self.assert_made(tenant).await;
        let mut events = self.events(&tenant.id).await;
        events.retain(|kind| kind != "tenant.started");
        let expected = ["requested", "secret_created", "role_created", "database_created", "schema_migrated"];
        assert_eq!(events, expected.map(|verb| format!("tenant.{verb}")));
    }

    /// Everything is there, once, and agrees.
    async fn assert_made(&self, tenant: &Tenant) {
        let id = &tenant.id;
        assert_eq!((self.databases(id).await, self.roles(id).await), (1, 2), "{id}");
        let vault = self.vault();
        let name = provision::secret_name();
        assert_eq!(vault.versions(id, &name).await.unwrap().len(), 1, "one secret, made once");
        let stored = vault.get(id, &name).await.unwrap().unwrap();
        let secret = String::from_utf8(stored.value.expose_secret().to_vec()).unwrap();
        let start = self.privileged.ready.lock().unwrap().get(id).cloned().expect("the tenant is ready");
        let purpose = kiavi_crypto::Purpose::UserHandle;
        let stored = kiavi_crypto::TenantSecret::new(secret.into());
        assert_eq!(start.secret.subkey(purpose), stored.subkey(purpose));
        assert_eq!((start.uid, start.slug), (tenant.uid, tenant.slug.clone()));
        assert_eq!(self.privileged.accounts.lock().unwrap().get(&tenant.uid), Some(id));
    }

    /// The tenants that have secrets; the instance has some of its own.
    async fn tenants_with_secrets(&self) -> Vec<TenantId> {
        let all = self.vault().tenants().await.unwrap();
        all.into_iter().filter(|id| id.as_str() != crate::log::INSTANCE).collect()
    }

    async fn assert_gone(&self, tenant: &Tenant) {
        let id = &tenant.id;
        assert_eq!((self.databases(id).await, self.roles(id).await), (0, 0), "{id}");
        assert!(!self.vault().tenants().await.unwrap().contains(id));
        assert!(!self.privileged.ready.lock().unwrap().contains_key(id));
        assert!(!self.privileged.suspended.lock().unwrap().contains_key(id));
        assert_eq!(self.privileged.accounts.lock().unwrap().get(&tenant.uid), None);
        assert_eq!(self.count("SELECT count(*) FROM tenant WHERE id = $1", id.as_str()).await, 0);
    }
}

impl Drop for Instance {
    /// Drops the tenants that are left; the server is shared and lives on.
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
        let (connector, ids) = (self.database.connector(), self.privileged.accounts.lock().unwrap().clone());
        let cleaner = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let login = Login::new(SUPERUSER, "postgres");
                let Ok(admin) = AdminConnection::connect(&*connector, &login).await else { return };
                for id in ids.values() {
                    let _ = admin.batch_execute(&format!("DROP DATABASE IF EXISTS {id} WITH (FORCE)")).await;
                    let _ =
                        admin.batch_execute(&format!("DROP ROLE IF EXISTS {id}, {}", owner_role(id))).await;
                }
            });
        });
        let _ = cleaner.join();
    }
}

#[tokio::test]
async fn every_statement_fits_the_schema() {
    let instance = Instance::new().await;
    let control = instance.start().await;
    let statements = [
        &audit::INSERT_EVENT,
        &attempt::WRITE_ATTEMPT,
        &attempt::ATTEMPT,
        &attempt::KEEP_ANSWER,
        &attempt::FREE_ATTEMPT,
        &attempt::FORGET_ATTEMPTS,
        &key::store::KEY_BY_HASH,
        &key::store::KEY_USED,
        &key::store::KEY_BY_ID,
        &key::store::KEYS_BEFORE,
        &key::store::INSERT_KEY,
        &key::store::HAS_KEYS,
        &key::store::ROTATE_KEY,
        &key::store::REVOKE_KEY,
        &key::store::REVOKE_KEYS_BY_NAME,
        &key::end::KEYS_KNOWN_TO,
        &key::end::KEYS_BY_HOLDER,
        &key::end::NARROW_KEY,
        &key::end::END_PREVIOUS_SECRET,
        &workspace::store::WORKSPACE_BY_ID,
        &workspace::store::WORKSPACE_BY_SLUG,
        &workspace::store::WORKSPACES_AFTER,
        &workspace::store::INSERT_WORKSPACE,
        &store::TENANT_BY_ID,
        &store::TENANT_BY_SLUG,
        &store::TENANTS_AFTER,
        &store::TENANTS_OF_WORKSPACE_AFTER,
        &store::INSERT_TENANT,
        &store::STEPS,
        &store::START_STEP,
        &store::FINISH_STEP,
        &store::SET_STATE,
        &store::SET_SCHEMA_VERSION,
        &store::MIGRATE_STOPPED,
        &settings_store::INSERT_FIRST_SETTINGS,
        &settings_store::CHANGE_SETTINGS,
        &settings_store::SETTINGS_VERSION,
        &settings_store::SETTINGS_VERSIONS_BEFORE,
        &settings_store::SETTINGS_VERSIONS_AFTER,
        &settings_store::SET_SETTINGS_DELIVERED,
        &store::SET_FAILED,
        &store::SET_REACHED,
        &store::STEPS_TO_DO,
        &store::OVERDUE_TENANTS,
        &address::HOSTNAMES,
        &address::OVERDUE_HOSTNAMES,
        &rotation::SECRET_ROTATED_AT,
        &orphans::DATABASES,
        &orphans::ROLES,
        &orphans::ALL_TENANTS,
        &log::store::KEEP_LOG,
        &log::store::LOG,
        &log::store::LOCK_LOG,
        &log::store::SEE_LOG,
        &log::store::REFUSE_LOG,
        &log::store::ALARMS,
        &log::store::IS_CONTRADICTED,
        &create::KEPT_HOSTNAME,
        &create::TAKE_SPARE,
        &create::INSERT_SPARE,
        &store::DELETE_TENANT,
        &store::DUE_TENANTS,
        &store::BACKLOG,
        &store::TENANTS_BY_STATE,
        &store::NEXT_RETRY,
        &store::OUTDATED_SCHEMAS_TO_DO,
        &store::ANNOUNCEMENTS_TO_DO,
        &store::ALL_TO_DO,
        &store::START_AGAIN,
        &store::FINISH_IMPORT,
        &store::GIVE_UP_IMPORTS,
    ];
    prepare_all(&control.parts().database, &statements).await.unwrap();
}

#[tokio::test]
async fn every_statement_of_a_part_fits_the_schema() {
    let instance = Instance::new().await;
    let control = instance.start().await;
    let parts = [
        provision::STATEMENTS,
        crate::server::overdue::STATEMENTS,
        crate::backup::STATEMENTS,
        crate::certificate::store::STATEMENTS,
        crate::domain::store::STATEMENTS,
        crate::ended::STATEMENTS,
        crate::isolation::store::STATEMENTS,
        crate::view::store::STATEMENTS,
        crate::platform::STATEMENTS,
    ];
    for statements in parts.into_iter().chain([crate::instance::STATEMENTS]) {
        prepare_all(&control.parts().database, statements).await.unwrap();
    }
}

#[tokio::test]
async fn every_statement_about_people_fits_the_schema() {
    let instance = Instance::new().await;
    let control = instance.start().await;
    let statements = [
        &workspace::store::RENAME_WORKSPACE,
        &member::store::MEMBER,
        &member::store::MEMBERS_AFTER,
        &member::store::MEMBER_BY_EMAIL,
        &member::store::PUT_MEMBER,
        &member::store::JOIN_MEMBER,
        &member::store::DELETE_MEMBER,
        &standing::LOCK_WORKSPACE,
        &standing::ROLE_NOW,
        &standing::SCOPES_NOW,
        &member::store::OWNERS,
        &member::store::WORKSPACES_OF_PERSON,
        &invitation::store::INVITATION,
        &invitation::store::INVITATION_BY_HASH,
        &invitation::store::INVITATIONS_BEFORE,
        &invitation::store::INVITATIONS_FOR,
        &invitation::store::INVITATIONS_TODAY,
        &invitation::store::GIVE_UP_EXPIRED,
        &invitation::store::INSERT_INVITATION,
        &invitation::store::RENEW_INVITATION,
        &invitation::store::INVITATION_SENT,
        &invitation::store::REVOKE_INVITATION,
        &invitation::store::REVOKE_INVITATIONS_OF,
        &invitation::store::ACCEPT_INVITATION,
        &console::first_owner::HAS_OWNER,
        &console::first_owner::REPLACE_OWNER_LINK,
        &console::first_owner::OWNER_LINK,
        &console::first_owner::TAKE_OWNER_LINK,
        &console::session::KEEP_PERSON,
        &console::session::INSERT_CONSOLE_SESSION,
        &console::session::CONSOLE_SESSION,
        &console::session::CONSOLE_SESSION_CHECKED,
        &console::session::CONSOLE_SESSION_USED,
        &console::session::CONSOLE_SESSION_AT,
        &console::session::END_CONSOLE_SESSION,
        &console::session::FORGET_CONSOLE_SESSIONS,
    ];
    prepare_all(&control.parts().database, &statements).await.unwrap();
}
