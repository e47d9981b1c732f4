//! `kiavi limit list | locked | unlock | try TENANT`: what the limits of a tenant do.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::{
    client::ClientError,
    tenant::{Common, answer, query, tenant_path, text},
    tenant_table::table,
};

/// See what limits refused and whom they lock out, and let somebody in again. What is limited is in the settings.
#[derive(Debug, Args)]
pub(crate) struct LimitArgs {
    #[command(subcommand)]
    verb: LimitVerb,
}

#[derive(Debug, Subcommand)]
enum LimitVerb {
    /// List every limit with what it refused in the last day and week, and who was refused most
    List {
        /// The tenant's name or id
        tenant: String,
        #[command(flatten)]
        common: Common,
    },
    /// List who is locked out now
    Locked {
        /// The tenant's name or id
        tenant: String,
        #[command(flatten)]
        common: Common,
    },
    /// Let somebody in again: the counts that keep them out begin anew
    Unlock {
        /// The tenant's name or id
        tenant: String,
        /// An e-mail address, an IP address, a name from the list, or `tenant` for what all share
        who: String,
        #[command(flatten)]
        common: Common,
    },
    /// Tell what a limit would have refused in the last seven days with another rate; changes nothing
    Try {
        /// The tenant's name or id
        tenant: String,
        /// Where the limit is in the settings, such as rate_limits.code_send_per_network
        setting: String,
        /// How many
        limit: u32,
        /// In how many seconds
        window_seconds: u32,
        #[command(flatten)]
        common: Common,
    },
}

/// Does what the command says and returns what the process should exit with.
pub(crate) fn run(args: LimitArgs) -> ExitCode {
    match args.verb {
        LimitVerb::List { tenant, common } => answer(list(tenant, common)),
        LimitVerb::Locked { tenant, common } => answer(locked(tenant, common)),
        LimitVerb::Unlock { tenant, who, common } => answer(unlock(tenant, who, common)),
        LimitVerb::Try { tenant, setting, limit, window_seconds, common } => {
            answer(dry_run(tenant, [setting, limit.to_string(), window_seconds.to_string()], common))
        }
    }
}

fn path(tenant: &str, what: &str) -> Result<String, ClientError> {
    Ok(format!("{}/engine/security/{what}", tenant_path(tenant)?))
}

async fn list(tenant: String, common: Common) -> Result<String, ClientError> {
    let told = common.client().get(&path(&tenant, "limits")?).await?;
    if common.json {
        return Ok(told.to_string());
    }
    let rows: Vec<_> = told["limits"].as_array().into_iter().flatten().map(row).collect();
    let mut lines = table(["LIMIT", "RATE", "1 DAY", "7 DAYS", "MOST"], &rows);
    if let Some(count @ 1..) = told["untold"]["week"].as_u64() {
        lines.push_str(&format!("\n{count} refusals are in the log as a number only, without their limit."));
    }
    Ok(lines)
}

fn row(limit: &Value) -> [String; 5] {
    let refused = |span: &str| match (&limit["refused"][span], &limit["told_as"]) {
        (Value::Null, Value::String(kind)) => kind.clone(),
        (count, _) => count.to_string(),
    };
    let most = match &limit["offenders"][0] {
        Value::Null => String::new(),
        offender => format!("{} ({})", called(offender), offender["refused"]["week"]),
    };
    [text(limit, "setting").to_owned(), rate(&limit["rate"]), refused("day"), refused("week"), most]
}

/// A rate in words.
fn rate(rate: &Value) -> String {
    match rate {
        Value::Null => "off".to_owned(),
        rate => format!("{} in {} s", rate["limit"], rate["window_seconds"]),
    }
}

/// Somebody by the name that people know them by.
fn called(somebody: &Value) -> &str {
    somebody["user"]["email"].as_str().unwrap_or_else(|| text(somebody, "who"))
}

async fn locked(tenant: String, common: Common) -> Result<String, ClientError> {
    let mut told = common.client().get(&path(&tenant, "lock-outs")?).await?;
    if common.json {
        return Ok(told["lock_outs"].take().to_string());
    }
    let kept = |one: &Value| -> Vec<[String; 4]> {
        let row = |kept: &Value| {
            [
                called(one).to_owned(),
                text(kept, "setting").to_owned(),
                kept["seconds"].to_string(),
                text(one, "who").to_owned(),
            ]
        };
        one["limits"].as_array().into_iter().flatten().map(row).collect()
    };
    let rows: Vec<_> = told["lock_outs"].as_array().into_iter().flatten().flat_map(kept).collect();
    Ok(match rows.is_empty() {
        true => "Nobody is locked out.".to_owned(),
        false => table(["WHO", "BY", "SECONDS", "NAME"], &rows),
    })
}

async fn unlock(tenant: String, who: String, common: Common) -> Result<String, ClientError> {
    let told = common.client().post(&path(&tenant, "unlock")?, &json!({ "who": who })).await?;
    let lifted: Vec<_> = told["lifted"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    Ok(match lifted.is_empty() {
        _ if common.json => told.to_string(),
        true => format!("No limit keeps {who} out."),
        false => format!("{who} is let in again by {}.", lifted.join(", ")),
    })
}

async fn dry_run(tenant: String, asked: [String; 3], common: Common) -> Result<String, ClientError> {
    let [setting, limit, window] = asked.map(Some);
    let asked = [("setting", setting), ("limit", limit), ("window_seconds", window)];
    let told = common.client().get(&query(&path(&tenant, "dry-run")?, asked)).await?;
    if common.json {
        return Ok(told.to_string());
    }
    let outcome = &told["outcome"];
    if outcome.is_null() {
        let missing = "The log does not have what this limit counts, so it cannot be counted again.";
        return Err(ClientError::Input(missing.to_owned()));
    }
    let line = |words: String, refused: &Value| {
        let number = |name: &str| refused[name].to_string();
        [words, number("requests"), number("networks"), number("people")]
    };
    let rows = [
        line("in truth".to_owned(), &outcome["did"]),
        line(format!("as set: {}", rate(&told["as_set"])), &outcome["as_set"]),
        line(format!("tried: {}", rate(&told["tried"])), &outcome["would"]),
    ];
    let refused = table(["REFUSED", "REQUESTS", "NETWORKS", "ADDRESSES"], &rows);
    Ok(format!(
        "{refused}\nCounted from {} uses in the log since {}.",
        outcome["uses"],
        text(outcome, "since")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_told_in_a_line() {
        let mut limit = json!({
            "setting": "rate_limits.code_send_per_address", "rate": { "limit": 10, "window_seconds": 900 },
            "refused": { "day": 1, "week": 3 }, "told_as": null,
            "offenders": [{ "who": "address:0a", "user": null, "refused": { "day": 1, "week": 2 } }],
        });
        let told = |limit: &Value| row(limit).join("|");
        assert_eq!(told(&limit), "rate_limits.code_send_per_address|10 in 900 s|1|3|address:0a (2)");
        limit["offenders"][0]["user"] = json!({ "id": "1", "email": "ada@example.com" });
        assert!(told(&limit).ends_with("ada@example.com (2)"));
        let elsewhere = json!({
            "setting": "social.failed_per_network", "rate": null, "refused": null,
            "told_as": "account.refused", "offenders": [],
        });
        assert_eq!(told(&elsewhere), "social.failed_per_network|off|account.refused|account.refused|");
    }
}
