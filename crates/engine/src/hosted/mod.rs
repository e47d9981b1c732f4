//! The hosted pages: sign-in, passkey offer, account, sign-out.
//!
//! `/sign-in` takes an address and sends a code; `/sign-in/code` takes the code and makes the session;
//! `/sign-in/passkey` offers a passkey to whoever has none; `/sign-in/done` leaves for where the visitor came
//! from, or for `/account`. A passkey signs in from `/sign-in` by script, over the JSON API, and goes to `done`.
//! `/sign-in/link` and `/account/delete` are where links in mails end: opening one asks, its button acts.
//! `/sign-in/social` leads to a provider, which sends the visitor back to the API, and that on to the offer of a
//! passkey or, when it came to nothing, to `/sign-in/failed`. Where the address has an account that the provider is not
//! linked to, `/sign-in/connect` asks for a code or a passkey and then links the two.
//!
//! `/sign-in/console` leads back to the management console, in the one tenant that its people sign in to.
//!
//! Whoever acts as somebody else is told so on top of every page, with a button that stops it. `/sign-in/acting` is where a
//! member of the workspace begins to, who comes from the console with a link.
//!
//! Every form is a plain POST that answers with a redirect (303). It must come from one of our own pages, and its
//! rules, limits and events are those of the API: the same functions do the work. Between the steps a sealed
//! cookie ([`flow::Flow`]) carries the address, the way back and what the next page has to tell, so that no URL
//! names a person and a code is typed in the browser that asked for it. All pages work without script.

mod account;
mod accounts;
mod acting;
mod connect;
mod console;
mod deletion;
mod email;
mod export;
mod flow;
mod layers;
mod link;
mod routes;
mod social;
#[cfg(test)]
mod tests;
mod visit;
mod wire;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::{from_fn, from_fn_with_state},
    routing::{get, post},
};

use crate::{
    State, admin::handover::PAGE as PAGE_OF_ACTING, console::PAGE as PAGE_OF_CONSOLE, context::page_context,
};

/// Bytes of a form's body; the longest honest one is a name.
const FORM_LIMIT: usize = 16 * 1024;

/// The pages with their layers, the assets, and the page for whatever is no route.
pub(crate) fn routes(state: &State) -> Router<State> {
    let pages = Router::new()
        .route("/", get(routes::home))
        .route("/sign-in", get(routes::start).post(routes::send_code))
        .route("/sign-in/code", get(routes::code_page).post(routes::try_code))
        .route("/sign-in/code/resend", post(routes::resend_code))
        .route("/sign-in/link", get(link::show).post(link::confirm))
        .route("/sign-in/passkey", get(routes::offer).post(routes::decline_offer))
        .route("/sign-in/done", get(routes::done))
        .route("/sign-in/social", post(social::start))
        .route("/sign-in/failed", get(social::failed))
        .route(connect::PAGE, get(connect::show).post(connect::send_code))
        .route("/sign-in/connect/confirm", post(connect::confirm))
        .route("/sign-in/connect/cancel", post(connect::cancel))
        .route(PAGE_OF_CONSOLE, get(console::enter))
        .route(PAGE_OF_ACTING, get(acting::show).post(acting::begin))
        .route("/sign-out", get(account::ask_sign_out).post(account::sign_out))
        .route("/account", get(account::show))
        .route("/account/delete", get(deletion::show).post(deletion::confirm))
        .route("/account/email", get(email::show).post(email::send_code))
        .route("/account/email/code", post(email::try_code))
        .route("/account/email/resend", post(email::resend_code))
        .route("/account/email/cancel", post(email::cancel))
        .route("/account/export", post(export::download))
        .route("/account/profile", post(account::save_profile))
        .route("/account/stop-acting", post(acting::stop))
        .route("/account/accounts/link", post(accounts::link))
        .route("/account/accounts/failed", get(accounts::failed))
        .route("/account/accounts/unlink", post(accounts::unlink))
        .route("/account/passkeys/rename", post(account::rename_passkey))
        .route("/account/passkeys/remove", post(account::remove_passkey))
        .route("/account/sessions/revoke", post(account::revoke_session))
        .route("/account/sessions/revoke-others", post(account::revoke_other_sessions))
        .method_not_allowed_fallback(routes::not_found)
        .fallback(routes::not_found)
        .layer(DefaultBodyLimit::max(FORM_LIMIT))
        .layer(from_fn_with_state(state.clone(), layers::gate))
        .layer(from_fn_with_state(state.clone(), page_context))
        .layer(from_fn_with_state(state.clone(), layers::errors_as_pages));
    let assets = Router::new()
        .route("/_kiavi/assets/{name}", get(routes::asset))
        .route("/_kiavi/brand/{name}", get(routes::brand))
        .layer(from_fn(layers::asset_headers));
    pages.merge(assets)
}
