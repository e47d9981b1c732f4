//! The body of an event: the bytes that are sealed.
//!
//! Deterministic CBOR (RFC 8949 §4.2.1) without floats: one event has one encoding, and what is not that encoding does
//! not decode. `docs/audit.md` has the fields.

mod body;
mod cbor;
mod fields;
mod subject;
#[cfg(test)]
mod tests;

pub use body::{Body, Event, MAX_BODY, Outcome};
pub use cbor::{DecodeError, EncodeError};
pub use fields::{SealedFields, SealedGroup};
pub use subject::SubjectId;

/// Facts about an event, or a group of personal fields: JSON without floats.
pub type Facts = serde_json::Map<String, serde_json::Value>;
