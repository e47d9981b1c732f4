//! `kiavi member list | invite | set-role | remove`: the people of a workspace.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use hyper::Method;
use serde_json::{Value, json};

use crate::{
    client::{Client, ClientError, unknown},
    tenant::{Common, answer, text},
    tenant_table::table,
};

/// Manage the people of a workspace.
#[derive(Debug, Args)]
pub(crate) struct MemberArgs {
    #[command(subcommand)]
    verb: MemberVerb,
}

/// Which workspace.
#[derive(Debug, Clone, Args)]
struct In {
    /// The workspace, by name or id
    #[arg(long, default_value = "default")]
    workspace: String,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Subcommand)]
enum MemberVerb {
    /// List members and open invitations
    List {
        #[command(flatten)]
        place: In,
    },
    /// Invite somebody by mail
    Invite {
        /// The address that the invitation is for
        email: String,
        /// What they will be: owner, admin, developer, support, viewer, auditor or privacy
        #[arg(long)]
        role: String,
        /// The language of the letter, such as de [default: en]
        #[arg(long)]
        locale: Option<String>,
        #[command(flatten)]
        place: In,
    },
    /// Give a member another role; it counts at once
    SetRole {
        /// The member, by id or e-mail address
        member: String,
        /// The role: owner, admin, developer, support, viewer, auditor or privacy
        role: String,
        #[command(flatten)]
        place: In,
    },
    /// Remove a member; from then on the workspace is not there for them
    Remove {
        /// The member, by id or e-mail address
        member: String,
        #[command(flatten)]
        place: In,
    },
}

/// Does what the command says and returns what the process should exit with.
pub(crate) fn run(args: MemberArgs) -> ExitCode {
    match args.verb {
        MemberVerb::List { place } => answer(list(place)),
        MemberVerb::Invite { email, role, locale, place } => answer(invite(email, role, locale, place)),
        MemberVerb::SetRole { member, role, place } => answer(set_role(member, role, place)),
        MemberVerb::Remove { member, place } => answer(remove(member, place)),
    }
}

impl In {
    /// Where the workspace is in the API.
    fn path(&self) -> Result<String, ClientError> {
        let name = &self.workspace;
        if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return Ok(format!("/v1/workspaces/{name}"));
        }
        // Nothing else is a name.
        Err(unknown("workspace", "workspace_not_found", name))
    }

    /// Where a member is in the API: by id, or by the address that the list has them under.
    async fn member(&self, client: &Client, named: &str) -> Result<String, ClientError> {
        let path = self.path()?;
        let members = client.list(&format!("{path}/members")).await?;
        let found = members
            .iter()
            .find(|member| text(member, "id") == named || text(member, "email").eq_ignore_ascii_case(named));
        let found = found.ok_or_else(|| unknown("member", "member_not_found", named))?;
        Ok(format!("{path}/members/{}", text(found, "id")))
    }
}

async fn list(place: In) -> Result<String, ClientError> {
    let (client, path) = (place.common.client(), place.path()?);
    let members = client.list(&format!("{path}/members")).await?;
    let invitations = client.list(&format!("{path}/invitations?state=open")).await?;
    if place.common.json {
        return Ok(json!({ "members": members, "invitations": invitations }).to_string());
    }
    let row = |state: &'static str| {
        move |one: &Value| [text(one, "email").to_owned(), text(one, "role").to_owned(), state.to_owned()]
    };
    let rows: Vec<_> =
        members.iter().map(row("member")).chain(invitations.iter().map(row("invited"))).collect();
    Ok(table(["EMAIL", "ROLE", "STATE"], &rows))
}

async fn invite(
    email: String,
    role: String,
    locale: Option<String>,
    place: In,
) -> Result<String, ClientError> {
    let mut wanted = json!({ "email": email, "role": role });
    if let Some(locale) = locale {
        wanted["locale"] = locale.into();
    }
    let made = place.common.client().post(&format!("{}/invitations", place.path()?), &wanted).await?;
    if place.common.json {
        return Ok(made.to_string());
    }
    Ok(match made["sent_at"].as_str() {
        Some(_) => format!("{email} is invited as {role}."),
        None => format!("{email} is invited as {role}, but the letter could not be sent: send it again."),
    })
}

async fn set_role(member: String, role: String, place: In) -> Result<String, ClientError> {
    let client = place.common.client();
    let path = place.member(&client, &member).await?;
    let changed = client.send_json(Method::PATCH, &path, None, &json!({ "role": role })).await?;
    Ok(if place.common.json {
        changed.to_string()
    } else {
        with_keys(format!("{member} is {role} now."), &changed)
    })
}

async fn remove(member: String, place: In) -> Result<String, ClientError> {
    let client = place.common.client();
    let path = place.member(&client, &member).await?;
    let removed = client.delete(&path).await?;
    Ok(if place.common.json {
        json!({ "member": member, "removed": true, "keys": removed["keys"] }).to_string()
    } else {
        with_keys(format!("{member} is no member any more."), &removed)
    })
}

/// What was done, and what became of the management keys that the member knows.
fn with_keys(done: String, answer: &Value) -> String {
    let line = |key: &Value| {
        let outcome = match text(key, "outcome") {
            "revoked" => "was revoked",
            "narrowed" => "may do only what the role may",
            _ => "was rotated by somebody else: its earlier secret ended",
        };
        format!("- The management key {} ({}) {outcome}.", text(key, "name"), text(key, "id"))
    };
    let keys = answer["keys"].as_array().into_iter().flatten().map(line);
    std::iter::once(done).chain(keys).collect::<Vec<_>>().join("\n")
}
