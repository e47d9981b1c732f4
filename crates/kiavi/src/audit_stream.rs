//! `kiavi audit stream add-syslog | add-s3 | list | pause | resume | remove | retry | move TENANT`.

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand};
use kiavi_control::SettingsPath;
use serde_json::{Value, json};

use crate::{
    backup::store_credentials,
    client::ClientError,
    settings::{Wanted, change, told},
    settings_input::path_of,
    tenant::{Common, answer, tenant_path, text},
    tenant_table::table,
};

/// Have a copy of a log go to servers of the tenant's own, as events are sealed
#[derive(Debug, Args)]
pub(crate) struct StreamArgs {
    #[command(subcommand)]
    verb: StreamVerb,
}

/// One stream of one tenant.
#[derive(Debug, Clone, Args)]
struct Which {
    /// The tenant's name or id
    tenant: String,
    /// What the stream is called
    stream: String,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Subcommand)]
enum StreamVerb {
    /// Add a stream to a syslog server: messages of RFC 5424 over TLS
    AddSyslog {
        #[command(flatten)]
        which: Which,
        /// The server, HOST:PORT; the port of the standard is 6514
        server: String,
        /// Your private enterprise number, which names the structured data [default: the one of examples, 32473]
        #[arg(long, value_name = "NUMBER")]
        enterprise_number: Option<u32>,
    },
    /// Add a stream to a store that speaks S3: objects of JSON lines
    ///
    /// Credentials are in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or lines of such names in a file (--credentials);
    /// AWS_ENDPOINT_URL and AWS_REGION name a store that is not Amazon's. The tenant's settings keep them, the secret one in
    /// the vault.
    #[command(name = "add-s3")]
    AddS3 {
        #[command(flatten)]
        which: Which,
        /// The bucket, and what names of objects begin with: BUCKET/PREFIX
        bucket: String,
        /// For how many minutes events wait for each other, to be one object
        #[arg(long, value_name = "MINUTES", default_value_t = 60)]
        every_minutes: u16,
        /// A file with the store's credentials, as lines such as AWS_ACCESS_KEY_ID=…
        #[arg(long, value_name = "FILE")]
        credentials: Option<PathBuf>,
    },
    /// List the streams and how each does
    List {
        /// The tenant's name or id
        tenant: String,
        #[command(flatten)]
        common: Common,
    },
    /// Send nothing for now; the stream stays where it is in the log
    Pause {
        #[command(flatten)]
        which: Which,
    },
    /// Go on with a stream that was paused
    Resume {
        #[command(flatten)]
        which: Which,
    },
    /// Take a stream away
    Remove {
        #[command(flatten)]
        which: Which,
    },
    /// Try a stream that fails again now
    Retry {
        #[command(flatten)]
        which: Which,
    },
    /// Have a stream go on at another place of the log, such as at its beginning
    Move {
        #[command(flatten)]
        which: Which,
        /// The index of the event to go on with; 0 is the first of the log
        index: u64,
    },
}

/// Does what the command says and returns what the process should exit with.
pub(crate) fn run(args: StreamArgs) -> ExitCode {
    match args.verb {
        StreamVerb::AddSyslog { which, server, enterprise_number } => {
            let mut to = json!({ "kind": "syslog", "server": server });
            if let Some(number) = enterprise_number {
                to["enterprise_number"] = number.into();
            }
            answer(add(which, Ok(to)))
        }
        StreamVerb::AddS3 { which, bucket, every_minutes, credentials } => {
            answer(add(which, store(&bucket, every_minutes, credentials)))
        }
        StreamVerb::List { tenant, common } => answer(list(tenant, common)),
        StreamVerb::Pause { which } => answer(enable(which, false)),
        StreamVerb::Resume { which } => answer(enable(which, true)),
        StreamVerb::Remove { which } => answer(remove(which)),
        StreamVerb::Retry { which } => answer(retry(which)),
        StreamVerb::Move { which, index } => answer(move_to(which, index)),
    }
}

fn store(bucket: &str, every_minutes: u16, credentials: Option<PathBuf>) -> Result<Value, ClientError> {
    let known = store_credentials(credentials.as_deref())?;
    let of = |name: &str| known.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let needed = |name: &str| {
        let missing = format!(
            "{} is missing: set it, or write it into a file for --credentials.",
            name.to_ascii_uppercase()
        );
        of(name).ok_or(ClientError::Input(missing))
    };
    let region =
        of("aws_region").or_else(|| of("aws_default_region")).unwrap_or_else(|| "us-east-1".to_owned());
    let endpoint = of("aws_endpoint_url").unwrap_or_else(|| format!("https://s3.{region}.amazonaws.com"));
    let (bucket, prefix) = bucket.split_once('/').unwrap_or((bucket, ""));
    Ok(json!({
        "kind": "s3", "endpoint": endpoint, "region": region, "bucket": bucket, "prefix": prefix.trim_end_matches('/'),
        "access_key_id": needed("aws_access_key_id")?, "secret_key": needed("aws_secret_access_key")?,
        "every_minutes": every_minutes,
    }))
}

async fn add(which: Which, to: Result<Value, ClientError>) -> Result<String, ClientError> {
    let (place, to) = (place_of(&which.stream)?, to?);
    changed(&which, "added", |document| {
        if place.get(document).is_some() {
            let (tenant, stream) = (&which.tenant, &which.stream);
            return Err(ClientError::Input(format!(
                "{tenant} has a stream {stream} already: remove it first, or change it with kiavi settings set."
            )));
        }
        put(&place, document, Some(json!({ "id": which.stream, "to": to })))
    })
    .await
}

async fn enable(which: Which, is_enabled: bool) -> Result<String, ClientError> {
    let place = place_of(&which.stream)?;
    changed(&which, if is_enabled { "resumed" } else { "paused" }, |document| {
        let mut stream = existing(&which, &place, document)?.clone();
        stream["is_enabled"] = is_enabled.into();
        put(&place, document, Some(stream))
    })
    .await
}

async fn remove(which: Which) -> Result<String, ClientError> {
    let place = place_of(&which.stream)?;
    changed(&which, "removed", |document| {
        existing(&which, &place, document)?;
        put(&place, document, None)
    })
    .await
}

async fn retry(which: Which) -> Result<String, ClientError> {
    let outcome = post(&which, "retry", &json!({ "stream": which.stream })).await?;
    Ok(if which.common.json { outcome.to_string() } else { format!("{} is tried again now.", which.stream) })
}

async fn move_to(which: Which, index: u64) -> Result<String, ClientError> {
    let outcome = post(&which, "move", &json!({ "stream": which.stream, "index": index })).await?;
    Ok(if which.common.json {
        outcome.to_string()
    } else {
        format!("{} goes on with event {}; it was at {}.", which.stream, outcome["to"], outcome["from"])
    })
}

async fn list(tenant: String, common: Common) -> Result<String, ClientError> {
    let path = format!("{}/engine/audit/streams", tenant_path(&tenant)?);
    let mut answer = common.client().get(&path).await?;
    if common.json {
        return Ok(answer["streams"].take().to_string());
    }
    let streams = answer["streams"].as_array().map_or(&[][..], Vec::as_slice);
    if streams.is_empty() {
        return Ok(format!(
            "{tenant} has no stream yet. Add one: kiavi audit stream add-syslog {tenant} NAME HOST:6514"
        ));
    }
    let rows: Vec<_> = streams.iter().map(row).collect();
    Ok(table(["NAME", "STATE", "NEXT", "BEHIND", "LAST ERROR", "TO"], &rows))
}

fn row(stream: &Value) -> [String; 6] {
    let member = |name: &str| text(stream, name).to_owned();
    let number = |name: &str| stream[name].to_string();
    [member("id"), member("state"), number("next_index"), number("behind"), member("fault"), member("to")]
}

async fn post(which: &Which, what: &str, body: &Value) -> Result<Value, ClientError> {
    let path = format!("{}/engine/audit/streams/{what}", tenant_path(&which.tenant)?);
    which.common.client().post(&path, body).await
}

async fn changed(
    which: &Which,
    what: &str,
    edit: impl Fn(&mut Value) -> Result<(), ClientError>,
) -> Result<String, ClientError> {
    let comment = Some(format!("stream {} {what}", which.stream));
    let wanted = Wanted { comment, ..Wanted::default() };
    let changed = change(&which.common.client(), &which.tenant, &wanted, edit).await?;
    Ok(told(&changed, &which.tenant, which.common.json))
}

fn existing<'d>(which: &Which, place: &SettingsPath, document: &'d Value) -> Result<&'d Value, ClientError> {
    let missing = || ClientError::Input(format!("{} has no stream {}.", which.tenant, which.stream));
    place.get(document).ok_or_else(missing)
}

fn put(place: &SettingsPath, document: &mut Value, stream: Option<Value>) -> Result<(), ClientError> {
    place.set(document, stream).map_err(|error| ClientError::Input(format!("{error}.")))
}

/// Where a stream is in the settings.
fn place_of(id: &str) -> Result<SettingsPath, ClientError> {
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    if id.is_empty() || !id.bytes().all(is_plain) {
        let wrong = "A stream is called by lower-case letters, digits, - and _, such as siem.";
        return Err(ClientError::Input(wrong.to_owned()));
    }
    path_of(&format!("audit.streams[{id}]"))
}
