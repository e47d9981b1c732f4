//! What every answer gets: a request id, security headers, and problems as their body.

use axum::{
    extract::{Request, State},
    http::HeaderValue,
    middleware::Next,
    response::Response,
};
use kiavi_base::RequestId;
use kiavi_http::{REQUEST_ID, set_api_headers};

use super::Problem;
use crate::Control;

pub(super) async fn finish(State(control): State<Control>, mut request: Request, next: Next) -> Response {
    let id = RequestId::random(&*control.parts().rng);
    let text = id.to_string();
    request.extensions_mut().insert(id);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let mut response = next.run(request).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        if let Some(error) = problem.internal_detail() {
            tracing::error!(request_id = %id, %method, path, error, "a management request failed");
        }
        let rendered = problem.render(&text);
        // What is on the response that is replaced stays: a 405 names what is allowed, a quota how much is left.
        let headers = std::mem::replace(response.headers_mut(), rendered.headers().clone());
        for (name, value) in &headers {
            response.headers_mut().entry(name).or_insert_with(|| value.clone());
        }
        *response.body_mut() = rendered.into_body();
    }
    if let Ok(value) = HeaderValue::from_str(&text) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    // TLS ends in the gateway's neighbour or nowhere; who terminates it adds Strict-Transport-Security.
    set_api_headers(response.headers_mut(), false);
    response
}
