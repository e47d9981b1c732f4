//! Which workspace somebody is at, and making and renaming one.

use axum::{Form, extract::Path};
use kiavi_base::{Slug, WorkspaceId};
use kiavi_pages::{NewWorkspace, NoWorkspace, Notice};
use serde::Deserialize;

use super::{
    join::offer,
    visit::{Answer, Stop, Visit, html, refusal, see_other},
};
use crate::{
    ControlError, Permission, api::Problem, caller::Actor, console::first_owner, invitation, member,
    workspace,
};

/// The form of a new workspace, and of a new name.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Named {
    name: String,
    slug: String,
}

/// `GET /`: leads to the workspace that was opened last, or to the first.
pub(super) async fn home(visit: Visit) -> Answer {
    let person = visit.signed_in().await?;
    let database = &visit.control.parts().database;
    let all = member::store::workspaces_of(database, &person.user).await?;
    let last = all.iter().find(|(workspace, _)| person.workspace.as_ref() == Some(&workspace.id));
    if let Some((workspace, _)) = last.or(all.first()) {
        return Ok(see_other(&format!("/w/{}", workspace.slug)));
    }
    let mut offers = Vec::new();
    if person.is_verified {
        for open in invitation::store::open_for(database, &person.email).await? {
            offers.push(offer(&visit.control, &open).await?);
        }
    }
    let has_owner = first_owner::is_owned(&visit.control).await?;
    Ok(html(&NoWorkspace { frame: visit.frame(), email: person.email, has_owner, offers }))
}

/// Somebody who may make workspaces, as a member of one where they may.
async fn maker(visit: &Visit) -> Result<Actor, Stop> {
    let person = visit.signed_in().await?;
    let all = member::store::workspaces_of(&visit.control.parts().database, &person.user).await?;
    let at = all.into_iter().find(|(at, role)| role.may(Permission::WorkspaceCreate, at.workplace()));
    let Some((workspace, role)) = at else {
        return Err(Problem::forbidden(Permission::WorkspaceCreate).into());
    };
    Ok(person.acting(&visit.actor, &workspace.id, workspace.workplace(), role))
}

/// `GET /workspaces/new`.
pub(super) async fn new(visit: Visit) -> Answer {
    maker(&visit).await?;
    Ok(html(&NewWorkspace { frame: visit.frame(), name: String::new(), slug: String::new(), notice: None }))
}

/// `POST /workspaces/new`.
pub(super) async fn create(visit: Visit, Form(form): Form<Named>) -> Answer {
    let actor = maker(&visit).await?;
    let name = form.name.trim();
    let slug: Option<Slug> = form.slug.parse().ok().filter(|_| form.slug.parse::<WorkspaceId>().is_err());
    let made = match slug.filter(|_| workspace::is_name(name)) {
        Some(slug) => workspace::create(&visit.control, &actor, &slug, name).await,
        None => return Ok(again(&visit, &form, Notice::WorkspaceName)),
    };
    match made {
        Ok(workspace) => Ok(see_other(&format!("/w/{}", workspace.slug))),
        Err(ControlError::WorkspaceTaken(_)) => Ok(again(&visit, &form, Notice::WorkspaceExists)),
        Err(error) => Err(error.into()),
    }
}

fn again(visit: &Visit, form: &Named, notice: Notice) -> axum::response::Response {
    let (name, slug) = (form.name.clone(), form.slug.clone());
    let code = notice.key();
    refusal(html(&NewWorkspace { frame: visit.frame(), name, slug, notice: Some(notice) }), code)
}

/// `POST /w/{workspace}/rename`.
pub(super) async fn rename(visit: Visit, Path(named): Path<String>, Form(form): Form<Named>) -> Answer {
    let here = visit.at(&named, Permission::WorkspaceManage).await?;
    let name = form.name.trim();
    if !workspace::is_name(name) {
        return Ok(refusal(here.tell("/team", Notice::WorkspaceName), Notice::WorkspaceName.key()));
    }
    workspace::rename(&here.visit.control, &here.actor, &here.workspace, name).await?;
    Ok(here.tell("/team", Notice::WorkspaceRenamed))
}
