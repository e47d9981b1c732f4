//! The operators' requests. `management.requested` says who asked for what.

use axum::{extract::RawQuery, http::StatusCode, response::Response};
use kiavi_http::json_response;
use serde::Serialize;
use serde_json::json;

use super::{catalogue::Limit, lock_outs::Who};
use crate::{ApiError, Context, JsonBody, Rate, State, admin::parameters::Parameters, context::not_found};

/// What whoever names another limit is told.
const NO_SUCH_LIMIT: &str = "There is no such limit; security/limits (kiavi limit list) has the names";

/// `GET /security/limits`: every limit of the settings with its rate, what it refused in the last day and in the last week, and
/// whose requests these were. `since` and `is_complete` say how far the log was read, `untold` how many refusals it has as a
/// number only, `fixed` those by limits that no setting changes.
pub(super) async fn limits(state: State, context: Context) -> Result<Response, ApiError> {
    if context.operator().is_none() {
        return Ok(not_found().await);
    }
    told(&super::overview::read(&state).await?)
}

/// `GET /security/lock-outs`: whom a limit keeps out now, as far as the log of the last day names them, and for how many seconds.
pub(super) async fn lock_outs(state: State, context: Context) -> Result<Response, ApiError> {
    if context.operator().is_none() {
        return Ok(not_found().await);
    }
    told(&super::lock_outs::read(&state).await?)
}

/// `POST /security/unlock` `{who}`: starts every counter anew that keeps somebody out: an e-mail address, what stands for one in
/// the log, an IP address, or `tenant`, what all share. `lifted` has the limits that did.
pub(super) async fn unlock(state: State, context: Context, body: JsonBody) -> Result<Response, ApiError> {
    if context.operator().is_none() {
        return Ok(not_found().await);
    }
    let mut fields = body.fields()?;
    let text = fields.string("who");
    fields.finish()?;
    let who = Who::parse(&state, text.trim());
    let who = who.ok_or_else(|| {
        ApiError::validation(
            "[body.who] Invalid input: expected an e-mail address, an IP address, address:… or tenant",
        )
    })?;
    let lifted = super::unlock::unlock(&state, &context, &who).await?;
    Ok(json_response(StatusCode::OK, json!({ "lifted": lifted }).to_string()))
}

/// `GET /security/dry-run?setting&limit&window_seconds`: what the limit at `setting` would have refused in the last week with
/// this rate, beside what it did. `outcome` is `null` for limits whose uses the log does not have.
pub(super) async fn dry_run(
    state: State,
    context: Context,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    if context.operator().is_none() {
        return Ok(not_found().await);
    }
    let mut query = Parameters::parse(query.as_deref().unwrap_or_default());
    let limit = Limit::named(&query.required("setting"));
    if limit.is_none() {
        query.issue("setting", NO_SUCH_LIMIT);
    }
    let rate =
        Rate { limit: whole(&mut query, "limit"), window_seconds: whole(&mut query, "window_seconds") };
    if !rate.is_sane() {
        query.issue("limit", "A limit has 1 to 1,000,000 uses in 1 s to 1 d");
    }
    query.finish()?;
    let limit = limit.ok_or_else(|| ApiError::validation(format!("[query.setting] {NO_SUCH_LIMIT}")))?;
    told(&super::dry_run::run(&state, limit, rate).await?)
}

/// A number that must be there; 0 for what is none, which no rate has.
fn whole(query: &mut Parameters<'_>, name: &str) -> u32 {
    query.required(name).trim().parse().unwrap_or_default()
}

fn told(answer: &impl Serialize) -> Result<Response, ApiError> {
    Ok(json_response(StatusCode::OK, serde_json::to_vec(answer).map_err(ApiError::internal)?))
}
