//! Endpoints that fail, for a while or for good.

use serde_json::json;

use super::*;
use crate::webhook::relay::deliver_due;

async fn asks(tenant: &TestTenant, email: &str) {
    let ask = json!({ "email": email, "type": "sign-in" });
    tenant.browser().post("/email-otp/send-verification-otp", ask).await;
}

#[tokio::test]
async fn what_fails_is_tried_again_before_what_came_after_it() {
    let (tenant, receiver) = tenant(vec![endpoint("crm", &["code.*", "user.*", "session.*"])]).await;
    receiver.answers("crm", Manner::Status(500));
    tenant.signed_in("ada@example.com").await;
    let first = deliver_due(tenant.state()).await.unwrap().expect("it waits");
    assert!(first > Duration::from_secs(4) && first <= Duration::from_secs(6), "{first:?}");
    let again = deliver_due(tenant.state()).await.unwrap().expect("it waits");
    assert!(again <= first && receiver.of("crm").len() == 1, "not before its time");
    later(&tenant).await;
    let second = deliver_due(tenant.state()).await.unwrap().expect("it waits");
    assert!(second > Duration::from_secs(269) && second <= Duration::from_secs(301), "{second:?}");
    assert_eq!(receiver.kinds("crm"), ["code.requested"; 2]);
    receiver.answers("crm", Manner::Status(200));
    later(&tenant).await;
    assert_eq!(deliver_due(tenant.state()).await.unwrap(), None);
    let order = ["code.requested", "user.created", "session.created"];
    let mut told = receiver.kinds("crm");
    told.drain(..2);
    assert_eq!(told.first().map(String::as_str), Some("code.requested"));
    assert!(order.iter().all(|kind| told.iter().any(|one| one == kind)), "{told:?}");
    let ids: Vec<_> = receiver.of("crm").iter().map(|seen| seen.id().to_owned()).collect();
    assert!(ids[0] == ids[1] && ids[1] == ids[2], "one id for all attempts");
    assert_eq!(ledger(&tenant).await[0], "crm code.requested delivered 3");
}

#[tokio::test]
async fn redirects_and_refusals_are_failures_and_each_is_noted() {
    let (tenant, receiver) = tenant(vec![endpoint("crm", &["code.*"])]).await;
    asks(&tenant, "ada@example.com").await;
    for manner in [
        Manner::Status(302),
        Manner::Status(404),
        Manner::Fault(EgressError::Refused),
        Manner::Fault(EgressError::Deadline),
    ] {
        receiver.answers("crm", manner);
        later(&tenant).await;
        assert!(deliver_due(tenant.state()).await.unwrap().is_some());
    }
    let sql = "SELECT coalesce(status::text, fault) || ' ' || coalesce(answer, '') FROM kiavi.webhook_attempt ORDER BY at";
    let noted: Vec<String> =
        tenant.admin.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    assert_eq!(noted, ["302 so \u{fffd}[31m", "404 so \u{fffd}[31m", "address_refused ", "timed_out "]);
}

#[tokio::test]
async fn what_could_not_be_delivered_in_time_is_given_up_with_an_event() {
    let (tenant, receiver) = tenant(vec![endpoint("crm", &["*"])]).await;
    receiver.answers("crm", Manner::Status(500));
    for email in ["a@example.com", "b@example.com"] {
        asks(&tenant, email).await;
    }
    deliver_due(tenant.state()).await.unwrap();
    let due = "SELECT extract(epoch FROM max(expires_at) - now())::float8 FROM kiavi.webhook_delivery";
    let life: f64 = tenant.value(due, &[]).await;
    assert!(life > 71.9 * 3_600.0 && life <= 72.0 * 3_600.0, "{life}");
    tenant.admin.execute("UPDATE kiavi.webhook_delivery SET expires_at = now()", &[]).await.unwrap();
    assert_eq!(deliver_due(tenant.state()).await.unwrap(), None);
    assert_eq!(ledger(&tenant).await, ["crm code.requested failed 1", "crm code.requested failed 0"]);
    let detail = tenant.facts("webhook.given_up").await;
    assert_eq!(detail, json!({ "endpoint": "crm", "deliveries": 2 }));
}

#[tokio::test]
async fn gone_disables_an_endpoint_until_its_url_changes() {
    let (tenant, receiver) = tenant(vec![endpoint("crm", &["*"]), endpoint("siem", &["*"])]).await;
    receiver.answers("crm", Manner::Status(410));
    for email in ["a@example.com", "b@example.com"] {
        asks(&tenant, email).await;
    }
    assert_eq!(deliver_due(tenant.state()).await.unwrap(), None);
    asks(&tenant, "c@example.com").await;
    deliver_due(tenant.state()).await.unwrap();
    assert_eq!((receiver.of("crm").len(), receiver.of("siem").len()), (1, 3));
    let crm = |rows: Vec<String>| rows.into_iter().filter(|row| row.starts_with("crm")).collect::<Vec<_>>();
    let given_up = ["crm code.requested failed 1", "crm code.requested failed 0"];
    assert_eq!(crm(ledger(&tenant).await), given_up, "nothing is written for it any more");
    let detail = tenant.facts("webhook.disabled").await;
    assert_eq!(detail, json!({ "endpoint": "crm", "because": "gone", "deliveries": 2 }));
    // With its new address it begins anew.
    let moved = tenant.another_engine(|parts| {
        parts.settings.webhooks.endpoints[0].url = "https://new.example/hook".to_owned();
    });
    deliver_due(moved.state()).await.unwrap();
    let ask = json!({ "email": "d@example.com", "type": "sign-in" });
    tenant.browser().at(&moved).post("/email-otp/send-verification-otp", ask).await;
    deliver_due(moved.state()).await.unwrap();
    assert_eq!(receiver.kinds("new"), ["code.requested"]);
}

#[tokio::test]
async fn five_days_without_a_success_disable_an_endpoint() {
    let (tenant, receiver) = tenant(vec![endpoint("crm", &["*"])]).await;
    receiver.answers("crm", Manner::Fault(EgressError::Unreachable));
    asks(&tenant, "a@example.com").await;
    deliver_due(tenant.state()).await.unwrap();
    let since = |days: i32| {
        let sql = "UPDATE kiavi.webhook_endpoint SET next_attempt_at = now(), failing_since = now() - make_interval(days => $1, mins => 1)";
        let admin = &tenant.admin;
        async move { admin.execute(sql, &[&days]).await.unwrap() }
    };
    since(4).await;
    assert!(deliver_due(tenant.state()).await.unwrap().is_some());
    assert_eq!(tenant.events("webhook.disabled").await, 0);
    since(5).await;
    assert_eq!(deliver_due(tenant.state()).await.unwrap(), None);
    assert_eq!(tenant.events("webhook.disabled").await, 1);
    let because: String = tenant.value("SELECT disabled_because FROM kiavi.webhook_endpoint", &[]).await;
    assert_eq!(because, "failing");
}

#[tokio::test]
async fn the_sweep_settles_what_nobody_will_be_sent_and_forgets_what_is_old() {
    let (tenant, receiver) = tenant(vec![endpoint("crm", &["code.*"]), endpoint("old", &["code.*"])]).await;
    receiver.answers("old", Manner::Status(500));
    asks(&tenant, "a@example.com").await;
    deliver_due(tenant.state()).await.unwrap();
    let without = tenant.another_engine(|parts| parts.settings.webhooks.endpoints.truncate(1));
    crate::housekeeping::sweep(without.state()).await;
    assert_eq!(ledger(&tenant).await[1], "old code.requested pending 1", "not yet");
    let aged = "UPDATE kiavi.webhook_delivery SET created_at = now() - make_interval(days => $1, mins => 11)";
    tenant.admin.execute(aged, &[&0]).await.unwrap();
    crate::housekeeping::sweep(without.state()).await;
    assert_eq!(ledger(&tenant).await, ["crm code.requested delivered 1", "old code.requested failed 1"]);
    tenant.admin.execute(aged, &[&30]).await.unwrap();
    crate::housekeeping::sweep(without.state()).await;
    let left: i64 = tenant.value("SELECT count(*) FROM kiavi.webhook_attempt", &[]).await;
    assert!(ledger(&tenant).await.is_empty() && left == 0);
}
