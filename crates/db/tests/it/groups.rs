//! Statements of different callers in one commit.

use std::collections::BTreeSet;

use futures_util::future::join_all;

use crate::{
    wire::{Cut, Wire, contains},
    *,
};

const ADD: Sql =
    Sql::new("ADD", "INSERT INTO item (id) VALUES ($1) RETURNING id, pg_current_xact_id()::text");

async fn add(database: &Database, id: i32) -> Result<(i32, String), DbError> {
    let rows = database.query_grouped(&ADD, vec![Box::new(id)]).await?;
    Ok((rows[0].get(0), rows[0].get(1)))
}

#[tokio::test]
async fn those_who_come_together_share_a_few_commits_and_get_their_own_answers() {
    let test = items().await;
    let wire = Wire::new(&test, Cut::Never);
    let database = database_through(&test, wire.clone());
    add(&database, 0).await.unwrap();
    wire.flights.lock().unwrap().clear();
    let answers = join_all((1..=100).map(|id| add(&database, id))).await;
    let mut transactions = BTreeSet::new();
    for (id, answer) in (1..).zip(answers) {
        let (answered, transaction) = answer.unwrap();
        assert_eq!(answered, id);
        transactions.insert(transaction);
    }
    assert!(transactions.len() <= 4, "{} transactions", transactions.len());
    let flights = wire.flights.lock().unwrap().clone();
    assert!(flights.iter().any(|flight| contains(flight, b"COMMIT\0")));
    assert_eq!(ids(&database).await.len(), 101);
}

#[tokio::test]
async fn one_that_fails_fails_alone() {
    let test = items().await;
    let database = test.database();
    add(&database, 7).await.unwrap();
    let answers = join_all((1..=20).map(|id| add(&database, id))).await;
    for (id, answer) in (1..).zip(answers) {
        match id {
            7 => assert!(answer.unwrap_err().is_unique_violation()),
            _ => assert_eq!(answer.unwrap().0, id),
        }
    }
    assert_eq!(ids(&database).await, (1..=20).collect::<Vec<_>>());
}

#[tokio::test]
async fn one_whose_values_do_not_fit_hinders_nobody_and_repeats_nobody() {
    const COUNT: Sql = Sql::new("COUNT", "UPDATE item SET id = id + 1 WHERE id >= $1 RETURNING id");
    let test = items().await;
    let database = test.database();
    add(&database, 1).await.unwrap();
    let wrong = database.query_grouped(&COUNT, vec![Box::new("no number")]);
    let right = (0..10).map(|_| database.query_grouped(&COUNT, vec![Box::new(0)]));
    let (wrong, right) = futures_util::future::join(wrong, join_all(right)).await;
    assert!(matches!(wrong.unwrap_err(), DbError::Value(_)));
    assert!(right.into_iter().all(|answer| answer.unwrap().len() == 1));
    assert_eq!(ids(&database).await, [11]);
}

#[tokio::test]
async fn whoever_gives_up_waiting_takes_nobody_along() {
    let test = items().await;
    let database = test.database();
    give_up_after(1, add(&database, 1)).await;
    let (impatient, patient) = futures_util::future::join(
        give_up_after(2, add(&database, 2)),
        join_all((3..=10).map(|id| add(&database, id))),
    )
    .await;
    let () = impatient;
    assert!(patient.into_iter().all(|answer| answer.is_ok()));
    until(async || ids(&database).await == (1..=10).collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn a_commit_without_an_answer_is_unknown_to_all_who_shared_it() {
    let test = items().await;
    let database = database_through(&test, Wire::new(&test, Cut::AfterCommit));
    add(&database, 0).await.unwrap();
    let answers = join_all((1..=5).map(|id| add(&database, id))).await;
    assert!(answers.iter().any(|answer| matches!(answer, Err(DbError::CommitUnknown(_)))));
    assert!(answers.iter().all(|answer| answer.is_ok() || answer.as_ref().is_err_and(DbError::is_temporary)));
}
