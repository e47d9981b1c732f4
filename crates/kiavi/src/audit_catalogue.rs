//! Which events a tenant's log can have (`docs/audit-events.md`), made of the types that are written.

use std::fmt::Write as _;

use kiavi_control::{EventType as OfControl, Writes};
use kiavi_engine::audit::{COVERAGE, Coverage, EventType, Success};

const HEAD: &str = "# Events of the audit log

Every event has `id`, `seq`, `type`, `outcome` (`success` or `failure`), `at`, `request_id`, `actor`, `subject`, `method`,
`ip`, `country`, `network`, `user_agent`, `browser`, `os`, `device`, `facts` and `personal`; what there is not is `null`.
`facts` are about the type; `personal` is what the event says of its subject's person: addresses, names, and what these
were before. `personal` and everything from `ip` to `device` are encrypted in the log under the key of the person whose
they are, and `null` once that person is erased; then `is_erased` is true. Where country, network and device come from is
in [audit.md](audit.md). `kiavi audit list TENANT --type 'session.*'` lists events.

This page is made of the program: `kiavi generate audit-events`.
";

const REQUESTS: &str = "
## What each request writes

A request that succeeds writes exactly one event that says what came of it: the first of the column *success* that is
written. One that is refused writes exactly one of the column *refusal*, before its answer leaves, or `rate_limit.exceeded`
(a limit was hit), `captcha.refused` or `api_key.refused`. What follows from either stands beside it. A request that only reads
writes nothing, unless it hits a limit or shows an API key that is refused.

Beside all that, an operator's request has `management.requested`, which is written before it is served; a request whose
answer carries a token may make the key that signs it (`signing_key.created`, `signing_key.rotated`); and an API key that is
spent is removed (`api_key.deleted`). What ends in a fault (5xx) has changed nothing that is not in the log; the fault itself is
in the operator's log.

Refusals are anybody's to provoke, so a network has ten a minute of each type in the log, and those whom nobody knows have a
hundred together. The rest is counted, and told once a minute by `refusals.counted`. Every request is in the access log.

| request | success | refusal | besides |
|---|---|---|---|
";

/// The page.
pub(crate) fn page() -> String {
    let mut page = HEAD.to_owned();
    page.push_str("\n## Types\n\n| type | meaning | webhooks |\n|---|---|---|\n");
    for kind in EventType::ALL {
        let published = if kind.is_published() { "yes" } else { "no" };
        // Writing to a string does not fail.
        let _ = writeln!(page, "| `{}` | {} | {published} |", kind.name(), kind.about());
    }
    page.push_str(REQUESTS);
    for route in COVERAGE {
        let _ = writeln!(page, "| {} `{}` | {} |", route.method, route.path, written(route));
    }
    page.push_str("\n## The control plane's own log\n\n| type | meaning |\n|---|---|\n");
    for kind in OfControl::ALL {
        let _ = writeln!(page, "| `{}` | {} |", kind.name(), kind.about());
    }
    page.push_str("\n| request | success | refusal | besides |\n|---|---|---|---|\n");
    for route in kiavi_control::coverage() {
        let _ =
            writeln!(page, "| {} `{}` | {} |", route.method, route.path, written_by_control(route.writes));
    }
    page
}

fn listed(names: impl Iterator<Item = &'static str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn unless(case: &str) -> String {
    if case.is_empty() { String::new() } else { format!(", unless {case}") }
}

/// The cells of a route of the engine's.
fn written(route: &Coverage) -> String {
    let all = |kinds: &[EventType]| listed(kinds.iter().map(|kind| kind.name()));
    let success = match route.success {
        Success::Nothing(because) => format!("none: {because}"),
        Success::One(kinds) => all(kinds),
        Success::OneUnless(kinds, case) => all(kinds) + &unless(case),
        Success::Each(kinds, case) => format!("{} for each{}", all(kinds), unless(case)),
    };
    let refusal = match (route.only_reads(), route.refused) {
        (true, _) => String::new(),
        (false, []) => "`request.refused`".to_owned(),
        (false, kinds) => format!("{}, `request.refused`", all(kinds)),
    };
    format!("{success} | {refusal} | {}", all(route.besides))
}

/// The same of one of the control plane's.
fn written_by_control(writes: Writes) -> String {
    let all = |kinds: &[OfControl]| listed(kinds.iter().map(|kind| kind.name()));
    match writes {
        Writes::Nothing(because) => format!("none: {because} | | "),
        Writes::One { events, unless: case, refused, besides } => {
            let refused = if refused.is_empty() { String::new() } else { all(refused) + ", " };
            format!("{}{} | {refused}`request.refused` | {}", all(events), unless(case), all(besides))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_in_docs_is_the_one_that_is_made() {
        let docs = include_str!("../../../docs/audit-events.md");
        assert!(docs == page(), "kiavi generate audit-events > docs/audit-events.md");
    }
}
