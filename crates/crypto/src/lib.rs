//! The only crate that names `aws-lc-rs`: everything cryptographic that Kiavi does goes through here.
//!
//! Each use of the tenant's secret has its own subkey (HKDF, RFC 5869), so that nothing minted for one purpose
//! opens under another.

pub mod age;
mod cookie;
mod ed25519;
mod envelope;
mod es256;
mod jws;
mod keys;
mod oauth_purpose;
mod passphrase;
mod personal;
mod rng;
mod scram;
mod sealed;
mod secret_text;
mod signature;
mod ticket;

pub use cookie::{sign_cookie, signed_value, verify_cookie};
pub use ed25519::Ed25519SigningKey;
pub use envelope::EnvelopeError;
pub use es256::{Es256SigningKey, InvalidSigningKey};
pub use jws::{JwsAlgorithm, JwsError, PublicJwk, SigningKey};
pub use keys::{
    InvalidSecret, Purpose, SecretVersion, Sha256, TenantSecret, constant_time_eq, hmac_sha256, sha256,
    sha256_of, sha384, sha512,
};
pub use oauth_purpose::is_envelope;
pub use passphrase::{InvalidPassphraseCost, PassphraseCost};
pub use personal::{PersonalCiphertext, PersonalKey};
pub use rng::SystemRng;
pub use scram::scram_verifier;
pub use sealed::{SealError, SealingKey};
pub use secrecy::zeroize::Zeroizing;
pub use secret_text::InvalidSecretText;
pub use signature::{EcdsaCurve, InvalidKey, InvalidSignature, RsaScheme, VerifyingKey};
pub use ticket::TicketKeys;
