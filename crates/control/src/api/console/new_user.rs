//! Making an account for somebody.

use axum::{Form, extract::Path, http::StatusCode};
use kiavi_base::EmailAddress;
use kiavi_pages::{NewUser, Notice, Place, TenantPlace};
use serde::Deserialize;
use serde_json::json;

use super::{
    tenant::{AtTenant, Refusal},
    visit::{Answer, Visit, html, refusal},
};
use crate::Permission;

const PAGE: &str = "/users/new";
const CREATE: &str = "admin/create-user";
/// What the engine calls an address that somebody has.
const TAKEN: &str = "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL";

/// What the form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    email: String,
    name: String,
}

type Named = Path<(String, String)>;

/// `GET …/users/new`.
pub(super) async fn page(visit: Visit, Path(named): Named) -> Answer {
    let at = visit.at_tenant(&named.0, &named.1, Permission::UserManage).await?;
    show(&at, Wanted::default(), None).await
}

async fn show(at: &AtTenant, wanted: Wanted, notice: Option<Notice>) -> Answer {
    let page = html(&NewUser {
        frame: at.here.visit.frame(),
        top: at.here.top(Place::Tenants).await?,
        tenant: at.top(TenantPlace::Users),
        email: wanted.email,
        name: wanted.name,
        notice,
    });
    Ok(match notice {
        Some(notice) => refusal(page, notice.key()),
        None => page,
    })
}

/// `POST …/users/new` `email`, `name`.
pub(super) async fn create(visit: Visit, Path(named): Named, Form(wanted): Form<Wanted>) -> Answer {
    let at = visit.at_tenant(&named.0, &named.1, Permission::UserManage).await?;
    let Ok(email) = wanted.email.trim().parse::<EmailAddress>() else {
        return show(&at, wanted, Some(Notice::EmailInvalid)).await;
    };
    let body = json!({ "email": email.as_str(), "name": wanted.name.trim() });
    match at.act(TenantPlace::Users, CREATE, body, PAGE).await {
        Ok(made) => match made["user"]["id"].as_str() {
            Some(id) => Ok(at.tell(&format!("/users/{id}"), Notice::UserCreated)),
            None => Ok(at.tell("/users", Notice::UserCreated)),
        },
        Err(Refusal::Said(StatusCode::BAD_REQUEST, why)) if why.code == TAKEN => {
            show(&at, wanted, Some(Notice::UserExists)).await
        }
        Err(Refusal::Said(..)) => show(&at, wanted, Some(Notice::UserRefused)).await,
        Err(Refusal::Stop(stop)) => Err(stop),
    }
}
