//! What the console shows of a tenant's limits, to whom, and a stand-in for the engine that tells it: what that does is tested
//! in the engine.

use axum::{Json, Router, http::StatusCode, http::header, routing::get};

use super::{people::World, *};

const PAGE: &str = "/w/default/t/shop/security";

pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let since = "2026-11-20T12:00:00.000Z";
    let rate = json!({ "limit": 3, "window_seconds": 3_600 });
    let limits = json!({
        "since": since, "is_complete": true, "fixed": { "day": 0, "week": 0 }, "untold": { "day": 1, "week": 7 },
        "limits": [{
            "setting": "rate_limits.code_send_per_network", "counted_by": "network", "rate": rate,
            "is_in_memory": false, "can_be_tried": true, "told_as": null, "refused": { "day": 1, "week": 12 },
            "offenders": [{
                "who": "203.0.113.9", "user": null, "country": "FR", "refused": { "day": 1, "week": 12 }, "at": since,
            }],
        }],
    });
    let lock_outs = json!({
        "since": since, "is_complete": false, "total": 1, "without_guesses": 2,
        "lock_outs": [{
            "who": "address:0123456789abcdef01234567", "counted_by": "address",
            "user": { "id": "u7", "email": "ada@example.com" }, "country": null, "refused": 4,
            "limits": [{ "setting": "email_otp.guesses", "seconds": 7_201 }],
        }],
    });
    let refused = json!({ "requests": 31, "networks": 2, "people": 5 });
    let dry_run = json!({
        "setting": "rate_limits.code_send_per_network", "counted_by": "network", "as_set": rate, "tried": rate,
        "outcome": {
            "since": since, "is_complete": true, "uses": 90, "nameless": 0, "untold": 0,
            "did": refused, "as_set": refused, "would": refused,
        },
    });
    let told = |answer: Value| get(move || async move { Json(answer) });
    Router::new()
        .route("/api/auth/security/limits", told(limits))
        .route("/api/auth/security/lock-outs", told(lock_outs))
        .route("/api/auth/security/dry-run", told(dry_run))
}

#[tokio::test]
async fn who_reads_the_log_sees_limits_and_who_knows_users_sees_who_is_locked_out() {
    let world = World::new().await;
    let mut owner = world.owner().await;
    world.instance.tenant(&world.control, "shop").await;
    for (name, role, limits, locked, unlocks, blocked) in [
        ("vera", "viewer", true, true, false, true),
        ("sara", "support", false, true, true, false),
        ("otto", "auditor", true, false, false, false),
        ("adam", "admin", true, true, true, true),
    ] {
        let mut member = world.member(&mut owner, name, role).await;
        let page = member.get(PAGE).await;
        assert_eq!(page.status, StatusCode::OK, "{role}");
        let shows = |text: &str| page.text.contains(text);
        assert_eq!(shows("rate_limits.code_send_per_network"), limits, "{role}");
        assert_eq!(shows("ada@example.com"), locked, "{role}");
        assert_eq!(shows("/security/unlock"), unlocks, "{role}");
        assert_eq!(shows("id=\"blocked\""), blocked, "{role}");
        let form = "who=ada%40example.com";
        let unlock = member.post(&format!("{PAGE}/unlock"), form).await;
        let expected = if unlocks { StatusCode::SEE_OTHER } else { StatusCode::FORBIDDEN };
        assert_eq!(unlock.status, expected, "{role}: {}", unlock.text);
    }
    let asked = world.instance.asked().into_iter().filter(|asked| asked.request.ends_with("security/unlock"));
    let asked: Vec<_> = asked.map(|asked| (asked.request, asked.body)).collect();
    let once = ("POST /api/auth/security/unlock".to_owned(), r#"{"who":"ada@example.com"}"#.to_owned());
    assert_eq!(asked, [once.clone(), once]);
}

#[tokio::test]
async fn a_rate_is_tried_by_the_address_of_the_page() {
    let world = World::new().await;
    let mut owner = world.owner().await;
    world.instance.tenant(&world.control, "shop").await;
    let page = owner.get(PAGE).await;
    let trial =
        format!("{PAGE}?setting=rate_limits.code_send_per_network&#38;limit=3&#38;window_seconds=3600#try");
    assert!(page.text.contains(&trial), "{}", page.text);
    assert!(!page.text.contains("id=\"result\""));
    assert!(page.text.contains("type=rate_limit.exceeded&#38;ip=203.0.113.9"), "{}", page.text);
    let tried = owner
        .get(&format!("{PAGE}?setting=rate_limits.code_send_per_network&limit=3&window_seconds=60"))
        .await;
    assert!(tried.text.contains("id=\"result\"") && tried.text.contains("<td>31</td>"), "{}", tried.text);
    let unlocked = owner.post(&format!("{PAGE}/unlock"), "who=nobody%40example.com").await;
    assert_eq!(unlocked.headers[header::LOCATION], format!("{PAGE}?notice=not-locked"));
}

/// A setting of the tenant as it is stored.
async fn setting(world: &World, path: &str) -> Value {
    let tenant = world.control.tenant("shop").await.unwrap().unwrap();
    path.parse::<crate::SettingsPath>().unwrap().get(&tenant.settings).cloned().unwrap_or_default()
}

#[tokio::test]
async fn what_is_kept_away_is_changed_on_the_page_by_who_may_change_settings() {
    let world = World::new().await;
    let mut owner = world.owner().await;
    world.instance.tenant(&world.control, "shop").await;
    let mut vera = world.member(&mut owner, "vera", "viewer").await;
    for path in ["lists", "block", "rate"] {
        let form = format!("action=\"{PAGE}/{path}\"");
        let is_shown = path != "rate";
        assert_eq!(owner.get(PAGE).await.text.contains(&form), is_shown, "{path}");
        assert!(!vera.get(PAGE).await.text.contains(&form), "{path}");
    }
    let lists =
        "networks=203.0.113.0%2F24%0D%0A+198.51.100.7&domains=spam.example%2Cjunk.example&disposable=yes";
    assert_eq!(vera.post(&format!("{PAGE}/lists"), lists).await.status, StatusCode::FORBIDDEN);
    let saved = owner.post(&format!("{PAGE}/lists"), lists).await;
    assert_eq!(saved.location(), format!("{PAGE}?notice=settings-saved"));
    let expected = json!({
        "blocked_networks": ["203.0.113.0/24", "198.51.100.7"], "blocked_domains": ["spam.example", "junk.example"],
        "allowed_domains": [], "refuses_disposable_domains": true,
    });
    assert_eq!(setting(&world, "abuse").await, expected);
    assert!(vera.get(PAGE).await.text.contains("203.0.113.0/24, 198.51.100.7"));

    let block = format!("{PAGE}/block");
    assert_eq!(vera.post(&block, "network=203.0.113.9").await.status, StatusCode::FORBIDDEN);
    for network in ["203.0.113.9", "2001%3Adb8%3A1%3A2%3A%3A", "203.0.113.9"] {
        let blocked = owner.post(&block, &format!("network={network}")).await;
        assert_eq!(blocked.location(), format!("{PAGE}?notice=network-kept-out"));
    }
    let networks = json!(["203.0.113.0/24", "198.51.100.7", "203.0.113.9/32", "2001:db8:1:2::/64"]);
    assert_eq!(setting(&world, "abuse.blocked_networks").await, networks);
}

#[tokio::test]
async fn a_rate_that_was_tried_becomes_the_limits() {
    let world = World::new().await;
    let mut owner = world.owner().await;
    world.instance.tenant(&world.control, "shop").await;
    let rates = r#"'{"rate_limits": {"code_send_per_network": {"limit": 3, "window_seconds": 3600}}}'"#;
    world.execute(&format!("UPDATE tenant SET settings = settings || {rates} WHERE slug = 'shop'")).await;
    let name = "rate_limits.code_send_per_network";
    let tried = owner.get(&format!("{PAGE}?setting={name}&limit=3&window_seconds=60")).await;
    let form = format!("{PAGE}/rate");
    assert!(tried.text.contains(&format!("action=\"{form}\"")), "{}", tried.text);
    let set = owner.post(&form, &format!("setting={name}&limit=5&window_seconds=60")).await;
    assert_eq!(set.location(), format!("{PAGE}?notice=settings-saved"));
    assert_eq!(setting(&world, name).await, json!({ "limit": 5, "window_seconds": 60 }));
    for other in ["app", "seconds", "rate_limits", "nothing.there", "a..b"] {
        let refused = owner.post(&form, &format!("setting={other}&limit=5&window_seconds=60")).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{other}");
    }
}
