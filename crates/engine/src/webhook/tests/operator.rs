//! What operators see and do, and that nobody else does.

use axum::http::StatusCode;
use serde_json::json;

use super::*;
use crate::webhook::relay::deliver_due;

async fn with_three_codes(receiver: &Receiver, tenant: &TestTenant) {
    receiver.answers("crm", Manner::Status(410));
    for email in ["a@example.com", "b@example.com", "c@example.com"] {
        let ask = json!({ "email": email, "type": "sign-in" });
        tenant.browser().post("/email-otp/send-verification-otp", ask).await;
    }
    deliver_due(tenant.state()).await.unwrap();
}

#[tokio::test]
async fn nobody_else_finds_the_routes() {
    let (tenant, _) = tenant(vec![endpoint("crm", &["*"])]).await;
    let mut signed_in = tenant.signed_in("ada@example.com").await;
    for path in ["/webhook/endpoints", "/webhook/deliveries", "/webhook/delivery?id=1"] {
        assert_eq!(signed_in.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for path in ["/webhook/enable", "/webhook/replay", "/webhook/test"] {
        let answer = signed_in.post(path, json!({ "endpoint": "crm" })).await;
        assert_eq!((answer.status, answer.text.as_str()), (StatusCode::NOT_FOUND, ""), "{path}");
    }
}

#[tokio::test]
async fn an_operator_sees_how_endpoints_do_and_has_one_tried_again() {
    let off = EndpointSettings { is_enabled: false, ..endpoint("off", &["*"]) };
    let (tenant, receiver) = tenant(vec![endpoint("crm", &["code.*"]), endpoint("siem", &["*"]), off]).await;
    with_three_codes(&receiver, &tenant).await;
    let mut operator = tenant.operator();
    let states = |answer: &Value| {
        let all = answer["endpoints"].as_array().unwrap().iter();
        all.map(|one| format!("{} {}", one["id"].as_str().unwrap(), one["state"].as_str().unwrap()))
            .collect::<Vec<_>>()
    };
    let told = operator.get("/webhook/endpoints").await.json;
    assert_eq!(states(&told), ["crm disabled", "siem active", "off paused"]);
    assert_eq!(told["endpoints"][0]["disabled_because"], "gone");
    assert!(!told.to_string().contains("whsec_"));
    let enabled = operator.post("/webhook/enable", json!({ "endpoint": "crm" })).await.json;
    assert_eq!(enabled, json!({ "enabled": true }));
    let enabled = operator.post("/webhook/enable", json!({ "endpoint": "crm" })).await.json;
    assert_eq!(enabled, json!({ "enabled": false }));
    assert_eq!(tenant.events("webhook.enabled").await, 1);
    assert_eq!(states(&operator.get("/webhook/endpoints").await.json)[0], "crm active");
    let unknown = operator.post("/webhook/enable", json!({ "endpoint": "off" })).await;
    assert_eq!((unknown.status, unknown.code()), (StatusCode::NOT_FOUND, "WEBHOOK_ENDPOINT_NOT_FOUND"));
}

#[tokio::test]
async fn deliveries_are_listed_page_by_page_and_shown_with_their_attempts() {
    let (tenant, receiver) = tenant(vec![endpoint("crm", &["code.*"]), endpoint("siem", &["code.*"])]).await;
    with_three_codes(&receiver, &tenant).await;
    let mut operator = tenant.operator();
    let (mut listed, mut path) = (Vec::new(), "/webhook/deliveries?limit=4".to_owned());
    loop {
        let page = operator.get(&path).await.json;
        listed.extend(page["deliveries"].as_array().unwrap().iter().cloned());
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/webhook/deliveries?limit=4&cursor={next}");
    }
    assert_eq!(listed.len(), 6);
    assert!(listed.windows(2).all(|two| {
        let position = |one: &Value| one["id"].as_str().unwrap().parse::<i64>().unwrap();
        position(&two[0]) > position(&two[1])
    }));
    let mut count = async |query: &str| {
        let page = operator.get(&format!("/webhook/deliveries?{query}")).await.json;
        page["deliveries"].as_array().unwrap().len()
    };
    assert_eq!(count("endpoint=crm").await, 3);
    assert_eq!(count("state=failed").await, 3);
    assert_eq!(count("state=delivered&endpoint=siem&type=code.requested").await, 3);
    assert_eq!(count("type=session.created").await, 0);
    let oldest = listed.last().unwrap();
    let shown = operator.get(&format!("/webhook/delivery?id={}", oldest["id"].as_str().unwrap())).await.json;
    assert_eq!(shown["delivery"], *oldest);
    let body: Value = serde_json::from_str(shown["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["data"]["id"], oldest["event"]);
    assert_eq!(shown["attempts"].as_array().unwrap().len(), 1);
    for wrong in ["/webhook/deliveries?state=lost", "/webhook/deliveries?cursor=x", "/webhook/delivery?id=x"]
    {
        assert_eq!(operator.get(wrong).await.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
    assert_eq!(operator.get("/webhook/delivery?id=999999").await.code(), "WEBHOOK_DELIVERY_NOT_FOUND");
}

#[tokio::test]
async fn what_was_given_up_is_sent_again_in_its_order_and_under_its_ids() {
    let (tenant, receiver) = tenant(vec![endpoint("crm", &["code.*"])]).await;
    with_three_codes(&receiver, &tenant).await;
    let mut operator = tenant.operator();
    let everything = json!({ "since": "2020-01-01T00:00:00Z" });
    let refused = operator.post("/webhook/replay", everything.clone()).await.json;
    assert_eq!(refused, json!({ "replayed": 0 }), "it is disabled");
    receiver.answers("crm", Manner::Status(200));
    operator.post("/webhook/enable", json!({ "endpoint": "crm" })).await;
    assert_eq!(operator.post("/webhook/replay", everything).await.json, json!({ "replayed": 3 }));
    deliver_due(tenant.state()).await.unwrap();
    let bodies: Vec<_> = receiver.of("crm").into_iter().map(|seen| seen.body).collect();
    assert_eq!(bodies.len(), 4);
    assert_eq!(bodies[0], bodies[1]);
    let in_order = "SELECT body FROM kiavi.webhook_delivery ORDER BY position";
    let in_order: Vec<String> =
        tenant.admin.query(in_order, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    assert_eq!(bodies[1..], in_order);
    let nothing = json!({ "since": "2020-01-01T00:00:00Z", "endpoint": "crm" });
    assert_eq!(operator.post("/webhook/replay", nothing).await.json, json!({ "replayed": 0 }));
    assert_eq!(tenant.events("webhook.replayed").await, 1);
    // One that was taken can be sent again as well.
    let page = operator.get("/webhook/deliveries").await.json;
    let one = json!({ "id": page["deliveries"][1]["id"] });
    assert_eq!(operator.post("/webhook/replay", one.clone()).await.json, json!({ "replayed": 1 }));
    assert_eq!(operator.post("/webhook/replay", one).await.code(), "WEBHOOK_DELIVERY_NOT_REPLAYED");
    deliver_due(tenant.state()).await.unwrap();
    assert_eq!(receiver.of("crm").len(), 5);
    for wrong in [json!({}), json!({ "id": "1", "since": "2020-01-01T00:00:00Z" }), json!({ "since": "x" })] {
        assert_eq!(operator.post("/webhook/replay", wrong).await.status, StatusCode::BAD_REQUEST);
    }
}

#[tokio::test]
async fn an_endpoint_is_tried_out_past_what_waits() {
    let (tenant, receiver) = tenant(vec![endpoint("crm", &["code.*"])]).await;
    receiver.answers("crm", Manner::Status(500));
    let ask = json!({ "email": "a@example.com", "type": "sign-in" });
    tenant.browser().post("/email-otp/send-verification-otp", ask).await;
    deliver_due(tenant.state()).await.unwrap();
    let mut operator = tenant.operator();
    let told = operator.post("/webhook/test", json!({ "endpoint": "crm" })).await.json;
    assert_eq!((&told["taken"], &told["status"], &told["fault"]), (&json!(false), &json!(500), &json!(null)));
    receiver.answers("crm", Manner::Status(202));
    let told = operator.post("/webhook/test", json!({ "endpoint": "crm" })).await.json;
    assert_eq!((&told["taken"], &told["status"]), (&json!(true), &json!(202)));
    let seen = receiver.of("crm").pop().unwrap();
    assert_eq!((seen.kind().as_str(), seen.id()), ("webhook.test", told["event"].as_str().unwrap()));
    assert_eq!(ledger(&tenant).await, ["crm code.requested pending 1"], "it changes nothing");
}
