//! One event as a line of JSON.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use kiavi_base::EventId;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Body, Event, Facts, SealedFields};

/// An event, with what can be told of it. What an event does not have is `null`.
#[derive(Debug, Clone, PartialEq, Serialize, Default)]
pub struct EventLine {
    /// Its place in the log, once it has one.
    pub index: Option<u64>,
    /// Its id, a UUID.
    pub id: Option<String>,
    /// What happened: `noun.verb`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// `success` or `failure`.
    pub outcome: Option<String>,
    /// When, in RFC 3339 to the millisecond.
    pub at: Option<String>,
    /// The request that did it.
    pub request_id: Option<String>,
    /// Who did it.
    pub actor: Option<String>,
    /// Whom it is about.
    pub subject: Option<String>,
    /// By what means they proved who they are.
    pub method: Option<String>,
    /// Facts of this kind of event.
    pub detail: Option<Value>,
    /// Its personal fields, one for each group.
    pub personal: Vec<PersonalLine>,
    /// The whole body in base64, if it is of no version that is known here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<String>,
}

/// One group of an event's personal fields.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PersonalLine {
    /// Under whose key it is sealed.
    pub holder: String,
    /// What it is about: `request` or `subject`.
    pub group: &'static str,
    /// What it says, if it was opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fields: Option<Facts>,
}

/// What an event from before there was a log is made of.
#[derive(Deserialize)]
struct Before {
    id: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    outcome: Option<String>,
    at: Option<String>,
    request_id: Option<String>,
    actor: Option<String>,
    subject: Option<String>,
    method: Option<String>,
    detail: Option<Value>,
}

impl EventLine {
    /// The line of a body as it is, with nothing opened.
    pub fn of(index: Option<u64>, body: &[u8]) -> Self {
        Self::opened(index, body, |_, _| None)
    }

    /// The line of a body, with those personal fields that `open` opens.
    pub fn opened(
        index: Option<u64>,
        body: &[u8],
        mut open: impl FnMut(EventId, &SealedFields) -> Option<Facts>,
    ) -> Self {
        match Body::decode(body) {
            Ok(Body::Event(event)) => Self::event(index, event, &mut open),
            Ok(Body::Before(text)) => match serde_json::from_str(&text) {
                Ok(before) => Self::before(index, before),
                Err(_) => Self::unreadable(index, body),
            },
            Err(_) => Self::unreadable(index, body),
        }
    }

    fn event(
        index: Option<u64>,
        event: Event,
        open: &mut dyn FnMut(EventId, &SealedFields) -> Option<Facts>,
    ) -> Self {
        let mut personal = |sealed: &SealedFields| PersonalLine {
            holder: sealed.holder.to_string(),
            group: sealed.group.name(),
            fields: open(event.id, sealed),
        };
        Self {
            index,
            id: Some(event.id.to_string()),
            personal: event.sealed.iter().map(&mut personal).collect(),
            kind: Some(event.kind),
            outcome: Some(event.outcome.name().to_owned()),
            at: Some(time(event.at)),
            request_id: event.request_id,
            actor: event.actor,
            subject: event.subject,
            method: event.method,
            detail: event.facts.map(Value::Object),
            unreadable: None,
        }
    }

    fn before(index: Option<u64>, before: Before) -> Self {
        // The database writes its own form of a time.
        let at = before.at.map(|at| at.parse().map_or(at, time));
        Self {
            index,
            id: before.id,
            kind: before.kind,
            outcome: before.outcome,
            at,
            request_id: before.request_id,
            actor: before.actor,
            subject: before.subject,
            method: before.method,
            detail: before.detail,
            ..Self::default()
        }
    }

    fn unreadable(index: Option<u64>, body: &[u8]) -> Self {
        Self { index, unreadable: Some(STANDARD.encode(body)), ..Self::default() }
    }

    /// The line, with its line break.
    pub fn to_json(&self) -> String {
        // Texts, numbers and maps with text keys: there is nothing that JSON does not have.
        let mut line = serde_json::to_string(self).unwrap_or_default();
        line.push('\n');
        line
    }
}

fn time(at: Timestamp) -> String {
    format!("{at:.3}")
}

#[cfg(test)]
mod tests {
    use kiavi_base::SeededRng;
    use kiavi_crypto::PersonalKey;
    use serde_json::json;

    use super::*;
    use crate::{Outcome, SealedGroup, SubjectId};

    #[test]
    fn a_line_says_what_the_event_says() {
        let key = PersonalKey::new(&[1; 32]);
        let holder = SubjectId::from_bytes([2; 16]);
        let id = EventId::from_bytes([1; 16]);
        let Value::Object(fields) = json!({"ip": "192.0.2.1"}) else { panic!("an object") };
        let sealed =
            SealedFields::seal(&SeededRng::new(1), (holder, &key), id, SealedGroup::Request, &fields)
                .unwrap();
        let event = Event {
            id,
            kind: "session.created".to_owned(),
            outcome: Outcome::Success,
            at: Timestamp::from_millisecond(1_795_725_607_120).unwrap(),
            request_id: None,
            actor: Some(holder.to_string()),
            subject: None,
            method: Some("passkey".to_owned()),
            facts: None,
            sealed: vec![sealed],
        };
        let body = event.encode().unwrap();
        let line = EventLine::of(Some(7), &body).to_json();
        let expected = concat!(
            r#"{"index":7,"id":"01010101-0101-0101-0101-010101010101","type":"session.created","outcome":"success","#,
            r#""at":"2026-11-26T20:40:07.120Z","request_id":null,"actor":"user:AgICAgICAgICAgICAgICAg","subject":null,"#,
            r#""method":"passkey","detail":null,"personal":[{"holder":"user:AgICAgICAgICAgICAgICAg","group":"request"}]}"#,
            "\n"
        );
        assert_eq!(line, expected);
        let opened = EventLine::opened(None, &body, |id, sealed| sealed.open(&key, id).ok());
        assert_eq!(opened.personal[0].fields, Some(fields));
    }

    #[test]
    fn events_from_before_and_unknown_ones_have_a_line() {
        let json = r#"{"id": "x", "type": "user.created", "at": "2026-11-26T20:40:07.5+00:00", "detail": {"n": 1.5}}"#;
        let body = Body::Before(json.to_owned()).encode().unwrap();
        let line = EventLine::of(Some(0), &body);
        assert_eq!(
            (line.kind.as_deref(), line.at.as_deref()),
            (Some("user.created"), Some("2026-11-26T20:40:07.500Z"))
        );
        assert_eq!(line.detail, Some(json!({"n": 1.5})));
        for body in [
            b"\x82\x6dkiavi-audit/2\x01".to_vec(),
            Body::Before("[]x".to_owned()).encode().unwrap(),
            Vec::new(),
        ] {
            let line = EventLine::of(Some(0), &body);
            assert_eq!(line.unreadable, Some(STANDARD.encode(&body)));
        }
    }
}
