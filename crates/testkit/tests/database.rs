//! Databases for tests: migrated once, copied per test, gone afterwards.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use kiavi_db::{AdminConnection, DbError, Sql};
use kiavi_testkit::TestDatabase;

const INSERT: Sql = Sql::new("INSERT", "INSERT INTO item (id) VALUES ($1)");
const COUNT: Sql = Sql::new("COUNT", "SELECT count(*) FROM item");
const EXISTS: &str = "SELECT 1 FROM pg_database WHERE datname = $1";

async fn migrate(admin: &mut AdminConnection) -> Result<(), DbError> {
    admin.batch_execute("CREATE TABLE item (id int PRIMARY KEY)").await
}

async fn one_row_of_its_own() {
    let test = TestDatabase::new("items", migrate).await;
    let database = test.database();
    assert_eq!(database.execute(&INSERT, &[&1]).await.unwrap(), 1);
    let count: i64 = database.query_one(&COUNT, &[]).await.unwrap().get(0);
    assert_eq!(count, 1);
}

#[tokio::test]
async fn a_test_sees_only_its_own_rows() {
    one_row_of_its_own().await;
}

#[tokio::test]
async fn another_test_sees_only_its_own_rows() {
    one_row_of_its_own().await;
}

#[tokio::test]
async fn many_tests_at_the_same_time_each_see_only_their_own_rows() {
    let tests: Vec<_> = (0..8).map(|_| tokio::spawn(one_row_of_its_own())).collect();
    for test in tests {
        test.await.unwrap();
    }
}

#[tokio::test]
async fn a_database_is_gone_after_its_test() {
    let test = TestDatabase::new("items", migrate).await;
    let other = TestDatabase::empty().await;
    let name = test.name().to_owned();
    let database = test.database();
    database.execute(&INSERT, &[&1]).await.unwrap();
    drop(test);
    assert!(other.admin().await.query(EXISTS, &[&name]).await.unwrap().is_empty());
    let lost = database.execute(&INSERT, &[&2]).await.unwrap_err();
    assert!(matches!(lost, DbError::Unavailable(_)), "{lost:?}");
}

#[tokio::test]
async fn what_a_crashed_test_left_is_swept() {
    let test = TestDatabase::empty().await;
    // No process has this id: the kernel's highest is 2^22.
    let left = "test_4999999_1_0";
    test.admin().await.batch_execute(&format!("CREATE DATABASE {left}")).await.unwrap();
    let admin = test.admin().await;
    let swept = async {
        while !admin.query(EXISTS, &[&left]).await.unwrap().is_empty() {
            drop(TestDatabase::empty().await);
        }
    };
    tokio::time::timeout(Duration::from_secs(30), swept).await.unwrap();
}

#[tokio::test]
async fn a_role_is_made_once() {
    let test = TestDatabase::new("items", migrate).await;
    test.ensure_role("testkit_reader", "LOGIN").await;
    test.ensure_role("testkit_reader", "LOGIN").await;
    let refused = test.database_as("testkit_reader").query(&COUNT, &[]).await.unwrap_err();
    assert!(refused.is_permission_denied(), "{refused:?}");
}
