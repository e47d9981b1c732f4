//! Who signed in, from what a provider told.

use serde_json::Value;

use crate::{id_token::Claims, provider::Provider};

/// Bytes of a text that is taken over.
const TEXT_LIMIT: usize = 2_048;

/// What a provider told of somebody.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    /// The claims of the verified ID token.
    pub claims: Option<&'a Claims>,
    /// The answers to the provider's profile calls, in order.
    pub answers: &'a [Value],
    /// What the browser brought along in `user` (Apple, at the first sign-in only): nobody vouches for it.
    pub brought: Option<&'a Value>,
}

/// Somebody at a provider.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// What never changes and is nobody else's there.
    pub subject: String,
    /// The address.
    pub email: Option<String>,
    /// Whether the provider has seen it answered; `None` if it does not say.
    pub email_verified: Option<bool>,
    /// What to call them; may be empty.
    pub name: String,
    /// A picture's URL.
    pub image: Option<String>,
    /// Everything as it came.
    pub raw: Value,
}

/// The profile in what a provider told; `None` without a subject, or if the ID token and the profile are of two
/// people (OpenID Connect Core §5.3.2).
pub fn profile(provider: &Provider, sources: &Sources<'_>) -> Option<Profile> {
    let mapping = &provider.traits.mapping;
    let raw = merged(sources)?;
    let first = |pointers: &[&str]| pointers.iter().find_map(|pointer| text(&raw, pointer));
    let subject = text(&raw, mapping.subject)?;
    let read = Profile {
        email: text(&raw, mapping.email),
        email_verified: truth(
            raw.pointer(mapping.email_verified).filter(|_| !mapping.email_verified.is_empty()),
        ),
        name: first(mapping.name).unwrap_or_default(),
        image: first(mapping.image).filter(|image| image.starts_with("https://")),
        subject,
        raw,
    };
    let mut read = match mapping.quirk {
        Some(quirk) => quirk(sources, read),
        None => read,
    };
    if read.email.is_none()
        && let Some(domain) = provider.traits.placeholder_domain
    {
        read.email = Some(format!("{}@{domain}.invalid", read.subject.to_ascii_lowercase()));
        read.email_verified = Some(false);
    }
    Some(read)
}

/// The first answer over the claims. Both must be of one subject.
fn merged(sources: &Sources<'_>) -> Option<Value> {
    let answer = sources.answers.first();
    let (Some(claims), Some(answer)) = (sources.claims, answer) else {
        return answer.or(sources.claims.map(Claims::value)).filter(|value| value.is_object()).cloned();
    };
    if answer.get("sub").is_some_and(|sub| sub.as_str() != Some(claims.subject())) {
        return None;
    }
    let mut all = claims.value().as_object()?.clone();
    // What an answer says of itself never replaces what was signed about who it is.
    let signed = ["sub", "iss", "aud", "oid", "tid", "email", "email_verified"];
    for (name, value) in answer.as_object()? {
        if !(all.contains_key(name) && signed.contains(&name.as_str())) {
            all.insert(name.clone(), value.clone());
        }
    }
    Some(Value::Object(all))
}

/// A text, or a whole number written as one; nothing empty, too long, or with a character that cannot be stored.
pub(crate) fn text(value: &Value, pointer: &str) -> Option<String> {
    let text = match value.pointer(pointer)? {
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_u64() || number.is_i64() => number.to_string(),
        _ => return None,
    };
    (!text.trim().is_empty() && text.len() <= TEXT_LIMIT && !text.contains('\0')).then_some(text)
}

/// A truth value; Apple writes it as text.
pub(crate) fn truth(value: Option<&Value>) -> Option<bool> {
    match value? {
        Value::Bool(value) => Some(*value),
        Value::String(text) => Some(text == "true"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::table::{TABLE, known};

    fn read(id: &str, answers: &[Value]) -> Option<Profile> {
        profile(&known(id).unwrap(), &Sources { claims: None, answers, brought: None })
    }

    #[test]
    fn github_s_address_is_the_primary_one_and_verified_by_its_list() {
        let user = json!({ "id": 583_231, "login": "octocat", "name": null, "email": null,
            "avatar_url": "https://avatars.example/1" });
        let list = json!([
            { "email": "other@example.com", "primary": false, "verified": true },
            { "email": "octocat@example.com", "primary": true, "verified": true },
        ]);
        let octocat = read("github", &[user.clone(), list]).unwrap();
        assert_eq!((octocat.subject.as_str(), octocat.name.as_str()), ("583231", "octocat"));
        assert_eq!(octocat.email.as_deref(), Some("octocat@example.com"));
        assert_eq!(octocat.email_verified, Some(true));
        let mut public = user;
        public["email"] = json!("public@example.com");
        let list = json!([{ "email": "octocat@example.com", "primary": true, "verified": true }]);
        let unlisted = read("github", &[public.clone(), list]).unwrap();
        assert_eq!(unlisted.email_verified, Some(false), "an address that is not in the list is not proved");
        assert_eq!(read("github", &[public]).unwrap().email_verified, Some(false));
    }

    #[test]
    fn an_address_that_a_microsoft_tenant_wrote_is_not_proved() {
        let claims = json!({ "sub": "s", "oid": "o", "email": "ada@example.com" });
        let ada = read("microsoft", std::slice::from_ref(&claims)).unwrap();
        assert_eq!((ada.subject.as_str(), ada.email_verified), ("o", Some(false)));
        let mut proved = claims;
        proved["verified_primary_email"] = json!(["ada@example.com"]);
        assert_eq!(read("microsoft", &[proved]).unwrap().email_verified, Some(true));
    }

    #[test]
    fn providers_without_addresses_give_one_that_nobody_can_have() {
        let someone = read("reddit", &[json!({ "id": "T2X", "name": "someone" })]).unwrap();
        assert_eq!(someone.email.as_deref(), Some("t2x@reddit.invalid"));
        assert_eq!(someone.email_verified, Some(false));
    }

    #[test]
    fn a_picture_is_taken_over_https_only() {
        let ada = json!({ "sub": "1", "picture": "javascript:alert(1)" });
        assert_eq!(read("google", &[ada]).unwrap().image, None);
    }

    #[test]
    fn without_a_subject_there_is_nobody() {
        for (id, ..) in TABLE.iter().map(|row| (row.id, ())) {
            assert!(read(id, &[json!({})]).is_none(), "{id}");
            assert!(read(id, &[]).is_none(), "{id}");
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,12}".prop_map(Value::from),
        ];
        let names =
            "id|sub|email|user|data|name|response|person|bot|owner|avatar|verified|kakao_account|users";
        leaf.prop_recursive(4, 32, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(names, inner, 0..6)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_profile_panics(answers in prop::collection::vec(any_json(), 0..3), brought in any_json()) {
            for row in TABLE {
                let sources = Sources { claims: None, answers: &answers, brought: Some(&brought) };
                let _ = profile(&known(row.id).unwrap(), &sources);
            }
        }
    }
}
