//! What links lead to: becoming the first owner, and accepting an invitation. Opening one asks, its button acts.

use axum::{Form, extract::Query, http::StatusCode, response::Response};
use kiavi_pages::{FirstOwner, Invitation as Page, MemberRole, NoEntry, Offer, Refusal};
use serde::Deserialize;

use super::visit::{Answer, Visit, html, see_other};
use crate::{
    Control, Role,
    api::Problem,
    console::first_owner::{self, Standing},
    invitation::{self, Invitation, InvitationState},
    member, workspace,
};

/// The token of a link, in its query and in the form of its page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Token {
    token: String,
}

/// The form that accepts an invitation.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Accepted {
    invitation: String,
}

fn refuse(visit: &Visit, why: NoEntry) -> Response {
    let mut response = html(&Refusal { frame: visit.frame(), why });
    *response.status_mut() = StatusCode::FORBIDDEN;
    response
}

/// `GET /first-owner?token=…`.
pub(super) async fn owner(visit: Visit, Query(Token { token }): Query<Token>) -> Answer {
    // Before the sign-in, so that nobody signs in for a link that is no good.
    let workspace = match first_owner::look(&visit.control, &token).await? {
        Standing::Good(workspace) => workspace,
        Standing::Gone => return Ok(refuse(&visit, NoEntry::OwnerLinkGone)),
        Standing::Owned => return Ok(refuse(&visit, NoEntry::OwnerExists)),
    };
    let person = visit.signed_in().await?;
    let (frame, workspace) = (visit.frame(), workspace.name);
    Ok(html(&FirstOwner { frame, email: person.email, workspace, token }))
}

/// `POST /first-owner`.
pub(super) async fn become_owner(visit: Visit, Form(Token { token }): Form<Token>) -> Answer {
    let person = visit.signed_in().await?;
    Ok(match first_owner::claim(&visit.control, &visit.actor, &person, &token).await? {
        Standing::Good(workspace) => see_other(&format!("/w/{}", workspace.slug)),
        Standing::Gone => refuse(&visit, NoEntry::OwnerLinkGone),
        Standing::Owned => refuse(&visit, NoEntry::OwnerExists),
    })
}

/// `GET /invitation?token=…`.
pub(super) async fn invitation(visit: Visit, Query(Token { token }): Query<Token>) -> Answer {
    let found = invitation::store::by_token(&visit.control.parts().database, &token).await?;
    let Some(found) = found.filter(|found| found.state == InvitationState::Open) else {
        return Ok(refuse(&visit, NoEntry::InvitationGone));
    };
    let person = visit.signed_in().await?;
    if found.email != person.email {
        let why = NoEntry::WrongAddress { invited: found.email, email: person.email };
        return Ok(refuse(&visit, why));
    }
    if !person.is_verified {
        return Ok(refuse(&visit, NoEntry::Unverified { email: person.email }));
    }
    let offer = offer(&visit.control, &found).await?;
    Ok(html(&Page { frame: visit.frame(), email: person.email, offer }))
}

/// An invitation as it is shown to whom it is for.
pub(super) async fn offer(control: &Control, invitation: &Invitation) -> Result<Offer, Problem> {
    let database = &control.parts().database;
    let workspace = workspace::store::find(database, invitation.workspace.as_str()).await?;
    let workspace = workspace.ok_or_else(Problem::not_found)?;
    let inviter = match invitation.invited_by.strip_prefix("member:") {
        Some(user) => member::store::find(database, &workspace.id, user).await?,
        None => None,
    };
    let inviter = inviter.map(|member| if member.name.is_empty() { member.email } else { member.name });
    Ok(Offer {
        id: invitation.id.clone(),
        inviter: inviter.unwrap_or_else(|| workspace.name.clone()),
        workspace: workspace.name,
        role: shown(invitation.role),
    })
}

/// `POST /invitation`: joins, if the invitation is for whoever is signed in.
pub(super) async fn accept(visit: Visit, Form(form): Form<Accepted>) -> Answer {
    let person = visit.signed_in().await?;
    let joined = invitation::accept(&visit.control, &visit.actor, &person, &form.invitation).await?;
    Ok(match joined {
        Some(workspace) => see_other(&format!("/w/{workspace}")),
        None if !person.is_verified => refuse(&visit, NoEntry::Unverified { email: person.email }),
        None => refuse(&visit, NoEntry::InvitationGone),
    })
}

/// A role as pages show it.
pub(super) fn shown(role: Role) -> MemberRole {
    match role {
        Role::Owner => MemberRole::Owner,
        Role::Admin => MemberRole::Admin,
        Role::Developer => MemberRole::Developer,
        Role::Support => MemberRole::Support,
        Role::Viewer => MemberRole::Viewer,
        Role::Auditor => MemberRole::Auditor,
        Role::Privacy => MemberRole::Privacy,
    }
}
