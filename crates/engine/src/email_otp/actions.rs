//! Sending a code and signing in with one, for the API and the hosted pages alike.

use kiavi_base::{Alphabet, EmailAddress, random_text};
use kiavi_db::Transaction;
use serde_json::{Value, json};

use super::{
    CodePurpose, code_life,
    flow::{fresh_value, hash},
    redeem::{invalid_otp, redeem},
};
use crate::{
    ApiError, Context, State,
    abuse::{refuse_domain, refuse_newcomer},
    api_key,
    audit::{self, Event, EventType, Method, Outcome, address_reference},
    outbox::{self, Letter},
    rate_limit::{self, Key},
    session::{self, Session},
    user::{
        self, User,
        store::{self, NewUser},
    },
    verification::{self, row_id},
};

/// Counts one mail that somebody asks for: codes and links share the budgets of network, address and tenant. Each is
/// charged whether or not a mail leaves, so that a refusal tells nothing about the address.
///
/// # Errors
/// 429 when the network, the address or the tenant has asked too often.
pub(crate) async fn limit_mails(state: &State, context: &Context, email: &str) -> Result<(), ApiError> {
    let limits = &state.settings.rate_limits;
    let network = Key::Network(context.network());
    rate_limit::check(state, context, "code_send", network, limits.code_send_per_network).await?;
    rate_limit::check(state, context, "code_send", Key::Target(email), limits.code_send_per_address).await?;
    rate_limit::check(state, context, "code_send", Key::Tenant, limits.code_send_per_tenant).await
}

/// Sends a code to `email`, if somebody may have one there. The answer is the same if not.
///
/// # Errors
/// 429 when the network or the address has asked too often, else faults.
pub async fn send_code(
    state: &State,
    context: &Context,
    email: &EmailAddress,
    purpose: CodePurpose<'_>,
) -> Result<(), ApiError> {
    limit_mails(state, context, email.as_str()).await?;
    let identifier = purpose.identifier(email.as_str());
    let code = random_text(state.rng(), Alphabet::Digits, state.settings.email_otp.length.into());
    let value = fresh_value(&hash(&state.keys.one_time_code, &identifier, &code));
    let life = code_life(state);

    let transaction = state.database.begin().await?;
    let user = store::by_email(&transaction, email.as_str()).await?;
    let cause = no_mail_because(state, email.as_str(), user.is_some(), purpose);
    // Written for everybody: else the answers to wrong tries would tell who is known.
    verification::replace(&transaction, state.rng(), &identifier, &value, life).await?;
    if cause.is_none() {
        let minutes = u32::try_from(life.as_secs().div_ceil(60)).unwrap_or(1);
        let letter = Letter::OneTimeCode { code, minutes, signs_in: purpose == CodePurpose::SignIn };
        outbox::enqueue(&transaction, state, email, context.locale(&state.settings), letter, life).await?;
    }
    let reference = user.map_or_else(|| address_reference(state, email.as_str()), |user| user.id);
    let event = Event::new(EventType::CodeRequested, Outcome::Success)
        .about(&reference)
        .using(Method::EmailOtp)
        .detail(json!({ "purpose": purpose.name(), "sent": cause.is_none(), "cause": cause }));
    audit::record(&transaction, state, context, event).await?;
    transaction.commit().await?;
    outbox::wake(state);
    Ok(())
}

/// Why nobody may have a code of this purpose at `email`, as events name it.
fn no_mail_because(
    state: &State,
    email: &str,
    is_known: bool,
    purpose: CodePurpose<'_>,
) -> Option<&'static str> {
    match (purpose, is_known) {
        (CodePurpose::SignIn, true) => None,
        (CodePurpose::EmailVerification | CodePurpose::ForgetPassword, is_known) => {
            (!is_known).then_some("unknown_address")
        }
        (CodePurpose::ChangeEmail { .. }, true) => Some("taken_address"),
        (CodePurpose::ChangeEmail { .. }, false) => refuse_domain(&state.settings, email),
        (CodePurpose::SignIn, false) => refuse_newcomer(&state.settings, email),
    }
}

/// What somebody brings to sign in with a code.
#[derive(Debug, Clone, Copy)]
pub struct SignIn<'a> {
    /// The address, in any case.
    pub email: &'a str,
    /// The code.
    pub code: &'a str,
    /// A new user's name.
    pub name: &'a str,
    /// A new user's picture.
    pub image: Option<&'a str>,
    /// The whole body, in which a new user may not name what the server sets.
    pub body: Option<&'a Value>,
}

/// Somebody who has just signed in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The new session.
    pub session: Session,
    /// Who it is.
    pub user: User,
    /// Whether the user came into being with it.
    pub is_new: bool,
}

/// Signs in with a code, or up if the address is new and sign-up is open. Sets the session cookie.
///
/// # Errors
/// What trying a code answers; 403 `BANNED_USER`; 400 `FIELD_NOT_ALLOWED`. In these last two the code is used up.
pub async fn sign_in(state: &State, context: &Context, given: SignIn<'_>) -> Result<SignedIn, ApiError> {
    let purpose = CodePurpose::SignIn;
    // Not an address that codes are sent to: the same answer as for one without a code.
    let email = given.email.parse::<EmailAddress>().map_err(|_| invalid_otp())?;
    let email = email.as_str();
    let redeemed = redeem(state, context, purpose, email, given.code).await?;
    let transaction = &redeemed.transaction;
    let minted = async {
        let SignIn { name, image, body, .. } = given;
        let newcomer = Newcomer { name, image, body, method: Method::EmailOtp };
        let found = user_of_proved_address(transaction, state, context, email, newcomer).await?;
        let (user, is_new) = found.ok_or_else(invalid_otp)?;
        redeemed.use_up(state, email).await?;
        let session = session::create(transaction, state, context, &user, Method::EmailOtp).await?;
        Ok(SignedIn { session, user, is_new })
    };
    let minted: Result<SignedIn, ApiError> = minted.await;
    // A refusal uses the code up too; a fault does not.
    if !minted.as_ref().is_err_and(|error| error.status().is_server_error()) {
        redeemed.transaction.commit().await?;
    }
    let signed_in = minted?;
    session::set_cookie(state, context, &signed_in.session);
    Ok(signed_in)
}

/// What becomes of somebody who has proved an address that no user has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Newcomer<'a> {
    /// The name.
    pub(crate) name: &'a str,
    /// The picture.
    pub(crate) image: Option<&'a str>,
    /// The whole body, in which they may not name what the server sets.
    pub(crate) body: Option<&'a Value>,
    /// How they proved it.
    pub(crate) method: Method<'a>,
}

/// The user whose address was just proved, and whether they came into being with it; `None` if they would have to and
/// sign-up is closed to this address.
pub(crate) async fn user_of_proved_address(
    transaction: &Transaction,
    state: &State,
    context: &Context,
    email: &str,
    newcomer: Newcomer<'_>,
) -> Result<Option<(User, bool)>, ApiError> {
    let Newcomer { name, image, body, method } = newcomer;
    if let Some(user) = store::by_email(transaction, email).await? {
        return Ok(Some((prove_address(transaction, state, context, user, Proof::by(method)).await?, false)));
    }
    if refuse_newcomer(&state.settings, email).is_some() {
        return Ok(None);
    }
    user::refuse_server_fields(body)?;
    let id = row_id(state.rng());
    let role = &state.settings.admin.default_role;
    let new = NewUser { id: &id, name, email, email_verified: true, image, role };
    match store::insert(transaction, new).await? {
        Some(user) => {
            let event = Event {
                actor: Some(&id),
                ..Event::new(EventType::UserCreated, Outcome::Success).about(&id).using(method)
            };
            let event = event.personal(user.personal());
            audit::record(transaction, state, context, event).await?;
            Ok(Some((user, true)))
        }
        // Somebody else made the user between our two statements.
        None => match store::by_email(transaction, email).await? {
            Some(user) => {
                Ok(Some((prove_address(transaction, state, context, user, Proof::by(method)).await?, false)))
            }
            None => Ok(None),
        },
    }
}

/// How an address was proved.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Proof<'a> {
    /// By what means.
    pub(crate) method: Method<'a>,
    /// The account at a provider that is the proof and stays.
    pub(crate) keeps_account: Option<&'a str>,
}

impl<'a> Proof<'a> {
    /// By something that was sent there.
    pub(crate) const fn by(method: Method<'a>) -> Self {
        Self { method, keeps_account: None }
    }
}

/// Marks the address of `user` as proved. Whoever set the user up before may not have been its owner, so whatever
/// access was made until now ends.
pub(crate) async fn prove_address(
    transaction: &Transaction,
    state: &State,
    context: &Context,
    user: User,
    proof: Proof<'_>,
) -> Result<User, ApiError> {
    if user.email_verified {
        return Ok(user);
    }
    let user_id = user.id.clone();
    let end_sessions = || session::revoke_all(transaction, state, context, &user_id, "address_proved");
    // The sessions first: whoever is adding a means of access holds theirs until it is there to be found.
    let mut sessions = end_sessions().await?;
    let accounts = store::delete_accounts(transaction, &user_id, proof.keeps_account).await?;
    let (passkeys, keys) = match state.settings.compatibility.keeps_unproven_passkeys {
        true => (0, 0),
        false => {
            let passkeys = store::delete_passkeys(transaction, &user_id).await?;
            (passkeys, api_key::store::delete_by_owner(transaction, &user_id).await?)
        }
    };
    let proved = mark_proved(transaction, state, context, user, proof.method).await?;
    // And again: whoever was signing in by one of those held it until their session was there.
    sessions += end_sessions().await?;
    if sessions + accounts + passkeys + keys > 0 {
        let detail =
            json!({ "sessions": sessions, "accounts": accounts, "passkeys": passkeys, "api_keys": keys });
        let event =
            Event::new(EventType::UnprovenAccessRevoked, Outcome::Success).about(&user_id).detail(detail);
        audit::record(transaction, state, context, event).await?;
    }
    Ok(proved)
}

/// Marks the address as proved and leaves all access as it is.
pub(super) async fn mark_proved(
    transaction: &Transaction,
    state: &State,
    context: &Context,
    user: User,
    method: Method<'_>,
) -> Result<User, ApiError> {
    let proved = store::verify_email(transaction, &user.id, &user.email).await?.ok_or_else(invalid_otp)?;
    let event = Event::new(EventType::EmailVerified, Outcome::Success).about(&user.id).using(method);
    let event = event.personal(json!({ "email": user.email }));
    audit::record(transaction, state, context, event).await?;
    Ok(proved)
}
