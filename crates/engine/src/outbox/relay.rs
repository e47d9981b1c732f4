//! Takes owed letters in hand and sends them, several at a time: each place is free again as soon as its letter has
//! landed, so a mail server that hangs on one of them holds up no other.
//!
//! A letter in hand is leased by the database's clock, for a time that is renewed while it is under way. It is never
//! sent twice at once: this relay knows what it has in hand, and others leave what is leased alone. An engine that
//! dies gives its letters back when the leases run out; what it had sent and not yet recorded is sent again, with the
//! same Message-ID.

use std::{collections::HashMap, time::Duration};

use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use kiavi_db::DbError;
use kiavi_ipc::mail::{Attempt, Delivery, Fault, MAX_IN_FLIGHT};
use tokio::time::{Instant, timeout};

use super::{Envelope, Owed, open, rendered, store};
use crate::{
    State,
    audit::{self, Event, EventType, Outcome, address_reference},
    mail::suppression,
    social::{self, Returned, Revocation},
};

/// How long one attempt may take: longer than outbound's own deadline, so that its word comes first.
const SEND_LIMIT: Duration = Duration::from_secs(35);

/// How long a letter stays with a relay that is not heard of any more.
const LEASE: Duration = Duration::from_secs(10);

/// A lease this old is renewed.
pub(super) const RENEWAL: Duration = Duration::from_secs(4);

/// Letters under way, and what is to be recorded of those that have landed.
pub(super) struct Relay<'s> {
    state: &'s State,
    flights: FuturesUnordered<BoxFuture<'s, Landed>>,
    /// By id, and since when each is leased.
    in_hand: HashMap<String, Instant>,
    sent: Vec<String>,
    letters: Vec<Option<&'static str>>,
    addresses: Vec<Option<String>>,
    put_off: Vec<String>,
    faults: Vec<Option<&'static str>>,
}

/// A letter that is no longer under way.
pub(super) struct Landed {
    id: String,
    fate: Fate,
}

enum Fate {
    /// It is to be removed, and noted if it was a letter.
    Sent(Option<Noted>),
    /// It is to be tried again.
    PutOff(Option<Fault>),
    /// It is removed already, with the event that tells why.
    Dropped,
}

/// What is noted of a letter.
struct Noted {
    letter: &'static str,
    /// Not of one to an address that is nobody's any more.
    address: Option<String>,
}

impl Noted {
    fn of(envelope: &Envelope) -> Self {
        let address = (!envelope.letter.is_farewell()).then(|| envelope.to.clone());
        Self { letter: envelope.letter.name(), address }
    }

    /// How it ended, if it was not sent.
    fn ends<'a>(&'a self, state: &'static str, fault: Option<&'a str>, reply: Option<u16>) -> store::End<'a> {
        store::End { letter: self.letter, address: self.address.as_deref(), state, fault, reply }
    }
}

impl<'s> Relay<'s> {
    pub(super) fn new(state: &'s State) -> Self {
        Self {
            state,
            flights: FuturesUnordered::new(),
            in_hand: HashMap::new(),
            sent: Vec::new(),
            letters: Vec::new(),
            addresses: Vec::new(),
            put_off: Vec::new(),
            faults: Vec::new(),
        }
    }

    /// Whether nothing is under way.
    pub(super) fn is_idle(&self) -> bool {
        self.flights.is_empty()
    }

    /// Whether one has to land before another can be taken in hand.
    pub(super) fn is_full(&self) -> bool {
        self.flights.len() >= MAX_IN_FLIGHT
    }

    /// Records what has landed and takes as many letters in hand as there are places, none if `takes_more` is
    /// false: one statement. How long until the next one is due, if any is owed beside those in hand.
    pub(super) async fn turn(&mut self, takes_more: bool) -> Result<Option<Duration>, DbError> {
        self.renew().await?;
        let places = if takes_more { MAX_IN_FLIGHT - self.flights.len() } else { 0 };
        let in_hand: Vec<&str> = self.in_hand.keys().map(String::as_str).collect();
        let turn = store::Turn {
            sent: &self.sent,
            letters: &self.letters,
            addresses: &self.addresses,
            put_off: &self.put_off,
            faults: &self.faults,
            in_hand: &in_hand,
            places,
            lease: LEASE,
        };
        let (leased, next) = store::turn(&self.state.database, &turn).await?;
        self.sent.clear();
        self.letters.clear();
        self.addresses.clear();
        self.put_off.clear();
        self.faults.clear();
        for letter in leased {
            self.in_hand.insert(letter.id.clone(), Instant::now());
            self.flights.push(fly(self.state, letter).boxed());
        }
        Ok(next)
    }

    /// Keeps what is under way for long.
    async fn renew(&mut self) -> Result<(), DbError> {
        let now = Instant::now();
        let is_old = |since: &Instant| now.duration_since(*since) >= RENEWAL;
        let old: Vec<&str> =
            self.in_hand.iter().filter(|(_, since)| is_old(since)).map(|(id, _)| id.as_str()).collect();
        if old.is_empty() {
            return Ok(());
        }
        store::renew(&self.state.database, &old, LEASE).await?;
        self.in_hand.values_mut().filter(|since| is_old(since)).for_each(|since| *since = now);
        Ok(())
    }

    /// Waits until a letter has landed, and notes it with all others that have; waits for ever when none is under way.
    pub(super) async fn land(&mut self) {
        match self.flights.next().await {
            Some(landed) => self.note(landed),
            None => std::future::pending().await,
        }
        while let Some(Some(landed)) = self.flights.next().now_or_never() {
            self.note(landed);
        }
    }

    fn note(&mut self, Landed { id, fate }: Landed) {
        self.in_hand.remove(&id);
        match fate {
            Fate::Sent(noted) => {
                self.sent.push(id);
                self.letters.push(noted.as_ref().map(|noted| noted.letter));
                self.addresses.push(noted.and_then(|noted| noted.address));
            }
            Fate::PutOff(fault) => {
                self.put_off.push(id);
                self.faults.push(fault.map(Fault::name));
            }
            Fate::Dropped => {}
        }
    }
}

/// One attempt, from the row to what became of it.
async fn fly(state: &State, letter: store::Leased) -> Landed {
    let fate = match attempt(state, &letter).await {
        Ok(fate) => fate,
        Err(error) => {
            tracing::warn!(cause = %error, "what became of a mail could not be recorded");
            Fate::PutOff(None)
        }
    };
    Landed { id: letter.id, fate }
}

async fn attempt(state: &State, row: &store::Leased) -> Result<Fate, DbError> {
    match open(state, &row.id, &row.sealed) {
        Some(Owed::Letter(envelope)) => deliver(state, row, envelope).await,
        Some(Owed::Revocation { revocation }) => give_back(state, row, &revocation).await,
        None => drop_row(state, row, unreadable()).await,
    }
}

/// Sealed under another secret, or to nobody: it can never be sent.
const fn unreadable() -> Event<'static> {
    Event::new(EventType::MailRefused, Outcome::Failure)
}

async fn give_back(state: &State, row: &store::Leased, revocation: &Revocation) -> Result<Fate, DbError> {
    if row.is_late {
        return drop_row(state, row, revocation.event(Outcome::Failure)).await;
    }
    let outcome = match social::revoke(state, revocation).await? {
        Returned::Later => return Ok(Fate::PutOff(None)),
        Returned::NotTaken => return Ok(Fate::Sent(None)),
        Returned::Revoked => Outcome::Success,
        Returned::Refused => Outcome::Failure,
    };
    drop_row(state, row, revocation.event(outcome)).await
}

async fn deliver(state: &State, row: &store::Leased, envelope: Envelope) -> Result<Fate, DbError> {
    let failed = |kind| Event::new(kind, Outcome::Failure);
    let noted = Noted::of(&envelope);
    if row.is_late {
        let event = Event { subject: row.recipient.as_deref(), ..failed(EventType::MailExpired) };
        let end = noted.ends("expired", row.fault.as_deref(), None);
        return drop_letter(state, row, with_fault(event, row.fault.as_deref()), &end, None).await;
    }
    let Some(mail) = rendered(state, &row.id, envelope) else {
        return drop_row(state, row, unreadable()).await;
    };
    let reference = match &row.recipient {
        Some(reference) => reference.clone(),
        None => address_reference(state, mail.to.as_str()),
    };
    if row.is_suppressed {
        let event = failed(EventType::MailSuppressed).about(&reference);
        return drop_letter(state, row, event, &noted.ends("suppressed", None, None), None).await;
    }
    let sending = timeout(SEND_LIMIT, state.mail.send(mail)).await;
    let Attempt { delivery, fault, reply } = sending.unwrap_or(Attempt::deferred(Fault::TimedOut));
    let named = fault.map(Fault::name);
    let refused = with_fault(failed(EventType::MailRefused).about(&reference), named);
    let end = noted.ends("refused", named, reply);
    match delivery {
        Delivery::Delivered => Ok(Fate::Sent(Some(noted))),
        Delivery::Deferred => Ok(Fate::PutOff(fault)),
        Delivery::Refused => drop_letter(state, row, refused, &end, None).await,
        Delivery::RecipientRefused => drop_letter(state, row, refused, &end, Some(&reference)).await,
    }
}

fn with_fault<'a>(event: Event<'a>, fault: Option<&str>) -> Event<'a> {
    match fault {
        Some(fault) => event.detail(serde_json::json!({ "fault": fault })),
        None => event,
    }
}

/// Drops a row that is no letter, or none that can be read, with its event.
async fn drop_row(state: &State, row: &store::Leased, event: Event<'_>) -> Result<Fate, DbError> {
    let transaction = state.database.begin().await?;
    store::delete(&transaction, &row.id).await?;
    audit::record_own(&transaction, state, event).await?;
    transaction.commit().await?;
    Ok(Fate::Dropped)
}

/// Drops a letter, with its event and how it ended; `unreachable` is an address that is to get no more.
async fn drop_letter(
    state: &State,
    row: &store::Leased,
    event: Event<'_>,
    end: &store::End<'_>,
    unreachable: Option<&str>,
) -> Result<Fate, DbError> {
    let transaction = state.database.begin().await?;
    store::drop_letter(&transaction, &row.id, end).await?;
    if let Some(reference) = unreachable {
        suppression::add(&transaction, reference, "recipient_refused").await?;
    }
    audit::record_own(&transaction, state, event).await?;
    transaction.commit().await?;
    Ok(Fate::Dropped)
}
