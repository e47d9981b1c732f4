//! `kiavi workspace create | rename | list`: the accounts that tenants and management keys are in.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use hyper::Method;
use serde_json::{Value, json};

use crate::{
    client::{ClientError, unknown},
    tenant::{Common, answer, text},
    tenant_table::table,
};

/// Manage workspaces.
#[derive(Debug, Args)]
pub(crate) struct WorkspaceArgs {
    #[command(subcommand)]
    verb: WorkspaceVerb,
}

#[derive(Debug, Subcommand)]
enum WorkspaceVerb {
    /// Create a workspace
    Create {
        /// Its name in addresses: lower-case letters, digits and hyphens
        slug: String,
        /// Its name for people [default: the same]
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        common: Common,
    },
    /// Give a workspace another name for people
    Rename {
        /// The workspace, by its name in addresses
        slug: String,
        /// Its new name for people
        name: String,
        #[command(flatten)]
        common: Common,
    },
    /// List all workspaces
    List {
        #[command(flatten)]
        common: Common,
    },
}

/// Does what the command says and returns what the process should exit with.
pub(crate) fn run(args: WorkspaceArgs) -> ExitCode {
    match args.verb {
        WorkspaceVerb::Create { slug, name, common } => answer(create(slug, name, common)),
        WorkspaceVerb::Rename { slug, name, common } => answer(rename(slug, name, common)),
        WorkspaceVerb::List { common } => answer(list(common)),
    }
}

async fn create(slug: String, name: Option<String>, common: Common) -> Result<String, ClientError> {
    let mut wanted = json!({ "slug": slug });
    if let Some(name) = name {
        wanted["name"] = name.into();
    }
    let made = common.client().post("/v1/workspaces", &wanted).await?;
    Ok(if common.json {
        made.to_string()
    } else {
        format!("{slug} is made; its id is {}", text(&made, "id"))
    })
}

async fn rename(slug: String, name: String, common: Common) -> Result<String, ClientError> {
    // Nothing else is a name in addresses.
    if slug.is_empty() || !slug.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Err(unknown("workspace", "workspace_not_found", &slug));
    }
    let (path, change) = (format!("/v1/workspaces/{slug}"), json!({ "name": name }));
    let renamed = common.client().send_json(Method::PATCH, &path, None, &change).await?;
    Ok(if common.json { renamed.to_string() } else { format!("{slug} is called {name:?} now.") })
}

async fn list(common: Common) -> Result<String, ClientError> {
    let workspaces = common.client().list("/v1/workspaces").await?;
    if common.json {
        return Ok(Value::Array(workspaces).to_string());
    }
    let row = |workspace: &Value| ["slug", "name", "id"].map(|member| text(workspace, member).to_owned());
    Ok(table(["SLUG", "NAME", "ID"], &workspaces.iter().map(row).collect::<Vec<_>>()))
}
