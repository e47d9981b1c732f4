//! `kiavi settings get | set | diff | versions | rollback TENANT`, and `kiavi settings schema`.

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand};
use hyper::Method;
use serde_json::{Value, json};

use crate::{
    client::{Client, ClientError, Problem},
    settings_input::{Edit, path_of, read_document},
    settings_reference,
    tenant::{Common, answer, say, tenant_path, text},
    tenant_table::table,
};

/// What is shown of a secret, and stands for the one that is there when it is sent.
pub(crate) const MASK: &str = "***";

/// How often a change is made again on settings that somebody else changed meanwhile.
const ATTEMPTS: usize = 5;

/// Look at and change the settings of a tenant.
#[derive(Debug, Args)]
pub(crate) struct SettingsArgs {
    #[command(subcommand)]
    verb: SettingsVerb,
}

#[derive(Debug, Subcommand)]
enum SettingsVerb {
    /// Show the settings; secrets are shown as ***
    Get {
        /// The tenant's name or id
        tenant: String,
        /// Only what is there, such as session.expires_in_seconds or social.providers[google]
        path: Option<String>,
        #[command(flatten)]
        common: Common,
    },
    /// Change the settings of a running tenant, without dropping a connection
    Set(SetArgs),
    /// Show what differs between two versions
    Diff {
        /// The tenant's name or id
        tenant: String,
        /// The older version [default: the one before the newer]
        #[arg(long, value_name = "VERSION")]
        from: Option<i32>,
        /// The newer version [default: the current one]
        #[arg(long, value_name = "VERSION")]
        to: Option<i32>,
        #[command(flatten)]
        common: Common,
    },
    /// List the versions, newest first
    Versions {
        /// The tenant's name or id
        tenant: String,
        /// How many
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=100))]
        limit: u16,
        #[command(flatten)]
        common: Common,
    },
    /// Print the JSON Schema of settings; needs no instance
    Schema {
        /// Print the reference page that is made of it instead
        #[arg(long)]
        markdown: bool,
    },
    /// Go back to a version of before, by making it the newest
    Rollback {
        /// The tenant's name or id
        tenant: String,
        /// The version to go back to [default: the one before the current]
        #[arg(long, value_name = "VERSION")]
        to: Option<i64>,
        #[command(flatten)]
        common: Common,
    },
}

/// What to set, and how.
#[derive(Debug, Args)]
struct SetArgs {
    /// The tenant's name or id
    tenant: String,
    /// path.to.key=VALUE, the value in JSON; what is no JSON is taken as text
    #[arg(value_name = "KEY=VALUE", required_unless_present_any = ["file", "unset"])]
    assignments: Vec<String>,
    /// Take away what is at a path, so that the default holds again
    #[arg(long, value_name = "PATH")]
    unset: Vec<String>,
    /// A whole document to begin with, instead of the current one; - reads standard input
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Refuse unless this is the current version
    #[arg(long, value_name = "VERSION")]
    if_version: Option<i64>,
    /// Check, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Why, for whoever reads the versions
    #[arg(long)]
    comment: Option<String>,
    #[command(flatten)]
    common: Common,
}

/// Does what the command says and returns what the process should exit with.
pub(crate) fn run(args: SettingsArgs) -> ExitCode {
    match args.verb {
        SettingsVerb::Get { tenant, path, common } => answer(get(tenant, path, common)),
        SettingsVerb::Set(args) => answer(set(args)),
        SettingsVerb::Diff { tenant, from, to, common } => answer(diff(tenant, from, to, common)),
        SettingsVerb::Versions { tenant, limit, common } => answer(versions(tenant, limit, common)),
        SettingsVerb::Schema { markdown } => schema(markdown),
        SettingsVerb::Rollback { tenant, to, common } => answer(roll_back(tenant, to, common)),
    }
}

fn schema(is_page: bool) -> ExitCode {
    let schema = kiavi_engine::settings_schema();
    if is_page {
        say(settings_reference::page(settings_reference::SETTINGS, &schema).trim_end())
    } else {
        say(&format!("{schema:#}"))
    }
}

async fn get(tenant: String, path: Option<String>, common: Common) -> Result<String, ClientError> {
    let (document, _) = read(&common.client(), &tenant).await?;
    let found = match &path {
        None => Some(&document),
        Some(path) => path_of(path)?.get(&document),
    };
    let found = found.ok_or_else(|| {
        ClientError::Input(format!("The settings have no {}.", path.as_deref().unwrap_or_default()))
    })?;
    Ok(if common.json { found.to_string() } else { format!("{found:#}") })
}

async fn set(args: SetArgs) -> Result<String, ClientError> {
    let assignments = args.assignments.iter().map(|text| Edit::assignment(text));
    let edits = assignments.chain(args.unset.iter().map(|path| Edit::removal(path)));
    let edits = edits.collect::<Result<Vec<_>, _>>()?;
    let whole = args.file.as_deref().map(read_document).transpose()?;
    let wanted = Wanted { is_trial: args.dry_run, comment: args.comment, version: args.if_version };
    let changed = change(&args.common.client(), &args.tenant, &wanted, |document| {
        if let Some(whole) = &whole {
            document.clone_from(whole);
        }
        edits.iter().try_for_each(|edit| edit.apply(document))
    })
    .await?;
    Ok(told(&changed, &args.tenant, args.common.json))
}

async fn diff(
    tenant: String,
    from: Option<i32>,
    to: Option<i32>,
    common: Common,
) -> Result<String, ClientError> {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, version) in [("from", from), ("to", to)] {
        if let Some(version) = version {
            query.append_pair(name, &version.to_string());
        }
    }
    let path = format!("{}/settings/diff?{}", tenant_path(&tenant)?, query.finish());
    let differences = common.client().get(&path).await?;
    if common.json {
        return Ok(differences.to_string());
    }
    let lines = lines(&differences["changes"]);
    let (from, to) = (&differences["from"], &differences["to"]);
    Ok(if lines.is_empty() {
        format!("Versions {from} and {to} are the same.")
    } else {
        format!("From version {from} to version {to}:\n{lines}")
    })
}

async fn versions(tenant: String, limit: u16, common: Common) -> Result<String, ClientError> {
    let path = format!("{}/settings/versions?limit={limit}", tenant_path(&tenant)?);
    let mut page = common.client().get(&path).await?;
    if common.json {
        return Ok(page["items"].take().to_string());
    }
    let row = |version: &Value| {
        let changes = version["changes"].as_array().into_iter().flatten();
        let paths: Vec<_> = changes.map(|change| text(change, "path")).collect();
        let member = |name| text(version, name).to_owned();
        [version["version"].to_string(), member("at"), member("actor"), member("comment"), paths.join(", ")]
    };
    let rows: Vec<_> = page["items"].as_array().into_iter().flatten().map(row).collect();
    Ok(table(["VERSION", "AT", "BY", "COMMENT", "CHANGED"], &rows))
}

async fn roll_back(tenant: String, to: Option<i64>, common: Common) -> Result<String, ClientError> {
    let client = common.client();
    let (_, current) = read(&client, &tenant).await?;
    let to = to.unwrap_or(current - 1);
    if to < 1 {
        return Err(ClientError::Input("There is no version before the first.".to_owned()));
    }
    let path = format!("{}/settings/rollback", tenant_path(&tenant)?);
    // Whoever goes back means what they see now.
    let changed = client.send_json(Method::POST, &path, Some(current), &json!({ "version": to })).await?;
    Ok(told(&changed, &tenant, common.json))
}

/// The settings and their version.
async fn read(client: &Client, tenant: &str) -> Result<(Value, i64), ClientError> {
    let mut answer = client.get(&format!("{}/settings", tenant_path(tenant)?)).await?;
    let version = answer["version"].as_i64().unwrap_or_default();
    Ok((answer["settings"].take(), version))
}

/// How a change is to be made.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) is_trial: bool,
    pub(crate) comment: Option<String>,
    /// The version that it must be made on; any, if nothing is said.
    pub(crate) version: Option<i64>,
}

/// Reads the settings, has `edit` change them, and writes them back as a whole: again, if somebody else wrote in
/// between and no version is asked for.
pub(crate) async fn change(
    client: &Client,
    tenant: &str,
    wanted: &Wanted,
    edit: impl Fn(&mut Value) -> Result<(), ClientError>,
) -> Result<Value, ClientError> {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    if wanted.is_trial {
        query.append_pair("dry_run", "true");
    }
    if let Some(comment) = &wanted.comment {
        query.append_pair("comment", comment);
    }
    let path = format!("{}/settings?{}", tenant_path(tenant)?, query.finish());
    let mut attempts = ATTEMPTS;
    loop {
        let (mut document, current) = read(client, tenant).await?;
        edit(&mut document)?;
        let version = wanted.version.unwrap_or(current);
        attempts -= 1;
        match client.send_json(Method::PUT, &path, Some(version), &document).await {
            Err(ClientError::Refused(Problem { code, .. }))
                if code == "settings_changed" && wanted.version.is_none() && attempts > 0 => {}
            sent => return sent,
        }
    }
}

/// What a change came to, for people or for programs.
pub(crate) fn told(changed: &Value, tenant: &str, is_json: bool) -> String {
    if is_json {
        let member = |name: &str| changed[name].clone();
        return json!({
            "version": member("version"), "changes": member("changes"),
            "delivered": member("delivered"), "dry_run": member("dry_run"),
        })
        .to_string();
    }
    let (version, lines) = (&changed["version"], lines(&changed["changes"]));
    if lines.is_empty() {
        return format!("Nothing to change: the settings of {tenant} are so already (version {version}).");
    }
    if changed["dry_run"] == true {
        return format!("The settings are right. This would change:\n{lines}");
    }
    let late = "\nThe engine does not have them yet; kiavi tenant show tells why.";
    let late = if changed["delivered"] == false { late } else { "" };
    format!("The settings of {tenant} have version {version} now:\n{lines}{late}")
}

/// One line for each change.
fn lines(changes: &Value) -> String {
    let line = |change: &Value| {
        let path = text(change, "path");
        match (change.get("from"), change.get("to")) {
            (Some(from), Some(to)) => format!("  {path}: {from} → {to}"),
            (None, Some(to)) => format!("  {path}: set to {to}"),
            (Some(from), None) => format!("  {path}: taken away, was {from}"),
            (None, None) => format!("  {path}"),
        }
    };
    changes.as_array().into_iter().flatten().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_line_by_line() {
        let changed = json!({
            "version": 3, "delivered": true, "dry_run": false, "settings": {},
            "changes": [
                { "path": "a", "from": 1, "to": null }, { "path": "b", "to": "x" }, { "path": "c", "from": "***" }
            ],
        });
        assert_eq!(
            told(&changed, "shop", false),
            "The settings of shop have version 3 now:\n  a: 1 → null\n  b: set to \"x\"\n  c: taken away, was \"***\""
        );
        let told: Value = serde_json::from_str(&told(&changed, "shop", true)).unwrap();
        assert_eq!((&told["version"], told.get("settings")), (&json!(3), None));
    }
}
