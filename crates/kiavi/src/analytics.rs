//! `kiavi analytics show | rebuild TENANT`: a tenant's figures, which its engine counts from its log.

use std::{
    io::{self, Write as _},
    process::ExitCode,
    time::Duration,
};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use crate::{
    analytics_text::{line, shown},
    client::{Client, ClientError},
    tenant::{Common, answer, query, tenant_path, text},
};

/// Between two looks at how far it is.
const PAUSE: Duration = Duration::from_millis(500);

/// See who is there, how people sign in, and why some cannot.
#[derive(Debug, Args)]
pub(crate) struct AnalyticsArgs {
    #[command(subcommand)]
    verb: AnalyticsVerb,
}

#[derive(Debug, Subcommand)]
enum AnalyticsVerb {
    /// Show active and new users, sign-ins, failures and what becomes of passkeys, and what each figure means
    Show(ShowArgs),
    /// Count everything anew from the audit log
    ///
    /// Until it is done the figures are those of before. It comes to the same, unless somebody changed them by hand.
    Rebuild {
        /// The tenant's name or id
        tenant: String,
        #[command(flatten)]
        common: Common,
    },
}

#[derive(Debug, Args)]
struct ShowArgs {
    /// The tenant's name or id
    tenant: String,
    /// The first day, such as 2026-11-01 [default: 29 days before the last]
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// The last day [default: today]
    #[arg(long, value_name = "DAY")]
    to: Option<String>,
    /// How many days up to the last, in place of the first one
    #[arg(long, value_name = "COUNT", conflicts_with = "from")]
    days: Option<u16>,
    /// Into which periods the range is cut
    #[arg(long, value_enum, default_value_t = Granularity::Day)]
    granularity: Granularity,
    /// Show today's, again whenever something changes, until it is interrupted
    #[arg(long, conflicts_with_all = ["from", "to", "days", "granularity"])]
    follow: bool,
    /// Write a table (CSV) that spreadsheets open
    #[arg(long, conflicts_with_all = ["follow", "json"])]
    csv: bool,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Granularity {
    Day,
    Week,
    Month,
}

/// Does what the command says and returns what the process should exit with.
pub(crate) fn run(args: AnalyticsArgs) -> ExitCode {
    match args.verb {
        AnalyticsVerb::Show(args) => answer(show(args)),
        AnalyticsVerb::Rebuild { tenant, common } => answer(rebuild(tenant, common)),
    }
}

async fn show(args: ShowArgs) -> Result<String, ClientError> {
    let ShowArgs { tenant, from, to, days, granularity, follow, csv, common } = args;
    let path = format!("{}/analytics", tenant_path(&tenant)?);
    if follow {
        return watch(&common.client(), &format!("{path}/live"), common.json).await;
    }
    let granularity = granularity.to_possible_value().map(|value| value.get_name().to_owned());
    let asked = [
        ("from", from),
        ("to", to),
        ("days", days.map(|days| days.to_string())),
        ("granularity", granularity),
    ];
    if csv {
        let table = common.client().get_bytes(&query(&format!("{path}/export"), asked)).await?;
        return Ok(String::from_utf8_lossy(&table).trim_end().to_owned());
    }
    let path = query(&path, asked);
    let figures = common.client().get(&path).await?;
    Ok(if common.json { figures.to_string() } else { shown(&figures) })
}

/// Prints today's figures as they change. A reader that is gone ends it at the next change.
async fn watch(client: &Client, path: &str, is_json: bool) -> Result<String, ClientError> {
    let tell = |name: &str, figures: &Value| {
        let told = match name {
            "figures" if is_json => figures.to_string(),
            "figures" => line(figures),
            "failed" => return Err(ClientError::Failed("The figures could not be read.".to_owned())),
            _ => return Ok(()),
        };
        let written = writeln!(io::stdout(), "{told}").and_then(|()| io::stdout().flush());
        written.map_err(|error| ClientError::Failed(format!("The figures could not be written: {error}.")))
    };
    client.events(path, tell).await?;
    Err(ClientError::Failed("The view ended, because the tenant's engine did: begin again.".to_owned()))
}

async fn rebuild(tenant: String, common: Common) -> Result<String, ClientError> {
    let (client, path) = (common.client(), format!("{}/analytics/rebuild", tenant_path(&tenant)?));
    let mut progress = client.post(&path, &json!({})).await?;
    while text(&progress, "state") == "running" {
        if !common.json {
            // Whether anybody sees how far it is does not matter to the work.
            let _ = writeln!(io::stderr(), "{} of {} events", progress["counted"], progress["of"]);
        }
        tokio::time::sleep(PAUSE).await;
        progress = client.get(&path).await?;
    }
    match text(&progress, "state") {
        "done" if common.json => Ok(progress.to_string()),
        "done" => Ok(format!("{tenant}'s figures are counted anew from its log.")),
        "failed" => Err(ClientError::Failed("It failed; the figures are those of before.".to_owned())),
        // An engine that was replaced knows nothing of it.
        _ => Err(ClientError::Failed("The engine was replaced meanwhile: run it again.".to_owned())),
    }
}
