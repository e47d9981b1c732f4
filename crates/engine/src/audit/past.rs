//! Events of a past, written by the owner of the tables, for data that is made up for development ([`crate::demo`]). They are
//! what an engine would have written: ids of their time, persons by their names in the log and sealed under keys of their
//! own, the index beside the body. What is sealed is sealed now, because that is when they are written.

use std::{collections::HashMap, sync::Arc};

use jiff::{Timestamp, tz::TimeZone};
use kiavi_base::Rng;
use kiavi_crypto::{Purpose, TenantSecret};
use kiavi_db::{AdminConnection, DbError};

use super::{
    EventRow, body,
    people::{self, Found, LogKey, Person, Stored, is_user, visitors_of},
    reference::reference_under,
    store,
    traits::Traits,
};

/// A tenant's log as its owner writes to it. What it writes is in the transaction that is open on the connection.
pub(crate) struct Past<'a> {
    connection: &'a AdminConnection,
    rng: &'a dyn Rng,
    log: LogKey,
    references: [u8; 32],
    known: HashMap<String, Arc<Person>>,
}

impl<'a> Past<'a> {
    /// The log with its key, which is made if there is none.
    ///
    /// # Errors
    /// Those of the statements; or the key opens with no text of the secret.
    pub(crate) async fn open(
        connection: &'a AdminConnection,
        secret: &TenantSecret,
        rng: &'a dyn Rng,
    ) -> Result<Self, DbError> {
        let log = people::log_key_of_owner(connection, secret, rng).await?;
        let references = secret.subkey(Purpose::RateLimitKey);
        Ok(Self { connection, rng, log, references, known: HashMap::new() })
    }

    /// What stands for an address that is nobody's; see [`super::address_reference`].
    pub(crate) fn address_reference(&self, address: &str) -> String {
        reference_under(&self.references, address)
    }

    /// Has the log know these users, whom the transaction has made.
    ///
    /// # Errors
    /// Those of the statement.
    pub(crate) async fn introduce<'n>(
        &mut self,
        users: impl IntoIterator<Item = (&'n str, Timestamp)>,
    ) -> Result<(), DbError> {
        let mut rows = Vec::new();
        for (user, at) in users {
            rows.push((self.know(user)?, Some(at)));
        }
        store::insert_people_by_owner(self.connection, &rows).await
    }

    /// Writes events in the order that they have here.
    ///
    /// # Errors
    /// Those of the statements.
    pub(crate) async fn write(&mut self, rows: &[EventRow]) -> Result<(), DbError> {
        self.open_days(rows).await?;
        let written = rows.iter().map(|row| {
            let visitors = visitors_of(row.at);
            let named = [row.actor.as_deref(), row.subject.as_deref(), Some(visitors.as_str())];
            let person = |name: &str| Some((name.to_owned(), self.known.get(name)?.clone()));
            let found = Found::of(named.into_iter().flatten().filter_map(person));
            let body = body::encoded(self.rng, row, &found, &visitors)?;
            let token = row.ip.as_deref().map(|ip| self.log.address_token(ip));
            let traits = match &row.ip {
                Some(_) => self.log.traits.of(row.place, row.user_agent.as_deref().unwrap_or_default()),
                None => Traits::default(),
            };
            Ok(body::log_row(row, &found, (token, traits), body))
        });
        let written = written.collect::<Result<Vec<_>, DbError>>()?;
        store::insert_by_owner(self.connection, &written).await
    }

    /// The keys of the days of visitors whose requests these are. A key ends as if its day had made it.
    async fn open_days(&mut self, rows: &[EventRow]) -> Result<(), DbError> {
        for row in rows.iter().filter(|row| row.ip.is_some()) {
            let named = [&row.actor, &row.subject].into_iter().flatten();
            let day = visitors_of(row.at);
            if named.into_iter().any(|name| is_user(name)) || self.known.contains_key(&day) {
                continue;
            }
            let stored = self.know(&day)?;
            let begins = row.at.to_zoned(TimeZone::UTC).start_of_day().map(|begins| begins.timestamp());
            store::insert_people_by_owner(self.connection, &[(stored, begins.ok())]).await?;
            // The day may have had a key.
            let there = store::person_by_owner(self.connection, &day).await?;
            if let Some(Stored { id, key: Some(key), .. }) = there {
                self.known.insert(day, Arc::new(self.log.unwrap(id, &key)?));
            }
        }
        Ok(())
    }

    fn know(&mut self, name: &str) -> Result<Stored, DbError> {
        let (person, stored) = self.log.new_person(self.rng, name)?;
        self.known.insert(name.to_owned(), Arc::new(person));
        Ok(stored)
    }
}
