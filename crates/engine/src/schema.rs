//! The tenant database's schema: Better Auth's tables in `public`, our own in `kiavi`.

use kiavi_db::{AdminConnection, DbError, Migration, quote_ident};

use crate::audit;

/// The history. A released step never changes.
const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, name: "better_auth", sql: include_str!("../migrations/V1__better_auth.sql") },
    Migration { version: 2, name: "kiavi", sql: include_str!("../migrations/V2__kiavi.sql") },
    Migration {
        version: 3,
        name: "better_auth_plugins",
        sql: include_str!("../migrations/V3__better_auth_plugins.sql"),
    },
    Migration {
        version: 4,
        name: "watched_tables",
        sql: include_str!("../migrations/V4__watched_tables.sql"),
    },
    Migration { version: 5, name: "user_order", sql: include_str!("../migrations/V5__user_order.sql") },
    Migration { version: 6, name: "guess_budget", sql: include_str!("../migrations/V6__guess_budget.sql") },
    Migration {
        version: 7,
        name: "mail_suppression",
        sql: include_str!("../migrations/V7__mail_suppression.sql"),
    },
    Migration {
        version: 8,
        name: "ends_of_access",
        sql: include_str!("../migrations/V8__ends_of_access.sql"),
    },
    Migration {
        version: 9,
        name: "mail_and_passkey_use",
        sql: include_str!("../migrations/V9__mail_and_passkey_use.sql"),
    },
    Migration { version: 10, name: "webhooks", sql: include_str!("../migrations/V10__webhooks.sql") },
    Migration { version: 11, name: "audit_log", sql: include_str!("../migrations/V11__audit_log.sql") },
    Migration { version: 12, name: "audit_seal", sql: include_str!("../migrations/V12__audit_seal.sql") },
    Migration { version: 13, name: "analytics", sql: include_str!("../migrations/V13__analytics.sql") },
    Migration {
        version: 14,
        name: "audit_retention_and_streams",
        sql: include_str!("../migrations/V14__audit_retention_and_streams.sql"),
    },
    Migration { version: 15, name: "audit_index", sql: include_str!("../migrations/V15__audit_index.sql") },
    Migration { version: 16, name: "second_line", sql: include_str!("../migrations/V16__second_line.sql") },
    Migration { version: 17, name: "audit_places", sql: include_str!("../migrations/V17__audit_places.sql") },
    Migration { version: 18, name: "ended", sql: include_str!("../migrations/V18__ended.sql") },
    Migration {
        version: 19,
        name: "lighter_second_line",
        sql: include_str!("../migrations/V19__lighter_second_line.sql"),
    },
    Migration { version: 20, name: "one_look", sql: include_str!("../migrations/V20__one_look.sql") },
    Migration {
        version: 21,
        name: "deliveries_and_recovery",
        sql: include_str!("../migrations/V21__deliveries_and_recovery.sql"),
    },
    Migration {
        version: 22,
        name: "lighter_sign_in",
        sql: include_str!("../migrations/V22__lighter_sign_in.sql"),
    },
    Migration { version: 23, name: "one_event", sql: include_str!("../migrations/V23__one_event.sql") },
    Migration { version: 24, name: "last_seen", sql: include_str!("../migrations/V24__last_seen.sql") },
];

/// The number of the newest migration.
pub const SCHEMA_VERSION: i32 = MIGRATIONS[MIGRATIONS.len() - 1].version;

/// Tables whose rows stay behind when a tenant is archived, because in another database they would be worth nothing or do
/// harm: codes and links that live minutes, limits, letters and calls that are owed once and what became of them, and figures that are counted anew
/// from the log. Every other table is archived.
pub const NOT_ARCHIVED: &[&str] = &[
    "kiavi.schema_history",
    "kiavi.rate_limit",
    "kiavi.outbox",
    "kiavi.mail_delivery",
    "kiavi.webhook_delivery",
    "kiavi.webhook_attempt",
    "kiavi.webhook_endpoint",
    // What seals the log: a tenant that is made of an archive has another id, and so another log.
    "kiavi.audit_leaf",
    "kiavi.audit_tile",
    "kiavi.audit_checkpoint",
    "kiavi.audit_gap",
    "kiavi.activity",
    "kiavi.activity_last",
    "kiavi.activity_day",
    "kiavi.activity_count",
    "kiavi.activity_progress",
    "kiavi.activity_gap",
    "kiavi.audit_pruning",
    "kiavi.audit_stream",
    // Written anew as the restored settings say.
    "kiavi.audit_retention",
    // What is known of it, the control plane knows.
    "kiavi.ended",
    "public.verification",
];

/// Tables with the keys that personal fields are encrypted under, whose rows are archived apart and for a shorter time.
pub const PERSON_KEYS: &[&str] = &["kiavi.audit_subject"];

/// What the runtime role may do; everything else it may not. The audit log only grows.
pub(crate) const GRANTS: &[(&str, &str)] = &[
    ("public.\"user\"", "SELECT, INSERT, UPDATE, DELETE"),
    ("public.session", "SELECT, INSERT, UPDATE, DELETE"),
    ("public.account", "SELECT, INSERT, UPDATE, DELETE"),
    ("public.verification", "SELECT, INSERT, UPDATE, DELETE"),
    ("public.passkey", "SELECT, INSERT, UPDATE, DELETE"),
    ("public.jwks", "SELECT, INSERT, UPDATE, DELETE"),
    ("public.apikey", "SELECT, INSERT, UPDATE, DELETE"),
    ("kiavi.rate_limit", "SELECT, INSERT, UPDATE, DELETE"),
    ("kiavi.guess_budget", "SELECT, INSERT, UPDATE, DELETE"),
    ("kiavi.outbox", "SELECT, INSERT, UPDATE, DELETE"),
    ("kiavi.mail_delivery", "SELECT, INSERT, DELETE"),
    // UPDATE for the locks that the sweep takes.
    ("kiavi.mail_suppression", "SELECT, INSERT, UPDATE, DELETE"),
    ("kiavi.passkey_use", "SELECT, INSERT, UPDATE"),
    ("kiavi.recovery", "SELECT, INSERT, UPDATE, DELETE"),
    ("kiavi.webhook_delivery", "SELECT, INSERT, UPDATE, DELETE"),
    ("kiavi.webhook_attempt", "SELECT, INSERT"),
    ("kiavi.webhook_endpoint", "SELECT, INSERT, UPDATE, DELETE"),
    // Not the number: what has a number of somebody's choice would never be sealed.
    (
        "kiavi.audit_event",
        "SELECT, INSERT (id, at, type, outcome, request_id, actor, subject, method, ip_token, country_token, \
         network_token, device_tokens, body)",
    ),
    ("kiavi.audit_subject", "SELECT, INSERT"),
    // The auditor's to write.
    ("kiavi.audit_leaf", "SELECT"),
    ("kiavi.audit_tile", "SELECT"),
    ("kiavi.audit_checkpoint", "SELECT"),
    ("kiavi.activity", "SELECT, INSERT, DELETE"),
    ("kiavi.activity_last", "SELECT, INSERT, UPDATE, DELETE"),
    ("kiavi.activity_day", "SELECT, INSERT, DELETE"),
    ("kiavi.activity_count", "SELECT, INSERT, UPDATE, DELETE"),
    ("kiavi.activity_zone", "SELECT, INSERT"),
    ("kiavi.activity_progress", "SELECT, UPDATE"),
    ("kiavi.activity_gap", "SELECT, INSERT, DELETE"),
    ("kiavi.audit_pruning", "SELECT"),
    ("kiavi.audit_stream", "SELECT, INSERT, UPDATE, DELETE"),
];

/// What the auditor's role may do: read what it seals, add its heartbeat, and keep the sealed log.
pub(crate) const AUDITOR_GRANTS: &[(&str, &str)] = &[
    ("kiavi.audit_event", "SELECT (seq, id, body), INSERT (id, at, type, outcome, actor, body)"),
    ("kiavi.audit_leaf", "SELECT, INSERT"),
    ("kiavi.audit_tile", "SELECT, INSERT, UPDATE"),
    ("kiavi.audit_checkpoint", "SELECT, INSERT, UPDATE"),
    ("kiavi.audit_gap", "SELECT, INSERT, DELETE"),
    // Whether there is something that the control plane should take.
    ("kiavi.ended", "SELECT (seq)"),
];

/// What the auditor's role may call, with its owner's rights: to remove what is too old to be kept, and nothing else.
pub(crate) const AUDITOR_CALLS: &[&str] =
    &["kiavi.audit_prunable()", "kiavi.audit_prune(bigint, text, uuid, bytea)"];

/// What the runtime role may call, with its owner's rights.
pub(crate) const CALLS: &[&str] = &["kiavi.audit_forget(text)", "kiavi.audit_gone(text[])"];

pub use kiavi_db::MigrateError;

/// Brings a tenant's database forward and sets the rights of its roles; doing it again changes nothing.
///
/// `connection` belongs to a role that may act as `owner_role` and owns the database. The objects belong to
/// `owner_role`; `runtime_role` gets exactly the rights it needs. Without an owner role the connection's own
/// role owns them; without a runtime role no rights are given.
///
/// # Errors
/// When the server refuses a step, or the history is not this program's.
pub async fn migrate(
    connection: &mut AdminConnection,
    owner_role: Option<&str>,
    runtime_role: Option<&str>,
) -> Result<(), MigrateError> {
    if let Some(owner) = owner_role {
        let grant = format!("GRANT CREATE, USAGE ON SCHEMA public TO {}", quote_ident(owner));
        connection.batch_execute(&grant).await?;
    }
    kiavi_db::migrate(connection, MIGRATIONS, owner_role).await?;
    connection.batch_execute(&audit::explanations::statement()).await?;
    if let Some(runtime) = runtime_role {
        grant(connection, runtime).await?;
    }
    Ok(())
}

/// Brings an empty database to the tables of `version`, which belong to `owner_role`, for rows of that time. Gives nobody
/// rights on them: what follows is [`migrate`].
///
/// # Errors
/// When the server refuses a step.
pub async fn migrate_to(
    connection: &mut AdminConnection,
    owner_role: Option<&str>,
    version: i32,
) -> Result<(), MigrateError> {
    if let Some(owner) = owner_role {
        let grant = format!("GRANT CREATE, USAGE ON SCHEMA public TO {}", quote_ident(owner));
        connection.batch_execute(&grant).await?;
    }
    let until = MIGRATIONS.partition_point(|step| step.version <= version);
    kiavi_db::migrate(connection, &MIGRATIONS[..until], owner_role).await?;
    Ok(())
}

async fn grant(connection: &AdminConnection, runtime_role: &str) -> Result<(), DbError> {
    let role = quote_ident(runtime_role);
    let mut statements = format!(
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC;
         REVOKE ALL ON ALL TABLES IN SCHEMA public, kiavi FROM {role};
         GRANT USAGE ON SCHEMA public, kiavi TO {role};"
    );
    for (table, rights) in GRANTS {
        statements.push_str(&format!("GRANT {rights} ON {table} TO {role};"));
    }
    for function in CALLS {
        statements.push_str(&format!("GRANT EXECUTE ON FUNCTION {function} TO {role};"));
    }
    connection.batch_execute(&statements).await
}

/// Lets the auditor's role do its work in a tenant's database, and nothing else; doing it again changes nothing. The
/// connection is as for [`migrate`].
///
/// # Errors
/// When the server refuses.
pub async fn let_auditor_in(connection: &AdminConnection, auditor_role: &str) -> Result<(), DbError> {
    let role = quote_ident(auditor_role);
    let mut statements = format!(
        "REVOKE ALL ON ALL TABLES IN SCHEMA public, kiavi FROM {role};
         GRANT USAGE ON SCHEMA kiavi TO {role};"
    );
    for (table, rights) in AUDITOR_GRANTS {
        statements.push_str(&format!("GRANT {rights} ON {table} TO {role};"));
    }
    for function in AUDITOR_CALLS {
        statements.push_str(&format!("GRANT EXECUTE ON FUNCTION {function} TO {role};"));
    }
    connection.batch_execute(&statements).await
}

#[cfg(test)]
mod tests {
    use kiavi_testkit::TestDatabase;

    use super::*;

    /// Somebody with a session and a passkey, in the tables of the first schema.
    const PEOPLE: &str = r#"
        INSERT INTO public."user" (id, name, email, "emailVerified") VALUES ('u1', 'Ada', 'ada@example.com', true);
        INSERT INTO public.session (id, token, "userId", "expiresAt", "updatedAt")
          VALUES ('s1', 'token', 'u1', now() + interval '1 day', now());
        INSERT INTO public.passkey (id, "publicKey", "userId", "credentialID", counter, "deviceType", "backedUp")
          VALUES ('p1', 'key', 'u1', 'credential', 0, 'singleDevice', false);"#;

    /// Whoever adds a table decides here what becomes of its rows when the tenant is archived: those of this list come back.
    const ARCHIVED: &[&str] = &[
        "kiavi.activity_zone",
        "kiavi.audit_event",
        "kiavi.guess_budget",
        "kiavi.mail_suppression",
        "kiavi.passkey_use",
        "kiavi.recovery",
        "public.account",
        "public.apikey",
        "public.jwks",
        "public.passkey",
        "public.session",
        "public.user",
    ];

    #[test]
    fn every_file_is_a_migration_and_none_is_left_out() {
        let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations")).unwrap();
        let mut files: Vec<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        files.sort_by_key(|name| name[1..].split('_').next().unwrap().parse::<i32>().unwrap());
        let listed = MIGRATIONS.iter().map(|step| format!("V{}__{}.sql", step.version, step.name));
        assert_eq!(files, listed.collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn it_is_decided_for_every_table_whether_it_is_archived() {
        let database = TestDatabase::empty().await;
        let mut admin = database.admin().await;
        migrate(&mut admin, None, None).await.unwrap();
        let tables =
            "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN ('public', 'kiavi')";
        let there = admin.query(tables, &[]).await.unwrap();
        let there: std::collections::BTreeSet<String> = there.iter().map(|row| row.get(0)).collect();
        let decided = ARCHIVED.iter().chain(NOT_ARCHIVED).chain(PERSON_KEYS).map(|name| (*name).to_owned());
        assert_eq!(there, decided.collect());
        assert_eq!(there.len(), ARCHIVED.len() + NOT_ARCHIVED.len() + PERSON_KEYS.len(), "each once");
    }

    #[tokio::test]
    async fn an_empty_database_goes_to_any_time_and_on_from_there() {
        for version in MIGRATIONS.iter().map(|step| step.version) {
            let database = TestDatabase::empty().await;
            let mut admin = database.admin().await;
            migrate_to(&mut admin, None, version).await.unwrap();
            let newest = "SELECT max(version) FROM kiavi.schema_history";
            assert_eq!(admin.query(newest, &[]).await.unwrap()[0].get::<_, i32>(0), version);
            migrate(&mut admin, None, None).await.unwrap();
        }
    }

    #[tokio::test]
    async fn every_released_schema_goes_forward_with_its_people() {
        for released in 1..MIGRATIONS.len() {
            let database = TestDatabase::empty().await;
            let mut admin = database.admin().await;
            kiavi_db::migrate(&mut admin, &MIGRATIONS[..released], None).await.unwrap();
            admin.batch_execute(PEOPLE).await.unwrap();
            migrate(&mut admin, None, None).await.unwrap();
            let kept = r#"SELECT 1 FROM public."user" u JOIN public.session s ON s."userId" = u.id
                          JOIN public.passkey p ON p."userId" = u.id"#;
            assert_eq!(admin.query(kept, &[]).await.unwrap().len(), 1, "from version {released}");
        }
    }
}
