//! People as rows of Better Auth's tables, in the form that COPY takes.

use std::fmt::Write as _;

use jiff::Timestamp;
use kiavi_crypto::{Zeroizing, hmac_sha256};

use super::person::{Account, Person};

/// Makes ids. The same line has the same id each time that the file is read, and in no other import.
pub(super) struct Ids(Zeroizing<[u8; 32]>);

impl Ids {
    pub(super) fn new(key: [u8; 32]) -> Self {
        Self(Zeroizing::new(key))
    }

    /// The id of the person at a line.
    pub(super) fn of(&self, line: u64, person: &Person) -> String {
        person.id.clone().unwrap_or_else(|| self.text(&format!("user {line}")))
    }

    fn text(&self, what: &str) -> String {
        hmac_sha256(&*self.0, what.as_bytes())[..16].iter().fold(String::new(), |mut text, byte| {
            // Writing to a string does not fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// The row of the table `user`.
    pub(super) fn user(&self, line: u64, person: &Person, now: Timestamp) -> String {
        let (at, verified) = (person.created_at.unwrap_or(now), if person.is_verified { "t" } else { "f" });
        let at = format!("{at:.3}");
        let image = person.image.as_deref().map_or_else(|| "\\N".to_owned(), escaped);
        let id = escaped(&self.of(line, person));
        let (name, email) = (escaped(&person.name), escaped(&person.email));
        format!("{id}\t{name}\t{email}\t{verified}\t{image}\t{at}\t{at}\t\\N\t\\N\t\\N\t\\N\n")
    }

    /// The rows of the table `account`.
    pub(super) fn accounts(&self, line: u64, person: &Person, now: Timestamp) -> String {
        let (at, user) = (format!("{:.3}", person.created_at.unwrap_or(now)), self.of(line, person));
        person.accounts.iter().enumerate().fold(String::new(), |mut rows, (index, account)| {
            let Account { provider, subject } = account;
            let id = self.text(&format!("account {line} {index}"));
            let (subject, provider, user) = (escaped(subject), escaped(provider), escaped(&user));
            let _ = writeln!(
                rows,
                "{id}\t{subject}\t{provider}\t{user}\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t{at}\t{at}"
            );
            rows
        })
    }
}

/// A value of COPY's text format (PostgreSQL manual, COPY, "Text Format").
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for symbol in text.chars() {
        match symbol {
            '\\' => escaped.push_str("\\\\"),
            '\t' => escaped.push_str("\\t"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            symbol => escaped.push(symbol),
        }
    }
    escaped
}
