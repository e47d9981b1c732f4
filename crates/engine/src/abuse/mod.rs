//! Who may not come in, and what asking for a mail costs.
//!
//! Three lists of the settings. A blocked network meets 403 on every path ([`is_blocked`], asked by the request
//! context). A domain that is blocked, not among the allowed ones, or of throwaway addresses gets no new user
//! ([`refuse_newcomer`]): whoever asks for a code there meets the same answer as everybody, and no mail leaves; the
//! event names the cause. The lists of domains do not touch who is a user already, so that a line in a list can lock
//! nobody out; to end a user's access is what a ban is for.
//!
//! A captcha ([`captcha`]) makes each mail that somebody asks for cost them some work. Limits are in
//! [`crate::rate_limit`].

pub mod captcha;
mod domains;
mod settings;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use crate::Settings;

pub use domains::{Domain, InvalidDomain};
pub(crate) use domains::{refuse_domain, refuse_newcomer};
pub use settings::AbuseSettings;

/// Rides on the 403 of a blocked network: the pages tell it in words.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NetworkBlocked;

/// Whether nothing is answered to `client`.
pub(crate) fn is_blocked(settings: &Settings, client: IpAddr) -> bool {
    settings.abuse.blocked_networks.iter().any(|network| network.contains(client))
}
