//! What a line says of somebody, checked.

use jiff::Timestamp;
use kiavi_base::EmailAddress;
use serde::Deserialize;
use serde_json::Value;

/// Longest name, in characters.
const MAX_NAME: usize = 256;
/// Longest address of a picture, in bytes.
const MAX_IMAGE: usize = 2048;
/// Longest id, provider or subject, in bytes.
const MAX_ID: usize = 255;

/// An account at a provider: the identity is who the provider says, by its subject.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Account {
    pub(super) provider: String,
    pub(super) subject: String,
}

/// A line as it was written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Written {
    pub(super) id: Option<String>,
    pub(super) email: Option<String>,
    pub(super) name: Option<String>,
    pub(super) email_verified: Option<bool>,
    pub(super) image: Option<String>,
    pub(super) created_at: Option<String>,
    pub(super) accounts: Vec<Account>,
    /// There is no place for it: it is counted and left behind.
    pub(super) metadata: Option<Value>,
}

/// Somebody who can be taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) id: Option<String>,
    /// In lower case, as it is looked up.
    pub(super) email: String,
    pub(super) name: String,
    pub(super) is_verified: bool,
    pub(super) image: Option<String>,
    pub(super) created_at: Option<Timestamp>,
    pub(super) accounts: Vec<Account>,
    pub(super) has_metadata: bool,
}

impl Written {
    /// The person, or everything that is wrong with the line.
    pub(super) fn check(self, now: Timestamp) -> Result<Person, Vec<String>> {
        let mut wrong = Vec::new();
        let text = self.email.as_deref().map(str::trim).unwrap_or_default();
        let email = match text.parse::<EmailAddress>() {
            Ok(email) => email.as_str().to_lowercase(),
            Err(_) if text.is_empty() => {
                wrong.push("there is no email".to_owned());
                String::new()
            }
            Err(_) => {
                wrong.push("the email is no address".to_owned());
                String::new()
            }
        };
        let name = filled(self.name).unwrap_or_default();
        if name.chars().count() > MAX_NAME || name.contains('\0') {
            wrong.push(format!("the name has more than {MAX_NAME} characters, or a NUL"));
        }
        let image = filled(self.image);
        let is_link = |image: &String| {
            image.len() <= MAX_IMAGE && url::Url::parse(image).is_ok_and(|url| url.scheme() == "https")
        };
        if image.as_ref().is_some_and(|image| !is_link(image)) {
            wrong.push("the image is no https address".to_owned());
        }
        let created_at = filled(self.created_at).map(|text| text.parse::<Timestamp>());
        match &created_at {
            Some(Err(_)) => wrong.push("created_at is no time such as 2026-01-31T10:00:00Z".to_owned()),
            Some(Ok(at)) if *at > now => wrong.push("created_at is in the future".to_owned()),
            _ => {}
        }
        let id = filled(self.id);
        if id.as_ref().is_some_and(|id| !is_plain(id)) {
            wrong.push("the id has other symbols than letters, digits, - and _".to_owned());
        }
        let is_name =
            |text: &str| !text.is_empty() && text.len() <= MAX_ID && !text.chars().any(char::is_control);
        if self.accounts.iter().any(|account| !is_plain(&account.provider) || !is_name(&account.subject)) {
            wrong.push("an account has no provider or no subject".to_owned());
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        Ok(Person {
            id,
            email,
            name,
            is_verified: self.email_verified.unwrap_or(false),
            image,
            created_at: created_at.and_then(Result::ok),
            accounts: self.accounts,
            has_metadata: self.metadata.is_some_and(|metadata| !metadata.is_null()),
        })
    }
}

fn filled(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn is_plain(text: &str) -> bool {
    let symbols = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    symbols && (1..=MAX_ID).contains(&text.len())
}
