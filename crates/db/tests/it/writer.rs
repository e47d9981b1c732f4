//! Who may keep in memory what it has read, and for how long.

use kiavi_db::{Sql, Stamp};

use super::*;

const RENAME: Sql = Sql::new("RENAME", "UPDATE person SET name = $2 WHERE id = $1").watched();
const RENAME_UNWATCHED: Sql = Sql::new("RENAME_UNWATCHED", "UPDATE person SET name = $2 WHERE id = $1");

/// People, watched as the schema of a tenant watches its tables; what the trigger tells is counted too.
async fn people() -> TestDatabase {
    async fn migrate(admin: &mut AdminConnection) -> Result<(), DbError> {
        let schema = "
            CREATE TABLE person (id int PRIMARY KEY, name text);
            INSERT INTO person VALUES (1, 'ada');
            CREATE TABLE told (id serial);
            CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                INSERT INTO told DEFAULT VALUES;
                PERFORM pg_notify('kiavi_change', '');
                RETURN NULL;
            END $$;
            CREATE TRIGGER tell AFTER UPDATE OR DELETE OR TRUNCATE ON person FOR EACH STATEMENT
                WHEN (current_setting('kiavi.writer', true) IS DISTINCT FROM 'on') EXECUTE FUNCTION tell();";
        admin.batch_execute(schema).await
    }
    TestDatabase::new("people", migrate).await
}

fn writer(test: &TestDatabase) -> Database {
    Database::as_writer(test.connector(), test.login())
}

async fn told(test: &TestDatabase) -> i64 {
    let row = test.admin().await.query_opt("SELECT count(*) FROM told", &[]).await.unwrap().unwrap();
    row.get(0)
}

async fn rename(database: &Database, name: &str) {
    assert_eq!(database.execute(&RENAME, &[&1, &name]).await.unwrap(), 1);
}

async fn stamp(database: &Database) -> Stamp {
    backend(database).await;
    database.stamp().unwrap()
}

#[tokio::test]
async fn there_is_one_writer_at_a_time() {
    let test = people().await;
    let (one, other) = (writer(&test), writer(&test));
    assert_eq!(one.stamp(), None, "nothing is open");
    stamp(&one).await;
    backend(&other).await;
    assert_eq!(other.stamp(), None);
    other.seek_writer_lock().await.unwrap();
    assert_eq!(other.stamp(), None, "the first still has it");
    one.close_idle(Duration::ZERO);
    until(async || {
        other.seek_writer_lock().await.unwrap();
        other.stamp().is_some()
    })
    .await;
    assert_eq!(one.stamp(), None);
    assert_eq!(test.database().stamp(), None, "whoever does not want to be the writer is not");
}

#[tokio::test]
async fn a_stamp_lasts_until_something_watched_is_changed() {
    let test = people().await;
    let database = writer(&test);
    let first = stamp(&database).await;
    database.execute(&RENAME_UNWATCHED, &[&2, &"nobody"]).await.unwrap();
    database.execute(&RENAME, &[&2, &"nobody"]).await.unwrap();
    assert_eq!(database.stamp(), Some(first), "no row was changed");
    rename(&database, "grace").await;
    let second = database.stamp().unwrap();
    assert_ne!(first, second);
    let transaction = database.begin().await.unwrap();
    transaction.execute(&RENAME, &[&1, &"edsger"]).await.unwrap();
    assert_eq!(database.stamp(), Some(second), "it is not committed");
    transaction.commit().await.unwrap();
    assert_ne!(database.stamp(), Some(second));
    assert_eq!(told(&test).await, 0, "the writer tells nobody, for that would cost a lock at every commit");
}

#[tokio::test]
async fn the_first_statement_or_a_later_one_may_be_the_watched_one() {
    let test = people().await;
    let database = writer(&test);
    stamp(&database).await;
    let transaction = database.begin().await.unwrap();
    transaction.query(&BACKEND, &[]).await.unwrap();
    transaction.execute(&RENAME, &[&1, &"grace"]).await.unwrap();
    transaction.execute(&RENAME, &[&1, &"edsger"]).await.unwrap();
    transaction.commit().await.unwrap();
    let transaction = database.begin().await.unwrap();
    transaction.execute(&RENAME_UNWATCHED, &[&1, &"alan"]).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(told(&test).await, 1, "the mark ends with its transaction");
}

#[tokio::test]
async fn a_change_by_somebody_else_is_heard() {
    let test = people().await;
    let (database, other) = (writer(&test), writer(&test));
    let first = stamp(&database).await;
    rename(&other, "grace").await;
    until(async || database.stamp() != Some(first)).await;
    let second = database.stamp().unwrap();
    test.admin().await.batch_execute("TRUNCATE person").await.unwrap();
    until(async || database.stamp() != Some(second)).await;
    assert_eq!(told(&test).await, 2);
}

#[tokio::test]
async fn a_change_that_nobody_waits_for_outdates_the_stamp() {
    let test = people().await;
    let database = writer(&test);
    let first = stamp(&database).await;
    give_up_after(3, database.execute(&RENAME, &[&1, &"grace"])).await;
    assert_ne!(database.stamp(), Some(first));
    let second = database.stamp();
    let transaction = database.begin().await.unwrap();
    transaction.execute(&RENAME, &[&1, &"edsger"]).await.unwrap();
    give_up_after(1, transaction.commit()).await;
    until(async || database.stamp() != second).await;
}

#[tokio::test]
async fn who_loses_the_lock_before_a_commit_tells_the_next_writer() {
    let test = people().await;
    let (one, next) = (writer(&test), writer(&test));
    stamp(&one).await;
    let lane = backend(&one).await;
    let transaction = one.begin().await.unwrap();
    transaction.execute(&RENAME, &[&1, &"grace"]).await.unwrap();
    test.admin().await.execute("SELECT pg_terminate_backend($1)", &[&lane]).await.unwrap();
    until(async || one.stamp().is_none()).await;
    backend(&next).await;
    until(async || {
        next.seek_writer_lock().await.unwrap();
        next.stamp().is_some()
    })
    .await;
    let before = next.stamp();
    transaction.commit().await.unwrap();
    until(async || next.stamp() != before).await;
}
