//! What the console asks of the tenant that its people sign in to.
//!
//! 1. The console sends a browser to `/sign-in/console` with a state and the hash of a secret that it keeps in that
//!    browser ([`Asked`]). Whoever is not signed in signs in first. Where the console wants to know that they are
//!    there, a session by passkey that is at most [`PROOF_LIFE`] old is asked for, and nothing else counts.
//! 2. The page makes a code ([`issue`]) and leads back to the one address that the settings name. The code works once,
//!    for a minute, and is stored as a hash.
//! 3. The console redeems it over the management door together with its secret, and learns who signed in, when and by
//!    what method. From then on it asks whether that session still lives, and ends it when somebody signs out.
//!
//! A session has no column for its method (no column in `public` that Better Auth does not know), so each sign-in
//! leaves a row of `verification` that tells it ([`note_method`]). Letters of invitation leave by this tenant's mail.
//!
//! Everything is there only in a tenant whose settings name a console.

mod routes;
mod settings;
mod store;
#[cfg(test)]
mod tests;

use std::time::Duration;

use axum::{Router, routing::post};
use kiavi_base::{Alphabet, random_text};
use kiavi_db::{Sql, Transaction};
use serde::{Deserialize, Serialize};
use serde_json::json;

pub use settings::ConsoleSettings;

use crate::{
    ApiError, Context, Rate, State,
    audit::{self, Event, EventType, Method},
    rate_limit::{self, Key},
    session::{CurrentUser, Session},
    verification::{self, token_hash},
};

pub(crate) const STATEMENTS: &[&Sql] = store::STATEMENTS;

/// How old a sign-in by passkey may be that shows that somebody is there.
pub(crate) const PROOF_LIFE: Duration = Duration::from_secs(5 * 60);
/// How long a code is good.
const CODE_LIFE: Duration = Duration::from_secs(60);
/// Symbols of a code: 190 bits.
const CODE_LENGTH: usize = 32;
/// Codes that one user may be given.
const PER_USER: Rate = Rate { limit: 30, window_seconds: 60 };

/// Control's own routes; not below the API's base path, so nothing that control passes on for others gets here.
pub(crate) fn management_routes() -> Router<State> {
    Router::new()
        .route("/management/console/redeem", post(routes::redeem))
        .route("/management/console/session", post(routes::session))
        .route("/management/console/sign-out", post(routes::sign_out))
        .route("/management/console/invite", post(routes::invite))
}

/// What the console asks a browser for: 43 symbols of base64url each, as 32 bytes are written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    /// Comes back to the console as it is.
    pub(crate) state: String,
    /// SHA-256 of the console's secret for this browser.
    pub(crate) challenge: String,
    /// Whether a fresh passkey ceremony is wanted.
    pub(crate) prove: Option<String>,
}

impl Asked {
    /// Whether it can be the console's.
    pub(crate) fn is_whole(&self) -> bool {
        let is_symbol = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let is_hash = |text: &str| text.len() == 43 && text.bytes().all(is_symbol);
        is_hash(&self.state) && is_hash(&self.challenge)
    }

    /// Path and query of the page that asks for this.
    pub(crate) fn target(&self) -> String {
        let Self { state, challenge, prove } = self;
        let prove = if prove.is_some() { "&prove=yes" } else { "" };
        format!("{PAGE}?state={state}&challenge={challenge}{prove}")
    }
}

/// The page that leads back to the console.
pub(crate) const PAGE: &str = "/sign-in/console";

/// What a code stands for.
#[derive(Serialize, Deserialize)]
struct Issued {
    session: String,
    challenge: String,
}

fn code_identifier(code: &str) -> String {
    format!("console-code:{}", token_hash(code))
}

fn method_identifier(session_id: &str) -> String {
    format!("console-method:{session_id}")
}

/// Makes a code for a session and gives the address that leads back with it; `None` where there is no console.
///
/// # Errors
/// 429 for whoever asks for too many, else those of the statements.
pub(crate) async fn issue(
    state: &State,
    context: &Context,
    current: &CurrentUser,
    asked: &Asked,
) -> Result<Option<String>, ApiError> {
    let Some(origin) = &state.settings.console.origin else { return Ok(None) };
    let user_id = &current.user.id;
    rate_limit::check(state, context, "console_code", Key::Target(user_id), Some(PER_USER)).await?;
    let code = random_text(state.rng(), Alphabet::AlphaNumeric, CODE_LENGTH);
    let issued = Issued { session: current.session.id.clone(), challenge: asked.challenge.clone() };
    let value = serde_json::to_string(&issued).map_err(ApiError::internal)?;
    let transaction = state.database.begin().await?;
    verification::replace(&transaction, state.rng(), &code_identifier(&code), &value, CODE_LIFE).await?;
    let event = Event::by(EventType::ConsoleCodeCreated, user_id);
    let event = event.detail(json!({ "session": current.session.id }));
    audit::record(&transaction, state, context, event).await?;
    transaction.commit().await?;
    Ok(Some(format!("{}/signed-in?code={code}&state={}", origin.origin(), asked.state)))
}

/// Notes by what method a session was made, where a console wants to know. Travels with the caller's next statement.
///
/// # Errors
/// Those of the statements.
pub(crate) async fn note_method(
    transaction: &Transaction,
    state: &State,
    session: &Session,
    method: Method<'_>,
) -> Result<(), ApiError> {
    if state.settings.console.origin.is_none() {
        return Ok(());
    }
    let life = Duration::from_secs(state.settings.session.absolute_lifetime_seconds.into());
    let identifier = method_identifier(&session.id);
    Ok(verification::replace(transaction, state.rng(), &identifier, method.name(), life).await?)
}

/// Whether a session was made by a passkey at most [`PROOF_LIFE`] ago.
///
/// # Errors
/// Those of the statement.
pub(crate) async fn is_proved(state: &State, session_id: &str) -> Result<bool, ApiError> {
    let found = store::session(&state.database, session_id).await?;
    let age = found.map(|found| Duration::from_secs_f64(found.age_seconds.max(0.0)));
    Ok(age.is_some_and(|age| age <= PROOF_LIFE)
        && method_of(state, session_id).await?.as_deref() == Some(Method::Passkey.name()))
}

async fn method_of(state: &State, session_id: &str) -> Result<Option<String>, ApiError> {
    Ok(verification::look(&state.database, &method_identifier(session_id)).await?)
}
