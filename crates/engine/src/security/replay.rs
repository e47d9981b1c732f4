//! Counting uses again, by rates that may be others than they were.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use serde::Serialize;

use super::catalogue::Dimension;
use crate::{Rate, rate_limit::arrive};

/// One use of what is limited, as the log has it. Networks and targets have numbers: all that is asked of two is whether they are
/// the same.
#[derive(Debug, Clone, Copy)]
pub(super) struct Use {
    pub(super) at: Timestamp,
    /// The counter that it was.
    pub(super) scope: &'static str,
    /// None where that is forgotten.
    pub(super) network: Option<usize>,
    /// The address or account that it was about.
    pub(super) target: Option<usize>,
    /// Whether it ends a count of failures.
    pub(super) is_right: bool,
    /// The limit that refused it.
    pub(super) refused_by: Option<&'static str>,
}

impl Use {
    /// The number of what a limit of this dimension counts it under.
    fn key(&self, dimension: Dimension) -> Option<usize> {
        match dimension {
            Dimension::Network => self.network,
            // Everybody is one.
            Dimension::Tenant => Some(0),
            _ => self.target,
        }
    }
}

/// A limit that uses meet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gate {
    pub(super) setting: &'static str,
    pub(super) dimension: Dimension,
    pub(super) scopes: &'static [&'static str],
    /// Without one it refuses nothing.
    pub(super) rate: Option<Rate>,
}

/// What one limit refused.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Refused {
    pub(super) requests: usize,
    /// From so many networks.
    pub(super) networks: usize,
    /// About so many addresses or accounts, as far as the log tells.
    pub(super) people: usize,
}

impl Refused {
    /// Of these uses.
    pub(super) fn of(uses: &[Use]) -> Self {
        let networks: HashSet<_> = uses.iter().filter_map(|one| one.network).collect();
        let people: HashSet<_> = uses.iter().filter_map(|one| one.target).collect();
        Self { requests: uses.len(), networks: networks.len(), people: people.len() }
    }
}

/// Lets uses, in their order, meet the limits one after the other, as requests do; what the one called `asked` refuses. A use
/// that is refused is counted by none that would come after, nor by the one that refuses it.
pub(super) fn replay(gates: &[Gate], uses: &[Use], asked: &str) -> Vec<Use> {
    // Of each gate, by the place of the counter and by what is counted.
    let mut arrivals = vec![HashMap::<(usize, usize), Timestamp>::new(); gates.len()];
    let mut refused = Vec::new();
    for one in uses {
        for (gate, arrivals) in gates.iter().zip(&mut arrivals) {
            let Some(scope) = gate.scopes.iter().position(|scope| *scope == one.scope) else { continue };
            let (Some(rate), Some(key)) = (gate.rate, one.key(gate.dimension)) else { continue };
            let key = (scope, key);
            match arrive(arrivals.get(&key).copied(), one.at, rate) {
                Err(_) => {
                    refused.extend((gate.setting == asked).then_some(*one));
                    break;
                }
                Ok(_) if one.is_right => drop(arrivals.remove(&key)),
                Ok(next) => drop(arrivals.insert(key, next)),
            }
        }
    }
    refused
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCOPES: &[&str] = &["try"];

    fn gate(setting: &'static str, dimension: Dimension, limit: u32) -> Gate {
        let rate = Some(Rate { limit, window_seconds: 60 });
        Gate { setting, dimension, scopes: SCOPES, rate }
    }

    fn replay(gates: &[Gate], uses: &[Use], asked: &str) -> Refused {
        Refused::of(&super::replay(gates, uses, asked))
    }

    /// From the network `last`, about `who`, after so many seconds.
    fn used(last: usize, who: char, seconds: i64) -> Use {
        Use {
            at: Timestamp::from_second(1_700_000_000 + seconds).unwrap(),
            scope: "try",
            network: Some(last),
            target: Some(who as usize),
            is_right: false,
            refused_by: None,
        }
    }

    #[test]
    fn a_limit_refuses_what_is_over_it_by_its_own_key() {
        let uses = [used(1, 'a', 0), used(1, 'b', 1), used(1, 'c', 2), used(2, 'c', 3), used(1, 'a', 65)];
        let refused = |dimension, limit| replay(&[gate("it", dimension, limit)], &uses, "it");
        assert_eq!(refused(Dimension::Network, 2), Refused { requests: 1, networks: 1, people: 1 });
        assert_eq!(refused(Dimension::Address, 1), Refused { requests: 1, networks: 1, people: 1 });
        assert_eq!(refused(Dimension::Tenant, 2), Refused { requests: 2, networks: 2, people: 1 });
        assert_eq!(refused(Dimension::Network, 9), Refused::default());
        let off = Gate { rate: None, ..gate("it", Dimension::Tenant, 1) };
        assert_eq!(replay(&[off], &uses, "it"), Refused::default());
    }

    #[test]
    fn what_one_refuses_the_next_does_not_count() {
        let flood: Vec<_> = (0..10).map(|n| used(1, 'a', n)).chain([used(2, 'b', 11)]).collect();
        let network = gate("network", Dimension::Network, 2);
        let gates = [network, gate("tenant", Dimension::Tenant, 3)];
        assert_eq!(replay(&gates, &flood, "tenant"), Refused::default());
        assert_eq!(replay(&gates, &flood, "network").requests, 8);
        let open = [Gate { rate: None, ..network }, gates[1]];
        assert_eq!(replay(&open, &flood, "tenant").requests, 8);
    }

    #[test]
    fn a_right_guess_begins_the_count_anew_unless_it_comes_too_late() {
        let right = |seconds| Use { is_right: true, ..used(1, 'a', seconds) };
        let guesses = [gate("guesses", Dimension::Address, 2)];
        let in_time = [used(1, 'a', 0), right(1), used(1, 'a', 2), used(1, 'a', 3)];
        assert_eq!(replay(&guesses, &in_time, "guesses").requests, 0);
        let late = [used(1, 'a', 0), used(1, 'a', 1), right(2)];
        assert_eq!(replay(&guesses, &late, "guesses").requests, 1);
    }

    #[test]
    fn who_is_forgotten_is_counted_by_nobodys_key() {
        let nameless = |seconds| Use { network: None, target: None, ..used(1, 'a', seconds) };
        let uses: Vec<_> = (0..5).map(nameless).collect();
        assert_eq!(replay(&[gate("it", Dimension::Network, 1)], &uses, "it").requests, 0);
        assert_eq!(replay(&[gate("it", Dimension::Tenant, 1)], &uses, "it").requests, 4);
    }
}
