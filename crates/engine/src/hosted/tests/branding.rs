//! A tenant's own look, as its pages and mails have it.

use axum::http::{Method, StatusCode, header};
use kiavi_pages::{Corners, Logo};

use super::{EMAIL, open, submit};
use crate::tests::TestTenant;

const LOGO: &[u8] = include_bytes!("../../../../pages/src/gallery/square.png");

async fn branded() -> TestTenant {
    TestTenant::with(|settings| {
        settings.app_name = "Nordlicht".into();
        settings.default_locale = "de".into();
        settings.branding.languages = ["de".to_owned(), "en".to_owned()].into();
        settings.branding.logo = Logo::new(LOGO.to_vec()).ok();
        settings.branding.accent = "#6b1b5a".parse().ok();
        settings.branding.corners = Corners::Round;
        settings.branding.terms_url = Some("https://example.com/terms".into());
        settings.branding.support_url = Some("mailto:help@example.com".into());
    })
    .await
}

/// The addresses on a page that lead to files of the brand.
fn files(page: &str) -> Vec<String> {
    let names = page.split("/_kiavi/brand/").skip(1).map(|rest| rest.split('"').next().unwrap());
    names.map(|name| format!("/_kiavi/brand/{name}")).collect()
}

/// An answer that need not be text.
async fn raw(tenant: &TestTenant, path: &str) -> axum::response::Response {
    let request = axum::http::Request::builder()
        .uri(format!("http://demo.localhost:8080{path}"))
        .header(header::HOST, "demo.localhost:8080")
        .body(axum::body::Body::empty());
    tower::ServiceExt::oneshot(tenant.router.clone(), request.unwrap()).await.unwrap()
}

#[tokio::test]
async fn every_page_has_the_look_of_its_tenant() {
    let tenant = branded().await;
    let mut browser = tenant.browser();
    for path in ["/sign-in", "/sign-out", "/nowhere"] {
        let page = open(&mut browser, path).await;
        let [sheet, logo] = files(&page.text).try_into().unwrap();
        assert!(page.text.contains("alt=\"Nordlicht\"") && page.text.contains("https://example.com/terms"));
        assert!(page.text.contains("mailto:help@example.com"));
        let policy = page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("style-src 'self'; img-src 'self'"), "{path}: {policy}");
        let css = open(&mut browser, &sheet).await.text;
        assert!(css.contains("--accent: #6b1b5a;"), "{css}");
        for (file, kind) in [(sheet, "text/css; charset=utf-8"), (logo, "image/png")] {
            let file = raw(&tenant, &file).await;
            assert_eq!(file.status(), StatusCode::OK);
            let headers = file.headers();
            assert_eq!(headers[header::CONTENT_TYPE], kind);
            assert_eq!(headers[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
            assert_eq!(headers["x-content-type-options"], "nosniff");
            assert_eq!(headers["cross-origin-resource-policy"], "same-origin");
        }
    }
}

#[tokio::test]
async fn a_tenant_without_a_look_has_no_files_of_one() {
    let (plain, other) = (TestTenant::new().await, branded().await);
    let page = open(&mut other.browser(), "/sign-in").await;
    for file in files(&page.text) {
        assert_eq!(open(&mut plain.browser(), &file).await.status, StatusCode::NOT_FOUND, "{file}");
    }
    assert!(files(&open(&mut plain.browser(), "/sign-in").await.text).is_empty());
}

#[tokio::test]
async fn only_the_offered_languages_are_spoken() {
    let tenant = branded().await;
    for (accepted, spoken) in [("it", "de"), ("fr, en;q=0.5", "en"), ("de-AT", "de"), ("", "de")] {
        let mut browser = tenant.browser();
        let page = browser.send(Method::GET, "//sign-in", None, &[("accept-language", accepted)]).await;
        assert!(page.text.contains(&format!("<html lang=\"{spoken}\"")), "{accepted}");
        assert!(page.text.contains("hreflang=\"en\"") && !page.text.contains("hreflang=\"it\""));
    }
    let mut browser = tenant.browser();
    open(&mut browser, "/sign-in?lang=it").await;
    assert!(open(&mut browser, "/sign-in").await.text.contains("<html lang=\"de\""), "it is not offered");
    open(&mut browser, "/sign-in?lang=en").await;
    assert!(open(&mut browser, "/sign-in").await.text.contains("<html lang=\"en\""));
}

#[tokio::test]
async fn mails_have_the_name_and_the_colour() {
    let tenant = branded().await;
    submit(&mut tenant.browser(), "/sign-in", EMAIL).await;
    crate::outbox::deliver_due(tenant.state()).await.unwrap();
    let mail = tenant.newest_mail().await;
    assert!(mail.subject.contains("Nordlicht") && mail.html.contains("background: #6b1b5a"), "{}", mail.html);
}
