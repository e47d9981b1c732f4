//! All or nothing, and knowing which.

use futures_util::future::{join, join_all};
use kiavi_db::{DbError, MAX_TRANSACTIONS, Sql, Transaction};

use crate::{
    BACKEND, IDS, INSERT, database_through, give_up_after, ids, items, until,
    wire::{Cut, Wire, contains},
};

async fn backend_of(transaction: &Transaction) -> i32 {
    transaction.query_one(&BACKEND, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_committed_transaction_is_seen_and_its_connection_used_again() {
    let test = items().await;
    let database = test.database();
    let transaction = database.begin().await.unwrap();
    let first = backend_of(&transaction).await;
    transaction.execute(&INSERT, &[&1]).await.unwrap();
    assert!(ids(&database).await.is_empty());
    assert_eq!(transaction.query_opt(&IDS, &[]).await.unwrap().unwrap().get::<_, i32>(0), 1);
    transaction.commit().await.unwrap();
    assert_eq!(ids(&database).await, [1]);
    assert_eq!(backend_of(&database.begin().await.unwrap()).await, first);
}

#[tokio::test]
async fn a_dropped_transaction_is_undone_and_its_connection_used_again() {
    let test = items().await;
    let database = test.database();
    let transaction = database.begin().await.unwrap();
    let first = backend_of(&transaction).await;
    transaction.execute(&INSERT, &[&1]).await.unwrap();
    drop(transaction);
    // As many as there can be: one of them has to wait for the connection that is being rolled back.
    let all = join_all((0..MAX_TRANSACTIONS).map(|_| async {
        let next = database.begin().await.unwrap();
        (backend_of(&next).await, next)
    }))
    .await;
    assert!(all.iter().any(|(backend, _)| *backend == first));
    assert!(ids(&database).await.is_empty());
}

#[tokio::test]
async fn who_listens_is_told_after_the_commit_also_when_nobody_waits_for_it() {
    let test = items().await;
    let database = test.database();
    let listen = |transaction: &Transaction| {
        let (tell, told) = tokio::sync::oneshot::channel();
        transaction.after_commit(move || tell.send(()).unwrap());
        told
    };
    let transaction = database.begin().await.unwrap();
    transaction.execute(&INSERT, &[&1]).await.unwrap();
    let mut told = listen(&transaction);
    assert!(told.try_recv().is_err());
    transaction.commit().await.unwrap();
    told.try_recv().unwrap();
    // The answer to COMMIT finds nobody.
    let transaction = database.begin().await.unwrap();
    transaction.defer(&INSERT, vec![Box::new(2)]).await.unwrap();
    let told = listen(&transaction);
    assert!(futures_util::FutureExt::now_or_never(transaction.commit()).is_none());
    told.await.unwrap();
    assert_eq!(ids(&database).await, [1, 2]);
    let transaction = database.begin().await.unwrap();
    let told = listen(&transaction);
    transaction.rollback().await.unwrap();
    assert!(told.await.is_err(), "nothing has happened");
}

#[tokio::test]
async fn a_transaction_can_move_between_tasks() {
    let test = items().await;
    let database = test.database();
    let transaction = tokio::spawn({
        let database = database.clone();
        async move {
            let transaction = database.begin().await.unwrap();
            transaction.execute(&INSERT, &[&1]).await.unwrap();
            transaction
        }
    });
    let transaction = transaction.await.unwrap();
    tokio::spawn(async move { transaction.commit().await }).await.unwrap().unwrap();
    assert_eq!(ids(&database).await, [1]);
}

#[tokio::test]
async fn a_transaction_without_statements_costs_nothing() {
    let test = items().await;
    let wire = Wire::new(&test, Cut::Never);
    let database = database_through(&test, wire.clone());
    database.begin().await.unwrap().commit().await.unwrap();
    let flights = wire.flights.lock().unwrap().len();
    database.begin().await.unwrap().commit().await.unwrap();
    drop(database.begin().await.unwrap());
    assert_eq!(wire.flights.lock().unwrap().len(), flights);
}

#[tokio::test]
async fn begin_travels_with_the_first_statement() {
    let test = items().await;
    let wire = Wire::new(&test, Cut::Never);
    let database = database_through(&test, wire.clone());
    for id in 0..2 {
        wire.flights.lock().unwrap().clear();
        let transaction = database.begin().await.unwrap();
        transaction.execute(&INSERT, &[&id]).await.unwrap();
        transaction.commit().await.unwrap();
    }
    // The second time the statement was prepared: BEGIN with its Bind and Execute, then COMMIT.
    let flights = wire.flights.lock().unwrap().clone();
    assert_eq!(flights.len(), 2, "{flights:?}");
    let begin = b"BEGIN\0";
    assert!(contains(&flights[0], begin) && flights[0].len() > begin.len() + 20);
    assert!(contains(&flights[1], b"COMMIT\0"));
}

#[tokio::test]
async fn concurrent_statements_of_a_transaction_all_happen_in_it() {
    let test = items().await;
    let database = test.database();
    let transaction = database.begin().await.unwrap();
    for outcome in join_all([&1, &2, &3].map(|id| async { transaction.execute(&INSERT, &[id]).await })).await
    {
        outcome.unwrap();
    }
    assert!(ids(&database).await.is_empty());
    transaction.rollback().await.unwrap();
    assert!(ids(&database).await.is_empty());
}

#[tokio::test]
async fn a_transaction_with_a_failed_statement_is_not_committed() {
    let test = items().await;
    let database = test.database();
    let transaction = database.begin().await.unwrap();
    transaction.execute(&INSERT, &[&1]).await.unwrap();
    assert!(transaction.execute(&INSERT, &[&1]).await.unwrap_err().is_unique_violation());
    let refused = transaction.commit().await.unwrap_err();
    assert_eq!(refused.sqlstate().unwrap().code(), "25P02");
    assert!(ids(&database).await.is_empty());
}

#[tokio::test]
async fn a_transaction_with_an_abandoned_statement_is_not_committed() {
    let test = items().await;
    let database = test.database();
    let transaction = database.begin().await.unwrap();
    transaction.execute(&INSERT, &[&1]).await.unwrap();
    give_up_after(1, transaction.execute(&INSERT, &[&2])).await;
    assert!(transaction.commit().await.is_err());
    assert!(ids(&database).await.is_empty());
}

#[tokio::test]
async fn a_constraint_checked_at_commit_undoes_the_transaction() {
    let test = items().await;
    let sql = "CREATE TABLE part (item int REFERENCES item DEFERRABLE INITIALLY DEFERRED)";
    test.admin().await.batch_execute(sql).await.unwrap();
    const PART: Sql = Sql::new("PART", "INSERT INTO part (item) VALUES ($1)");
    let database = test.database();
    let transaction = database.begin().await.unwrap();
    transaction.execute(&PART, &[&7]).await.unwrap();
    let refused = transaction.commit().await.unwrap_err();
    assert!(refused.is_foreign_key_violation(), "{refused:?}");
}

#[tokio::test]
async fn a_commit_without_an_answer_is_unknown() {
    let test = items().await;
    for (id, cut) in [(1, Cut::BeforeCommit), (2, Cut::AfterCommit)] {
        let database = database_through(&test, Wire::new(&test, cut));
        let transaction = database.begin().await.unwrap();
        transaction.execute(&INSERT, &[&id]).await.unwrap();
        let unknown = transaction.commit().await.unwrap_err();
        assert!(matches!(unknown, DbError::CommitUnknown(_)), "{unknown:?}");
    }
    // The same error stood for two different outcomes.
    let database = test.database();
    until(async || ids(&database).await == [2]).await;
}

#[tokio::test]
async fn a_transaction_whose_connection_is_lost_is_undone() {
    let test = items().await;
    let database = test.database();
    let transaction = database.begin().await.unwrap();
    let lost = backend_of(&transaction).await;
    transaction.execute(&INSERT, &[&1]).await.unwrap();
    test.admin().await.execute("SELECT pg_terminate_backend($1)", &[&lost]).await.unwrap();
    until(async || matches!(transaction.query(&IDS, &[]).await, Err(DbError::Unavailable(_)))).await;
    assert!(transaction.commit().await.is_err());
    assert!(ids(&database).await.is_empty());
    let next = database.begin().await.unwrap();
    assert_ne!(backend_of(&next).await, lost);
}

#[tokio::test]
async fn a_transaction_too_many_waits_and_then_gives_up() {
    let test = items().await;
    let database = test.database();
    let mut held = Vec::new();
    for _ in 0..MAX_TRANSACTIONS {
        let transaction = database.begin().await.unwrap();
        backend_of(&transaction).await;
        held.push(transaction);
    }
    let (waited, ()) = join(database.begin(), async { held.truncate(MAX_TRANSACTIONS - 1) }).await;
    held.push(waited.unwrap());
    tokio::time::pause();
    assert!(matches!(database.begin().await.map(drop), Err(DbError::PoolTimeout)));
}

#[tokio::test]
async fn transactions_dropped_at_any_moment_leave_nothing_behind() {
    let test = items().await;
    let database = test.database();
    for polls in 0..40 {
        let work = async {
            let transaction = database.begin().await.unwrap();
            transaction.execute(&INSERT, &[&1]).await.unwrap();
            transaction.execute(&INSERT, &[&2]).await.unwrap();
            transaction
        };
        give_up_after(polls, work).await;
    }
    assert!(ids(&database).await.is_empty());
    let transaction = database.begin().await.unwrap();
    transaction.execute(&INSERT, &[&3]).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(ids(&database).await, [3]);
}

#[tokio::test]
async fn deferred_statements_travel_with_what_follows_and_before_it() {
    let test = items().await;
    let wire = Wire::new(&test, Cut::Never);
    let database = database_through(&test, wire.clone());
    for (first, seen) in [(0, 2), (10, 6)] {
        wire.flights.lock().unwrap().clear();
        let transaction = database.begin().await.unwrap();
        transaction.defer(&INSERT, vec![Box::new(first + 1)]).await.unwrap();
        transaction.defer(&INSERT, vec![Box::new(first + 2)]).await.unwrap();
        assert_eq!(transaction.query(&IDS, &[]).await.unwrap().len(), seen);
        transaction.defer(&INSERT, vec![Box::new(first + 3)]).await.unwrap();
        transaction.defer(&INSERT, vec![Box::new(first + 4)]).await.unwrap();
        transaction.commit().await.unwrap();
    }
    assert_eq!(ids(&database).await, [1, 2, 3, 4, 11, 12, 13, 14]);
    // The second time everything was prepared: two flights of BEGIN and three statements, two statements and COMMIT.
    let flights = wire.flights.lock().unwrap().clone();
    let (begin, commit) = (contains(&flights[0], b"BEGIN\0"), contains(&flights[1], b"COMMIT\0"));
    assert!(begin && commit, "{flights:?}");
}

#[tokio::test]
async fn a_transaction_of_deferred_statements_alone_is_one_flight() {
    let test = items().await;
    let wire = Wire::new(&test, Cut::Never);
    let database = database_through(&test, wire.clone());
    for id in [1, 2] {
        wire.flights.lock().unwrap().clear();
        let transaction = database.begin().await.unwrap();
        transaction.defer(&INSERT, vec![Box::new(id)]).await.unwrap();
        transaction.commit().await.unwrap();
    }
    assert_eq!(wire.flights.lock().unwrap().len(), 1);
    assert_eq!(ids(&database).await, [1, 2]);
}

#[tokio::test]
async fn a_deferred_statement_that_fails_undoes_everything_and_says_why() {
    let test = items().await;
    let database = test.database();
    for is_followed in [true, false] {
        let transaction = database.begin().await.unwrap();
        transaction.execute(&INSERT, &[&1]).await.unwrap();
        transaction.defer(&INSERT, vec![Box::new(1)]).await.unwrap();
        let error = match is_followed {
            true => transaction.execute(&INSERT, &[&2]).await.unwrap_err(),
            false => transaction.commit().await.unwrap_err(),
        };
        assert!(error.is_unique_violation(), "{error:?}");
        assert!(ids(&database).await.is_empty());
    }
    // Every connection can be used again.
    let all = join_all((0..MAX_TRANSACTIONS).map(|_| database.begin())).await;
    for transaction in all {
        backend_of(&transaction.unwrap()).await;
    }
}

#[tokio::test]
async fn nothing_is_committed_without_a_deferred_statement_whose_values_do_not_fit() {
    let test = items().await;
    let database = test.database();
    let transaction = database.begin().await.unwrap();
    transaction.execute(&INSERT, &[&1]).await.unwrap();
    transaction.defer(&INSERT, vec![Box::new("no number")]).await.unwrap();
    assert!(matches!(transaction.commit().await.unwrap_err(), DbError::Value(_)));
    assert!(ids(&database).await.is_empty());
}

#[tokio::test]
async fn a_dropped_transaction_sends_nothing_that_was_deferred() {
    let test = items().await;
    let database = test.database();
    let transaction = database.begin().await.unwrap();
    transaction.defer(&INSERT, vec![Box::new(1)]).await.unwrap();
    drop(transaction);
    let transaction = database.begin().await.unwrap();
    transaction.defer(&INSERT, vec![Box::new(2)]).await.unwrap();
    transaction.rollback().await.unwrap();
    assert!(ids(&database).await.is_empty());
}
