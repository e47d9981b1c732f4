//! How many connections there are, when they open and when they close.

use std::{fs, sync::atomic::Ordering, time::Duration};

use futures_util::future::join_all;
use kiavi_db::{DbError, Sql, prepare_all};

use crate::{
    BACKEND, IDS, INSERT, backend, database_through, give_up_after, ids, items, until,
    wire::{Cut, Wire},
};

#[tokio::test]
async fn concurrent_statements_share_one_connection() {
    let test = items().await;
    let wire = Wire::new(&test, Cut::Never);
    let database = database_through(&test, wire.clone());
    assert_eq!((database.open_connections(), wire.attempts()), (0, 0));
    let backends = join_all((0..50).map(|_| backend(&database))).await;
    assert!(backends.iter().all(|backend| *backend == backends[0]));
    assert_eq!((database.open_connections(), wire.attempts()), (1, 1));
}

#[tokio::test]
async fn a_failed_attempt_to_connect_is_shared_and_the_next_use_tries_again() {
    let test = items().await;
    let wire = Wire::new(&test, Cut::Never);
    let database = database_through(&test, wire.clone());
    wire.is_down.store(true, Ordering::Relaxed);
    for outcome in join_all((0..10).map(|_| database.query(&IDS, &[]))).await {
        assert!(matches!(outcome, Err(DbError::Unavailable(_))), "{outcome:?}");
    }
    assert!(matches!(database.begin().await.map(drop), Err(DbError::Unavailable(_))));
    assert_eq!(wire.attempts(), 2);
    wire.is_down.store(false, Ordering::Relaxed);
    assert!(ids(&database).await.is_empty());
}

#[tokio::test]
async fn an_abandoned_attempt_to_connect_still_serves_the_next() {
    let test = items().await;
    let wire = Wire::new(&test, Cut::Never);
    let database = database_through(&test, wire.clone());
    give_up_after(1, database.query(&IDS, &[])).await;
    ids(&database).await;
    assert_eq!(wire.attempts(), 1);
}

#[tokio::test]
async fn a_lost_connection_is_replaced_on_a_later_use() {
    let test = items().await;
    let database = test.database();
    let lost = backend(&database).await;
    test.admin().await.execute("SELECT pg_terminate_backend($1)", &[&lost]).await.unwrap();
    until(async || match database.query_one(&BACKEND, &[]).await {
        Ok(row) => row.get::<_, i32>(0) != lost,
        Err(error) => {
            assert!(matches!(error, DbError::Unavailable(_)), "{error:?}");
            false
        }
    })
    .await;
}

#[tokio::test]
async fn a_database_apart_has_a_lane_of_its_own_and_is_counted_along() {
    let test = items().await;
    let database = test.database();
    let apart = database.apart();
    assert_ne!(backend(&database).await, backend(&apart).await);
    assert_eq!((database.open_connections(), apart.open_connections()), (2, 2));
    apart.close_idle(Duration::ZERO);
    until(async || database.open_connections() == 1).await;
}

#[tokio::test]
async fn idle_connections_close_and_busy_ones_stay() {
    let test = items().await;
    let database = test.database();
    let transaction = database.begin().await.unwrap();
    transaction.execute(&INSERT, &[&1]).await.unwrap();
    ids(&database).await;
    assert_eq!(database.open_connections(), 2);
    database.close_idle(Duration::from_secs(3600));
    assert_eq!(database.open_connections(), 2);
    database.close_idle(Duration::ZERO);
    until(async || database.open_connections() == 1).await;
    transaction.commit().await.unwrap();
    database.close_idle(Duration::ZERO);
    until(async || database.open_connections() == 0).await;
    assert_eq!(ids(&database).await, [1]);
}

#[tokio::test]
async fn a_statement_under_way_keeps_its_connection() {
    const SLOW: Sql = Sql::new("SLOW", "SELECT pg_advisory_xact_lock(1)");
    let test = items().await;
    let database = test.database();
    let admin = test.admin().await;
    admin.batch_execute("SELECT pg_advisory_lock(1)").await.unwrap();
    let slow = tokio::spawn({
        let database = database.clone();
        async move { database.query(&SLOW, &[]).await.map(drop) }
    });
    until(async || {
        let waiting = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = \
                       (SELECT oid FROM pg_database WHERE datname = current_database())";
        !admin.query(waiting, &[]).await.unwrap().is_empty()
    })
    .await;
    database.close_idle(Duration::ZERO);
    admin.batch_execute("SELECT pg_advisory_unlock(1)").await.unwrap();
    slow.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_session_starts_with_its_settings() {
    const SETTINGS: Sql = Sql::new(
        "SETTINGS",
        "SELECT current_setting('synchronous_commit'), current_setting('statement_timeout'), \
         current_setting('idle_in_transaction_session_timeout'), current_setting('application_name')",
    );
    let test = items().await;
    let row = test.database().query_one(&SETTINGS, &[]).await.unwrap();
    let settings: Vec<String> = (0..4).map(|column| row.get(column)).collect();
    assert_eq!(settings, ["on", "5s", "10s", "kiavi"]);
    let transaction = test.database().begin().await.unwrap();
    let row = transaction.query_one(&SETTINGS, &[]).await.unwrap();
    assert_eq!(settings, (0..4).map(|column| row.get(column)).collect::<Vec<String>>());
}

#[tokio::test]
async fn a_transaction_reads_no_table_from_end_to_end_because_it_was_small_once() {
    const BY_ID: Sql = Sql::new("BY_ID", "SELECT id FROM item WHERE id = $1");
    const READ: Sql =
        Sql::new("READ", "SELECT seq_tup_read FROM pg_stat_xact_user_tables WHERE relname = 'item'");
    let test = items().await;
    test.admin().await.batch_execute("INSERT INTO item VALUES (1); ANALYZE item").await.unwrap();
    let transaction = test.database().begin().await.unwrap();
    for _ in 0..10 {
        transaction.query_one(&BY_ID, &[&1]).await.unwrap();
    }
    assert_eq!(transaction.query_one(&READ, &[]).await.unwrap().get::<_, i64>(0), 0);
}

#[tokio::test]
async fn every_registered_statement_can_be_prepared_or_is_named() {
    const WRONG: Sql = Sql::new("WRONG", "SELECT nothing FROM item");
    const UNKNOWN: Sql = Sql::new("UNKNOWN", "SELECT 1 FROM nowhere");
    let test = items().await;
    let database = test.database();
    prepare_all(&database, &[&IDS, &INSERT]).await.unwrap();
    let failures = prepare_all(&database, &[&IDS, &WRONG, &UNKNOWN]).await.unwrap_err();
    let text: Vec<_> = failures.iter().map(ToString::to_string).collect();
    assert!(text[0].starts_with("WRONG failed: SQLSTATE 42703"), "{text:?}");
    assert!(text[1].starts_with("UNKNOWN failed: SQLSTATE 42P01"), "{text:?}");
}

#[tokio::test]
async fn a_statement_survives_a_migration_under_it() {
    const ALL: Sql = Sql::new("ALL", "SELECT * FROM item");
    let test = items().await;
    let database = test.database();
    database.execute(&INSERT, &[&1]).await.unwrap();
    assert_eq!(database.query_one(&ALL, &[]).await.unwrap().len(), 2);
    test.admin().await.batch_execute("ALTER TABLE item ADD COLUMN more int").await.unwrap();
    assert_eq!(database.query_one(&ALL, &[]).await.unwrap().len(), 3);
}

#[test]
fn no_thread_is_started() {
    // Longer names are cut off at 15 bytes (prctl(2), PR_SET_NAME).
    const NAME: &str = "db-forbidden";
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().thread_name(NAME).build().unwrap();
    runtime.block_on(async {
        let test = items().await;
        let database = test.database();
        let transaction = database.begin().await.unwrap();
        transaction.execute(&INSERT, &[&1]).await.unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(ids(&database).await, [1]);
        let names = fs::read_dir("/proc/self/task").unwrap().flatten();
        let names = names.filter_map(|task| fs::read_to_string(task.path().join("comm")).ok());
        assert_eq!(names.filter(|name| name.trim() == NAME).count(), 0);
    });
}
