//! `/.well-known/security.txt` (RFC 9116): whom to tell about a vulnerability.

use std::sync::Arc;

use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, Method, header},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use kiavi_base::Clock;

/// Where it is (RFC 9116 §3).
pub const SECURITY_TXT: &str = "/.well-known/security.txt";

/// For how long it is good: less than a year is recommended (RFC 9116 §2.5.5). It is made anew each day.
const GOOD_FOR: SignedDuration = SignedDuration::from_hours(180 * 24);

/// Whom to tell, as the operator says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SecurityContact {
    /// URIs, the preferred one first (RFC 9116 §2.5.3). None: there is no such file.
    pub contacts: Vec<String>,
    /// The URI of what is promised to whoever tells (RFC 9116 §2.5.7).
    pub policy: Option<String>,
}

impl SecurityContact {
    /// Whether a text can be a contact or a policy: a URI of one line, by HTTPS where it is one of the web (RFC 9116 §2.5.3).
    pub fn is_uri(text: &str) -> bool {
        let Ok(url) = url::Url::parse(text) else { return false };
        let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
        is_plain && matches!(url.scheme(), "https" | "mailto" | "tel")
    }

    /// The file for the host at `origin`.
    fn text(&self, origin: &str, now: Timestamp) -> String {
        let expires = now.to_zoned(TimeZone::UTC).start_of_day().map_or(now, |day| day.timestamp());
        let expires = expires.saturating_add(GOOD_FOR).unwrap_or(Timestamp::MAX);
        let mut lines: Vec<_> = self.contacts.iter().map(|contact| format!("Contact: {contact}")).collect();
        lines.push(format!("Expires: {}", expires.strftime("%Y-%m-%dT%H:%M:%SZ")));
        lines.push("Preferred-Languages: en, fr, de, nl, es, it".to_owned());
        lines.push(format!("Canonical: {origin}{SECURITY_TXT}"));
        lines.extend(self.policy.iter().map(|policy| format!("Policy: {policy}")));
        lines.join("\n") + "\n"
    }
}

/// The same, with the file for the host at `origin` if there is somebody to tell.
pub fn with_security_txt(
    router: Router,
    contact: &SecurityContact,
    origin: impl Into<String>,
    clock: Arc<dyn Clock>,
) -> Router {
    if contact.contacts.is_empty() {
        return router;
    }
    let (contact, origin) = (Arc::new(contact.clone()), Arc::new(origin.into()));
    router.layer(from_fn(move |request: Request, next: Next| {
        let (contact, origin, clock) = (contact.clone(), origin.clone(), clock.clone());
        async move {
            let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
            match is_read && request.uri().path() == SECURITY_TXT {
                true => answer(contact.text(&origin, clock.now())),
                false => next.run(request).await,
            }
        }
    }))
}

fn answer(text: String) -> Response {
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    let caching = HeaderValue::from_static("public, max-age=3600");
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, caching)], text).into_response()
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, routing::get};
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;

    struct Fixed;

    impl Clock for Fixed {
        fn now(&self) -> Timestamp {
            "2026-01-02T03:04:05.678Z".parse().unwrap()
        }
    }

    async fn ask(contact: &SecurityContact, method: Method) -> (u16, String) {
        let router = Router::new().route("/", get(|| async { "here" }));
        let router = with_security_txt(router, contact, "https://shop.example.com", Arc::new(Fixed));
        let request = Request::builder().method(method).uri(SECURITY_TXT).body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn it_says_whom_to_tell_and_until_when_that_is_good() {
        let contact = SecurityContact {
            contacts: vec!["mailto:security@example.com".into(), "https://example.com/report".into()],
            policy: Some("https://example.com/policy".into()),
        };
        let expected = "Contact: mailto:security@example.com\nContact: https://example.com/report\n\
                        Expires: 2026-07-01T00:00:00Z\nPreferred-Languages: en, fr, de, nl, es, it\n\
                        Canonical: https://shop.example.com/.well-known/security.txt\n\
                        Policy: https://example.com/policy\n";
        assert_eq!(ask(&contact, Method::GET).await, (200, expected.to_owned()));
        assert_eq!(ask(&contact, Method::POST).await.0, 404);
    }

    #[tokio::test]
    async fn without_anybody_to_tell_there_is_no_file() {
        assert_eq!(ask(&SecurityContact::default(), Method::GET).await.0, 404);
    }

    #[test]
    fn a_contact_is_a_uri_of_one_line() {
        for good in ["mailto:security@example.com", "https://example.com/report", "tel:+1-201-555-0123"] {
            assert!(SecurityContact::is_uri(good), "{good}");
        }
        for bad in [
            "security@example.com",
            "http://example.com",
            "mailto:a@b.example\nContact: x",
            "https://a b",
            "",
        ] {
            assert!(!SecurityContact::is_uri(bad), "{bad}");
        }
    }
}
