//! `kiavi instance tenants | processes | jobs | health`: how a whole instance stands, of all workspaces.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::Value;

use crate::{
    client::ClientError,
    tenant::{Common, Exit, answer, block_on, complain, exit_of, query, say, text},
    tenant_table::table,
};

/// Look at a whole instance.
#[derive(Debug, Args)]
pub(crate) struct InstanceArgs {
    #[command(subcommand)]
    verb: InstanceVerb,
}

#[derive(Debug, Subcommand)]
enum InstanceVerb {
    /// List the tenants of all workspaces
    Tenants {
        #[command(flatten)]
        which: Which,
        /// Only tenants in this state, such as running or failed
        #[arg(long)]
        state: Option<String>,
        #[command(flatten)]
        common: Common,
    },
    /// List the processes: the instance's own, and tenants' engines
    Processes {
        #[command(flatten)]
        which: Which,
        /// Only engines that do this, such as running, sleeping or quarantined
        #[arg(long)]
        state: Option<String>,
        #[command(flatten)]
        common: Common,
    },
    /// List what is under way for tenants, or failed
    Jobs {
        #[command(flatten)]
        which: Which,
        /// Only jobs that stand like this: failed, running or waiting
        #[arg(long)]
        state: Option<String>,
        #[command(flatten)]
        common: Common,
    },
    /// Tell whether all is well; exits with 1 when something does not work
    Health {
        #[command(flatten)]
        common: Common,
    },
}

/// Of which tenants.
#[derive(Debug, Args)]
struct Which {
    /// Only of tenants whose name, or one of whose own domains, has this in it, or whose id it is
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Only of tenants of this workspace, by name or id
    #[arg(long)]
    workspace: Option<String>,
}

impl Which {
    fn path(self, list: &str, state: Option<String>) -> String {
        query(list, [("q", self.search), ("state", state), ("workspace", self.workspace)])
    }
}

/// Does what the command says and returns what the process should exit with.
pub(crate) fn run(args: InstanceArgs) -> ExitCode {
    match args.verb {
        InstanceVerb::Tenants { which, state, common } => answer(tenants(which, state, common)),
        InstanceVerb::Processes { which, state, common } => answer(processes(which, state, common)),
        InstanceVerb::Jobs { which, state, common } => answer(jobs(which, state, common)),
        InstanceVerb::Health { common } => match block_on(health(common)) {
            Ok((told, true)) => say(&told),
            Ok((told, false)) => {
                say(&told);
                Exit::Failed.into()
            }
            Err(error) => complain(&error.to_string(), exit_of(&error)),
        },
    }
}

async fn tenants(which: Which, state: Option<String>, common: Common) -> Result<String, ClientError> {
    let found = common.client().list(&which.path("/v1/instance/tenants", state)).await?;
    if common.json {
        return Ok(Value::Array(found).to_string());
    }
    let row = |tenant: &Value| {
        [
            text(tenant, "slug").to_owned(),
            text(tenant, "workspace").to_owned(),
            text(tenant, "state").to_owned(),
            size(&tenant["database_bytes"]),
            moment(&tenant["backed_up_at"]),
            text(tenant, "url").to_owned(),
        ]
    };
    let rows: Vec<_> = found.iter().map(row).collect();
    Ok(table(["NAME", "WORKSPACE", "STATE", "DATA", "BACKED UP", "ADDRESS"], &rows))
}

/// How often a process failed in a row, and how it did last, where that is known.
fn failures(one: &Value) -> String {
    let count = one["failures"].as_u64().unwrap_or_default();
    match one["last_failure"].as_str() {
        Some(reason) => format!("{count} ({})", reason.replace('_', " ")),
        None => count.to_string(),
    }
}

async fn processes(which: Which, state: Option<String>, common: Common) -> Result<String, ClientError> {
    let client = common.client();
    let own = client.get("/v1/instance/services").await?;
    let engines = client.list(&which.path("/v1/instance/engines", state)).await?;
    if common.json {
        let own = &own["services"];
        return Ok(serde_json::json!({ "services": own, "engines": engines }).to_string());
    }
    let row = |name: String, state: String, one: &Value| {
        let process = &one["process"];
        [
            name,
            state,
            process["pid"].as_u64().map_or_else(none, |pid| pid.to_string()),
            size(&process["private_bytes"]),
            moment(&process["started_at"]),
            failures(one),
        ]
    };
    let own = own["services"].as_array().into_iter().flatten().map(|one| {
        let state = if one["process"].is_null() { "down" } else { "running" };
        row(text(one, "role").to_owned(), state.to_owned(), one)
    });
    let engines = engines.iter().map(|one| {
        let name = format!("engine of {} ({})", text(one, "slug"), text(one, "workspace"));
        row(name, text(one, "state").to_owned(), one)
    });
    let rows: Vec<_> = own.chain(engines).collect();
    Ok(table(["PROCESS", "STATE", "PID", "PRIVATE", "STARTED", "FAILURES"], &rows))
}

async fn jobs(which: Which, state: Option<String>, common: Common) -> Result<String, ClientError> {
    let found = common.client().list(&which.path("/v1/instance/jobs", state)).await?;
    if common.json {
        return Ok(Value::Array(found).to_string());
    }
    if found.is_empty() {
        return Ok("Nothing is under way.".to_owned());
    }
    let row = |job: &Value| {
        let steps = job["steps"].as_array().map_or(&[][..], Vec::as_slice);
        let done = steps.iter().filter(|step| !step["finished_at"].is_null()).count();
        let next = steps.iter().find(|step| step["finished_at"].is_null());
        let next =
            next.map_or_else(none, |step| format!("{} ({done} of {} done)", text(step, "step"), steps.len()));
        let failure = &job["last_error"];
        [
            text(job, "slug").to_owned(),
            text(job, "workspace").to_owned(),
            format!("to be {}", text(job, "target")),
            text(job, "state").to_owned(),
            next,
            failure["code"].as_str().map_or_else(none, str::to_owned),
            moment(&failure["retry_at"]),
        ]
    };
    let rows: Vec<_> = found.iter().map(row).collect();
    Ok(table(["NAME", "WORKSPACE", "WHAT", "STATE", "STEP", "FAILURE", "AGAIN"], &rows))
}

/// What is told, and whether everything works.
async fn health(common: Common) -> Result<(String, bool), ClientError> {
    let found = common.client().get("/v1/instance/health").await?;
    let works = found["verdict"] != "fault";
    if common.json {
        return Ok((found.to_string(), works));
    }
    let line = |finding: &Value| {
        let mark = match text(finding, "verdict") {
            "ok" => "✓",
            "warning" => "!",
            "fault" => "✗",
            _ => "?",
        };
        format!("{mark} {:<14}{}", text(finding, "check").replace('_', " "), text(finding, "detail"))
    };
    let lines: Vec<_> = found["findings"].as_array().into_iter().flatten().map(line).collect();
    Ok((lines.join("\n"), works))
}

fn none() -> String {
    "–".to_owned()
}

/// A number of bytes in the unit that fits, in powers of a thousand.
fn size(bytes: &Value) -> String {
    let Some(bytes) = bytes.as_u64() else { return none() };
    let units = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match units.into_iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => format!("{:.1} {name}", bytes as f64 / unit as f64),
        None => format!("{bytes} B"),
    }
}

/// A time without its milliseconds.
fn moment(at: &Value) -> String {
    at.as_str().map_or_else(none, |at| at.get(..19).unwrap_or(at).replace('T', " "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sizes_and_times_are_told_in_few_symbols() {
        assert_eq!(size(&json!(421_888)), "421.9 kB");
        assert_eq!((size(&json!(12)), size(&Value::Null)), ("12 B".to_owned(), none()));
        assert_eq!(moment(&json!("2026-11-26T12:00:00.123Z")), "2026-11-26 12:00:00");
        assert_eq!(moment(&Value::Null), none());
    }
}
