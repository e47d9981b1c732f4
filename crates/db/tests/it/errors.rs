//! Errors say what failed and never with which values.

use std::error::Error;

use kiavi_db::{DbError, Json, Sql};

use crate::{INSERT, items};

const SECRET: &str = "ada@example.com";

/// Everything that a log could print of an error.
fn everything(error: &DbError) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut source = error.source();
    while let Some(cause) = source {
        text += &format!(" {cause} {cause:?}");
        source = cause.source();
    }
    text
}

#[tokio::test]
async fn no_error_repeats_a_value() {
    const PERSON: Sql = Sql::new("PERSON", "INSERT INTO person (email) VALUES ($1)");
    const NUMBER: Sql = Sql::new("NUMBER", "SELECT ($1::text)::int");
    const NOTE: Sql = Sql::new("NOTE", "SELECT to_jsonb($1::text)");
    let test = items().await;
    let admin = test.admin().await;
    admin.batch_execute("CREATE TABLE person (email text PRIMARY KEY CHECK (email <> 'x'))").await.unwrap();
    let database = test.database();
    database.execute(&PERSON, &[&SECRET]).await.unwrap();

    let twice = database.execute(&PERSON, &[&SECRET]).await.unwrap_err();
    assert!(twice.is_unique_violation());
    assert_eq!(twice.constraint(), Some("person_pkey"));
    let check = database.execute(&PERSON, &[&"x"]).await.unwrap_err();
    assert!(check.is_check_violation());
    let cast = database.query(&NUMBER, &[&SECRET]).await.unwrap_err();
    assert_eq!(cast.to_string(), "NUMBER failed: SQLSTATE 22P02");
    let note = database.query_one(&NOTE, &[&SECRET]).await.unwrap();
    let json: DbError = note.try_get::<_, Json<u32>>(0).map(drop).unwrap_err().into();
    assert!(matches!(json, DbError::Value(_)));
    for error in [twice, check, cast, json] {
        assert!(!everything(&error).contains(SECRET), "{error:?}");
    }
}

#[tokio::test]
async fn a_wrong_type_is_named() {
    let test = items().await;
    let wrong = test.database().execute(&INSERT, &[&"text"]).await.unwrap_err();
    let text = wrong.to_string();
    assert!(matches!(wrong, DbError::Value(_)));
    assert!(text.contains("INSERT") && text.contains("int4"), "{text}");
}

#[tokio::test]
async fn the_number_of_rows_is_checked() {
    const NONE: Sql = Sql::new("NONE", "SELECT 1 WHERE false");
    const TWO: Sql = Sql::new("TWO", "SELECT generate_series(1, 2)");
    let test = items().await;
    let database = test.database();
    assert!(database.query_opt(&NONE, &[]).await.unwrap().is_none());
    assert!(matches!(database.query_one(&NONE, &[]).await, Err(DbError::RowCount { rows: 0, .. })));
    assert!(matches!(database.query_opt(&TWO, &[]).await, Err(DbError::RowCount { rows: 2, .. })));
}

#[tokio::test]
async fn an_unknown_role_is_unavailable() {
    let test = items().await;
    let refused = test.database_as("nobody_of_that_name").query(&INSERT, &[&1]).await.unwrap_err();
    assert!(matches!(refused, DbError::Unavailable(_)), "{refused:?}");
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_ended() {
    const SLOW: Sql = Sql::new("SLOW", "SELECT set_config('statement_timeout', '10', false)");
    const SLEEP: Sql = Sql::new("SLEEP", "SELECT pg_sleep(3600)");
    let test = items().await;
    let database = test.database();
    database.query(&SLOW, &[]).await.unwrap();
    let ended = database.query(&SLEEP, &[]).await.unwrap_err();
    assert!(ended.is_cancelled(), "{ended:?}");
}
