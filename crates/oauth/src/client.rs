//! Who we are at a provider.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use kiavi_crypto::{Es256SigningKey, InvalidSigningKey};
use serde_json::json;

/// Seconds that a client secret made from a key lives; Apple allows half a year, one request needs seconds.
const SECRET_SECONDS: i64 = 300;
/// The audience of Apple's client secrets.
const APPLE: &str = "https://appleid.apple.com";

/// The client's id and secret at a provider; a public client has no secret.
#[derive(Clone, Copy)]
pub struct Client<'a> {
    /// The id.
    pub id: &'a str,
    /// The secret.
    pub secret: Option<&'a str>,
}

impl std::fmt::Debug for Client<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A client secret cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no client secret can be made from the key")]
pub struct ClientSecretError(#[from] InvalidSigningKey);

/// The key that stands for a client at Apple, where a secret is a short-lived token signed with it ("Creating a
/// client secret", Sign in with Apple REST API).
#[derive(Debug)]
pub struct AppleKey<'a> {
    /// The team's id: who issues the secret.
    pub team_id: &'a str,
    /// The key's id.
    pub key_id: &'a str,
    /// The key.
    pub key: Es256SigningKey,
}

impl AppleKey<'_> {
    /// A secret for `client_id`, good for five minutes from `now`, seconds of Unix time.
    ///
    /// # Errors
    /// When signing fails.
    pub fn client_secret(&self, client_id: &str, now: i64) -> Result<String, ClientSecretError> {
        let header = json!({ "alg": "ES256", "kid": self.key_id });
        let claims = json!({
            "iss": self.team_id,
            "iat": now,
            "exp": now + SECRET_SECONDS,
            "aud": APPLE,
            "sub": client_id,
        });
        let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signature = self.key.sign(signed.as_bytes())?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key made for this test; nothing else knows it.
    const PEM: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg/evCaEzL6sOeLOyG
VfViJ0mK69aEIBZOaO1cb2qniZyhRANCAAQp0Ecgz5/GfcK+VuFoMypRh4diWvUK
qDR+pGXvI9xQk3PbfWbOugEvIQwE0e1E9A98SNZJP1nQSu4w7Cr1jBTq
-----END PRIVATE KEY-----";

    #[test]
    fn a_secret_names_team_client_and_time() {
        let key = Es256SigningKey::from_pem(PEM).unwrap();
        let key = AppleKey { team_id: "TEAM", key_id: "KEY", key };
        let secret = key.client_secret("com.example.app", 1_000).unwrap();
        let part = |index: usize| -> serde_json::Value {
            let text = secret.split('.').nth(index).unwrap();
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
        };
        assert_eq!(part(0), json!({ "alg": "ES256", "kid": "KEY" }));
        assert_eq!(
            part(1),
            json!({ "iss": "TEAM", "sub": "com.example.app", "aud": APPLE, "iat": 1000, "exp": 1300 })
        );
        assert_eq!(URL_SAFE_NO_PAD.decode(secret.split('.').nth(2).unwrap()).unwrap().len(), 64);
    }
}
