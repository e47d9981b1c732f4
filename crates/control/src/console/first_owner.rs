//! The link that makes whoever signs in by it the owner of the workspace that every instance has. It works once, for a
//! day, and only while there is no owner.

use kiavi_base::{Alphabet, SecretString, random_text};
use kiavi_crypto::sha256;
use kiavi_db::Sql;
use serde_json::json;

use super::session::Person;
use crate::{
    Control, ControlError, Role, Workspace,
    audit::{self, Event, EventType, Outcome},
    caller::Actor,
    member::store as members,
    standing, workspace,
};

/// Symbols of a token: 258 bits.
const SYMBOLS: usize = 43;

pub(crate) const HAS_OWNER: Sql =
    Sql::new("HAS_OWNER", "SELECT EXISTS (SELECT FROM member WHERE workspace_id = $1 AND role = 'owner')");
pub(crate) const REPLACE_OWNER_LINK: Sql = Sql::new(
    "REPLACE_OWNER_LINK",
    "INSERT INTO owner_link (hash, expires_at) VALUES ($1, now() + interval '24 hours')
     ON CONFLICT (is_the_one) DO UPDATE SET hash = excluded.hash, expires_at = excluded.expires_at",
);
pub(crate) const OWNER_LINK: Sql =
    Sql::new("OWNER_LINK", "SELECT 1 FROM owner_link WHERE hash = $1 AND expires_at > now()");
pub(crate) const TAKE_OWNER_LINK: Sql = Sql::new(
    "TAKE_OWNER_LINK",
    "DELETE FROM owner_link WHERE hash = $1 AND expires_at > clock_timestamp() RETURNING hash",
);

/// What a link opens.
#[derive(Debug)]
pub(crate) enum Standing {
    /// It can be used for this workspace.
    Good(Workspace),
    /// It is unknown, used or too old.
    Gone,
    /// There is an owner, so no link is any good.
    Owned,
}

async fn workspace(control: &Control) -> Result<Workspace, ControlError> {
    let found = workspace::store::find(&control.parts().database, workspace::DEFAULT).await?;
    found.ok_or(ControlError::NoWorkspace)
}

/// A new link's token, in place of the one before; `None` when there is an owner.
pub(crate) async fn renew(control: &Control, actor: &Actor) -> Result<Option<SecretString>, ControlError> {
    let parts = control.parts();
    let workspace = workspace(control).await?.id;
    let token = random_text(&*parts.rng, Alphabet::UrlSafe, SYMBOLS);
    let transaction = parts.database.begin().await?;
    standing::lock(&transaction, &workspace).await?;
    if transaction.query_one(&HAS_OWNER, &[&workspace.as_str()]).await?.get(0) {
        return Ok(None);
    }
    transaction.execute(&REPLACE_OWNER_LINK, &[&sha256(token.as_bytes()).as_slice()]).await?;
    let (kind, outcome) = (EventType::OwnerLinkCreated, Outcome::Success);
    let event = Event { kind, outcome, actor, subject: workspace.as_str(), detail: json!({}) };
    audit::record(control, &transaction, &event).await?;
    transaction.commit().await?;
    Ok(Some(token.into()))
}

/// Whether the workspace that every instance has is owned by somebody.
pub(crate) async fn is_owned(control: &Control) -> Result<bool, ControlError> {
    let workspace = workspace(control).await?.id;
    let row = control.parts().database.query_one(&HAS_OWNER, &[&workspace.as_str()]).await?;
    Ok(row.get(0))
}

/// What a link opens now.
pub(crate) async fn look(control: &Control, token: &str) -> Result<Standing, ControlError> {
    let database = &control.parts().database;
    let workspace = workspace(control).await?;
    if database.query_one(&HAS_OWNER, &[&workspace.id.as_str()]).await?.get(0) {
        return Ok(Standing::Owned);
    }
    let found = database.query_opt(&OWNER_LINK, &[&sha256(token.as_bytes()).as_slice()]).await?;
    Ok(found.map_or(Standing::Gone, |_| Standing::Good(workspace)))
}

/// Uses a link up and makes its bearer the owner, in one transaction.
pub(crate) async fn claim(
    control: &Control,
    actor: &Actor,
    person: &Person,
    token: &str,
) -> Result<Standing, ControlError> {
    let workspace = workspace(control).await?;
    let id = workspace.id.as_str();
    let transaction = control.parts().database.begin().await?;
    // Two links, or two browsers with one, take turns.
    standing::lock(&transaction, &workspace.id).await?;
    if transaction.query_one(&HAS_OWNER, &[&id]).await?.get(0) {
        return Ok(Standing::Owned);
    }
    let taken = transaction.query_opt(&TAKE_OWNER_LINK, &[&sha256(token.as_bytes()).as_slice()]).await?;
    if taken.is_none() {
        return Ok(Standing::Gone);
    }
    members::put(&transaction, &workspace.id, &person.user, Role::Owner).await?;
    let actor = &person.acting(actor, &workspace.id, workspace.workplace(), Role::Owner);
    let (kind, outcome) = (EventType::MemberJoined, Outcome::Success);
    let detail = json!({ "workspace": id, "role": Role::Owner, "by": "owner_link" });
    let event = Event { kind, outcome, actor, subject: person.user.as_str(), detail };
    audit::record(control, &transaction, &event).await?;
    transaction.commit().await?;
    Ok(Standing::Good(workspace))
}
