//! Acting as one of a tenant's people: why, for how long, and on to the tenant's own pages, where it begins.

use axum::{
    Form,
    extract::{Path, Query},
    http::{Method, StatusCode},
};
use kiavi_pages::{ActAs, Notice, Place, TenantPlace};
use serde::Deserialize;
use serde_json::json;

use super::{
    team::Told,
    tenant::{AtTenant, Refusal, read, said},
    user::Card,
    visit::{Answer, Stop, Visit, html, policy, refusal, see_other, set_policy},
};
use crate::{
    Permission,
    api::{Problem, code::Code},
};

/// Where engines make the link. Not below their API, so nothing that is passed on for others gets there.
const OFFER: &str = "/management/acting";
/// The choices, in minutes; the first is the usual one.
const MINUTES: &[u32] = &[15, 30, 60];
/// Characters of a reason.
const REASON: std::ops::RangeInclusive<usize> = 3..=200;

/// What the form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ActForm {
    reason: String,
    minutes: String,
}

impl ActForm {
    /// What was chosen; anything that there is no choice of is the shortest.
    fn minutes(&self) -> u32 {
        let chosen = self.minutes.parse().ok().filter(|minutes| MINUTES.contains(minutes));
        chosen.unwrap_or(MINUTES[0])
    }

    /// The reason, if it is one.
    fn reason(&self) -> Option<&str> {
        let reason = self.reason.trim();
        let is_line = !reason.chars().any(char::is_control);
        (is_line && REASON.contains(&reason.chars().count())).then_some(reason)
    }
}

type Named = Path<(String, String, String)>;

/// Whether the visitor may act as the tenant's people.
pub(super) fn is_offered(at: &AtTenant) -> bool {
    let setting = &at.tenant.settings["admin"]["is_operator_impersonation_enabled"];
    at.may(Permission::UserImpersonate) && setting.as_bool().unwrap_or(true)
}

/// Somebody who may act, and has used their passkey lately: asked for before anything is typed.
async fn actor(visit: Visit, named: &(String, String, String)) -> Result<(AtTenant, String), Stop> {
    let at = visit.at_tenant(&named.0, &named.1, Permission::UserImpersonate).await?;
    let below = format!("/users/{}", named.2);
    at.here.require_proof(&at.path(&format!("{below}/act")))?;
    Ok((at, below))
}

/// `GET …/users/{user}/act`.
pub(super) async fn page(visit: Visit, Path(named): Named, Query(told): Query<Told>) -> Answer {
    let (at, _) = actor(visit, &named).await?;
    show(&at, &named.2, &ActForm::default(), told.notice()).await
}

async fn show(at: &AtTenant, id: &str, form: &ActForm, notice: Option<Notice>) -> Answer {
    let door = at.door(TenantPlace::Users).await?;
    let card: Card = match read(&door, "admin/view-user", &[("id", id)]).await {
        Err(Refusal::Said(StatusCode::NOT_FOUND, _)) => return Ok(at.refuse("/users", Notice::UserGone)),
        card => card?,
    };
    let control = &at.here.visit.control;
    let mut response = html(&ActAs {
        frame: at.here.visit.frame(),
        top: at.here.top(Place::Tenants).await?,
        tenant: at.top(TenantPlace::Users),
        user: card.user.row(control.parts().clock.now()),
        reason: form.reason.clone(),
        minutes: form.minutes(),
        choices: MINUTES,
        notice,
    });
    // The redirect that answers the form leads to the tenant, by the address that its engine has.
    let known = at.tenant.settings["base_url"].as_str().map(str::to_owned);
    let origin = known.unwrap_or_else(|| control.url_of(&at.tenant));
    let allowed = format!("form-action 'self' {origin}");
    set_policy(response.headers_mut(), &policy(control).replace("form-action 'self'", &allowed));
    Ok(match notice {
        Some(notice) if notice != Notice::StepUpDone => refusal(response, notice.key()),
        _ => response,
    })
}

/// `POST …/users/{user}/act` `reason`, `minutes`: on to the tenant's page that asks once more and begins.
pub(super) async fn begin(visit: Visit, Path(named): Named, Form(form): Form<ActForm>) -> Answer {
    let (at, below) = actor(visit, &named).await?;
    let Some(reason) = form.reason() else {
        return show(&at, &named.2, &form, Some(Notice::UserActReason)).await;
    };
    let back = format!("{}{}", at.here.visit.control.origins().own_origin(), at.path(&below));
    let body = json!({
        "userId": named.2,
        "reason": reason,
        "minutes": form.minutes(),
        "label": at.here.person.email,
        "back": back,
    });
    let door = at.door(TenantPlace::Users).await?;
    let answer = door.ask(Method::POST, OFFER, Some(body.to_string().into())).await.map_err(Problem::from)?;
    let told = match said(answer) {
        Ok(told) => told,
        Err(Refusal::Stop(stop)) => return Err(stop),
        Err(Refusal::Said(StatusCode::NOT_FOUND, _)) => return Ok(at.refuse("/users", Notice::UserGone)),
        Err(Refusal::Said(_, why)) => return Ok(at.refuse(&below, refused(&why.code))),
    };
    let offered: Offered = serde_json::from_slice(&told).map_err(|_| Problem::from(Code::EngineAnswer))?;
    Ok(see_other(&offered.url))
}

/// What the engine answers.
#[derive(Deserialize)]
struct Offered {
    url: String,
}

/// What an engine's refusal tells.
fn refused(code: &str) -> Notice {
    match code {
        "YOU_CANNOT_IMPERSONATE_ADMINS" => Notice::UserActAdmin,
        "BANNED_USER" => Notice::UserActBanned,
        "OPERATORS_MAY_NOT_IMPERSONATE" => Notice::UserActOff,
        _ => Notice::UserRefused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_asks_for_what_there_is_to_choose() {
        let form = |reason: &str, minutes: &str| ActForm { reason: reason.into(), minutes: minutes.into() };
        assert_eq!(
            [form("", "30").minutes(), form("", "").minutes(), form("", "600").minutes()],
            [30, 15, 15]
        );
        assert_eq!(form(" ticket 4711 ", "").reason(), Some("ticket 4711"));
        for wrong in ["", "  a ", "a\u{0}bc", &"a".repeat(201)] {
            assert_eq!(form(wrong, "").reason(), None, "{wrong:?}");
        }
    }
}
