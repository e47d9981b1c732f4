//! How a member of the workspace comes from the console to act as a user in a browser of their own.
//!
//! 1. Control asks at the management door ([`offer`]) for a link on behalf of the member, with a reason and a time. Who is
//!    banned or an administrator is acted as by nobody. The link's token is stored as a hash.
//! 2. Opened within [`LINK_LIFE`], the link gives the browser a sealed cookie with the token and leads to a page without it
//!    ([`look`]), so that neither a history nor a log in between keeps something that works. Looking uses nothing up.
//! 3. The page's button takes the row, once, and makes the session ([`begin`]): marked as the member's in its row, never
//!    extended, gone when the time is up. A session that the browser has of its own waits, as an administrator's does.
//!
//! What the pages say of who acts stands in a row of `verification` beside the session ([`note_identifier`]): the session
//! has no column for it, since no column in `public` is one that Better Auth does not know.

use std::time::Duration;

use axum::{
    body::Body,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use jiff::{SignedDuration, Timestamp};
use kiavi_base::{Alphabet, random_text};
use kiavi_db::Transaction;
use kiavi_http::{json_response, read_body};
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;

use super::{flow, impersonation, wire};
use crate::{
    ApiError, Context, Rate, State,
    audit::{self, Event, EventType, Method, Outcome},
    context::not_found,
    links::with_query,
    rate_limit::{self, Key},
    session::{self, CurrentUser},
    user::{self, User},
    verification::{self, token_hash},
};

/// The page that asks and begins.
pub(crate) const PAGE: &str = "/sign-in/acting";
/// How long a link can be opened: it travels in an address.
const LINK_LIFE: SignedDuration = SignedDuration::from_secs(60);
/// How long the page that it leads to can be read.
pub(crate) const PAGE_LIFE: SignedDuration = SignedDuration::from_mins(5);
/// Symbols of a token: 190 bits.
const TOKEN_LENGTH: usize = 32;
/// Links that one operator may ask for.
const PER_OPERATOR: Rate = Rate { limit: 30, window_seconds: 60 };
/// Characters of a reason.
const REASON: std::ops::RangeInclusive<usize> = 3..=200;
/// The longest that anybody acts as somebody from the console, whatever the settings allow administrators.
const LONGEST_MINUTES: u32 = 60;
/// Characters of a name for the banner, and bytes of the way back.
const LABEL_LIMIT: usize = 254;
const BACK_LIMIT: usize = 1_024;

/// What control asks for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Asked {
    user_id: String,
    reason: String,
    minutes: u32,
    /// Who acts, as people know them.
    label: String,
    /// The page of the console that they come back to.
    back: String,
}

/// What a link stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Offer {
    /// Whom it lets act as.
    user: String,
    /// Who asked, as rows and the log call them.
    by: String,
    label: String,
    pub(crate) reason: String,
    pub(crate) seconds: u32,
    back: String,
    /// When it can be opened no more.
    opens_until: Timestamp,
}

/// What is told while somebody acts.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    label: String,
    back: String,
}

/// Why no operator may act as somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    SwitchedOff,
    Gone,
    Admin,
    Banned,
}

impl Cause {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::SwitchedOff => "switched_off",
            Self::Gone => "user_not_found",
            Self::Admin => "admin",
            Self::Banned => "banned",
        }
    }

    pub(super) fn error(self, state: &State) -> ApiError {
        match self {
            Self::SwitchedOff => wire::operators_may_not_impersonate(),
            Self::Gone => wire::user_not_found(),
            Self::Admin => {
                let (code, message) = ("YOU_CANNOT_IMPERSONATE_ADMINS", "You cannot impersonate admins");
                ApiError::new(StatusCode::FORBIDDEN, code, message)
            }
            Self::Banned => user::banned_error(state),
        }
    }
}

/// Why nobody may act as `target`. Whether a ban is still in force the session's statement decides.
fn obstacle(state: &State, target: Option<&User>) -> Option<Cause> {
    let settings = &state.settings.admin;
    match target {
        _ if !settings.is_operator_impersonation_enabled => Some(Cause::SwitchedOff),
        None => Some(Cause::Gone),
        Some(target) if flow::is_admin(settings, target) => Some(Cause::Admin),
        Some(target) if is_banned(target, state.clock.now()) => Some(Cause::Banned),
        Some(_) => None,
    }
}

fn is_banned(target: &User, now: Timestamp) -> bool {
    target.banned == Some(true) && target.ban_expires.is_none_or(|end| now < end)
}

fn identifier(token: &str) -> String {
    format!("acting-link:{}", token_hash(token))
}

fn note_identifier(session_id: &str) -> String {
    format!("acting:{session_id}")
}

fn is_line(text: &str) -> bool {
    !text.chars().any(char::is_control)
}

/// The reason as it is kept, if it is one.
fn reason(typed: &str) -> Option<&str> {
    let typed = typed.trim();
    (REASON.contains(&typed.chars().count()) && is_line(typed)).then_some(typed)
}

/// A page to come back to.
fn is_way_back(back: &str) -> bool {
    back.len() <= BACK_LIMIT
        && Url::parse(back).is_ok_and(|url| matches!(url.scheme(), "https" | "http") && url.has_host())
}

/// `POST /management/acting` `{userId, reason, minutes, label, back}`: `{url}`, the link that the member's browser is to
/// open. 404 `USER_NOT_FOUND`, 403 `YOU_CANNOT_IMPERSONATE_ADMINS`, `BANNED_USER` and `OPERATORS_MAY_NOT_IMPERSONATE`.
pub(crate) async fn offer(
    state: State,
    context: Context,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let Some(operator) = context.operator() else { return Ok(not_found().await) };
    let by = impersonation::operator_name(operator);
    let bytes = read_body(body).await?;
    kiavi_http::parse_json(&headers, &bytes)?;
    let asked: Asked =
        serde_json::from_slice(&bytes).map_err(|error| ApiError::validation(error.to_string()))?;
    let Some(reason) = reason(&asked.reason) else {
        return Err(ApiError::validation("[body.reason] Say why, in 3 to 200 characters"));
    };
    let is_named = (1..=LABEL_LIMIT).contains(&asked.label.chars().count()) && is_line(&asked.label);
    if !is_named || !is_way_back(&asked.back) || !(1..=LONGEST_MINUTES).contains(&asked.minutes) {
        return Err(ApiError::validation("[body] Nobody can act as somebody like this"));
    }
    rate_limit::check(&state, &context, "acting_link", Key::Target(&by), Some(PER_OPERATOR)).await?;
    let transaction = state.database.begin().await?;
    // What PostgreSQL's text cannot hold is nobody's id.
    let target = match asked.user_id.contains('\0') {
        true => None,
        false => user::store::by_id_for_change(&transaction, &asked.user_id).await?,
    };
    let event = |kind, outcome| Event::new(kind, outcome).using(Method::Management);
    if let Some(cause) = obstacle(&state, target.as_ref()) {
        let refusal = event(EventType::ImpersonationRefused, Outcome::Failure);
        let refusal = Event { subject: target.as_ref().map(|target| target.id.as_str()), ..refusal };
        let refusal = refusal.detail(json!({ "cause": cause.name() }));
        audit::record(&transaction, &state, &context, refusal).await?;
        transaction.commit().await?;
        return Err(cause.error(&state));
    }
    let token = random_text(state.rng(), Alphabet::AlphaNumeric, TOKEN_LENGTH);
    let now = state.clock.now();
    let offered = Offer {
        user: asked.user_id,
        by,
        label: asked.label,
        reason: reason.to_owned(),
        seconds: (asked.minutes * 60).min(state.settings.admin.impersonation_seconds),
        back: asked.back,
        opens_until: now.checked_add(LINK_LIFE).unwrap_or(now),
    };
    let value = serde_json::to_string(&offered).map_err(ApiError::internal)?;
    let life = Duration::try_from(LINK_LIFE + PAGE_LIFE).unwrap_or_default();
    verification::replace(&transaction, state.rng(), &identifier(&token), &value, life).await?;
    let event = event(EventType::ImpersonationOffered, Outcome::Success)
        .about(&offered.user)
        .detail(json!({ "seconds": offered.seconds }))
        .personal(json!({ "reason": offered.reason }));
    audit::record(&transaction, &state, &context, event).await?;
    transaction.commit().await?;
    let path = with_query(PAGE, &[("token", Some(token.as_str()))]);
    let url = format!("{}{path}", state.settings.base_url.origin());
    Ok(json_response(StatusCode::OK, json!({ "url": url }).to_string()))
}

/// What a link stands for and whom it is about, while it can be used; it stays as it is. `opens` is whether it is being
/// opened just now, and not read on the page that it led to.
///
/// # Errors
/// Those of the statements.
pub(crate) async fn look(state: &State, token: &str, opens: bool) -> Result<Option<(Offer, User)>, ApiError> {
    let value = verification::look(&state.database, &identifier(token)).await?;
    let offer = value.and_then(|value| serde_json::from_str::<Offer>(&value).ok());
    let Some(offer) = offer.filter(|offer| !opens || state.clock.now() <= offer.opens_until) else {
        return Ok(None);
    };
    let target = user::store::find_by_id(&state.database, &offer.user).await?;
    Ok(target.map(|target| (offer, target)))
}

/// 400 `INVALID_TOKEN`: the link is unknown, used or too old.
fn invalid_token() -> ApiError {
    ApiError::bad_request("INVALID_TOKEN", "Invalid token")
}

/// Uses a link up and gives the browser the session in which the member acts. `current` is the browser's session of until
/// now: one in which somebody acts ends, an own one waits in the cookie for administrators.
///
/// # Errors
/// 400 `INVALID_TOKEN`, and what [`offer`] refuses, 429. But for the last, the link is used up.
pub(crate) async fn begin(
    state: &State,
    context: &Context,
    token: &str,
    current: Option<&CurrentUser>,
) -> Result<(), ApiError> {
    let rate = state.settings.rate_limits.code_check_per_network;
    rate_limit::check(state, context, "link_check", Key::Network(context.network()), rate).await?;
    let transaction = state.database.begin().await?;
    let taken = verification::take(&transaction, &identifier(token)).await?;
    let offer = taken.filter(|taken| taken.is_live).and_then(|taken| serde_json::from_str(&taken.value).ok());
    let Some(offer): Option<Offer> = offer else {
        let event = Event::new(EventType::ImpersonationRefused, Outcome::Failure);
        let event = event.using(Method::Management).detail(json!({ "cause": "link" }));
        audit::record(&transaction, state, context, event).await?;
        transaction.commit().await?;
        return Err(invalid_token());
    };
    let target = user::store::by_id_for_change(&transaction, &offer.user).await?;
    let cause = obstacle(state, target.as_ref());
    let (Some(target), None) = (target, cause) else {
        let cause = cause.unwrap_or(Cause::Gone);
        let event =
            Event { actor: Some(&offer.by), ..Event::new(EventType::ImpersonationRefused, Outcome::Failure) };
        let event = Event { subject: (cause != Cause::Gone).then_some(offer.user.as_str()), ..event };
        let event = event.using(Method::Management).detail(json!({ "cause": cause.name() }));
        audit::record(&transaction, state, context, event).await?;
        transaction.commit().await?;
        return Err(cause.error(state));
    };
    if let Some(current) = current.filter(|current| current.is_impersonated()) {
        impersonation::end_in(&transaction, state, context, current).await?;
    }
    let acts = session::Acting { by: &offer.by, seconds: offer.seconds };
    let minted = session::impersonate(&transaction, state, context, &target, acts, Method::Management).await;
    if minted.as_ref().is_err_and(|error| error.code() == Some("BANNED_USER")) {
        transaction.commit().await?;
        return Err(user::banned_error(state));
    }
    let session = minted?;
    let note = Note { label: offer.label, back: offer.back };
    let note = serde_json::to_string(&note).map_err(ApiError::internal)?;
    let life = Duration::from_secs(offer.seconds.into());
    verification::replace(&transaction, state.rng(), &note_identifier(&session.id), &note, life).await?;
    let event =
        Event { actor: Some(&offer.by), ..Event::new(EventType::ImpersonationStarted, Outcome::Success) }
            .about(&target.id)
            .using(Method::Management)
            .detail(json!({ "session": session.id, "seconds": offer.seconds }))
            .personal(json!({ "reason": offer.reason }));
    audit::record(&transaction, state, context, event).await?;
    transaction.commit().await?;
    match current.filter(|current| !current.is_impersonated()) {
        Some(own) => impersonation::hand_over(state, context, own, &session),
        None => session::cookies_of(state, &session, false).for_each(|cookie| context.append_cookie(cookie)),
    }
    Ok(())
}

/// Who acts in a session that a link began, as people know them, and the page of the console that it began on.
///
/// # Errors
/// Those of the statement.
pub(super) async fn noted(state: &State, session_id: &str) -> Result<Option<(String, String)>, ApiError> {
    let value = verification::look(&state.database, &note_identifier(session_id)).await?;
    let note = value.and_then(|value| serde_json::from_str::<Note>(&value).ok());
    Ok(note.map(|note| (note.label, note.back)))
}

/// Forgets what was told of a session.
///
/// # Errors
/// Those of the statement.
pub(super) async fn forget(transaction: &Transaction, session_id: &str) -> Result<(), ApiError> {
    verification::take(transaction, &note_identifier(session_id)).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_way_back_is_a_page_on_the_web() {
        assert!(is_way_back("https://console.example/w/acme/t/shop/users/u1"));
        for other in ["", "/users", "javascript:alert(1)", "data:text/html,x", "https:", "//evil.example"] {
            assert!(!is_way_back(other), "{other}");
        }
        assert!(!is_way_back(&format!("https://console.example/{}", "a".repeat(BACK_LIMIT))));
    }

    proptest! {
        #[test]
        fn a_reason_is_one_line_of_some_words(typed in "\\PC{0,220}|.{0,220}") {
            if let Some(reason) = reason(&typed) {
                prop_assert!(REASON.contains(&reason.chars().count()) && !reason.contains(['\n', '\0']));
                prop_assert_eq!(reason.trim(), reason);
            }
        }

        #[test]
        fn no_row_panics(value in ".{0,120}") {
            let _ = serde_json::from_str::<Offer>(&value);
        }
    }
}
