//! The fields of a user that an administrator's body may name, and nothing else.

use jiff::Timestamp;
use kiavi_base::EmailAddress;
use serde_json::{Map, Value};

use super::{
    access::{BAN_USERS, Permission, SET_EMAIL, SET_ROLE},
    wire,
};
use crate::{
    ApiError, Fields,
    user::{User, text_problem},
};

/// Every field that may be named, with the permission it needs beyond the endpoint's own.
const FIELDS: &[(&str, Option<Permission>)] = &[
    ("name", None),
    ("image", None),
    ("role", Some(SET_ROLE)),
    ("banned", Some(BAN_USERS)),
    ("banReason", Some(BAN_USERS)),
    ("banExpires", Some(BAN_USERS)),
    ("email", Some(SET_EMAIL)),
    ("emailVerified", Some(SET_EMAIL)),
];

/// New values; what is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Change {
    pub(super) name: Option<String>,
    pub(super) image: Option<Option<String>>,
    pub(super) role: Option<String>,
    pub(super) banned: Option<bool>,
    pub(super) ban_reason: Option<Option<String>>,
    pub(super) ban_expires: Option<Option<Timestamp>>,
    pub(super) email: Option<EmailAddress>,
    pub(super) email_verified: Option<bool>,
}

/// What the fields of `data` need to be changed, each permission once.
pub(super) fn permissions(data: &Map<String, Value>) -> impl Iterator<Item = Permission> {
    FIELDS.iter().filter(|(field, _)| data.contains_key(*field)).filter_map(|(_, permission)| *permission)
}

impl Change {
    /// Reads `data`. What is not among [`FIELDS`] is refused, not ignored: it is the server's, or nobody's.
    ///
    /// # Errors
    /// `FIELD_NOT_ALLOWED`, `INVALID_ROLE_TYPE`, `INVALID_EMAIL`, `VALIDATION_ERROR`.
    pub(super) fn read(data: &Map<String, Value>) -> Result<Self, ApiError> {
        if let Some(field) = data.keys().find(|key| FIELDS.iter().all(|(field, _)| field != key)) {
            return Err(wire::field_not_allowed(field));
        }
        let role = data.get("role").map(roles).transpose()?;
        let email = data.get("email").map(address).transpose()?;
        let mut fields = Fields::within("data.", data);
        let change = Self {
            name: text(&mut fields, "name").flatten(),
            image: text(&mut fields, "image"),
            role,
            banned: fields.optional_bool("banned"),
            ban_reason: text(&mut fields, "banReason"),
            ban_expires: moment(&mut fields, "banExpires"),
            email,
            email_verified: fields.optional_bool("emailVerified"),
        };
        fields.finish()?;
        Ok(change)
    }

    /// The row as it will be. An address that nobody proved does not inherit the proof of the one it replaces.
    pub(super) fn apply(self, before: &User) -> User {
        let mut after = before.clone();
        if let Some(email) = self.email.filter(|email| email.as_str() != before.email) {
            after.email = email.as_str().to_owned();
            after.email_verified = false;
        }
        after.email_verified = self.email_verified.unwrap_or(after.email_verified);
        after.name = self.name.unwrap_or(after.name);
        after.image = self.image.unwrap_or(after.image);
        after.role = self.role.or(after.role);
        after.banned = self.banned.or(after.banned);
        after.ban_reason = self.ban_reason.unwrap_or(after.ban_reason);
        after.ban_expires = self.ban_expires.unwrap_or(after.ban_expires);
        after
    }
}

/// A text, or `null` where the column has none; `name` has always one.
fn text(fields: &mut Fields<'_>, name: &str) -> Option<Option<String>> {
    let given = match name {
        "name" => fields.optional_string(name).map(Some),
        _ => fields.nullable_string(name),
    };
    if let Some(problem) = given.flatten().and_then(text_problem) {
        fields.issue(name, &problem);
    }
    given.map(|text| text.map(str::to_owned))
}

/// A moment as JSON writes dates, cut to milliseconds as the column keeps them.
fn moment(fields: &mut Fields<'_>, name: &str) -> Option<Option<Timestamp>> {
    let given = fields.nullable_string(name)?;
    let Some(text) = given else { return Some(None) };
    let parsed = text.parse::<Timestamp>().ok();
    match parsed.and_then(|at| Timestamp::from_millisecond(at.as_millisecond()).ok()) {
        Some(at) => Some(Some(at)),
        None => {
            fields.issue(name, "Invalid input: expected date, received Invalid Date");
            None
        }
    }
}

/// One role or several, as the column keeps them. Which roles mean something is decided where they are used.
///
/// # Errors
/// `INVALID_ROLE_TYPE`, and `VALIDATION_ERROR` for what cannot be stored.
pub(super) fn roles(given: &Value) -> Result<String, ApiError> {
    let role = match given {
        Value::String(role) => role.clone(),
        Value::Array(roles) => {
            let roles: Option<Vec<&str>> = roles.iter().map(Value::as_str).collect();
            roles.ok_or_else(wire::invalid_role_type)?.join(",")
        }
        _ => return Err(wire::invalid_role_type()),
    };
    match text_problem(&role) {
        Some(problem) => Err(ApiError::validation(format!("[body.role] {problem}"))),
        None => Ok(role),
    }
}

/// An address of any case.
///
/// # Errors
/// `INVALID_EMAIL`.
pub(super) fn address(given: &Value) -> Result<EmailAddress, ApiError> {
    given.as_str().and_then(|text| text.parse().ok()).ok_or_else(wire::invalid_email)
}
