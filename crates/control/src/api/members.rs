//! Members of a workspace.

use std::sync::Arc;

use axum::{Extension, Json, extract::State, http::Uri, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    Problem,
    input::{Asked, Sent},
    page::{self, Limit, Page, page},
    resource::text,
};
use crate::{
    Control, Role, Workspace,
    caller::Actor,
    key::end::ChangedKey,
    member::{self, Member, store},
    position::Position,
};

/// What cursors of this list begin with.
const LIST: &str = "members";

/// A person in a workspace.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Member)]
pub(super) struct MemberResource {
    /// Their id at the console's sign-in, which never changes.
    #[schema(example = "Zk3vX9bQ2mWc7LpR1sTd8uYa4eNf6gHj")]
    id: String,
    /// Their address.
    #[schema(example = "ada@example.com")]
    email: String,
    /// What to call them; may be empty.
    #[schema(example = "Ada Lovelace")]
    name: String,
    role: Role,
    /// When they joined.
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<Member> for MemberResource {
    fn from(member: Member) -> Self {
        let Member { user, email, name, role, created_at } = member;
        Self { id: user.into(), email, name, role, created_at: text(created_at) }
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
}

/// List members
///
/// The first who joined first, in pages.
#[utoipa::path(get, path = "/workspaces/{workspace}/members", tag = "Members", params(Wanted,
    ("workspace" = String, Path, description = "The workspace's name or id", example = "default")), responses(
    (status = 200, description = "A page of members", body = Page<MemberResource>),
))]
pub(super) async fn list(
    State(control): State<Control>,
    Extension(workspace): Extension<Arc<Workspace>>,
    uri: Uri,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Problem> {
    let limit = Limit::of(wanted.limit)?;
    let after = page::position_in_time(LIST, wanted.cursor.as_deref(), Position::first())?;
    let members = store::list(&control.parts().database, &workspace.id, &after, limit.and_one()).await?;
    let position =
        |member: &Member| Position { at: member.created_at, id: member.user.to_string() }.to_string();
    Ok(page(LIST, &uri, members, limit, position, MemberResource::from))
}

/// What becomes of a member.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RoleChange {
    role: Role,
}

/// A member with another role.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MemberChanged {
    #[serde(flatten)]
    member: MemberResource,
    /// Management keys that may do less now.
    keys: Vec<ChangedKey>,
}

/// What went with a member.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MemberRemoved {
    /// Management keys that ended.
    keys: Vec<ChangedKey>,
}

/// Change a member's role
///
/// It counts at once. Nobody gives or takes a role that may do more than they may, and a workspace keeps an owner. Open
/// invitations that the member made end. Management keys whose secret they know keep only those scopes that the role has;
/// one that is left with none is revoked.
#[utoipa::path(patch, path = "/workspaces/{workspace}/members/{member}", tag = "Members", request_body = RoleChange,
    params(
        ("workspace" = String, Path, description = "The workspace's name or id", example = "default"),
        ("member" = String, Path, description = "The member's id"),
    ), responses(
    (status = 200, description = "The member, and the keys that may do less", body = MemberChanged),
))]
pub(super) async fn change(
    State(control): State<Control>,
    Extension(workspace): Extension<Arc<Workspace>>,
    Extension(member): Extension<Arc<Member>>,
    actor: Actor,
    Sent(wanted): Sent<RoleChange>,
) -> Result<Json<MemberChanged>, Problem> {
    let changed = member::set_role(&control, &actor, &workspace.id, &member.user, wanted.role).await?;
    let (changed, keys) = changed.ok_or_else(|| Problem::member_not_found(member.user.as_str()))?;
    Ok(Json(MemberChanged { member: changed.into(), keys }))
}

/// Remove a member
///
/// From then on the workspace is not there for them. Open invitations that they made end, and so do management keys whose
/// secret they know, because they made or rotated it last. To keep such a key, have somebody else rotate it before.
#[utoipa::path(delete, path = "/workspaces/{workspace}/members/{member}", tag = "Members", params(
    ("workspace" = String, Path, description = "The workspace's name or id", example = "default"),
    ("member" = String, Path, description = "The member's id"),
), responses(
    (status = 200, description = "They are no member any more; the keys that ended", body = MemberRemoved),
))]
pub(super) async fn remove(
    State(control): State<Control>,
    Extension(workspace): Extension<Arc<Workspace>>,
    Extension(member): Extension<Arc<Member>>,
    actor: Actor,
) -> Result<Json<MemberRemoved>, Problem> {
    let keys = member::remove(&control, &actor, &workspace.id, &member.user).await?;
    let keys = keys.ok_or_else(|| Problem::member_not_found(member.user.as_str()))?;
    Ok(Json(MemberRemoved { keys }))
}
