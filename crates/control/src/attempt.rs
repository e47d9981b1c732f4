//! A request that may be sent again with the same `Idempotency-Key`, and what its repetition is answered with.
//!
//! The change's own event writes the record, so it is in the transaction of the change: whoever repeats a request
//! whose answer was lost learns that the change was made. The answer is added when it leaves. What changes another
//! process's database claims its key before it does.

use kiavi_base::RequestId;
use kiavi_db::{Database, DbError, Sql, Transaction};
use serde_json::Value;

// Of two requests with one key, one writes. A day later the key is free again.
pub(crate) const WRITE_ATTEMPT: Sql = Sql::new(
    "WRITE_ATTEMPT",
    "INSERT INTO idempotency AS i (caller, key, request_hash, request_id, subject) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (caller, key) DO UPDATE
       SET request_hash = excluded.request_hash, request_id = excluded.request_id, subject = excluded.subject,
           status = NULL, headers = NULL, body = NULL, created_at = now()
     WHERE i.request_id = excluded.request_id OR i.created_at < now() - interval '24 hours'",
);
pub(crate) const ATTEMPT: Sql = Sql::new(
    "ATTEMPT",
    "SELECT request_hash, subject, status, headers, body FROM idempotency
     WHERE caller = $1 AND key = $2 AND created_at > now() - interval '24 hours'",
);
pub(crate) const KEEP_ANSWER: Sql = Sql::new(
    "KEEP_ANSWER",
    "INSERT INTO idempotency AS i (caller, key, request_hash, request_id, status, headers, body)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (caller, key) DO UPDATE
       SET status = excluded.status, headers = excluded.headers, body = excluded.body
     WHERE i.request_id = excluded.request_id",
);
// The key of a request that changed nothing is free.
pub(crate) const FREE_ATTEMPT: Sql = Sql::new(
    "FREE_ATTEMPT",
    "DELETE FROM idempotency WHERE caller = $1 AND key = $2 AND request_id = $3 AND subject IS NULL",
);
pub(crate) const FORGET_ATTEMPTS: Sql =
    Sql::new("FORGET_ATTEMPTS", "DELETE FROM idempotency WHERE created_at < now() - interval '24 hours'");

/// One request with an idempotency key.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) caller: String,
    pub(crate) key: String,
    /// Of method, address and body.
    pub(crate) hash: [u8; 32],
    pub(crate) request: RequestId,
    /// What an earlier request with this key changed, whose answer was lost.
    pub(crate) made: Option<String>,
}

/// An earlier request with the same key.
pub(crate) struct Earlier {
    pub(crate) is_same: bool,
    pub(crate) subject: Option<String>,
    /// Status, headers and body, once it was answered.
    pub(crate) answer: Option<Kept>,
}

/// An answer as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Kept {
    pub(crate) status: u16,
    pub(crate) headers: Value,
    pub(crate) body: Option<String>,
}

impl Attempt {
    /// What became of an earlier request with this key.
    pub(crate) async fn earlier(&self, database: &Database) -> Result<Option<Earlier>, DbError> {
        let Some(row) = database.query_opt(&ATTEMPT, &[&self.caller, &self.key]).await? else {
            return Ok(None);
        };
        let (hash, status): (&[u8], Option<i16>) = (row.try_get("request_hash")?, row.try_get("status")?);
        let answer = match status.and_then(|status| u16::try_from(status).ok()) {
            None => None,
            Some(status) => {
                let headers: Option<Value> = row.try_get("headers")?;
                Some(Kept { status, headers: headers.unwrap_or_default(), body: row.try_get("body")? })
            }
        };
        Ok(Some(Earlier { is_same: hash == self.hash, subject: row.try_get("subject")?, answer }))
    }

    /// Writes down, in the transaction of the change, what was changed.
    ///
    /// # Errors
    /// [`DbError::RowCount`] when another request with this key was first; nothing may be committed then.
    pub(crate) async fn changes(&self, transaction: &Transaction, subject: &str) -> Result<(), DbError> {
        let (hash, request) = (self.hash.as_slice(), self.request.to_string());
        let written = transaction
            .execute(&WRITE_ATTEMPT, &[&self.caller, &self.key, &hash, &request, &Some(subject)])
            .await?;
        one(written)
    }

    /// Claims the key before something is changed that is in no transaction of ours.
    ///
    /// # Errors
    /// As [`Attempt::changes`].
    pub(crate) async fn claim(&self, database: &Database) -> Result<(), DbError> {
        let (hash, request) = (self.hash.as_slice(), self.request.to_string());
        let written = database
            .execute(&WRITE_ATTEMPT, &[&self.caller, &self.key, &hash, &request, &None::<&str>])
            .await?;
        one(written)
    }

    /// Keeps the answer for whoever asks again.
    pub(crate) async fn keep(&self, database: &Database, answer: &Kept) -> Result<(), DbError> {
        let (hash, request) = (self.hash.as_slice(), self.request.to_string());
        let status = i16::try_from(answer.status).unwrap_or(i16::MAX);
        let values: [&(dyn kiavi_db::ToSql + Sync); 7] =
            [&self.caller, &self.key, &hash, &request, &status, &answer.headers, &answer.body];
        database.execute(&KEEP_ANSWER, &values).await.map(drop)
    }

    /// Frees the key, unless something was changed.
    pub(crate) async fn free(&self, database: &Database) -> Result<(), DbError> {
        let request = self.request.to_string();
        database.execute(&FREE_ATTEMPT, &[&self.caller, &self.key, &request]).await.map(drop)
    }
}

fn one(written: u64) -> Result<(), DbError> {
    if written == 1 { Ok(()) } else { Err(DbError::RowCount { statement: WRITE_ATTEMPT.name(), rows: 0 }) }
}
