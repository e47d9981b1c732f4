//! JSON of tokens and key sets.

use kiavi_crypto::PublicJwk;
use serde::Serialize;

use super::{JwtSettings, UserClaim};
use crate::{session::Session, user::User};

/// The body of `/jwks`.
#[derive(Serialize)]
pub(super) struct KeySet<'a> {
    pub(super) keys: Vec<PublishedKey<'a>>,
}

/// One of its keys.
#[derive(Serialize)]
pub(super) struct PublishedKey<'a> {
    pub(super) alg: &'a str,
    #[serde(flatten)]
    pub(super) public: PublicJwk,
    pub(super) kid: &'a str,
}

/// The header of a token (RFC 7519 §5). An id is letters and digits; one that is not is escaped.
pub(super) fn header(algorithm: &str, key_id: &str) -> String {
    let kid = serde_json::Value::from(key_id);
    format!(r#"{{"alg":"{algorithm}","kid":{kid},"typ":"JWT"}}"#)
}

/// `aud` (RFC 7519 §4.1.3): one name stands alone.
#[derive(Serialize)]
#[serde(untagged)]
enum Audience<'a> {
    One(&'a str),
    Several(&'a [String]),
}

/// Who acts (RFC 8693 §4.1).
#[derive(Serialize)]
struct Actor<'a> {
    sub: &'a str,
}

/// The claims that do not change from one token of a session to its next.
#[derive(Serialize)]
struct Stem<'a> {
    iss: &'a str,
    aud: Audience<'a>,
    sub: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    act: Option<Actor<'a>>,
    #[serde(flatten)]
    user: Facts<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Facts<'a> {
    All(&'a User),
    Chosen(ChosenFacts<'a>),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChosenFacts<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_verified: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<Option<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Option<&'a str>>,
}

/// The claims of a session's tokens but those of one token, as a JSON object.
///
/// # Errors
/// Those of the serializer.
pub(super) fn stem(
    settings: &JwtSettings,
    own_origin: &str,
    session: &Session,
    user: &User,
) -> Result<String, serde_json::Error> {
    let has = |claim| settings.claims.contains(&claim);
    let user_facts = if settings.has_all_user_fields {
        Facts::All(user)
    } else {
        Facts::Chosen(ChosenFacts {
            email: has(UserClaim::Email).then_some(&*user.email),
            email_verified: has(UserClaim::EmailVerified).then_some(user.email_verified),
            name: has(UserClaim::Name).then_some(&*user.name),
            image: has(UserClaim::Image).then_some(user.image.as_deref()),
            role: has(UserClaim::Role).then_some(user.role.as_deref()),
        })
    };
    serde_json::to_string(&Stem {
        iss: settings.issuer.as_deref().unwrap_or(own_origin),
        aud: match settings.audience.as_slice() {
            [] => Audience::One(own_origin),
            [one] => Audience::One(one),
            several => Audience::Several(several),
        },
        sub: &user.id,
        sid: (!settings.has_all_user_fields).then_some(&*session.id),
        act: session.impersonated_by.as_deref().map(|sub| Actor { sub }),
        user: user_facts,
    })
}

/// The payload of one token: `stem` with when it was issued and when it ends, in seconds since 1970, and its own
/// id, which is letters and digits.
pub(super) fn payload(stem: &str, issued: i64, expires: i64, id: Option<&str>) -> String {
    let open = stem.strip_suffix('}').unwrap_or(stem);
    let id = id.map(|id| format!(r#","jti":"{id}""#)).unwrap_or_default();
    format!(r#"{open},"iat":{issued},"exp":{expires}{id}}}"#)
}
