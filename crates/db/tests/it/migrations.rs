//! Schemas go forward, with the rows that are in them.

use kiavi_db::{AdminConnection, MigrateError, Migration, migrate};
use kiavi_testkit::TestDatabase;

const FIRST: Migration = Migration {
    version: 1,
    name: "people",
    sql: "CREATE TABLE person (email text); CREATE INDEX ON person (email)",
};
const SECOND: Migration = Migration {
    version: 2,
    name: "lower_case_emails",
    sql: "UPDATE person SET email = lower(email); ALTER TABLE person ADD CONSTRAINT one UNIQUE (email)",
};

async fn refusal(admin: &mut AdminConnection, migrations: &[Migration]) -> String {
    match migrate(admin, migrations, None).await.unwrap_err() {
        MigrateError::Migration(text) => text,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_old_history_goes_forward_with_its_rows() {
    let test = TestDatabase::empty().await;
    let mut admin = test.admin().await;
    assert_eq!(migrate(&mut admin, &[FIRST], None).await.unwrap(), 1);
    admin.batch_execute("INSERT INTO person VALUES ('Ada@example.com')").await.unwrap();
    assert_eq!(migrate(&mut admin, &[FIRST, SECOND], None).await.unwrap(), 1);
    assert_eq!(migrate(&mut admin, &[FIRST, SECOND], None).await.unwrap(), 0);
    let row = admin.query_opt("SELECT email FROM person", &[]).await.unwrap().unwrap();
    assert_eq!(row.get::<_, String>(0), "ada@example.com");
    let rows =
        admin.query("SELECT version, name FROM kiavi.schema_history ORDER BY version", &[]).await.unwrap();
    let history: Vec<(i32, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    assert_eq!(history, [(1, "people".to_owned()), (2, "lower_case_emails".to_owned())]);
}

#[tokio::test]
async fn a_failed_step_leaves_the_steps_before_it_and_tells_no_values() {
    let test = TestDatabase::empty().await;
    let mut admin = test.admin().await;
    migrate(&mut admin, &[FIRST], None).await.unwrap();
    admin.batch_execute("INSERT INTO person VALUES ('Ada@example.com'), ('ada@example.com')").await.unwrap();
    let refused = refusal(&mut admin, &[FIRST, SECOND]).await;
    assert!(refused.contains("V2__lower_case_emails") && refused.contains("23505"), "{refused}");
    assert!(!refused.contains("ada@"), "{refused}");
    let rows = admin.query("SELECT 1 FROM person WHERE email = 'Ada@example.com'", &[]).await.unwrap();
    assert_eq!(rows.len(), 1);
    admin.batch_execute("DELETE FROM person WHERE email = 'ada@example.com'").await.unwrap();
    assert_eq!(migrate(&mut admin, &[FIRST, SECOND], None).await.unwrap(), 1);
}

#[tokio::test]
async fn a_changed_or_missing_step_is_refused() {
    let test = TestDatabase::empty().await;
    let mut admin = test.admin().await;
    migrate(&mut admin, &[FIRST, SECOND], None).await.unwrap();
    let changed = Migration { sql: "CREATE TABLE person (email text)", ..FIRST };
    assert!(refusal(&mut admin, &[changed, SECOND]).await.contains("different"));
    assert!(refusal(&mut admin, &[FIRST]).await.contains("missing"));
    let inserted = Migration { version: 0, name: "earlier", sql: "SELECT 1" };
    assert!(refusal(&mut admin, &[inserted, FIRST, SECOND]).await.contains("missing"));
}

#[tokio::test]
async fn the_owner_role_owns_what_is_made_and_is_given_back() {
    let test = TestDatabase::empty().await;
    test.ensure_role("migrations \"owner\"", "NOLOGIN").await;
    let mut admin = test.admin().await;
    admin.batch_execute("GRANT CREATE ON SCHEMA public TO \"migrations \"\"owner\"\"\"").await.unwrap();
    migrate(&mut admin, &[FIRST], Some("migrations \"owner\"")).await.unwrap();
    let owners = "SELECT tableowner::text FROM pg_tables WHERE tablename IN ('person', 'schema_history')";
    let owners = admin.query(owners, &[]).await.unwrap();
    assert_eq!(owners.len(), 2);
    assert!(owners.iter().all(|row| row.get::<_, String>(0) == "migrations \"owner\""));
    let me = admin.query_opt("SELECT current_user::text = session_user::text", &[]).await.unwrap().unwrap();
    assert!(me.get::<_, bool>(0));
}

#[tokio::test]
async fn concurrent_migrations_take_turns() {
    let test = TestDatabase::empty().await;
    let (mut one, mut two) = (test.admin().await, test.admin().await);
    let steps = [FIRST, SECOND];
    let (first, second) =
        futures_util::join!(migrate(&mut one, &steps, None), migrate(&mut two, &steps, None));
    let mut applied = [first.unwrap(), second.unwrap()];
    applied.sort_unstable();
    assert_eq!(applied, [0, 2]);
}
