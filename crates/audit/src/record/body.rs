//! The versions of an event's body.

use jiff::Timestamp;
use kiavi_base::EventId;

use super::{
    DecodeError, EncodeError, Facts, SealedFields,
    cbor::{Reader, Writer},
};

/// Names the form of a body, and is what its sealed groups are labelled with.
pub(super) const VERSION: &str = "kiavi-audit/1";

/// Names the form of events from before there was a log.
const VERSION_BEFORE: &str = "kiavi-audit/0";

/// The longest body, in bytes: an entry's length has 16 bits (C2SP tlog-tiles, log entries).
pub const MAX_BODY: usize = u16::MAX as usize;

/// How an event ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It was done.
    Success,
    /// It was not.
    Failure,
}

impl Outcome {
    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Success, Self::Failure].into_iter().find(|outcome| outcome.name() == name)
    }
}

/// One event as it is sealed. Personal data is in `sealed` and nowhere else.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// What happened: `noun.verb`.
    pub kind: String,
    /// How it ended.
    pub outcome: Outcome,
    /// When, to the millisecond; what is finer is not kept.
    pub at: Timestamp,
    /// The request that did it.
    pub request_id: Option<String>,
    /// Who did it: a [`SubjectId`](super::SubjectId) as text, or `operator:…`, `control`, `auditor`.
    pub actor: Option<String>,
    /// Whom or what it is about: the same, or `address:…` for an address that nobody has.
    pub subject: Option<String>,
    /// By what means they proved who they are.
    pub method: Option<String>,
    /// What else is to be said, without personal data.
    pub facts: Option<Facts>,
    /// Personal fields, each group under the key of whom it is about.
    pub sealed: Vec<SealedFields>,
}

impl Event {
    /// The bytes that are sealed.
    ///
    /// # Errors
    /// When the facts have fractions or are nested too deep, or all of it is longer than [`MAX_BODY`].
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let mut writer = Writer::new();
        writer.array(11);
        writer.text(VERSION);
        writer.bytes(self.id.as_bytes());
        writer.text(&self.kind);
        writer.text(self.outcome.name());
        writer.integer(self.at.as_millisecond());
        for text in [&self.request_id, &self.actor, &self.subject, &self.method] {
            writer.optional_text(text.as_deref());
        }
        writer.optional_facts(self.facts.as_ref())?;
        writer.array(self.sealed.len());
        for fields in &self.sealed {
            fields.write(&mut writer);
        }
        within_bounds(writer.finish())
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            id: EventId::from_bytes(reader.fixed()?),
            kind: reader.text()?.to_owned(),
            outcome: Outcome::named(reader.text()?).ok_or(DecodeError::Malformed)?,
            at: Timestamp::from_millisecond(reader.integer()?).map_err(|_| DecodeError::Malformed)?,
            request_id: reader.optional_text()?,
            actor: reader.optional_text()?,
            subject: reader.optional_text()?,
            method: reader.optional_text()?,
            facts: reader.optional_facts()?,
            sealed: {
                let length = reader.array()?;
                (0..length).map(|_| SealedFields::read(reader)).collect::<Result<_, _>>()?
            },
        })
    }
}

fn within_bounds(body: Vec<u8>) -> Result<Vec<u8>, EncodeError> {
    if body.len() > MAX_BODY { Err(EncodeError::Length) } else { Ok(body) }
}

/// A body of any version.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// An event.
    Event(Event),
    /// An event from before there was a log: the JSON of what its row said, without address and user agent.
    Before(String),
}

impl Body {
    /// Reads a body.
    ///
    /// # Errors
    /// When it is of no known version, or not encoded as that version says, to the byte.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let length = reader.array()?;
        let body = match (reader.text()?, length) {
            (VERSION, 11) => Self::Event(Event::read(&mut reader)?),
            (VERSION_BEFORE, 2) => Self::Before(reader.text()?.to_owned()),
            _ => return Err(DecodeError::Malformed),
        };
        // One meaning, one encoding: whatever else could be varied shows here.
        if !reader.is_at_end() || body.encode().as_deref() != Ok(bytes) {
            return Err(DecodeError::NotDeterministic);
        }
        Ok(body)
    }

    /// The bytes that are sealed.
    ///
    /// # Errors
    /// Those of [`Event::encode`].
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        match self {
            Self::Event(event) => event.encode(),
            Self::Before(json) => {
                let mut writer = Writer::new();
                writer.array(2);
                writer.text(VERSION_BEFORE);
                writer.text(json);
                within_bounds(writer.finish())
            }
        }
    }
}
