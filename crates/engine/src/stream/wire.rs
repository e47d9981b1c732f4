//! An event as streams have it, and a stream as operators see it.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{audit::EventView, optional_iso_milliseconds};

/// A sealed event: where it is in the log, and what it says. Of personal data there are users' ids and where the request
/// came from, as webhooks have them; not what is told of a subject's person.
pub(super) struct Line {
    pub(super) index: i64,
    pub(super) event: EventView,
}

impl Line {
    /// One line of JSON, in ASCII, without its line break. `limit` bounds its length in bytes: facts that have no room are
    /// left out.
    pub(super) fn to_json(&self, limit: usize) -> String {
        let text = ascii(&self.value().to_string());
        if text.len() <= limit {
            return text;
        }
        let mut value = self.value();
        value["facts"] = json!({ "omitted": true });
        ascii(&value.to_string())
    }

    fn value(&self) -> Value {
        let mut value = serde_json::to_value(&self.event).unwrap_or_default();
        if let Value::Object(members) = &mut value {
            members.remove("personal");
            members.remove("seq");
            members.insert("index".to_owned(), self.index.into());
        }
        value
    }
}

/// The same JSON with nothing but ASCII (RFC 8259 §7): what is beyond stands only in strings.
fn ascii(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() && c != '\u{7f}' {
            text.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                text.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    text
}

/// How a stream does.
#[derive(Serialize)]
pub(super) struct StreamView<'a> {
    pub(super) id: &'a str,
    pub(super) kind: &'static str,
    /// Where it leads.
    pub(super) to: String,
    /// `current`, `behind`, `failing` or `paused`.
    pub(super) state: &'static str,
    /// The index of the first event that was not sent.
    pub(super) next_index: i64,
    /// Sealed events that were not sent.
    pub(super) behind: i64,
    /// Since when the oldest of them waits.
    #[serde(serialize_with = "optional_iso_milliseconds")]
    pub(super) behind_since: Option<Timestamp>,
    /// When the last one was sent.
    #[serde(serialize_with = "optional_iso_milliseconds")]
    pub(super) sent_at: Option<Timestamp>,
    /// Attempts that failed since the last one that did not.
    pub(super) failures: i32,
    #[serde(serialize_with = "optional_iso_milliseconds")]
    pub(super) failing_since: Option<Timestamp>,
    /// What was in the way last.
    pub(super) fault: Option<String>,
    #[serde(serialize_with = "optional_iso_milliseconds")]
    pub(super) next_attempt_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn ascii_json_says_the_same(text: String) {
            let json = json!({ "a": text }).to_string();
            let written = ascii(&json);
            prop_assert!(written.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
            prop_assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), json!({ "a": text }));
        }
    }
}
