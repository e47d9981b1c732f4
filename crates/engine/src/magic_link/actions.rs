//! Sending a link and signing in with one, for the API and the hosted pages alike.

use kiavi_base::{Alphabet, EmailAddress, random_text};
use serde_json::json;

use super::{flow::Record, identifier, link_life};
use crate::{
    ApiError, Context, State,
    abuse::refuse_newcomer,
    audit::{self, Event, EventType, Method, Outcome, address_reference},
    email_otp::{Newcomer, SignedIn, limit_mails, user_of_proved_address},
    links,
    outbox::{self, Letter},
    rate_limit::{self, Key},
    session, user, verification,
};

/// Characters of a token: 190 bits. Upstream's alphabet is smaller, its tokens are taken as well.
const TOKEN_LENGTH: usize = 32;

/// Where a link leads after the sign-in. Each is trusted by the time it gets here.
#[derive(Debug, Clone, Copy, Default)]
pub struct Targets<'a> {
    /// In general.
    pub callback: Option<&'a str>,
    /// For somebody who signed up with it.
    pub new_user: Option<&'a str>,
    /// When the link does not work.
    pub error: Option<&'a str>,
}

/// Sends a sign-in link to `email`, if somebody may sign in there. The answer is the same if not. `name` is for a
/// new user.
///
/// # Errors
/// 429 when the network or the address has asked for too many mails, else faults.
pub async fn send_link(
    state: &State,
    context: &Context,
    email: &EmailAddress,
    name: Option<&str>,
    targets: Targets<'_>,
) -> Result<(), ApiError> {
    limit_mails(state, context, email.as_str()).await?;
    let token = random_text(state.rng(), Alphabet::AlphaNumeric, TOKEN_LENGTH);
    let value = serde_json::to_string(&Record::new(email, name)).map_err(ApiError::internal)?;
    let life = link_life(state);

    let transaction = state.database.begin().await?;
    let user = user::store::by_email(&transaction, email.as_str()).await?;
    let cause = if user.is_some() { None } else { refuse_newcomer(&state.settings, email.as_str()) };
    verification::replace(&transaction, state.rng(), &identifier(&token), &value, life).await?;
    if cause.is_none() {
        let query = [
            ("token", Some(token.as_str())),
            ("callbackURL", Some(targets.callback.unwrap_or("/"))),
            ("newUserCallbackURL", targets.new_user),
            ("errorCallbackURL", targets.error),
        ];
        let url = links::api_url(state, "/magic-link/verify", &query);
        let minutes = u32::try_from(life.as_secs().div_ceil(60)).unwrap_or(1);
        let letter = Letter::SignInLink { url, minutes };
        outbox::enqueue(&transaction, state, email, context.locale(&state.settings), letter, life).await?;
    }
    let reference = user.map_or_else(|| address_reference(state, email.as_str()), |user| user.id);
    let event = Event::new(EventType::LinkRequested, Outcome::Success)
        .about(&reference)
        .using(Method::MagicLink)
        .detail(json!({ "sent": cause.is_none(), "cause": cause }));
    audit::record(&transaction, state, context, event).await?;
    transaction.commit().await?;
    outbox::wake(state);
    Ok(())
}

/// The address that a live link is for; the link stays as it is.
///
/// # Errors
/// Those of the statement.
pub(crate) async fn address_of(state: &State, token: &str) -> Result<Option<String>, ApiError> {
    let value = verification::look(&state.database, &identifier(token)).await?;
    Ok(value.as_deref().and_then(Record::read).map(|record| record.email))
}

/// 400 `INVALID_TOKEN`: the link is unknown, used or expired.
fn invalid_token() -> ApiError {
    ApiError::bad_request("INVALID_TOKEN", "Invalid token")
}

/// Signs in with a link, or up if the address is new and sign-up is open. Sets the session cookie.
///
/// # Errors
/// 400 `INVALID_TOKEN`, 400 `new_user_signup_disabled`, 403 `BANNED_USER`, 429. But for the last, the link is used
/// up.
pub async fn sign_in(state: &State, context: &Context, token: &str) -> Result<SignedIn, ApiError> {
    let rate = state.settings.rate_limits.code_check_per_network;
    rate_limit::check(state, context, "link_check", Key::Network(context.network()), rate).await?;
    let transaction = state.database.begin().await?;
    let taken = verification::take(&transaction, &identifier(token)).await?;
    let record = taken.filter(|taken| taken.is_live).and_then(|taken| Record::read(&taken.value));
    let Some(Record { email, name, .. }) = record else {
        let event = Event::new(EventType::LinkRefused, Outcome::Failure).using(Method::MagicLink);
        audit::record(&transaction, state, context, event).await?;
        transaction.commit().await?;
        return Err(invalid_token());
    };
    let minted = async {
        let name = name.as_deref().unwrap_or_default();
        let newcomer = Newcomer { name, image: None, body: None, method: Method::MagicLink };
        let found = user_of_proved_address(&transaction, state, context, &email, newcomer).await?;
        let (user, is_new) =
            found.ok_or_else(|| ApiError::bad_request("new_user_signup_disabled", "Sign-up is not open"))?;
        let event =
            Event::new(EventType::LinkAccepted, Outcome::Success).about(&user.id).using(Method::MagicLink);
        audit::record(&transaction, state, context, event).await?;
        let session = session::create(&transaction, state, context, &user, Method::MagicLink).await?;
        Ok(SignedIn { session, user, is_new })
    };
    let minted: Result<SignedIn, ApiError> = minted.await;
    // A refusal uses the link up too; a fault does not.
    if !minted.as_ref().is_err_and(|error| error.status().is_server_error()) {
        transaction.commit().await?;
    }
    let signed_in = minted?;
    session::set_cookie(state, context, &signed_in.session);
    Ok(signed_in)
}
