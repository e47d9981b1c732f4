//! `POST /api/v1/tenants`: asking for a tenant and waiting for it.

use std::time::Duration;

use axum::{
    Extension, Json,
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use kiavi_base::RequestId;
use kiavi_http::{parse_json, read_body};
use serde::Deserialize;

use super::{Problem, progress, resource::TenantResource};
use crate::{Caller, Control, Tenant, TenantState, caller::Actor, parse_name, tenant::create};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Longest idempotency key.
const MAX_IDEMPOTENCY_KEY: usize = 128;
/// How long an answer waits for the tenant to run. Making one takes a fraction of a second.
const WAIT: Duration = Duration::from_secs(20);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewTenant {
    /// `name` is the command line's word for it.
    #[serde(alias = "name")]
    slug: String,
}

/// Answers 201 once the tenant runs; 202 when it does not yet, with the state that it has; with
/// `Accept: text/event-stream` at once, with its progress.
pub(super) async fn create(
    State(control): State<Control>,
    Extension(caller): Extension<Caller>,
    Extension(request): Extension<RequestId>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let wanted = parse_body(&headers, body).await?;
    let slug = parse_name(&wanted.slug).map_err(crate::ControlError::Name)?;
    let key = idempotency_key(&headers)?;
    let actor = Actor { caller: Some(caller), request: Some(request) };
    // Before the tenant is made: a stream that cannot be opened makes nothing.
    let permit = if wants_events(&headers) { Some(progress::permit(&control)?) } else { None };
    let tenant = create::create(&control, &actor, &slug, key).await?;
    let mut response = match permit {
        Some(permit) => progress::stream(&control, &tenant, permit).into_response(),
        None => answer(&control, tenant.clone()).await?,
    };
    if let Ok(location) = HeaderValue::from_str(&format!("/api/v1/tenants/{}", tenant.id)) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

async fn answer(control: &Control, tenant: Tenant) -> Result<Response, Problem> {
    let settled = control.wait(&tenant.id, |tenant| {
        matches!(tenant.state, TenantState::Running | TenantState::Failed | TenantState::Deleting)
    });
    let tenant = match tokio::time::timeout(WAIT, settled).await {
        Ok(settled) => settled?.ok_or_else(|| Problem::tenant_not_found(tenant.slug.as_str()))?,
        Err(_) => tenant,
    };
    let is_running = tenant.state == TenantState::Running;
    let status = if is_running { StatusCode::CREATED } else { StatusCode::ACCEPTED };
    Ok((status, Json(TenantResource::new(control, &tenant))).into_response())
}

async fn parse_body(headers: &HeaderMap, body: Body) -> Result<NewTenant, Problem> {
    let bytes = read_body(body).await?;
    if parse_json(headers, &bytes)?.is_none() {
        return Err(Problem::invalid_body("Send JSON such as {\"slug\": \"shop\"} as application/json."));
    }
    // From the text, not from the parsed value: that has lost members that came twice.
    serde_json::from_slice(&bytes).map_err(|error| Problem::invalid_body(format!("{error}.")))
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut lines = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(line) = lines.next() else { return Ok(None) };
    let is_usable = |key: &&str| {
        (1..=MAX_IDEMPOTENCY_KEY).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
    };
    let key = line.to_str().ok().filter(is_usable).filter(|_| lines.next().is_none());
    key.map(Some).ok_or_else(Problem::invalid_idempotency_key)
}

/// Whether `Accept` names `text/event-stream`.
fn wants_events(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::ACCEPT).iter().filter_map(|line| line.to_str().ok());
    let mut ranges = lines.flat_map(|line| line.split(','));
    ranges.any(|range| {
        range.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("text/event-stream"))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn with(name: HeaderName, lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(name.clone(), line.parse().unwrap());
        }
        headers
    }

    #[test]
    fn an_idempotency_key_is_short_visible_and_alone() {
        let key =
            |lines: &[&str]| idempotency_key(&with(IDEMPOTENCY_KEY, lines)).map(|key| key.map(str::to_owned));
        assert_eq!(key(&[]).unwrap(), None);
        assert_eq!(key(&["\"8e03978e\""]).unwrap().as_deref(), Some("\"8e03978e\""));
        for bad in [&[""][..], &["a b"], &["a", "b"], &[&"a".repeat(129)]] {
            assert!(key(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn events_are_sent_to_who_names_them() {
        assert!(wants_events(&with(header::ACCEPT, &["text/event-stream"])));
        assert!(wants_events(&with(header::ACCEPT, &["application/json, Text/Event-Stream;q=0.9"])));
        assert!(!wants_events(&with(header::ACCEPT, &["*/*"])));
        assert!(!wants_events(&HeaderMap::new()));
    }

    proptest! {
        #[test]
        fn no_header_panics(line in "[ -~]{0,80}") {
            let _ = idempotency_key(&with(IDEMPOTENCY_KEY, &[&line]));
            wants_events(&with(header::ACCEPT, &[&line]));
        }
    }
}
