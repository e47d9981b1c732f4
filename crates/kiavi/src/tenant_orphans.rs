//! `kiavi tenant orphans`: what is left of tenants that are not there.

use clap::Args;
use serde_json::{Value, json};

use crate::{
    client::{Client, ClientError},
    tenant::{Common, text},
    tenant_table::table,
};

/// List what is left of tenants that are not there: databases, roles, accounts and secrets
///
/// No crash leaves any; restoring one part of an instance without the others may. Nothing is listed that is not named like
/// a tenant's.
#[derive(Debug, Args)]
pub(crate) struct OrphansArgs {
    /// Remove all that are listed; this cannot be undone
    #[arg(long)]
    remove: bool,
    #[command(flatten)]
    common: Common,
}

/// Does what the command says.
pub(crate) async fn run(args: OrphansArgs) -> Result<String, ClientError> {
    let client = args.common.client();
    let orphans = list(&client).await?;
    let ids: Vec<_> = orphans.iter().map(|orphan| orphan["id"].clone()).collect();
    if args.remove && !ids.is_empty() {
        client.post("/v1/orphans/remove", &json!({ "ids": ids })).await?;
    }
    if args.common.json {
        return Ok(json!({ "orphans": orphans, "removed": args.remove }).to_string());
    }
    if orphans.is_empty() {
        return Ok("There are none.".to_owned());
    }
    let row = |orphan: &Value| [text(orphan, "id").to_owned(), remains(&orphan["remains"])];
    let listed = table(["TENANT", "WHAT IS LEFT"], &orphans.iter().map(row).collect::<Vec<_>>());
    Ok(if args.remove {
        format!("{listed}\nAll of this is removed.")
    } else {
        format!("{listed}\nkiavi tenant orphans --remove removes all of this.")
    })
}

/// All orphans of an instance.
pub(crate) async fn list(client: &Client) -> Result<Vec<Value>, ClientError> {
    client.folder()?;
    let mut answer = client.get("/v1/orphans").await?;
    Ok(answer["orphans"].as_array_mut().map(std::mem::take).unwrap_or_default())
}

fn remains(of: &Value) -> String {
    let mut parts: Vec<_> = ["database", "roles", "secrets"]
        .into_iter()
        .filter(|part| of[*part] == true)
        .map(str::to_owned)
        .collect();
    if let Some(uid) = of["account"].as_u64() {
        parts.push(format!("account {uid}"));
    }
    parts.join(", ")
}
