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
    let subject = first(mapping.subject)?;
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
        Some(quirk) => quirk(sources, read)?,
        None => read,
    };
    if read.email.is_none()
        && let Some(domain) = provider.traits.placeholder_domain
    {
        read.email = Some(format!("{}@{domain}.placeholder.invalid", read.subject.to_ascii_lowercase()));
        read.email_verified = Some(false);
    }
    Some(read)
}

/// The claims over the first answer: what was signed stands. Both must be of one subject, which an answer beside claims
/// has to name (OpenID Connect Core §5.3.2).
fn merged(sources: &Sources<'_>) -> Option<Value> {
    let answer = sources.answers.first();
    let (Some(claims), Some(answer)) = (sources.claims, answer) else {
        return answer.or(sources.claims.map(Claims::value)).filter(|value| value.is_object()).cloned();
    };
    if answer["sub"].as_str() != Some(claims.subject()) {
        return None;
    }
    let mut all = answer.as_object()?.clone();
    let signed = claims.value().as_object()?.iter().filter(|(_, value)| !value.is_null());
    all.extend(signed.map(|(name, value)| (name.clone(), value.clone())));
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

/// A truth value; Apple writes it as text. Anything else that is there is no yes.
pub(crate) fn truth(value: Option<&Value>) -> Option<bool> {
    match value? {
        Value::Null => None,
        Value::Bool(value) => Some(*value),
        Value::String(text) => Some(text == "true"),
        _ => Some(false),
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
        assert_eq!(someone.email.as_deref(), Some("t2x@reddit.placeholder.invalid"));
        assert_eq!(someone.email_verified, Some(false));
    }

    #[test]
    fn x_tells_an_address_only_where_it_was_confirmed_and_the_app_may_know_it() {
        let user = json!({ "data": { "id": "7", "name": "Ada", "username": "ada" } });
        let told = json!({ "data": { "id": "7", "confirmed_email": "ada@example.com" } });
        let ada = read("twitter", &[user.clone(), told]).unwrap();
        assert_eq!((ada.email.as_deref(), ada.email_verified), (Some("ada@example.com"), Some(true)));
        let silent = read("twitter", &[user, Value::Null]).unwrap();
        assert_eq!(silent.email.as_deref(), Some("7@twitter.placeholder.invalid"));
        assert_eq!(silent.email_verified, Some(false));
    }

    #[test]
    fn a_user_whom_gitlab_has_blocked_is_nobody() {
        let user = |state: &str, locked: bool| json!({ "id": 1, "state": state, "locked": locked });
        assert!(read("gitlab", &[user("active", false)]).is_some());
        assert!(read("gitlab", &[user("blocked", false)]).is_none());
        assert!(read("gitlab", &[user("active", true)]).is_none());
        assert!(read("gitlab", &[json!({ "id": 1 })]).is_none());
    }

    #[test]
    fn polar_s_subject_is_its_id() {
        let both = json!({ "id": "an-id", "sub": "a-sub" });
        assert_eq!(read("polar", &[both]).unwrap().subject, "an-id");
        assert_eq!(read("polar", &[json!({ "sub": "a-sub" })]).unwrap().subject, "a-sub");
    }

    #[test]
    fn discord_s_people_without_a_picture_have_the_one_of_their_number() {
        let image = |avatar: Value, discriminator: &str| {
            let user = json!({ "id": "80351110224678912", "avatar": avatar, "discriminator": discriminator });
            read("discord", &[user]).unwrap().image.unwrap()
        };
        assert_eq!(image(Value::Null, "1337"), "https://cdn.discordapp.com/embed/avatars/2.png");
        assert_eq!(image(Value::Null, "0"), "https://cdn.discordapp.com/embed/avatars/5.png");
        let own = "https://cdn.discordapp.com/avatars/80351110224678912/a_0f.gif";
        assert_eq!(image(json!("a_0f"), "0"), own);
    }

    #[test]
    fn what_is_neither_yes_nor_silence_is_no() {
        for (told, verified) in [
            (json!(null), None),
            (json!(true), Some(true)),
            (json!("true"), Some(true)),
            (json!(0), Some(false)),
            (json!(1), Some(false)),
            (json!("yes"), Some(false)),
            (json!([true]), Some(false)),
        ] {
            let ada = json!({ "sub": "1", "email_verified": told });
            assert_eq!(read("google", &[ada]).unwrap().email_verified, verified, "{told}");
        }
    }

    #[test]
    fn what_was_signed_stands_and_an_answer_is_of_the_same_person() {
        let claims = Claims::of_test(json!({ "sub": "1", "email": "ada@example.com", "name": null,
            "https://slack.com/user_id": "U1" }));
        let merged = |answer: Value| {
            let answers = [answer];
            let sources = Sources { claims: Some(&claims), answers: &answers, brought: None };
            profile(&known("slack").unwrap(), &sources)
        };
        let other = json!({ "sub": "1", "https://slack.com/user_id": "U2", "email": "eve@example.com", "name": "Ada" });
        let read = merged(other).unwrap();
        assert_eq!((read.subject.as_str(), read.email.as_deref()), ("U1", Some("ada@example.com")));
        assert_eq!(read.name, "Ada");
        assert!(merged(json!({ "sub": "2" })).is_none());
        assert!(merged(json!({ "email": "eve@example.com" })).is_none(), "of nobody knows whom");
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
