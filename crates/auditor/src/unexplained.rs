//! Changes of who may come in that no event explains. The database tells them itself, whatever has made them (the tenant
//! schema's `V16__second_line.sql`), and its word passes here when it is sealed: outside of the engine and of its role,
//! either of which may be what somebody has taken over.

use kiavi_audit::EventLine;

/// The type of such an event.
const TYPE: &str = "database.changed";

/// What begins the older form of an entry, an array of two, which the database writes and engines do not. So those of engines,
/// which are nearly all, are not decoded.
const OLDER_FORM: u8 = 0x82;

/// Whether an entry tells of such a change.
pub(crate) fn is_unexplained(body: &[u8]) -> bool {
    body.first() == Some(&OLDER_FORM) && EventLine::of(None, body).kind.as_deref() == Some(TYPE)
}

#[cfg(test)]
mod tests {
    use kiavi_audit::Body;

    use super::*;

    #[test]
    fn it_is_known_by_its_type_and_not_by_words_in_it() {
        let told = |json: &str| is_unexplained(&Body::Before(json.to_owned()).encode().unwrap());
        assert!(told(r#"{"type":"database.changed","detail":{"change":"user UPDATE"}}"#));
        assert!(!told(r#"{"type":"user.updated","detail":{"change":"database.changed"}}"#));
        assert!(!told("database.changed"));
        assert!(!is_unexplained(b"") && !is_unexplained(b"\x82") && !is_unexplained(b"database.changed"));
    }
}
