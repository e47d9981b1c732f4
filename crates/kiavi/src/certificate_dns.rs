//! `kiavi certificate dns`: has a program of the operator's write the records into the DNS that prove names to a certificate
//! authority. It runs beside the instance, whose processes can neither start programs nor write into a zone.

use std::{path::PathBuf, process::Stdio, time::Duration};

use clap::Args;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::{
    client::{Client, ClientError},
    tenant::{Common, text},
};

const TAKE: &str = "/v1/certificate-records/take";
/// How long one question for a record waits, in seconds.
const WAIT: u64 = 50;
/// The pause before an instance that did not answer is asked again.
const AGAIN: Duration = Duration::from_secs(5);
/// How long the program may take: less than the instance waits for it.
const DEADLINE: Duration = Duration::from_secs(140);
/// The most of what the program says that the instance is told, in bytes.
const MAX_WORDS: usize = 1_000;

/// Publish the records that prove names in the DNS (dns-01), by a program of yours, for as long as this runs
///
/// The program is called with `add` or `remove`, the name of a TXT record and its value. It ends with 0 once every name server of the
/// zone answers so; what it writes to standard error is told as the cause if it ends otherwise.
#[derive(Debug, Args)]
pub(crate) struct DnsArgs {
    /// The program; it gets 140 seconds each time
    #[arg(long, value_name = "PROGRAM")]
    hook: PathBuf,
    #[command(flatten)]
    common: Common,
}

/// Publishes until it is ended.
pub(crate) async fn run(args: DnsArgs) -> Result<String, ClientError> {
    // A program that is not there would be told once there is a record, months from now.
    let is_there = std::fs::metadata(&args.hook).is_ok_and(|program| program.is_file());
    if !is_there {
        let input = format!("--hook: there is no program at {}.", args.hook.display());
        return Err(ClientError::Input(input));
    }
    let client = args.common.client();
    let mut told = String::new();
    loop {
        match one(&client, &args.hook).await {
            Ok(()) => told.clear(),
            Err(error) => {
                // An instance that is away is no news each time.
                let text = error.to_string();
                if text != told {
                    eprintln!("{text}");
                    told = text;
                }
                tokio::time::sleep(AGAIN).await;
            }
        }
    }
}

/// Takes a record, if there is one, has it published or removed, and tells what came of it.
async fn one(client: &Client, hook: &std::path::Path) -> Result<(), ClientError> {
    let answer = client.post(TAKE, &json!({ "wait_seconds": WAIT })).await?;
    let record = &answer["record"];
    let Some(id) = record["id"].as_u64() else { return Ok(()) };
    let (action, name) = (text(record, "action"), text(record, "name"));
    let failure = call(hook, action, name, text(record, "value")).await.err();
    match &failure {
        None => eprintln!("{action} {name}: done"),
        Some(why) => eprintln!("{action} {name}: {why}"),
    }
    let path = format!("/v1/certificate-records/{id}");
    client.post(&path, &json!({ "failure": failure.map_or(Value::Null, Value::String) })).await.map(drop)
}

/// Calls the program, without a shell; why it came to nothing, if it did.
async fn call(hook: &std::path::Path, action: &str, name: &str, value: &str) -> Result<(), String> {
    let mut command = Command::new(hook);
    command.args([action, name, value]).stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
    let ended = tokio::time::timeout(DEADLINE, command.output()).await;
    let output = ended
        .map_err(|_| format!("the program took longer than {} s", DEADLINE.as_secs()))?
        .map_err(|error| format!("the program cannot be started: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let words = &output.stderr[..output.stderr.len().min(MAX_WORDS)];
    let words = String::from_utf8_lossy(words);
    Err(match words.trim() {
        "" => format!("the program ended with {}", output.status),
        words => words.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[tokio::test]
    async fn a_program_is_called_without_a_shell_and_its_words_are_the_cause() {
        assert_eq!(call(Path::new("/bin/true"), "add", "$(id)", ";").await, Ok(()));
        assert!(call(Path::new("/bin/false"), "add", "n", "v").await.unwrap_err().contains("exit status: 1"));
        let words = call(Path::new("/bin/ls"), "add", "--no-such-option", "v").await.unwrap_err();
        assert!(words.contains("no-such-option"), "{words}");
        assert!(
            call(Path::new("/nowhere"), "add", "n", "v").await.unwrap_err().contains("cannot be started")
        );
    }
}
