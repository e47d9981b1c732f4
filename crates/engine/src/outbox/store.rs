//! Statements of the outbox.

use std::time::Duration;

use kiavi_db::{Database, DbError, OwnedParams, Row, Sql, Transaction};

pub(super) const STATEMENTS: &[&Sql] = &[&INSERT, &TURN, &RENEW, &DELETE];

const INSERT: Sql = Sql::new(
    "OUTBOX_INSERT",
    "INSERT INTO kiavi.outbox (id, sealed, recipient, expires_at)
     VALUES ($1, $2, $3, now() + make_interval(secs => $4))",
);

/// Everything that the relay does, at once: letters that are sent go (`$1`), those that must wait are put off (`$2`,
/// with their faults `$3`: 2 s, 4 s, 8 s … 60 s after their attempts, and never past their end), and up to `$5` that
/// are due are leased for `$6` seconds, save those that the relay has in hand (`$4`). The row
/// without an id tells in how many seconds the next letter is due that is not in hand.
const TURN: Sql = Sql::new(
    "OUTBOX_TURN",
    "WITH sent AS (
       DELETE FROM kiavi.outbox WHERE id = ANY ($1)
     ), later AS (
       UPDATE kiavi.outbox o SET fault = coalesce(put_off.fault, o.fault), next_attempt_at =
         least(o.expires_at, now() + make_interval(secs => least(60, power(2, least(o.attempts, 6)))))
       FROM unnest($2::text[], $3::text[]) AS put_off (id, fault) WHERE o.id = put_off.id
       RETURNING o.next_attempt_at
     ), due AS (
       SELECT id FROM kiavi.outbox
       WHERE next_attempt_at <= now() AND id <> ALL ($1) AND id <> ALL ($2) AND id <> ALL ($4)
       ORDER BY next_attempt_at LIMIT $5 FOR UPDATE SKIP LOCKED
     ), leased AS (
       UPDATE kiavi.outbox o SET attempts = attempts + 1, next_attempt_at = now() + make_interval(secs => $6)
       FROM due WHERE o.id = due.id
       RETURNING o.id, o.sealed, o.recipient, o.fault, o.expires_at <= now() AS is_late,
         EXISTS (SELECT FROM kiavi.mail_suppression s WHERE s.address_hash = o.recipient) AS is_suppressed
     )
     SELECT id, sealed, recipient, fault, is_late, is_suppressed, NULL::float8 FROM leased
     UNION ALL
     SELECT NULL, NULL, NULL, NULL, NULL, NULL, extract(epoch FROM least(
         (SELECT min(next_attempt_at) FROM later),
         (SELECT min(next_attempt_at) FROM kiavi.outbox
          WHERE id <> ALL ($1) AND id <> ALL ($2) AND id <> ALL ($4) AND id NOT IN (SELECT id FROM due))
       ) - now())::float8",
);

const RENEW: Sql = Sql::new(
    "OUTBOX_RENEW",
    "UPDATE kiavi.outbox SET next_attempt_at = now() + make_interval(secs => $2) WHERE id = ANY ($1)",
);

const DELETE: Sql = Sql::new("OUTBOX_DELETE", "DELETE FROM kiavi.outbox WHERE id = $1");

/// A letter in hand.
pub(super) struct Leased {
    pub(super) id: String,
    pub(super) sealed: Vec<u8>,
    /// Stands for the recipient in the log.
    pub(super) recipient: Option<String>,
    /// What was in the way last time.
    pub(super) fault: Option<String>,
    /// Whether it is worth nothing any more.
    pub(super) is_late: bool,
    /// Whether nobody is at the address.
    pub(super) is_suppressed: bool,
}

impl Leased {
    fn from_row(id: String, row: &Row) -> Result<Self, DbError> {
        Ok(Self {
            id,
            sealed: row.try_get(1)?,
            recipient: row.try_get(2)?,
            fault: row.try_get(3)?,
            is_late: row.try_get(4)?,
            is_suppressed: row.try_get(5)?,
        })
    }
}

/// What the relay tells and asks in one [`turn`].
pub(super) struct Turn<'a> {
    /// Letters that are sent.
    pub(super) sent: &'a [String],
    /// Letters that must wait.
    pub(super) put_off: &'a [String],
    /// What was in their way, one for each.
    pub(super) faults: &'a [Option<&'static str>],
    /// Letters in hand.
    pub(super) in_hand: &'a [&'a str],
    /// How many more it can take in hand.
    pub(super) places: usize,
    /// How long it has them for itself.
    pub(super) lease: Duration,
}

pub(super) async fn insert(
    transaction: &Transaction,
    id: &str,
    sealed: &[u8],
    recipient: Option<&str>,
    seconds: f64,
) -> Result<(), DbError> {
    let values: OwnedParams = vec![
        Box::new(id.to_owned()),
        Box::new(sealed.to_owned()),
        Box::new(recipient.map(str::to_owned)),
        Box::new(seconds),
    ];
    transaction.defer(&INSERT, values).await
}

/// Letters that are in hand now, and how long until the next one is due; `None` when no other is owed.
pub(super) async fn turn(
    database: &Database,
    turn: &Turn<'_>,
) -> Result<(Vec<Leased>, Option<Duration>), DbError> {
    let Turn { sent, put_off, faults, in_hand, places, lease } = turn;
    let places = i64::try_from(*places).unwrap_or(i64::MAX);
    let rows =
        database.query(&TURN, &[sent, put_off, faults, in_hand, &places, &lease.as_secs_f64()]).await?;
    let (mut leased, mut next) = (Vec::new(), None);
    for row in &rows {
        match row.try_get::<_, Option<String>>(0)? {
            Some(id) => leased.push(Leased::from_row(id, row)?),
            // Never zero: the clock that sleeps and the clock that decides are two.
            None => {
                let seconds: Option<f64> = row.try_get(6)?;
                next = seconds.map(|seconds| Duration::from_secs_f64(seconds.clamp(0.0, 3_600.0) + 0.05));
            }
        }
    }
    Ok((leased, next))
}

/// Keeps letters in hand for as long again.
pub(super) async fn renew(database: &Database, ids: &[&str], lease: Duration) -> Result<(), DbError> {
    database.execute(&RENEW, &[&ids, &lease.as_secs_f64()]).await.map(drop)
}

pub(super) async fn delete(transaction: &Transaction, id: &str) -> Result<(), DbError> {
    transaction.execute(&DELETE, &[&id]).await.map(drop)
}
