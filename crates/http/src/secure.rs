//! What is answered in plain of a host whose pages come by HTTPS.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::{MISDIRECTED_MESSAGE, requested_host};

/// What a certificate authority is answered that asks for a token (RFC 8555 §8.3).
pub type Answer = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// `/.well-known/acme-challenge/TOKEN` (RFC 8555 §8.3). Whoever knows a token has it from the certificate authority, so
/// there is nothing to check about the host.
pub fn challenge_routes(answer: Answer) -> Router {
    let route = move |Path(token): Path<String>| {
        let answer = answer.clone();
        async move { answered(answer(&token)) }
    };
    Router::new().route("/.well-known/acme-challenge/{token}", get(route))
}

fn answered(key_authorization: Option<String>) -> Response {
    let kind = HeaderValue::from_static("application/octet-stream");
    let mut response = match key_authorization {
        Some(text) => ([(header::CONTENT_TYPE, kind)], text).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Leads every request to the same place by HTTPS, and answers challenges. `is_served` tells which hosts there are; who
/// wants another one is told 421.
///
/// The method stays (RFC 9110 §15.4.9). Nothing else is said in plain: no cookie and no page.
pub fn redirect_routes(answer: Answer, is_served: Arc<dyn Fn(&str) -> bool + Send + Sync>) -> Router {
    challenge_routes(answer).fallback(move |request: Request| {
        let location =
            requested_host(request.uri(), request.headers()).filter(|host| is_served(host)).map(|host| {
                let path = request.uri().path_and_query().map_or("/", PathAndQuery::as_str);
                HeaderValue::from_str(&format!("https://{host}{path}"))
            });
        std::future::ready(match location {
            Some(Ok(location)) => {
                (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, location)]).into_response()
            }
            Some(Err(_)) => StatusCode::BAD_REQUEST.into_response(),
            None => (StatusCode::MISDIRECTED_REQUEST, MISDIRECTED_MESSAGE).into_response(),
        })
    })
}

/// The router for these hosts alone: whoever wants another one is told 421 (RFC 9110 §15.5.20), on whatever connection.
pub fn on_hosts(router: Router, is_served: impl Fn(&str) -> bool + Clone + Send + Sync + 'static) -> Router {
    router.layer(from_fn(move |request: Request, next: Next| {
        let is_served = requested_host(request.uri(), request.headers()).is_some_and(|host| is_served(&host));
        async move {
            if is_served {
                return next.run(request).await;
            }
            let close = [(header::CONNECTION, "close")];
            (StatusCode::MISDIRECTED_REQUEST, close, MISDIRECTED_MESSAGE).into_response()
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::{Body, to_bytes};
    use tower::ServiceExt;

    async fn asked(method: &str, target: &str, host: &str) -> (StatusCode, String, String) {
        let answer = Arc::new(|token: &str| (token == "a-token").then(|| "a-token.thumbprint".to_owned()));
        let routes = redirect_routes(answer, Arc::new(|host| host == "shop.example"));
        let request = Request::builder().method(method).uri(target).header("host", host);
        let response = routes.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let location = response.headers().get(header::LOCATION);
        let location = location.map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
        let (status, body) = (response.status(), to_bytes(response.into_body(), 1024).await.unwrap());
        (status, location, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn everything_leads_to_the_same_place_by_https() {
        for method in ["GET", "POST"] {
            let (status, location, _) = asked(method, "/sign-in?a=b", "shop.example:80").await;
            assert_eq!((status.as_u16(), location.as_str()), (308, "https://shop.example/sign-in?a=b"));
        }
        assert_eq!(asked("GET", "/", "evil.example").await.0, StatusCode::MISDIRECTED_REQUEST);
    }

    #[tokio::test]
    async fn who_wants_another_host_is_told_so() {
        let routes =
            on_hosts(Router::new().route("/", get(|| async { "here" })), |host| host == "shop.example");
        for (host, status) in [("shop.example:443", 200), ("evil.example", 421)] {
            let request = Request::builder().uri("/").header("host", host).body(Body::empty()).unwrap();
            assert_eq!(routes.clone().oneshot(request).await.unwrap().status().as_u16(), status, "{host}");
        }
    }

    #[tokio::test]
    async fn a_challenge_is_answered_and_an_unknown_one_is_not_led_on() {
        let (status, _, body) = asked("GET", "/.well-known/acme-challenge/a-token", "shop.example").await;
        assert_eq!((status, body.as_str()), (StatusCode::OK, "a-token.thumbprint"));
        let (status, location, _) = asked("GET", "/.well-known/acme-challenge/other", "shop.example").await;
        assert_eq!((status, location.as_str()), (StatusCode::NOT_FOUND, ""));
    }
}
