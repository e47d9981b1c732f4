//! A database for one test.

use std::{
    fmt::Debug,
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    os::unix::fs::MetadataExt,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    thread,
};

use kiavi_db::{AdminConnection, Connect, Database, DbError, Login, quote_ident};

use crate::server::{SUPERUSER, Server};

/// Under this advisory lock templates are made, one at a time.
const TEMPLATE_LOCK: i64 = 0x7465_6d70;

/// A database that one test owns. Dropped with it; what a crashed test left is swept by a later one.
///
/// ```no_run
/// # use kiavi_testkit::TestDatabase;
/// # async fn example() {
/// let test = TestDatabase::new("shop", async |admin| {
///     admin.batch_execute("CREATE TABLE item (id int PRIMARY KEY)").await
/// })
/// .await;
/// let database = test.database();
/// # }
/// ```
pub struct TestDatabase {
    name: String,
    server: &'static Server,
}

impl TestDatabase {
    /// A copy of the template called `template`, which `migrate` fills the first time that this test program
    /// asks for it. A rebuilt program makes its templates anew, so a changed migration is never missed.
    ///
    /// The connection given to `migrate` is a superuser's, in the template.
    pub async fn new<E: Debug>(
        template: &str,
        migrate: impl AsyncFnOnce(&mut AdminConnection) -> Result<(), E>,
    ) -> Self {
        let server = Server::shared();
        let admin = connect(server, "postgres").await;
        let source = template_name(template);
        if !is_ready(&admin, &source).await {
            make_template(server, &admin, &source, migrate).await;
        }
        Self::copy_of(&source, server, &admin).await
    }

    /// A database without any table.
    pub async fn empty() -> Self {
        let server = Server::shared();
        Self::copy_of("template0", server, &connect(server, "postgres").await).await
    }

    async fn copy_of(source: &str, server: &'static Server, admin: &AdminConnection) -> Self {
        sweep(admin).await;
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{}_{number}", this_process());
        let (target, source) = (quote_ident(&name), quote_ident(source));
        let create = format!("CREATE DATABASE {target} TEMPLATE {source} STRATEGY wal_log");
        admin.batch_execute(&create).await.expect("a copy of the template");
        Self { name, server }
    }

    /// The database as the superuser, as engines and others use one. Each call gives connections of its own.
    pub fn database(&self) -> Database {
        self.database_as(SUPERUSER)
    }

    /// The database as `role`, which must exist and have LOGIN. Roles are shared by all tests of the server:
    /// make them with [`TestDatabase::ensure_role`].
    pub fn database_as(&self, role: &str) -> Database {
        Database::new(self.connector(), Login::new(role, &self.name))
    }

    /// A superuser's connection to the database.
    pub async fn admin(&self) -> AdminConnection {
        connect(self.server, &self.name).await
    }

    /// Makes a role unless it exists, also when other tests do the same at the same time. `options` are those
    /// of `CREATE ROLE`, for example `LOGIN`.
    pub async fn ensure_role(&self, role: &str, options: &str) {
        let admin = connect(self.server, "postgres").await;
        let made = admin.batch_execute(&format!("CREATE ROLE {} {options}", quote_ident(role))).await;
        let exists = admin.query("SELECT 1 FROM pg_roles WHERE rolname = $1", &[&role]).await.expect("roles");
        assert!(!exists.is_empty(), "the role cannot be made: {made:?}");
    }

    /// The way to the server, for tests that log in by themselves.
    pub fn connector(&self) -> Arc<dyn Connect> {
        Arc::new(self.server.socket.clone())
    }

    /// Who logs in to this database as the superuser.
    pub fn login(&self) -> Login {
        Login::new(SUPERUSER, &self.name)
    }

    /// The database as an URL, for programs that take one.
    pub fn url(&self) -> String {
        format!("postgres://{SUPERUSER}@/{}?host={}", self.name, self.server.folder.display())
    }

    /// The database's name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for TestDatabase {
    /// Waits for the server, on a thread of its own because a test's runtime cannot be waited on from within.
    fn drop(&mut self) {
        let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quote_ident(&self.name));
        let server = self.server;
        let worker = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
            runtime.block_on(async {
                let admin = AdminConnection::connect(&server.socket, &Login::new(SUPERUSER, "postgres"))
                    .await
                    .ok()?;
                admin.batch_execute(&drop).await.ok()
            })
        });
        // What could not be dropped now is swept later.
        let _ = worker.join();
    }
}

async fn connect(server: &Server, database: &str) -> AdminConnection {
    let login = Login::new(SUPERUSER, database);
    AdminConnection::connect(&server.socket, &login).await.expect("a connection to the test server")
}

/// A template's name for the file that this process runs: all processes of one test program share it, and a
/// rebuilt program has another.
fn template_name(label: &str) -> String {
    let program = fs::metadata("/proc/self/exe").expect("the running program");
    let mut hasher = DefaultHasher::new();
    (program.dev(), program.ino(), program.size(), program.mtime(), program.mtime_nsec()).hash(&mut hasher);
    format!("template_{label}_{:016x}", hasher.finish())
}

async fn is_ready(admin: &AdminConnection, template: &str) -> bool {
    const READY: &str = "SELECT 1 FROM pg_database WHERE datname = $1 AND datistemplate";
    !admin.query(READY, &[&template]).await.expect("the list of databases").is_empty()
}

/// Fills a template, unless another process has done so meanwhile. It counts as one only once it is complete.
async fn make_template<E: Debug>(
    server: &Server,
    admin: &AdminConnection,
    template: &str,
    migrate: impl AsyncFnOnce(&mut AdminConnection) -> Result<(), E>,
) {
    admin.execute("SELECT pg_advisory_lock($1)", &[&TEMPLATE_LOCK]).await.expect("the lock");
    if !is_ready(admin, template).await {
        let name = quote_ident(template);
        let clear = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        admin.batch_execute(&clear).await.expect("room for a template");
        let create = format!("CREATE DATABASE {name} TEMPLATE template0 STRATEGY wal_log");
        admin.batch_execute(&create).await.expect("an empty template");
        let mut connection = connect(server, template).await;
        migrate(&mut connection).await.expect("the migrations of the template");
        drop(connection);
        let finish = format!("ALTER DATABASE {name} IS_TEMPLATE true ALLOW_CONNECTIONS false");
        admin.batch_execute(&finish).await.expect("a finished template");
    }
    admin.execute("SELECT pg_advisory_unlock($1)", &[&TEMPLATE_LOCK]).await.expect("the unlock");
}

/// Drops the databases of processes that ended without doing so.
async fn sweep(admin: &AdminConnection) {
    let rows = admin.query("SELECT datname FROM pg_database WHERE datname LIKE 'test\\_%'", &[]).await;
    for row in rows.expect("the list of databases") {
        let name: String = row.get(0);
        let owner = name.strip_prefix("test_").and_then(|rest| rest.rsplit_once('_')).map(|(owner, _)| owner);
        if owner.is_some_and(|owner| !is_alive(owner)) {
            // Another process may sweep the same at the same moment.
            let _: Result<(), DbError> = admin
                .batch_execute(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quote_ident(&name)))
                .await;
        }
    }
}

/// This process: its id and the moment it started, because ids are used again.
fn this_process() -> String {
    let pid = std::process::id();
    format!("{pid}_{}", start_time(pid).expect("this process is in /proc"))
}

fn is_alive(process: &str) -> bool {
    let Some((pid, started)) = process.split_once('_') else { return false };
    pid.parse().ok().and_then(start_time).is_some_and(|time| time == started)
}

/// proc(5), /proc/pid/stat, field 22; the second field, in parentheses, may hold anything.
fn start_time(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields = &stat[stat.rfind(')')? + 2..];
    fields.split(' ').nth(19).map(str::to_owned)
}
