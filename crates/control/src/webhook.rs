//! Secrets that a tenant's webhooks are signed with, as the settings have them.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use kiavi_base::{Rng, SecretString, random_bytes};
use serde_json::{Value, json};

use crate::settings::secrets::MASK;

/// A secret of 256 bits in the form of Standard Webhooks 1.0.0 (Signature scheme, secret serialization).
pub fn new_signing_secret(rng: &dyn Rng) -> SecretString {
    format!("whsec_{}", STANDARD.encode(random_bytes::<32>(rng))).into()
}

/// The masked secrets of an endpoint with `new` among them; those of before end after `overlap`, those that have ended
/// go. `None` when there is no such moment.
pub fn rotated_signing_secrets(
    secrets: &Value,
    new: &str,
    now: Timestamp,
    overlap: Duration,
) -> Option<Value> {
    let end = now.checked_add(overlap).ok()?;
    let (mut kept, mut last) = (Vec::new(), 0_u32);
    for secret in secrets.as_array().into_iter().flatten() {
        let text = |name: &str| secret[name].as_str().unwrap_or_default();
        last = text("id").strip_prefix('s').and_then(|id| id.parse().ok()).unwrap_or(0).max(last);
        let until = text("expires_at").parse().map_or(end, |known| end.min(known));
        if until > now {
            let until = until.to_string();
            kept.push(json!({ "id": secret["id"], "signing_secret": MASK, "expires_at": until }));
        }
    }
    kept.push(json!({ "id": format!("s{}", last.saturating_add(1)), "signing_secret": new }));
    Some(Value::Array(kept))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_goes_when_its_time_is_over_and_not_before() {
        let known = json!([
            { "id": "s3", "signing_secret": MASK, "expires_at": "2020-01-01T00:00:00Z" },
            { "id": "s4", "signing_secret": MASK, "expires_at": "9999-01-01T00:00:00Z" },
            { "id": "s5", "signing_secret": MASK, "expires_at": null },
        ]);
        let now = "2026-11-26T12:00:00Z".parse().unwrap();
        let rotated =
            |overlap| rotated_signing_secrets(&known, "whsec_new", now, Duration::from_secs(overlap));
        let secrets = rotated(3_600).unwrap();
        let ids: Vec<_> = secrets.as_array().unwrap().iter().map(|secret| secret["id"].clone()).collect();
        assert_eq!(ids, ["s4", "s5", "s6"]);
        assert_eq!(secrets[0]["expires_at"], secrets[1]["expires_at"]);
        assert_eq!(
            (&secrets[2]["signing_secret"], &secrets[2]["expires_at"]),
            (&json!("whsec_new"), &Value::Null)
        );
        assert_eq!(rotated(0).unwrap().as_array().unwrap().len(), 1, "at once");
        assert_eq!(rotated(u64::MAX), None);
    }
}
