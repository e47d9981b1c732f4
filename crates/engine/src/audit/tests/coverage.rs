//! Every request of every test is held to what its route may write, and the table to the routes that there are.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use axum::http::{Method, header};

use super::super::{ANYWHERE, COVERAGE, Coverage};
use crate::{State, tests::Answer};

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

/// Whether what a request wrote is what its route may write, and whether it wrote what it must.
pub(crate) fn assert_covered(state: &State, (method, path): (&Method, &str), answer: &Answer) {
    let Some(id) = answer.headers.get("x-request-id").and_then(|id| id.to_str().ok()) else { return };
    let written: Vec<_> = {
        let mut seen = state.log.seen.lock().unwrap();
        let (own, others) = seen.drain(..).partition(|(request, _)| request == id);
        *seen = others;
        own
    };
    let line = line_of(method, path);
    for (_, kind) in &written {
        let may = line.is_some_and(|line| line.events.contains(kind)) || ANYWHERE.contains(kind);
        assert!(may, "{method} {path} writes {}, which audit::COVERAGE does not say", kind.name());
    }
    let must = line.is_some_and(|line| line.is_sure) && answer.status.is_success();
    assert!(!must || !written.is_empty(), "{method} {path} answered {} and wrote nothing", answer.status);
    // What is told to go elsewhere has failed or succeeded, too; there is no telling which.
    let _ = header::LOCATION;
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
    for line in COVERAGE {
        assert_eq!(
            line.events.is_empty(),
            !line.because.is_empty(),
            "{} needs a reason or events",
            line.path
        );
    }
}
