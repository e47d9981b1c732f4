//! What browsers and passkey managers look up about a tenant's passkeys. Public, and the same for everybody.

use axum::{
    Router,
    http::{HeaderValue, StatusCode, header},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::get,
};
use kiavi_http::json_response;
use serde_json::json;

use crate::State;

/// How long answers may be kept by a browser or an edge, in seconds: settings change rarely, and not at once.
const LIFE: &str = "public, max-age=3600";

/// Mounted at the root of the host, outside of the API's base path.
pub(crate) fn routes() -> Router<State> {
    Router::new()
        .route("/.well-known/webauthn", get(related_origins))
        .route("/.well-known/passkey-endpoints", get(endpoints))
        .layer(from_fn(shareable))
}

/// WebAuthn L3 §5.11: the other origins on which this relying party's passkeys may be used. 404 where there are
/// none, because the document would say nothing.
async fn related_origins(state: State) -> Response {
    let related = &state.settings.passkey.origins;
    if related.is_empty() {
        return StatusCode::NOT_FOUND.into_response();
    }
    let own = std::iter::once(state.settings.base_url.origin());
    let origins: Vec<_> = own.chain(related.iter().map(String::as_str)).collect();
    json_response(StatusCode::OK, json!({ "origins": origins }).to_string())
}

/// W3C Passkey Endpoints: where a passkey manager sends people to make a passkey and to manage theirs.
async fn endpoints(state: State) -> Response {
    let origin = state.settings.base_url.origin();
    let body = json!({ "enroll": format!("{origin}/account"), "manage": format!("{origin}/account") });
    json_response(StatusCode::OK, body.to_string())
}

async fn shareable(request: axum::extract::Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let is_there = response.status().is_success();
    let headers = response.headers_mut();
    // What is not there may be there soon.
    let life = if is_there { LIFE } else { "no-store" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(life));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

#[cfg(test)]
mod tests {
    use crate::tests::TestTenant;

    #[tokio::test]
    async fn related_origins_are_told_where_there_are_some() {
        let plain = TestTenant::new().await;
        assert_eq!(plain.browser().get("//.well-known/webauthn").await.status, 404);
        let tenant =
            TestTenant::with(|settings| settings.passkey.origins = vec!["https://shop.example".to_owned()])
                .await;
        let answer = tenant.browser().get("//.well-known/webauthn").await;
        assert_eq!(answer.text, r#"{"origins":["http://demo.localhost:8080","https://shop.example"]}"#);
        assert_eq!(answer.headers["content-type"], "application/json");
        assert_eq!(answer.headers["access-control-allow-origin"], "*");
    }

    #[tokio::test]
    async fn a_passkey_manager_finds_the_account_page() {
        let tenant = TestTenant::new().await;
        let answer = tenant.browser().get("//.well-known/passkey-endpoints").await;
        assert_eq!(answer.json["enroll"], "http://demo.localhost:8080/account");
        assert_eq!(answer.json["manage"], "http://demo.localhost:8080/account");
    }
}
