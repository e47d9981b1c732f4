//! What a limit would have refused in the last week with another rate.
//!
//! The log has uses that came to something and refusals of each limit, so both are counted again in their order. It does not
//! have: refusals that were only counted (a number in the answer), what somebody would have done who was not refused, what
//! was counted before the week began, and looks at a code that leave it as it is and are right. The rate of today is counted
//! again too, beside what was refused in truth, so that the difference between these two tells how far to trust the third.

use std::collections::HashSet;

use jiff::Timestamp;
use kiavi_db::DbError;
use serde::Serialize;

use super::{
    WEEK, before,
    catalogue::{Dimension, Family, LIMITS, Limit},
    overview::untold_by,
    replay::{Gate, Refused, Use, replay},
    sources::Sources,
};
use crate::{
    Rate, State,
    audit::{self, EventType as E, Outline},
    iso_milliseconds,
};

/// Events that are read for one answer, fewer than others read: who is behind each is looked up, and they are counted three times,
/// in less than a tenth of a second (`bench/pages`). Beyond it says how far it got.
const MOST: i64 = 8_000;
/// The kinds whose facts tell whether they are a use, and of what.
const TOLD_BY_FACTS: &[E] = &[E::RateLimitExceeded, E::CodeRefused, E::RefusalsCounted];

/// What came of it.
#[derive(Debug, Serialize)]
struct Outcome {
    /// From when on the log was read.
    #[serde(serialize_with = "iso_milliseconds")]
    since: Timestamp,
    /// Whether that is a week; else there were too many events.
    is_complete: bool,
    /// Uses that the log has, refused or not.
    uses: usize,
    /// Those of them that the limit cannot count, because by what it counts is forgotten.
    nameless: usize,
    /// Refusals of any limit that are in the log as a number only.
    untold: u64,
    /// What it refused, by its events.
    did: Refused,
    /// What it refuses of the same uses as it is set now.
    as_set: Refused,
    /// What it refuses of them with the other rate.
    would: Refused,
}

/// A rate tried out.
#[derive(Debug, Serialize)]
pub(super) struct DryRun {
    setting: &'static str,
    counted_by: Dimension,
    as_set: Option<Rate>,
    tried: Rate,
    /// None where the log does not have what the limit counts.
    outcome: Option<Outcome>,
}

/// Tries `rate` in place of the limit's.
///
/// # Errors
/// Those of the statements.
pub(super) async fn run(state: &State, limit: &'static Limit, rate: Rate) -> Result<DryRun, DbError> {
    let as_set = (limit.rate)(&state.settings);
    let outcome = match limit.family {
        Some(family) => Some(count_again(state, limit, family, rate).await?),
        None => None,
    };
    Ok(DryRun { setting: limit.setting, counted_by: limit.dimension, as_set, tried: rate, outcome })
}

async fn count_again(
    state: &State,
    limit: &'static Limit,
    family: Family,
    rate: Rate,
) -> Result<Outcome, DbError> {
    let week = before(state.clock.now(), WEEK);
    let read = audit::outlines(state, family.kinds(), TOLD_BY_FACTS, week, MOST).await?;
    let untold = read.events.iter().filter_map(|event| untold_by(event.kind, event.facts.as_ref())).sum();
    let (mut uses, sources) = uses(family, &read.events);
    let gates = |tried: Option<Rate>| -> Vec<Gate> {
        let gate = |one: &Limit| Gate {
            setting: one.setting,
            dimension: one.dimension,
            scopes: one.scopes,
            rate: tried.filter(|_| one.setting == limit.setting).or_else(|| (one.rate)(&state.settings)),
        };
        family.limits().map(gate).collect()
    };
    let (as_set, would) = (gates(None), gates(Some(rate)));
    // What a limit counts by has to be known of all uses, else of those only that are refused.
    let counts_by =
        |is_it: fn(Dimension) -> bool| would.iter().any(|gate| gate.rate.is_some() && is_it(gate.dimension));
    let by_network = counts_by(|dimension| dimension == Dimension::Network);
    let by_target = counts_by(Dimension::is_target);
    sources.tell(state, (by_network, by_target), &mut [&mut uses]).await?;
    let refused = |one: &&Use| one.refused_by == Some(limit.setting);
    let mut did: Vec<_> = uses.iter().filter(refused).copied().collect();
    let mut as_set = replay(&as_set, &uses, limit.setting);
    let mut would = replay(&would, &uses, limit.setting);
    sources.tell(state, (!by_network, !by_target), &mut [&mut did, &mut as_set, &mut would]).await?;
    let is_own = |one: &&Use| limit.scopes.contains(&one.scope);
    let is_nameless = |one: &&Use| match limit.dimension {
        Dimension::Network => one.network.is_none(),
        Dimension::Tenant => false,
        _ => one.target.is_none(),
    };
    let first = read.events.first().map(|event| event.at);
    Ok(Outcome {
        since: first.filter(|_| !read.is_complete).unwrap_or(week),
        is_complete: read.is_complete,
        uses: uses.iter().filter(is_own).count(),
        nameless: uses.iter().filter(is_own).filter(is_nameless).count(),
        untold,
        did: Refused::of(&did),
        as_set: Refused::of(&as_set),
        would: Refused::of(&would),
    })
}

impl Family {
    /// The types of events that tell of its uses.
    const fn kinds(self) -> &'static [E] {
        match self {
            Self::Mails => &[
                E::CodeRequested,
                E::LinkRequested,
                E::UserDeletionRequested,
                E::RateLimitExceeded,
                E::RefusalsCounted,
            ],
            Self::Tries => &[
                E::SessionCreated,
                E::SessionRefused,
                E::CodeAccepted,
                E::CodeRefused,
                E::LinkAccepted,
                E::LinkRefused,
                E::OneTimeTokenAccepted,
                E::OneTimeTokenRefused,
                E::RateLimitExceeded,
                E::RefusalsCounted,
            ],
            Self::Guesses => &[
                E::SessionCreated,
                E::CodeAccepted,
                E::CodeRefused,
                E::RateLimitExceeded,
                E::RefusalsCounted,
            ],
            Self::Tokens => &[E::OneTimeTokenCreated, E::RateLimitExceeded, E::RefusalsCounted],
        }
    }

    /// Its limits in the order in which a request meets them: network, target, tenant.
    fn limits(self) -> impl Iterator<Item = &'static Limit> {
        let at = |limit: &Limit| match limit.dimension {
            Dimension::Network => 0,
            Dimension::Tenant => 2,
            _ => 1,
        };
        let mut limits: Vec<_> = LIMITS.iter().filter(|limit| limit.family == Some(self)).collect();
        limits.sort_by_key(|limit| at(limit));
        limits.into_iter()
    }

    /// The counter that an event tells a use of, and whether it ends a count of failures.
    fn scope(self, event: &Outline) -> Option<(&'static str, bool)> {
        let fact = |name: &str| event.facts.as_ref()?.get(name)?.as_str();
        let by_code = event.method.as_deref() == Some("email_otp");
        let limited = fact("limit").unwrap_or_default();
        let is = |kind: E| event.kind == kind;
        let found = match self {
            _ if is(E::RefusalsCounted) => return None,
            Self::Mails if is(E::RateLimitExceeded) => (limited == "code_send").then_some("code_send"),
            Self::Mails => Some("code_send"),
            Self::Tries if is(E::RateLimitExceeded) => match limited {
                // It had passed the limits of tries.
                "code_check" | "code_guesses" => Some("code_check"),
                "link_check" => Some("link_check"),
                "one_time_token_check" => Some("one_time_token_check"),
                _ => None,
            },
            Self::Tries if is(E::LinkAccepted) || is(E::LinkRefused) => Some("link_check"),
            Self::Tries if is(E::OneTimeTokenAccepted) || is(E::OneTimeTokenRefused) => {
                Some("one_time_token_check")
            }
            Self::Tries => by_code.then_some("code_check"),
            Self::Guesses if is(E::RateLimitExceeded) => {
                (limited == "code_guesses").then_some("code_guesses")
            }
            Self::Guesses if is(E::CodeRefused) => {
                (fact("reason") == Some("wrong")).then_some("code_guesses")
            }
            Self::Guesses => return by_code.then_some(("code_guesses", true)),
            Self::Tokens if is(E::RateLimitExceeded) => {
                (limited == "one_time_token").then_some("one_time_token")
            }
            Self::Tokens => Some("one_time_token"),
        };
        found.map(|scope| (scope, false))
    }
}

/// The uses that events tell of, one for each request, and what their numbers stand for.
fn uses(family: Family, events: &[Outline]) -> (Vec<Use>, Sources<'_>) {
    let (mut sources, mut seen) = (Sources::new(family), HashSet::new());
    let used = |event: &'_ Outline| {
        let (scope, is_right) = family.scope(event)?;
        Some((
            scope,
            is_right,
            Limit::told(event.facts.as_ref()).filter(|_| event.kind == E::RateLimitExceeded),
        ))
    };
    let mut uses = Vec::new();
    for event in events {
        let Some((scope, is_right, told)) = used(event) else { continue };
        if event.request_id.as_deref().is_some_and(|request| !seen.insert(request)) {
            continue;
        }
        let (network, target) = sources.number(event);
        let refused_by = told.map(|limit| limit.setting);
        uses.push(Use { at: event.at, scope, network, target, is_right, refused_by });
    }
    (uses, sources)
}

#[cfg(test)]
mod tests {
    use super::{super::lock_outs::GUESSES, *};

    #[test]
    fn limits_are_met_from_the_network_to_the_tenant() {
        let order: Vec<_> = Family::Mails.limits().map(|limit| limit.setting).collect();
        let of_mails = ["per_network", "per_address", "per_tenant"];
        assert_eq!(order, of_mails.map(|by| format!("rate_limits.code_send_{by}")));
        let guesses: Vec<_> = Family::Guesses.limits().map(|limit| limit.setting).collect();
        assert_eq!(guesses, [GUESSES]);
    }
}
