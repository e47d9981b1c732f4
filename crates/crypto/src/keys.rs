//! A tenant's secret and the subkeys derived from it.

use std::collections::HashSet;

use aws_lc_rs::{constant_time, digest, hkdf, hmac};
use kiavi_base::{ExposeSecret, SecretString};

/// The secret of one tenant: the text that Better Auth calls `secret`, or `secrets` where it was rotated. Cookies
/// are signed with the current text's bytes as they are, because that is the wire format; every use of our own
/// has a subkey. The earlier texts open and verify what was made under them until they are retired; nothing is made
/// under them any more.
#[derive(Clone, Debug)]
pub struct TenantSecret {
    current: SecretString,
    history: Option<History>,
}

/// What a secret that was rotated has besides its current text.
#[derive(Clone, Debug)]
struct History {
    current_version: u32,
    earlier: Vec<SecretVersion>,
    /// The text from before there were versions; it encrypted without naming one.
    unversioned: Option<SecretString>,
}

/// One text of a secret that is rotated.
#[derive(Clone, Debug)]
pub struct SecretVersion {
    /// Its number, which is written beside what it encrypts.
    pub version: u32,
    /// The text.
    pub text: SecretString,
}

/// The versions do not make a secret: there is none, or two have one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the versions of the secret are none, or not unique")]
pub struct InvalidSecret;

/// What a subkey is for. The text is part of the derivation: a value sealed for one purpose is noise under
/// every other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Keyed hashes of one-time codes at rest.
    OneTimeCode,
    /// Opaque handles that stand for sessions in lists.
    SessionHandle,
    /// The hosted pages' flow cookie.
    HostedFlow,
    /// Keys of rate limit counters, so that the table holds no address in clear.
    RateLimitKey,
    /// Stable WebAuthn user handles.
    UserHandle,
    /// Challenges of the proof of work.
    CaptchaChallenge,
    /// Wraps the key of the audit log, which wraps those of the people in it.
    AuditLog,
    /// The root of the keys that seal TLS session tickets.
    TlsTicket,
}

impl Purpose {
    const fn info(self) -> &'static [u8] {
        match self {
            Self::OneTimeCode => b"kiavi/1 one-time-code",
            Self::SessionHandle => b"kiavi/1 session-handle",
            Self::HostedFlow => b"kiavi/1 hosted-flow",
            Self::RateLimitKey => b"kiavi/1 rate-limit-key",
            Self::UserHandle => b"kiavi/1 user-handle",
            Self::CaptchaChallenge => b"kiavi/1 captcha-challenge",
            Self::AuditLog => b"kiavi/1 audit-log",
            Self::TlsTicket => b"kiavi/1 tls-ticket",
        }
    }
}

impl TenantSecret {
    /// A secret that was never rotated.
    pub fn new(text: SecretString) -> Self {
        Self { current: text, history: None }
    }

    /// A secret with versions, the current one first. `unversioned` is the text from before there were any.
    ///
    /// # Errors
    /// When there is no version, or two have the same number.
    pub fn versioned(
        versions: impl IntoIterator<Item = SecretVersion>,
        unversioned: Option<SecretString>,
    ) -> Result<Self, InvalidSecret> {
        let mut versions = versions.into_iter();
        let SecretVersion { version: current_version, text: current } =
            versions.next().ok_or(InvalidSecret)?;
        let earlier: Vec<_> = versions.collect();
        let mut seen = HashSet::from([current_version]);
        if !earlier.iter().all(|one| seen.insert(one.version)) {
            return Err(InvalidSecret);
        }
        Ok(Self { current, history: Some(History { current_version, earlier, unversioned }) })
    }

    /// The bytes that sign cookies.
    pub(crate) fn cookie_key(&self) -> &[u8] {
        self.current.expose_secret().as_bytes()
    }

    /// The bytes that signed cookies before the current ones did, the newest first.
    pub(crate) fn earlier_cookie_keys(&self) -> impl Iterator<Item = &[u8]> {
        self.earlier_texts().map(|text| text.expose_secret().as_bytes())
    }

    fn earlier_texts(&self) -> impl Iterator<Item = &SecretString> {
        self.history.iter().flat_map(|history| {
            history.earlier.iter().map(|one| &one.text).chain(history.unversioned.as_ref())
        })
    }

    /// The number of the current version, if the secret has versions.
    pub(crate) fn current_version(&self) -> Option<u32> {
        self.history.as_ref().map(|history| history.current_version)
    }

    /// The text of version `version`; without a number, the one that encrypts without naming a version.
    pub(crate) fn text_of(&self, version: Option<u32>) -> Option<&SecretString> {
        match (version, &self.history) {
            (None, None) => Some(&self.current),
            (None, Some(history)) => history.unversioned.as_ref(),
            (Some(_), None) => None,
            (Some(version), Some(history)) if version == history.current_version => Some(&self.current),
            (Some(version), Some(history)) => {
                history.earlier.iter().find(|one| one.version == version).map(|one| &one.text)
            }
        }
    }

    /// The 256-bit subkey for `purpose` (HKDF-SHA256, empty salt, RFC 5869 §2). Costs two HMACs: derive once.
    pub fn subkey(&self, purpose: Purpose) -> [u8; 32] {
        derive(&self.current, purpose)
    }

    /// The subkeys that earlier texts of the secret gave, the newest first: for values that outlive a rotation.
    pub fn earlier_subkeys(&self, purpose: Purpose) -> impl Iterator<Item = [u8; 32]> + '_ {
        self.earlier_texts().map(move |text| derive(text, purpose))
    }

    /// Every version and its text, the current one first; none when the secret was never rotated. For the one
    /// place that hands the secret to the tenant's engine, like [`ExposeSecret`].
    pub fn expose_versions(&self) -> impl Iterator<Item = (u32, &str)> {
        self.history.iter().flat_map(|history| {
            let current = (history.current_version, self.current.expose_secret());
            let earlier = history.earlier.iter().map(|one| (one.version, one.text.expose_secret()));
            std::iter::once(current).chain(earlier)
        })
    }

    /// The text that encrypts without naming a version, if there is one. For that same place.
    pub fn expose_unversioned(&self) -> Option<&str> {
        self.text_of(None).map(|text| text.expose_secret())
    }
}

#[allow(clippy::expect_used, reason = "32 bytes is below HKDF's limit of 255 × 32")]
fn derive(text: &SecretString, purpose: Purpose) -> [u8; 32] {
    let extracted = hkdf::Salt::new(hkdf::HKDF_SHA256, &[]).extract(text.expose_secret().as_bytes());
    let info = [purpose.info()];
    let mut key = [0; 32];
    extracted
        .expand(&info, hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(&mut key))
        .expect("a 32-byte output is within HKDF's bound");
    key
}

/// The current text.
impl ExposeSecret<str> for TenantSecret {
    fn expose_secret(&self) -> &str {
        self.current.expose_secret()
    }
}

/// HMAC-SHA256 (RFC 2104).
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message);
    let mut bytes = [0; 32];
    bytes.copy_from_slice(tag.as_ref());
    bytes
}

/// SHA-256 (FIPS 180-4).
pub fn sha256(message: &[u8]) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest::digest(&digest::SHA256, message).as_ref());
    bytes
}

/// SHA-256 of `parts` one after the other, without a copy of them.
pub fn sha256_of(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    let mut bytes = [0; 32];
    bytes.copy_from_slice(context.finish().as_ref());
    bytes
}

/// SHA-256 (FIPS 180-4) of what comes piece by piece.
pub struct Sha256(digest::Context);

impl Default for Sha256 {
    fn default() -> Self {
        Self(digest::Context::new(&digest::SHA256))
    }
}

impl Sha256 {
    /// Takes the next piece.
    pub fn update(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// The hash of all pieces.
    pub fn finish(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(self.0.finish().as_ref());
        bytes
    }
}

/// SHA-384 (FIPS 180-4).
pub fn sha384(message: &[u8]) -> [u8; 48] {
    let mut bytes = [0; 48];
    bytes.copy_from_slice(digest::digest(&digest::SHA384, message).as_ref());
    bytes
}

/// SHA-512 (FIPS 180-4).
pub fn sha512(message: &[u8]) -> [u8; 64] {
    let mut bytes = [0; 64];
    bytes.copy_from_slice(digest::digest(&digest::SHA512, message).as_ref());
    bytes
}

/// Whether two byte strings are equal, in time that depends on their lengths only.
pub fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(a, b).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_purpose_has_its_own_key() {
        let secret = TenantSecret::new("kYv3xPq9TzW6uRb2NcE8sJm4HfLd7GaQ".to_owned().into());
        let purposes =
            [Purpose::OneTimeCode, Purpose::SessionHandle, Purpose::HostedFlow, Purpose::UserHandle];
        let keys: std::collections::HashSet<_> = purposes.map(|p| secret.subkey(p)).into_iter().collect();
        assert_eq!(keys.len(), purposes.len());
    }

    #[test]
    fn debug_does_not_print_the_secret() {
        let secret = TenantSecret::new("hunter2hunter2hunter2hunter2hunter2".to_owned().into());
        assert!(!format!("{secret:?}").contains("hunter2"));
        let rotated = rotated();
        let printed = format!("{rotated:?}");
        assert!(
            ["current", "earlier", "unversioned"].iter().all(|text| !printed.contains(&format!("{text}-")))
        );
    }

    fn version(version: u32, text: &str) -> SecretVersion {
        SecretVersion { version, text: text.to_owned().into() }
    }

    fn rotated() -> TenantSecret {
        let versions = [version(2, "current-secret"), version(1, "earlier-secret")];
        TenantSecret::versioned(versions, Some("unversioned-secret".to_owned().into())).unwrap()
    }

    #[test]
    fn a_rotated_secret_works_with_its_current_text_and_remembers_the_others() {
        let rotated = rotated();
        let alone = |text: &str| TenantSecret::new(text.to_owned().into());
        let purpose = Purpose::UserHandle;
        assert_eq!(rotated.cookie_key(), b"current-secret");
        assert_eq!(rotated.subkey(purpose), alone("current-secret").subkey(purpose));
        let earlier: Vec<_> = rotated.earlier_subkeys(purpose).collect();
        let expected = ["earlier-secret", "unversioned-secret"].map(|text| alone(text).subkey(purpose));
        assert_eq!(earlier, expected);
        assert_eq!(alone("x").earlier_subkeys(purpose).count(), 0);
        let told: Vec<_> = rotated.expose_versions().collect();
        assert_eq!(told, [(2, "current-secret"), (1, "earlier-secret")]);
    }

    #[test]
    fn versions_are_unique_and_there_is_one() {
        assert!(matches!(TenantSecret::versioned([], None), Err(InvalidSecret)));
        let twice = [version(1, "a"), version(2, "b"), version(1, "c")];
        assert!(matches!(TenantSecret::versioned(twice, None), Err(InvalidSecret)));
    }
}
