//! `kiavi audit list`: what happened at a tenant.

use std::io::{self, Write};

use clap::{Args, ValueEnum};
use kiavi_audit::{CsvTable, EventLine, Facts, PersonalLine, SealedGroup};
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
    /// Only what this user did, by their id or their address; or operator:NAME
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
    /// Only requests from this country (ISO 3166-1), such as FR; where the instance has a database of countries
    #[arg(long, value_name = "CODE")]
    country: Option<String>,
    /// Only requests from this network, such as AS3215; likewise
    #[arg(long, value_name = "NUMBER")]
    network: Option<String>,
    /// Only requests of this browser, or of this program: firefox, curl
    #[arg(long, value_name = "WORD")]
    browser: Option<String>,
    /// Only requests from this system: android, windows
    #[arg(long, value_name = "WORD")]
    os: Option<String>,
    /// Only requests from such a device: phone, tablet, desktop, bot, iphone, ipad
    #[arg(long, value_name = "WORD")]
    device: Option<String>,
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
    /// As a table (RFC 4180) with all that can be read, to be put into a file
    #[arg(long, conflicts_with_all = ["follow", "json"])]
    csv: bool,
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
            ("country", &self.country),
            ("network", &self.network),
            ("browser", &self.browser),
            ("os", &self.os),
            ("device", &self.device),
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
    if args.csv {
        return csv(&events)
            .map_err(|error| ClientError::Failed(format!("The table cannot be written: {error}.")));
    }
    if events.is_empty() {
        return Ok("There is no such event.".to_owned());
    }
    let rows: Vec<_> = events.iter().map(row).collect();
    Ok(table(["AT", "TYPE", "OUTCOME", "ACTOR", "SUBJECT", "FROM", "WITH"], &rows))
}

/// The table of `kiavi audit export`, with what is personal. It has no indexes: these are not the log, but what it says.
fn csv(events: &[Value]) -> io::Result<String> {
    let mut written = CsvTable::new(Vec::new())?;
    for event in events {
        let member = |name: &str| event[name].as_str().map(str::to_owned);
        let request =
            ["ip", "country", "network", "user_agent"].map(|name| (name.to_owned(), event[name].clone()));
        let personal =
            |group: SealedGroup, fields| PersonalLine { holder: String::new(), group: group.name(), fields };
        written.row(&EventLine {
            id: member("id"),
            kind: member("type"),
            outcome: member("outcome"),
            at: member("at"),
            request_id: member("request_id"),
            actor: Some(named(&event["actor"])),
            subject: Some(named(&event["subject"])),
            method: member("method"),
            detail: Some(event["facts"].clone()).filter(|facts| !facts.is_null()),
            personal: vec![
                personal(SealedGroup::Request, Some(Facts::from_iter(request))),
                personal(SealedGroup::Subject, event["personal"].as_object().cloned()),
            ],
            ..EventLine::default()
        })?;
    }
    let text = String::from_utf8(written.finish()?).map_err(io::Error::other)?;
    // Whoever prints it ends the line.
    Ok(text.trim_end().to_owned())
}

fn row(event: &Value) -> [String; 7] {
    let member = |name: &str| text(event, name).to_owned();
    [
        member("at"),
        member("type"),
        member("outcome"),
        named(&event["actor"]),
        named(&event["subject"]),
        from(event),
        with(event),
    ]
}

/// The address, with its country and the number of its network where they are known.
fn from(event: &Value) -> String {
    let network = text(event, "network").split(' ').next().unwrap_or_default();
    words([text(event, "ip"), text(event, "country"), network])
}

/// Browser and system; the kind of device, if there is neither.
fn with(event: &Value) -> String {
    match words([text(event, "browser"), text(event, "os")]) {
        known if known.is_empty() => text(event, "device").to_owned(),
        known => known,
    }
}

/// Those that there are.
fn words<const N: usize>(words: [&str; N]) -> String {
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
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
