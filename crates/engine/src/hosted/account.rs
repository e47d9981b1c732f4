//! The account page, its forms, and the way out.

use std::collections::HashMap;

use axum::{Form, extract::Query, response::Response};
use jiff::civil::Date;
use kiavi_pages::{Account, Notice, PasskeyRow, SessionRow, SignOut, SignedOut, SupportRow};

use super::{
    accounts,
    flow::{self, Cookie},
    visit::{Visit, html, see_other},
    wire::{AccountQuery, ItemForm},
};
use crate::{
    ApiError, State, account,
    engine::API,
    passkey,
    session::{self, CurrentUser, Session},
    user::{self, Deletion},
};

pub(super) const ACCOUNT: &str = "/account";
/// What the address of the page may tell.
const TOLD_BY_ADDRESS: [Notice; 2] = [Notice::PasskeyCreated, Notice::AccountLinked];

/// `GET /account`.
pub(super) async fn show(visit: Visit, Query(query): Query<AccountQuery>) -> Result<Response, ApiError> {
    let Some(current) = visit.session() else { return Ok(see_other("/sign-in")) };
    let state = &visit.state;
    let passkeys = passkey::list(state, &current.user.id).await?;
    let mut used = passkey::last_uses(state, &current.user.id).await?;
    let sessions = session::store::list(&state.database, &current.user.id).await?;
    let support = match current.is_impersonated() {
        // Whoever acts sees what the user sees, but not who else acts.
        true => Vec::new(),
        false => session::store::acting(&state.database, &current.user.id).await?,
    };
    let accounts = account::list(&state.database, &current.user.id).await?;
    let signal = passkey::signal(state, &current.user, &passkeys);
    let held = passkey::recovery::seconds_left(&state.database, state, &current.user.id).await?;
    let mut flow = visit.flow();
    // What the script that made a passkey and the way back from a provider say; no other word is taken from the address.
    let made = query.notice.and_then(|key| TOLD_BY_ADDRESS.into_iter().find(|notice| notice.key() == key));
    let notice = visit.take_notice(&mut flow).or(made);
    let now = visit.now();
    let mut sessions: Vec<_> =
        sessions.into_iter().map(|row| session_row(state, row, &current, now)).collect();
    sessions.sort_by_key(|row| !row.is_current);
    Ok(html(&Account {
        frame: visit.frame(),
        name: current.user.name,
        email: current.user.email,
        passkeys: passkeys.into_iter().map(|row| passkey_row(row, &mut used)).collect(),
        held,
        accounts: accounts::rows(&state.settings.social, &accounts),
        linkable: accounts::linkable(&state.settings.social, &accounts),
        sessions,
        support: support.into_iter().map(support_row).collect(),
        signal,
        api: API.to_owned(),
        can_change_email: state.settings.email_otp.is_change_email_enabled,
        can_delete: state.settings.user.deletion != Deletion::Off,
        now,
        notice,
    }))
}

fn session_row(state: &State, row: Session, current: &CurrentUser, now: jiff::Timestamp) -> SessionRow {
    let is_current = row.id == current.session.id;
    let place = state.places.of_text(row.ip_address.as_deref());
    SessionRow {
        id: row.id,
        user_agent: row.user_agent,
        ip: row.ip_address,
        country: place.country.map(|country| country.to_string()),
        network: place.network.map(|network| network.to_string()),
        created: row.created_at,
        last_seen: if is_current { now } else { row.updated_at },
        is_current,
    }
}

fn support_row(row: Session) -> SupportRow {
    SupportRow { id: row.id, created: row.created_at, until: row.expires_at }
}

fn passkey_row(row: passkey::Passkey, used: &mut HashMap<String, Date>) -> PasskeyRow {
    PasskeyRow {
        last_used: used.remove(&row.id),
        id: row.id,
        name: row.name,
        aaguid: row.aaguid,
        is_synced: row.backed_up,
        created: row.created_at,
    }
}

/// Runs a change of the account and tells how it went, back on the account page.
pub(super) async fn change<F, Fut>(visit: Visit, done: Notice, work: F) -> Result<Response, ApiError>
where
    F: FnOnce(CurrentUser) -> Fut,
    Fut: Future<Output = Result<(), ApiError>>,
{
    let Some(current) = visit.session() else {
        return Ok(visit.tell(Notice::SessionEnded, "/sign-in"));
    };
    let is_impersonated = current.is_impersonated();
    let notice = match work(current).await {
        Ok(()) => done,
        // Signing in again would not make them the user.
        Err(error) if is_impersonated && error.code() == Some("SESSION_NOT_FRESH") => Notice::NotWhileActing,
        Err(error) => flow::notice(error)?,
    };
    Ok(visit.tell(notice, ACCOUNT))
}

/// `POST /account/profile` `name`.
pub(super) async fn save_profile(visit: Visit, Form(form): Form<ItemForm>) -> Result<Response, ApiError> {
    let Some(name) = flow::name(&form.name) else { return Ok(visit.tell(Notice::NameInvalid, ACCOUNT)) };
    let (state, context) = (visit.state.clone(), visit.context.clone());
    let work =
        async |current: CurrentUser| user::update_own(&state, &context, &current, Some(name), None).await;
    change(visit, Notice::ProfileSaved, work).await
}

/// `POST /account/passkeys/rename` `id`, `name`.
pub(super) async fn rename_passkey(visit: Visit, Form(form): Form<ItemForm>) -> Result<Response, ApiError> {
    let (state, context) = (visit.state.clone(), visit.context.clone());
    let work = async |current: CurrentUser| {
        passkey::rename(&state, &context, &current, &form.id, &form.name).await.map(drop)
    };
    change(visit, Notice::PasskeyRenamed, work).await
}

/// `POST /account/passkeys/remove` `id`.
pub(super) async fn remove_passkey(visit: Visit, Form(form): Form<ItemForm>) -> Result<Response, ApiError> {
    let (state, context) = (visit.state.clone(), visit.context.clone());
    let work = async |current: CurrentUser| passkey::remove(&state, &context, &current, &form.id).await;
    change(visit, Notice::PasskeyRemoved, work).await
}

/// `POST /account/sessions/revoke` `id`.
pub(super) async fn revoke_session(visit: Visit, Form(form): Form<ItemForm>) -> Result<Response, ApiError> {
    let (state, context) = (visit.state.clone(), visit.context.clone());
    let work = async |current: CurrentUser| session::revoke_one(&state, &context, &current, &form.id).await;
    change(visit, Notice::SessionRevoked, work).await
}

/// `POST /account/sessions/revoke-others`.
pub(super) async fn revoke_other_sessions(visit: Visit) -> Result<Response, ApiError> {
    let (state, context) = (visit.state.clone(), visit.context.clone());
    let work =
        async |current: CurrentUser| session::revoke_others(&state, &context, &current).await.map(drop);
    change(visit, Notice::SessionsRevoked, work).await
}

/// `GET /sign-out`: asks, or says that it is done.
pub(super) async fn ask_sign_out(visit: Visit) -> Result<Response, ApiError> {
    Ok(match visit.session() {
        Some(current) => html(&SignOut { frame: visit.frame(), email: current.user.email }),
        None => html(&SignedOut { frame: visit.frame() }),
    })
}

/// `POST /sign-out`: ends the session and forgets the device.
pub(super) async fn sign_out(visit: Visit) -> Result<Response, ApiError> {
    session::sign_out(&visit.state, &visit.context).await?;
    visit.forget(Cookie::Returning);
    visit.forget(Cookie::Flow);
    Ok(see_other("/sign-out"))
}
