//! `kiavi audit list`: what happened at a tenant.

use std::io::{self, Write};

use clap::{Args, ValueEnum};
use kiavi_base::{Clock, SystemClock};
use serde_json::Value;

use crate::{
    client::{Client, ClientError},
    tenant::{Common, tenant_path, text},
    tenant_table::table,
    user::seconds,
};

/// Events of one page.
const PAGE: usize = 1_000;

/// List what happened at a tenant, the newest first
///
/// Personal data are shown as long as the person exists. Each look at the log is an event of its own.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// The tenant's name or id
    tenant: String,
    /// Only of these types, with commas between: session.created, or session.* for all of a thing
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// Only with this outcome
    #[arg(long, value_enum)]
    outcome: Option<OutcomeFilter>,
    /// Only what this user, or operator:NAME, did
    #[arg(long)]
    actor: Option<String>,
    /// Only what is about this user, or about what address:… stands for
    #[arg(long)]
    subject: Option<String>,
    /// Only what the user with this address did or what is about them, or about the address itself
    #[arg(long)]
    email: Option<String>,
    /// Only requests from this address
    #[arg(long, value_name = "ADDRESS")]
    ip: Option<String>,
    /// Only what this request did
    #[arg(long = "request", value_name = "ID")]
    request_id: Option<String>,
    /// Only since a time (RFC 3339), or for so long (12h, 7d)
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Only before a time (RFC 3339), or until so long ago
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// At most so many
    #[arg(long, default_value_t = 50)]
    limit: usize,
    /// Go on with what happens from now on, until it is interrupted
    #[arg(long, conflicts_with_all = ["from", "to", "limit"])]
    follow: bool,
    #[command(flatten)]
    common: Common,
}

/// How an event ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OutcomeFilter {
    Success,
    Failure,
}

impl ListArgs {
    /// The query, without what pages have.
    fn query(&self) -> url::form_urlencoded::Serializer<'static, String> {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let outcome =
            self.outcome.and_then(|outcome| Some(outcome.to_possible_value()?.get_name().to_owned()));
        for (name, value) in [
            ("type", &self.kind),
            ("outcome", &outcome),
            ("actor", &self.actor),
            ("subject", &self.subject),
            ("email", &self.email),
            ("ip", &self.ip),
            ("request_id", &self.request_id),
            ("from", &self.from.as_deref().map(moment)),
            ("to", &self.to.as_deref().map(moment)),
        ] {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        query
    }
}

/// A time, as it is or as long ago as it says.
fn moment(text: &str) -> String {
    let ago = seconds(text).ok().and_then(|seconds| i64::try_from(seconds).ok());
    let at = ago.and_then(|ago| SystemClock.now().checked_sub(jiff::SignedDuration::from_secs(ago)).ok());
    at.map_or_else(|| text.to_owned(), |at| at.to_string())
}

/// `kiavi audit list`
pub(crate) async fn list(args: ListArgs) -> Result<String, ClientError> {
    let client = args.common.client();
    let path = format!("{}/audit/events", tenant_path(&args.tenant)?);
    if args.follow {
        return follow(&client, &format!("{path}/live?{}", args.query().finish()), args.common.json).await;
    }
    let mut events: Vec<Value> = Vec::new();
    let mut cursor: Option<String> = None;
    while events.len() < args.limit {
        let mut query = args.query();
        query.append_pair("limit", &PAGE.min(args.limit - events.len()).to_string());
        if let Some(cursor) = &cursor {
            query.append_pair("cursor", cursor);
        }
        let mut page = client.get(&format!("{path}?{}", query.finish())).await?;
        if let Some(more) = page["items"].as_array_mut() {
            events.append(more);
        }
        cursor = page["next_cursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    if args.common.json {
        return Ok(Value::Array(events).to_string());
    }
    if events.is_empty() {
        return Ok("There is no such event.".to_owned());
    }
    let rows: Vec<_> = events.iter().map(row).collect();
    Ok(table(["AT", "TYPE", "OUTCOME", "ACTOR", "SUBJECT", "FROM"], &rows))
}

fn row(event: &Value) -> [String; 6] {
    let member = |name: &str| text(event, name).to_owned();
    [
        member("at"),
        member("type"),
        member("outcome"),
        named(&event["actor"]),
        named(&event["subject"]),
        member("ip"),
    ]
}

/// A user's id as long as there is one, else what the log calls them.
fn named(named: &Value) -> String {
    match named["user_id"].as_str() {
        Some(user_id) => user_id.to_owned(),
        None => text(named, "ref").to_owned(),
    }
}

/// Prints events as they come, a line for each. A reader that is gone ends it when the next event comes.
async fn follow(client: &Client, path: &str, is_json: bool) -> Result<String, ClientError> {
    let tell = |name: &str, event: &Value| {
        let line = match name {
            "event" if is_json => event.to_string(),
            "event" => row(event).join("  "),
            "missed" => {
                let count = &event["count"];
                return Err(ClientError::Failed(format!("{count} events came faster than they were read.")));
            }
            _ => return Ok(()),
        };
        let written = writeln!(io::stdout(), "{line}").and_then(|()| io::stdout().flush());
        written.map_err(|error| ClientError::Failed(format!("The events could not be written: {error}.")))
    };
    client.events(path, tell).await?;
    Err(ClientError::Failed("The view ended, because the tenant's engine did: begin again.".to_owned()))
}
