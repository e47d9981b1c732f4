//! Which key signs, what is published, what a token says. No I/O.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use kiavi_base::Rng;
use kiavi_crypto::{EnvelopeError, JwsAlgorithm, JwsError, PublicJwk, SigningKey, TenantSecret, Zeroizing};

use super::{store::KeyRow, wire};

/// A key ready to sign, with its tokens' header.
pub(super) struct Signer {
    pub(super) id: String,
    pub(super) algorithm: JwsAlgorithm,
    pub(super) encoded_header: String,
    pub(super) key: SigningKey,
    /// The row's text, by which an unchanged key is known without decrypting it again.
    private_key: String,
}

/// Why a stored key cannot sign.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unusable {
    #[error("its algorithm is not one of ours")]
    Algorithm,
    #[error("its row is not what Better Auth writes")]
    Row(#[from] serde_json::Error),
    #[error("it cannot be decrypted")]
    Decrypt(#[from] EnvelopeError),
    #[error("it cannot be read")]
    Key(#[from] JwsError),
    #[error("it does not belong to the public key beside it")]
    Mismatch,
}

impl Signer {
    fn new(id: &str, key: SigningKey, private_key: &str) -> Self {
        let encoded_header = URL_SAFE_NO_PAD.encode(wire::header(key.algorithm().name(), id));
        Self {
            id: id.to_owned(),
            algorithm: key.algorithm(),
            encoded_header,
            key,
            private_key: private_key.to_owned(),
        }
    }

    /// The key of a row. Without a column `alg` it is of the tenant's algorithm, as in Better Auth.
    fn from_row(row: &KeyRow, default: JwsAlgorithm, secret: &TenantSecret) -> Result<Self, Unusable> {
        let algorithm = algorithm_of(row, default).ok_or(Unusable::Algorithm)?;
        let key = SigningKey::from_jwk(algorithm, &private_jwk(&row.private_key, secret)?)?;
        // A token that verifies with no published key is worth nothing.
        let published: PublicJwk = serde_json::from_str(&row.public_key)?;
        if *key.public_jwk() != published {
            return Err(Unusable::Mismatch);
        }
        Ok(Self::new(&row.id, key, &row.private_key))
    }

    fn is_of(&self, row: &KeyRow) -> bool {
        self.id == row.id && self.private_key == row.private_key
    }
}

/// The private JWK in the column: a JSON string of its encryption, or the JWK itself where Better Auth was set not
/// to encrypt.
fn private_jwk(column: &str, secret: &TenantSecret) -> Result<Zeroizing<String>, Unusable> {
    if column.trim_start().starts_with('{') {
        return Ok(Zeroizing::new(column.to_owned()));
    }
    let envelope: String = serde_json::from_str(column)?;
    Ok(secret.decrypt(&envelope)?)
}

fn algorithm_of(row: &KeyRow, default: JwsAlgorithm) -> Option<JwsAlgorithm> {
    row.algorithm.as_deref().map_or(Some(default), JwsAlgorithm::from_name)
}

/// What became of a stored key, and how long it may sign.
pub(super) enum Chosen {
    /// The one that signed until now goes on.
    Same(Option<f64>),
    /// Another one.
    Other(Box<Signer>, Option<f64>),
    /// None can.
    None,
}

/// The newest live key of `algorithm` that can sign. `tell` hears of those that should and cannot: they are
/// passed over, so that a key under a lost secret stops nobody.
pub(super) fn choose(
    rows: &[KeyRow],
    algorithm: JwsAlgorithm,
    secret: &TenantSecret,
    current: Option<&Signer>,
    mut tell: impl FnMut(&str, Unusable),
) -> Chosen {
    let is_live = |row: &&KeyRow| row.seconds_left.is_none_or(|seconds| seconds > 0.0);
    let is_ours = |row: &&KeyRow| algorithm_of(row, algorithm) == Some(algorithm);
    for row in rows.iter().filter(is_live).filter(is_ours) {
        if current.is_some_and(|signer| signer.is_of(row) && signer.algorithm == algorithm) {
            return Chosen::Same(row.seconds_left);
        }
        match Signer::from_row(row, algorithm, secret) {
            Ok(signer) => return Chosen::Other(Box::new(signer), row.seconds_left),
            Err(reason) => tell(&row.id, reason),
        }
    }
    Chosen::None
}

/// A key that was just generated, as the columns want it.
pub(super) struct Minted {
    pub(super) signer: Signer,
    pub(super) public_key: String,
    pub(super) private_key: String,
}

/// Makes a key and encrypts it under the tenant's secret, as Better Auth stores it.
///
/// # Errors
/// [`Unusable::Key`] when the cryptographic library fails.
pub(super) fn mint(
    id: &str,
    algorithm: JwsAlgorithm,
    secret: &TenantSecret,
    rng: &dyn Rng,
) -> Result<Minted, Unusable> {
    let key = SigningKey::generate(algorithm)?;
    let public_key = serde_json::to_string(key.public_jwk())?;
    let private_key = serde_json::to_string(&secret.encrypt(rng, &key.private_jwk()?))?;
    Ok(Minted { signer: Signer::new(id, key, &private_key), public_key, private_key })
}

/// The body of `/jwks`. A row that is no public key is left out.
pub(super) fn key_set(rows: &[KeyRow], default: JwsAlgorithm) -> Result<Vec<u8>, serde_json::Error> {
    let keys: Vec<_> = rows
        .iter()
        .filter_map(|row| {
            let public: PublicJwk = serde_json::from_str(&row.public_key).ok()?;
            let alg = row.algorithm.as_deref().unwrap_or(default.name());
            Some(wire::PublishedKey { alg, public, kid: &row.id })
        })
        .collect();
    serde_json::to_vec(&wire::KeySet { keys })
}

#[cfg(test)]
mod tests {
    use kiavi_crypto::{SecretVersion, SystemRng};
    use proptest::prelude::*;

    use super::*;

    fn secret(text: &str) -> TenantSecret {
        TenantSecret::new(text.to_owned().into())
    }

    fn row(id: &str, algorithm: JwsAlgorithm, secret: &TenantSecret) -> KeyRow {
        let minted = mint(id, algorithm, secret, &SystemRng).unwrap();
        KeyRow {
            id: id.to_owned(),
            public_key: minted.public_key,
            private_key: minted.private_key,
            algorithm: Some(algorithm.name().to_owned()),
            seconds_left: None,
        }
    }

    fn chosen(rows: &[KeyRow], secret: &TenantSecret) -> (Option<String>, Vec<String>) {
        let mut passed_over = Vec::new();
        let tell = |id: &str, _| passed_over.push(id.to_owned());
        match choose(rows, JwsAlgorithm::EdDsa, secret, None, tell) {
            Chosen::Other(signer, _) => (Some(signer.id), passed_over),
            Chosen::Same(_) => panic!("there was none"),
            Chosen::None => (None, passed_over),
        }
    }

    #[test]
    fn the_newest_live_key_of_the_algorithm_that_opens_signs() {
        let (ours, other) = (secret("ours"), secret("other"));
        let ended = KeyRow { seconds_left: Some(-1.0), ..row("ended", JwsAlgorithm::EdDsa, &ours) };
        let foreign = row("foreign", JwsAlgorithm::EdDsa, &other);
        let elliptic = row("elliptic", JwsAlgorithm::Es256, &ours);
        let unnamed = KeyRow { algorithm: None, ..row("unnamed", JwsAlgorithm::EdDsa, &ours) };
        let mut swapped = row("swapped", JwsAlgorithm::EdDsa, &ours);
        swapped.public_key.clone_from(&unnamed.public_key);
        let old = row("old", JwsAlgorithm::EdDsa, &ours);
        let rows = [ended, foreign, elliptic, swapped, unnamed, old];
        let expected = (Some("unnamed".to_owned()), vec!["foreign".to_owned(), "swapped".to_owned()]);
        assert_eq!(chosen(&rows, &ours), expected);
        assert_eq!(chosen(&rows[..3], &ours).0, None);
    }

    #[test]
    fn an_unchanged_key_is_not_read_again() {
        let secret = secret("ours");
        let mut row = row("a", JwsAlgorithm::EdDsa, &secret);
        let Chosen::Other(signer, None) =
            choose(std::slice::from_ref(&row), JwsAlgorithm::EdDsa, &secret, None, |_, _| ())
        else {
            panic!("the key can sign")
        };
        row.seconds_left = Some(5.0);
        let again = choose(&[row], JwsAlgorithm::EdDsa, &secret, Some(&signer), |_, _| ());
        assert!(matches!(again, Chosen::Same(Some(left)) if left == 5.0));
    }

    #[test]
    fn keys_from_before_a_rotation_of_the_secret_and_unencrypted_ones_sign() {
        let before = row("a", JwsAlgorithm::EdDsa, &secret("before"));
        let versions = [SecretVersion { version: 2, text: "after".to_owned().into() }];
        let rotated = TenantSecret::versioned(versions, Some("before".to_owned().into())).unwrap();
        assert_eq!(chosen(&[before], &rotated).0.as_deref(), Some("a"));
        let after = row("b", JwsAlgorithm::EdDsa, &rotated);
        assert!(after.private_key.starts_with(r#""$ba$2$"#), "{}", after.private_key);

        let key = SigningKey::generate(JwsAlgorithm::EdDsa).unwrap();
        let open = KeyRow {
            id: "c".to_owned(),
            public_key: serde_json::to_string(key.public_jwk()).unwrap(),
            private_key: key.private_jwk().unwrap().to_string(),
            algorithm: None,
            seconds_left: None,
        };
        assert_eq!(chosen(&[open], &rotated).0.as_deref(), Some("c"));
    }

    #[test]
    fn what_is_published_holds_nothing_private() {
        let key = SigningKey::generate(JwsAlgorithm::Es256).unwrap();
        let mut public: serde_json::Value = serde_json::from_str(&key.private_jwk().unwrap()).unwrap();
        assert!(public["d"].is_string());
        public["use"] = "enc".into();
        let careless = KeyRow {
            id: "a".to_owned(),
            public_key: public.to_string(),
            private_key: String::new(),
            algorithm: Some("ES256".to_owned()),
            seconds_left: None,
        };
        let damaged = KeyRow { public_key: "{".to_owned(), ..careless.clone() };
        let set = key_set(&[damaged, careless], JwsAlgorithm::EdDsa).unwrap();
        let set: serde_json::Value = serde_json::from_slice(&set).unwrap();
        let members: Vec<_> = set["keys"][0].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(set["keys"].as_array().unwrap().len(), 1);
        assert_eq!(members.iter().filter(|name| ["d", "use"].contains(name)).count(), 0, "{members:?}");
        assert_eq!((&set["keys"][0]["kid"], &set["keys"][0]["alg"]), (&"a".into(), &"ES256".into()));
    }

    proptest! {
        #[test]
        fn no_row_panics(public_key in ".{0,80}", private_key in "[\"{}$a-z0-9:,]{0,80}", alg in ".{0,8}") {
            let rows = [KeyRow {
                id: "a".to_owned(), public_key, private_key, algorithm: Some(alg), seconds_left: None,
            }, KeyRow {
                id: "b".to_owned(), public_key: "{}".into(), private_key: "\"00\"".into(), algorithm: None,
                seconds_left: Some(f64::NAN),
            }];
            prop_assert!(matches!(
                choose(&rows, JwsAlgorithm::EdDsa, &secret("x"), None, |_, _| ()),
                Chosen::None
            ));
            prop_assert!(key_set(&rows, JwsAlgorithm::EdDsa).is_ok());
        }
    }
}
