//! `kiavi key verify TENANT`: whether an API key of a tenant is good. The key comes on standard input, because a
//! command line is no place for a secret.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use hyper::Method;
use serde_json::{Value, json};

use crate::{
    client::ClientError,
    settings_input::read_input,
    tenant::{Common, Exit, block_on, complain, exit_of, say, tenant_path, text},
};

/// Verify API keys.
#[derive(Debug, Args)]
pub(crate) struct KeyArgs {
    #[command(subcommand)]
    verb: KeyVerb,
}

#[derive(Debug, Subcommand)]
enum KeyVerb {
    /// Use an API key once, read from standard input; ends with 0 if it is good and with 1 if not
    Verify {
        /// The tenant's name or id
        tenant: String,
        #[command(flatten)]
        common: Common,
    },
}

/// Does what the command says and returns what the process should exit with.
pub(crate) fn run(args: KeyArgs) -> ExitCode {
    let KeyVerb::Verify { tenant, common } = args.verb;
    let verified = block_on(async {
        let input = read_input()?;
        let key = input.trim();
        if key.is_empty() {
            return Err(ClientError::Input("Standard input has no key.".to_owned()));
        }
        let path = format!("{}/engine/api-key/verify", tenant_path(&tenant)?);
        common.client().send_json(Method::POST, &path, None, &json!({ "key": key })).await
    });
    match verified {
        Ok(verdict) => tell(&verdict, common.json),
        Err(error) => complain(&error.to_string(), exit_of(&error)),
    }
}

fn tell(verdict: &Value, is_json: bool) -> ExitCode {
    let is_valid = verdict["valid"] == true;
    if is_json {
        let said = say(&verdict.to_string());
        return if is_valid { said } else { Exit::Failed.into() };
    }
    if !is_valid {
        let reason = text(&verdict["error"], "message");
        return complain(&format!("The key is not good: {reason}"), Exit::Failed);
    }
    say(&details(&verdict["key"]))
}

/// A good key, a line for each thing to know.
fn details(key: &Value) -> String {
    let mut lines = vec!["The key is good.".to_owned()];
    for (word, member) in [
        ("Name", "name"),
        ("Begins", "start"),
        ("Owner", "referenceId"),
        ("Expires", "expiresAt"),
        ("Remaining", "remaining"),
        ("Permits", "permissions"),
    ] {
        match &key[member] {
            Value::Null => {}
            Value::String(text) => lines.push(format!("{word:<10}{text}")),
            other => lines.push(format!("{word:<10}{other}")),
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_key_has_is_told() {
        let key =
            json!({ "name": "ci", "start": "kv_12", "referenceId": "u1", "remaining": 3, "expiresAt": null });
        let lines = "The key is good.\nName      ci\nBegins    kv_12\nOwner     u1\nRemaining 3";
        assert_eq!(details(&key), lines);
    }
}
