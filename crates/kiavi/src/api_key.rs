//! `kiavi api-key create | list | show | rotate | revoke`: the keys that open the management API over the network.
//!
//! A new key is all that is written to standard output, so that it can go straight to where it is kept; what there is
//! to know about it goes to standard error.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::{
    client::{ClientError, unknown},
    tenant::{Common, answer, query, text},
    tenant_table::table,
};

/// Manage the keys that open the management API.
#[derive(Debug, Args)]
pub(crate) struct ApiKeyArgs {
    #[command(subcommand)]
    verb: ApiKeyVerb,
}

#[derive(Debug, Subcommand)]
enum ApiKeyVerb {
    /// Create a key; it is shown once
    Create {
        /// Its name for people
        name: String,
        /// What it may do, such as tenant.read; * is everything. May be given several times
        #[arg(long = "scope", required = true, value_name = "SCOPE")]
        scopes: Vec<String>,
        /// The only workspace that it is good for, by name or id [default: all]
        #[arg(long)]
        workspace: Option<String>,
        /// When it ends by itself, such as 2027-12-31T00:00:00Z [default: never]
        #[arg(long, value_name = "TIME")]
        expires_at: Option<String>,
        #[command(flatten)]
        common: Common,
    },
    /// List keys, newest first
    List {
        /// Only keys in this state: active, expired or revoked
        #[arg(long)]
        state: Option<String>,
        /// Only keys of this workspace, by name or id
        #[arg(long)]
        workspace: Option<String>,
        #[command(flatten)]
        common: Common,
    },
    /// Show one key, but not its secret
    Show {
        /// The key's id
        id: String,
        #[command(flatten)]
        common: Common,
    },
    /// Give a key a new secret; it is shown once
    Rotate {
        /// The key's id
        id: String,
        /// How long the present secret stays good, in seconds; 0 ends it at once
        #[arg(long, value_name = "SECONDS", default_value_t = 86_400)]
        overlap: u32,
        #[command(flatten)]
        common: Common,
    },
    /// End a key at once
    Revoke {
        /// The key's id
        id: String,
        #[command(flatten)]
        common: Common,
    },
}

/// Does what the command says and returns what the process should exit with.
pub(crate) fn run(args: ApiKeyArgs) -> ExitCode {
    match args.verb {
        ApiKeyVerb::Create { name, scopes, workspace, expires_at, common } => {
            let wanted = wanted(&name, &scopes, workspace, expires_at);
            answer(async move { made(&common.client().post("/v1/keys", &wanted).await?, common.json) })
        }
        ApiKeyVerb::List { state, workspace, common } => {
            let path = query("/v1/keys", [("state", state), ("workspace", workspace)]);
            answer(async move { list(common.client().list(&path).await?, common.json) })
        }
        ApiKeyVerb::Show { id, common } => answer(async move {
            let key = common.client().get(&path(&id)?).await?;
            Ok(if common.json { key.to_string() } else { details(&key) })
        }),
        ApiKeyVerb::Rotate { id, overlap, common } => answer(async move {
            let body = json!({ "overlap_seconds": overlap });
            made(&common.client().post(&format!("{}/rotate", path(&id)?), &body).await?, common.json)
        }),
        ApiKeyVerb::Revoke { id, common } => answer(async move {
            let key = common.client().post(&format!("{}/revoke", path(&id)?), &json!({})).await?;
            Ok(if common.json { key.to_string() } else { format!("{id} is revoked.") })
        }),
    }
}

fn wanted(name: &str, scopes: &[String], workspace: Option<String>, expires_at: Option<String>) -> Value {
    let mut wanted = json!({ "name": name, "scopes": scopes });
    for (member, value) in [("workspace", workspace), ("expires_at", expires_at)] {
        if let Some(value) = value {
            wanted[member] = value.into();
        }
    }
    wanted
}

/// Where a key is in the API.
fn path(id: &str) -> Result<String, ClientError> {
    if !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Ok(format!("/v1/keys/{id}"));
    }
    // Nothing else is an id.
    Err(unknown("management key", "key_not_found", id))
}

fn made(key: &Value, is_json: bool) -> Result<String, ClientError> {
    if is_json {
        return Ok(key.to_string());
    }
    let told = format!("{}\nKeep it now, it is not shown again:\n", details(key));
    io::stderr().write_all(told.as_bytes()).map_err(|error| ClientError::Failed(error.to_string()))?;
    Ok(text(key, "key").to_owned())
}

fn list(keys: Vec<Value>, is_json: bool) -> Result<String, ClientError> {
    if is_json {
        return Ok(Value::Array(keys).to_string());
    }
    if keys.is_empty() {
        return Ok(
            "There is no such key. Create one: kiavi api-key create NAME --scope tenant.read".to_owned()
        );
    }
    let row = |key: &Value| {
        let used = key["last_used_on"].as_str().unwrap_or("never");
        let place = key["workspace"].as_str().unwrap_or("all");
        [text(key, "id"), text(key, "name"), &mask(key), text(key, "state"), used, place, &scopes(key)]
            .map(str::to_owned)
    };
    let rows: Vec<_> = keys.iter().map(row).collect();
    Ok(table(["ID", "NAME", "KEY", "STATE", "USED", "WORKSPACE", "SCOPES"], &rows))
}

/// One key, a line for each thing to know.
fn details(key: &Value) -> String {
    let mut lines = vec![
        format!("Id         {}", text(key, "id")),
        format!("Name       {}", text(key, "name")),
        format!("Key        {}", mask(key)),
        format!("State      {}", text(key, "state")),
        format!("Workspace  {}", key["workspace"].as_str().unwrap_or("all")),
        format!("Scopes     {}", scopes(key)),
    ];
    for (word, member) in [
        ("Created", "created_at"),
        ("By", "created_by"),
        ("Expires", "expires_at"),
        ("Used", "last_used_on"),
        ("Old until", "previous_expires_at"),
        ("Revoked", "revoked_at"),
    ] {
        if let Some(value) = key[member].as_str() {
            lines.push(format!("{word:<11}{value}"));
        }
    }
    lines.join("\n")
}

fn mask(key: &Value) -> String {
    format!("{}…{}", text(key, "prefix"), text(key, "last4"))
}

fn scopes(key: &Value) -> String {
    let scopes = key["scopes"].as_array().into_iter().flatten().filter_map(Value::as_str);
    scopes.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_key_has_is_told_without_the_key() {
        let key = json!({
            "id": "k1", "name": "ci", "prefix": "kiavi_mk_", "last4": "wxyz", "state": "active", "workspace": null,
            "scopes": ["tenant.read", "key.read"], "created_at": "2026-11-26T00:00:00.000Z", "created_by": "local_operator",
            "expires_at": null, "last_used_on": null, "key": "kiavi_mk_secret",
        });
        let told = details(&key);
        assert!(told.contains("Key        kiavi_mk_…wxyz\nState      active\nWorkspace  all"), "{told}");
        assert!(told.ends_with(
            "Scopes     tenant.read key.read\nCreated    2026-11-26T00:00:00.000Z\nBy         local_operator"
        ));
        assert!(!told.contains("secret"));
    }

    #[test]
    fn an_id_is_no_path() {
        assert_eq!(path("0a1b").unwrap(), "/v1/keys/0a1b");
        for wrong in ["", "a/b", "..", "a?b"] {
            assert!(path(wrong).is_err(), "{wrong}");
        }
    }
}
