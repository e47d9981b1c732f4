//! Reading a JSON body field by field, with the issues told as Better Auth tells them.

use std::borrow::Cow;

use kiavi_base::EmailAddress;
use serde_json::{Map, Value};

use crate::ApiError;

/// A body that must be an object. Readers note issues and go on; [`Fields::finish`] tells them all.
#[derive(Debug)]
pub struct Fields<'b> {
    object: &'b Map<String, Value>,
    /// What stands before a name in an issue.
    path: &'static str,
    issues: Vec<String>,
}

/// What a value is, in ECMAScript's words.
fn kind(value: Option<&Value>) -> &'static str {
    match value {
        None => "undefined",
        Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "boolean",
        Some(Value::Number(_)) => "number",
        Some(Value::String(_)) => "string",
        Some(Value::Array(_)) => "array",
        Some(Value::Object(_)) => "object",
    }
}

impl<'b> Fields<'b> {
    /// The fields of `body`.
    ///
    /// # Errors
    /// `VALIDATION_ERROR` when it is not an object.
    pub fn of(body: Option<&'b Value>) -> Result<Self, ApiError> {
        Self::named(body, "object")
    }

    /// The same for a schema that calls its object a record.
    ///
    /// # Errors
    /// `VALIDATION_ERROR` when it is not an object.
    pub fn record(body: Option<&'b Value>) -> Result<Self, ApiError> {
        Self::named(body, "record")
    }

    fn named(body: Option<&'b Value>, schema: &str) -> Result<Self, ApiError> {
        match body {
            Some(Value::Object(object)) => Ok(Self { object, path: "", issues: Vec::new() }),
            other => {
                let given = kind(other);
                Err(ApiError::validation(format!(
                    "[body] Invalid input: expected {schema}, received {given}"
                )))
            }
        }
    }

    /// The fields of an object within a body; `path` names it, with a dot after it.
    pub fn within(path: &'static str, object: &'b Map<String, Value>) -> Self {
        Self { object, path, issues: Vec::new() }
    }

    /// The raw value.
    pub fn get(&self, name: &str) -> Option<&'b Value> {
        self.object.get(name)
    }

    /// A required value of any kind; `null` stands for one that is missing until [`Fields::finish`].
    pub fn any(&mut self, name: &str) -> &'b Value {
        match self.object.get(name) {
            Some(value) => value,
            None => {
                self.expected(name, "nonoptional", None);
                &Value::Null
            }
        }
    }

    /// A required value as text: what is no string is written as ECMAScript's `String()` writes it.
    pub fn coerced_string(&mut self, name: &str) -> Cow<'b, str> {
        match self.object.get(name) {
            Some(Value::String(text)) => Cow::Borrowed(text),
            Some(scalar @ (Value::Null | Value::Bool(_) | Value::Number(_))) => scalar.to_string().into(),
            None => {
                self.expected(name, "nonoptional", None);
                Cow::Borrowed("")
            }
            other => {
                self.expected(name, "string", other);
                Cow::Borrowed("")
            }
        }
    }

    /// A required object.
    pub fn record_member(&mut self, name: &str) -> &'b Value {
        match self.object.get(name) {
            Some(value @ Value::Object(_)) => value,
            other => {
                self.expected(name, "record", other);
                &Value::Null
            }
        }
    }

    /// A required string; the empty string stands for one that is missing until [`Fields::finish`].
    pub fn string(&mut self, name: &str) -> &'b str {
        match self.object.get(name) {
            Some(Value::String(text)) => text,
            other => {
                self.expected(name, "string", other);
                ""
            }
        }
    }

    /// A required e-mail address.
    ///
    /// # Errors
    /// In the inner result when it is none; [`Fields::finish`] then tells so.
    pub fn email(&mut self, name: &str) -> Result<EmailAddress, ApiError> {
        let address = self.string(name).parse();
        if address.is_err() && self.object.get(name).is_some_and(Value::is_string) {
            self.issue(name, "Invalid email address");
        }
        address.map_err(|_| ApiError::validation(format!("[body.{name}] Invalid email address")))
    }

    /// A string that may be absent.
    pub fn optional_string(&mut self, name: &str) -> Option<&'b str> {
        self.object.contains_key(name).then(|| self.string(name))
    }

    /// A string or `null` that may be absent.
    pub fn nullable_string(&mut self, name: &str) -> Option<Option<&'b str>> {
        match self.object.get(name) {
            Some(Value::Null) => Some(None),
            _ => self.optional_string(name).map(Some),
        }
    }

    /// A truth value that may be absent.
    pub fn optional_bool(&mut self, name: &str) -> Option<bool> {
        match self.object.get(name)? {
            Value::Bool(value) => Some(*value),
            other => {
                self.expected(name, "boolean", Some(other));
                None
            }
        }
    }

    /// A number that may be absent.
    pub fn optional_number(&mut self, name: &str) -> Option<f64> {
        let given = self.object.get(name)?;
        let number = given.as_f64().filter(|number| number.is_finite());
        if number.is_none() {
            self.expected(name, "number", Some(given));
        }
        number
    }

    /// A whole number from `floor` to 2³¹ − 1, which is what Better Auth's columns hold, that may be absent.
    pub fn optional_integer(&mut self, name: &str, floor: i32) -> Option<i32> {
        let number = self.optional_number(name)?;
        if number.fract() != 0.0 {
            self.issue(name, "Invalid input: expected int, received number");
        } else if number < f64::from(floor) {
            self.issue(name, &format!("Too small: expected number to be >={floor}"));
        } else if number > f64::from(i32::MAX) {
            self.issue(name, &format!("Too big: expected number to be <={}", i32::MAX));
        }
        // Saturates; what does not fit has been noted.
        Some(number as i32)
    }

    /// The same, or `null`.
    pub fn nullable_integer(&mut self, name: &str, floor: i32) -> Option<Option<i32>> {
        match self.object.get(name) {
            Some(Value::Null) => Some(None),
            _ => self.optional_integer(name, floor).map(Some),
        }
    }

    /// One of `options`.
    pub fn choice(&mut self, name: &str, options: &[&'static str]) -> &'static str {
        let given = self.object.get(name).and_then(Value::as_str);
        match options.iter().find(|option| Some(**option) == given) {
            Some(option) => option,
            None => {
                let quoted: Vec<_> = options.iter().map(|option| format!("\"{option}\"")).collect();
                self.issue(name, &format!("Invalid option: expected one of {}", quoted.join("|")));
                ""
            }
        }
    }

    /// Notes an issue of one field.
    pub fn issue(&mut self, name: &str, message: &str) {
        self.issues.push(format!("[body.{}{name}] {message}", self.path));
    }

    fn expected(&mut self, name: &str, wanted: &str, given: Option<&Value>) {
        self.issue(name, &format!("Invalid input: expected {wanted}, received {}", kind(given)));
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// `VALIDATION_ERROR` with every issue.
    pub fn finish(self) -> Result<(), ApiError> {
        if self.issues.is_empty() { Ok(()) } else { Err(ApiError::validation(self.issues.join("; "))) }
    }
}

/// ECMAScript's truthiness.
pub(crate) fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64().is_some_and(|n| n != 0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn message(error: ApiError) -> String {
        format!("{error:?}")
    }

    #[test]
    fn issues_read_as_upstream_words_them() {
        let body = json!({ "email": 1, "type": "x" });
        let mut fields = Fields::of(Some(&body)).unwrap();
        fields.string("email");
        fields.string("otp");
        fields.choice("type", &["sign-in", "change-email"]);
        let told = message(fields.finish().unwrap_err());
        assert!(told.contains("[body.email] Invalid input: expected string, received number; "), "{told}");
        assert!(told.contains("[body.otp] Invalid input: expected string, received undefined; "), "{told}");
        assert!(told.contains("[body.type] Invalid option: expected one of"), "{told}");
        assert!(message(Fields::of(None).unwrap_err()).contains("expected object, received undefined"));
        assert!(
            message(Fields::record(Some(&json!([]))).unwrap_err())
                .contains("expected record, received array")
        );
    }
}
