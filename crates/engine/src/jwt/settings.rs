//! What a tenant may decide about its tokens.

use std::collections::BTreeSet;

use kiavi_crypto::JwsAlgorithm;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::SettingsError;

/// JSON Web Tokens for the tenant's own services.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct JwtSettings {
    /// Whether there are `/token` and `/jwks`.
    pub is_enabled: bool,
    /// Whether `/get-session` answers with a token in `set-auth-jwt`.
    pub sets_header: bool,
    /// Life of a token; never longer than that of its session.
    pub lifetime_seconds: u32,
    /// `iss`; the origin of the base URL if absent.
    pub issuer: Option<String>,
    /// `aud`; the origin of the base URL if empty.
    pub audience: Vec<String>,
    /// Facts about the user that tokens carry besides who it is.
    pub claims: BTreeSet<UserClaim>,
    /// Compatibility: tokens carry every field of the user and neither `sid` nor `jti`, as Better Auth's do.
    pub has_all_user_fields: bool,
    /// What tokens are signed with. A change takes effect with a new key at the next token.
    pub algorithm: TokenAlgorithm,
    /// How long a key signs; for ever if absent.
    pub rotation_interval_seconds: Option<u32>,
    /// How long a key that signs no more is published.
    pub grace_period_seconds: u32,
    /// How long others may keep the answer of `/jwks`; 0 makes them ask each time.
    pub jwks_max_age_seconds: u32,
}

impl Default for JwtSettings {
    fn default() -> Self {
        Self {
            is_enabled: true,
            sets_header: true,
            lifetime_seconds: 300,
            issuer: None,
            audience: Vec::new(),
            claims: BTreeSet::new(),
            has_all_user_fields: false,
            algorithm: TokenAlgorithm::default(),
            rotation_interval_seconds: None,
            grace_period_seconds: 30 * 86_400,
            jwks_max_age_seconds: 60,
        }
    }
}

/// A fact about the user, by the name of its claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum UserClaim {
    /// The address.
    Email,
    /// Whether the address was proved.
    EmailVerified,
    /// What to call them.
    Name,
    /// A picture's URL.
    Image,
    /// Roles, comma-separated.
    Role,
}

/// The algorithms to choose from, by their registered names (RFC 7518 §3.1, RFC 8037 §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum TokenAlgorithm {
    /// Ed25519.
    #[default]
    #[serde(rename = "EdDSA")]
    EdDsa,
    /// ECDSA on P-256.
    #[serde(rename = "ES256")]
    Es256,
    /// ECDSA on P-521.
    #[serde(rename = "ES512")]
    Es512,
    /// RSA, PKCS #1.
    #[serde(rename = "RS256")]
    Rs256,
    /// RSA, PSS.
    #[serde(rename = "PS256")]
    Ps256,
}

impl TokenAlgorithm {
    /// The algorithm of this registered name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        serde_json::from_value(name.into()).ok()
    }
}

impl From<TokenAlgorithm> for JwsAlgorithm {
    fn from(algorithm: TokenAlgorithm) -> Self {
        match algorithm {
            TokenAlgorithm::EdDsa => Self::EdDsa,
            TokenAlgorithm::Es256 => Self::Es256,
            TokenAlgorithm::Es512 => Self::Es512,
            TokenAlgorithm::Rs256 => Self::Rs256,
            TokenAlgorithm::Ps256 => Self::Ps256,
        }
    }
}

/// Bytes of an issuer or audience.
const NAME_LIMIT: usize = 512;
/// Audiences of one token.
const AUDIENCE_LIMIT: usize = 16;

impl JwtSettings {
    pub(super) fn algorithm(&self) -> JwsAlgorithm {
        self.algorithm.into()
    }

    /// Checks what types cannot.
    ///
    /// # Errors
    /// Names the first thing that is wrong.
    pub(crate) fn validate(&self) -> Result<(), SettingsError> {
        let check =
            |holds: bool, key, rule| if holds { Ok(()) } else { Err(SettingsError::Invalid(key, rule)) };
        let is_name =
            |name: &String| (1..=NAME_LIMIT).contains(&name.len()) && !name.chars().any(char::is_control);
        let audiences = self.audience.len() <= AUDIENCE_LIMIT && self.audience.iter().all(is_name);
        let rotation = self.rotation_interval_seconds.unwrap_or(3_600);
        check((30..=86_400).contains(&self.lifetime_seconds), "jwt.lifetime_seconds", "is not 30 s to 1 d")?;
        check(self.issuer.iter().all(is_name), "jwt.issuer", "must be 1 to 512 printable characters")?;
        check(audiences, "jwt.audience", "must be at most 16 names of 1 to 512 printable characters")?;
        check(
            (3_600..=315_360_000).contains(&rotation),
            "jwt.rotation_interval_seconds",
            "is not 1 h to 10 years",
        )?;
        check(
            (self.lifetime_seconds..=315_360_000).contains(&self.grace_period_seconds),
            "jwt.grace_period_seconds",
            "is below the lifetime of tokens or above 10 years",
        )?;
        check(self.jwks_max_age_seconds <= 86_400, "jwt.jwks_max_age_seconds", "is more than 1 d")
    }
}
