//! `kiavi console first-owner`: the link that makes whoever signs in by it the owner of a new instance.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::json;

use crate::{
    client::ClientError,
    tenant::{Common, answer, text},
};

/// Set up the console.
#[derive(Debug, Args)]
pub(crate) struct ConsoleArgs {
    #[command(subcommand)]
    verb: ConsoleVerb,
}

#[derive(Debug, Subcommand)]
enum ConsoleVerb {
    /// Print a new link for the first owner: good once, for a day, while there is no owner; the one before ends
    FirstOwner {
        #[command(flatten)]
        common: Common,
    },
}

/// Does what the command says and returns what the process should exit with.
pub(crate) fn run(args: ConsoleArgs) -> ExitCode {
    match args.verb {
        ConsoleVerb::FirstOwner { common } => answer(first_owner(common)),
    }
}

async fn first_owner(common: Common) -> Result<String, ClientError> {
    let made = common.client().post("/v1/first-owner-link", &json!({})).await?;
    Ok(if common.json { made.to_string() } else { text(&made, "url").to_owned() })
}
