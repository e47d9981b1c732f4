//! Sessions of the console: a random token in a cookie, its hash in a row.

use jiff::Timestamp;
use kiavi_base::{Alphabet, UserId, WorkspaceId, random_text};
use kiavi_crypto::sha256;
use kiavi_db::{Database, DbError, Sql, Transaction};
use serde_json::json;

use super::tenant::{self, AskError, SignedIn};
use crate::{
    Caller, Control, Role, Workplace,
    audit::{self, Event, EventType, Outcome},
    caller::Actor,
    error::chain,
    workspace::store::parsed,
};

/// Symbols of a token: 258 bits.
const SYMBOLS: usize = 43;

pub(crate) const KEEP_PERSON: Sql = Sql::new(
    "KEEP_PERSON",
    "INSERT INTO person (id, email, name, is_verified) VALUES ($1, $2, $3, $4)
     ON CONFLICT (id) DO UPDATE
       SET email = excluded.email, name = excluded.name, is_verified = excluded.is_verified",
);
pub(crate) const INSERT_CONSOLE_SESSION: Sql = Sql::new(
    "INSERT_CONSOLE_SESSION",
    "INSERT INTO console_session (hash, user_id, tenant_session, proved_at, workspace_id) VALUES ($1, $2, $3, $4, $5)",
);
// Eight hours without use, a day in all; the tenant is asked every ten seconds, and use is noted every minute.
pub(crate) const CONSOLE_SESSION: Sql = Sql::new(
    "CONSOLE_SESSION",
    "SELECT s.user_id, s.tenant_session, s.proved_at, s.workspace_id, p.email, p.name, p.is_verified,
            s.used_at < now() - interval '8 hours' OR s.created_at < now() - interval '24 hours' AS is_over,
            s.checked_at < now() - interval '10 seconds' AS is_check_due,
            s.used_at < now() - interval '1 minute' AS is_use_due
     FROM console_session s JOIN person p ON p.id = s.user_id WHERE s.hash = $1",
);
pub(crate) const CONSOLE_SESSION_CHECKED: Sql =
    Sql::new("CONSOLE_SESSION_CHECKED", "UPDATE console_session SET checked_at = now() WHERE hash = $1");
pub(crate) const CONSOLE_SESSION_USED: Sql =
    Sql::new("CONSOLE_SESSION_USED", "UPDATE console_session SET used_at = now() WHERE hash = $1");
pub(crate) const CONSOLE_SESSION_AT: Sql =
    Sql::new("CONSOLE_SESSION_AT", "UPDATE console_session SET workspace_id = $2 WHERE hash = $1");
pub(crate) const END_CONSOLE_SESSION: Sql = Sql::new(
    "END_CONSOLE_SESSION",
    "DELETE FROM console_session WHERE hash = $1 RETURNING user_id, tenant_session, workspace_id",
);
pub(crate) const FORGET_CONSOLE_SESSIONS: Sql = Sql::new(
    "FORGET_CONSOLE_SESSIONS",
    "DELETE FROM console_session WHERE created_at < now() - interval '24 hours'",
);

/// Somebody who is signed in to the console.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) user: UserId,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) is_verified: bool,
    /// When they used a passkey for this session.
    pub(crate) proved_at: Option<Timestamp>,
    /// The workspace whose page they opened last.
    pub(crate) workspace: Option<WorkspaceId>,
}

impl Person {
    /// The actor of a request as this person, who is a member by what the request does.
    pub(crate) fn acting(&self, actor: &Actor, workspace: &WorkspaceId, at: Workplace, role: Role) -> Actor {
        let (user, workspace, proved_at) = (self.user.clone(), workspace.clone(), self.proved_at);
        Actor { caller: Some(Caller::Member { user, workspace, role, at, proved_at }), ..actor.clone() }
    }

    /// What to call them.
    pub(crate) fn label(&self) -> &str {
        if self.name.is_empty() { &self.email } else { &self.name }
    }
}

fn hash(token: &str) -> [u8; 32] {
    sha256(token.as_bytes())
}

/// Makes a session, in place of the one that the browser has: its token. A token from before is never taken over.
pub(crate) async fn begin(
    control: &Control,
    actor: &Actor,
    signed_in: &SignedIn,
    earlier: Option<&str>,
) -> Result<String, DbError> {
    let parts = control.parts();
    let token = random_text(&*parts.rng, Alphabet::UrlSafe, SYMBOLS);
    let transaction = parts.database.begin().await?;
    keep_person(&transaction, signed_in).await?;
    transaction.execute(&FORGET_CONSOLE_SESSIONS, &[]).await?;
    let replaced = match earlier {
        Some(earlier) => transaction.query_opt(&END_CONSOLE_SESSION, &[&hash(earlier).as_slice()]).await?,
        None => None,
    };
    // The same person goes on where they were.
    let replaced = replaced.filter(|row| row.get::<_, &str>("user_id") == signed_in.user.as_str());
    let workspace: Option<String> = replaced.and_then(|row| row.get("workspace_id"));
    let (user, session, proved_at) = (signed_in.user.as_str(), &signed_in.session, signed_in.proved_at());
    transaction
        .execute(&INSERT_CONSOLE_SESSION, &[&hash(&token).as_slice(), &user, session, &proved_at, &workspace])
        .await?;
    let detail = json!({
        "method": signed_in.method,
        "signed_in_at": signed_in.signed_in_at.to_string(),
        "session": signed_in.session,
    });
    let (kind, outcome) = (EventType::ConsoleSignedIn, Outcome::Success);
    let event = Event { kind, outcome, actor, subject: user, detail };
    audit::record(control, &transaction, &event).await?;
    transaction.commit().await?;
    Ok(token)
}

async fn keep_person(transaction: &Transaction, told: &SignedIn) -> Result<(), DbError> {
    let values: [&(dyn kiavi_db::ToSql + Sync); 4] =
        [&told.user.as_str(), &told.email, &told.name, &told.is_verified];
    transaction.execute(&KEEP_PERSON, &values).await.map(drop)
}

/// Whose session this token is, if it lives: here and, as of at most ten seconds ago, at the tenant.
///
/// # Errors
/// When a database or the tenant cannot be asked: that is never told as "signed out".
pub(crate) async fn find(control: &Control, token: &str) -> Result<Option<Person>, AskError> {
    let (database, hash) = (&control.parts().database, hash(token));
    let key = hash.as_slice();
    let Some(row) = database.query_opt(&CONSOLE_SESSION, &[&key]).await? else { return Ok(None) };
    let session: String = row.try_get("tenant_session").map_err(DbError::from)?;
    if row.try_get("is_over").map_err(DbError::from)? {
        // Whoever was away for so long signs in anew there, too.
        end(control, &Actor::CONTROL, token).await?;
        return Ok(None);
    }
    let mut person = person(&row)?;
    if row.try_get("is_check_due").map_err(DbError::from)? {
        let Some(told) = tenant::session(control, &session).await? else {
            database.execute(&END_CONSOLE_SESSION, &[&key]).await?;
            return Ok(None);
        };
        let transaction = database.begin().await?;
        keep_person(&transaction, &told).await?;
        transaction.execute(&CONSOLE_SESSION_CHECKED, &[&key]).await?;
        transaction.commit().await?;
        (person.email, person.name, person.is_verified) = (told.email, told.name, told.is_verified);
    }
    if row.try_get("is_use_due").map_err(DbError::from)? {
        database.execute(&CONSOLE_SESSION_USED, &[&key]).await?;
    }
    Ok(Some(person))
}

fn person(row: &kiavi_db::Row) -> Result<Person, DbError> {
    Ok(Person {
        user: parsed(row.try_get("user_id")?)?,
        email: row.try_get("email")?,
        name: row.try_get("name")?,
        is_verified: row.try_get("is_verified")?,
        proved_at: row.try_get("proved_at")?,
        workspace: row.try_get::<_, Option<&str>>("workspace_id")?.map(parsed).transpose()?,
    })
}

/// Notes the workspace that somebody is at.
pub(crate) async fn at(database: &Database, token: &str, workspace: &WorkspaceId) -> Result<(), DbError> {
    database.execute(&CONSOLE_SESSION_AT, &[&hash(token).as_slice(), &workspace.as_str()]).await.map(drop)
}

/// Ends a session here and at the tenant. It has ended here even when the tenant cannot be told, which is logged.
pub(crate) async fn end(control: &Control, actor: &Actor, token: &str) -> Result<bool, AskError> {
    let transaction = control.parts().database.begin().await?;
    let ended = transaction.query_opt(&END_CONSOLE_SESSION, &[&hash(token).as_slice()]).await?;
    let Some(row) = ended else { return Ok(true) };
    let session: &str = row.try_get("tenant_session").map_err(DbError::from)?;
    let user: &str = row.try_get("user_id").map_err(DbError::from)?;
    let (kind, detail) = (EventType::ConsoleSignedOut, json!({ "session": session }));
    let event = Event { kind, outcome: Outcome::Success, actor, subject: user, detail };
    audit::record(control, &transaction, &event).await?;
    transaction.commit().await?;
    match tenant::sign_out(control, session).await {
        Ok(()) => Ok(true),
        Err(error) => {
            tracing::warn!(error = chain(&error), "the console's tenant could not be told of a sign-out");
            Ok(false)
        }
    }
}
