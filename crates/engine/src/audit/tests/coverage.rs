//! Every request of every test is held to what its route may write, and the table to the routes that there are.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use axum::http::{Method, StatusCode};
use jiff::SignedDuration;

use super::super::{ANYWHERE, COVERAGE, Coverage, EventType, REFUSALS, Success};
use crate::{
    Rate, Settings, State,
    abuse::captcha::{Captcha, ProofOfWork},
    tests::{Answer, Browser, TestTenant},
};

/// What is known of a request's route.
fn line_of(method: &Method, path: &str) -> Option<&'static Coverage> {
    let fits = |pattern: &str| {
        let (mut pattern, mut words) = (pattern.split('/'), path.split('/'));
        loop {
            match (pattern.next(), words.next()) {
                (None, None) => return true,
                (Some(rest), Some(word)) if rest.starts_with("{*") => return !word.is_empty(),
                (Some(expected), Some(word))
                    if expected == word || (expected.starts_with('{') && !word.is_empty()) => {}
                _ => return false,
            }
        }
    };
    COVERAGE.iter().find(|line| line.method == method.as_str() && fits(line.path))
}

/// Whether a request wrote exactly what its route writes: one event that says what came of it, and what follows from that.
pub(crate) fn assert_covered(state: &State, (method, path): (&Method, &str), answer: &Answer) {
    let Some(id) = answer.headers.get("x-request-id").and_then(|id| id.to_str().ok()) else { return };
    let written: Vec<_> = {
        let mut seen = state.log.seen.lock().unwrap();
        let (own, others) = seen.drain(..).partition(|(request, _)| request == id);
        *seen = others;
        own
    };
    let line = line_of(method, path);
    let is_own =
        |kind: &EventType| !ANYWHERE.contains(kind) || line.is_some_and(|line| line.events().contains(kind));
    let kinds: Vec<_> = written.into_iter().map(|(_, kind)| kind).filter(is_own).collect();
    let told = || {
        let names: Vec<_> = kinds.iter().map(|kind| kind.name()).collect();
        format!("{method} {path} answered {} and wrote {names:?}", answer.status)
    };
    let Some(line) = line else {
        assert!(kinds.is_empty(), "{}, and is no route", told());
        return;
    };
    // What tells of both tells of what was answered.
    let is_refusal = |kind: &&EventType| {
        let tells_success = !answer.status.is_client_error() && line.events().contains(*kind);
        line.tells_refusal(**kind) && !tells_success
    };
    let (refusals, others): (Vec<_>, Vec<_>) = kinds.iter().partition(is_refusal);
    let (successes, besides): (Vec<_>, Vec<_>) =
        others.into_iter().partition(|kind| line.events().contains(kind));
    assert!(besides.iter().all(|kind| line.besides.contains(kind)), "{}", told());
    // Of what may tell it, the first that is written does; the others follow from it.
    let of = |kind: &EventType| kinds.iter().filter(|one| *one == kind).count();
    let primary = |kinds: &[EventType]| kinds.iter().map(of).find(|count| *count > 0).unwrap_or_default();
    let refused_once = primary(&[line.refused, REFUSALS].concat()) == 1;
    // A route that is switched off is none.
    let is_mounted =
        answer.status != StatusCode::NOT_FOUND || !answer.text.is_empty() || !refusals.is_empty();
    let is_right = match (answer.status, line.success) {
        // A fault is in no log that it would have to be written to.
        (status, _) if status.is_server_error() => true,
        (status, Success::Nothing(_)) if line.only_reads() => {
            let is_limited = status == StatusCode::TOO_MANY_REQUESTS;
            successes.is_empty() && refusals.len() <= 1 && (!is_limited || refusals.len() == 1)
        }
        (status, _) if status.is_client_error() => refused_once || !is_mounted,
        (_, _) if !refusals.is_empty() => refused_once,
        (_, Success::Nothing(_)) => true,
        (_, Success::One(kinds)) => primary(kinds) == 1,
        (_, Success::OneUnless(kinds, _)) => successes.is_empty() || primary(kinds) == 1,
        (_, Success::Each(..)) => true,
    };
    assert!(is_right, "{}, and not exactly what audit::COVERAGE says", told());
    let outcome = match answer.status {
        StatusCode::TOO_MANY_REQUESTS => return,
        status if status.is_client_error() || !refusals.is_empty() => Exercised::Refused,
        status if status.is_server_error() => return,
        _ => Exercised::Succeeded,
    };
    note_exercised(line, outcome);
}

/// What may come of a request, as far as tests must have seen it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Exercised {
    Succeeded,
    Refused,
}

/// Where the tests of a run note what they have seen, if anybody asks.
const MATRIX: &str = "KIAVI_EVENT_MATRIX";

fn note_exercised(line: &Coverage, outcome: Exercised) {
    let Some(folder) = std::env::var_os(MATRIX) else { return };
    let name = format!("{} {} {outcome:?}", line.method, line.path).replace('/', "|");
    fs::write(Path::new(&folder).join(name), "").unwrap();
}

/// `scripts/test` runs this after all others, in the folder that they noted in.
#[test]
#[ignore = "looks at what the other tests of a run have seen"]
fn every_outcome_of_every_route_was_seen() {
    let folder = std::env::var_os(MATRIX).expect(MATRIX);
    let missing: Vec<_> = COVERAGE
        .iter()
        .filter(|line| !line.only_reads())
        .flat_map(|line| {
            let outcomes = [Exercised::Succeeded, Exercised::Refused];
            outcomes.map(|outcome| format!("{} {} {outcome:?}", line.method, line.path))
        })
        .filter(|name| !Path::new(&folder).join(name.replace('/', "|")).exists())
        .collect();
    assert!(missing.is_empty(), "no test has seen: {missing:#?}");
}

/// One that leads to a route, whatever its parameters.
fn request_for(line: &Coverage) -> String {
    let path = line.path.replace("{*path}", "0/000");
    let words = path.split('/').map(|word| if word.starts_with('{') { "nothing" } else { word });
    let path = words.collect::<Vec<_>>().join("/");
    match path.strip_prefix("/api/auth") {
        Some(path) => path.to_owned(),
        None => format!("/{path}"),
    }
}

/// Asks for a route as somebody who proves nothing and says nothing, and what the log has of the request.
async fn ask(tenant: &TestTenant, browser: &mut Browser, line: &Coverage) -> (Answer, Vec<String>) {
    let method = line.method.parse().unwrap();
    let is_form = !line.path.starts_with("/api/") && !line.path.starts_with("/management/");
    let (kind, body) = match is_form {
        true => ("application/x-www-form-urlencoded", ""),
        false => ("application/json", "{}"),
    };
    let body = (line.method == "POST").then(|| body.to_owned());
    let answer = browser.send(method, &request_for(line), body, &[("content-type", kind)]).await;
    let id = answer.headers.get("x-request-id").map(|id| id.to_str().unwrap().to_owned());
    let question =
        "SELECT type FROM kiavi.audit_event WHERE request_id = $1 AND type <> 'management.requested'";
    let rows = tenant.admin.query(question, &[&id]).await.unwrap();
    (answer, rows.iter().map(|row| row.get(0)).collect())
}

fn switch_all_on(settings: &mut Settings) {
    settings.multi_session.is_enabled = true;
    settings.one_time_token.is_enabled = true;
    settings.magic_link.is_enabled = true;
    settings.abuse.captcha = Some(Captcha::ProofOfWork(ProofOfWork::default()));
}

#[tokio::test]
async fn whoever_proves_nothing_leaves_one_event_of_each_refusal_and_none_of_a_read() {
    let tenant = TestTenant::with(switch_all_on).await;
    for (line, is_foreign) in COVERAGE.iter().flat_map(|line| [(line, false), (line, true)]) {
        // Room for each in the log.
        tenant.clock.advance(SignedDuration::from_secs(60));
        let mut browser = tenant.browser();
        if is_foreign {
            browser.origin = Some("https://elsewhere.example".to_owned());
        }
        let (answer, written) = ask(&tenant, &mut browser, line).await;
        let told = format!("{} {} answered {} and wrote {written:?}", line.method, line.path, answer.status);
        assert!(!answer.status.is_server_error(), "{told}");
        let is_refused = answer.status.is_client_error() && !(answer.status == 404 && answer.text.is_empty());
        match line.only_reads() || !is_refused {
            true => assert!(written.len() <= 1, "{told}"),
            false => assert_eq!(written.len(), 1, "{told}"),
        }
    }
}

#[tokio::test]
async fn whoever_is_limited_leaves_one_event_wherever_that_is() {
    let tenant = TestTenant::with(|settings| {
        let once = Some(Rate { limit: 1, window_seconds: 3_600 });
        (settings.rate_limits.general, settings.rate_limits.session_check) = (once, once);
        switch_all_on(settings);
    })
    .await;
    for line in COVERAGE.iter().filter(|line| !line.path.starts_with("/management/")) {
        tenant.clock.advance(SignedDuration::from_secs(60));
        let mut browser = tenant.browser();
        ask(&tenant, &mut browser, line).await;
        let (answer, written) = ask(&tenant, &mut browser, line).await;
        if answer.status != StatusCode::NOT_FOUND {
            assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{} {}", line.method, line.path);
            assert_eq!(written, ["rate_limit.exceeded"], "{} {}", line.method, line.path);
        }
    }
}

#[tokio::test]
async fn a_flood_of_refusals_is_counted_and_told_once_a_minute() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.browser();
    for _ in 0..25 {
        let answer = browser.post("/update-user", serde_json::json!({ "name": "Ada" })).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
    let refused = tenant.log("request.refused").await;
    assert_eq!(refused.len(), 10, "those that a network has in a minute");
    assert_eq!(refused[0].fact("path"), "/api/auth/update-user");
    assert_eq!((refused[0].fact("code"), refused[0].actor()), ("UNAUTHORIZED", None));
    assert_eq!(super::super::tell_counted(tenant.state(), false).await.unwrap(), 0, "the minute is not over");
    tenant.clock.advance(SignedDuration::from_secs(60));
    assert_eq!(super::super::tell_counted(tenant.state(), false).await.unwrap(), 1);
    let facts = tenant.facts("refusals.counted").await;
    assert_eq!(facts["refusals"], serde_json::json!({ "request.refused": 15 }));
    assert_eq!(super::super::tell_counted(tenant.state(), true).await.unwrap(), 0, "told once");
}

#[tokio::test]
async fn a_refused_user_is_named_and_has_room_of_their_own() {
    let tenant = TestTenant::new().await;
    let mut nobody = tenant.browser();
    let mut ada = tenant.signed_in("ada@example.com").await;
    for _ in 0..20 {
        nobody.post("/update-user", serde_json::json!({ "name": "Ada" })).await;
    }
    let answer = ada.post("/passkey/delete-passkey", serde_json::json!({ "id": "none" })).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND, "{}", answer.text);
    let event = tenant.newest("request.refused").await;
    let id: String = tenant.value(r#"SELECT id FROM "user""#, &[]).await;
    assert_eq!((event.actor(), event.subject()), (Some(id.as_str()), Some(id.as_str())));
    assert_eq!(event.facts.unwrap()["status"], 404);
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_tests = path.file_stem().is_some_and(|name| name == "tests");
        match path.is_dir() {
            _ if is_tests => {}
            true => sources(&path, found),
            false => found.push(path),
        }
    }
}

/// The routes that the sources mount: method and path.
fn mounted() -> BTreeSet<(&'static str, String)> {
    const NAMED: &[(&str, &str)] = &[
        ("SETTINGS_CHANGED", "/management/settings-changed"),
        ("CHALLENGE", "/captcha/challenge"),
        ("verify::PATH", "/api-key/verify"),
        ("connect::PAGE", "/sign-in/connect"),
        ("PAGE_OF_CONSOLE", "/sign-in/console"),
        ("PAGE_OF_ACTING", "/sign-in/acting"),
    ];
    let (mut files, mut routes) = (Vec::new(), BTreeSet::new());
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for mounted in text.split(".route(").skip(1) {
            let (path, handlers) = mounted.split_once(',').unwrap();
            if path == "API_WITH_SLASH" {
                continue;
            }
            let named = NAMED.iter().find(|(name, _)| *name == path).map(|(_, path)| *path);
            let path = named.unwrap_or_else(|| {
                path.strip_prefix('"').and_then(|path| path.strip_suffix('"')).expect(path)
            });
            let slice = file.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap();
            let is_page = ["hosted", "console", "management", "log"]
                .iter()
                .any(|page| slice.iter().any(|part| part == *page))
                || path.starts_with("/.well-known/");
            let path = if is_page { path.to_owned() } else { format!("/api/auth{path}") };
            // The call of the method and everything that is chained to it, up to the end of the line.
            let handlers = handlers.lines().next().unwrap();
            let handlers = handlers.split(".merge(").next().unwrap();
            for (method, call) in [("GET", "get("), ("POST", "post(")] {
                if handlers.trim_start().starts_with(call) || handlers.contains(&format!(").{call}")) {
                    routes.insert((method, path.clone()));
                }
            }
        }
    }
    routes
}

#[test]
fn the_table_has_every_route_and_no_other() {
    let table: BTreeSet<_> = COVERAGE.iter().map(|line| (line.method, line.path.to_owned())).collect();
    assert_eq!(table.len(), COVERAGE.len(), "a route has two lines");
    let mounted = mounted();
    let missing: Vec<_> = mounted.difference(&table).collect();
    let gone: Vec<_> = table.difference(&mounted).collect();
    assert!(missing.is_empty() && gone.is_empty(), "missing: {missing:#?}\nno route any more: {gone:#?}");
}
