//! What codes that come to nothing cost the network that brings them.
//!
//! Anybody can begin a sign-in and come back with a code of their own making, and each has the provider asked, over
//! connections that the tenant has for everybody. So a network has a number of codes on account: one is taken when a
//! code is traded, and given back when that worked, or when it was the provider that failed.

use std::net::IpAddr;

use crate::{Context, Rate, State};

/// Where codes are counted.
const SCOPE: &str = "social.code";

/// One code that is being traded. Dropped without a word, it stays on the network's account.
pub(super) struct Attempt<'a> {
    state: &'a State,
    network: IpAddr,
    rate: Option<Rate>,
}

/// Takes one code of the network's; `None` if it has none left.
pub(super) fn take<'a>(state: &'a State, context: &Context) -> Option<Attempt<'a>> {
    let (network, rate) = (context.network(), state.settings.social.failed_per_network);
    if let Some(rate) = rate {
        state.limiter.check(network, SCOPE, rate, state.clock.now()).ok()?;
    }
    Some(Attempt { state, network, rate })
}

impl Attempt<'_> {
    /// The code was good, or nobody knows.
    pub(super) fn give_back(self) {
        if let Some(rate) = self.rate {
            self.state.limiter.give_back(self.network, SCOPE, rate);
        }
    }
}
