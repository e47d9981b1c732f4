//! The pages through the router: what a person without script meets, and what an attacker does.

mod account;
mod acting;
mod branding;
mod handover;
mod required;

use axum::http::{Method, StatusCode, header};
use serde_json::json;

use crate::tests::{Answer, Browser, TestTenant};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const EMAIL: &str = "email=ada%40example.com";

async fn open(browser: &mut Browser, path: &str) -> Answer {
    browser.send(Method::GET, &format!("/{path}"), None, &[]).await
}

/// Sends a form; where the answer leads.
async fn submit(browser: &mut Browser, path: &str, form: &str) -> String {
    let answer = browser.send(Method::POST, &format!("/{path}"), Some(form.to_owned()), &[FORM]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}: {}", answer.text);
    location(&answer)
}

fn location(answer: &Answer) -> String {
    answer.headers[header::LOCATION].to_str().unwrap().to_owned()
}

/// The notice that a page tells outside the templates of its scripts.
fn notice(answer: &Answer) -> Option<&str> {
    let (_, rest) = answer.text.split_once("id=\"notice\"")?;
    rest.split_once("data-notice=\"")?.1.split('"').next()
}

async fn sign_in(tenant: &TestTenant) -> Browser {
    let mut browser = tenant.browser();
    submit(&mut browser, "/sign-in", EMAIL).await;
    let code = tenant.newest_code().await;
    submit(&mut browser, "/sign-in/code", &format!("code={code}")).await;
    browser
}

#[tokio::test]
async fn a_code_signs_in_without_script() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.browser();
    assert_eq!(location(&open(&mut browser, "/").await), "/account");
    assert_eq!(location(&open(&mut browser, "/account").await), "/sign-in");
    assert!(open(&mut browser, "/sign-in").await.text.contains("autocomplete=\"username webauthn\""));
    assert_eq!(submit(&mut browser, "/sign-in", EMAIL).await, "/sign-in/code?sent=yes");
    let page = open(&mut browser, "/sign-in/code?sent=yes").await;
    assert!(page.text.contains("a…\u{2060}@example.com") && !page.text.contains("ada@example.com"));
    let code = tenant.newest_code().await;
    let grouped = format!("code={}+{}", &code[..3], &code[3..]);
    assert_eq!(submit(&mut browser, "/sign-in/code", &grouped).await, "/sign-in/passkey");
    assert!(open(&mut browser, "/sign-in/passkey").await.text.contains("<passkey-create"));
    assert_eq!(submit(&mut browser, "/sign-in/passkey", "").await, "/sign-in/done");
    assert_eq!(location(&open(&mut browser, "/sign-in/done").await), "/account");
    assert!(open(&mut browser, "/account").await.text.contains("ada@example.com"));
    assert_eq!(location(&open(&mut browser, "/sign-in").await), "/account");
    assert_eq!(tenant.events("session.created").await, 1);
}

#[tokio::test]
async fn a_declined_offer_stays_away() {
    let tenant = TestTenant::new().await;
    let mut browser = sign_in(&tenant).await;
    submit(&mut browser, "/sign-in/passkey", "").await;
    assert_eq!(location(&open(&mut browser, "/sign-in/passkey").await), "/sign-in/done");
    tenant.clock.advance(jiff::SignedDuration::from_hours(31 * 24));
    assert_eq!(open(&mut browser, "/sign-in/passkey").await.status, StatusCode::OK);
}

#[tokio::test]
async fn each_refusal_of_a_code_is_worded_and_told_once() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.browser();
    submit(&mut browser, "/sign-in", EMAIL).await;
    let code = tenant.newest_code().await;
    let wrong = if code == "000000" { "code=111111" } else { "code=000000" };
    for _ in 0..3 {
        assert_eq!(submit(&mut browser, "/sign-in/code", wrong).await, "/sign-in/code");
        assert_eq!(notice(&open(&mut browser, "/sign-in/code").await), Some("code-wrong"));
        assert_eq!(notice(&open(&mut browser, "/sign-in/code").await), None);
    }
    submit(&mut browser, "/sign-in/code", &format!("code={code}")).await;
    assert_eq!(notice(&open(&mut browser, "/sign-in/code").await), Some("code-tries"));
    submit(&mut browser, "/sign-in/code/resend", "").await;
    assert_eq!(notice(&open(&mut browser, "/sign-in/code").await), Some("code-sent"));
    let expire = r#"UPDATE verification SET "expiresAt" = now() - interval '1 second'"#;
    tenant.admin.execute(expire, &[]).await.unwrap();
    let code = tenant.newest_code().await;
    submit(&mut browser, "/sign-in/code", &format!("code={code}")).await;
    assert_eq!(notice(&open(&mut browser, "/sign-in/code").await), Some("code-expired"));
}

#[tokio::test]
async fn known_and_unknown_addresses_see_the_same() {
    let tenant = TestTenant::with(|settings| settings.is_sign_up_open = false).await;
    let insert =
        r#"INSERT INTO "user" (id, name, email, "emailVerified") VALUES ('u1', '', 'ada@example.com', true)"#;
    tenant.admin.execute(insert, &[]).await.unwrap();
    let mut pages = Vec::new();
    for email in ["ada@example.com", "abe@example.com"] {
        let mut browser = tenant.browser();
        let to = submit(&mut browser, "/sign-in", &format!("email={email}")).await;
        let page = open(&mut browser, "/sign-in/code").await;
        submit(&mut browser, "/sign-in/code", "code=0").await;
        let refused = open(&mut browser, "/sign-in/code").await;
        pages.push((to, page.text, refused.text));
    }
    assert_eq!(pages[0], pages[1]);
}

#[tokio::test]
async fn what_is_no_address_is_told_and_kept_to_be_corrected() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.browser();
    assert_eq!(submit(&mut browser, "/sign-in", "email=%3Cb%3Eada").await, "/sign-in");
    let page = open(&mut browser, "/sign-in").await;
    assert_eq!(notice(&page), Some("email-invalid"));
    assert!(page.text.contains("value=\"&#60;b&#62;ada\""), "{}", page.text);
    submit(&mut browser, "/sign-in", "").await;
    assert_eq!(notice(&open(&mut browser, "/sign-in").await), Some("email-invalid"));
}

#[tokio::test]
async fn asking_too_often_is_told_with_the_time() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.browser();
    for _ in 0..60 {
        if submit(&mut browser, "/sign-in", EMAIL).await == "/sign-in" {
            assert_eq!(notice(&open(&mut browser, "/sign-in").await), Some("rate-limited"));
            return;
        }
    }
    panic!("never limited");
}

#[tokio::test]
async fn a_code_is_typed_in_the_browser_that_asked() {
    let tenant = TestTenant::new().await;
    submit(&mut tenant.browser(), "/sign-in", EMAIL).await;
    let code = tenant.newest_code().await;
    let mut other = tenant.browser();
    let page = open(&mut other, "/sign-in/code").await;
    assert_eq!(notice(&page), Some("code-other-browser"));
    assert_eq!(submit(&mut other, "/sign-in/code", &format!("code={code}")).await, "/sign-in");
    assert_eq!(notice(&open(&mut other, "/sign-in").await), Some("flow-expired"));
    let mut blocked = tenant.browser();
    assert_eq!(notice(&open(&mut blocked, "/sign-in/code?sent=yes").await), Some("cookies-blocked"));
}

#[tokio::test]
async fn a_suspended_account_is_told_so_after_the_proof_only() {
    let tenant = TestTenant::new().await;
    sign_in(&tenant).await;
    tenant.admin.execute(r#"UPDATE "user" SET banned = true"#, &[]).await.unwrap();
    let mut browser = sign_in(&tenant).await;
    assert_eq!(notice(&open(&mut browser, "/sign-in").await), Some("suspended"));
    assert_eq!(location(&open(&mut browser, "/account").await), "/sign-in");
}

#[tokio::test]
async fn forms_of_other_sites_change_nothing() {
    let tenant = TestTenant::new().await;
    let mut browser = sign_in(&tenant).await;
    for origin in [Some("https://evil.example"), Some("http://evil.localhost:8080"), Some("null"), None] {
        browser.origin = origin.map(str::to_owned);
        for path in [
            "/sign-in",
            "/sign-in/code",
            "/sign-in/code/resend",
            "/sign-in/passkey",
            "/sign-in/link",
            "/sign-out",
            "/account/delete",
            "/account/profile",
            "/account/passkeys/rename",
            "/account/passkeys/remove",
            "/account/sessions/revoke",
            "/account/sessions/revoke-others",
        ] {
            let answer =
                browser.send(Method::POST, &format!("/{path}"), Some("name=x".into()), &[FORM]).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {origin:?}");
            assert!(answer.text.contains("data-notice=\"wrong-origin\"") && answer.set_cookies().is_empty());
        }
    }
    assert_eq!(open(&mut browser, "/account").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_way_back_leads_to_trusted_places_only() {
    let tenant =
        TestTenant::with(|settings| settings.trusted_origins = vec!["https://app.example".into()]).await;
    for (wanted, leads) in [
        ("/shop?a=1", "/shop?a=1"),
        ("https://evil.example/", "/account"),
        ("//evil.example", "/account"),
        ("/%5cevil.example", "/account"),
        ("javascript:alert(1)", "/account"),
    ] {
        let mut browser = tenant.browser();
        let query: String =
            url::form_urlencoded::Serializer::new(String::new()).append_pair("redirect", wanted).finish();
        open(&mut browser, &format!("/sign-in?{query}")).await;
        submit(&mut browser, "/sign-in", EMAIL).await;
        let code = tenant.newest_code().await;
        submit(&mut browser, "/sign-in/code", &format!("code={code}")).await;
        assert_eq!(location(&open(&mut browser, "/sign-in/done").await), leads, "{wanted}");
        assert_eq!(location(&open(&mut browser, "/sign-in/done").await), "/account", "once");
    }
    let mut browser = sign_in(&tenant).await;
    let query = "callbackURL=https%3A%2F%2Fapp.example%2Fhome";
    assert_eq!(location(&open(&mut browser, &format!("/sign-in?{query}")).await), "/sign-in/done");
    let page = open(&mut browser, "/sign-in/done").await;
    assert!(page.text.contains("content=\"0;url=https://app.example/home\""), "{}", page.text);
}

#[tokio::test]
async fn a_returning_device_signs_in_with_one_tap() {
    let tenant = TestTenant::new().await;
    let mut browser = sign_in(&tenant).await;
    open(&mut browser, "/sign-in/done").await;
    browser.cookies.retain(|(name, _)| !name.ends_with("session_token"));
    let page = open(&mut browser, "/sign-in").await;
    assert!(page.text.contains("a…\u{2060}@example.com") && !page.text.contains("ada@example.com"));
    assert_eq!(submit(&mut browser, "/sign-in", "returning=yes").await, "/sign-in/code?sent=yes");
    let code = tenant.newest_code().await;
    assert_eq!(submit(&mut browser, "/sign-in/code", &format!("code={code}")).await, "/sign-in/passkey");
}

#[tokio::test]
async fn signing_in_again_is_possible_while_signed_in() {
    let tenant = TestTenant::new().await;
    let mut browser = sign_in(&tenant).await;
    assert_eq!(open(&mut browser, "/sign-in?again=yes").await.status, StatusCode::OK);
    submit(&mut browser, "/sign-in", EMAIL).await;
    let code = tenant.newest_code().await;
    assert_eq!(submit(&mut browser, "/sign-in/code", &format!("code={code}")).await, "/sign-in/passkey");
}

#[tokio::test]
async fn a_language_is_chosen_once_and_mails_speak_it() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.browser();
    let negotiated = browser.send(Method::GET, "//sign-in", None, &[("accept-language", "it")]).await;
    assert!(negotiated.text.contains("<html lang=\"it\""));
    let chosen = open(&mut browser, "/sign-in?lang=de").await;
    assert_eq!((chosen.status, location(&chosen).as_str()), (StatusCode::SEE_OTHER, "/sign-in"));
    let page = browser.send(Method::GET, "//sign-in", None, &[("accept-language", "it")]).await;
    assert!(page.text.contains("<html lang=\"de\""));
    assert_eq!(open(&mut browser, "/sign-in?lang=xx").await.status, StatusCode::OK);
    submit(&mut browser, "/sign-in", EMAIL).await;
    tenant.newest_code().await;
    let mails = tenant.mailbox.mails.lock().unwrap();
    assert!(mails[0].subject.contains("ist Ihr Code"), "{}", mails[0].subject);
}

#[tokio::test]
async fn no_path_becomes_a_way_to_another_site() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.browser();
    for path in
        ["//evil.example?lang=de", "//evil.example/%2e%2e", "///evil.example?lang=de", "/\\evil.example"]
    {
        let request = axum::http::Request::builder().uri(format!("http://demo.localhost:8080{path}"));
        let Ok(request) = request.header(header::HOST, "demo.localhost:8080").body(axum::body::Body::empty())
        else {
            continue;
        };
        let answer = tower::ServiceExt::oneshot(tenant.router.clone(), request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        assert!(!answer.headers().contains_key(header::LOCATION), "{path}");
    }
    let page = open(&mut browser, "/a%22b?lang=").await;
    assert!(!page.text.contains("href=\"//"), "{}", page.text);
}

#[tokio::test]
async fn every_answer_has_the_headers_of_pages() {
    let tenant = TestTenant::new().await;
    let mut browser = sign_in(&tenant).await;
    for path in
        ["/sign-in?again=1", "/sign-in/code", "/sign-in/passkey", "/account", "/sign-out", "/nowhere", "/"]
    {
        let answer = open(&mut browser, path).await;
        assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store", "{path}");
        let policy = answer.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert!(answer.headers.contains_key("x-request-id"), "{path}");
    }
}

#[tokio::test]
async fn errors_are_pages() {
    let tenant = TestTenant::new().await;
    let mut browser = sign_in(&tenant).await;
    let lost = open(&mut browser, "/nowhere").await;
    assert_eq!(lost.status, StatusCode::NOT_FOUND);
    assert!(lost.text.contains("<html"));
    let answer = browser.send(Method::DELETE, "//account", None, &[]).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let answer = browser.send(Method::POST, "//account/profile", Some("{}".into()), &[]).await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert!(answer.text.contains("<html"));
    tenant.admin.execute("ALTER TABLE session RENAME TO away", &[]).await.unwrap();
    let failed = open(&mut browser, "/account").await;
    assert!(failed.status.is_server_error());
    let id = failed.headers["x-request-id"].to_str().unwrap();
    assert!(failed.text.contains(&format!("data-request-id>{id}<")), "{}", failed.text);
}

#[tokio::test]
async fn assets_are_served_for_ever_and_to_nobody_else() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.browser();
    let page = open(&mut browser, "/sign-in").await;
    for kind in [".css", ".js", ".svg"] {
        let url =
            page.text.split('"').find(|url| url.starts_with("/_kiavi/") && url.ends_with(kind)).unwrap();
        let asset = open(&mut browser, url).await;
        assert_eq!(asset.status, StatusCode::OK, "{url}");
        assert_eq!(asset.headers[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
        assert_eq!(asset.headers["x-content-type-options"], "nosniff");
        assert_eq!(asset.headers["cross-origin-resource-policy"], "same-origin");
    }
    assert_eq!(open(&mut browser, "/_kiavi/assets/../app.css").await.status, StatusCode::NOT_FOUND);
    assert_eq!(open(&mut browser, "/_kiavi/assets/secret.css").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_planted_cookie_of_another_tenant_is_nothing() {
    let (tenant, other) = (TestTenant::new().await, TestTenant::new().await);
    let mut browser = other.browser();
    submit(&mut browser, "/sign-in", EMAIL).await;
    let mut victim = tenant.browser();
    victim.cookies = browser.cookies.clone();
    assert_eq!(notice(&open(&mut victim, "/sign-in/code").await), Some("code-other-browser"));
    // Neither the flow nor a session comes from anything but the tenant's own key.
    victim.cookies.push(("better-auth.session_token".into(), "a.b".into()));
    assert_eq!(location(&open(&mut victim, "/account").await), "/sign-in");
    let body = json!({ "email": "ada@example.com", "type": "sign-in" });
    assert_eq!(victim.post("/email-otp/send-verification-otp", body).await.status, StatusCode::OK);
}
