//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07) for every POST.
//!
//! The first request with a key is carried out; its change writes the key down in its own transaction
//! ([`crate::attempt`]), and its answer is kept for a day. The same request with the same key gets that answer again,
//! another request with that key is refused. A request that changed nothing leaves its key free. Twins that come at the
//! same time wait for each other.
//!
//! A body that is a stream cannot be compared before it is carried out: its handler says what the request is, once it has
//! read that ([`StreamKey::once`]).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http_body_util::BodyExt;
use kiavi_base::RequestId;
use kiavi_crypto::sha256;
use kiavi_http::read_body;
use serde_json::{Map, Value, json};

use super::{Problem, code::Code, input::single};
use crate::{
    Caller, Control,
    attempt::{Attempt, Earlier, Kept},
    error::chain,
};

pub(super) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Marks an answer that was given before.
pub(super) const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Longest key.
const MAX_KEY: usize = 128;
/// Headers that are kept with an answer.
const KEPT_HEADERS: [HeaderName; 2] = [header::LOCATION, header::ETAG];

/// What is kept of an answer instead of its body, because that has secrets or personal data: an extension of the
/// response.
#[derive(Debug, Clone)]
pub(super) struct KeepInstead(pub(super) Value);

/// Requests with a key that are being answered, by caller and key.
#[derive(Debug, Default)]
pub(crate) struct Attempts(Mutex<HashMap<(String, String), Weak<Lock>>>);

type Lock = tokio::sync::Mutex<()>;

impl Attempts {
    /// The lock of this key: who holds it is the only one at work.
    fn of(&self, caller: &str, key: &str) -> Arc<Lock> {
        let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        locks.retain(|_, lock| lock.strong_count() > 0);
        let place = (caller.to_owned(), key.to_owned());
        if let Some(lock) = locks.get(&place).and_then(Weak::upgrade) {
            return lock;
        }
        let lock = Arc::default();
        locks.insert(place, Arc::downgrade(&lock));
        lock
    }
}

/// What stands before a POST.
#[derive(Clone)]
pub(super) struct Once {
    pub(super) control: Control,
    /// Whether the handler answers a repetition whose answer was lost.
    pub(super) resumes: bool,
    /// Whether the body is a stream, which cannot be compared.
    pub(super) is_stream: bool,
}

/// Carries a request with a key out once.
pub(super) async fn once(
    State(once): State<Once>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let Some(key) = key_of(request.headers())? else { return Ok(next.run(request).await) };
    let caller = request.extensions().get::<Caller>().map(place).unwrap_or_default();
    let Some(id) = request.extensions().get::<RequestId>().copied() else {
        return Ok(next.run(request).await);
    };
    let (mut parts, body) = request.into_parts();
    if once.is_stream {
        parts.extensions.insert(StreamKey { caller, key, request: id });
        return Ok(next.run(Request::from_parts(parts, body)).await);
    }
    let body = read_body(body).await?;
    let hash = hash(&parts.method, &parts.uri, &body);
    let attempt = Attempt { caller, key, hash, request: id, made: None };
    carry_out(&once.control, attempt, once.resumes, async |attempt| {
        let mut request = Request::from_parts(parts, Body::from(body));
        request.extensions_mut().insert(attempt);
        Ok(next.run(request).await)
    })
    .await
}

/// The key of a request whose body is a stream: an extension of the request.
#[derive(Debug, Clone)]
pub(super) struct StreamKey {
    caller: String,
    key: String,
    request: RequestId,
}

impl StreamKey {
    /// Carries the request out once; `what` is what makes two of them the same. A repetition whose answer was lost is
    /// answered by `run`, which finds what was made in the attempt.
    pub(super) async fn once(
        self,
        control: &Control,
        what: &[u8],
        run: impl AsyncFnOnce(Arc<Attempt>) -> Result<Response, Problem>,
    ) -> Result<Response, Problem> {
        let Self { caller, key, request } = self;
        let attempt = Attempt { caller, key, hash: sha256(what), request, made: None };
        carry_out(control, attempt, true, run).await
    }
}

async fn carry_out(
    control: &Control,
    mut attempt: Attempt,
    resumes: bool,
    run: impl AsyncFnOnce(Arc<Attempt>) -> Result<Response, Problem>,
) -> Result<Response, Problem> {
    let lock = control.attempts().of(&attempt.caller, &attempt.key);
    let _alone = lock.lock().await;
    if let Some(earlier) = attempt.earlier(&control.parts().database).await? {
        match earlier {
            Earlier { is_same: false, .. } => return Err(Code::IdempotencyKeyReused.into()),
            Earlier { answer: Some(answer), .. } => return Ok(replay(answer)),
            Earlier { subject: Some(subject), .. } if resumes => attempt.made = Some(subject),
            _ => return Err(Code::AlreadyDone.into()),
        }
    }
    let attempt = Arc::new(attempt);
    let response = run(Arc::clone(&attempt)).await.unwrap_or_else(Problem::into_response);
    settle(control, &attempt, response).await
}

/// Whose keys these are. Somebody who is in several workspaces has keys of their own in each: an answer in one is none in
/// another, not even for who was removed from the one meanwhile.
fn place(caller: &Caller) -> String {
    match caller {
        Caller::Member { workspace, .. } => format!("{}@{workspace}", caller.name()),
        other => other.name().into_owned(),
    }
}

/// Keeps the answer, or frees the key when there is nothing to keep.
async fn settle(control: &Control, attempt: &Attempt, response: Response) -> Result<Response, Problem> {
    let (database, status) = (&control.parts().database, response.status());
    if !status.is_success() {
        // Without an answer of the engine it is unknown whether it did what was asked.
        if status != StatusCode::GATEWAY_TIMEOUT
            && let Err(error) = attempt.free(database).await
        {
            tracing::warn!(error = chain(&error), "an idempotency key could not be freed");
        }
        return Ok(response);
    }
    let kind = response.headers().get(header::CONTENT_TYPE);
    if kind.is_some_and(|kind| kind != "application/json") {
        // A stream cannot be kept; whoever asks again is answered by the handler.
        return Ok(response);
    }
    let (mut parts, body) = response.into_parts();
    let bytes = body.collect().await.map_err(|error| Problem::internal(&error))?.to_bytes();
    let body = match parts.extensions.remove::<KeepInstead>() {
        Some(KeepInstead(value)) => Some(value.to_string()),
        None => String::from_utf8(bytes.to_vec()).ok().filter(|text| !text.is_empty()),
    };
    let kept = Kept { status: status.as_u16(), headers: kept_headers(&parts.headers), body };
    // The change is made, and its record with it: what is lost here is the answer's exact form.
    if let Err(error) = attempt.keep(database, &kept).await {
        tracing::warn!(error = chain(&error), "an answer could not be kept for its repetition");
    }
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

fn kept_headers(headers: &HeaderMap) -> Value {
    let text = |name: &HeaderName| Some(headers.get(name)?.to_str().ok()?.to_owned());
    let kept = KEPT_HEADERS.iter().filter_map(|name| Some((name.to_string(), json!(text(name)?))));
    Value::Object(kept.collect::<Map<_, _>>())
}

fn replay(answer: Kept) -> Response {
    let Kept { status, headers, body } = answer;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let lines = response.headers_mut();
    for name in KEPT_HEADERS {
        if let Some(value) = headers[name.as_str()].as_str().and_then(|text| text.parse().ok()) {
            lines.insert(name, value);
        }
    }
    lines.insert(REPLAYED, HeaderValue::from_static("true"));
    if let Some(body) = body {
        lines.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *response.body_mut() = Body::from(body);
    }
    response
}

/// What makes two requests the same.
fn hash(method: &Method, uri: &Uri, body: &[u8]) -> [u8; 32] {
    let mut text = format!("{method} {uri}\0").into_bytes();
    text.extend_from_slice(body);
    sha256(&text)
}

fn key_of(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(line) = single(headers, &IDEMPOTENCY_KEY) else { return Ok(None) };
    let is_usable =
        |key: &&str| (1..=MAX_KEY).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    let key = line.ok().filter(is_usable);
    key.map(|key| Some(key.to_owned())).ok_or_else(|| Code::InvalidIdempotencyKey.into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(lines: &[&str]) -> Result<Option<String>, ()> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(IDEMPOTENCY_KEY, line.parse().unwrap());
        }
        key_of(&headers).map_err(drop)
    }

    #[test]
    fn a_key_is_short_visible_and_alone() {
        assert_eq!(key(&[]), Ok(None));
        assert_eq!(key(&["\"8e03978e\""]), Ok(Some("\"8e03978e\"".into())));
        for bad in [&[""][..], &["a b"], &["a", "b"], &[&"a".repeat(129)]] {
            assert_eq!(key(bad), Err(()), "{bad:?}");
        }
    }

    #[test]
    fn locks_are_forgotten_with_their_last_holder() {
        let attempts = Attempts::default();
        let (one, twin) = (attempts.of("a", "k"), attempts.of("a", "k"));
        assert!(Arc::ptr_eq(&one, &twin) && !Arc::ptr_eq(&one, &attempts.of("b", "k")));
        drop((one, twin));
        let _other = attempts.of("c", "k");
        assert_eq!(attempts.0.lock().unwrap().len(), 1);
    }

    proptest! {
        #[test]
        fn no_line_panics(line in "[ -~]{0,80}") {
            let _ = key(&[&line]);
        }
    }
}
