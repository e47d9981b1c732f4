//! What arrives, in which order, and from whom.

use std::collections::BTreeSet;

use kiavi_http::drain;
use serde_json::json;
use tokio::time::timeout;

use super::*;
use crate::webhook::relay::deliver_due;

#[tokio::test]
async fn an_event_arrives_signed_with_everything_that_the_log_says() {
    let (tenant, receiver) = tenant(vec![endpoint("crm", &["session.created", "user.*"])]).await;
    tenant.signed_in("ada@example.com").await;
    assert_eq!(deliver_due(tenant.state()).await.unwrap(), None);
    assert_eq!(receiver.kinds("crm"), ["user.created", "session.created"]);
    let seen = receiver.of("crm").pop().unwrap();
    let header = |name: &str| seen.headers[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "application/json");
    let now = tenant.state().clock.now();
    assert_eq!(header("webhook-timestamp"), now.as_second().to_string());
    let content = format!("{}.{}.{}", seen.id(), now.as_second(), seen.body);
    let key = b"012345678901234567890123";
    let signature = kiavi_crypto::hmac_sha256(key, content.as_bytes());
    let signature = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, signature);
    assert_eq!(header("webhook-signature"), format!("v1,{signature}"));
    let event = tenant.newest("session.created").await;
    let (id, subject, request) = (&event.id, event.subject(), &event.request_id);
    let (ip, detail) = (&event.ip, &event.facts);
    assert_eq!(seen.id(), id);
    assert_eq!(
        seen.json(),
        json!({
            "type": "session.created", "timestamp": "2026-11-24T12:00:00.000Z",
            "data": {
                "id": id, "outcome": "success", "request_id": request, "actor": subject, "subject": subject,
                "method": "email_otp", "ip": ip, "country": null, "network": null, "user_agent": "", "detail": detail,
            },
        })
    );
}

#[tokio::test]
async fn without_an_endpoint_that_wants_it_nothing_is_owed() {
    let off = EndpointSettings { is_enabled: false, ..endpoint("off", &["*"]) };
    let (tenant, receiver) = tenant(vec![endpoint("crm", &["passkey.*"]), off]).await;
    tenant.signed_in("ada@example.com").await;
    assert_eq!(deliver_due(tenant.state()).await.unwrap(), None);
    assert!(ledger(&tenant).await.is_empty() && receiver.seen.borrow().is_empty());
}

#[tokio::test]
async fn what_is_rolled_back_is_told_nobody() {
    let (tenant, receiver) = tenant(vec![endpoint("crm", &["*"])]).await;
    let state = tenant.state();
    let event = || crate::audit::Event::by(crate::audit::EventType::UserUpdated, "u1");
    let undone = state.database.begin().await.unwrap();
    crate::audit::record_own(&undone, state, event()).await.unwrap();
    undone.rollback().await.unwrap();
    let done = state.database.begin().await.unwrap();
    crate::audit::record_own(&done, state, event()).await.unwrap();
    done.commit().await.unwrap();
    deliver_due(state).await.unwrap();
    assert_eq!(receiver.kinds("crm"), ["user.updated"]);
}

#[tokio::test]
async fn a_refusal_that_changes_nothing_is_told_too() {
    let (tenant, receiver) = tenant(vec![endpoint("siem", &["permission.refused"])]).await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    browser.get("/admin/list-users").await;
    deliver_due(tenant.state()).await.unwrap();
    assert_eq!(receiver.kinds("siem"), ["permission.refused"]);
    assert_eq!(receiver.of("siem")[0].json()["data"]["outcome"], "failure");
}

#[tokio::test]
async fn the_relay_hears_of_commits_and_a_hanging_endpoint_holds_up_nobody_else() {
    let (tenant, receiver) = tenant(vec![endpoint("slow", &["*"]), endpoint("quick", &["*"])]).await;
    receiver.answers("slow", Manner::Hang);
    let ((trigger, drain), engine) = (drain(), tenant.engine.clone());
    let relay = tokio::spawn(async move { engine.run_outbox(drain, Duration::ZERO).await });
    let mut browser = tenant.browser();
    let ask = json!({ "email": "ada@example.com", "type": "sign-in" });
    browser.post("/email-otp/send-verification-otp", ask).await;
    // Mail leaves as well.
    while tenant.mailbox.mails.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    let code = tenant.newest_code().await;
    browser.post("/sign-in/email-otp", json!({ "email": "ada@example.com", "otp": code })).await;
    let is_told = |seen: &Vec<Seen>| {
        seen.iter().any(|one| one.host == "quick.example" && one.kind() == "session.created")
    };
    receiver.until(is_told).await;
    assert_eq!(receiver.of("slow").len(), 1, "one at a time");
    receiver.answers("slow", Manner::Status(200));
    receiver.release.add_permits(1);
    receiver.until(|seen| seen.iter().filter(|one| one.kind() == "session.created").count() == 2).await;
    trigger.start();
    timeout(PATIENCE, relay).await.expect("it ends").unwrap();
    assert_eq!(receiver.kinds("slow"), receiver.kinds("quick"));
    let ids: BTreeSet<_> = receiver.of("slow").iter().map(|seen| seen.id().to_owned()).collect();
    assert_eq!(ids.len(), receiver.of("slow").len(), "each once");
}

#[tokio::test]
async fn an_engine_that_ends_records_what_it_is_on_and_gives_the_endpoint_back() {
    let (tenant, receiver) = tenant(vec![endpoint("slow", &["code.*"])]).await;
    receiver.answers("slow", Manner::Hang);
    let ((trigger, drain), engine) = (drain(), tenant.engine.clone());
    let relay = tokio::spawn(async move { engine.run_outbox(drain, Duration::ZERO).await });
    for email in ["a@example.com", "b@example.com"] {
        let ask = json!({ "email": email, "type": "sign-in" });
        tenant.browser().post("/email-otp/send-verification-otp", ask).await;
    }
    receiver.until(|seen| seen.len() == 1).await;
    trigger.start();
    receiver.release.add_permits(1);
    timeout(PATIENCE, relay).await.expect("it ends").unwrap();
    assert_eq!(ledger(&tenant).await, ["slow code.requested delivered 1", "slow code.requested pending 0"]);
    assert!(tenant.engine.next_due().is_some(), "the launcher is told that something waits");
    receiver.answers("slow", Manner::Status(200));
    deliver_due(tenant.another_engine(|_| {}).state()).await.unwrap();
    assert_eq!(ledger(&tenant).await[1], "slow code.requested delivered 1");
}

#[tokio::test]
async fn two_engines_do_not_send_to_one_endpoint_at_once_and_a_dead_one_gives_it_back() {
    let (tenant, receiver) = tenant(vec![endpoint("slow", &["code.*"])]).await;
    receiver.answers("slow", Manner::Hang);
    let engine = tenant.engine.clone();
    let (_trigger, drain) = drain();
    let relay = tokio::spawn(async move { engine.run_outbox(drain, Duration::ZERO).await });
    let ask = json!({ "email": "a@example.com", "type": "sign-in" });
    tenant.browser().post("/email-otp/send-verification-otp", ask).await;
    receiver.until(|seen| seen.len() == 1).await;
    let other = tenant.another_engine(|_| {});
    let next = deliver_due(other.state()).await.unwrap().expect("it waits");
    assert!(next > Duration::from_secs(1) && receiver.of("slow").len() == 1, "{next:?}");
    // It has it for as long as it lives, and not much longer.
    let lease =
        "SELECT extract(epoch FROM leased_until)::float8, extract(epoch FROM leased_until - now())::float8
                 FROM kiavi.webhook_endpoint";
    let leased = async || {
        let rows = tenant.admin.query(lease, &[]).await.unwrap();
        (rows[0].get::<_, f64>(0), rows[0].get::<_, f64>(1))
    };
    let (first, left) = leased().await;
    assert!(left > 0.0 && left <= 6.0, "{left}");
    let renewed = async { while leased().await.0 <= first {} };
    timeout(PATIENCE, renewed).await.expect("it is renewed");
    // The first engine is killed.
    relay.abort();
    assert!(relay.await.is_err());
    let over = "UPDATE kiavi.webhook_endpoint SET leased_until = now()";
    tenant.admin.execute(over, &[]).await.unwrap();
    receiver.answers("slow", Manner::Status(200));
    assert_eq!(deliver_due(other.state()).await.unwrap(), None);
    let ids: BTreeSet<_> = receiver.of("slow").iter().map(|seen| seen.id().to_owned()).collect();
    assert_eq!((receiver.of("slow").len(), ids.len()), (2, 1), "twice, with one id");
}

#[tokio::test]
async fn an_engine_says_how_long_it_is_not_needed() {
    let (tenant, receiver) = tenant(vec![endpoint("crm", &["code.*"])]).await;
    receiver.answers("crm", Manner::RetryAfter(503, "3600"));
    let ((trigger, drain), engine) = (drain(), tenant.engine.clone());
    let relay = tokio::spawn(async move { engine.run_outbox(drain, Duration::ZERO).await });
    let ask = json!({ "email": "a@example.com", "type": "sign-in" });
    tenant.browser().post("/email-otp/send-verification-otp", ask).await;
    receiver.until(|seen| seen.len() == 1).await;
    trigger.start();
    timeout(PATIENCE, relay).await.expect("it ends").unwrap();
    let due = tenant.engine.next_due().expect("it is owed");
    assert!(due > Duration::from_secs(3_000) && due <= Duration::from_secs(3_601), "{due:?}");
}
