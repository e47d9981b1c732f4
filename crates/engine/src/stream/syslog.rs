//! Events as syslog messages (RFC 5424) in frames that tell their length (RFC 5425 §4.3).

use std::fmt::Write as _;

use jiff::fmt::temporal::DateTimePrinter;

use super::wire::Line;

/// What a receiver should be able to take (RFC 5425 §4.3.1): what is longer it may cut off.
const MAX_MESSAGE: usize = 8_192;
/// The longest of the header's fields (RFC 5424 §6): a host's name, and the message's type.
const MAX_HOST: usize = 255;
const MAX_TYPE: usize = 32;
/// Log audit (RFC 5424 §6.2.1).
const FACILITY: u8 = 13;
const WARNING: u8 = 4;
const INFORMATIONAL: u8 = 6;

static TIME: DateTimePrinter = DateTimePrinter::new().precision(Some(3));

/// A message in its frame. `host` is the tenant's own name; `enterprise` names the structured data.
pub(super) fn frame(host: &str, enterprise: u32, line: &Line) -> String {
    let message = message(host, enterprise, line);
    format!("{} {message}", message.len())
}

fn message(host: &str, enterprise: u32, line: &Line) -> String {
    let event = &line.event;
    let severity = if event.outcome == "success" { INFORMATIONAL } else { WARNING };
    let priority = FACILITY * 8 + severity;
    let (time, host) = (TIME.timestamp_to_string(&event.at), field(host, MAX_HOST));
    let kind = field(&event.kind, MAX_TYPE);
    let mut message = format!("<{priority}>1 {time} {host} kiavi - {kind} [event@{enterprise}");
    let actor = event.actor.as_ref().map(|actor| actor.reference.as_str());
    let subject = event.subject.as_ref().map(|subject| subject.reference.as_str());
    let index = line.index.to_string();
    for (name, value) in [
        ("index", Some(index.as_str())),
        ("id", Some(&event.id)),
        ("type", Some(&event.kind)),
        ("outcome", Some(&event.outcome)),
        ("actor", actor),
        ("subject", subject),
    ] {
        if let Some(value) = value {
            // Writing to a string does not fail.
            let _ = write!(message, " {name}=\"{}\"", escaped(value));
        }
    }
    message.push_str("] ");
    let room = MAX_MESSAGE.saturating_sub(message.len());
    message.push_str(&line.to_json(room));
    message
}

/// A field of the header: printable ASCII without spaces, `-` if there is none of it (RFC 5424 §6).
fn field(text: &str, limit: usize) -> String {
    let text: String = text.chars().filter(char::is_ascii_graphic).take(limit).collect();
    if text.is_empty() { "-".to_owned() } else { text }
}

/// A parameter's value (RFC 5424 §6.3.3): a quote, a backslash and a bracket have a backslash before them.
fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for c in value.chars() {
        if matches!(c, '"' | '\\' | ']') {
            text.push('\\');
        }
        text.push(c);
    }
    text
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::audit::{EventView, Named};

    fn event(kind: &str, actor: &str, facts: Value) -> EventView {
        let named = |text: &str| Some(Named { reference: text.to_owned(), user_id: None, email: None });
        EventView {
            id: "0193a5c0-7d1e-7000-8000-0123456789ab".to_owned(),
            seq: 7,
            kind: kind.to_owned(),
            outcome: "success".to_owned(),
            at: "2026-11-26T20:00:00.123456Z".parse().unwrap(),
            request_id: None,
            actor: named(actor),
            subject: None,
            method: None,
            ip: Some("192.0.2.1".to_owned()),
            country: Some("FR".to_owned()),
            network: None,
            user_agent: None,
            browser: None,
            system: None,
            device: None,
            facts: Some(facts),
            personal: Some(json!({ "email": "ada@example.com" })),
            is_erased: false,
        }
    }

    /// A message as it is read by the grammar of RFC 5424 §6, strictly.
    pub(in super::super) struct Read {
        pub(in super::super) header: Vec<String>,
        pub(in super::super) id: String,
        pub(in super::super) params: Vec<(String, String)>,
        pub(in super::super) message: String,
    }

    pub(in super::super) fn read(message: &str) -> Read {
        let mut parts = message.splitn(7, ' ');
        let header: Vec<String> = parts.by_ref().take(6).map(str::to_owned).collect();
        let rest = parts.next().and_then(|rest| rest.strip_prefix('[')).expect("structured data");
        assert_eq!(header.len(), 6, "PRI and VERSION, TIMESTAMP, HOSTNAME, APP-NAME, PROCID, MSGID");
        assert!(header.iter().all(|field| !field.is_empty() && field.bytes().all(|b| b.is_ascii_graphic())));
        let (id, mut rest) = rest.split_once(' ').expect("an element with parameters");
        let mut params = Vec::new();
        loop {
            let (name, value) = rest.split_once("=\"").expect("a parameter");
            let (mut text, mut chars) = (String::new(), value.char_indices());
            let end = loop {
                match chars.next().expect("a value ends") {
                    (_, '\\') => text.push(chars.next().expect("something escaped").1),
                    (at, '"') => break at,
                    (_, ']') => panic!("a bracket in a value"),
                    (_, c) => text.push(c),
                }
            };
            params.push((name.to_owned(), text));
            rest = &value[end + 1..];
            match rest.strip_prefix("] ") {
                Some(message) => {
                    return Read { header, id: id.to_owned(), params, message: message.to_owned() };
                }
                None => rest = rest.strip_prefix(' ').expect("a space between parameters"),
            }
        }
    }

    /// The messages of a stream of frames.
    pub(in super::super) fn unframed(mut bytes: &[u8]) -> Vec<String> {
        let mut messages = Vec::new();
        while !bytes.is_empty() {
            let space = bytes.iter().position(|byte| *byte == b' ').expect("a length and a space");
            let length = std::str::from_utf8(&bytes[..space]).unwrap();
            assert!(!length.starts_with('0'), "NONZERO-DIGIT *DIGIT");
            let end = space + 1 + length.parse::<usize>().unwrap();
            messages.push(String::from_utf8(bytes[space + 1..end].to_vec()).unwrap());
            bytes = &bytes[end..];
        }
        messages
    }

    #[test]
    fn an_event_is_a_message_of_the_standard() {
        let line = Line { index: 41, event: event("session.created", "user:AQID", json!({ "a": "ü" })) };
        let framed = frame("shop.auth.example", 32_473, &line);
        let messages = unframed(framed.as_bytes());
        assert!(messages[0].starts_with(
            "<110>1 2026-11-26T20:00:00.123Z shop.auth.example kiavi - session.created [event@32473 index=\"41\" id=\"0193"
        ), "{framed}");
        let read = read(&messages[0]);
        let said: Value = serde_json::from_str(&read.message).unwrap();
        assert_eq!(
            (&said["index"], &said["facts"]["a"], &said["ip"]),
            (&json!(41), &json!("ü"), &json!("192.0.2.1"))
        );
        assert!(said.get("personal").is_none() && said.get("seq").is_none());
        assert!(!framed.contains("ada@example.com"));
    }

    #[test]
    fn what_is_too_long_leaves_its_facts_out() {
        let facts = json!({ "much": "x".repeat(20_000) });
        let line = Line { index: 1, event: event("session.created", "user:AQID", facts) };
        let framed = frame("shop", 1, &line);
        assert!(framed.len() < MAX_MESSAGE);
        let said: Value = serde_json::from_str(&read(&unframed(framed.as_bytes())[0]).message).unwrap();
        assert_eq!(said["facts"], json!({ "omitted": true }));
    }

    proptest! {
        /// However odd a name is, no byte of it becomes structure.
        #[test]
        fn values_are_read_as_they_were(actor: String, kind in "[a-z.]{1,40}|\\PC{1,40}", host: String) {
            let actor: String = actor.chars().filter(|c| *c != '\0').collect();
            let line = Line { index: 7, event: event(&kind, &actor, json!({})) };
            let messages = unframed(frame(&host, 1, &line).as_bytes());
            prop_assert_eq!(messages.len(), 1);
            let read = read(&messages[0]);
            prop_assert_eq!(&read.id, "event@1");
            prop_assert!(read.header[2].len() <= MAX_HOST && read.header[5].len() <= MAX_TYPE);
            let value = |name: &str| read.params.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
            prop_assert_eq!(value("actor"), Some(actor));
            prop_assert_eq!(value("type"), Some(kind));
            prop_assert_eq!(value("index"), Some("7".to_owned()));
            prop_assert!(serde_json::from_str::<Value>(&read.message).is_ok());
        }
    }
}
