//! Invitations to a workspace.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use kiavi_base::{EmailAddress, Locale};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    PREFIX, Problem,
    code::Code,
    input::{Asked, Sent},
    page::{self, Limit, Page, page},
    resource::text,
};
use crate::{
    Caller, Control, Role, Workspace,
    caller::Actor,
    invitation::{self, Invitation, InvitationState, NewInvitation, store},
    member,
    position::Position,
};

/// What cursors of this list begin with.
const LIST: &str = "invitations";

/// An invitation by mail.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Invitation)]
pub(super) struct InvitationResource {
    /// Its id, which never changes.
    #[schema(example = "0a1b2c3d4e5f6g7h", pattern = "^[a-z0-9]{16}$")]
    id: String,
    /// The address that it is for; nobody else can accept it.
    #[schema(example = "bea@example.com")]
    email: String,
    role: Role,
    state: InvitationState,
    /// Who made it.
    #[schema(example = "member:Zk3vX9bQ2mWc7LpR1sTd8uYa4eNf6gHj")]
    invited_by: String,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// When its letter left last; null when it could not be handed over.
    #[schema(format = DateTime)]
    sent_at: Option<String>,
    /// When its link ends.
    #[schema(format = DateTime)]
    expires_at: String,
}

impl From<Invitation> for InvitationResource {
    fn from(invitation: Invitation) -> Self {
        Self {
            id: invitation.id,
            email: invitation.email,
            role: invitation.role,
            state: invitation.state,
            invited_by: invitation.invited_by,
            created_at: text(invitation.created_at),
            sent_at: invitation.sent_at.map(text),
            expires_at: text(invitation.expires_at),
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// How many, at most.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Only invitations in this state.
    #[param(inline)]
    state: Option<InvitationState>,
}

/// List invitations
///
/// Newest first, in pages.
#[utoipa::path(get, path = "/workspaces/{workspace}/invitations", tag = "Members", params(Wanted,
    ("workspace" = String, Path, description = "The workspace's name or id", example = "default")), responses(
    (status = 200, description = "A page of invitations", body = Page<InvitationResource>),
))]
pub(super) async fn list(
    State(control): State<Control>,
    Extension(workspace): Extension<Arc<Workspace>>,
    uri: Uri,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Problem> {
    let limit = Limit::of(wanted.limit)?;
    let before = page::position_in_time(LIST, wanted.cursor.as_deref(), Position::last())?;
    let database = &control.parts().database;
    let found = store::list(database, &workspace.id, &before, wanted.state, limit.and_one()).await?;
    let position = |invitation: &Invitation| {
        Position { at: invitation.created_at, id: invitation.id.to_string() }.to_string()
    };
    Ok(page(LIST, &uri, found, limit, position, InvitationResource::from))
}

/// Somebody to be invited.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WantedInvitation {
    /// The address that it is for.
    #[schema(example = "bea@example.com", max_length = 254)]
    email: String,
    role: Role,
    /// The language of the letter; English, if there is none.
    #[schema(example = "de")]
    locale: Option<String>,
}

/// Invite somebody
///
/// A letter goes to the address, by the mail of the tenant that the console's people sign in to. Its link is good for a
/// week and for that address only; whoever opens it decides with a button. An address has one open invitation to a
/// workspace, and a workspace makes a hundred invitations a day at most.
#[utoipa::path(post, path = "/workspaces/{workspace}/invitations", tag = "Members", request_body = WantedInvitation,
    params(("workspace" = String, Path, description = "The workspace's name or id", example = "default")), responses(
    (status = 201, description = "The invitation", body = InvitationResource,
        headers(("Location" = String, description = "Its address in this API"))),
))]
pub(super) async fn create(
    State(control): State<Control>,
    Extension(workspace): Extension<Arc<Workspace>>,
    actor: Actor,
    Sent(wanted): Sent<WantedInvitation>,
) -> Result<Response, Problem> {
    let email: EmailAddress = wanted
        .email
        .parse()
        .map_err(|_| Problem::new(Code::InvalidInvitation, "This is no e-mail address."))?;
    let locale = match wanted.locale.as_deref() {
        None => Locale::En,
        Some(tag) => Locale::from_tag(tag).ok_or_else(|| {
            Problem::new(Code::InvalidInvitation, "This is no language that letters are in.")
        })?,
    };
    let inviter = inviter(&control, &workspace, &actor).await?;
    let new =
        NewInvitation { workspace: &workspace, email: &email, role: wanted.role, locale, inviter: &inviter };
    let made = invitation::create(&control, &actor, &new).await?;
    let location = format!("{PREFIX}/workspaces/{}/invitations/{}", workspace.id, made.id);
    let mut response = (StatusCode::CREATED, Json(InvitationResource::from(made))).into_response();
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// What a letter calls whoever invites.
async fn inviter(control: &Control, workspace: &Workspace, actor: &Actor) -> Result<String, Problem> {
    let Some(Caller::Member { user, .. }) = &actor.caller else { return Ok(workspace.name.clone()) };
    let member = member::store::find(&control.parts().database, &workspace.id, user.as_str()).await?;
    Ok(member.map_or_else(
        || workspace.name.clone(),
        |member| if member.name.is_empty() { member.email } else { member.name },
    ))
}

/// Nothing: `{}`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NothingSent {}

/// Send an invitation again
///
/// With a new link, good for a week from now; the one before ends. Five minutes after the last letter at the earliest.
#[utoipa::path(post, path = "/workspaces/{workspace}/invitations/{invitation}/resend", tag = "Members",
    request_body = NothingSent, params(
        ("workspace" = String, Path, description = "The workspace's name or id", example = "default"),
        ("invitation" = String, Path, description = "The invitation's id", example = "0a1b2c3d4e5f6g7h"),
    ), responses(
    (status = 200, description = "The invitation", body = InvitationResource),
))]
pub(super) async fn resend(
    State(control): State<Control>,
    Extension(workspace): Extension<Arc<Workspace>>,
    Extension(found): Extension<Arc<Invitation>>,
    actor: Actor,
    Sent(NothingSent {}): Sent<NothingSent>,
) -> Result<Json<InvitationResource>, Problem> {
    let inviter = inviter(&control, &workspace, &actor).await?;
    let sent = invitation::resend(&control, &actor, &workspace, &found, &inviter).await?;
    Ok(Json(sent.into()))
}

/// Withdraw an invitation
///
/// One that was accepted or withdrawn stays as it is.
#[utoipa::path(post, path = "/workspaces/{workspace}/invitations/{invitation}/revoke", tag = "Members", params(
    ("workspace" = String, Path, description = "The workspace's name or id", example = "default"),
    ("invitation" = String, Path, description = "The invitation's id", example = "0a1b2c3d4e5f6g7h"),
), responses(
    (status = 200, description = "It cannot be accepted, now or before", body = InvitationResource),
))]
pub(super) async fn revoke(
    State(control): State<Control>,
    Extension(found): Extension<Arc<Invitation>>,
    actor: Actor,
) -> Result<Json<InvitationResource>, Problem> {
    invitation::revoke(&control, &actor, &found).await?;
    let now = store::find(&control.parts().database, &found.workspace, &found.id).await?;
    Ok(Json(now.ok_or_else(|| Problem::invitation_not_found(&found.id))?.into()))
}
