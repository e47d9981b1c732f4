//! What operators do with mail. To everybody else these paths are not there.

use std::time::Duration;

use axum::{http::StatusCode, response::Response};
use kiavi_base::{EmailAddress, Locale};
use kiavi_http::json_response;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Attempt, Fault, OutgoingMail, render, suppression, template::Template, worded};
use crate::{
    ApiError, Context, JsonBody, Settings, State,
    audit::{self, Event, EventType, Method, Outcome, address_reference},
    context::not_found,
    outbox::Letter,
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
    "test",
];

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
    let draft = draft.map_err(|error| ApiError::validation(format!("[body.template] {error}")))?;
    let locale = chosen_locale(&state, locale)?;
    let letter = sample(&state, name);
    let rendered = match draft {
        None => render(&state.settings, locale, &letter),
        Some(draft) => worded(&state.settings, &letter, &draft)
            .ok_or_else(|| ApiError::validation("[body.template] this mail keeps our words"))?
            .map_err(|(part, fault)| ApiError::validation(format!("[body.template.{part}] {fault}")))?,
    };
    let body = Preview { subject: &rendered.subject, text: &rendered.text, html: &rendered.html };
    Ok(json_response(StatusCode::OK, serde_json::to_vec(&body).map_err(ApiError::internal)?))
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
        "passkey_removed" => Letter::PasskeyRemoved { at, user_agent },
        other => Letter::OneTimeCode {
            code: "1234567890"[..usize::from(settings.email_otp.length).min(10)].to_owned(),
            minutes: minutes(settings.email_otp.expires_in_seconds),
            signs_in: other == "sign_in_code",
        },
    }
}

/// `POST /mail/test` `{email, locale?}`: sends a mail that says that mail arrives, at once and once. `delivery` is
/// what became of it, `fault` what was in the way. That the address is on the list
/// of those that get no mail does not matter here.
pub(super) async fn test(state: State, context: Context, body: JsonBody) -> Result<Response, ApiError> {
    if context.operator().is_none() {
        return Ok(not_found().await);
    }
    let mut fields = body.fields()?;
    let email = fields.email("email");
    let locale = fields.optional_string("locale");
    fields.finish()?;
    let rendered = render(&state.settings, chosen_locale(&state, locale)?, &Letter::Test);
    let mail = OutgoingMail {
        id: row_id(state.rng()),
        to: email?,
        subject: rendered.subject,
        text: rendered.text,
        html: rendered.html,
        reply_to: state.settings.mail.reply_to(),
    };
    let sent = tokio::time::timeout(TRIAL_LIMIT, state.mail.send(mail)).await;
    let Attempt { delivery, fault } = sent.unwrap_or(Attempt::deferred(Fault::TimedOut));
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
