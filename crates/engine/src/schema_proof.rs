//! What a tenant's database has to be, for whoever compares it with what it is.

use kiavi_db::{AdminConnection, DbError};

use crate::schema::{AUDITOR_CALLS, AUDITOR_GRANTS, CALLS, GRANTS};

/// Every object of a migrated database, a line each, as [`objects_there`] tells them.
const OBJECTS: &str = include_str!("../schema.txt");

/// What there is, whoever made it: tables and their columns, rules about them, functions by a hash of what they do, triggers.
/// Without what names roles or depends on the server's version.
const OBJECTS_THERE: &str = r#"
    SELECT regexp_replace(line, '\s+', ' ', 'g') FROM (
        SELECT 'relation ' || n.nspname || '.' || c.relname || ' ' || c.relkind::text || CASE WHEN c.relrowsecurity THEN ' rls' ELSE '' END AS line,
               n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'v', 'm', 'S', 'f', 'p')
        UNION ALL
        SELECT 'column ' || n.nspname || '.' || c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
               || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END || CASE WHEN a.attidentity <> '' THEN ' identity' ELSE '' END
               || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), ''), n.nspname
          FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
          LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
         WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'v', 'm', 'f', 'p')
        UNION ALL
        SELECT 'constraint ' || n.nspname || '.' || r.relname || ' ' || c.conname || ' ' || pg_get_constraintdef(c.oid), n.nspname
          FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid JOIN pg_namespace n ON n.oid = r.relnamespace
         WHERE c.contype <> 'n'
        UNION ALL
        SELECT 'index ' || pg_get_indexdef(i.indexrelid), n.nspname
          FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        UNION ALL
        SELECT 'function ' || n.nspname || '.' || p.proname || '(' || oidvectortypes(p.proargtypes) || ')'
               || CASE WHEN p.prosecdef THEN ' with its owner''s rights' ELSE '' END
               || coalesce(' ' || array_to_string(p.proconfig, ' '), '')
               || ' ' || encode(sha256(convert_to(p.prosrc, 'UTF8')), 'hex'), n.nspname
          FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        UNION ALL
        SELECT 'trigger ' || t.tgenabled::text || ' ' || pg_get_triggerdef(t.oid), n.nspname
          FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE NOT t.tgisinternal
        UNION ALL
        SELECT 'rule ' || n.nspname || '.' || c.relname || ' ' || r.rulename, n.nspname
          FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
        UNION ALL SELECT 'event trigger ' || evtname, '' FROM pg_event_trigger
        UNION ALL SELECT 'extension ' || extname, '' FROM pg_extension WHERE extname <> 'plpgsql'
        UNION ALL SELECT 'publication ' || pubname, '' FROM pg_publication
      ) there WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY regexp_replace(line, '\s+', ' ', 'g') COLLATE "C""#;

/// Statements on a tenant's tables that the engine's role must be refused, however broken the engine: its log stays as it is.
pub const FORBIDDEN: &[&str] = &[
    "DELETE FROM kiavi.audit_event WHERE false",
    "UPDATE kiavi.audit_event SET body = body WHERE false",
    "TRUNCATE kiavi.audit_event",
    "UPDATE kiavi.audit_subject SET key = key WHERE false",
    "DELETE FROM kiavi.audit_subject WHERE false",
    "INSERT INTO kiavi.audit_leaf SELECT * FROM kiavi.audit_leaf WHERE false",
    "DELETE FROM kiavi.audit_leaf WHERE false",
    "DELETE FROM kiavi.audit_tile WHERE false",
    "DELETE FROM kiavi.audit_checkpoint WHERE false",
    "SELECT kiavi.audit_prunable()",
    "DROP TABLE kiavi.audit_event",
    "ALTER TABLE public.session DISABLE TRIGGER ALL",
    "ALTER TABLE public.session ADD COLUMN kiavi_canary int",
    "CREATE TRIGGER kiavi_canary BEFORE INSERT ON public.session EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "DELETE FROM kiavi.schema_history WHERE false",
];

/// Something that one of the two roles may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// Whether it is the auditor's role, else the engine's.
    pub is_auditors: bool,
    /// The table or the function.
    pub object: &'static str,
    /// The column, if it is of one only.
    pub column: Option<&'static str>,
    /// The privilege.
    pub privilege: &'static str,
}

/// Everything that the two roles may do, and nothing else.
pub fn grants() -> Vec<Granted> {
    let lists = [(false, GRANTS, CALLS), (true, AUDITOR_GRANTS, AUDITOR_CALLS)];
    let mut all = Vec::new();
    for (is_auditors, tables, calls) in lists {
        for (object, rights) in tables {
            all.extend(privileges(rights).map(|(privilege, column)| Granted {
                is_auditors,
                object,
                column,
                privilege,
            }));
        }
        let calls = calls.iter();
        all.extend(calls.map(|object| Granted { is_auditors, object, column: None, privilege: "EXECUTE" }));
    }
    all
}

/// Takes `SELECT, INSERT (a, b)` apart.
fn privileges(rights: &'static str) -> impl Iterator<Item = (&'static str, Option<&'static str>)> {
    let mut depth = 0;
    let parts = rights.split(move |character| {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        character == ',' && depth == 0
    });
    parts.flat_map(|part| match part.split_once('(') {
        None => vec![(part.trim(), None)],
        Some((privilege, columns)) => {
            let columns = columns.trim_end().trim_end_matches(')').split(',');
            columns.map(|column| (privilege.trim(), Some(column.trim()))).collect()
        }
    })
}

/// What a tenant's database has, a line for each object.
pub fn objects() -> Vec<&'static str> {
    OBJECTS.lines().collect()
}

/// What there is in the database that `connection` is in.
///
/// # Errors
/// When the server refuses.
pub async fn objects_there(connection: &AdminConnection) -> Result<Vec<String>, DbError> {
    let rows = connection.query(OBJECTS_THERE, &[]).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

#[cfg(test)]
mod tests {
    use kiavi_testkit::TestDatabase;

    use super::*;

    #[test]
    fn rights_are_taken_apart() {
        let parts: Vec<_> = privileges("SELECT, INSERT (a, b), UPDATE").collect();
        let expected = [("SELECT", None), ("INSERT", Some("a")), ("INSERT", Some("b")), ("UPDATE", None)];
        assert_eq!(parts, expected);
        assert!(grants().iter().any(|one| one.is_auditors && one.column == Some("seq")));
    }

    /// Whoever writes a migration puts what it makes into `schema.txt`: the new file is written where the message says.
    #[tokio::test]
    async fn the_list_of_objects_is_that_of_the_newest_schema() {
        let database = TestDatabase::empty().await;
        let mut admin = database.admin().await;
        crate::migrate(&mut admin, None, None).await.unwrap();
        let there = objects_there(&admin).await.unwrap();
        if there != objects() {
            let path = std::env::temp_dir().join("kiavi-schema.txt");
            std::fs::write(&path, there.join("\n") + "\n").unwrap();
            let differs = there.iter().find(|line| !objects().contains(&line.as_str()));
            panic!("copy {} to crates/engine/schema.txt: {differs:?}", path.display());
        }
    }

    #[tokio::test]
    async fn whatever_is_put_into_a_database_is_seen() {
        let database = TestDatabase::empty().await;
        let mut admin = database.admin().await;
        crate::migrate(&mut admin, None, None).await.unwrap();
        let changes = [
            "CREATE TABLE public.mine (id int)",
            "ALTER TABLE public.session ADD COLUMN mine text",
            "ALTER TABLE public.session DISABLE TRIGGER ALL",
            "CREATE FUNCTION kiavi.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "ALTER FUNCTION kiavi.audit_forget(text) SECURITY INVOKER",
            "CREATE VIEW public.all_sessions AS SELECT * FROM public.session",
            "CREATE SCHEMA mine CREATE TABLE other (id int)",
            "DROP INDEX public.\"session_userId_idx\"",
        ];
        let before = objects_there(&admin).await.unwrap();
        for change in changes {
            admin.batch_execute("BEGIN").await.unwrap();
            let changed = admin.batch_execute(change).await;
            let seen = if changed.is_ok() { objects_there(&admin).await.unwrap() != before } else { false };
            admin.batch_execute("ROLLBACK").await.unwrap();
            assert!(seen, "{change}: {changed:?}");
        }
    }
}
