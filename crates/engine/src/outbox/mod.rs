//! What is owed to others: mail, and tokens that go back to their providers. It is written in the transaction of the
//! change it belongs to, so that no committed code goes unsent and no rolled-back one is sent. The relay ([`run`])
//! sends it, again and again with growing pauses until it is taken, refused, or too late.
//!
//! Letters hold codes and addresses, so rows are sealed.

mod store;

use std::{future::pending, time::Duration};

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use kiavi_base::{EmailAddress, Locale};
use kiavi_db::{DbError, Sql, Transaction};
use serde::{Deserialize, Serialize};

use crate::{
    Delivery, OutgoingMail, State,
    audit::{self, Event, EventType, Outcome, address_reference},
    housekeeping,
    mail::{render, suppression},
    social::{self, Returned, Revocation},
    verification::row_id,
};

pub(crate) const STATEMENTS: &[&Sql] = store::STATEMENTS;

/// How long one attempt may take.
const SEND_LIMIT: Duration = Duration::from_secs(30);
/// The pause after the database was away.
const FAULT_PAUSE: Duration = Duration::from_secs(5);
/// Least time between two sweeps of expired rows.
const SWEEP_INTERVAL: SignedDuration = SignedDuration::from_secs(60);

/// How long a notice of something that has happened is tried to deliver.
pub const NOTICE_LIFE: Duration = Duration::from_secs(2 * 86_400);

/// What a mail says; its words are chosen when it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "letter", rename_all = "snake_case")]
pub enum Letter {
    /// A one-time code.
    OneTimeCode {
        /// The digits.
        code: String,
        /// How long it is valid.
        minutes: u32,
        /// Whether it signs in; else it proves an address.
        signs_in: bool,
    },
    /// A link that signs in.
    SignInLink {
        /// The link.
        url: String,
        /// How long it is valid.
        minutes: u32,
    },
    /// A link that leads to the confirmation of a deletion.
    DeletionLink {
        /// The link.
        url: String,
        /// How long it is valid.
        hours: u32,
    },
    /// To an address that its user has left.
    EmailChanged {
        /// The new address, masked.
        to: String,
    },
    /// To the address of a user who is gone.
    UserDeleted,
    /// To the owner of a new passkey.
    PasskeyAdded {
        /// When it was made.
        at: Timestamp,
        /// With what; `None` when it was not the owner.
        user_agent: Option<String>,
    },
    /// To the owner of a passkey that is gone.
    PasskeyRemoved {
        /// When it was removed.
        at: Timestamp,
        /// With what; `None` when it was not the owner.
        user_agent: Option<String>,
    },
}

#[derive(Serialize, Deserialize)]
struct Envelope {
    to: String,
    locale: String,
    letter: Letter,
}

/// What is in a row.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Owed {
    Letter(Envelope),
    Revocation { revocation: Revocation },
}

/// Owes `letter` to `to` until `life` is over. Call [`wake`] after COMMIT.
///
/// # Errors
/// Those of the statement.
pub async fn enqueue(
    transaction: &Transaction,
    state: &State,
    to: &EmailAddress,
    locale: Locale,
    letter: Letter,
    life: Duration,
) -> Result<(), DbError> {
    let envelope = Envelope { to: to.to_string(), locale: locale.tag().to_owned(), letter };
    owe(transaction, state, &Owed::Letter(envelope), life).await
}

/// Owes a provider a token until `life` is over. Call [`wake`] after COMMIT.
///
/// # Errors
/// Those of the statement.
pub(crate) async fn owe_revocation(
    transaction: &Transaction,
    state: &State,
    revocation: Revocation,
    life: Duration,
) -> Result<(), DbError> {
    owe(transaction, state, &Owed::Revocation { revocation }, life).await
}

async fn owe(transaction: &Transaction, state: &State, owed: &Owed, life: Duration) -> Result<(), DbError> {
    let id = row_id(state.rng());
    let json = serde_json::to_vec(owed).map_err(|error| DbError::Value(error.to_string()))?;
    let sealed = state.keys.outbox.seal(state.rng(), id.as_bytes(), &json);
    store::insert(transaction, &id, &sealed, life.as_secs_f64()).await
}

/// Tells the relay that there is something to do.
pub fn wake(state: &State) {
    state.outbox_signal.notify_one();
}

/// The relay: delivers until dropped. While letters are owed the engine counts as busy.
pub(crate) async fn run(state: &State) {
    let mut last_sweep = Timestamp::UNIX_EPOCH;
    loop {
        let next = match deliver_due(state).await {
            Ok(next) => next,
            Err(error) => {
                tracing::warn!(cause = %error, "the outbox could not be read");
                Some(FAULT_PAUSE)
            }
        };
        if state.clock.now().duration_since(last_sweep) >= SWEEP_INTERVAL {
            last_sweep = state.clock.now();
            housekeeping::sweep(state).await;
        }
        let _owing = next.map(|_| state.busy.enter());
        let pause = async {
            match next {
                Some(pause) => tokio::time::sleep(pause).await,
                None => pending().await,
            }
        };
        tokio::select! {
            () = state.outbox_signal.notified() => {}
            () = pause => {}
        }
    }
}

/// Sends what is due and says how long until more will be; `None` when nothing is owed.
pub(crate) async fn deliver_due(state: &State) -> Result<Option<Duration>, DbError> {
    let database = &state.database;
    loop {
        let claimed = store::claim_due(database).await?;
        if claimed.is_empty() {
            break;
        }
        let _busy = state.busy.enter();
        for outcome in join_all(claimed.iter().map(|row| deliver(state, row))).await {
            outcome?;
        }
    }
    for row in store::delete_late(database).await? {
        let owed = open(state, &row);
        let event = match &owed {
            Some(Owed::Revocation { revocation }) => revocation.event(Outcome::Failure),
            _ => Event::new(EventType::MailExpired, Outcome::Failure),
        };
        audit::record_background(database, state, event).await?;
    }
    store::seconds_until_next(database).await
}

async fn deliver(state: &State, row: &store::Claimed) -> Result<(), DbError> {
    match open(state, row) {
        Some(Owed::Letter(envelope)) => deliver_letter(state, row, envelope).await,
        Some(Owed::Revocation { revocation }) => give_back(state, row, &revocation).await,
        None => give_up(state, row, unreadable(), None).await,
    }
}

/// Sealed under another secret, or to nobody: it can never be sent.
const fn unreadable() -> Event<'static> {
    Event::new(EventType::MailRefused, Outcome::Failure)
}

async fn give_back(state: &State, row: &store::Claimed, revocation: &Revocation) -> Result<(), DbError> {
    let outcome = match social::revoke(state, revocation).await? {
        Returned::Later => return Ok(()),
        Returned::NotTaken => return store::delete(&state.database, &row.id).await,
        Returned::Revoked => Outcome::Success,
        Returned::Refused => Outcome::Failure,
    };
    give_up(state, row, revocation.event(outcome), None).await
}

async fn deliver_letter(state: &State, row: &store::Claimed, envelope: Envelope) -> Result<(), DbError> {
    let Some(mail) = rendered(state, row, envelope) else {
        return give_up(state, row, unreadable(), None).await;
    };
    let reference = address_reference(state, mail.to.as_str());
    let failed = |kind| Event::new(kind, Outcome::Failure).about(&reference);
    if suppression::is_listed(&state.database, &reference).await? {
        return give_up(state, row, failed(EventType::MailSuppressed), None).await;
    }
    let sending = tokio::time::timeout(SEND_LIMIT, state.mail.send(mail));
    match sending.await.unwrap_or(Delivery::Deferred) {
        Delivery::Deferred => Ok(()),
        Delivery::Delivered => store::delete(&state.database, &row.id).await,
        Delivery::Refused => give_up(state, row, failed(EventType::MailRefused), None).await,
        Delivery::RecipientRefused => {
            give_up(state, row, failed(EventType::MailRefused), Some(&reference)).await
        }
    }
}

/// Drops a row, with its event; `unreachable` is an address that is to get no more.
async fn give_up(
    state: &State,
    row: &store::Claimed,
    event: Event<'_>,
    unreachable: Option<&str>,
) -> Result<(), DbError> {
    let transaction = state.database.begin().await?;
    store::delete_within(&transaction, &row.id).await?;
    if let Some(reference) = unreachable {
        suppression::add(&transaction, reference, "recipient_refused").await?;
    }
    audit::record_own(&transaction, state, event).await?;
    transaction.commit().await
}

fn open(state: &State, row: &store::Claimed) -> Option<Owed> {
    let json = state.keys.outbox.open(row.id.as_bytes(), &row.sealed).ok()?;
    serde_json::from_slice(&json).ok()
}

fn rendered(state: &State, row: &store::Claimed, envelope: Envelope) -> Option<OutgoingMail> {
    let Envelope { to, locale, letter } = envelope;
    let rendered = render(&state.settings, Locale::from_tag(&locale).unwrap_or_default(), &letter);
    Some(OutgoingMail {
        id: row.id.clone(),
        to: to.parse().ok()?,
        subject: rendered.subject,
        text: rendered.text,
        html: rendered.html,
        reply_to: state.settings.mail.reply_to(),
    })
}
