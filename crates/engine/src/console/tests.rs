//! From the hosted pages to the console and back, with control played by the test.

use axum::http::StatusCode;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use kiavi_crypto::sha256;
use serde_json::{Value, json};

use crate::{
    settings::BaseUrl,
    tests::{Answer, Browser, TestTenant},
};

const CONSOLE: &str = "http://console.localhost:8080";
const VERIFIER: &str = "a secret of the browser that asked";
/// Outside the API's base path.
const DOOR: &str = "//management/console";

async fn tenant() -> TestTenant {
    TestTenant::with(|settings| {
        settings.console.origin = Some(BaseUrl::try_from(CONSOLE.to_owned()).unwrap());
    })
    .await
}

fn state() -> String {
    "s".repeat(43)
}

fn page(verifier: &str, more: &str) -> String {
    let challenge = URL_SAFE_NO_PAD.encode(sha256(verifier.as_bytes()));
    format!("//sign-in/console?state={}&challenge={challenge}{more}", state())
}

/// The code in the page that leads back.
async fn code(browser: &mut Browser) -> String {
    let answer = browser.get(&page(VERIFIER, "")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let text = answer.text.replace("&#38;", "&");
    let start = format!("{CONSOLE}/signed-in?code=");
    let (_, rest) = text.split_once(&start).expect("the way back");
    let (code, rest) = rest.split_once('&').unwrap();
    assert!(rest.starts_with(&format!("state={}", state())));
    code.to_owned()
}

async fn ask(tenant: &TestTenant, verb: &str, body: Value) -> Answer {
    tenant.operator().post(&format!("{DOOR}/{verb}"), body).await
}

async fn redeem(tenant: &TestTenant, code: &str, verifier: &str) -> Answer {
    ask(tenant, "redeem", json!({ "code": code, "verifier": verifier })).await
}

#[tokio::test]
async fn whoever_signed_in_is_told_to_the_console_once() {
    let tenant = tenant().await;
    let mut ada = tenant.signed_in("ada@example.com").await;
    let own = ada.get("/get-session").await.json;
    let code = code(&mut ada).await;
    let stored: String =
        tenant.value("SELECT identifier FROM verification WHERE identifier LIKE 'console-code:%'", &[]).await;
    assert!(!stored.contains(&code));
    let told = redeem(&tenant, &code, VERIFIER).await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.text);
    assert_eq!((&told.json["user"], &told.json["session"]), (&own["user"]["id"], &own["session"]["id"]));
    assert_eq!((&told.json["method"], &told.json["email"]), (&json!("email_otp"), &json!("ada@example.com")));
    assert_eq!(told.json["is_verified"], true);
    let again = redeem(&tenant, &code, VERIFIER).await;
    assert_eq!((again.status, again.code()), (StatusCode::BAD_REQUEST, "INVALID_CODE"));
    let kinds = ["console_code.created", "console_code.accepted", "console_code.refused"];
    for kind in kinds {
        assert_eq!(tenant.events(kind).await, 1, "{kind}");
    }
}

#[tokio::test]
async fn a_code_is_good_for_the_browser_that_asked_and_for_a_minute() {
    let tenant = tenant().await;
    let mut ada = tenant.signed_in("ada@example.com").await;
    let stolen = code(&mut ada).await;
    assert_eq!(redeem(&tenant, &stolen, "another browser's").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        redeem(&tenant, &stolen, VERIFIER).await.status,
        StatusCode::BAD_REQUEST,
        "used up by the try"
    );
    let late = code(&mut ada).await;
    let expire = r#"UPDATE verification SET "expiresAt" = now() WHERE identifier LIKE 'console-code:%'"#;
    tenant.admin.execute(expire, &[]).await.unwrap();
    assert_eq!(redeem(&tenant, &late, VERIFIER).await.status, StatusCode::BAD_REQUEST);
    let ended = code(&mut ada).await;
    ada.post("/sign-out", json!({})).await;
    assert_eq!(redeem(&tenant, &ended, VERIFIER).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn of_ten_that_bring_a_code_one_is_told() {
    let tenant = tenant().await;
    let code = code(&mut tenant.signed_in("ada@example.com").await).await;
    let tries = (0..10).map(|_| async { redeem(&tenant, &code, VERIFIER).await.status });
    let answers = futures_util::future::join_all(tries).await;
    assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{answers:?}");
}

#[tokio::test]
async fn the_console_learns_that_a_session_ended_and_can_end_it() {
    let tenant = tenant().await;
    let mut ada = tenant.signed_in("ada@example.com").await;
    let session = ada.get("/get-session").await.json["session"]["id"].clone();
    let known = ask(&tenant, "session", json!({ "session": session })).await;
    assert_eq!(known.json["email"], "ada@example.com");
    assert_eq!(ask(&tenant, "sign-out", json!({ "session": session })).await.status, StatusCode::OK);
    assert_eq!(ada.get("/get-session").await.text, "null");
    assert_eq!(ask(&tenant, "session", json!({ "session": session })).await.text, "null");
    assert_eq!(ask(&tenant, "sign-out", json!({ "session": session })).await.status, StatusCode::OK);
    assert_eq!(tenant.events("session.revoked").await, 1);
}

#[tokio::test]
async fn a_code_by_mail_is_no_proof_of_being_there() {
    let tenant = tenant().await;
    let mut ada = tenant.signed_in("ada@example.com").await;
    let answer = ada.get(&page(VERIFIER, "&prove=yes")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(!answer.text.contains("signed-in?code="), "no way back without a passkey");
    assert!(answer.text.contains("<passkey-create"), "there is none yet");
    // As a sign-in by passkey leaves it; how old it is counts too.
    let note = "UPDATE verification SET value = 'passkey' WHERE identifier LIKE 'console-method:%'";
    tenant.admin.execute(note, &[]).await.unwrap();
    assert!(ada.get(&page(VERIFIER, "&prove=yes")).await.text.contains("signed-in?code="));
    let age = r#"UPDATE session SET "createdAt" = "createdAt" - interval '6 minutes'"#;
    tenant.admin.execute(age, &[]).await.unwrap();
    assert!(!ada.get(&page(VERIFIER, "&prove=yes")).await.text.contains("signed-in?code="));
    assert!(ada.get(&page(VERIFIER, "")).await.text.contains("signed-in?code="));
}

#[tokio::test]
async fn whoever_is_not_signed_in_signs_in_first_and_goes_on() {
    let tenant = tenant().await;
    let mut ada = tenant.browser();
    let answer = ada.get(&page(VERIFIER, "")).await;
    assert_eq!(
        (answer.status, &answer.headers["location"]),
        (StatusCode::SEE_OTHER, &"/sign-in".parse().unwrap())
    );
    ada.sign_in(&tenant, "ada@example.com").await;
    let done = ada.get("//sign-in/done").await;
    let location = done.headers["location"].to_str().unwrap();
    assert_eq!(location, &page(VERIFIER, "")[1..]);
}

#[tokio::test]
async fn an_invitation_leads_to_the_console_and_nowhere_else() {
    let tenant = tenant().await;
    let token = "t".repeat(43);
    let letter = |email: &str, token: &str| json!({ "email": email, "locale": "de", "inviter": "Klara", "workspace": "Acme", "token": token, "days": 7 });
    assert_eq!(ask(&tenant, "invite", letter("bea@example.com", &token)).await.status, StatusCode::OK);
    let mail = tenant.newest_mail().await;
    assert_eq!(mail.to.as_str(), "bea@example.com");
    assert!(mail.text.contains(&format!("{CONSOLE}/invitation?token={token}")), "{}", mail.text);
    assert_eq!(mail.subject, "Klara lädt Sie zu Acme ein");
    for (email, token) in [("nobody", token.as_str()), ("bea@example.com", "https://evil.example")] {
        assert_eq!(ask(&tenant, "invite", letter(email, token)).await.status, StatusCode::BAD_REQUEST);
    }
}

#[tokio::test]
async fn nobody_but_control_finds_it_and_no_other_tenant_has_it() {
    let (console, other) = (tenant().await, TestTenant::new().await);
    let mut ada = console.signed_in("ada@example.com").await;
    for verb in ["redeem", "session", "sign-out", "invite"] {
        let path = format!("{DOOR}/{verb}");
        assert_eq!(ada.post(&path, json!({})).await.status, StatusCode::NOT_FOUND, "{verb}");
        assert_eq!(other.operator().post(&path, json!({})).await.status, StatusCode::NOT_FOUND, "{verb}");
    }
    let mut bea = other.signed_in("bea@example.com").await;
    assert_eq!(bea.get(&page(VERIFIER, "")).await.status, StatusCode::NOT_FOUND);
    for odd in ["//sign-in/console", "//sign-in/console?state=a&challenge=b"] {
        assert_eq!(ada.get(odd).await.status, StatusCode::NOT_FOUND, "{odd}");
    }
    assert_eq!(
        other.value::<i64>("SELECT count(*) FROM verification WHERE identifier LIKE 'console-%'", &[]).await,
        0
    );
}
