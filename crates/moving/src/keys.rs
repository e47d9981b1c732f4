//! Keys as they are stored: those that sign tokens, and those of passkeys. No I/O.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use kiavi_crypto::{JwsAlgorithm, PublicJwk, SigningKey, TenantSecret, Zeroizing};

/// A row of `jwks`.
#[derive(Debug, Clone)]
pub(crate) struct TokenKey {
    pub(crate) id: String,
    pub(crate) public_key: String,
    pub(crate) private_key: String,
    pub(crate) algorithm: Option<String>,
}

impl TokenKey {
    /// The algorithm that its tokens have; a row of an old version names none, and then the key's kind tells.
    pub(crate) fn algorithm(&self) -> Option<JwsAlgorithm> {
        if let Some(name) = &self.algorithm {
            return JwsAlgorithm::from_name(name);
        }
        let public: PublicJwk = serde_json::from_str(&self.public_key).ok()?;
        match (&public, public.curve()) {
            (PublicJwk::Okp { .. }, _) => Some(JwsAlgorithm::EdDsa),
            (PublicJwk::Ec { .. }, Some("P-256")) => Some(JwsAlgorithm::Es256),
            (PublicJwk::Ec { .. }, Some("P-521")) => Some(JwsAlgorithm::Es512),
            _ => None,
        }
    }

    /// Whether `/jwks` can publish it.
    pub(crate) fn is_public(&self) -> bool {
        serde_json::from_str::<PublicJwk>(&self.public_key).is_ok()
    }

    /// Whether it can sign under this secret.
    pub(crate) fn verdict(&self, secret: Option<&TenantSecret>) -> Verdict {
        let Some(json) = self.opened(secret) else { return Verdict::Sealed };
        let public = serde_json::from_str::<PublicJwk>(&self.public_key).ok();
        let key = self.algorithm().and_then(|algorithm| SigningKey::from_jwk(algorithm, &json).ok());
        match key {
            Some(key) if Some(key.public_jwk()) == public.as_ref() => Verdict::Signs,
            _ => Verdict::Strange,
        }
    }

    /// The private JWK: encrypted under the secret, or as it is where Better Auth was set not to encrypt.
    fn opened(&self, secret: Option<&TenantSecret>) -> Option<Zeroizing<String>> {
        if self.private_key.trim_start().starts_with('{') {
            return Some(Zeroizing::new(self.private_key.clone()));
        }
        let envelope: String = serde_json::from_str(&self.private_key).ok()?;
        secret?.decrypt(&envelope).ok()
    }
}

/// What becomes of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It goes on signing.
    Signs,
    /// It opens, and is not one that signs here.
    Strange,
    /// It does not open under the secret that comes along.
    Sealed,
}

/// The bytes of a passkey's stored public key, as Better Auth reads it: padded base64, or base64url.
pub(crate) fn passkey_key(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(text.trim_end_matches('='))).ok()
}

#[cfg(test)]
mod tests {
    use kiavi_crypto::SystemRng;

    use super::*;

    fn secret(text: &str) -> TenantSecret {
        TenantSecret::new(text.to_owned().into())
    }

    fn row(algorithm: JwsAlgorithm, is_encrypted: bool) -> TokenKey {
        let key = SigningKey::generate(algorithm).unwrap();
        let clear = key.private_jwk().unwrap();
        let encrypted = serde_json::to_string(&secret("ours").encrypt(&SystemRng, &clear)).unwrap();
        TokenKey {
            id: "k".into(),
            public_key: serde_json::to_string(key.public_jwk()).unwrap(),
            private_key: if is_encrypted { encrypted } else { clear.to_string() },
            algorithm: None,
        }
    }

    #[test]
    fn a_key_opens_under_the_secret_it_was_sealed_with() {
        for algorithm in [JwsAlgorithm::EdDsa, JwsAlgorithm::Es256, JwsAlgorithm::Es512] {
            let key = row(algorithm, true);
            assert_eq!(key.algorithm(), Some(algorithm));
            assert_eq!(key.verdict(Some(&secret("ours"))), Verdict::Signs);
            assert_eq!(key.verdict(Some(&secret("other"))), Verdict::Sealed);
            assert_eq!(key.verdict(None), Verdict::Sealed);
        }
        let clear = row(JwsAlgorithm::EdDsa, false);
        assert_eq!(clear.verdict(None), Verdict::Signs, "Better Auth can be set not to encrypt");
    }

    #[test]
    fn a_key_beside_another_public_key_does_not_sign() {
        let mut key = row(JwsAlgorithm::EdDsa, true);
        key.public_key = row(JwsAlgorithm::EdDsa, true).public_key;
        assert_eq!(key.verdict(Some(&secret("ours"))), Verdict::Strange);
        assert!(key.is_public());
    }
}
