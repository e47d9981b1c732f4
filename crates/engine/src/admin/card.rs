//! Everything about one user at once, for operators: a look, and the copy that the user can take themselves. Better Auth has no
//! such routes; to anybody else they are not there.

use axum::{
    extract::RawQuery,
    http::header,
    response::{IntoResponse, Response},
};
use jiff::{Timestamp, civil::Date};
use serde::Serialize;

use super::{
    access::{Caller, GET_USER},
    look_up::{Key, look_up},
    parameters::Parameters,
    wire,
};
use crate::{
    ApiError, Context, State, account,
    api_key::{self, ApiKey},
    audit::{EventType, Outcome},
    context::not_found,
    iso_milliseconds, optional_iso_milliseconds, passkey, session,
    social::provider_name_of,
    user::{self, User, export},
};

/// Better Auth's word for a password, which opens nothing here.
const PASSWORD: &str = "credential";

/// A user and their ways in. No token and no key is among it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Card<'a> {
    user: &'a User,
    passkeys: Vec<PasskeyOf>,
    accounts: Vec<AccountOf>,
    sessions: Vec<SessionOf>,
    api_keys: Vec<KeyOf>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PasskeyOf {
    id: String,
    name: Option<String>,
    aaguid: Option<String>,
    backed_up: bool,
    #[serde(serialize_with = "optional_iso_milliseconds")]
    created_at: Option<Timestamp>,
    /// The day (UTC) on which it last signed in.
    last_used: Option<Date>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AccountOf {
    id: String,
    /// What people call the provider.
    provider: String,
    #[serde(serialize_with = "iso_milliseconds")]
    created_at: Timestamp,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SessionOf {
    id: String,
    user_agent: Option<String>,
    ip_address: Option<String>,
    /// Where that is today.
    country: Option<String>,
    network: Option<String>,
    #[serde(serialize_with = "iso_milliseconds")]
    created_at: Timestamp,
    #[serde(serialize_with = "iso_milliseconds")]
    updated_at: Timestamp,
}

/// What tells a key apart, and how it stands.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct KeyOf {
    id: String,
    name: Option<String>,
    /// Its first characters.
    start: Option<String>,
    is_on: bool,
    #[serde(serialize_with = "iso_milliseconds")]
    created_at: Timestamp,
    #[serde(serialize_with = "optional_iso_milliseconds")]
    last_used: Option<Timestamp>,
    #[serde(serialize_with = "optional_iso_milliseconds")]
    expires_at: Option<Timestamp>,
}

impl From<ApiKey> for KeyOf {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id,
            name: key.name,
            start: key.start,
            is_on: key.enabled != Some(false),
            created_at: key.created_at,
            last_used: key.last_request,
            expires_at: key.expires_at,
        }
    }
}

/// `GET /admin/view-user?id=`: six statements, of which five go out together.
pub(super) async fn view_user(
    state: State,
    context: Context,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    if context.operator().is_none() {
        return Ok(not_found().await);
    }
    let mut query = Parameters::parse(query.as_deref().unwrap_or_default());
    let id = query.required("id");
    query.finish()?;
    let caller = Caller::with(GET_USER, &state, &context).await?;
    let user = look_up(&state, &context, &caller, Key::Id(&id)).await?;
    let (passkeys, mut used, accounts, sessions, api_keys) = tokio::try_join!(
        passkey::list(&state, &user.id),
        passkey::last_uses(&state, &user.id),
        async { Ok(account::list(&state.database, &user.id).await?) },
        async { Ok(session::store::list(&state.database, &user.id).await?) },
        async { Ok(api_key::store::of_owner(&state.database, &user.id).await?) },
    )?;
    let passkeys = passkeys.into_iter().map(|row| PasskeyOf {
        last_used: used.remove(&row.id),
        id: row.id,
        name: row.name,
        aaguid: row.aaguid,
        backed_up: row.backed_up,
        created_at: row.created_at,
    });
    let accounts = accounts.into_iter().filter(|row| row.provider_id != PASSWORD).map(|row| AccountOf {
        provider: provider_name_of(&state.settings.social, &row.provider_id),
        id: row.id,
        created_at: row.created_at,
    });
    let sessions = sessions.into_iter().map(|row| {
        let place = state.places.of_text(row.ip_address.as_deref());
        SessionOf {
            id: row.id,
            user_agent: row.user_agent,
            ip_address: row.ip_address,
            country: place.country.map(|country| country.to_string()),
            network: place.network.map(|network| network.to_string()),
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    });
    wire::json(&Card {
        user: &user,
        passkeys: passkeys.collect(),
        accounts: accounts.collect(),
        sessions: sessions.collect(),
        api_keys: api_keys.into_iter().filter(ApiKey::is_of_this_server).map(KeyOf::from).collect(),
    })
}

/// `GET /admin/export-user?id=`: the copy of what is kept of a user ([`export::of_user`]), for who asked an operator for it.
pub(super) async fn export_user(
    state: State,
    context: Context,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    if context.operator().is_none() {
        return Ok(not_found().await);
    }
    let mut query = Parameters::parse(query.as_deref().unwrap_or_default());
    let id = query.required("id");
    query.finish()?;
    let caller = Caller::with(GET_USER, &state, &context).await?;
    let note = async |user: Option<&User>| {
        let outcome = if user.is_some() { Outcome::Success } else { Outcome::Failure };
        let subject = user.map(|user| user.id.as_str());
        caller.note_look(&state, &context, EventType::UserExported, subject, outcome).await
    };
    let Some(user) = user::store::find_by_id(&state.database, &id).await? else {
        note(None).await?;
        return Err(wire::user_not_found());
    };
    let json = export::of_user(&state, &user).await?;
    note(Some(&user)).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], json).into_response())
}
