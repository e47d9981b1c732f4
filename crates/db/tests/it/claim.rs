//! One process at a time.

use std::sync::Arc;

use kiavi_db::{Claim, ClaimError, Database};
use kiavi_testkit::TestDatabase;

use super::*;

fn claim(test: &TestDatabase, name: &str) -> Arc<Claim> {
    Arc::new(Claim::new(test.connector(), test.login(), name))
}

fn under(test: &TestDatabase, claim: &Arc<Claim>) -> Database {
    Database::under(test.connector(), test.login(), Arc::clone(claim))
}

/// Ends the session of this name, as an administrator or a network would.
async fn end_session(test: &TestDatabase, name: &str) {
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1";
    test.admin().await.query(end, &[&name]).await.unwrap();
}

fn is_taken(taken: Result<(), ClaimError>) -> String {
    match taken {
        Err(ClaimError::Taken(holder)) => holder.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_second_process_is_told_who_is_the_first() {
    let test = items().await;
    let (first, second) = (claim(&test, "kiavi at one"), claim(&test, "kiavi at\n two"));
    first.take().await.unwrap();
    assert!(first.is_held() && first.check().await);
    let who = is_taken(second.take().await);
    assert!(who.starts_with("\"kiavi at one\", connected as ") && who.ends_with(" UTC"), "{who}");
    assert!(!second.is_held() && !second.check().await);
    assert!(under(&test, &second).query(&IDS, &[]).await.unwrap_err().is_temporary());
    drop(first);
    until(async || second.take().await.is_ok()).await;
    under(&test, &second).execute(&INSERT, &[&1]).await.unwrap();
}

#[tokio::test]
async fn a_process_that_lost_its_claim_changes_nothing_until_it_has_it_again() {
    let test = items().await;
    let first = claim(&test, "kiavi lost");
    first.take().await.unwrap();
    let database = under(&test, &first);
    database.execute(&INSERT, &[&1]).await.unwrap();
    drop(database.begin().await.unwrap());
    end_session(&test, "kiavi lost").await;
    until(async || !first.check().await).await;
    assert!(database.execute(&INSERT, &[&2]).await.unwrap_err().is_temporary());
    assert!(database.begin().await.is_err_and(|error| error.is_temporary()));
    // Its own connections are in its way, too, until they are closed.
    database.close_idle(Duration::ZERO);
    until(async || first.take().await.is_ok()).await;
    database.execute(&INSERT, &[&2]).await.unwrap();
    assert_eq!(ids(&database).await, [1, 2]);
}

#[tokio::test]
async fn nobody_takes_over_while_a_transaction_of_the_one_before_is_open() {
    let test = items().await;
    let (first, second) = (claim(&test, "kiavi before"), claim(&test, "kiavi after"));
    first.take().await.unwrap();
    let database = under(&test, &first);
    let transaction = database.begin().await.unwrap();
    transaction.execute(&INSERT, &[&1]).await.unwrap();
    // The first does not know yet that it has lost its claim.
    end_session(&test, "kiavi before").await;
    let who = until_taken(&second).await;
    assert!(who.starts_with("\"kiavi\","), "a connection of the first: {who}");
    transaction.commit().await.unwrap();
    assert!(!first.check().await);
    drop(database);
    until(async || second.take().await.is_ok()).await;
    assert_eq!(ids(&under(&test, &second)).await, [1]);
}

/// What is told once the keeper of the first is gone.
async fn until_taken(second: &Claim) -> String {
    loop {
        let who = is_taken(second.take().await);
        if !who.contains("kiavi before") {
            return who;
        }
        tokio::task::yield_now().await;
    }
}
