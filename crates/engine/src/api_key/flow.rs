//! Decisions about API keys, without I/O: what a body asks for and whether that may be, and what a key looks like.

use std::ops::RangeInclusive;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use kiavi_base::{Alphabet, Rng, random_text};
use kiavi_crypto::sha256;
use serde_json::Value;

use super::{ApiKeySettings, wire};
use crate::{ApiError, Fields, fields::is_truthy};

/// Random letters of a key: 364 bits.
pub(super) const KEY_LENGTH: usize = 64;
/// Characters of a key, its prefix included, that are kept in clear to tell keys apart.
const START_LENGTH: usize = 6;
/// Characters of a name or a prefix.
pub(super) const NAME_LENGTHS: RangeInclusive<usize> = 1..=32;
/// Bytes of metadata or permissions as JSON.
const JSON_LIMIT: usize = 4_096;
const SECONDS_PER_DAY: f64 = 86_400.0;

/// Whether `text` has only characters that a prefix may have.
pub(super) fn is_prefix(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// A fresh key in clear.
pub(super) fn key_text(rng: &dyn Rng, prefix: &str) -> String {
    format!("{prefix}{}", random_text(rng, Alphabet::Letters, KEY_LENGTH))
}

/// The beginning of a key that is kept.
pub(super) fn start(key: &str) -> &str {
    key.get(..START_LENGTH).unwrap_or(key)
}

/// A key as it is stored. A plain hash is enough for what has 364 random bits, and lets Better Auth find it too.
pub(super) fn hash(key: &str) -> String {
    URL_SAFE_NO_PAD.encode(sha256(key.as_bytes()))
}

/// What only an operator may set.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct ServerOnly {
    /// `Some(None)`: without end.
    pub(super) remaining: Option<Option<i32>>,
    pub(super) refill_amount: Option<i32>,
    pub(super) refill_interval: Option<i32>,
    pub(super) rate_limit_max: Option<i32>,
    pub(super) rate_limit_time_window: Option<i32>,
    pub(super) rate_limit_enabled: Option<bool>,
    /// JSON; `Some(None)` takes them away.
    pub(super) permissions: Option<Option<String>>,
}

impl ServerOnly {
    /// `floor` is the smallest number of uses and of refilled uses.
    fn read(fields: &mut Fields<'_>, remaining_floor: i32, refill_floor: i32) -> Self {
        Self {
            remaining: fields.nullable_integer("remaining", remaining_floor),
            refill_amount: fields.optional_integer("refillAmount", refill_floor),
            refill_interval: fields.optional_integer("refillInterval", refill_floor),
            rate_limit_max: fields.optional_integer("rateLimitMax", 1),
            rate_limit_time_window: fields.optional_integer("rateLimitTimeWindow", 1),
            rate_limit_enabled: fields.optional_bool("rateLimitEnabled"),
            permissions: nullable_permissions(fields).map(|value| value.map(Value::to_string)),
        }
    }

    /// Whether anything is set.
    pub(super) fn is_any(&self) -> bool {
        *self != Self::default()
    }
}

/// What `/api-key/create` asks for.
#[derive(Debug)]
pub(super) struct Creation<'b> {
    pub(super) name: Option<&'b str>,
    pub(super) expires_in_seconds: Option<f64>,
    pub(super) prefix: Option<&'b str>,
    metadata: Option<&'b Value>,
    pub(super) server_only: ServerOnly,
    pub(super) user_id: Option<String>,
}

/// What `/api-key/update` asks for.
#[derive(Debug)]
pub(super) struct Change<'b> {
    pub(super) key_id: &'b str,
    pub(super) name: Option<&'b str>,
    pub(super) enabled: Option<bool>,
    /// `Some(None)`: for ever.
    pub(super) expires_in_seconds: Option<Option<f64>>,
    metadata: Option<&'b Value>,
    pub(super) server_only: ServerOnly,
    pub(super) user_id: Option<String>,
}

/// A text that PostgreSQL can hold.
fn text<'b>(fields: &mut Fields<'b>, name: &str) -> Option<&'b str> {
    let text = fields.optional_string(name)?;
    if text.contains('\0') {
        fields.issue(name, "Invalid string");
    }
    Some(text)
}

fn lifetime(fields: &mut Fields<'_>) -> Option<Option<f64>> {
    match fields.get("expiresIn") {
        Some(Value::Null) => Some(None),
        _ => {
            let seconds = fields.optional_number("expiresIn")?;
            if seconds < 1.0 {
                fields.issue("expiresIn", "Too small: expected number to be >=1");
            }
            Some(Some(seconds))
        }
    }
}

/// The permissions in a body, as an object of arrays of strings; what is wrong with them goes to `fields`.
pub(super) fn permissions<'b>(fields: &mut Fields<'b>) -> Option<&'b Value> {
    let given = fields.get("permissions")?;
    let Value::Object(resources) = given else {
        fields.record_member("permissions");
        return None;
    };
    let is_list = |value: &Value| value.as_array().is_some_and(|all| all.iter().all(Value::is_string));
    for (resource, actions) in resources {
        if !is_list(actions) {
            fields.issue(&format!("permissions.{resource}"), "Invalid input: expected an array of strings");
        }
    }
    if given.to_string().len() > JSON_LIMIT {
        fields.issue("permissions", &format!("Too big: expected JSON to have <={JSON_LIMIT} bytes"));
    }
    Some(given)
}

/// Whether a resource comes without actions.
pub(super) fn has_empty_list(permissions: &Value) -> bool {
    let resources = permissions.as_object();
    resources.is_some_and(|all| all.values().any(|actions| actions.as_array().is_some_and(Vec::is_empty)))
}

fn nullable_permissions<'b>(fields: &mut Fields<'b>) -> Option<Option<&'b Value>> {
    match fields.get("permissions") {
        Some(Value::Null) => Some(None),
        _ => {
            let given = permissions(fields)?;
            // PostgreSQL's text cannot hold a NUL, nor can its `jsonb` the escape of one.
            if holds_nul(given) {
                fields.issue("permissions", "Invalid string");
            }
            Some(Some(given))
        }
    }
}

/// Whether a text anywhere in `value` has a NUL.
pub(super) fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(values) => values.iter().any(holds_nul),
        Value::Object(members) => members.iter().any(|(name, value)| name.contains('\0') || holds_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn metadata<'b>(fields: &mut Fields<'b>) -> Option<&'b Value> {
    let given = fields.get("metadata")?;
    if given.to_string().len() > JSON_LIMIT {
        fields.issue("metadata", &format!("Too big: expected JSON to have <={JSON_LIMIT} bytes"));
    }
    Some(given)
}

/// Whose key it is, in the body of an operator.
fn user_id(fields: &mut Fields<'_>) -> Option<String> {
    match fields.get("userId")? {
        Value::String(id) => {
            if id.contains('\0') {
                fields.issue("userId", "Invalid string");
            }
            Some(id.clone())
        }
        // As upstream's schema does, which turns everything into a string.
        other => Some(other.to_string()),
    }
}

/// Reads the body of `/api-key/create`; what is wrong with it goes to `fields`.
pub(super) fn creation<'b>(fields: &mut Fields<'b>) -> Creation<'b> {
    fields.optional_string("configId");
    let prefix = fields.optional_string("prefix");
    if prefix.is_some_and(|prefix| !is_prefix(prefix)) {
        let rule = "Invalid prefix format, must be alphanumeric and contain only underscores and hyphens.";
        fields.issue("prefix", rule);
    }
    let mut server_only = ServerOnly::read(fields, 0, 1);
    // `null` is the default, which everybody may state.
    server_only.remaining = server_only.remaining.filter(Option::is_some);
    Creation {
        name: text(fields, "name"),
        expires_in_seconds: lifetime(fields).flatten(),
        prefix,
        metadata: metadata(fields),
        server_only,
        user_id: user_id(fields),
    }
}

/// Reads the body of `/api-key/update`; what is wrong with it goes to `fields`.
pub(super) fn change<'b>(fields: &mut Fields<'b>) -> Change<'b> {
    fields.optional_string("configId");
    Change {
        key_id: fields.string("keyId"),
        name: text(fields, "name"),
        enabled: fields.optional_bool("enabled"),
        expires_in_seconds: lifetime(fields),
        metadata: metadata(fields),
        // A refill of 0 switches refills off.
        server_only: ServerOnly::read(fields, 1, 0),
        user_id: user_id(fields),
    }
}

/// Better Auth counts as ECMAScript does, in UTF-16 units.
fn check_name(name: &str) -> Result<(), ApiError> {
    match NAME_LENGTHS.contains(&name.encode_utf16().count()) {
        true => Ok(()),
        false => Err(wire::invalid_name_length()),
    }
}

fn check_lifetime(settings: &ApiKeySettings, seconds: f64) -> Result<(), ApiError> {
    let days = seconds / SECONDS_PER_DAY;
    if days < f64::from(settings.min_expires_in_days) {
        Err(wire::expires_too_soon())
    } else if days > f64::from(settings.max_expires_in_days) {
        Err(wire::expires_too_late())
    } else {
        Ok(())
    }
}

fn is_metadata(value: &Value) -> bool {
    matches!(value, Value::Null | Value::Object(_) | Value::Array(_))
}

impl Creation<'_> {
    /// Checks what is asked for against the settings; the metadata to store.
    ///
    /// # Errors
    /// 400 with the codes of Better Auth, in its order.
    pub(super) fn check(&self, settings: &ApiKeySettings) -> Result<Option<String>, ApiError> {
        let metadata = self.metadata.filter(|value| is_truthy(value));
        if metadata.is_some() && !settings.is_metadata_enabled {
            return Err(wire::metadata_disabled());
        }
        if metadata.is_some_and(|value| !is_metadata(value)) {
            return Err(wire::invalid_metadata_type());
        }
        match (self.server_only.refill_amount, self.server_only.refill_interval) {
            (Some(_), None) => return Err(wire::refill_interval_missing()),
            (None, Some(_)) => return Err(wire::refill_amount_missing()),
            _ => {}
        }
        if let Some(seconds) = self.expires_in_seconds {
            if !settings.is_custom_expiry_enabled {
                return Err(wire::expiry_disabled());
            }
            check_lifetime(settings, seconds)?;
        }
        if self.prefix.is_some_and(|prefix| !NAME_LENGTHS.contains(&prefix.len())) {
            return Err(wire::invalid_prefix_length());
        }
        match self.name.filter(|name| !name.is_empty()) {
            Some(name) => check_name(name)?,
            None if settings.is_name_required => return Err(wire::name_required()),
            None => {}
        }
        Ok(metadata.map(Value::to_string))
    }
}

impl Change<'_> {
    /// Checks what is asked for against the settings; the metadata to store, `Some(None)` to remove it.
    ///
    /// # Errors
    /// 400 with the codes of Better Auth, in its order.
    pub(super) fn check(&self, settings: &ApiKeySettings) -> Result<Option<Option<String>>, ApiError> {
        self.name.map_or(Ok(()), check_name)?;
        if let Some(expiry) = self.expires_in_seconds {
            if !settings.is_custom_expiry_enabled {
                return Err(wire::expiry_disabled());
            }
            expiry.map_or(Ok(()), |seconds| check_lifetime(settings, seconds))?;
        }
        let metadata = self.metadata.filter(|_| settings.is_metadata_enabled);
        if metadata.is_some_and(|value| !is_metadata(value)) {
            return Err(wire::invalid_metadata_type());
        }
        match (self.server_only.refill_amount, self.server_only.refill_interval) {
            (Some(_), None) => return Err(wire::refill_interval_missing()),
            (None, Some(_)) => return Err(wire::refill_amount_missing()),
            _ => {}
        }
        let is_empty = self.name.is_none()
            && self.enabled.is_none()
            && self.expires_in_seconds.is_none()
            && metadata.is_none()
            && !self.server_only.is_any();
        if is_empty {
            return Err(wire::no_values());
        }
        Ok(metadata.map(|value| (!value.is_null()).then(|| value.to_string())))
    }
}

#[cfg(test)]
mod tests {
    use kiavi_base::SeededRng;

    use super::*;

    #[test]
    fn a_key_is_its_prefix_and_letters_and_hashes_as_upstream_does() {
        let key = key_text(&SeededRng::new(1), "acme_");
        assert!(key.len() == 69 && key[5..].bytes().all(|b| b.is_ascii_alphabetic()), "{key}");
        assert_eq!(start(&key), &key[..6]);
        assert_eq!(start("abc"), "abc");
        // SHA-256 of "abc" (FIPS 180-4), base64url without padding.
        assert_eq!(hash("abc"), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
    }

    #[test]
    fn a_prefix_has_no_other_characters() {
        assert!(is_prefix("acme_live-1"));
        for text in ["", "a b", "a.b", "é", "a\0"] {
            assert!(!is_prefix(text), "{text:?}");
        }
    }
}
