//! What a server on a network offers and lacks: looked at before it is used, and by `kiavi doctor`.

use kiavi_db::{AdminConnection, DbError, Row};
use serde::Serialize;

/// PostgreSQL 15: the schema `public` belongs to the database's owner and is open to nobody else.
const OLDEST_VERSION: i32 = 150_000;
/// Fewer connections than this are soon used up: a busy tenant has five.
const FEW_CONNECTIONS: i32 = 50;

/// One row with everything that can be asked in one database.
const FACTS: &str = "
    SELECT current_setting('server_version') AS version,
           current_setting('server_version_num')::int AS version_number,
           r.rolsuper, r.rolcreatedb, r.rolcreaterole, r.rolinherit, r.rolconnlimit,
           quote_ident(r.rolname) AS role, quote_ident($1) AS database,
           (SELECT pg_has_role(datdba, 'USAGE') FROM pg_database WHERE datname = $1) AS owns_database,
           s.ssl, s.version AS tls_version, s.cipher,
           current_setting('max_connections')::int
             - current_setting('superuser_reserved_connections')::int AS connections,
           current_setting('fsync')::bool AS fsync,
           current_setting('temp_file_limit') AS temp_file_limit,
           current_setting('log_statement') IN ('all', 'mod')
             OR current_setting('log_min_duration_statement') <> '-1' AS logs_statements,
           has_table_privilege('public', 'pg_catalog.pg_database', 'SELECT') AS shows_names,
           (SELECT string_agg(quote_ident(datname), ', ' ORDER BY datname) FROM pg_database
            WHERE datallowconn AND has_database_privilege('public', oid, 'CONNECT')
              AND datname <> $1) AS open_databases
    FROM pg_roles r LEFT JOIN pg_stat_ssl s ON s.pid = pg_backend_pid()
    WHERE r.rolname = current_user";

/// How one thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ServerVerdict {
    /// As it should be.
    Ok,
    /// It works, and something could be better.
    Warning,
    /// The server cannot be used.
    Missing,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServerFinding {
    /// How it is.
    pub verdict: ServerVerdict,
    /// What it is, and what to do about it.
    pub detail: String,
}

/// Looks at the server as the control plane's role, whose own database is to be `database`. Changes nothing.
///
/// # Errors
/// When the server cannot be asked.
pub async fn inspect(connection: &AdminConnection, database: &str) -> Result<Vec<ServerFinding>, DbError> {
    // An old server may not know what is asked below.
    let version = connection.query_opt("SELECT current_setting('server_version_num')::int", &[]).await?;
    let version = version.map_or(Ok(0), |row| row.try_get::<_, i32>(0))?;
    if version < OLDEST_VERSION {
        let detail = format!("PostgreSQL 15 or newer is needed; this is version {}", version / 10_000);
        return Ok(vec![ServerFinding { verdict: ServerVerdict::Missing, detail }]);
    }
    let Some(facts) = connection.query_opt(FACTS, &[&database]).await? else { return Ok(Vec::new()) };
    let mut findings = Findings(Vec::new());
    findings.ok(format!("PostgreSQL {}", facts.try_get::<_, &str>("version")?));
    rights(&facts, &mut findings)?;
    transport(&facts, &mut findings)?;
    limits(&facts, &mut findings)?;
    hardening(&facts, &mut findings)?;
    Ok(findings.0)
}

struct Findings(Vec<ServerFinding>);

impl Findings {
    fn ok(&mut self, detail: impl Into<String>) {
        self.add(ServerVerdict::Ok, detail);
    }

    fn warn(&mut self, detail: impl Into<String>) {
        self.add(ServerVerdict::Warning, detail);
    }

    fn missing(&mut self, detail: impl Into<String>) {
        self.add(ServerVerdict::Missing, detail);
    }

    fn add(&mut self, verdict: ServerVerdict, detail: impl Into<String>) {
        self.0.push(ServerFinding { verdict, detail: detail.into() });
    }
}

fn rights(facts: &Row, findings: &mut Findings) -> Result<(), DbError> {
    let role: &str = facts.try_get("role")?;
    let is_superuser: bool = facts.try_get("rolsuper")?;
    let may = |right: &str| -> Result<bool, DbError> { Ok(is_superuser || facts.try_get(right)?) };
    if may("rolcreatedb")? && may("rolcreaterole")? {
        findings.ok(format!("the role {role} may make databases and roles"));
    } else {
        findings.missing(format!(
            "the role {role} may not make databases and roles: run `ALTER ROLE {role} CREATEDB CREATEROLE` as an \
             administrator"
        ));
    }
    if !may("rolinherit")? {
        findings.missing(format!("the role {role} inherits no rights: run `ALTER ROLE {role} INHERIT`"));
    }
    if is_superuser {
        findings.warn(format!(
            "the role {role} is a superuser: one with CREATEDB and CREATEROLE is enough, and whoever takes over the \
             control plane gets no more than that"
        ));
    }
    let database: &str = facts.try_get("database")?;
    match facts.try_get("owns_database")? {
        Some(true) => findings.ok(format!("the database {database} is the role's")),
        Some(false) => findings.missing(format!(
            "the database {database} belongs to another role: run `ALTER DATABASE {database} OWNER TO {role}`, or name \
             one in the URL that does not exist yet"
        )),
        None => findings.ok(format!("the database {database} does not exist yet and is made at the first start")),
    }
    Ok(())
}

fn transport(facts: &Row, findings: &mut Findings) -> Result<(), DbError> {
    match (facts.try_get("ssl")?, facts.try_get("tls_version")?, facts.try_get("cipher")?) {
        (Some(true), Some(version), Some(cipher)) => {
            let (version, cipher): (&str, &str) = (version, cipher);
            findings.ok(format!("{version} with {cipher}, the certificate verified; SCRAM-SHA-256"));
        }
        _ => findings.warn(
            "TLS ends before the server, at a proxy or a pooler. Kiavi needs sessions of its own (advisory locks, \
             LISTEN): a pooler must work by session",
        ),
    }
    Ok(())
}

fn limits(facts: &Row, findings: &mut Findings) -> Result<(), DbError> {
    let connections: i32 = facts.try_get("connections")?;
    let of_role: i32 = facts.try_get("rolconnlimit")?;
    let told = format!(
        "{connections} connections; a busy tenant uses five, one at rest none, each may have ten for a moment"
    );
    if connections < FEW_CONNECTIONS {
        findings.warn(format!("{told}: raise max_connections"));
    } else {
        findings.ok(told);
    }
    if (0..FEW_CONNECTIONS / 2).contains(&of_role) {
        findings
            .warn(format!("the role may have {of_role} connections: the control plane uses up to twenty"));
    }
    if !facts.try_get::<_, bool>("fsync")? {
        findings.warn("fsync is off: a crash of the machine loses data");
    }
    Ok(())
}

/// What the private cluster has that only a superuser could have set here (`docs/postgresql.md`).
fn hardening(facts: &Row, findings: &mut Findings) -> Result<(), DbError> {
    if facts.try_get("shows_names")? {
        findings.warn(
            "tenants' roles can list the databases and roles of others, whose names are random, and see their traffic in \
             pg_stat_*: only a superuser could take these rights away",
        );
    }
    if let Some(open) = facts.try_get::<_, Option<&str>>("open_databases")? {
        findings.warn(format!(
            "tenants' roles can connect to {open}: run `REVOKE ALL ON DATABASE {open} FROM PUBLIC` as their owner"
        ));
    }
    if facts.try_get::<_, &str>("temp_file_limit")? == "-1" {
        findings.warn(
            "a tenant's role can fill the disk with temporary files: set temp_file_limit on the server",
        );
    }
    if facts.try_get("logs_statements")? {
        findings.warn(
            "the server writes statements to its log, with personal data: set log_statement = 'none' and \
             log_min_duration_statement = -1, or log_parameter_max_length = 0",
        );
    }
    Ok(())
}
