//! Statements of the outbox.

use std::time::Duration;

use kiavi_db::{Database, DbError, OwnedParams, Row, Sql, Transaction};

use super::Reader;

pub(super) const STATEMENTS: &[&Sql] = &[&INSERT, &TURN, &RENEW, &DELETE, &DROP];

const INSERT: Sql = Sql::new(
    "OUTBOX_INSERT",
    "INSERT INTO kiavi.outbox (id, sealed, recipient, user_id, expires_at)
     VALUES ($1, $2, $3, (SELECT u.id FROM public.\"user\" u WHERE u.email = $5), now() + make_interval(secs => $4))",
);

/// Everything that the relay does, at once: letters that are sent go (`$1`), and what they were and to whom is noted (`$7`, `$8`:
/// an address only while its reader is there), those that must wait are put off (`$2`,
/// with their faults `$3`: 2 s, 4 s, 8 s … 60 s after their attempts, and never past their end), and up to `$5` that
/// are due are leased for `$6` seconds, save those that the relay has in hand (`$4`). The row
/// without an id tells in how many seconds the next letter is due that is not in hand.
const TURN: Sql = Sql::new(
    "OUTBOX_TURN",
    "WITH sent AS (
       DELETE FROM kiavi.outbox WHERE id = ANY ($1) RETURNING id, user_id, attempts, created_at
     ), noted AS (
       INSERT INTO kiavi.mail_delivery (id, letter, address, user_id, state, attempts, owed_at)
       SELECT sent.id, landed.letter,
         CASE WHEN sent.user_id IS NULL OR reader.id IS NOT NULL THEN landed.address END,
         reader.id, 'accepted', sent.attempts, sent.created_at
       FROM sent JOIN unnest($1::text[], $7::text[], $8::text[]) AS landed (id, letter, address) USING (id)
       LEFT JOIN public.\"user\" reader ON reader.id = sent.user_id
       WHERE landed.letter IS NOT NULL
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

/// Takes out one that has landed in another way than it should have, and notes it as `TURN` does.
const DROP: Sql = Sql::new(
    "OUTBOX_DROP",
    "WITH dropped AS (
       DELETE FROM kiavi.outbox WHERE id = $1 RETURNING id, user_id, attempts, created_at
     )
     INSERT INTO kiavi.mail_delivery (id, letter, address, user_id, state, attempts, fault, reply, owed_at)
     SELECT dropped.id, $2, CASE WHEN dropped.user_id IS NULL OR reader.id IS NOT NULL THEN $3 END,
       reader.id, $4, dropped.attempts, $5, $6, dropped.created_at
     FROM dropped LEFT JOIN public.\"user\" reader ON reader.id = dropped.user_id",
);

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
    /// What is done with: letters that are sent.
    pub(super) sent: &'a [String],
    /// What each of them was, where it was a letter.
    pub(super) letters: &'a [Option<&'static str>],
    /// To whom each of them went, where that is noted.
    pub(super) addresses: &'a [Option<String>],
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
    reader: Option<Reader<'_>>,
    seconds: f64,
) -> Result<(), DbError> {
    let values: OwnedParams = vec![
        Box::new(id.to_owned()),
        Box::new(sealed.to_owned()),
        Box::new(reader.as_ref().map(|reader| reader.reference.to_owned())),
        Box::new(seconds),
        Box::new(reader.map(|reader| reader.address.to_owned())),
    ];
    transaction.defer(&INSERT, values).await
}

/// Letters that are in hand now, and how long until the next one is due; `None` when no other is owed.
pub(super) async fn turn(
    database: &Database,
    turn: &Turn<'_>,
) -> Result<(Vec<Leased>, Option<Duration>), DbError> {
    let Turn { sent, letters, addresses, put_off, faults, in_hand, places, lease } = turn;
    let places = i64::try_from(*places).unwrap_or(i64::MAX);
    let lease = lease.as_secs_f64();
    let rows =
        database.query(&TURN, &[sent, put_off, faults, in_hand, &places, &lease, letters, addresses]).await?;
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

/// How a letter ended that was not sent.
pub(super) struct End<'a> {
    pub(super) letter: &'static str,
    pub(super) address: Option<&'a str>,
    pub(super) state: &'static str,
    pub(super) fault: Option<&'a str>,
    pub(super) reply: Option<u16>,
}

/// Takes a letter out and notes how it ended.
pub(super) async fn drop_letter(transaction: &Transaction, id: &str, end: &End<'_>) -> Result<(), DbError> {
    let End { letter, address, state, fault, reply } = end;
    let reply = reply.and_then(|reply| i16::try_from(reply).ok());
    transaction.execute(&DROP, &[&id, letter, address, state, fault, &reply]).await.map(drop)
}

pub(super) async fn delete(transaction: &Transaction, id: &str) -> Result<(), DbError> {
    transaction.execute(&DELETE, &[&id]).await.map(drop)
}
