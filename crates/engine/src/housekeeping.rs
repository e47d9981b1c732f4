//! Removing what has expired. Nothing relies on it: every use checks the expiry by itself.

use kiavi_db::{Database, DbError, Sql};

use crate::{
    State, api_key, audit, jwt, mail,
    room::{self, Recount},
    session, stream, verification, webhook,
};

pub(crate) const STATEMENTS: &[&Sql] = &[&DELETE_PASSED_LIMITS, &DELETE_PASSED_BUDGETS];

const DELETE_PASSED_LIMITS: Sql = Sql::new(
    "DELETE_PASSED_LIMITS",
    "DELETE FROM kiavi.rate_limit WHERE key IN (
       SELECT key FROM kiavi.rate_limit WHERE arrival < now() LIMIT 1000 FOR UPDATE SKIP LOCKED)",
);

const DELETE_PASSED_BUDGETS: Sql = Sql::new(
    "DELETE_PASSED_BUDGETS",
    "DELETE FROM kiavi.guess_budget WHERE key IN (
       SELECT key FROM kiavi.guess_budget WHERE arrival < now() LIMIT 1000 FOR UPDATE SKIP LOCKED)",
);

/// Rows that one round of a sweep removes at most, as its statement says.
const ROUND: u64 = 1_000;

/// Rounds of a sweep of rows that anybody can make: more than come in a minute.
const ROUNDS: u32 = 500;

/// Removes what has expired of the rows that anybody can make, all of it: many small statements, so that none holds up a
/// sign-in. How many there were.
pub(crate) async fn remove_expired(database: &Database) -> Result<u64, DbError> {
    let mut removed = 0;
    for _ in 0..ROUNDS {
        // In a transaction, so that nobody's reading waits for it.
        let transaction = database.begin().await?;
        let counts = [
            transaction.execute(&verification::DELETE_EXPIRED, &[]).await?,
            transaction.execute(&DELETE_PASSED_LIMITS, &[]).await?,
            transaction.execute(&DELETE_PASSED_BUDGETS, &[]).await?,
        ];
        transaction.commit().await?;
        removed += counts.iter().sum::<u64>();
        if counts.iter().all(|count| *count < ROUND) {
            break;
        }
    }
    Ok(removed)
}

/// One bounded round over every table with expiring rows.
pub(crate) async fn sweep(state: &State) {
    let database = &state.database;
    let endpoints: Vec<&str> =
        state.settings.webhooks.endpoints.iter().map(|endpoint| endpoint.id.as_str()).collect();
    let streams: Vec<&str> = state.settings.audit.streams.iter().map(|stream| stream.id.as_str()).collect();
    let outcomes = [
        remove_expired(database).await,
        room::recount(state, Recount::IfInUse).await,
        session::store::delete_expired(database).await,
        api_key::store::delete_expired(database).await,
        jwt::delete_unpublished(database, &state.settings.jwt).await,
        mail::suppression::delete_old(database).await,
        mail::delivery::delete_old(database).await,
        webhook::settle_removed(database, &endpoints).await,
        webhook::forget_old(database).await,
        stream::forget_removed(database, &streams).await,
        audit::forget_visitors(state).await,
        audit::tell_counted(state, false).await,
    ];
    for error in outcomes.into_iter().filter_map(Result::err) {
        tracing::warn!(cause = %error, "expired rows could not be removed");
    }
}
