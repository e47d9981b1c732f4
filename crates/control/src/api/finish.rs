//! What every answer gets: a request id, security headers, and problems as their body.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::Instant,
};

use axum::{
    body::HttpBody,
    extract::{MatchedPath, Request, State},
    http::HeaderValue,
    middleware::Next,
    response::Response,
};
use kiavi_base::{RequestClass, RequestId, network_of};
use kiavi_http::{Access, ConnectionInfo, PeerClass, REQUEST_ID, set_api_headers};

use super::{Problem, console, coverage};
use crate::{
    CallerKind, Control,
    audit::{Answered, Coverage, Known, Refused, account_for},
};

/// Whom a request came from, as far as it can be known: what limits and the log count.
#[derive(Debug, Clone, Copy)]
pub(super) struct Client(pub(super) IpAddr);

/// What stands around all routes of a door.
#[derive(Clone)]
pub(super) struct Finish {
    control: Control,
    door: CallerKind,
    coverage: Arc<[Coverage]>,
}

impl Finish {
    pub(super) fn new(control: &Control, door: CallerKind) -> Self {
        Self { control: control.clone(), door, coverage: coverage().into() }
    }
}

pub(super) async fn finish(
    State(Finish { control, door, coverage }): State<Finish>,
    mut request: Request,
    next: Next,
) -> Response {
    let known = Arc::new(Known::default());
    request.extensions_mut().insert(Arc::clone(&known));
    let id = RequestId::new(control.parts().clock.now(), &*control.parts().rng);
    let text = id.to_string();
    request.extensions_mut().insert(id);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let arrival = Instant::now();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let peer = request.extensions().get::<ConnectionInfo>().map(|info| info.peer.ip());
    let client = peer.map(|peer| control.parts().edge.client(peer, request.headers()));
    if let Some(client) = client {
        request.extensions_mut().insert(Client(client));
    }
    let mut response = next.run(request).await;
    let code = response.extensions().get::<Problem>().map(|problem| problem.code().as_str());
    let refused = response.extensions_mut().remove::<Refused>();
    let is_refused = response.status().is_client_error() || refused.is_some();
    let route_of =
        |path: &MatchedPath| coverage.iter().find(|one| one.method == method && one.path == path.as_str());
    if let Some(line) = route.as_ref().filter(|_| is_refused).and_then(route_of) {
        let answered = Answered {
            id,
            method: line.method.as_str(),
            route: &line.path,
            writes: line.writes,
            status: response.status(),
            code: code.or(refused.map(|Refused(code)| code)),
            network: client.map(|client| network_of(client).to_string()),
        };
        account_for(&control, &known, answered).await;
    }
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
    #[cfg(test)]
    response.extensions_mut().insert(known);
    set_api_headers(response.headers_mut(), console::is_secure(&control));
    control.parts().access.note(&Access {
        at: control.parts().clock.now(),
        id,
        class: RequestClass::Control,
        method: method.as_str(),
        route: route.as_ref().map_or("", MatchedPath::as_str),
        status: response.status().as_u16(),
        took: arrival.elapsed(),
        bytes: response.body().size_hint().exact(),
        peer: match door {
            CallerKind::LocalOperator => PeerClass::Operator,
            _ if client == peer.map(|peer| peer.to_canonical()) => PeerClass::Direct,
            _ => PeerClass::Proxied,
        },
        client: client.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
    });
    response
}
