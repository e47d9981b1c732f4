//! From somebody at a provider to a user here.

use kiavi_base::EmailAddress;
use kiavi_db::{DbError, Transaction};
use kiavi_oauth::{Profile, Tokens};
use serde_json::{Value, json};

use super::{
    settings::ProviderSettings,
    store::{self, Account, Key, StoredTokens},
    tokens,
};
use crate::{
    ApiError, Context, State,
    abuse::refuse_newcomer,
    audit::{self, Event, EventType, Method, Outcome},
    email_otp::{self, SignedIn},
    mail::notice::{self, Change},
    outbox, session,
    user::{
        User,
        store::{self as users, NewUser},
    },
    verification::row_id,
};

/// Why somebody whom a provider vouches for does not get in, by Better Auth's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// The user with this address cannot be joined: one side has not proved it.
    NotLinked,
    /// Nobody becomes a user this way.
    SignUpDisabled,
    /// The provider gave no address.
    NoEmail,
    /// The user is banned.
    Banned,
    /// The user has a passkey, and the tenant requires it.
    PasskeyRequired,
}

impl Cause {
    /// The code in redirects and events.
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::NotLinked => "account_not_linked",
            Self::SignUpDisabled => "signup_disabled",
            Self::NoEmail => "email_not_found",
            Self::Banned => "BANNED_USER",
            Self::PasskeyRequired => "PASSKEY_REQUIRED",
        }
    }

    /// The sentence in JSON.
    pub(super) const fn message(self) -> &'static str {
        match self {
            Self::NotLinked => "account not linked",
            Self::SignUpDisabled => "signup disabled",
            Self::NoEmail => "User email not found",
            Self::Banned => "banned user",
            Self::PasskeyRequired => "passkey required",
        }
    }
}

/// A refusal, or a fault.
#[derive(Debug)]
pub(super) enum Failed {
    Refused(Cause),
    Fault(ApiError),
}

impl From<ApiError> for Failed {
    fn from(error: ApiError) -> Self {
        Self::Fault(error)
    }
}

impl From<DbError> for Failed {
    fn from(error: DbError) -> Self {
        Self::Fault(error.into())
    }
}

/// Somebody at a provider, with what came along.
#[derive(Clone, Copy)]
pub(super) struct Arrival<'a> {
    pub(super) provider: &'a ProviderSettings,
    pub(super) profile: &'a Profile,
    pub(super) tokens: &'a Tokens,
    /// What a new account's row says was granted; `None` for a sign-in by ID token.
    pub(super) scopes: Option<&'a [String]>,
    /// Whether the app asked for a new user.
    pub(super) requests_sign_up: bool,
}

impl Arrival<'_> {
    fn key(&self) -> Key<'_> {
        Key { provider: &self.provider.id, subject: &self.profile.subject }
    }

    fn method(&self) -> Method<'_> {
        Method::Provider(&self.provider.id)
    }

    fn may_sign_up(&self, state: &State, email: &EmailAddress) -> bool {
        let is_implicit = !self.provider.disable_implicit_sign_up || self.requests_sign_up;
        let is_admitted = refuse_newcomer(&state.settings, email.as_str()).is_none();
        is_admitted && !self.provider.disable_sign_up && is_implicit
    }
}

/// Whether an address counts as proved at the provider: by its word, or, where it has none, by the tenant's trust.
pub(super) fn is_email_proved(provider: &ProviderSettings, profile: &Profile) -> bool {
    profile.email_verified.unwrap_or(provider.trusted)
}

/// Signs in, or up. Sets the session cookie.
pub(super) async fn sign_in(
    state: &State,
    context: &Context,
    arrival: Arrival<'_>,
) -> Result<SignedIn, Failed> {
    let transaction = state.database.begin().await?;
    match resolve(&transaction, state, context, arrival).await {
        Ok(signed_in) => {
            transaction.commit().await?;
            outbox::wake(state);
            session::set_cookie(state, context, &signed_in.session);
            Ok(signed_in)
        }
        // The refusal of a session is in the log of this transaction.
        Err(Failed::Refused(cause @ (Cause::Banned | Cause::PasskeyRequired))) => {
            transaction.commit().await?;
            Err(Failed::Refused(cause))
        }
        Err(other) => Err(other),
    }
}

async fn resolve(
    transaction: &Transaction,
    state: &State,
    context: &Context,
    arrival: Arrival<'_>,
) -> Result<SignedIn, Failed> {
    store::lock_subject(transaction, arrival.key()).await?;
    let known = match store::by_subject(transaction, arrival.key()).await? {
        Some((account, user)) => returned(transaction, state, context, arrival, account, user).await?,
        None => None,
    };
    let (user, is_new) = match known {
        Some(user) => (user, false),
        None => arrived(transaction, state, context, arrival).await?,
    };
    match session::create(transaction, state, context, &user, arrival.method()).await {
        Ok(session) => Ok(SignedIn { session, user, is_new }),
        Err(error) => Err(match error.code() {
            Some("BANNED_USER") => Failed::Refused(Cause::Banned),
            Some("PASSKEY_REQUIRED") => Failed::Refused(Cause::PasskeyRequired),
            _ => error.into(),
        }),
    }
}

/// The account is known: its user signs in, whatever the address says now. `None` if it was removed just now, as when
/// the address's owner proved it and took from the user what others had prepared.
async fn returned(
    transaction: &Transaction,
    state: &State,
    context: &Context,
    arrival: Arrival<'_>,
    account: Account,
    user: User,
) -> Result<Option<User>, Failed> {
    let stored = tokens::sealed(state, arrival.tokens, None);
    // From here on whoever removes the account waits for this sign-in.
    if store::update_tokens(transaction, &account.id, &stored).await? == 0 {
        return Ok(None);
    }
    let email = address(arrival.profile);
    let proves = arrival.profile.email_verified == Some(true)
        && email.is_some_and(|email| email.as_str() == user.email)
        && !user.email_verified;
    if !proves {
        return Ok(Some(user));
    }
    // The address is proved now: whoever set up other access before may not have been its owner.
    let proof = email_otp::Proof { method: arrival.method(), keeps_account: Some(&account.id) };
    Ok(Some(email_otp::prove_address(transaction, state, context, user, proof).await?))
}

/// The account is new: it joins the user with its address, or makes one.
async fn arrived(
    transaction: &Transaction,
    state: &State,
    context: &Context,
    arrival: Arrival<'_>,
) -> Result<(User, bool), Failed> {
    let email = address(arrival.profile).ok_or(Failed::Refused(Cause::NoEmail))?;
    let (user, is_new) = match users::by_email(transaction, email.as_str()).await? {
        Some(user) => (user, false),
        None if !arrival.may_sign_up(state, &email) => return Err(Failed::Refused(Cause::SignUpDisabled)),
        None => {
            let id = row_id(state.rng());
            let new = NewUser {
                id: &id,
                name: &arrival.profile.name,
                email: email.as_str(),
                email_verified: is_email_proved(arrival.provider, arrival.profile),
                image: arrival.profile.image.as_deref(),
                role: &state.settings.admin.default_role,
            };
            match users::insert(transaction, new).await? {
                Some(user) => (user, true),
                // Somebody else made the user between our two statements.
                None => match users::by_email(transaction, email.as_str()).await? {
                    Some(user) => (user, false),
                    None => return Err(Failed::Refused(Cause::NotLinked)),
                },
            }
        }
    };
    // Both sides must have proved the address: else whoever comes first takes the account of whoever comes later.
    let both_proved = user.email_verified && is_email_proved(arrival.provider, arrival.profile);
    if !is_new && !both_proved {
        return Err(Failed::Refused(Cause::NotLinked));
    }
    if is_new {
        let event =
            Event::new(EventType::UserCreated, Outcome::Success).about(&user.id).using(arrival.method());
        let event = event.personal(user.personal());
        audit::record(transaction, state, context, Event { actor: Some(&user.id), ..event }).await?;
    }
    add(transaction, state, context, arrival, &user.id).await?;
    if !is_new {
        notice::owe(transaction, state, context, &user, Change::AccountLinked(&arrival.provider.id)).await?;
    }
    Ok((user, is_new))
}

/// Adds the account to a user.
pub(super) async fn add(
    transaction: &Transaction,
    state: &State,
    context: &Context,
    arrival: Arrival<'_>,
    user_id: &str,
) -> Result<(), Failed> {
    let stored = tokens::sealed(state, arrival.tokens, arrival.scopes);
    Ok(insert_account(transaction, state, context, arrival.key(), user_id, &stored, json!({})).await?)
}

/// Inserts an account's row with its event, which says `detail` besides provider and account.
pub(super) async fn insert_account(
    transaction: &Transaction,
    state: &State,
    context: &Context,
    key: Key<'_>,
    user_id: &str,
    stored: &StoredTokens,
    mut detail: Value,
) -> Result<(), DbError> {
    let id = row_id(state.rng());
    store::insert(transaction, &id, key, user_id, stored).await?;
    (detail["provider"], detail["account"]) = (key.provider.into(), id.into());
    let event = Event::new(EventType::AccountLinked, Outcome::Success)
        .about(user_id)
        .using(Method::Provider(key.provider))
        .detail(detail);
    audit::record(transaction, state, context, Event { actor: Some(user_id), ..event }).await
}

/// The address as it is stored.
pub(super) fn address(profile: &Profile) -> Option<EmailAddress> {
    profile.email.as_deref()?.parse().ok()
}

/// Writes a refusal to the log. The cause is one of fixed words; what the provider said is not repeated.
pub(super) async fn record_refusal(
    state: &State,
    context: &Context,
    provider: &str,
    cause: &str,
) -> Result<(), ApiError> {
    Ok(audit::record_alone(state, context, refusal(provider, cause)).await?)
}

/// The event of a refusal.
pub(super) fn refusal<'a>(provider: &'a str, cause: &str) -> Event<'a> {
    Event::new(EventType::AccountRefused, Outcome::Failure)
        .using(Method::Provider(provider))
        .detail(json!({ "provider": provider, "cause": cause }))
}
