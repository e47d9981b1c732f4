//! The way back of somebody who has lost their passkeys, which is the way in of somebody who has got hold of their mail.
//!
//! Whoever signs in by mail although they have passkeys is in, and may make new ones. Those of before stay for a while
//! (`passkey.recovery_wait_seconds`): the owner is told by mail, and who still has one of them ends the wait by signing in with
//! it. So nobody is locked out by whoever reads their mail, unless they look away for as long.

use axum::http::StatusCode;
use kiavi_db::{Database, DbError, Sql, Transaction};
use serde_json::json;

use crate::{
    ApiError, Context, State,
    audit::{self, Event, EventType, Method, Outcome},
    mail::notice::{self, Change},
    outbox,
    user::User,
};

pub(super) const STATEMENTS: &[&Sql] = &[&BEGIN, &HELD, &LEFT, &END];

/// A wait does not begin again while the one before is on, nor for a week after it (`$2` seconds in all): in that time what was
/// waited for can be done.
const BEGIN: Sql = Sql::new(
    "RECOVERY_BEGIN",
    "INSERT INTO kiavi.recovery AS r (user_id, since) VALUES ($1, now())
     ON CONFLICT (user_id) DO UPDATE SET since = excluded.since
       WHERE r.since < now() - make_interval(secs => $2)
     RETURNING 1",
);

/// In how many seconds a passkey of before may be removed. No row for one that may.
const HELD: Sql = Sql::new(
    "RECOVERY_HELD",
    r#"SELECT ceil(extract(epoch FROM r.since + make_interval(secs => $2) - now()))::bigint
       FROM kiavi.recovery r JOIN public.passkey p ON p."userId" = r.user_id
       WHERE p.id = $1 AND r.since + make_interval(secs => $2) > now()
         AND coalesce(p."createdAt", '-infinity') <= r.since"#,
);

/// The same, for all passkeys of before of a user.
const LEFT: Sql = Sql::new(
    "RECOVERY_LEFT",
    "SELECT ceil(extract(epoch FROM since + make_interval(secs => $2) - now()))::bigint
     FROM kiavi.recovery WHERE user_id = $1 AND since + make_interval(secs => $2) > now()",
);

const END: Sql = Sql::new("RECOVERY_END", "DELETE FROM kiavi.recovery WHERE user_id = $1");

/// For how long after a wait none begins.
const OPEN_SECONDS: f64 = 7.0 * 86_400.0;

fn wait(state: &State) -> Option<f64> {
    Some(state.settings.passkey.recovery_wait_seconds).filter(|seconds| *seconds > 0).map(f64::from)
}

/// Whether a sign-in by this means is one by mail.
pub(crate) fn is_by_mail(method: Method<'_>) -> bool {
    matches!(method, Method::EmailOtp | Method::MagicLink)
}

/// Begins the wait of somebody who has passkeys and signs in by mail, unless one is on; with its event and its mail, for which
/// the caller wakes the outbox.
pub(crate) async fn begin(
    transaction: &Transaction,
    state: &State,
    context: &Context,
    user: &User,
    method: Method<'_>,
) -> Result<(), ApiError> {
    let Some(wait) = wait(state) else { return Ok(()) };
    if transaction.query_opt(&BEGIN, &[&user.id, &(wait + OPEN_SECONDS)]).await?.is_none() {
        return Ok(());
    }
    let seconds = state.settings.passkey.recovery_wait_seconds;
    let event = Event {
        actor: Some(&user.id),
        ..Event::new(EventType::RecoveryStarted, Outcome::Success).about(&user.id).using(method)
    };
    audit::record(transaction, state, context, event.detail(json!({ "wait_seconds": seconds }))).await?;
    notice::owe(transaction, state, context, user, Change::Recovery { seconds }).await?;
    outbox::wake(state);
    Ok(())
}

/// Ends the wait of somebody who signs in with a passkey of before; with its event.
pub(super) async fn end(
    transaction: &Transaction,
    state: &State,
    context: &Context,
    user_id: &str,
) -> Result<(), DbError> {
    transaction.defer(&END, vec![Box::new(user_id.to_owned())]).await?;
    let event = Event::by(EventType::RecoveryEnded, user_id).using(Method::Passkey);
    audit::record(transaction, state, context, event).await
}

/// Refuses to have a passkey removed that has to stay.
///
/// # Errors
/// 403 `RECOVERY_WAIT`, else those of the statement.
pub(super) async fn require_over(
    transaction: &Transaction,
    state: &State,
    passkey_id: &str,
) -> Result<(), ApiError> {
    let Some(wait) = wait(state) else { return Ok(()) };
    match transaction.query_opt(&HELD, &[&passkey_id, &wait]).await? {
        None => Ok(()),
        Some(row) => {
            let seconds: i64 = row.try_get(0).map_err(DbError::from)?;
            let hours = (seconds + 3_599).div_euclid(3_600);
            let message = format!(
                "You signed in by e-mail: this passkey can be removed in {hours} h, or at once after signing in with it"
            );
            Err(ApiError::new(StatusCode::FORBIDDEN, "RECOVERY_WAIT", message))
        }
    }
}

/// In how many seconds a user may remove the passkeys of before; `None` while no wait is on.
pub(crate) async fn seconds_left(
    database: &Database,
    state: &State,
    user_id: &str,
) -> Result<Option<i64>, DbError> {
    let Some(wait) = wait(state) else { return Ok(None) };
    let row = database.query_opt(&LEFT, &[&user_id, &wait]).await?;
    row.map(|row| row.try_get(0).map_err(DbError::from)).transpose()
}
