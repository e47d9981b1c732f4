use axum::http::StatusCode;
use jiff::SignedDuration;
use kiavi_testkit::SoftAuthenticator;
use serde_json::json;

use super::{COUNTERS, Kind, Recount, place, recount};
use crate::tests::{Answer, ORIGIN, TestTenant};

const OPTIONS: &str = "/passkey/generate-authenticate-options";
const CHALLENGES: &str = "SELECT count(*) FROM verification WHERE identifier ~ '^[A-Za-z0-9_-]{32}$'";

/// A tenant with room for a hundred challenges.
async fn narrow() -> TestTenant {
    TestTenant::with(|settings| settings.rate_limits.passkey_challenges_per_tenant = 100).await
}

/// The `number`-th network asks for a challenge.
async fn ask(tenant: &TestTenant, number: usize) -> Answer {
    let last = u8::try_from(number % 250).unwrap();
    tenant.browser().from([198, 51, 100, last]).get(OPTIONS).await
}

async fn fill(tenant: &TestTenant) {
    for number in 0..100 {
        assert_eq!(ask(tenant, number).await.status, StatusCode::OK, "{number}");
    }
}

/// Makes what is there older than it is.
async fn age(tenant: &TestTenant, by: &str) {
    let older = r#"UPDATE verification SET "createdAt" = "createdAt" - $1::text::interval,
        "expiresAt" = "expiresAt" - $1::text::interval"#;
    tenant.admin.execute(older, &[&by]).await.unwrap();
}

#[tokio::test]
async fn many_networks_together_meet_the_tenants_room_for_challenges() {
    let tenant = narrow().await;
    fill(&tenant).await;
    for number in 100..110 {
        let answer = ask(&tenant, number).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(answer.headers["x-retry-after"], "10");
    }
    assert_eq!(tenant.value::<i64>(CHALLENGES, &[]).await, 100);
    let facts = tenant.facts("rate_limit.exceeded").await;
    assert_eq!(facts, json!({ "limit": "passkey.challenges", "counted_by": "tenant" }));
}

#[tokio::test]
async fn a_ceremony_that_has_begun_ends_well_and_codes_are_none_of_it() {
    let tenant = narrow().await;
    let mut owner = tenant.signed_in("ada@example.com").await;
    let mut device = SoftAuthenticator::new();
    let options = owner.get("/passkey/generate-register-options").await;
    let response = device.create(&options.json, ORIGIN).unwrap();
    owner.post("/passkey/verify-registration", json!({ "response": response })).await;

    let mut early = tenant.browser();
    let options = early.get(OPTIONS).await;
    let mut number = 0;
    while ask(&tenant, number).await.status == StatusCode::OK {
        number += 1;
    }
    assert_eq!(number, 99);
    let response = device.get(&options.json, ORIGIN).unwrap();
    let answer = early.post("/passkey/verify-authentication", json!({ "response": response })).await;
    assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.json);
    tenant.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(ask(&tenant, 200).await.status, StatusCode::OK, "what was used is room again");
    tenant.signed_in("eve@example.com").await;
}

#[tokio::test]
async fn what_has_expired_goes_first_and_then_what_is_oldest_but_not_what_is_new() {
    let tenant = narrow().await;
    fill(&tenant).await;
    age(&tenant, "2 minutes").await;
    // The oldest end, and only as many as a part of the room.
    assert_eq!(ask(&tenant, 0).await.status, StatusCode::OK);
    assert_eq!(tenant.value::<i64>(CHALLENGES, &[]).await, 96);
    for number in 1..5 {
        assert_eq!(ask(&tenant, number).await.status, StatusCode::OK);
    }
    let young = format!(r#"{CHALLENGES} AND "createdAt" > statement_timestamp() - interval '1 minute'"#);
    assert_eq!(tenant.value::<i64>(&young, &[]).await, 5);
    // What has expired ends, all of it, and nothing else.
    let old = r#"UPDATE verification SET "expiresAt" = "createdAt"
        WHERE "createdAt" < statement_timestamp() - interval '1 minute'"#;
    tenant.admin.execute(old, &[]).await.unwrap();
    assert_eq!(ask(&tenant, 5).await.status, StatusCode::OK);
    assert_eq!(tenant.value::<i64>(CHALLENGES, &[]).await, 6);
}

#[tokio::test]
async fn a_room_that_nothing_can_be_made_in_is_not_searched_again_at_once() {
    let tenant = narrow().await;
    fill(&tenant).await;
    assert_eq!(ask(&tenant, 100).await.status, StatusCode::TOO_MANY_REQUESTS);
    age(&tenant, "1 hour").await;
    assert_eq!(ask(&tenant, 101).await.status, StatusCode::TOO_MANY_REQUESTS);
    tenant.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(ask(&tenant, 102).await.status, StatusCode::OK);
    assert_eq!(tenant.value::<i64>(CHALLENGES, &[]).await, 1);
}

#[tokio::test]
async fn however_many_come_at_a_time_there_are_no_more_than_there_is_room_for() {
    let tenant = narrow().await;
    let answers = futures_util::future::join_all((0..150).map(|number| ask(&tenant, number))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == StatusCode::OK).count(), 100);
    assert_eq!(tenant.value::<i64>(CHALLENGES, &[]).await, 100);
}

#[tokio::test]
async fn what_is_being_written_while_it_is_counted_keeps_its_room() {
    let tenant = narrow().await;
    let state = tenant.state();
    let arriving: Vec<_> = (0..100).filter_map(|_| state.room.enter(Kind::Challenge, 1, 100)).collect();
    assert_eq!(arriving.len(), 100);
    recount(state, Recount::Always).await.unwrap();
    assert!(state.room.enter(Kind::Challenge, 1, 100).is_none(), "no row is there yet");
    drop(arriving);
    recount(state, Recount::Always).await.unwrap();
    assert!(state.room.enter(Kind::Challenge, 1, 100).is_some(), "they came to nothing");
}

#[tokio::test]
async fn an_engine_that_starts_finds_what_is_there() {
    let tenant = narrow().await;
    fill(&tenant).await;
    let engine = tenant.another_engine(|_| {});
    crate::housekeeping::sweep(engine.state()).await;
    let mut browser = tenant.browser().from([203, 0, 113, 1]).at(&engine);
    assert_eq!(browser.get(OPTIONS).await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn long_values_take_more_room_and_a_count_finds_the_same() {
    let tenant = TestTenant::with(|settings| settings.rate_limits.provider_states_per_tenant = 100).await;
    let state = tenant.state();
    let insert = r#"INSERT INTO verification (id, identifier, value, "expiresAt", "createdAt", "updatedAt")
        VALUES ($1, $2, repeat('x', $3), now() + interval '1 hour', now(), now())"#;
    for (id, identifier, length) in [
        ("1", "auth-state:google:abc", 1_023),
        ("2", "auth-state:google:def", 40_000),
        ("3", "pending-link:ghi", 1_024),
        ("4", "sign-in-otp-somebody@example.org", 50),
        ("5", "abcdefghijklmnopqrstuvwxyz012345", 50),
    ] {
        tenant.admin.execute(insert, &[&id, &identifier, &length]).await.unwrap();
    }
    recount(state, Recount::IfInUse).await.unwrap();
    let units = state.room.lock().kinds.map(|count| count.units);
    assert_eq!(units[..2], [1, 1 + 40 + 2]);
    let value = |length| "x".repeat(length);
    assert_eq!([1_023, 1_024, 40_000].map(|length| super::units(&value(length))), [1, 2, 40]);
    assert!(place(state, Kind::ProviderState, 57).await.unwrap().is_some());
    assert!(state.room.enter(Kind::ProviderState, 1, 100).is_none());
    assert!(
        place(state, Kind::ProviderState, 1).await.unwrap().is_some(),
        "what was counted and never written is looked for"
    );
}

#[tokio::test]
async fn a_table_full_of_counters_keeps_nobody_out_and_limits_go_on() {
    let tenant = TestTenant::with(|settings| {
        settings.rate_limits.passkey_per_network = Some(crate::Rate { limit: 3, window_seconds: 3_600 });
    })
    .await;
    let insert = "INSERT INTO kiavi.rate_limit (key, arrival)
        SELECT int8send(n), clock_timestamp() + interval '1 hour' FROM generate_series(1, $1::int8) n";
    tenant.admin.execute(insert, &[&i64::try_from(COUNTERS).unwrap()]).await.unwrap();
    recount(tenant.state(), Recount::Always).await.unwrap();
    let mut answers = Vec::new();
    for _ in 0..5 {
        answers.push(ask(&tenant, 1).await.status.as_u16());
    }
    assert_eq!(answers, [200, 200, 200, 429, 429]);
    assert_eq!(ask(&tenant, 2).await.status, StatusCode::OK);
    let rows = "SELECT count(*) FROM kiavi.rate_limit";
    assert_eq!(tenant.value::<i64>(rows, &[]).await, i64::try_from(COUNTERS).unwrap());
    tenant.admin.execute("UPDATE kiavi.rate_limit SET arrival = now() - interval '1 s'", &[]).await.unwrap();
    tenant.clock.advance(SignedDuration::from_secs(2));
    assert_eq!(ask(&tenant, 3).await.status, StatusCode::OK);
    assert_eq!(tenant.value::<i64>(rows, &[]).await, 1, "what has passed makes room");
}
