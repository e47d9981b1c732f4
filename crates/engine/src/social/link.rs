//! Linking an account to a user who is signed in.

use axum::{http::StatusCode, response::Response};
use kiavi_db::DbError;
use serde::Serialize;

use super::{
    begin::{self, Begin, Link},
    native,
    resolve::{Arrival, add, address, is_email_proved, record_refusal},
    settings::ProviderSettings,
    store::{self, Key},
    tokens,
    wire::{IdTokenBody, go_to, json},
};
use crate::{
    ApiError, Context, State,
    audit::{self, Event, EventType},
    mail::notice::{self, Change},
    outbox,
    session::{self, CurrentUser},
    user::User,
};

/// Why an account was not linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// The provider does not vouch for the address, or the session that began it has ended.
    Unable,
    /// It has another address than the user.
    OtherEmail,
    /// It is somebody else's.
    OthersAccount,
}

impl Cause {
    /// The code in redirects and events.
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Unable => "unable_to_link_account",
            Self::OtherEmail => "email_does_not_match",
            Self::OthersAccount => "account_already_linked_to_different_user",
        }
    }

    /// The answer in JSON.
    fn error(self) -> ApiError {
        let unauthorized =
            |code, message: &'static str| ApiError::new(StatusCode::UNAUTHORIZED, code, message);
        match self {
            Self::Unable => unauthorized("LINKING_NOT_ALLOWED", "Account not linked - linking not allowed"),
            Self::OtherEmail => unauthorized(
                "LINKING_DIFFERENT_EMAILS_NOT_ALLOWED",
                "Account not linked - different emails not allowed",
            ),
            Self::OthersAccount => {
                let code = "SOCIAL_ACCOUNT_ALREADY_LINKED";
                ApiError::new(StatusCode::CONFLICT, code, "Social account already linked")
            }
        }
    }
}

/// A refusal, or a fault.
pub(super) enum Failed {
    Refused(Cause),
    Fault(ApiError),
}

impl From<DbError> for Failed {
    fn from(error: DbError) -> Self {
        Self::Fault(error.into())
    }
}

impl From<ApiError> for Failed {
    fn from(error: ApiError) -> Self {
        Self::Fault(error)
    }
}

/// Begins a linking; the URL to go to. The state knows who links, and in which session.
///
/// # Errors
/// 403 `SESSION_NOT_FRESH`, else those of [`begin::begin`].
pub(crate) async fn begin(
    state: &State,
    context: &Context,
    current: &CurrentUser,
    settings: &ProviderSettings,
    asked: Begin<'_>,
) -> Result<String, ApiError> {
    // An account that an administrator joins to the user would sign them in long after they stopped acting as them.
    session::only_oneself(current)?;
    let link = Link {
        user_id: current.user.id.clone(),
        email: current.user.email.clone(),
        encrypted_session_token: tokens::seal_link_session(state, &current.session.token),
    };
    begin::begin(state, context, settings, Begin { link: Some(link), new_user_url: None, ..asked }).await
}

/// Sends the browser to the provider.
pub(super) async fn start(
    state: &State,
    context: &Context,
    current: &CurrentUser,
    settings: &ProviderSettings,
    asked: Begin<'_>,
    disables_redirect: bool,
) -> Result<Response, ApiError> {
    go_to(&begin(state, context, current, settings, asked).await?, disables_redirect)
}

/// The provider's answer to a linking.
pub(super) async fn finish(
    state: &State,
    context: &Context,
    arrival: Arrival<'_>,
    link: &Link,
) -> Result<(), Failed> {
    let token = tokens::open_link_session(state, &link.encrypted_session_token);
    let token = token.ok_or(Failed::Refused(Cause::Unable))?;
    let found = session::store::with_user_by_token(&state.database, &token, &state.settings.session).await?;
    let found = found.filter(|found| {
        found.is_live && found.user.id == link.user_id && found.session.impersonated_by.is_none()
    });
    let user = found.ok_or(Failed::Refused(Cause::Unable))?.user;
    join(state, context, arrival, &user, &token).await
}

/// Links, or brings the tokens of an account that is linked already up to date, in a session that must still live then.
async fn join(
    state: &State,
    context: &Context,
    arrival: Arrival<'_>,
    user: &User,
    session_token: &str,
) -> Result<(), Failed> {
    let refused = |cause| Err(Failed::Refused(cause));
    if !is_email_proved(arrival.provider, arrival.profile) {
        return refused(Cause::Unable);
    }
    let is_own = address(arrival.profile).is_some_and(|email| email.as_str() == user.email);
    if !is_own && !state.settings.social.allows_different_emails {
        return refused(Cause::OtherEmail);
    }
    let key = Key { provider: &arrival.provider.id, subject: &arrival.profile.subject };
    let transaction = state.database.begin().await?;
    if !session::store::hold(&transaction, session_token, &user.id).await? {
        return refused(Cause::Unable);
    }
    store::lock_subject(&transaction, key).await?;
    match store::by_subject(&transaction, key).await? {
        Some((_, owner)) if owner.id != user.id => return refused(Cause::OthersAccount),
        Some((account, _)) => {
            let mut scopes: Vec<_> = account.scopes().into_iter().map(str::to_owned).collect();
            for scope in arrival.scopes.unwrap_or_default() {
                if !scopes.contains(scope) {
                    scopes.push(scope.clone());
                }
            }
            let stored = tokens::sealed(state, arrival.tokens, Some(&scopes));
            store::update_tokens(&transaction, &account.id, &stored).await?;
            let detail =
                serde_json::json!({ "provider": key.provider, "account": account.id, "again": true });
            let event = Event::by(EventType::AccountLinked, &user.id).detail(detail);
            audit::record(&transaction, state, context, event).await?;
        }
        None => {
            add(&transaction, state, context, arrival, &user.id).await.map_err(|failed| match failed {
                super::resolve::Failed::Fault(error) => Failed::Fault(error),
                super::resolve::Failed::Refused(_) => Failed::Refused(Cause::Unable),
            })?;
            notice::owe(&transaction, state, context, user, Change::AccountLinked(key.provider)).await?;
        }
    }
    transaction.commit().await?;
    outbox::wake(state);
    Ok(())
}

/// `POST /link-social` with an ID token.
pub(super) async fn with_id_token(
    state: &State,
    context: &Context,
    current: &CurrentUser,
    settings: &ProviderSettings,
    given: IdTokenBody<'_>,
) -> Result<Response, ApiError> {
    #[derive(Serialize)]
    struct Body {
        url: &'static str,
        status: bool,
        redirect: bool,
    }
    let brought = match native::verify(state, context, settings, given).await? {
        Ok(brought) => brought,
        Err(refused) => return Err(native::refuse(state, context, &settings.id, refused).await?),
    };
    let arrival = Arrival {
        provider: settings,
        profile: &brought.profile,
        tokens: &brought.tokens,
        scopes: None,
        requests_sign_up: false,
    };
    match join(state, context, arrival, &current.user, &current.session.token).await {
        Ok(()) => json(&Body { url: "", status: true, redirect: false }),
        Err(Failed::Fault(error)) => Err(error),
        Err(Failed::Refused(cause)) => {
            record_refusal(state, context, &settings.id, cause.code()).await?;
            Err(cause.error())
        }
    }
}
