//! What became of mails, for whoever is asked why one did not come.
//!
//! A mail is noted once, when it has landed: with the statement that takes it out of the outbox (`outbox::store`), so that it
//! costs no statement of its own. What a person was sent goes with them, by whatever hand they are deleted
//! (`V21__deliveries_and_recovery.sql`).

use jiff::Timestamp;
use kiavi_db::{Database, DbError, Row, Sql, Transaction};
use serde::Serialize;

pub(super) const STATEMENTS: &[&Sql] =
    &[&DELIVERIES, &WAITING, &COUNT_WAITING, &RETRY, &DELETE_OLD, &DELETE_GONE];

/// How one ended, by the names that the table has.
pub(super) const STATES: &[&str] = &["", "waiting", "accepted", "refused", "suppressed", "expired"];

/// Before a number, the newest first; in a state, of a kind, to an address, where these are given.
const DELIVERIES: Sql = Sql::new(
    "MAIL_DELIVERIES",
    "SELECT seq, id, letter, address, state, attempts, fault, reply, owed_at, at FROM kiavi.mail_delivery
     WHERE seq < $1 AND ($2::text IS NULL OR state = $2) AND ($3::text IS NULL OR letter = $3)
       AND ($4::text IS NULL OR address = $4)
     ORDER BY seq DESC LIMIT $5",
);

/// Letters that are owed, those that come first first; to the recipient that a keyed hash stands for, if there is one.
const WAITING: Sql = Sql::new(
    "MAIL_WAITING",
    "SELECT id, sealed, attempts, fault, created_at, next_attempt_at FROM kiavi.outbox
     WHERE recipient IS NOT NULL AND ($1::text IS NULL OR recipient = $1) AND expires_at > now()
     ORDER BY next_attempt_at LIMIT $2",
);

const COUNT_WAITING: Sql = Sql::new(
    "MAIL_COUNT_WAITING",
    "SELECT count(*) FROM kiavi.outbox WHERE recipient IS NOT NULL AND expires_at > now()",
);

/// Has a letter be due at once. One that is in hand is leased, and is left alone.
const RETRY: Sql = Sql::new(
    "MAIL_RETRY",
    "UPDATE kiavi.outbox SET next_attempt_at = now()
     WHERE id = $1 AND recipient IS NOT NULL AND fault IS NOT NULL AND next_attempt_at > now()",
);

/// The oldest that are older than 30 days, or older than the newest 100,000.
const DELETE_OLD: Sql = Sql::new(
    "MAIL_DELIVERY_DELETE_OLD",
    "DELETE FROM kiavi.mail_delivery WHERE seq IN (
       SELECT seq FROM (SELECT seq, at FROM kiavi.mail_delivery ORDER BY seq LIMIT 1000) oldest
       WHERE at < now() - interval '30 days'
         OR seq <= (SELECT max(seq) FROM kiavi.mail_delivery) - 100000)",
);

/// What landed at the moment in which its reader went: the one statement did not see the other.
const DELETE_GONE: Sql = Sql::new(
    "MAIL_DELIVERY_DELETE_GONE",
    "DELETE FROM kiavi.mail_delivery d WHERE seq IN (
       SELECT seq FROM (SELECT seq, user_id FROM kiavi.mail_delivery ORDER BY seq DESC LIMIT 1000) newest
       WHERE user_id IS NOT NULL AND NOT EXISTS (SELECT FROM public.\"user\" u WHERE u.id = newest.user_id))",
);

/// A mail that has landed.
#[derive(Serialize)]
pub(super) struct DeliveryView {
    /// Its number, which a page goes on after.
    #[serde(skip)]
    pub(super) seq: i64,
    id: String,
    letter: String,
    /// None where its reader is gone.
    pub(super) email: Option<String>,
    /// Whether the address gets no mail now.
    pub(super) is_suppressed: bool,
    state: String,
    attempts: i32,
    fault: Option<String>,
    reply: Option<i16>,
    owed_at: Timestamp,
    at: Timestamp,
}

impl DeliveryView {
    fn from_row(row: &Row) -> Result<Self, DbError> {
        Ok(Self {
            seq: row.try_get(0)?,
            id: row.try_get(1)?,
            letter: row.try_get(2)?,
            email: row.try_get(3)?,
            is_suppressed: false,
            state: row.try_get(4)?,
            attempts: row.try_get(5)?,
            fault: row.try_get(6)?,
            reply: row.try_get(7)?,
            owed_at: row.try_get(8)?,
            at: row.try_get(9)?,
        })
    }
}

/// Which mails are asked for.
pub(super) struct Filter<'a> {
    pub(super) before: i64,
    pub(super) state: Option<&'a str>,
    pub(super) letter: Option<&'a str>,
    pub(super) email: Option<&'a str>,
    pub(super) limit: i64,
}

/// A letter that is owed, sealed as it is.
pub(super) struct Waiting {
    pub(super) id: String,
    pub(super) sealed: Vec<u8>,
    pub(super) attempts: i32,
    pub(super) fault: Option<String>,
    pub(super) owed_at: Timestamp,
    pub(super) next_attempt_at: Timestamp,
}

pub(super) async fn list(database: &Database, filter: &Filter<'_>) -> Result<Vec<DeliveryView>, DbError> {
    let Filter { before, state, letter, email, limit } = filter;
    let rows = database.query(&DELIVERIES, &[before, state, letter, email, limit]).await?;
    rows.iter().map(DeliveryView::from_row).collect()
}

/// Letters that wait, at most `limit`.
pub(super) async fn waiting(
    database: &Database,
    recipient: Option<&str>,
    limit: i64,
) -> Result<Vec<Waiting>, DbError> {
    let rows = database.query(&WAITING, &[&recipient, &limit]).await?;
    let waiting = |row: &Row| {
        Ok(Waiting {
            id: row.try_get(0)?,
            sealed: row.try_get(1)?,
            attempts: row.try_get(2)?,
            fault: row.try_get(3)?,
            owed_at: row.try_get(4)?,
            next_attempt_at: row.try_get(5)?,
        })
    };
    rows.iter().map(waiting).collect()
}

/// How many wait.
pub(super) async fn count_waiting(database: &Database) -> Result<i64, DbError> {
    database.query_one(&COUNT_WAITING, &[]).await?.try_get(0).map_err(DbError::from)
}

/// Whether it waited and is due now.
pub(super) async fn retry(transaction: &Transaction, id: &str) -> Result<bool, DbError> {
    Ok(transaction.execute(&RETRY, &[&id]).await? > 0)
}

/// Forgets what is too old to be asked for, and what nobody may be asked about any more.
pub(crate) async fn delete_old(database: &Database) -> Result<u64, DbError> {
    let gone = database.execute(&DELETE_GONE, &[]).await?;
    Ok(gone + database.execute(&DELETE_OLD, &[]).await?)
}
