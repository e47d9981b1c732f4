//! Where events come from, and with what.

use kiavi_base::Device;
use kiavi_geo::{Database, Places};
use kiavi_testkit::mmdb;
use serde_json::{Value, json};

use crate::tests::{Browser, TestTenant};

const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                     Version/19.0 Mobile/15E148 Safari/604.1";
const LAPTOP: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

fn places() -> Places {
    let both = mmdb(
        "Test",
        &[
            ("192.0.2.0/24", json!({ "country_code": "FR", "asn": "AS3215", "as_name": "Orange" })),
            ("198.51.100.0/24", json!({ "country_code": "DE", "asn": "AS64496" })),
        ],
    );
    [Database::verify(Box::leak(both.into_boxed_slice())).unwrap().0].into_iter().collect()
}

/// Somebody with a phone in France, somebody with a laptop in Germany, and somebody who is nowhere.
async fn tenant() -> TestTenant {
    let tenant = TestTenant::with_places(places()).await;
    for (peer, agent, email) in [
        ([192, 0, 2, 1], PHONE, "ada@example.com"),
        ([198, 51, 100, 1], LAPTOP, "eve@example.com"),
        ([203, 0, 113, 1], "", "bob@example.com"),
    ] {
        sign_in(&tenant, peer, agent, email).await;
    }
    tenant
}

async fn sign_in(tenant: &TestTenant, peer: [u8; 4], agent: &str, email: &str) -> Browser {
    let mut browser = tenant.browser().from(peer);
    let with = [("user-agent", agent)];
    let ask = json!({ "email": email, "type": "sign-in" });
    let post = || "POST".parse().unwrap();
    browser.send(post(), "/email-otp/send-verification-otp", Some(ask.to_string()), &with).await;
    let proof = json!({ "email": email, "otp": tenant.newest_code().await });
    let answer = browser.send(post(), "/sign-in/email-otp", Some(proof.to_string()), &with).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    browser
}

async fn list(tenant: &TestTenant, query: &str) -> Value {
    let answer = tenant.operator().get(&format!("/audit/events?{query}")).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.text);
    answer.json
}

async fn who(tenant: &TestTenant, query: &str) -> Vec<String> {
    let found = list(tenant, &format!("type=session.created&{query}")).await;
    let email = |event: &Value| event["subject"]["email"].as_str().unwrap().to_owned();
    found["events"].as_array().unwrap().iter().map(email).collect()
}

#[tokio::test]
async fn an_event_tells_where_it_came_from_and_with_what() {
    let tenant = tenant().await;
    let told = list(&tenant, "type=session.created").await;
    assert_eq!(told["has_places"], true);
    let events = told["events"].as_array().unwrap();
    let shown = |who: &str| {
        let event = events.iter().find(|event| event["subject"]["email"] == who).unwrap();
        ["country", "network", "browser", "os", "device"].map(|name| event[name].as_str().unwrap_or("-"))
    };
    assert_eq!(shown("ada@example.com"), ["FR", "AS3215 Orange", "safari", "ios", "iphone"]);
    assert_eq!(shown("eve@example.com"), ["DE", "AS64496", "firefox", "linux", "desktop"]);
    assert_eq!(shown("bob@example.com"), ["-", "-", "-", "-", "-"]);
}

#[tokio::test]
async fn events_are_found_by_it() {
    let tenant = tenant().await;
    for query in [
        "country=FR",
        "country=fr",
        "network=AS3215",
        "network=3215",
        "browser=safari",
        "os=ios",
        "device=iphone",
        "device=phone",
        "country=FR&network=AS3215&device=phone&os=ios&browser=safari&ip=192.0.2.1",
    ] {
        assert_eq!(who(&tenant, query).await, ["ada@example.com"], "{query}");
    }
    assert_eq!(who(&tenant, "device=desktop").await, ["eve@example.com"]);
    for query in
        ["country=NL", "network=AS1", "device=tablet", "country=FR&device=desktop", "country=DE&network=3215"]
    {
        assert!(who(&tenant, query).await.is_empty(), "{query}");
    }
    let all = list(&tenant, "device=iphone").await;
    let all = all["events"].as_array().unwrap();
    assert!(all.len() > 2 && all.iter().all(|event| event["device"] == "iphone"), "{all:?}");
    // Who asks is an operator from there, and is in the log, too.
    let there = list(&tenant, "country=FR&type=-management.requested").await;
    assert_eq!(there["events"].as_array().unwrap(), all, "by another index");
    // Thousands that came later with something else are passed over within one page.
    let others = "INSERT INTO kiavi.audit_event (id, at, type, outcome, device_tokens, body)
         SELECT (lpad(to_hex(x'7fff00000000'::bigint + i), 12, '0') || repeat('0', 20))::uuid, now(), 'code.requested',
           'success', '{1}', '\\x80' FROM generate_series(1, 5000) AS i";
    tenant.admin.batch_execute(others).await.unwrap();
    assert_eq!(list(&tenant, "device=iphone").await["events"].as_array().unwrap(), all);
}

#[tokio::test]
async fn neither_the_index_nor_a_body_says_it_and_it_goes_with_whom_it_is_of() {
    let tenant = tenant().await;
    let rows = "SELECT e::text AS row FROM kiavi.audit_event e WHERE country_token IS NOT NULL";
    let rows = tenant.admin.query(rows, &[]).await.unwrap();
    assert!(rows.len() > 5);
    for row in rows {
        let row: String = row.get(0);
        for canary in ["Orange", "AS3215", "iphone", "safari"] {
            let hex: String = canary.bytes().map(|byte| format!("{byte:02x}")).collect();
            assert!(!row.contains(canary) && !row.contains(&hex), "{canary}: {row}");
        }
    }
    let traced = "SELECT count(*) FROM kiavi.audit_event WHERE subject = $1
        AND (ip_token IS NOT NULL OR country_token IS NOT NULL OR network_token IS NOT NULL OR device_tokens IS NOT NULL)";
    let id = tenant.id_of("ada@example.com").await;
    let reference = list(&tenant, &format!("type=session.created&subject={id}")).await;
    let reference = reference["events"][0]["subject"]["ref"].as_str().unwrap().to_owned();
    assert!(tenant.value::<i64>(traced, &[&id]).await > 1);
    tenant.operator().post("/admin/remove-user", json!({ "userId": id })).await;
    assert_eq!(tenant.value::<i64>(traced, &[&reference]).await, 0);
    assert!(who(&tenant, "network=3215").await.is_empty() && who(&tenant, "device=iphone").await.is_empty());
    // The day's visitors, before there were these users.
    let codes = "SELECT count(device_tokens) FROM kiavi.audit_event WHERE subject LIKE 'address:%'";
    assert!(tenant.value::<i64>(codes, &[]).await > 0);
    tenant.admin.query("SELECT kiavi.audit_forget('visitor:2026-11-24')", &[]).await.unwrap();
    assert_eq!(tenant.value::<i64>(codes, &[]).await, 0);
}

#[tokio::test]
async fn without_a_database_there_is_no_place() {
    let tenant = TestTenant::new().await;
    sign_in(&tenant, [192, 0, 2, 1], LAPTOP, "ada@example.com").await;
    let told = list(&tenant, "type=session.created").await;
    assert_eq!((&told["has_places"], &told["events"][0]["country"]), (&json!(false), &Value::Null));
    assert_eq!(told["events"][0]["browser"], json!(Device::of(LAPTOP).browser()));
    assert!(who(&tenant, "country=FR").await.is_empty());
}
