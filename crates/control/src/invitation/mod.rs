//! Invitations by mail: bound to an address, good for a week, accepted by a button.

pub(crate) mod store;

use jiff::Timestamp;
use kiavi_base::{Alphabet, EmailAddress, Locale, UserId, WorkspaceId, random_text};
use kiavi_crypto::sha256;
use serde_json::{Value, json};

use crate::{
    Control, ControlError, Role, Workplace, Workspace,
    audit::{self, Event, EventType, Outcome},
    caller::Actor,
    console::{session::Person, tenant},
    error::chain,
    member::{self, store as members},
    standing,
};

/// Days that a link is good.
pub(crate) const DAYS: u32 = 7;
/// Symbols of a link's token: 256 bits.
const TOKEN_SYMBOLS: usize = 43;
/// Symbols of an id.
const ID_SYMBOLS: usize = 16;
/// Invitations that one workspace may make in a day.
const PER_DAY: i64 = 100;

/// An invitation as it is stored.
#[derive(Debug, Clone)]
pub(crate) struct Invitation {
    pub(crate) id: String,
    pub(crate) workspace: WorkspaceId,
    pub(crate) email: String,
    pub(crate) role: Role,
    pub(crate) invited_by: String,
    pub(crate) created_at: Timestamp,
    pub(crate) sent_at: Option<Timestamp>,
    pub(crate) expires_at: Timestamp,
    /// By the database's clock.
    pub(crate) state: InvitationState,
    pub(crate) locale: String,
}

/// What became of an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum InvitationState {
    /// It can be accepted.
    Open,
    /// Its time is over. It can be sent again.
    Expired,
    /// Somebody joined by it.
    Accepted,
    /// It was withdrawn.
    Revoked,
}

impl InvitationState {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Expired => "expired",
            Self::Accepted => "accepted",
            Self::Revoked => "revoked",
        }
    }
}

/// Somebody to be invited.
pub(crate) struct NewInvitation<'a> {
    pub(crate) workspace: &'a Workspace,
    pub(crate) email: &'a EmailAddress,
    pub(crate) role: Role,
    /// The language of the letter.
    pub(crate) locale: Locale,
    /// Who invites, for people.
    pub(crate) inviter: &'a str,
}

fn token(control: &Control) -> String {
    random_text(&*control.parts().rng, Alphabet::AlphaNumeric, TOKEN_SYMBOLS)
}

/// Invites somebody. A letter that the tenant does not take leaves `sent_at` empty; it can be sent again.
///
/// # Errors
/// [`ControlError::RoleAbove`], [`ControlError::AlreadyMember`], [`ControlError::InvitationExists`],
/// [`ControlError::TooManyInvitations`], or the database's.
pub(crate) async fn create(
    control: &Control,
    actor: &Actor,
    new: &NewInvitation<'_>,
) -> Result<Invitation, ControlError> {
    member::refuse_above(actor, new.role)?;
    let parts = control.parts();
    let workspace = &new.workspace.id;
    if members::by_email(&parts.database, workspace, new.email.as_str()).await?.is_some() {
        return Err(ControlError::AlreadyMember);
    }
    let id = random_text(&*parts.rng, Alphabet::LowerAlphaNumeric, ID_SYMBOLS);
    let token = token(control);
    let transaction = parts.database.begin().await?;
    standing::lock(&transaction, workspace).await?;
    standing::confirm(&transaction, actor).await?;
    if store::made_today(&transaction, workspace).await? >= PER_DAY {
        return Err(ControlError::TooManyInvitations);
    }
    let inviter = actor.name();
    let made = store::insert(&transaction, &id, new, &sha256(token.as_bytes()), &inviter).await?;
    let mut made = made.ok_or(ControlError::InvitationExists)?;
    let detail = json!({ "workspace": workspace, "role": new.role });
    tell(control, &transaction, actor, EventType::InvitationCreated, &id, detail).await?;
    transaction.commit().await?;
    made.sent_at = send(control, &made, new.workspace, new.inviter, &token).await?;
    Ok(made)
}

/// Hands the letter to the tenant, and notes when it took it.
async fn send(
    control: &Control,
    invitation: &Invitation,
    workspace: &Workspace,
    inviter: &str,
    token: &str,
) -> Result<Option<Timestamp>, ControlError> {
    let letter = json!({
        "email": invitation.email,
        "locale": invitation.locale,
        "inviter": inviter,
        "workspace": workspace.name,
        "token": token,
        "days": DAYS,
    });
    if let Err(error) = tenant::invite(control, letter).await {
        tracing::warn!(error = chain(&error), "an invitation could not be handed to the console's tenant");
        return Ok(None);
    }
    Ok(store::sent(&control.parts().database, &invitation.id).await?)
}

/// Sends an invitation again, with a new link and a week from now.
///
/// # Errors
/// [`ControlError::InvitationPaused`] within five minutes of the last letter, [`ControlError::InvitationGone`] for
/// one that is accepted or withdrawn, or the database's.
pub(crate) async fn resend(
    control: &Control,
    actor: &Actor,
    workspace: &Workspace,
    invitation: &Invitation,
    inviter: &str,
) -> Result<Invitation, ControlError> {
    member::refuse_above(actor, invitation.role)?;
    let token = token(control);
    let transaction = control.parts().database.begin().await?;
    standing::confirm(&transaction, actor).await?;
    let renewed = store::renew(&transaction, &invitation.id, &sha256(token.as_bytes())).await?;
    let Some(mut renewed) = renewed else {
        let is_open = matches!(invitation.state, InvitationState::Open | InvitationState::Expired);
        return Err(if is_open { ControlError::InvitationPaused } else { ControlError::InvitationGone });
    };
    let detail = json!({ "workspace": workspace.id });
    tell(control, &transaction, actor, EventType::InvitationResent, &invitation.id, detail).await?;
    transaction.commit().await?;
    renewed.sent_at = send(control, &renewed, workspace, inviter, &token).await?;
    Ok(renewed)
}

/// Withdraws an invitation; nothing changes for one that has come to its end.
pub(crate) async fn revoke(
    control: &Control,
    actor: &Actor,
    invitation: &Invitation,
) -> Result<(), ControlError> {
    let transaction = control.parts().database.begin().await?;
    if transaction.execute(&store::REVOKE_INVITATION, &[&invitation.id]).await? == 1 {
        let detail = json!({ "workspace": invitation.workspace });
        tell(control, &transaction, actor, EventType::InvitationRevoked, &invitation.id, detail).await?;
        transaction.commit().await?;
    }
    Ok(())
}

/// Withdraws what a member invited, whose role changes or ends.
pub(crate) async fn withdraw_of(
    control: &Control,
    transaction: &kiavi_db::Transaction,
    actor: &Actor,
    workspace: &WorkspaceId,
    user: &UserId,
) -> Result<(), kiavi_db::DbError> {
    for id in store::revoke_of(transaction, workspace, user).await? {
        let detail = json!({ "workspace": workspace, "because": { "member": user } });
        tell(control, transaction, actor, EventType::InvitationRevoked, &id, detail).await?;
    }
    Ok(())
}

/// Makes whoever accepts a member: the workspace. `None` when it is not for their address, or at its end.
pub(crate) async fn accept(
    control: &Control,
    actor: &Actor,
    person: &Person,
    id: &str,
) -> Result<Option<WorkspaceId>, ControlError> {
    if !person.is_verified {
        return Ok(None);
    }
    let transaction = control.parts().database.begin().await?;
    let Some((workspace, role)) = store::accept(&transaction, id, &person.email).await? else {
        return Ok(None);
    };
    let values: [&(dyn kiavi_db::ToSql + Sync); 3] =
        [&workspace.as_str(), &person.user.as_str(), &role.as_str()];
    let has_joined = transaction.execute(&members::JOIN_MEMBER, &values).await? == 1;
    // It names them, and permits nothing.
    let actor = &person.acting(actor, &workspace, Workplace::Customer, role);
    let detail = json!({ "workspace": workspace, "role": role, "invitation": id, "by": "invitation" });
    // Whoever is a member already keeps the role that they have; only the invitation comes to its end.
    let kind = if has_joined { EventType::MemberJoined } else { EventType::InvitationAccepted };
    tell(control, &transaction, actor, kind, person.user.as_str(), detail).await?;
    transaction.commit().await?;
    Ok(Some(workspace))
}

async fn tell(
    control: &Control,
    transaction: &kiavi_db::Transaction,
    actor: &Actor,
    kind: EventType,
    subject: &str,
    detail: Value,
) -> Result<(), kiavi_db::DbError> {
    let event = Event { kind, outcome: Outcome::Success, actor, subject, detail };
    audit::record(control, transaction, &event).await
}
