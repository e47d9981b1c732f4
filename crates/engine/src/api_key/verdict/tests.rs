use proptest::prelude::*;
use serde_json::json;

use super::*;

/// 2025-01-01T00:00:00Z.
const START: i64 = 1_735_689_600_000;

/// `milliseconds` after the start.
fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(START + milliseconds).unwrap()
}

fn owner() -> User {
    User {
        name: String::new(),
        email: "ada@example.com".to_owned(),
        email_verified: true,
        image: None,
        created_at: at(0),
        updated_at: at(0),
        role: None,
        banned: None,
        ban_reason: None,
        ban_expires: None,
        id: "ada".to_owned(),
    }
}

/// A key without limits.
fn key() -> ApiKey {
    ApiKey {
        config_id: "default".to_owned(),
        name: None,
        start: None,
        reference_id: "ada".to_owned(),
        prefix: None,
        key: None,
        refill_interval: None,
        refill_amount: None,
        last_refill_at: None,
        enabled: Some(true),
        rate_limit_enabled: Some(true),
        rate_limit_time_window: None,
        rate_limit_max: None,
        request_count: Some(0),
        remaining: None,
        last_request: None,
        expires_at: None,
        created_at: at(0),
        updated_at: at(0),
        permissions: None,
        metadata: None,
        id: "key".to_owned(),
    }
}

fn found(key: ApiKey, milliseconds: i64) -> Found {
    Found { key, permissions: None, owner: Some(owner()), now: at(milliseconds) }
}

/// The key after a use without demands.
fn used(key: &ApiKey, milliseconds: i64) -> Result<ApiKey, Verdict> {
    judge(&found(key.clone(), milliseconds), Demand::default(), true).map(|claimed| claimed.key)
}

fn limited(max: i32, window: i32) -> ApiKey {
    ApiKey { rate_limit_max: Some(max), rate_limit_time_window: Some(window), ..key() }
}

fn refilled(remaining: i32, amount: i32, interval: i32) -> ApiKey {
    ApiKey {
        remaining: Some(remaining),
        refill_amount: Some(amount),
        refill_interval: Some(interval),
        ..key()
    }
}

#[test]
fn each_check_wins_over_those_after_it() {
    let wanted = json!({ "files": ["read"] });
    let demand = Demand { config: Some("billing"), permissions: Some(&wanted) };
    let exhausted = ApiKey {
        enabled: Some(false),
        expires_at: Some(at(9)),
        remaining: Some(0),
        request_count: Some(1),
        last_request: Some(at(10)),
        ..limited(1, 5)
    };
    let mut row = Found { owner: None, ..found(exhausted, 10) };
    let mut expect = |verdict: Verdict, fix: fn(&mut Found)| {
        let outcome = judge(&row, demand, true).map(|claimed| claimed.key.id);
        assert_eq!(outcome, Err(verdict));
        fix(&mut row);
    };
    expect(Verdict::Unknown, |row| row.key.config_id = "billing".to_owned());
    expect(Verdict::Disabled, |row| row.key.enabled = None);
    expect(Verdict::Expired, |row| row.key.expires_at = Some(at(10)));
    expect(Verdict::OwnerRemoved, |row| {
        row.owner = Some(User { banned: Some(true), ban_expires: Some(at(11)), ..owner() });
    });
    expect(Verdict::OwnerBanned, |row| {
        row.owner = Some(User { banned: Some(true), ban_expires: Some(at(10)), ..owner() });
    });
    expect(Verdict::NotPermitted, |row| row.permissions = Some(r#"{"files":["read"]}"#.to_owned()));
    expect(Verdict::UsedUp, |row| row.key.refill_amount = Some(0));
    expect(Verdict::NoQuota, |row| row.key.remaining = Some(1));
    expect(Verdict::RateLimited { try_again_in_milliseconds: 5 }, |row| row.key.request_count = None);
    let key = judge(&row, demand, true).unwrap().key;
    assert_eq!((key.remaining, key.request_count, key.last_request), (Some(0), Some(1), Some(at(10))));
    assert_eq!(key.updated_at, at(10));
}

#[test]
fn a_row_without_configuration_is_of_the_default_one() {
    let row = found(ApiKey { config_id: String::new(), ..key() }, 0);
    let ask = |config| judge(&row, Demand { config: Some(config), permissions: None }, true).is_ok();
    assert!(ask("default") && !ask("billing") && !ask(""));
}

#[test]
fn a_window_ends_after_its_last_millisecond() {
    let full = ApiKey { request_count: Some(2), last_request: Some(at(0)), ..limited(2, 1_000) };
    let wait = |milliseconds| Err(Verdict::RateLimited { try_again_in_milliseconds: milliseconds });
    assert_eq!(used(&full, 1), wait(999));
    assert_eq!(used(&full, 1_000), wait(0));
    assert_eq!(used(&full, 1_001).unwrap().request_count, Some(1));
    // Another server may have written microseconds; what is left is rounded up.
    let last = at(0) - SignedDuration::from_micros(1);
    assert_eq!(used(&ApiKey { last_request: Some(last), ..full.clone() }, 1), wait(999));
    assert!(used(&ApiKey { last_request: Some(last), ..full.clone() }, 1_000).is_ok());
    // A moment to come, and a count that nobody wrote.
    assert_eq!(used(&ApiKey { last_request: Some(at(500)), ..full.clone() }, 0), wait(1_500));
    assert_eq!(used(&ApiKey { request_count: None, ..full }, 1).unwrap().request_count, Some(1));
}

#[test]
fn what_is_not_counted_leaves_the_counter() {
    let row = ApiKey { request_count: Some(7), last_request: Some(at(0)), ..limited(1, 1_000) };
    let counter = |key: ApiKey| (key.request_count, key.last_request);
    let off = ApiKey { rate_limit_enabled: Some(false), ..row.clone() };
    assert_eq!(counter(used(&off, 5).unwrap()), (Some(7), Some(at(5))));
    let nowhere_limited = judge(&found(row.clone(), 5), Demand::default(), false).unwrap();
    assert_eq!(counter(nowhere_limited.key), (Some(7), Some(at(5))));
    // Limited, but by nothing.
    let endless = ApiKey { rate_limit_max: None, rate_limit_enabled: None, ..row };
    assert_eq!(counter(used(&endless, 5).unwrap()), (Some(7), Some(at(0))));
}

#[test]
fn a_refill_is_due_after_its_interval() {
    let row = refilled(0, 3, 1_000);
    assert_eq!(used(&row, 1_000), Err(Verdict::NoQuota));
    let after = used(&row, 1_001).unwrap();
    assert_eq!((after.remaining, after.last_refill_at), (Some(2), Some(at(1_001))));
    // From the last refill on, and whether or not anything is left.
    let after = used(&after, 2_001).unwrap();
    assert_eq!((after.remaining, after.last_refill_at), (Some(1), Some(at(1_001))));
    assert_eq!(used(&after, 2_002).unwrap().remaining, Some(2));
    for odd in [refilled(0, 0, 1_000), refilled(0, -1, 1_000), refilled(0, 3, 0), refilled(-1, 3, -1)] {
        assert_eq!(used(&odd, 5_000), Err(Verdict::NoQuota));
    }
    assert_eq!(used(&ApiKey { remaining: Some(-1), ..key() }, 0), Err(Verdict::NoQuota));
    assert_eq!(used(&ApiKey { refill_interval: None, ..row.clone() }, 5_000), Err(Verdict::NoQuota));
    // Without a quota there is nothing to refill.
    let endless = used(&ApiKey { remaining: None, ..row }, 5_000).unwrap();
    assert_eq!((endless.remaining, endless.last_refill_at), (None, None));
}

#[test]
fn permissions_are_granted_as_postgresql_contains_them() {
    let stored = r#"{"files":["read","write"],"mail":[],"one":"read","deep":[["read"]],"n":null}"#;
    for (wanted, expected) in [
        (json!({ "files": ["read"] }), true),
        (json!({ "files": ["write", "read", "read"] }), true),
        (json!({ "files": [], "mail": [] }), true),
        (json!({ "files": ["read", "delete"] }), false),
        (json!({ "files": ["read"], "mail": ["send"] }), false),
        (json!({ "one": ["read"] }), false),
        (json!({ "deep": ["read"] }), false),
        (json!({ "n": [] }), false),
        (json!({ "files": ["re"] }), false),
        (json!({ "none": [] }), false),
        (json!({}), false),
    ] {
        assert_eq!(permits(Some(stored), &wanted), expected, "{wanted}");
    }
    let wanted = json!({ "files": ["read"] });
    for nothing in [
        "",
        "{oops",
        "null",
        r#"["files"]"#,
        r#"[{"files":["read"]}]"#,
        // JSON in JSON is a text, however it is shown.
        r#""{\"files\":[\"read\"]}""#,
        r#"{"files":["read"],"x":"\u0000"}"#,
        r#"{"files":["read"],"x":"\ud800"}"#,
    ] {
        assert!(!permits(Some(nothing), &wanted), "{nothing}");
    }
    assert!(!permits(None, &wanted));
    // The last of two counts.
    assert!(permits(Some(r#"{"files":[],"files":["read"]}"#), &wanted));
}

/// Uses after pauses; the pauses of those that passed, from the start.
fn passes(mut row: ApiKey, pauses: &[i64]) -> (Vec<(i64, ApiKey)>, i64) {
    let (mut now, mut passed) = (0, Vec::new());
    for pause in pauses {
        now += pause;
        if let Ok(after) = used(&row, now) {
            row = after.clone();
            passed.push((now, after));
        }
    }
    (passed, now)
}

proptest! {
    #[test]
    fn no_window_holds_more_than_it_may(
        max in 1i32..6, window in 1i32..50, pauses in prop::collection::vec(0i64..60, 0..80),
    ) {
        let (passed, _) = passes(limited(max, window), &pauses);
        let (mut last, mut count) = (None, 0);
        for (now, after) in passed {
            let is_new = last.is_none_or(|last| now - last > i64::from(window));
            count = if is_new { 1 } else { count + 1 };
            last = Some(now);
            prop_assert!(count <= max);
            prop_assert_eq!(after.request_count, Some(count));
        }
    }

    #[test]
    fn a_window_refuses_only_when_it_is_full(
        max in 1i32..6, window in 1i32..50, count in 0i32..8, since in 0i64..60,
    ) {
        let row = ApiKey { request_count: Some(count), last_request: Some(at(0)), ..limited(max, window) };
        let left = i64::from(window) - since;
        match used(&row, since) {
            Err(verdict) => {
                prop_assert!(count >= max && left >= 0);
                prop_assert_eq!(verdict, Verdict::RateLimited { try_again_in_milliseconds: left });
            }
            Ok(_) => prop_assert!(count < max || left < 0),
        }
    }

    #[test]
    fn a_quota_is_used_exactly_and_never_below_nothing(
        remaining in 0i32..20, pauses in prop::collection::vec(0i64..60, 0..40),
    ) {
        let (passed, _) = passes(ApiKey { remaining: Some(remaining), ..key() }, &pauses);
        let left: Vec<_> = passed.iter().filter_map(|(_, after)| after.remaining).collect();
        let count = usize::try_from(remaining).unwrap().min(pauses.len());
        prop_assert_eq!(left, (0..remaining).rev().take(count).collect::<Vec<_>>());
    }

    #[test]
    fn refills_give_no_more_than_their_amount_in_an_interval(
        remaining in 0i32..6, amount in 1i32..6, interval in 1i32..60,
        pauses in prop::collection::vec(0i64..40, 0..80),
    ) {
        let (passed, end) = passes(refilled(remaining, amount, interval), &pauses);
        let refills = end / i64::from(interval + 1);
        let most = i64::from(remaining) + refills * i64::from(amount);
        prop_assert!(i64::try_from(passed.len()).unwrap() <= most);
        let mut last_refill = at(0);
        for (_, after) in passed {
            prop_assert!(after.remaining.is_some_and(|left| left >= 0 && left < remaining.max(amount)));
            let refill = after.last_refill_at.unwrap_or(last_refill);
            let since = refill.duration_since(last_refill);
            prop_assert!(refill == last_refill || since > milliseconds(interval));
            last_refill = refill;
        }
    }

    #[test]
    fn what_is_refused_costs_nothing_later(
        max in 1i32..4, window in 1i32..50, pauses in prop::collection::vec(0i64..60, 0..40), extra in 0usize..4,
    ) {
        // Each use is tried again at once; only what passes may matter.
        let repeated: Vec<_> = pauses.iter().flat_map(|p| std::iter::once(*p).chain(vec![0; extra])).collect();
        let (passed, _) = passes(limited(max, window), &repeated);
        let (mut row, mut replayed) = (limited(max, window), 0);
        for (now, after) in &passed {
            row = used(&row, *now).unwrap();
            prop_assert_eq!(&row, after);
            replayed += 1;
        }
        prop_assert_eq!(replayed, passed.len());
    }
}
