//! What operators do with mail. To everybody else these paths are not there.

use std::time::Duration;

use axum::{extract::RawQuery, http::StatusCode, response::Response};
use jiff::Timestamp;
use kiavi_base::{EmailAddress, Locale};
use kiavi_http::json_response;
use kiavi_pages::RenderedMail;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Attempt, Fault, OutgoingMail, TemplateKind, delivery, render, starting, suppression, template::Template,
    worded,
};
use crate::{
    ApiError, Context, JsonBody, Settings, State,
    admin::parameters::Parameters,
    audit::{self, Event, EventType, Method, Outcome, address_reference},
    context::not_found,
    outbox::{self, Letter},
    verification::row_id,
};

/// The mails that can be looked at.
const LETTERS: &[&str] = &[
    "sign_in_code",
    "verification_code",
    "sign_in_link",
    "deletion_link",
    "email_changed",
    "user_deleted",
    "account_linked",
    "account_unlinked",
    "passkey_added",
    "passkey_removed",
    "recovery_started",
    "test",
];

/// Rows on a page of deliveries that asks for no other number.
const DEFAULT_LIMIT: i64 = 50;
/// Rows on any such page.
const MAX_LIMIT: i64 = 500;

/// How long a trial waits for the mail server: shorter than the operator's request to this engine lasts.
const TRIAL_LIMIT: Duration = Duration::from_secs(8);

#[derive(Serialize)]
struct Preview<'a> {
    subject: &'a str,
    text: &'a str,
    html: &'a str,
}

/// `POST /mail/preview` `{letter, locale?, template?}`: a mail with made-up values, as the settings word it, or as
/// `template` would.
pub(super) async fn preview(state: State, context: Context, body: JsonBody) -> Result<Response, ApiError> {
    if context.operator().is_none() {
        return Ok(not_found().await);
    }
    let mut fields = body.fields()?;
    let name = fields.choice("letter", LETTERS);
    let locale = fields.optional_string("locale");
    let draft = fields.get("template").map(Template::deserialize).transpose();
    fields.finish()?;
    let draft = draft.map_err(no_template)?;
    let locale = chosen_locale(&state, locale)?;
    let rendered = drafted(&state, name, locale, draft.as_ref())?;
    let body = Preview { subject: &rendered.subject, text: &rendered.text, html: &rendered.html };
    Ok(json_response(StatusCode::OK, serde_json::to_vec(&body).map_err(ApiError::internal)?))
}

fn no_template(error: serde_json::Error) -> ApiError {
    ApiError::validation(format!("[body.template] {error}"))
}

/// A mail with made-up values, as the settings word it or as a draft would.
fn drafted(
    state: &State,
    name: &str,
    locale: Locale,
    draft: Option<&Template>,
) -> Result<RenderedMail, ApiError> {
    let letter = sample(state, name);
    match draft {
        None => Ok(render(&state.settings, locale, &letter)),
        Some(draft) => worded(&state.settings, &letter, draft)
            .ok_or_else(|| ApiError::validation("[body.template] this mail keeps our words"))?
            .map_err(|(part, fault)| ApiError::validation(format!("[body.template.{part}] {fault}"))),
    }
}

/// `POST /mail/template` `{letter, locale?}`: our words for a mail that a tenant may word, with variables in place of values.
pub(super) async fn template(state: State, context: Context, body: JsonBody) -> Result<Response, ApiError> {
    if context.operator().is_none() {
        return Ok(not_found().await);
    }
    let mut fields = body.fields()?;
    let name = fields.choice("letter", &TemplateKind::NAMES);
    let locale = fields.optional_string("locale");
    fields.finish()?;
    let locale = chosen_locale(&state, locale)?;
    let words = starting(&state.settings, locale, &sample(&state, name));
    let words = words.ok_or_else(|| ApiError::validation("[body.letter] this mail keeps our words"))?;
    Ok(json_response(StatusCode::OK, serde_json::to_vec(&words).map_err(ApiError::internal)?))
}

/// A letter with values that open nothing.
fn sample(state: &State, name: &str) -> Letter {
    let settings: &Settings = &state.settings;
    let origin = settings.base_url.origin();
    let minutes = |seconds: u32| seconds.div_ceil(60);
    let (at, user_agent) = (state.clock.now(), Some("Firefox/140.0 Windows".to_owned()));
    match name {
        "sign_in_link" => Letter::SignInLink {
            url: format!("{origin}/api/auth/magic-link/verify?token=preview&callbackURL=%2F"),
            minutes: minutes(settings.magic_link.expires_in_seconds),
        },
        "deletion_link" => Letter::DeletionLink {
            url: format!("{origin}/api/auth/delete-user/callback?token=preview&callbackURL=%2F"),
            hours: settings.user.deletion_link_expires_in_seconds.div_ceil(3_600),
        },
        "email_changed" => Letter::EmailChanged { to: "a•••@example.com".to_owned() },
        "user_deleted" => Letter::UserDeleted,
        "test" => Letter::Test,
        "account_linked" => Letter::AccountLinked { provider: "GitHub".to_owned(), at, user_agent },
        "account_unlinked" => Letter::AccountUnlinked { provider: "GitHub".to_owned(), at, user_agent },
        "passkey_added" => Letter::PasskeyAdded { at, user_agent },
        "recovery_started" => {
            let hours = settings.passkey.recovery_wait_seconds.div_ceil(3_600);
            Letter::RecoveryStarted { at, user_agent, hours }
        }
        "passkey_removed" => Letter::PasskeyRemoved { at, user_agent },
        other => Letter::OneTimeCode {
            code: "1234567890"[..usize::from(settings.email_otp.length).min(10)].to_owned(),
            minutes: minutes(settings.email_otp.expires_in_seconds),
            signs_in: other == "sign_in_code",
        },
    }
}

/// `POST /mail/test` `{email, locale?, letter?, template?}`: sends a mail that says that mail arrives, or another one with
/// made-up values as [`preview`] shows it, at once and once. `delivery` is
/// what became of it, `fault` what was in the way. That the address is on the list
/// of those that get no mail does not matter here.
pub(super) async fn test(state: State, context: Context, body: JsonBody) -> Result<Response, ApiError> {
    if context.operator().is_none() {
        return Ok(not_found().await);
    }
    let mut fields = body.fields()?;
    let email = fields.email("email");
    let locale = fields.optional_string("locale");
    let has_letter = fields.get("letter").is_some();
    let name = if has_letter { fields.choice("letter", LETTERS) } else { "test" };
    let draft = fields.get("template").map(Template::deserialize).transpose();
    fields.finish()?;
    let draft = draft.map_err(no_template)?;
    let rendered = drafted(&state, name, chosen_locale(&state, locale)?, draft.as_ref())?;
    let mail = OutgoingMail {
        id: row_id(state.rng()),
        to: email?,
        subject: rendered.subject,
        text: rendered.text,
        html: rendered.html,
        reply_to: state.settings.mail.reply_to(),
    };
    let sent = tokio::time::timeout(TRIAL_LIMIT, state.mail.send(mail)).await;
    let Attempt { delivery, fault, .. } = sent.unwrap_or(Attempt::deferred(Fault::TimedOut));
    let body = json!({ "delivery": delivery.name(), "fault": fault.map(Fault::name) });
    Ok(json_response(StatusCode::OK, body.to_string()))
}

fn chosen_locale(state: &State, tag: Option<&str>) -> Result<Locale, ApiError> {
    match tag {
        Some(tag) => Locale::from_tag(tag)
            .ok_or_else(|| ApiError::validation("[body.locale] is not a language of ours")),
        None => Ok(state.settings.locale()),
    }
}

/// A letter that waits, as operators see it.
#[derive(Serialize)]
struct WaitingView {
    id: String,
    letter: &'static str,
    email: String,
    attempts: i32,
    fault: Option<String>,
    owed_at: Timestamp,
    next_attempt_at: Timestamp,
}

impl WaitingView {
    /// `None` for one that cannot be read: it was sealed under a secret that is retired.
    fn new(state: &State, waiting: delivery::Waiting) -> Option<Self> {
        let (letter, email) = outbox::look_at(state, &waiting.id, &waiting.sealed)?;
        let delivery::Waiting { id, attempts, fault, owed_at, next_attempt_at, .. } = waiting;
        Some(Self { id, letter, email, attempts, fault, owed_at, next_attempt_at })
    }
}

/// `GET /mail/deliveries?state&letter&email&cursor&limit`: what became of mails, the newest first; `next` is the cursor of the
/// page after this one. `waiting` are those that have not landed, on the first page; `waiting_count` says how many there are.
pub(super) async fn deliveries(
    state: State,
    context: Context,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    if context.operator().is_none() {
        return Ok(not_found().await);
    }
    let mut query = Parameters::parse(query.as_deref().unwrap_or_default());
    let wanted = query.choice("state", delivery::STATES, "");
    let letter = query.one("letter");
    let email = query.one("email").map(|email| email.trim().to_ascii_lowercase());
    let cursor = query.whole_number("cursor");
    let limit = query.whole_number("limit").unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT);
    query.finish()?;
    let database = &state.database;
    let is_wanted = |view: &WaitingView| letter.as_ref().is_none_or(|letter| letter == view.letter);
    let waiting = match (wanted, cursor) {
        ("" | "waiting", None) => {
            let recipient = email.as_deref().map(|email| address_reference(&state, email));
            let rows = delivery::waiting(database, recipient.as_deref(), limit).await?;
            rows.into_iter().filter_map(|row| WaitingView::new(&state, row)).filter(is_wanted).collect()
        }
        _ => Vec::new(),
    };
    let filter = delivery::Filter {
        before: cursor.unwrap_or(i64::MAX),
        state: Some(wanted).filter(|state| !state.is_empty()),
        letter: letter.as_deref(),
        email: email.as_deref(),
        limit,
    };
    let mut landed = delivery::list(database, &filter).await?;
    let references: Vec<_> =
        landed.iter().flat_map(|view| &view.email).map(|email| address_reference(&state, email)).collect();
    let suppressed = suppression::which(database, &references).await?;
    for view in &mut landed {
        let reference = view.email.as_ref().map(|email| address_reference(&state, email));
        view.is_suppressed = reference.is_some_and(|reference| suppressed.contains(&reference));
    }
    let is_full = i64::try_from(landed.len()).is_ok_and(|count| count == limit);
    let next = landed.last().filter(|_| is_full).map(|last| last.seq.to_string());
    let body = json!({
        "deliveries": landed, "next": next,
        "waiting": waiting, "waiting_count": delivery::count_waiting(database).await?,
    });
    Ok(json_response(StatusCode::OK, body.to_string()))
}

/// `POST /mail/retry` `{id}`: a mail that waits for its next attempt is tried at once; `retried` says whether it waited.
pub(super) async fn retry(state: State, context: Context, body: JsonBody) -> Result<Response, ApiError> {
    if context.operator().is_none() {
        return Ok(not_found().await);
    }
    let mut fields = body.fields()?;
    let id = fields.string("id").to_owned();
    fields.finish()?;
    let transaction = state.database.begin().await?;
    let is_retried = delivery::retry(&transaction, &id).await?;
    transaction.commit().await?;
    outbox::wake(&state);
    Ok(json_response(StatusCode::OK, json!({ "retried": is_retried }).to_string()))
}

/// `GET /mail/suppressions`: how many addresses get no mail.
pub(super) async fn suppressions(state: State, context: Context) -> Result<Response, ApiError> {
    if context.operator().is_none() {
        return Ok(not_found().await);
    }
    let count = suppression::count(&state.database).await?;
    Ok(json_response(StatusCode::OK, json!({ "count": count }).to_string()))
}

/// `POST /mail/unsuppress` `{email}`: the address gets mail again; `lifted` says whether it was on the list.
pub(super) async fn unsuppress(state: State, context: Context, body: JsonBody) -> Result<Response, ApiError> {
    if context.operator().is_none() {
        return Ok(not_found().await);
    }
    let mut fields = body.fields()?;
    let email = fields.email("email");
    fields.finish()?;
    let email: EmailAddress = email?;
    let reference = address_reference(&state, email.as_str());
    let transaction = state.database.begin().await?;
    let is_lifted = suppression::lift(&transaction, &reference).await?;
    if is_lifted {
        let event = Event::new(EventType::MailUnsuppressed, Outcome::Success).about(&reference);
        audit::record(&transaction, &state, &context, event.using(Method::Management)).await?;
    }
    transaction.commit().await?;
    Ok(json_response(StatusCode::OK, json!({ "lifted": is_lifted }).to_string()))
}
