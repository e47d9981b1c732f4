//! Trying a code.

use std::time::Duration;

use axum::http::StatusCode;
use futures_util::future::join;
use kiavi_db::Transaction;
use serde_json::json;

use super::{
    CodePurpose,
    flow::{Verdict, judge, tried_hash},
};
use crate::{
    ApiError, Context, State,
    audit::{self, Event, EventType, Method, Outcome, address_reference},
    rate_limit::{self, Key},
    verification,
};

/// The counter of wrong guesses of one address, whatever they were for.
const GUESSES: &str = "code_guesses";
/// Characters of a code that are looked at; every code is shorter.
const CODE_LIMIT: usize = 64;

/// A right code and the transaction that took it. Dropped without [`Transaction::commit`], the code is there
/// again.
pub(super) struct Redeemed {
    pub(super) transaction: Transaction,
    identifier: String,
    value: String,
    life: Duration,
}

/// 400 `INVALID_OTP`.
pub(super) fn invalid_otp() -> ApiError {
    ApiError::bad_request("INVALID_OTP", "Invalid OTP")
}

/// Takes the code of `purpose` and `email` if `code` is it.
///
/// # Errors
/// 400 `INVALID_OTP` or `OTP_EXPIRED`, 403 `TOO_MANY_ATTEMPTS`, 429 when the network, the tenant or the address has
/// used up its tries. What the try cost is committed by then, and the event written.
pub(super) async fn redeem(
    state: &State,
    context: &Context,
    purpose: CodePurpose<'_>,
    email: &str,
    code: &str,
) -> Result<Redeemed, ApiError> {
    attempt(state, context, (purpose, Usage::UseUp), email, code).await
}

/// Says whether `code` is the code of `purpose` and `email`, which stays as it is. A look is paid for like a wrong
/// try.
///
/// # Errors
/// Those of [`redeem`].
pub(super) async fn look(
    state: &State,
    context: &Context,
    purpose: CodePurpose<'_>,
    email: &str,
    code: &str,
) -> Result<(), ApiError> {
    let seen = attempt(state, context, (purpose, Usage::Look), email, code).await?;
    let Redeemed { transaction, identifier, value, life } = seen;
    verification::replace(&transaction, state.rng(), &identifier, &value, life).await?;
    Ok(transaction.commit().await?)
}

/// What a right code is tried for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Usage {
    UseUp,
    Look,
}

async fn attempt(
    state: &State,
    context: &Context,
    (purpose, usage): (CodePurpose<'_>, Usage),
    email: &str,
    code: &str,
) -> Result<Redeemed, ApiError> {
    let limits = &state.settings.rate_limits;
    let network = Key::Network(context.network());
    rate_limit::check(state, context, "code_check", network, limits.code_check_per_network).await?;
    rate_limit::check(state, context, "code_check", Key::Tenant, limits.code_check_per_tenant).await?;
    let identifier = purpose.identifier(email);
    if code.len() > CODE_LIMIT || identifier.contains('\0') {
        return Err(invalid_otp());
    }
    let transaction = state.database.begin().await?;
    let (key, rate) = (Key::Target(email), state.settings.email_otp.guesses);
    // In one round trip.
    let (taken, is_within) = join(
        verification::take(&transaction, &identifier),
        rate_limit::peek(&transaction, state, GUESSES, key, rate),
    )
    .await;
    let taken = taken?;
    let keys = std::iter::once(&state.keys.one_time_code).chain(&state.keys.earlier_one_time_codes);
    let tried = tried_hash(keys, taken.as_ref(), &identifier, code);
    let allowed = state.settings.email_otp.allowed_attempts;
    let verdict = judge(taken.as_ref(), &tried, allowed);
    if matches!(verdict, Verdict::Right | Verdict::Wrong { .. }) {
        let paid = match (&verdict, usage) {
            // It ends the count, so it need not be counted; but it comes too late where the count has ended.
            (Verdict::Right, Usage::UseUp) => is_within,
            _ => rate_limit::charge(&transaction, state, GUESSES, key, rate).await,
        };
        if let Err(error) = paid {
            // Rolled back: the code is untouched, the try did not happen.
            drop(transaction);
            return Err(match error.retry_after_seconds() {
                Some(seconds) => rate_limit::refuse(state, context, GUESSES, key, seconds).await,
                None => error,
            });
        }
    }
    let taken = taken.unwrap_or_else(|| verification::Taken {
        value: String::new(),
        is_live: false,
        seconds_left: 0.0,
    });
    let life = Duration::try_from_secs_f64(taken.seconds_left).unwrap_or_default();
    let (reason, error) = match verdict {
        Verdict::Right => return Ok(Redeemed { transaction, identifier, value: taken.value, life }),
        Verdict::Wrong { value } => {
            verification::replace(&transaction, state.rng(), &identifier, &value, life).await?;
            ("wrong", invalid_otp())
        }
        Verdict::Exhausted => {
            let error = ApiError::new(StatusCode::FORBIDDEN, "TOO_MANY_ATTEMPTS", "Too many attempts");
            ("exhausted", error)
        }
        Verdict::Expired => ("expired", ApiError::bad_request("OTP_EXPIRED", "OTP expired")),
        Verdict::Missing => ("missing", invalid_otp()),
    };
    let reference = address_reference(state, email);
    let event = Event::new(EventType::CodeRefused, Outcome::Failure)
        .about(&reference)
        .using(Method::EmailOtp)
        .detail(json!({ "purpose": purpose.name(), "reason": reason }));
    audit::record(&transaction, state, context, event).await?;
    transaction.commit().await?;
    Err(error)
}

impl Redeemed {
    /// The code is used up: gives the address its whole budget again, because budgets count consecutive failures.
    pub(super) async fn use_up(&self, state: &State, email: &str) -> Result<(), ApiError> {
        rate_limit::reset(&self.transaction, state, GUESSES, Key::Target(email)).await
    }

    /// Uses the code up and notes it, where no event of what it is for says so.
    pub(super) async fn accept(
        &self,
        state: &State,
        context: &Context,
        purpose: CodePurpose<'_>,
        email: &str,
        subject: &str,
    ) -> Result<(), ApiError> {
        self.use_up(state, email).await?;
        let event = Event::new(EventType::CodeAccepted, Outcome::Success)
            .about(subject)
            .using(Method::EmailOtp)
            .detail(json!({ "purpose": purpose.name() }));
        Ok(audit::record(&self.transaction, state, context, event).await?)
    }
}
