//! Which events a tenant's log can have (`docs/audit-events.md`), made of the types that are written.

use std::fmt::Write as _;

use kiavi_engine::audit::{COVERAGE, EventType};

const HEAD: &str = "# Events of the audit log

Every event has `id`, `seq`, `type`, `outcome` (`success` or `failure`), `at`, `request_id`, `actor`, `subject`, `method`,
`ip`, `user_agent`, `facts` and `personal`; what there is not is `null`. `facts` are about the type; `personal` is what
the event says of its subject's person: addresses, names, and what these were before. `personal`, `ip` and `user_agent`
are encrypted in the log under the key of the person whose they are, and `null` once that person is erased; then
`is_erased` is true. `kiavi audit list TENANT --type 'session.*'` lists them.

This page is made of the program: `kiavi generate audit-events`.
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
    page.push_str(
        "\n## What each request writes\n\nBesides these, any request can hit a limit (`rate_limit.exceeded`, written ten times \
         a minute for each network),\nfail at the captcha or at an API key, and an operator's is `management.requested`. What \
         is malformed is refused\nbefore it means anything, and writes nothing.\n\n| request | events |\n|---|---|\n",
    );
    for route in COVERAGE {
        let events: Vec<_> = route.events.iter().map(|kind| format!("`{}`", kind.name())).collect();
        let events = if events.is_empty() { format!("none: {}", route.because) } else { events.join(", ") };
        let _ = writeln!(page, "| {} `{}` | {events} |", route.method, route.path);
    }
    page
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
