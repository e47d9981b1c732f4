//! What a tenant's role may do at the database server: tried as that role, and looked at from above.

use kiavi_base::TenantId;
use kiavi_db::{AdminConnection, Connect, DbError, Login, Row, quote_ident};

use super::{
    process::Found,
    report::{Check, Verdict},
    store,
};
use crate::{
    Control, ControlError, Right, TEMPLATE_DATABASE, TENANT_GROUP, owner_role,
    provision::{connect_to, tenant_password},
};

/// The most lines of one kind that are told.
const MOST: usize = 12;

/// What only whoever runs the server should see of it.
const CATALOGS: &[&str] = &[
    "SELECT datname FROM pg_database",
    "SELECT rolname FROM pg_roles",
    "SELECT usename FROM pg_user",
    "SELECT rolname FROM pg_authid",
    "SELECT usename FROM pg_shadow",
    "SELECT * FROM pg_stat_activity",
    "SELECT * FROM pg_stat_database",
    "SELECT * FROM pg_locks",
    "SELECT * FROM pg_db_role_setting",
    "SELECT * FROM pg_shdescription",
    "SELECT * FROM pg_auth_members",
    "SELECT pg_current_wal_lsn()",
    "SELECT pg_stat_get_db_numbackends(1)",
    "SELECT pg_get_userbyid(10)",
    "SELECT pg_database_size(1)",
];

/// The server's own files, programs and switches.
const SERVER: &[&str] = &[
    "SELECT pg_read_file('PG_VERSION')",
    "SELECT pg_read_binary_file('PG_VERSION')",
    "SELECT pg_ls_dir('.')",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "COPY (SELECT 1) TO '/tmp/kiavi-canary'",
    "SELECT lo_create(0)",
    "SELECT lo_from_bytea(0, 'x')",
    "SELECT pg_logical_emit_message(false, 'a', 'b')",
    "SELECT pg_create_logical_replication_slot('kiavi_canary', 'pgoutput')",
    "SELECT pg_reload_conf()",
    "SELECT pg_switch_wal()",
    "CHECKPOINT",
];

/// What nobody outside of the database's own rows may be by it.
const POWERS: &[&str] = &[
    "CREATE TABLE public.kiavi_canary (id int)",
    "CREATE TEMPORARY TABLE kiavi_canary (id int)",
    "CREATE SCHEMA kiavi_canary",
    "CREATE ROLE kiavi_canary",
    "CREATE FUNCTION public.kiavi_canary() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE PUBLICATION kiavi_canary",
];

/// The rights that there are, but the owner's own, with who has them: `e`ngine, `a`uditor, or else by name. Of the server's own
/// objects those that were given to these roles by name; of functions that run with their owner's rights those of everybody, too.
const RIGHTS: &str = "
    WITH role AS (SELECT oid, CASE rolname WHEN $1 THEN 'e' WHEN $2 THEN 'a' ELSE rolname END AS name FROM pg_roles
                   WHERE rolname <> $3),
    given AS (
        SELECT n.nspname || '.' || CASE WHEN c.relname = 'user' THEN '\"user\"' ELSE c.relname END AS object,
               NULL::name AS attname, a.grantee, a.privilege_type, n.nspname
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) a WHERE c.relkind <> 'S'
        UNION ALL
        SELECT n.nspname || '.' || CASE WHEN c.relname = 'user' THEN '\"user\"' ELSE c.relname END,
               t.attname, a.grantee, a.privilege_type, n.nspname
          FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace,
               aclexplode(t.attacl) a
        UNION ALL
        SELECT n.nspname || '.' || p.proname || '(' || oidvectortypes(p.proargtypes) || ')', NULL, a.grantee,
               a.privilege_type, n.nspname
          FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace,
               aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
         WHERE a.grantee <> 0 OR (p.prosecdef AND p.prorettype <> 'trigger'::regtype))
    SELECT g.object, g.attname::text, g.privilege_type, coalesce(r.name, 'everybody')
      FROM given g LEFT JOIN role r ON r.oid = g.grantee
     WHERE (g.grantee = 0 OR r.oid IS NOT NULL)
       AND CASE WHEN g.nspname IN ('pg_catalog', 'information_schema', 'pg_toast') THEN r.name IN ('e', 'a') ELSE true END
     ORDER BY 1, 2, 3, 4";

/// What the role is, and what is true of it in this database.
const ROLE: &str = "
    SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls, rolconnlimit,
           EXISTS (SELECT FROM pg_db_role_setting s WHERE s.setrole = r.oid) AS has_settings,
           has_schema_privilege(r.oid, 'public', 'CREATE') AS makes_tables,
           has_database_privilege(r.oid, current_database(), 'CREATE') AS makes_schemas,
           has_database_privilege(r.oid, current_database(), 'TEMPORARY') AS makes_temporary,
           ARRAY(SELECT g.rolname::text FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = r.oid) AS groups
      FROM pg_roles r WHERE rolname = $1";

/// Objects that are somebody else's than the owner's.
const STRANGERS: &str = "
    SELECT object, owner FROM (
        SELECT n.nspname || '.' || c.relname AS object, c.relowner AS oid, n.nspname FROM pg_class c
          JOIN pg_namespace n ON n.oid = c.relnamespace
        UNION ALL
        SELECT n.nspname || '.' || p.proname, p.proowner, n.nspname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
      ) there JOIN (SELECT oid, rolname::text AS owner FROM pg_roles) r USING (oid)
     WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND owner <> $1 ORDER BY 1";

/// A tenant's database and role, and the ways in.
pub(super) struct Tried<'a> {
    control: &'a Control,
    tenant: &'a TenantId,
    connect: std::sync::Arc<dyn Connect>,
    /// The control plane's own connection into the tenant's database.
    above: AdminConnection,
    /// Another tenant's database and role; one that could be, where there is none.
    other: String,
}

/// Everything about the database. Nothing here changes anything: what should be refused is rolled back where it is not.
pub(super) async fn checks(control: &Control, tenant: &TenantId) -> Result<Vec<Check>, ControlError> {
    let parts = control.parts();
    let password = tenant_password(control, tenant).await.map_err(ControlError::of_step)?;
    let row = parts.database.query_opt(&store::ANOTHER_TENANT, &[&tenant.as_str()]).await?;
    let other = row.map(|row| row.try_get::<_, String>(0)).transpose().map_err(DbError::from)?;
    let tried = Tried {
        control,
        tenant,
        connect: parts.privileged.connect_as(tenant, password),
        above: connect_to(control, tenant.as_str()).await?,
        other: other.unwrap_or_else(|| TenantId::random(&*parts.rng).to_string()),
    };
    let mut checks = tried.as_the_role().await;
    checks.extend(tried.looked_at_from_above().await?);
    Ok(checks)
}

impl Tried<'_> {
    async fn log_in(&self, role: &str, database: &str) -> Result<AdminConnection, DbError> {
        AdminConnection::connect(&*self.connect, &Login::new(role, database)).await
    }

    /// What is tried with the engine's own role.
    async fn as_the_role(&self) -> Vec<Check> {
        const IDS: [&str; 5] =
            ["database.others", "database.catalogs", "database.server", "database.powers", "database.log"];
        let id = self.tenant.as_str();
        let own = match self.log_in(id, id).await {
            Ok(own) => own,
            Err(error) => {
                let unknown = |id: &str| {
                    let mut found = Found::default();
                    found.note(
                        Verdict::Unknown,
                        format!("its role cannot log in: {}", crate::error::chain(&error)),
                    );
                    found.check(id)
                };
                return IDS.map(unknown).into();
            }
        };
        let owned = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let log = self.control.parts().schema.forbidden();
        vec![
            self.others().await,
            self.refused(&own, IDS[1], &owned(CATALOGS)).await,
            self.refused(&own, IDS[2], &owned(SERVER)).await,
            self.refused(&own, IDS[3], &self.powers().await).await,
            self.refused(&own, IDS[4], &owned(&log)).await,
        ]
    }

    /// Databases that are not its own, and roles that it is not.
    async fn others(&self) -> Check {
        let mut found = Found::default();
        let (own, server) = (self.tenant.as_str(), &self.control.parts().server);
        let owner = owner_role(self.tenant);
        // Who runs a server on a network decides about these.
        let is_ours = !server.may_be_shared();
        let attempts = [
            (own, self.other.as_str(), true),
            (own, server.own_database(), true),
            (own, "postgres", is_ours),
            (own, "template1", is_ours),
            (own, TEMPLATE_DATABASE, is_ours),
            (self.other.as_str(), self.other.as_str(), true),
            (owner.as_str(), own, true),
            (server.own_role(), own, true),
        ];
        for (role, database, must_be_refused) in attempts {
            let line = |what: &str| format!("as {role} to {database}: {what}");
            match self.log_in(role, database).await {
                Err(error) => found.note(Verdict::Held, line(&crate::error::chain(&error))),
                Ok(_) if must_be_refused => found.note(Verdict::Broken, line("was let in")),
                Ok(_) => found
                    .note(Verdict::NotApplicable, line("was let in; this server is not the instance's own")),
            }
        }
        found.check("database.others")
    }

    /// Statements that must be refused for want of a right.
    async fn refused(&self, own: &AdminConnection, id: &str, statements: &[String]) -> Check {
        let mut found = Found::default();
        // The catalogs of a server on a network are its owner's to close.
        let is_open_there = id == "database.catalogs" && self.control.parts().server.may_be_shared();
        for statement in statements {
            let outcome = attempt(own, statement).await;
            let line = |what: &str| format!("{statement}: {what}");
            match outcome {
                Ok(()) if is_open_there => {
                    found
                        .note(Verdict::NotApplicable, line("is open; this server is not the instance's own"));
                }
                Ok(()) => found.note(Verdict::Broken, line("was carried out")),
                Err(error) if error.is_permission_denied() => {
                    found.note(Verdict::Held, line("permission denied"))
                }
                Err(error) => found.note(Verdict::Unknown, line(&crate::error::chain(&error))),
            }
        }
        found.check(id)
    }

    async fn powers(&self) -> Vec<String> {
        let mut statements: Vec<_> = POWERS.iter().map(|text| (*text).to_owned()).collect();
        let (own, other) = (quote_ident(self.tenant.as_str()), quote_ident(&self.other));
        let (owner, control) =
            (quote_ident(&owner_role(self.tenant)), self.control.parts().server.own_role());
        statements.push(format!("SET ROLE {owner}"));
        statements.push(format!("SET ROLE {}", quote_ident(control)));
        statements.push(format!("SET SESSION AUTHORIZATION {}", quote_ident(control)));
        statements.push(format!("ALTER DATABASE {own} CONNECTION LIMIT 1000"));
        // The name of a tenant that there is not says nothing.
        if self.exists(&self.other).await {
            statements.push(format!("SET ROLE {other}"));
            statements.push(format!("ALTER ROLE {other} NOLOGIN"));
        }
        // The control plane's own connection, which survives it.
        if let Ok(Some(row)) = self.above.query_opt("SELECT pg_backend_pid()", &[]).await
            && let Ok(pid) = row.try_get::<_, i32>(0)
        {
            statements.push(format!("SELECT pg_terminate_backend({pid})"));
        }
        statements
    }

    async fn exists(&self, role: &str) -> bool {
        let found = self.above.query_opt("SELECT FROM pg_roles WHERE rolname = $1", &[&role]).await;
        matches!(found, Ok(Some(_)))
    }

    /// What is looked at by the control plane.
    async fn looked_at_from_above(&self) -> Result<Vec<Check>, ControlError> {
        Ok(vec![self.grants().await?, self.owners().await?, self.objects().await?, self.connections().await?])
    }

    async fn grants(&self) -> Result<Check, ControlError> {
        let parts = self.control.parts();
        let (runtime, auditor, owner) =
            (self.tenant.as_str(), parts.server.auditor_role(), owner_role(self.tenant));
        let rows = self.above.query(RIGHTS, &[&runtime, &auditor, &owner]).await?;
        let there: Vec<_> = rows.iter().map(given).collect::<Result<_, _>>()?;
        let (mut found, mut wanted) = (Found::default(), parts.schema.rights());
        let mut unwanted = 0;
        for (right, who) in there {
            match wanted.iter().position(|known| *known == right && who == known.whose()) {
                Some(place) => drop(wanted.swap_remove(place)),
                None => {
                    unwanted += 1;
                    if unwanted <= MOST {
                        found.note(Verdict::Broken, format!("{who} may {}, and should not", told(&right)));
                    }
                }
            }
        }
        for right in wanted.iter().take(MOST) {
            found.note(Verdict::Broken, format!("{} may not {}, and should", right.whose(), told(right)));
        }
        self.look_at_role(&mut found).await?;
        if unwanted == 0 && wanted.is_empty() {
            let count = parts.schema.rights().len();
            found.note(Verdict::Held, format!("{count} rights, as this version gives them"));
        }
        Ok(found.check("database.grants"))
    }

    /// What the role is beyond its rights on objects.
    async fn look_at_role(&self, found: &mut Found) -> Result<(), ControlError> {
        let Some(row) = self.above.query_opt(ROLE, &[&self.tenant.as_str()]).await? else {
            found.note(Verdict::Broken, "there is no such role");
            return Ok(());
        };
        let flags = [
            "rolsuper",
            "rolcreatedb",
            "rolcreaterole",
            "rolreplication",
            "rolbypassrls",
            "has_settings",
            "makes_tables",
            "makes_schemas",
            "makes_temporary",
        ];
        let is_shared = self.control.parts().server.may_be_shared();
        for flag in flags {
            if row.try_get::<_, bool>(flag).map_err(DbError::from)? {
                found.note(Verdict::Broken, format!("its role: {flag}"));
            }
        }
        let groups: Vec<String> = row.try_get("groups").map_err(DbError::from)?;
        for group in groups.iter().filter(|group| is_shared || *group != TENANT_GROUP) {
            found.note(Verdict::Broken, format!("its role is a member of {group}"));
        }
        Ok(())
    }

    async fn owners(&self) -> Result<Check, ControlError> {
        let (mut found, owner) = (Found::default(), owner_role(self.tenant));
        let rows = self.above.query(STRANGERS, &[&owner]).await?;
        for row in rows.iter().take(MOST) {
            let (object, whose): (&str, &str) =
                (row.try_get(0).map_err(DbError::from)?, row.try_get(1).map_err(DbError::from)?);
            // What came with the server belongs to whoever made it.
            let is_strange = whose == self.tenant.as_str();
            let verdict = if is_strange { Verdict::Broken } else { Verdict::NotApplicable };
            found.note(verdict, format!("{object} belongs to {whose}"));
        }
        let can_log_in = self
            .above
            .query_opt("SELECT FROM pg_roles WHERE rolname = $1 AND rolcanlogin", &[&owner])
            .await?;
        match can_log_in {
            Some(_) => found.note(Verdict::Broken, format!("{owner} can log in")),
            None => found.note(Verdict::Held, format!("{owner} owns it, and nobody can log in as that")),
        }
        Ok(found.check("database.owners"))
    }

    async fn objects(&self) -> Result<Check, ControlError> {
        let (mut found, schema) = (Found::default(), &self.control.parts().schema);
        let there = schema.objects_there(&self.above).await.map_err(ControlError::Settings)?;
        let wanted = schema.objects();
        let added = there.iter().filter(|line| !wanted.contains(&line.as_str()));
        for line in added.take(MOST) {
            found.note(Verdict::Broken, format!("is there, and should not be: {line}"));
        }
        let missing = wanted.iter().filter(|line| !there.iter().any(|there| there == *line));
        for line in missing.take(MOST) {
            found.note(Verdict::Broken, format!("is not there: {line}"));
        }
        if there == wanted {
            found.note(Verdict::Held, format!("{} objects, as this version has them", there.len()));
        }
        Ok(found.check("database.objects"))
    }

    async fn connections(&self) -> Result<Check, ControlError> {
        let mut found = Found::default();
        let row = self.above.query_opt(ROLE, &[&self.tenant.as_str()]).await?;
        let limit: Option<i32> =
            row.map(|row| row.try_get("rolconnlimit")).transpose().map_err(DbError::from)?;
        match limit {
            Some(limit @ 0..) => found.note(Verdict::Held, format!("at most {limit} at a time")),
            _ => found.note(Verdict::Broken, "as many as it likes"),
        }
        Ok(found.check("database.connections"))
    }
}

/// Carries a statement out as far as its refusal, in a transaction that is rolled back.
async fn attempt(own: &AdminConnection, statement: &str) -> Result<(), DbError> {
    own.batch_execute("BEGIN; SET LOCAL lock_timeout = '2s'; SET LOCAL statement_timeout = '5s'").await?;
    let outcome = own.batch_execute(statement).await;
    own.batch_execute("ROLLBACK").await?;
    outcome
}

fn given(row: &Row) -> Result<(Right, String), DbError> {
    let who: String = row.try_get(3)?;
    let right = Right {
        is_auditors: who == "a",
        object: row.try_get(0)?,
        column: row.try_get(1)?,
        privilege: row.try_get(2)?,
    };
    let who = match who.as_str() {
        "e" | "a" => right.whose().to_owned(),
        _ => who,
    };
    Ok((right, who))
}

fn told(right: &Right) -> String {
    let column = right.column.as_ref().map(|column| format!(" ({column})")).unwrap_or_default();
    format!("{}{column} {}", right.privilege, right.object)
}
