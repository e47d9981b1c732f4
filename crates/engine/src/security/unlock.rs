//! Letting somebody in again.

use std::net::IpAddr;

use kiavi_base::{EmailAddress, network_of};
use serde_json::json;

use super::lock_outs::{Who, counters};
use crate::{
    ApiError, Context, State,
    audit::{self, Event, EventType, Method, Outcome, address_reference},
    rate_limit,
};

/// What stands for an address in the log: this and so many hexadecimal digits.
const REFERENCE: (&str, usize) = ("address:", 24);

impl Who {
    /// Whom a text names: an e-mail address, what stands for one in the log, an IP address, or `tenant`.
    pub(super) fn parse(state: &State, text: &str) -> Option<Self> {
        let (prefix, length) = REFERENCE;
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        match text.strip_prefix(prefix) {
            Some(hash) if hash.len() == length && hash.bytes().all(is_digit) => {
                return Some(Self::Reference(text.to_owned()));
            }
            _ if text == "tenant" => return Some(Self::Tenant),
            _ => {}
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Some(Self::Network(network_of(address)));
        }
        let email = text.parse::<EmailAddress>().ok()?;
        Some(Self::Reference(address_reference(state, email.as_str())))
    }

    /// What stands for them in the log.
    fn reference(&self, state: &State) -> Option<String> {
        match self {
            Self::Tenant => None,
            Self::Network(network) => Some(address_reference(state, &network.to_string())),
            Self::Reference(reference) => Some(reference.clone()),
        }
    }
}

/// Starts every counter anew that keeps somebody out; the limits whose counters these were. Those that do not are left as they
/// are, so whoever has nothing to be let in to gains nothing.
///
/// # Errors
/// Those of the statements.
pub(super) async fn unlock(
    state: &State,
    context: &Context,
    who: &Who,
) -> Result<Vec<&'static str>, ApiError> {
    let (mut settings, mut all) = (Vec::new(), Vec::new());
    for limit in who.limits() {
        for counter in counters(state, limit, who) {
            settings.push(limit.setting);
            all.push(counter);
        }
    }
    let transaction = state.database.begin().await?;
    let lifted = rate_limit::lift(&transaction, state, &all).await?;
    let mut lifted: Vec<_> = lifted.into_iter().filter_map(|place| settings.get(place).copied()).collect();
    lifted.dedup();
    if !lifted.is_empty() {
        let reference = who.reference(state);
        let event = Event {
            subject: reference.as_deref(),
            method: Some(Method::Management),
            detail: Some(json!({ "limits": lifted, "counted_by": who.key().name() })),
            ..Event::new(EventType::RateLimitLifted, Outcome::Success)
        };
        audit::record(&transaction, state, context, event).await?;
    }
    transaction.commit().await?;
    Ok(lifted)
}
