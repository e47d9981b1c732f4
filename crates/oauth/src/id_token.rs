//! ID tokens (OpenID Connect Core §2), checked as §3.1.3.7 says, step by step.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use kiavi_crypto::{constant_time_eq, sha256};
use serde_json::Value;

use crate::jwk::{Algorithm, JwkSet};

/// Bytes of a token that are looked at.
const TOKEN_LIMIT: usize = 16 * 1024;
/// Bytes of a subject (OpenID Connect Core §2).
const SUBJECT_LIMIT: usize = 255;
/// Seconds that a provider's clock may differ from ours.
const SKEW_SECONDS: i64 = 60;

/// The claims of a token that was verified.
#[derive(Debug, Clone, PartialEq)]
pub struct Claims(Value);

impl Claims {
    /// All of them, an object.
    pub fn value(&self) -> &Value {
        &self.0
    }

    /// The subject.
    pub fn subject(&self) -> &str {
        self.0["sub"].as_str().unwrap_or_default()
    }

    /// Claims that nobody signed.
    #[cfg(test)]
    pub(crate) fn of_test(claims: Value) -> Self {
        Self(claims)
    }
}

/// The nonce that must be in a token.
#[derive(Debug, Clone, Copy)]
pub enum NonceRule<'a> {
    /// None was asked for, so none is looked at.
    Any,
    /// This one.
    Exact(&'a str),
    /// This one, or its SHA-256 in lower-case hex (Apple's native flow).
    ExactOrHashed(&'a str),
}

/// What a token must say.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// Issuers, of which one must be exactly the token's; `{tid}` stands for its tenant.
    pub issuers: &'a [String],
    /// Our client ids; every audience must be one of them.
    pub audiences: &'a [&'a str],
    /// The nonce.
    pub nonce: NonceRule<'a>,
    /// The access token that came with it, for `at_hash`.
    pub access_token: Option<&'a str>,
    /// The signatures that count.
    pub algorithms: &'a [Algorithm],
    /// The present, in seconds of Unix time.
    pub now: i64,
    /// How long ago it may have been made, in seconds.
    pub max_age: Option<i64>,
}

/// Why a token was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdTokenError {
    /// Not a JWS of a JSON object.
    #[error("the ID token cannot be read")]
    Malformed,
    /// Signed by an algorithm that does not count, or not at all.
    #[error("the ID token's algorithm is not allowed")]
    Algorithm,
    /// Signed with a key that is not in the set; it may be new.
    #[error("the ID token's key is unknown")]
    UnknownKey,
    /// Not signed by its key.
    #[error("the ID token's signature does not verify")]
    Signature,
    /// Another issuer.
    #[error("the ID token is of another issuer")]
    Issuer,
    /// For somebody else too, or only.
    #[error("the ID token is for another client")]
    Audience,
    /// Asked for by somebody else.
    #[error("the ID token was asked for by another client")]
    AuthorizedParty,
    /// Past its time, before it, or without one.
    #[error("the ID token is not of this time")]
    Time,
    /// Of another sign-in.
    #[error("the ID token's nonce is not that of this sign-in")]
    Nonce,
    /// Of another access token.
    #[error("the ID token belongs to another access token")]
    AccessTokenHash,
    /// Nobody.
    #[error("the ID token has no subject")]
    Subject,
}

struct Header {
    algorithm: Algorithm,
    kid: Option<String>,
}

/// Verifies a token and gives its claims.
///
/// # Errors
/// See [`IdTokenError`]. After [`IdTokenError::UnknownKey`] a fresh set of keys may help.
pub fn verify_id_token(token: &str, keys: &JwkSet, expected: &Expected<'_>) -> Result<Claims, IdTokenError> {
    use IdTokenError::Malformed;
    if token.len() > TOKEN_LIMIT {
        return Err(Malformed);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(Malformed)?;
    let (header, payload) = signed.split_once('.').ok_or(Malformed)?;
    let header = read_header(header, expected.algorithms)?;
    // Steps 6 to 8: the signature, by a key of the issuer and an algorithm that we allow.
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Malformed)?;
    let candidates = keys.candidates(header.kid.as_deref(), header.algorithm);
    if candidates.is_empty() {
        return Err(IdTokenError::UnknownKey);
    }
    if !candidates.iter().any(|key| key.verify(signed.as_bytes(), &signature).is_ok()) {
        // A token that names no key may be signed with one that is newer than the set.
        return Err(if header.kid.is_some() { IdTokenError::Signature } else { IdTokenError::UnknownKey });
    }
    let claims = object(payload)?;
    check_parties(&claims, expected)?;
    check_time(&claims, expected)?;
    check_nonce(&claims, expected.nonce)?;
    check_access_token(&claims, header.algorithm, expected.access_token)?;
    let subject = claims["sub"].as_str().unwrap_or_default();
    if subject.is_empty() || subject.len() > SUBJECT_LIMIT || subject.contains('\0') {
        return Err(IdTokenError::Subject);
    }
    Ok(Claims(claims))
}

fn object(part: &str) -> Result<Value, IdTokenError> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| IdTokenError::Malformed)?;
    let value: Value = serde_json::from_slice(&bytes).map_err(|_| IdTokenError::Malformed)?;
    if value.is_object() { Ok(value) } else { Err(IdTokenError::Malformed) }
}

fn read_header(part: &str, allowed: &[Algorithm]) -> Result<Header, IdTokenError> {
    let header = object(part)?;
    // RFC 7515 §4.1.11: we understand no extension, so none may be critical.
    if header.get("crit").is_some() {
        return Err(IdTokenError::Malformed);
    }
    // RFC 8725 §3.11: a token of another kind is no ID token.
    let is_plain = |kind: &Value| kind.as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("JWT"));
    if header.get("typ").is_some_and(|kind| !is_plain(kind)) {
        return Err(IdTokenError::Malformed);
    }
    let algorithm = header["alg"].as_str().and_then(Algorithm::named);
    let algorithm = algorithm.filter(|algorithm| allowed.contains(algorithm));
    let kid = header.get("kid").map(|kid| kid.as_str().map(str::to_owned).ok_or(IdTokenError::Malformed));
    Ok(Header { algorithm: algorithm.ok_or(IdTokenError::Algorithm)?, kid: kid.transpose()? })
}

/// Steps 2 to 5: who issued it, for whom, and who asked.
fn check_parties(claims: &Value, expected: &Expected<'_>) -> Result<(), IdTokenError> {
    let issuer = claims["iss"].as_str().unwrap_or_default();
    let tenant = claims["tid"].as_str().filter(|tid| {
        (1..=64).contains(&tid.len()) && tid.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    });
    let is_issuer = |known: &String| match tenant {
        Some(tenant) if known.contains("{tid}") => known.replace("{tid}", tenant) == issuer,
        _ => !known.contains("{tid}") && known == issuer,
    };
    if issuer.is_empty() || !expected.issuers.iter().any(is_issuer) {
        return Err(IdTokenError::Issuer);
    }
    let is_ours =
        |audience: &Value| audience.as_str().is_some_and(|audience| expected.audiences.contains(&audience));
    let audience = &claims["aud"];
    let is_for_us = match audience {
        Value::Array(list) => !list.is_empty() && list.iter().all(is_ours),
        one => is_ours(one),
    };
    if !is_for_us {
        return Err(IdTokenError::Audience);
    }
    match claims.get("azp") {
        Some(party) if !is_ours(party) => Err(IdTokenError::AuthorizedParty),
        None if audience.as_array().is_some_and(|list| list.len() > 1) => Err(IdTokenError::AuthorizedParty),
        _ => Ok(()),
    }
}

/// Steps 9 and 10: not past its end, made in the past and not long ago, not before its start.
fn check_time(claims: &Value, expected: &Expected<'_>) -> Result<(), IdTokenError> {
    let moment = |name: &str| claims.get(name).map(seconds).transpose();
    let missing = IdTokenError::Time;
    let (now, skew) = (expected.now, SKEW_SECONDS);
    let ends = moment("exp")?.ok_or(missing)?;
    let made = moment("iat")?.ok_or(missing)?;
    let starts = moment("nbf")?.unwrap_or(made);
    let is_old = expected.max_age.is_some_and(|age| made < now.saturating_sub(age).saturating_sub(skew));
    if ends.saturating_add(skew) <= now
        || made > now.saturating_add(skew)
        || starts > now.saturating_add(skew)
        || is_old
    {
        return Err(IdTokenError::Time);
    }
    Ok(())
}

/// A NumericDate (RFC 7519 §2), fractions cut off.
#[allow(clippy::cast_possible_truncation, reason = "the cast saturates")]
fn seconds(value: &Value) -> Result<i64, IdTokenError> {
    value.as_i64().or_else(|| value.as_f64().map(|number| number as i64)).ok_or(IdTokenError::Time)
}

/// Step 11.
fn check_nonce(claims: &Value, rule: NonceRule<'_>) -> Result<(), IdTokenError> {
    let given = claims["nonce"].as_str().unwrap_or_default().as_bytes();
    let hashed = |nonce: &str| {
        let hash = sha256(nonce.as_bytes());
        hash.iter()
            .flat_map(|byte| [byte >> 4, byte & 15])
            .map(|digit| b"0123456789abcdef"[usize::from(digit)])
            .collect::<Vec<_>>()
    };
    let holds = match rule {
        NonceRule::Any => true,
        NonceRule::Exact(nonce) => constant_time_eq(given, nonce.as_bytes()),
        NonceRule::ExactOrHashed(nonce) => {
            constant_time_eq(given, nonce.as_bytes()) || constant_time_eq(given, &hashed(nonce))
        }
    };
    if holds { Ok(()) } else { Err(IdTokenError::Nonce) }
}

/// §3.1.3.8: the hash of the access token that came with it, where it is told.
fn check_access_token(
    claims: &Value,
    algorithm: Algorithm,
    access_token: Option<&str>,
) -> Result<(), IdTokenError> {
    match (claims.get("at_hash"), access_token) {
        (Some(hash), Some(token)) if hash.as_str() != Some(&algorithm.half_hash(token)) => {
            Err(IdTokenError::AccessTokenHash)
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
