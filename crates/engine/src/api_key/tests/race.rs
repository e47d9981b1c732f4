//! Many uses at once, over one connection as an engine makes them, and over many as other servers would.

use futures_util::future::join_all;

use super::*;
use crate::api_key::{
    claim::{Claims, Refused, Shown},
    flow,
    verdict::{Claimed, Demand, Verdict},
};

/// One use of one key.
async fn claim(
    engine: &Claims,
    hash: &str,
    demand: Demand<'_>,
) -> Result<Result<Claimed, Refused>, kiavi_db::DbError> {
    let outcomes = engine.claim(vec![Shown::new(hash.to_owned(), demand)], true).await?;
    let [outcome] = <[_; 1]>::try_from(outcomes).unwrap();
    Ok(outcome)
}

async fn passed_through_the_router(tenant: &TestTenant, key: &str, uses: usize) -> usize {
    let answers = join_all((0..uses).map(|_| verify(tenant, key))).await;
    answers.iter().filter(|answer| verdict(answer) == "valid").count()
}

/// As many engines as connections.
async fn passed_over_many_connections(tenant: &TestTenant, key: &str, uses: usize) -> usize {
    let hash = flow::hash(key);
    let engines: Vec<_> = (0..8).map(|_| Claims::new(tenant.runtime())).collect();
    let claims = (0..uses).map(|n| claim(&engines[n % 8], &hash, Demand::default()));
    let outcomes = join_all(claims).await;
    outcomes.into_iter().filter(|outcome| outcome.as_ref().unwrap().is_ok()).count()
}

/// Keys of one user with so many uses; their hashes.
async fn keys_with(tenant: &TestTenant, count: usize, remaining: i32) -> Vec<String> {
    let mut browser = tenant.signed_in("ada@example.com").await;
    let mut hashes = Vec::new();
    for _ in 0..count {
        let body = json!({ "remaining": remaining, "rateLimitEnabled": false });
        hashes.push(flow::hash(&make_as_operator(tenant, &mut browser, body).await.0));
    }
    hashes
}

fn verdict_of(outcome: &Result<Claimed, Refused>) -> Option<Verdict> {
    outcome.as_ref().err().map(|refused| refused.verdict)
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

#[tokio::test]
async fn two_engines_share_many_keys_exactly_and_never_wait_for_each_other() {
    let tenant = TestTenant::new().await;
    let hashes = keys_with(&tenant, 6, 5).await;
    let engines = [Claims::new(tenant.runtime()), Claims::new(tenant.runtime())];
    // More than a batch holds, and each engine hears of the keys in an order of its own.
    let claims = (0..180).map(|n| {
        let place = n / 2 % 6;
        let hash = if n % 2 == 0 { &hashes[place] } else { &hashes[5 - place] };
        let claim = claim(&engines[n % 2], hash, Demand::default());
        async move { (hash, claim.await.unwrap()) }
    });
    let outcomes = join_all(claims).await;
    for hash in &hashes {
        let mut left: Vec<_> = outcomes
            .iter()
            .filter(|(of, _)| *of == hash)
            .filter_map(|(_, outcome)| outcome.as_ref().ok()?.key.remaining)
            .collect();
        left.sort_unstable();
        assert_eq!(left, [0, 1, 2, 3, 4], "each use is told what it left");
    }
    let refused = outcomes.iter().filter(|(_, outcome)| verdict_of(outcome) == Some(Verdict::UsedUp));
    assert_eq!(refused.count(), 150);
    assert_eq!(tenant.value::<i64>("SELECT sum(remaining) FROM apikey", &[]).await, 0);
}

#[tokio::test]
async fn the_uses_of_a_batch_concern_each_other_in_nothing_but_the_key() {
    let tenant = TestTenant::new().await;
    let hashes = keys_with(&tenant, 3, 2).await;
    let broken = r#"UPDATE apikey SET "expiresAt" = 'infinity' WHERE key = $1"#;
    tenant.admin.execute(broken, &[&hashes[1]]).await.unwrap();
    let engine = Claims::new(tenant.runtime());
    let wanted = json!({ "files": ["read"] });
    let permissions = Demand { permissions: Some(&wanted), ..Demand::default() };
    let billing = Demand { config: Some("billing"), ..Demand::default() };
    let uses = [
        (hashes[0].as_str(), permissions),
        (&hashes[0], Demand::default()),
        (&hashes[1], Demand::default()),
        ("none", Demand::default()),
        (&hashes[0], billing),
        (&hashes[0], Demand::default()),
        (&hashes[2], Demand::default()),
        (&hashes[0], Demand::default()),
    ];
    let outcomes = join_all(uses.map(|(hash, demand)| claim(&engine, hash, demand))).await;
    let told: Vec<_> = outcomes.iter().map(|outcome| outcome.as_ref().ok().map(verdict_of)).collect();
    let (refused, passed) = (|verdict| Some(Some(verdict)), Some(None));
    let expected = [
        refused(Verdict::NotPermitted),
        passed,
        // A moment that has no place in our calendar.
        None,
        refused(Verdict::Unknown),
        refused(Verdict::Unknown),
        passed,
        passed,
        refused(Verdict::UsedUp),
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_batch_that_cannot_be_written_counts_nothing_and_passes_nobody() {
    let tenant = TestTenant::new().await;
    let hashes = keys_with(&tenant, 2, 3).await;
    let engine = Claims::new(tenant.runtime());
    let use_all = async || join_all(hashes.iter().map(|hash| claim(&engine, hash, Demand::default()))).await;
    let refuse_one = format!(
        "ALTER TABLE apikey ADD CONSTRAINT untouched CHECK (key <> '{}' OR remaining > 2)",
        hashes[0]
    );
    sql(&tenant, &refuse_one).await;
    assert!(use_all().await.iter().all(Result::is_err));
    sql(&tenant, "ALTER TABLE apikey DROP CONSTRAINT untouched").await;
    for left in [2, 1] {
        let outcomes = use_all().await;
        assert!(
            outcomes
                .iter()
                .all(|outcome| outcome.as_ref().unwrap().as_ref().unwrap().key.remaining == Some(left))
        );
    }
}

#[tokio::test]
async fn whoever_goes_away_leaves_the_others_their_answers() {
    let tenant = TestTenant::new().await;
    let hashes = keys_with(&tenant, 1, 3).await;
    let engine = Claims::new(tenant.runtime());
    tokio::select! {
        biased;
        _ = claim(&engine, &hashes[0], Demand::default()) => panic!("nothing was sent yet"),
        () = async {} => {}
    }
    let claimed = claim(&engine, &hashes[0], Demand::default()).await.unwrap().unwrap();
    assert_eq!(claimed.key.remaining, Some(1), "the first use was under way");
}

#[tokio::test]
async fn a_key_that_depends_on_another_is_used_with_it_or_not_at_all() {
    let tenant = TestTenant::new().await;
    let hashes = keys_with(&tenant, 2, 2).await;
    let engine = Claims::new(tenant.runtime());
    let both = async || {
        let shown = [&hashes[0], &hashes[1]].map(|hash| Shown::new(hash.clone(), Demand::default()));
        engine.claim(shown.into(), true).await.unwrap().iter().map(verdict_of).collect::<Vec<_>>()
    };
    let left =
        async |hash: &str| tenant.value::<i32>("SELECT remaining FROM apikey WHERE key = $1", &[&hash]).await;
    assert_eq!(both().await, [None, None]);
    claim(&engine, &hashes[0], Demand::default()).await.unwrap().unwrap();
    assert_eq!(both().await, [Some(Verdict::UsedUp)], "the second is not even looked at");
    assert_eq!((left(&hashes[0]).await, left(&hashes[1]).await), (0, 1));
    sql(&tenant, "UPDATE apikey SET remaining = 1 - remaining").await;
    assert_eq!(both().await, [None, Some(Verdict::UsedUp)], "the first is used all the same");
    assert_eq!((left(&hashes[0]).await, left(&hashes[1]).await), (0, 0));
}
