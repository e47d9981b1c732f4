//! What a link's row says.

use kiavi_base::EmailAddress;
use serde::{Deserialize, Serialize};

/// The row's value, in Better Auth's form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    /// Always [`KIND`]: a row of another purpose is no link, whatever its identifier.
    #[serde(rename = "type")]
    kind: String,
    /// Whose link it is, lower-case.
    pub(super) email: String,
    /// A new user's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
}

const KIND: &str = "magic-link";

impl Record {
    pub(super) fn new(email: &EmailAddress, name: Option<&str>) -> Self {
        Self { kind: KIND.to_owned(), email: email.to_string(), name: name.map(str::to_owned) }
    }

    /// Reads a row's value, if it is a link's.
    pub(super) fn read(value: &str) -> Option<Self> {
        serde_json::from_str::<Self>(value).ok().filter(|record| record.kind == KIND)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_record_reads_as_better_auth_writes_it_and_nothing_else_does() {
        let email = "Ada@example.com".parse().unwrap();
        let record = Record::new(&email, Some("Ada"));
        let text = r#"{"type":"magic-link","email":"ada@example.com","name":"Ada"}"#;
        assert_eq!(serde_json::to_string(&record).unwrap(), text);
        assert_eq!(Record::read(text), Some(record));
        assert!(Record::read(r#"{"type":"magic-link","email":"ada@example.com"}"#).is_some());
        for other in [
            "u1",
            r#"{"email":"ada@example.com"}"#,
            r#"{"type":"reset","email":"ada@example.com"}"#,
            r#"{"type":"magic-link","email":"ada@example.com","userId":"u1"}"#,
        ] {
            assert_eq!(Record::read(other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn no_value_panics(value in ".{0,80}") {
            Record::read(&value);
        }
    }
}
