//! Members of a workspace and who is invited.

use axum::{
    Form,
    extract::{Path, Query},
    response::Response,
};
use kiavi_base::{EmailAddress, UserId};
use kiavi_pages::{InvitationRow, MemberRow, Notice, Place, Team};
use serde::Deserialize;

use super::{
    join::shown,
    visit::{Answer, Here, Stop, Visit, html, refusal},
};
use crate::{
    ControlError, Permission, Role,
    api::Problem,
    invitation::{self, InvitationState, NewInvitation, store as invitations},
    key,
    member::{self, store},
    position::Position,
};

/// Members and invitations on the page; the API lists more.
const SHOWN: i64 = 200;
const TEAM: &str = "/team";

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Told {
    pub(super) notice: Option<String>,
}

impl Told {
    pub(super) fn notice(&self) -> Option<Notice> {
        Notice::of_console(self.notice.as_deref()?)
    }
}

/// What the page's forms send; each has some of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct TeamForm {
    email: String,
    role: String,
    member: String,
    invitation: String,
}

impl TeamForm {
    fn role(&self) -> Result<Role, Stop> {
        Role::parse(&self.role).ok_or_else(|| Problem::invalid_body("There is no such role.").into())
    }
}

/// `GET /w/{workspace}/team`.
pub(super) async fn page(visit: Visit, Path(named): Path<String>, Query(told): Query<Told>) -> Answer {
    let here = visit.at(&named, Permission::MemberRead).await?;
    let (database, workspace) = (&here.visit.control.parts().database, &here.workspace.id);
    let members = store::list(database, workspace, &Position::first(), SHOWN).await?;
    let all = invitations::list(database, workspace, &Position::last(), None, SHOWN).await?;
    let open =
        all.into_iter().filter(|one| matches!(one.state, InvitationState::Open | InvitationState::Expired));
    let manages = here.caller.may(Permission::MemberManage);
    let keys = if manages { key::end::by_holder(database, workspace).await? } else { Vec::new() };
    let roles = Role::ALL.into_iter().filter(|role| manages && here.caller.may_give(*role));
    Ok(html(&Team {
        frame: here.visit.frame(),
        top: here.top(Place::Team).await?,
        members: members.into_iter().map(|member| row(&here, manages, &keys, member)).collect(),
        invitations: open
            .map(|one| InvitationRow {
                id: one.id,
                email: one.email,
                role: shown(one.role),
                sent: one.sent_at.unwrap_or(one.created_at),
                is_expired: one.state == InvitationState::Expired,
            })
            .collect(),
        roles: roles.map(shown).collect(),
        may_rename: here.caller.may(Permission::WorkspaceManage),
        notice: told.notice(),
        now: here.visit.control.parts().clock.now(),
    }))
}

fn row(here: &Here, manages: bool, keys: &[(String, String)], member: member::Member) -> MemberRow {
    let is_self = member.user == here.person.user;
    let theirs = keys.iter().filter(|(holder, _)| holder == member.user.as_str());
    let theirs: Vec<_> = theirs.map(|(_, name)| name.as_str()).collect();
    MemberRow {
        id: member.user.to_string(),
        name: member.name,
        email: member.email,
        role: shown(member.role),
        joined: member.created_at,
        is_self,
        is_changeable: manages && here.caller.may_give(member.role),
        keys: theirs.join(", "),
    }
}

/// Somebody who manages members, having used their passkey where that is asked for.
async fn manager(visit: Visit, named: &str, proves: bool) -> Result<Here, Stop> {
    let here = visit.at(named, Permission::MemberManage).await?;
    if proves {
        here.require_proof(&here.path(TEAM))?;
    }
    Ok(here)
}

/// What a refusal tells on the page.
fn refused(here: &Here, error: ControlError) -> Answer {
    let notice = match error {
        ControlError::RoleAbove => Notice::MemberRoleAbove,
        ControlError::LastOwner => Notice::MemberOwnerLast,
        ControlError::AlreadyMember => Notice::MemberExists,
        ControlError::InvitationExists => Notice::InvitationExists,
        ControlError::InvitationPaused => Notice::InvitationPaused,
        ControlError::InvitationGone => Notice::InvitationGone,
        other => return Err(other.into()),
    };
    Ok(told(here, notice))
}

/// The page again, with why not.
fn told(here: &Here, notice: Notice) -> Response {
    refusal(here.tell(TEAM, notice), notice.key())
}

/// `POST /w/{workspace}/team/invite`.
pub(super) async fn invite(visit: Visit, Path(named): Path<String>, Form(form): Form<TeamForm>) -> Answer {
    let here = manager(visit, &named, true).await?;
    let Ok(email) = form.email.trim().parse::<EmailAddress>() else {
        return Ok(told(&here, Notice::EmailInvalid));
    };
    let new = NewInvitation {
        workspace: &here.workspace,
        email: &email,
        role: form.role()?,
        locale: here.visit.locale,
        inviter: here.person.label(),
    };
    match invitation::create(&here.visit.control, &here.actor, &new).await {
        Ok(_) => Ok(here.tell(TEAM, Notice::MemberInvited)),
        Err(error) => refused(&here, error),
    }
}

/// `POST /w/{workspace}/team/resend`.
pub(super) async fn resend(visit: Visit, Path(named): Path<String>, Form(form): Form<TeamForm>) -> Answer {
    let here = manager(visit, &named, false).await?;
    let control = &here.visit.control;
    let found = invitations::find(&control.parts().database, &here.workspace.id, &form.invitation).await?;
    let Some(found) = found else { return Ok(told(&here, Notice::InvitationGone)) };
    let inviter = here.person.label();
    match invitation::resend(control, &here.actor, &here.workspace, &found, inviter).await {
        Ok(_) => Ok(here.tell(TEAM, Notice::InvitationResent)),
        Err(error) => refused(&here, error),
    }
}

/// `POST /w/{workspace}/team/revoke`.
pub(super) async fn revoke(visit: Visit, Path(named): Path<String>, Form(form): Form<TeamForm>) -> Answer {
    let here = manager(visit, &named, false).await?;
    let control = &here.visit.control;
    let found = invitations::find(&control.parts().database, &here.workspace.id, &form.invitation).await?;
    let Some(found) = found else { return Ok(told(&here, Notice::InvitationGone)) };
    invitation::revoke(control, &here.actor, &found).await?;
    Ok(here.tell(TEAM, Notice::InvitationRevoked))
}

/// The member that a form names.
fn named_member(form: &TeamForm) -> Result<UserId, Stop> {
    form.member.parse().map_err(|_| Problem::member_not_found(&form.member).into())
}

/// `POST /w/{workspace}/team/role`.
pub(super) async fn set_role(visit: Visit, Path(named): Path<String>, Form(form): Form<TeamForm>) -> Answer {
    let here = manager(visit, &named, true).await?;
    let (user, role) = (named_member(&form)?, form.role()?);
    match member::set_role(&here.visit.control, &here.actor, &here.workspace.id, &user, role).await {
        Ok(Some((_, keys))) if !keys.is_empty() => Ok(here.tell(TEAM, Notice::MemberRoleKeys)),
        Ok(_) => Ok(here.tell(TEAM, Notice::MemberRoleChanged)),
        Err(error) => refused(&here, error),
    }
}

/// `POST /w/{workspace}/team/remove`.
pub(super) async fn remove(visit: Visit, Path(named): Path<String>, Form(form): Form<TeamForm>) -> Answer {
    let here = manager(visit, &named, true).await?;
    let user = named_member(&form)?;
    match member::remove(&here.visit.control, &here.actor, &here.workspace.id, &user).await {
        Ok(Some(keys)) if !keys.is_empty() => Ok(here.tell(TEAM, Notice::MemberRemovedKeys)),
        Ok(_) => Ok(here.tell(TEAM, Notice::MemberRemoved)),
        Err(error) => refused(&here, error),
    }
}
