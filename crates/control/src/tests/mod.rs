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
mod engine_ends;
mod events;
mod fakes;
mod holders;
mod imports;
mod instance;
mod interruption;
mod isolation;
mod isolation_proof;
mod keys;
mod lists;
mod members;
mod names;
mod operations;
mod pages;
mod people;
mod platform;
mod reach;
mod reconciler;
mod remote;
mod repetition;
mod security;
mod settings;
mod signing_in;
mod statements;
mod users;
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

use kiavi_base::{Clock, ExposeSecret, Hostname, SystemClock, TenantId};
use kiavi_crypto::{SystemRng, TenantSecret};
use kiavi_db::{AdminConnection, BoxFuture, Connect, Login, quote_ident};
use kiavi_http::{AccessLog, Edge};
use kiavi_ipc::{isolation::Inspection, survey::Survey};
use kiavi_testkit::TestDatabase;
use kiavi_vault::{SealedFiles, Vault};
use serde_json::{Value, json};
use tokio::net::UnixStream;

use self::{
    fakes::{Asked, FakePrivileged, FakeSchema},
    vault_away::Away,
};
use crate::{
    CONTROL_ROLE, Control, ControlParts, DatabaseServer, LogStart, OwnHost, TEMPLATE_DATABASE, Tenant,
    TenantState,
    caller::Actor,
    key, orphans, owner_role, parse_name, provision,
    tenant::{create, store},
    workspace,
};

/// Decides at each point of provisioning whether a test stops there.
pub(crate) type Interrupt = Box<dyn Fn(&'static str) -> bool + Send>;

const DELETION_GRACE: std::time::Duration = std::time::Duration::from_secs(7 * 24 * 3600);

pub(crate) const SUPERUSER: &str = "kiavi_super";

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
