//! Client data (WebAuthn L3 §5.8.1) and the checks that both ceremonies make on them.

use serde::Deserialize;

use crate::{Base64Url, CeremonyError, RelyingParty};

/// Longest client data, in bytes. Browsers send less than 500.
const MAX_CLIENT_DATA_BYTES: usize = 8 * 1024;

/// Which ceremony the client data claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ceremony {
    Create,
    Get,
}

impl Ceremony {
    const fn client_data_type(self) -> &'static str {
        match self {
            Self::Create => "webauthn.create",
            Self::Get => "webauthn.get",
        }
    }
}

/// `CollectedClientData`; members that are not needed are ignored, as §5.8.1.2 asks, and none may come twice.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CollectedClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    cross_origin: Option<bool>,
    top_origin: Option<String>,
}

/// Checks the client data of `ceremony` against the relying party and the challenge that was issued.
pub(crate) fn check(
    json: &[u8],
    ceremony: Ceremony,
    relying_party: &RelyingParty,
    challenge: &[u8],
) -> Result<(), CeremonyError> {
    let client_data = parse(json).ok_or(CeremonyError::Malformed("client data"))?;
    // WebAuthn L3 §7.1 step 7, §7.2 step 10.
    if client_data.kind != ceremony.client_data_type() {
        return Err(CeremonyError::WrongCeremony);
    }
    // WebAuthn L3 §7.1 step 8, §7.2 step 11. Compared in constant time, although it is no secret by now.
    if !kiavi_crypto::constant_time_eq(
        client_data.challenge.as_bytes(),
        Base64Url::encode(challenge).as_bytes(),
    ) {
        return Err(CeremonyError::ChallengeMismatch);
    }
    // WebAuthn L3 §7.1 step 9, §7.2 step 12, §13.4.9: the serialised origin, character by character.
    if !relying_party.origins.contains(&client_data.origin) {
        return Err(CeremonyError::OriginMismatch);
    }
    // WebAuthn L3 §7.1 steps 10 and 11, §7.2 steps 13 and 14: sign-in is never framed by another site.
    if client_data.cross_origin == Some(true) || client_data.top_origin.is_some() {
        return Err(CeremonyError::CrossOrigin);
    }
    Ok(())
}

/// WebAuthn L3 §7.1 steps 5 and 6, §7.2 steps 8 and 9.
fn parse(json: &[u8]) -> Option<CollectedClientData> {
    if json.len() > MAX_CLIENT_DATA_BYTES {
        return None;
    }
    let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json); // "UTF-8 decode" drops a byte order mark
    // A derived struct would also take an array of its values.
    if !json.trim_ascii_start().starts_with(b"{") {
        return None;
    }
    serde_json::from_slice(json).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CHALLENGE: &[u8] = &[1; 32];

    fn judge(json: &str) -> Result<(), CeremonyError> {
        let relying_party = RelyingParty::new("example.org", "Example", ["https://example.org"]);
        check(json.as_bytes(), Ceremony::Get, &relying_party, CHALLENGE)
    }

    fn client_data(kind: &str, challenge: &[u8], origin: &str, more: &str) -> String {
        let challenge = Base64Url::encode(challenge);
        format!(r#"{{"type":"{kind}","challenge":"{challenge}","origin":"{origin}"{more}}}"#)
    }

    #[test]
    fn the_expected_client_data_pass() {
        let plain = client_data("webauthn.get", CHALLENGE, "https://example.org", "");
        assert_eq!(judge(&plain), Ok(()));
        assert_eq!(judge(&format!("\u{feff}{plain}")), Ok(()));
        let more = r#","crossOrigin":false,"other_keys_can_be_added_here":[1]"#;
        assert_eq!(judge(&client_data("webauthn.get", CHALLENGE, "https://example.org", more)), Ok(()));
    }

    #[test]
    fn each_difference_has_its_reason() {
        let get = "webauthn.get";
        let origin = "https://example.org";
        for (json, reason) in [
            (client_data("webauthn.create", CHALLENGE, origin, ""), CeremonyError::WrongCeremony),
            (client_data("payment.get", CHALLENGE, origin, ""), CeremonyError::WrongCeremony),
            (client_data(get, &[2; 32], origin, ""), CeremonyError::ChallengeMismatch),
            (client_data(get, &[], origin, ""), CeremonyError::ChallengeMismatch),
            (client_data(get, CHALLENGE, "https://example.org/", ""), CeremonyError::OriginMismatch),
            (client_data(get, CHALLENGE, "https://EXAMPLE.org", ""), CeremonyError::OriginMismatch),
            (client_data(get, CHALLENGE, "http://example.org", ""), CeremonyError::OriginMismatch),
            (client_data(get, CHALLENGE, "https://sub.example.org", ""), CeremonyError::OriginMismatch),
            (client_data(get, CHALLENGE, "https://example.org:8443", ""), CeremonyError::OriginMismatch),
            (client_data(get, CHALLENGE, origin, r#","crossOrigin":true"#), CeremonyError::CrossOrigin),
            (
                client_data(get, CHALLENGE, origin, r#","topOrigin":"https://a.example""#),
                CeremonyError::CrossOrigin,
            ),
            (
                client_data(get, CHALLENGE, origin, r#","type":"webauthn.get""#),
                CeremonyError::Malformed("client data"),
            ),
            (
                client_data(get, CHALLENGE, origin, r#","crossOrigin":"no""#),
                CeremonyError::Malformed("client data"),
            ),
            (
                r#"["webauthn.get","AQ","https://example.org"]"#.into(),
                CeremonyError::Malformed("client data"),
            ),
            ("{}".into(), CeremonyError::Malformed("client data")),
            (String::new(), CeremonyError::Malformed("client data")),
        ] {
            assert_eq!(judge(&json), Err(reason), "{json}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(json in ".{0,300}") {
            prop_assert!(judge(&json).is_err());
        }
    }
}
