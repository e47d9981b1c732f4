//! What every answer gets: a request id, security headers, and problems as their body.

use axum::{
    extract::{Request, State},
    http::{HeaderValue, header},
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
        // A 405 names what is allowed; the router has put that on the response that is replaced.
        let allow = response.headers_mut().remove(header::ALLOW);
        response = problem.render(&text);
        if let Some(allow) = allow {
            response.headers_mut().insert(header::ALLOW, allow);
        }
    }
    if let Ok(value) = HeaderValue::from_str(&text) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    // TLS ends in the gateway's neighbour or nowhere; who terminates it adds Strict-Transport-Security.
    set_api_headers(response.headers_mut(), false);
    response
}
