//! What stands in the log for an address that nobody has.

use std::fmt::Write as _;

use kiavi_crypto::{Purpose, hmac_sha256};

use crate::State;

/// Stands for an address in the log: a keyed hash, so that the log holds no address and yet shows that two events
/// are about the same one.
pub fn address_reference(state: &State, address: &str) -> String {
    reference_under(&state.keys.rate_limit, address)
}

/// What may stand for an address in the log: under the tenant's secret, and under what it was before rotations.
pub(super) fn address_references(state: &State, address: &str) -> Vec<String> {
    let earlier = state.secret.earlier_subkeys(Purpose::RateLimitKey);
    let earlier = earlier.map(|key| reference_under(&key, address));
    std::iter::once(address_reference(state, address)).chain(earlier).collect()
}

pub(super) fn reference_under(key: &[u8; 32], address: &str) -> String {
    let hash = hmac_sha256(key, format!("audit\0{address}").as_bytes());
    let mut text = String::from("address:");
    for byte in &hash[..12] {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
