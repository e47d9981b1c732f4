//! What is owed to others: mail, and tokens that go back to their providers. It is written in the transaction of the
//! change it belongs to, so that no committed code goes unsent and no rolled-back one is sent. The relay ([`run`])
//! sends it, again and again with growing pauses until it is taken, refused, or too late.
//!
//! What a mail costs the database: one INSERT, which travels with the COMMIT of the request; one statement that takes
//! it in hand and one that removes it. Under load both are one, for all letters that have landed and all that are due:
//! less than one statement and one commit for each mail. Only a mail that is dropped costs a transaction of its own,
//! because an event tells of it.
//!
//! Letters hold codes and addresses, so rows are sealed.

mod relay;
mod store;
#[cfg(test)]
mod tests;

use std::{future::pending, pin::pin, time::Duration};

use futures_util::{FutureExt, future::Fuse};
use jiff::{SignedDuration, Timestamp};
use kiavi_base::{EmailAddress, Locale};
use kiavi_db::{DbError, Sql, Transaction};
use kiavi_http::Drain;
use serde::{Deserialize, Serialize};

use self::relay::Relay;
use crate::{
    OutgoingMail, State, audit::address_reference, housekeeping, mail::render, social::Revocation,
    verification::row_id,
};

pub(crate) const STATEMENTS: &[&Sql] = store::STATEMENTS;

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
    /// To whomever somebody invites to a workspace of the management console.
    ConsoleInvitation {
        /// Who invites, for people.
        inviter: String,
        /// The workspace's name.
        workspace: String,
        /// The link.
        url: String,
        /// How long it is valid.
        days: u32,
    },
    /// To whomever an operator tries it out with.
    Test,
    /// To the owner of a new passkey.
    PasskeyAdded {
        /// When it was made.
        at: Timestamp,
        /// With what; `None` when it was not the owner.
        user_agent: Option<String>,
    },
    /// To a user who can sign in with an account at a provider from now on.
    AccountLinked {
        /// The provider's name.
        provider: String,
        /// When it was linked.
        at: Timestamp,
        /// With what; `None` when it was not the user.
        user_agent: Option<String>,
    },
    /// To a user who can no longer sign in with an account at a provider.
    AccountUnlinked {
        /// The provider's name.
        provider: String,
        /// When it was unlinked.
        at: Timestamp,
        /// With what; `None` when it was not the user.
        user_agent: Option<String>,
    },
    /// To somebody who has passkeys and signed in by mail.
    RecoveryStarted {
        /// When.
        at: Timestamp,
        /// With what; `None` when it was not the user.
        user_agent: Option<String>,
        /// How long the passkeys stay.
        hours: u32,
    },
    /// To the owner of a passkey that is gone.
    PasskeyRemoved {
        /// When it was removed.
        at: Timestamp,
        /// With what; `None` when it was not the owner.
        user_agent: Option<String>,
    },
}

impl Letter {
    /// The stable name of its kind, by which operators know it.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::OneTimeCode { signs_in: true, .. } => "sign_in_code",
            Self::OneTimeCode { signs_in: false, .. } => "verification_code",
            Self::SignInLink { .. } => "sign_in_link",
            Self::DeletionLink { .. } => "deletion_link",
            Self::EmailChanged { .. } => "email_changed",
            Self::UserDeleted => "user_deleted",
            Self::ConsoleInvitation { .. } => "console_invitation",
            Self::Test => "test",
            Self::PasskeyAdded { .. } => "passkey_added",
            Self::AccountLinked { .. } => "account_linked",
            Self::AccountUnlinked { .. } => "account_unlinked",
            Self::PasskeyRemoved { .. } => "passkey_removed",
            Self::RecoveryStarted { .. } => "recovery_started",
        }
    }

    /// Whether it goes to an address that is nobody's any more when it lands.
    const fn is_farewell(&self) -> bool {
        matches!(self, Self::EmailChanged { .. } | Self::UserDeleted)
    }
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
    let recipient = address_reference(state, to.as_str());
    let reader = Reader { reference: &recipient, address: to.as_str() };
    owe(transaction, state, &Owed::Letter(envelope), Some(reader), life).await
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
    owe(transaction, state, &Owed::Revocation { revocation }, None, life).await
}

/// Whom a letter goes to.
struct Reader<'a> {
    /// Stands for the address in the log.
    reference: &'a str,
    address: &'a str,
}

async fn owe(
    transaction: &Transaction,
    state: &State,
    owed: &Owed,
    reader: Option<Reader<'_>>,
    life: Duration,
) -> Result<(), DbError> {
    let id = row_id(state.rng());
    let json = serde_json::to_vec(owed).map_err(|error| DbError::Value(error.to_string()))?;
    let sealed = state.keys.outbox.seal(state.rng(), id.as_bytes(), &json);
    store::insert(transaction, &id, &sealed, reader, life.as_secs_f64()).await
}

/// Tells the relay that there is something to do.
pub fn wake(state: &State) {
    state.outbox_signal.notify_one();
}

/// The relay: delivers until told to drain, and then until what is under way has landed. While letters are owed the
/// engine counts as busy.
pub(crate) async fn run(state: &State, mut drain: Drain) {
    let mut relay = Relay::new(state);
    let mut last_sweep = Timestamp::UNIX_EPOCH;
    let mut sweep = pin!(Fuse::terminated());
    loop {
        let is_draining = drain.has_started();
        let next = match relay.turn(!is_draining).await {
            Ok(_) if is_draining && relay.is_idle() => return,
            // Whoever is full hears of more when one has landed.
            Ok(next) => next.filter(|_| !relay.is_full() && !is_draining),
            Err(error) => {
                tracing::warn!(cause = %error, "the outbox could not be read");
                Some(FAULT_PAUSE)
            }
        };
        if state.clock.now().duration_since(last_sweep) >= SWEEP_INTERVAL {
            last_sweep = state.clock.now();
            sweep.set(housekeeping::sweep(state).fuse());
        }
        let _owing = (next.is_some() || !relay.is_idle()).then(|| state.busy.enter());
        let renewal = (!relay.is_idle()).then_some(relay::RENEWAL);
        let pause = next.into_iter().chain(renewal).min();
        let has_places = !relay.is_full() && !is_draining;
        loop {
            tokio::select! {
                () = relay.land() => break,
                () = state.outbox_signal.notified(), if has_places => break,
                () = drain.started(), if !is_draining => break,
                () = for_so_long(pause) => break,
                () = &mut sweep => {}
            }
        }
    }
}

async fn for_so_long(pause: Option<Duration>) {
    match pause {
        Some(pause) => tokio::time::sleep(pause).await,
        None => pending().await,
    }
}

/// Sends what is due and says how long until more will be; `None` when nothing is owed.
#[cfg(test)]
pub(crate) async fn deliver_due(state: &State) -> Result<Option<Duration>, DbError> {
    let mut relay = Relay::new(state);
    loop {
        let next = relay.turn(true).await?;
        if relay.is_idle() {
            return Ok(next);
        }
        relay.land().await;
    }
}

fn open(state: &State, id: &str, sealed: &[u8]) -> Option<Owed> {
    let mut keys = std::iter::once(&state.keys.outbox).chain(&state.keys.earlier_outboxes);
    let json = keys.find_map(|key| key.open(id.as_bytes(), sealed).ok())?;
    serde_json::from_slice(&json).ok()
}

/// What a row that waits says: the kind of letter, and to whom. `None` for what is no letter, or cannot be opened.
pub(crate) fn look_at(state: &State, id: &str, sealed: &[u8]) -> Option<(&'static str, String)> {
    match open(state, id, sealed)? {
        Owed::Letter(envelope) => Some((envelope.letter.name(), envelope.to)),
        Owed::Revocation { .. } => None,
    }
}

fn rendered(state: &State, id: &str, envelope: Envelope) -> Option<OutgoingMail> {
    let Envelope { to, locale, letter } = envelope;
    let rendered = render(&state.settings, Locale::from_tag(&locale).unwrap_or_default(), &letter);
    Some(OutgoingMail {
        id: id.to_owned(),
        to: to.parse().ok()?,
        subject: rendered.subject,
        text: rendered.text,
        html: rendered.html,
        reply_to: state.settings.mail.reply_to(),
    })
}
