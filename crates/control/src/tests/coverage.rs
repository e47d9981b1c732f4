//! Every request of every test is held to what its route writes into the log: exactly one event, or none for the reason that
//! stands there.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, OnceLock},
};

use axum::http::{Extensions, HeaderMap, Method, StatusCode, Uri};

use super::api::Answer;
use crate::{
    audit::{Coverage, EventType, Known, REFUSALS, Writes},
    coverage,
};

/// What is asked, as far as the check needs it.
pub(super) struct Asked {
    method: Method,
    path: String,
    /// Whether it repeats a request of before, which writes nothing.
    is_repeated: bool,
}

impl Asked {
    pub(super) fn new(method: &Method, uri: &Uri, headers: &HeaderMap) -> Self {
        static KEYS: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
        let key = headers.get("idempotency-key").map(|key| format!("{key:?}"));
        let is_repeated = key.is_some_and(|key| !KEYS.lock().unwrap().insert(key));
        Self { method: method.clone(), path: uri.path().to_owned(), is_repeated }
    }
}

fn line_of(method: &Method, path: &str) -> Option<&'static Coverage> {
    static LINES: OnceLock<Vec<Coverage>> = OnceLock::new();
    let fits = |pattern: &str| {
        let (mut pattern, mut words) = (pattern.split('/'), path.split('/'));
        loop {
            match (pattern.next(), words.next()) {
                (None, None) => return true,
                (Some(rest), Some(_)) if rest.starts_with("{*") => return true,
                (Some(expected), Some(word)) if expected == word || expected.starts_with('{') => {}
                _ => return false,
            }
        }
    };
    // What has no parameter goes before what has one.
    let lines = LINES.get_or_init(|| {
        let mut lines = coverage();
        lines.sort_by_key(|line| line.path.contains('{'));
        lines
    });
    lines.iter().find(|line| line.method == *method && fits(&line.path))
}

/// Whether a request wrote exactly what its route writes.
pub(super) fn assert_covered(asked: &Asked, extensions: &Extensions, answer: &Answer) {
    let Some(known) = extensions.get::<Arc<Known>>() else { return };
    let (status, written) = (answer.status, known.written());
    let told = || {
        let names: Vec<_> = written.iter().map(|kind| kind.name()).collect();
        format!("{} {} answered {status} and wrote {names:?}: {}", asked.method, asked.path, answer.text)
    };
    let Some(line) = line_of(&asked.method, &asked.path) else {
        assert!(written.is_empty(), "{}, and is no route", told());
        return;
    };
    let Writes::One { events, unless, refused, besides } = line.writes else {
        let is_limited = status == StatusCode::TOO_MANY_REQUESTS;
        let expected: &[EventType] = if is_limited { &[EventType::RateLimitExceeded] } else { &[] };
        assert_eq!(written, expected, "{}", told());
        return;
    };
    let is_refusal = |kind: &&EventType| REFUSALS.contains(kind) || refused.contains(kind);
    let refusals = written.iter().filter(is_refusal).count();
    let of = |kind: &EventType| written.iter().filter(|one| *one == kind).count();
    // The first of them that is written tells what came of it.
    let primary = events.iter().map(of).find(|count| *count > 0).unwrap_or_default();
    let may = |kind: &EventType| is_refusal(&kind) || events.contains(kind) || besides.contains(kind);
    // Through this door there is no such route.
    let is_nowhere = status == StatusCode::NOT_FOUND && answer.text.contains(r#""code":"not_found""#);
    let is_right = match status {
        status if status.is_server_error() => true,
        status if status.is_client_error() => refusals == 1 || is_nowhere,
        _ if refusals > 0 => refusals == 1,
        _ if asked.is_repeated => primary <= 1,
        _ if unless.is_empty() => primary == 1,
        _ => primary <= 1,
    };
    assert!(is_right && written.iter().all(may), "{}, and not exactly what its row says", told());
}

#[test]
fn only_what_changes_nothing_writes_nothing() {
    let silent = coverage().into_iter().filter(|line| matches!(line.writes, Writes::Nothing(_)));
    let silent: Vec<_> = silent.filter(|line| line.method != Method::GET).map(|line| line.path).collect();
    let would = [
        // What is done with these is told by the event of the certificate that they are for.
        "/v1/certificate-records/take",
        "/v1/certificate-records/{record}",
        "/v1/imports/check",
        "/v1/restores/check",
        "/v1/instance/drill",
        "/w/{workspace}/t/{tenant}/sign-in-page/preview",
    ];
    assert_eq!(silent, would, "a POST that says or shows what would be, or hands over what is in memory");
}
