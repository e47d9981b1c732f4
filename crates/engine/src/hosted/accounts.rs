//! Linked accounts on the account page.

use axum::{Form, extract::Query, response::Response};
use kiavi_pages::{AccountRow, Leaving, Notice, ProviderButton};

use super::{
    account::{ACCOUNT, change},
    flow, social,
    visit::{Visit, html},
    wire::{ErrorQuery, ItemForm, ProviderForm},
};
use crate::{
    ApiError,
    account::{self, Account},
    session::{self, CurrentUser},
    social::{Begin, SocialSettings, begin_link, provider_name, provider_name_of},
};

/// Better Auth's word for a password, which opens nothing here.
const PASSWORD: &str = "credential";
/// Where the provider sends the visitor in the end.
const LINKED: &str = "/account?notice=account-linked";
/// Where it is told that nothing came of it.
const FAILED: &str = "/account/accounts/failed";

/// The list.
pub(super) fn rows(settings: &SocialSettings, accounts: &[Account]) -> Vec<AccountRow> {
    let row = |account: &Account| AccountRow {
        id: account.id.clone(),
        provider: provider_name_of(settings, &account.provider_id),
        linked: account.created_at,
    };
    accounts.iter().filter(|account| account.provider_id != PASSWORD).map(row).collect()
}

/// The providers that none of the accounts is at.
pub(super) fn linkable(settings: &SocialSettings, accounts: &[Account]) -> Vec<ProviderButton> {
    let is_new = |button: &ProviderButton| accounts.iter().all(|account| account.provider_id != button.id);
    social::buttons(settings).into_iter().filter(is_new).collect()
}

/// `POST /account/accounts/link` `provider`: on to the provider. A further way in wants a recent sign-in, as a passkey
/// does.
pub(super) async fn link(visit: Visit, Form(form): Form<ProviderForm>) -> Result<Response, ApiError> {
    let Some(current) = visit.session() else { return Ok(visit.tell(Notice::SessionEnded, "/sign-in")) };
    if current.is_impersonated() {
        return Ok(visit.tell(Notice::NotWhileActing, ACCOUNT));
    }
    let (state, context) = (&visit.state, &visit.context);
    let Some(provider) = state.settings.social.provider(&form.provider) else {
        return Ok(visit.tell(Notice::Unexpected, ACCOUNT));
    };
    let asked = Begin { callback_url: Some(LINKED), error_url: Some(FAILED), ..Begin::default() };
    let begun = async {
        let current = session::only_fresh(current)?;
        begin_link(state, context, &current, provider, asked).await
    };
    let begun: Result<String, ApiError> = begun.await;
    match begun {
        Ok(target) => {
            Ok(html(&Leaving { frame: visit.frame(), target, provider: Some(provider_name(provider)) }))
        }
        Err(error) => Ok(visit.tell(flow::notice(error)?, ACCOUNT)),
    }
}

/// `GET /account/accounts/failed?error=`: why nothing was linked.
pub(super) async fn failed(visit: Visit, Query(query): Query<ErrorQuery>) -> Response {
    visit.tell(flow::notice_of_failure(&query.error.unwrap_or_default()), ACCOUNT)
}

/// `POST /account/accounts/unlink` `id`. The last account may go here; the last way to sign in may not.
pub(super) async fn unlink(visit: Visit, Form(form): Form<ItemForm>) -> Result<Response, ApiError> {
    let (state, context) = (visit.state.clone(), visit.context.clone());
    let work = async |current: CurrentUser| {
        let current = session::only_fresh(current)?;
        account::unlink(&state, &context, &current, &form.id, true).await
    };
    change(visit, Notice::AccountUnlinked, work).await
}
