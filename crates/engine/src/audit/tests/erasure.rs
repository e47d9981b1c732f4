//! Whoever is forgotten while events of theirs are being written.

use axum::{body::Body, extract::Request};
use kiavi_db::{AdminConnection, Sql, Transaction};
use kiavi_http::ConnectionInfo;

use super::super::{self as audit, Event, EventType};
use crate::{Context, Engine, tests::TestTenant};

const USER: &str = "u1";
const HAVE_IT_WRITTEN: Sql = Sql::new("HAVE_IT_WRITTEN", "SELECT 1");
const FORGET: &str = r#"DELETE FROM public."user" WHERE id = $1"#;

/// An event of somebody's own request, in a transaction that is still open.
async fn written(engine: &Engine, user: &str) -> Transaction {
    let state = engine.state();
    let mut request = Request::new(Body::empty());
    request.extensions_mut().insert(ConnectionInfo { peer: ([192, 0, 2, 1], 4_711).into(), sequence: 1 });
    let context = Context::new(state, &request);
    let transaction = state.database.begin().await.unwrap();
    audit::record(&transaction, state, &context, Event::by(EventType::UserUpdated, user)).await.unwrap();
    transaction.query_one(&HAVE_IT_WRITTEN, &[]).await.unwrap();
    transaction
}

/// A tenant with [`USER`], whom the engine remembers from an event.
async fn tenant() -> TestTenant {
    let tenant = TestTenant::new().await;
    tenant.add_user(USER, "ada@example.com").await;
    written(&tenant.engine, USER).await.commit().await.unwrap();
    tenant
}

/// Nothing in the index leads to somebody who is forgotten, or to where they were.
async fn assert_forgotten(tenant: &TestTenant, user: &str, events: i64) {
    let named = "SELECT count(*) FROM kiavi.audit_event WHERE $1 IN (actor, subject)";
    assert_eq!(tenant.value::<i64>(named, &[&user]).await, 0);
    let traced = "SELECT count(ip_token) FROM kiavi.audit_event WHERE type = 'user.updated'";
    assert_eq!(tenant.value::<i64>(traced, &[]).await, 0);
    assert_eq!(tenant.events("user.updated").await, events, "no event is lost");
}

/// Until somebody waits for somebody else, or there is nothing to wait for.
async fn until_waiting(admin: &AdminConnection, is_over: impl Fn() -> bool) {
    const WAITING: &str = "SELECT 1 FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while !is_over() && admin.query(WAITING, &[]).await.unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_event_that_is_not_committed_yet_is_waited_for() {
    let tenant = tenant().await;
    let open = written(&tenant.engine, USER).await;
    let other = tenant.database.admin().await;
    let forgetting = tokio::spawn(async move { other.execute(FORGET, &[&USER]).await.unwrap() });
    until_waiting(&tenant.admin, || forgetting.is_finished()).await;
    open.commit().await.unwrap();
    assert_eq!(forgetting.await.unwrap(), 1);
    assert_forgotten(&tenant, USER, 2).await;
}

#[tokio::test]
async fn an_event_waits_for_a_forgetting_that_is_not_committed_yet() {
    let tenant = tenant().await;
    let other = tenant.database.admin().await;
    other.batch_execute("BEGIN; SET CONSTRAINTS ALL IMMEDIATE").await.unwrap();
    other.execute(FORGET, &[&USER]).await.unwrap();
    let engine = tenant.another_engine(|_| {});
    let writing = tokio::spawn(async move { written(&engine, USER).await.commit().await.unwrap() });
    until_waiting(&tenant.admin, || writing.is_finished()).await;
    other.batch_execute("COMMIT").await.unwrap();
    writing.await.unwrap();
    assert_forgotten(&tenant, USER, 2).await;
}

#[tokio::test]
async fn an_engine_that_remembers_somebody_who_is_gone_names_them_no_more() {
    let tenant = tenant().await;
    tenant.admin.execute(FORGET, &[&USER]).await.unwrap();
    written(&tenant.engine, USER).await.commit().await.unwrap();
    let event = tenant.newest("user.updated").await;
    assert!(event.actor.is_some_and(|actor| actor.user_id.is_none()) && event.ip.is_none());
    assert_forgotten(&tenant, USER, 2).await;
}

#[tokio::test]
async fn whoever_is_forgotten_at_any_moment_is_forgotten() {
    let tenant = TestTenant::new().await;
    let engines = [tenant.another_engine(|_| {}), tenant.another_engine(|_| {})];
    let other = tenant.database.admin().await;
    let mut events = 0;
    for number in 0..30 {
        let user = format!("u{number}");
        tenant.add_user(&user, &format!("{user}@example.com")).await;
        let write = async |engine: &Engine, times: usize| {
            for _ in 0..times {
                written(engine, &user).await.commit().await.unwrap();
            }
        };
        // Both remember them.
        for engine in &engines {
            written(engine, &user).await.commit().await.unwrap();
        }
        events += 2;
        let forget = async {
            // At another moment each time: after none, some or all of what is written by then.
            let until = "SELECT count(*) FROM kiavi.audit_event WHERE type = 'user.updated'";
            while tenant.value::<i64>(until, &[]).await < events + number % 7 {
                tokio::task::yield_now().await;
            }
            other.execute(FORGET, &[&user]).await.unwrap();
        };
        tokio::join!(write(&engines[0], 3), write(&engines[1], 3), write(&engines[1], 2), forget);
        events += 8;
        assert_forgotten(&tenant, &user, events).await;
    }
}
