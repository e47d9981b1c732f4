//! Registering a passkey.

use kiavi_base::EmailAddress;
use kiavi_db::Transaction;
use kiavi_webauthn::{AuthenticatorAttachment, CreationOptions, RegisteredCredential};
use serde_json::Value;

use super::{
    Passkey,
    actions::{self, Refusal},
    flow::{self, Challenge, Registrant},
    store::{self, NewPasskey},
    wire,
};
use crate::{
    ApiError, Context, State,
    abuse::refuse_newcomer,
    analytics::Step,
    audit::{self, Event, EventType, Method, Outcome},
    mail::notice::{self, Change},
    outbox,
    session::{self, CurrentUser, Session},
    user::{self, User},
    verification::row_id,
};

const CEREMONY: &str = "registration";

/// What a request for options asks.
#[derive(Debug, Default)]
pub(super) struct Wanted<'a> {
    pub(super) attachment: Option<AuthenticatorAttachment>,
    pub(super) name: Option<&'a str>,
    pub(super) context: Option<&'a str>,
}

/// Whether somebody without a session may make an account with a passkey alone.
fn is_sign_up_allowed(state: &State) -> bool {
    state.settings.is_sign_up_open && state.settings.passkey.allows_sign_up
}

/// Starts a registration for the signed-in user, or for a user who is yet to be made.
pub(super) async fn options(
    state: &State,
    context: &Context,
    current: Option<&CurrentUser>,
    wanted: Wanted<'_>,
) -> Result<CreationOptions, ApiError> {
    let (registrant, address, known) = match (current, wanted.context) {
        (Some(current), _) => {
            let known = store::list(&state.database, &current.user.id).await?;
            (flow::known_registrant(&current.user, wanted.name), None, known)
        }
        (None, Some(address)) if is_sign_up_allowed(state) => {
            // Whether the address is taken shows only at the end, and only to somebody with an authenticator.
            let address: EmailAddress = address.parse().map_err(|_| wire::resolved_user_invalid())?;
            let registrant = flow::new_registrant(row_id(state.rng()), &address, wanted.name);
            (registrant, Some(address.to_string()), Vec::new())
        }
        (None, _) => return Err(ApiError::unauthorized()),
    };
    let challenge = flow::new_challenge(state.rng());
    let options = flow::relying_party(&state.settings).creation_options(
        &challenge.0,
        flow::user_entity(&state.secret, &registrant),
        flow::descriptors(&known),
        wanted.attachment,
    );
    let challenge =
        Challenge::Registration { expected_challenge: challenge, user_data: registrant, context: address };
    actions::start(state, context, &challenge).await?;
    state.analytics.step(Step::CreationStarted, state.clock.now());
    Ok(options)
}

/// An authenticator's answer and what came with it.
#[derive(Debug)]
pub(super) struct Answer<'a> {
    pub(super) response: &'a Value,
    pub(super) name: Option<&'a str>,
    pub(super) creates_session: bool,
}

/// A passkey that was stored, with the session that was asked for.
#[derive(Debug)]
pub(super) struct Registered {
    pub(super) passkey: Passkey,
    pub(super) signed_in: Option<(Session, User)>,
}

/// Ends a registration.
pub(super) async fn register(
    state: &State,
    context: &Context,
    current: Option<&CurrentUser>,
    answer: Answer<'_>,
) -> Result<Registered, ApiError> {
    if current.is_none() && !is_sign_up_allowed(state) {
        return Err(ApiError::unauthorized());
    }
    let transaction = state.database.begin().await?;
    if let Some(CurrentUser { session, user, .. }) = current.filter(|current| current.is_signed_in())
        && !session::store::hold(&transaction, &session.token, &user.id).await?
    {
        return Err(ApiError::unauthorized());
    }
    let registered = match store_credential(&transaction, state, context, current, &answer).await? {
        Ok(stored) => stored,
        Err(refusal) => return Err(actions::refuse(transaction, state, context, CEREMONY, refusal).await),
    };
    let (passkey, user) = registered;
    let signed_in = if answer.creates_session {
        Some((session::create(&transaction, state, context, &user, Method::Passkey).await?, user))
    } else {
        None
    };
    transaction.commit().await?;
    outbox::wake(state);
    if let Some((session, _)) = &signed_in {
        session::set_cookie(state, context, session);
    }
    Ok(Registered { passkey, signed_in })
}

/// Judges the answer and writes the row. A refusal has written nothing.
async fn store_credential(
    transaction: &Transaction,
    state: &State,
    context: &Context,
    current: Option<&CurrentUser>,
    answer: &Answer<'_>,
) -> Result<Result<(Passkey, User), Refusal>, ApiError> {
    let taken = actions::take(transaction, state, context).await?;
    let Some(Challenge::Registration { expected_challenge, user_data: registrant, context: address }) = taken
    else {
        return Ok(Err(Refusal::new(wire::challenge_not_found(), "no such challenge")));
    };
    // The challenge names whom it is for; the request cannot.
    if current.is_some_and(|current| current.user.id != registrant.id)
        || current.is_none() && address.is_none()
    {
        return Ok(Err(Refusal::new(wire::not_allowed(), "the challenge is for somebody else")));
    }
    let credential = match verify(state, &expected_challenge.0, answer.response) {
        Ok(credential) => credential,
        Err(reason) => {
            return Ok(Err(Refusal::new(wire::registration_failed(), reason).about(&registrant.id)));
        }
    };
    let columns = flow::columns(&credential);
    // WebAuthn L3 §7.1 step 26.
    if !store::has_room(transaction, &columns.credential_id, &registrant.id).await? {
        let refusal =
            Refusal::new(wire::registration_failed(), "the credential is registered, or one too many");
        return Ok(Err(refusal.about(&registrant.id)));
    }
    let user = match (current, address) {
        (Some(current), _) => current.user.clone(),
        (None, address) => {
            let address = address.unwrap_or_default();
            match make_user(transaction, state, context, &registrant, &address).await? {
                Some(user) => user,
                None => {
                    return Ok(Err(Refusal::new(
                        wire::registration_failed(),
                        "the address is taken or refused",
                    )));
                }
            }
        }
    };
    let new = NewPasskey {
        id: &row_id(state.rng()),
        name: answer.name,
        public_key: &columns.public_key,
        user_id: &user.id,
        credential_id: &columns.credential_id,
        counter: columns.counter,
        device_type: columns.device_type,
        backed_up: credential.backed_up,
        transports: &columns.transports,
        aaguid: &columns.aaguid,
    };
    let passkey = store::insert(transaction, &new).await?;
    let detail = serde_json::json!({
        "passkey": passkey.id,
        "aaguid": passkey.aaguid,
        "device_type": passkey.device_type,
        "attestation": credential.attestation_format.identifier(),
    });
    let event = Event::by(EventType::PasskeyCreated, &user.id).detail(detail);
    audit::record(transaction, state, context, event).await?;
    // A user who came into being with it has not proved the address, and knows.
    notice::owe(transaction, state, context, &user, Change::PasskeyAdded).await?;
    Ok(Ok((passkey, user)))
}

fn verify(state: &State, challenge: &[u8], response: &Value) -> Result<RegisteredCredential, String> {
    let response = serde_json::from_value(response.clone()).map_err(|_| "malformed response")?;
    let relying_party = flow::relying_party(&state.settings);
    kiavi_webauthn::verify_registration(&relying_party, challenge, &response)
        .map_err(|error| error.to_string())
}

/// Makes the user whose first passkey this is, the address unproved; `None` if somebody has it or nobody may.
async fn make_user(
    transaction: &Transaction,
    state: &State,
    context: &Context,
    registrant: &Registrant,
    address: &str,
) -> Result<Option<User>, ApiError> {
    if refuse_newcomer(&state.settings, address).is_some() {
        return Ok(None);
    }
    let new = user::store::NewUser {
        id: &registrant.id,
        name: flow::new_user_name(registrant),
        email: address,
        email_verified: false,
        image: None,
        role: &state.settings.admin.default_role,
    };
    let Some(user) = user::store::insert(transaction, new).await? else { return Ok(None) };
    let event = Event::new(EventType::UserCreated, Outcome::Success).about(&user.id).using(Method::Passkey);
    let event = event.personal(user.personal());
    audit::record(transaction, state, context, event).await?;
    Ok(Some(user))
}
