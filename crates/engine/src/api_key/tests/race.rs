//! Many uses at once, over one connection as an engine makes them, and over many as other servers would.

use futures_util::future::join_all;

use super::*;
use crate::api_key::{claim, flow};

async fn passed_through_the_router(tenant: &TestTenant, key: &str, uses: usize) -> usize {
    let answers = join_all((0..uses).map(|_| verify(tenant, key))).await;
    answers.iter().filter(|answer| verdict(answer) == "valid").count()
}

async fn passed_over_many_connections(tenant: &TestTenant, key: &str, uses: usize) -> usize {
    let hash = flow::hash(key);
    let connections: Vec<_> = (0..8).map(|_| tenant.runtime()).collect();
    let claims = (0..uses).map(|n| claim::claim(&connections[n % 8], &hash, claim::Demand::default(), true));
    let outcomes = join_all(claims).await;
    outcomes.into_iter().filter(|outcome| outcome.as_ref().unwrap().is_ok()).count()
}

#[tokio::test]
async fn of_fifty_uses_at_once_as_many_pass_as_are_left() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let body = json!({ "remaining": 5, "rateLimitEnabled": false });
    let (key, _) = make_as_operator(&tenant, &mut browser, body.clone()).await;
    assert_eq!(passed_through_the_router(&tenant, &key, 50).await, 5);
    let (key, _) = make_as_operator(&tenant, &mut browser, body).await;
    assert_eq!(passed_over_many_connections(&tenant, &key, 50).await, 5);
    assert_eq!(tenant.value::<i32>("SELECT remaining FROM apikey", &[]).await, 0);
}

#[tokio::test]
async fn a_window_holds_exactly_what_it_may() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let (key, _) = make_as_operator(&tenant, &mut browser, json!({ "rateLimitMax": 5 })).await;
    assert_eq!(passed_over_many_connections(&tenant, &key, 50).await, 5);
    sql(&tenant, r#"UPDATE apikey SET "lastRequest" = now() - interval '2 days'"#).await;
    assert_eq!(passed_over_many_connections(&tenant, &key, 50).await, 5);
    sql(&tenant, r#"UPDATE apikey SET "lastRequest" = now() - interval '2 days'"#).await;
    assert_eq!(passed_through_the_router(&tenant, &key, 50).await, 5);
    assert_eq!(tenant.value::<i32>(r#"SELECT "requestCount" FROM apikey"#, &[]).await, 5);
}

#[tokio::test]
async fn a_refill_that_is_due_happens_once() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let body =
        json!({ "remaining": 0, "refillAmount": 3, "refillInterval": 3_600_000, "rateLimitEnabled": false });
    let (key, _) = make_as_operator(&tenant, &mut browser, body).await;
    assert_eq!(passed_over_many_connections(&tenant, &key, 20).await, 0);
    for column in ["createdAt", "lastRefillAt"] {
        sql(&tenant, &format!(r#"UPDATE apikey SET "{column}" = now() - interval '2 hours'"#)).await;
        assert_eq!(passed_over_many_connections(&tenant, &key, 50).await, 3, "{column}");
    }
}

#[tokio::test]
async fn of_many_keys_made_at_once_no_more_stay_than_a_user_may_have() {
    let tenant = TestTenant::with(|s| s.api_key.keys_per_user = 3).await;
    let browser = tenant.signed_in("ada@example.com").await;
    let made = join_all((0..10).map(|_| {
        let mut browser = browser.clone();
        async move { browser.post("/api-key/create", json!({})).await.status }
    }));
    assert_eq!(made.await.iter().filter(|status| **status == StatusCode::OK).count(), 3);
}
