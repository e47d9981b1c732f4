//! `kiavi user list | export TENANT`: who is among a tenant's users, in lines or as a table for spreadsheets.

use std::io::{self, Write as _};

use clap::{Args, ValueEnum};
use serde_json::Value;

use crate::{
    client::{Client, ClientError},
    tenant::{Common, query, tenant_path, text},
    tenant_table::table,
};

/// Users of one page.
const PAGE: usize = 500;

/// Whom a list is of; all, if nothing is said.
#[derive(Debug, Args)]
pub(crate) struct Filter {
    /// Only users whose e-mail address contains this
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Only users whose name contains this
    #[arg(long, value_name = "TEXT", conflicts_with = "search")]
    name: Option<String>,
    /// Only users who may sign in, or who may not
    #[arg(long, value_enum)]
    state: Option<State>,
    /// Only users who have a passkey, an account at a provider, or neither
    #[arg(long, value_enum)]
    method: Option<Means>,
    /// Only users who came on this day (UTC) or later, such as 2026-11-01
    #[arg(long, value_name = "DAY")]
    created_from: Option<String>,
    /// Only users who came on this day (UTC) or earlier
    #[arg(long, value_name = "DAY")]
    created_to: Option<String>,
    /// Only users who were there last on this day, by the tenant's clock, or later
    #[arg(long, value_name = "DAY")]
    seen_from: Option<String>,
    /// Only users who were there last on this day or earlier
    #[arg(long, value_name = "DAY")]
    seen_to: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum State {
    Active,
    Suspended,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Means {
    Passkey,
    Account,
    Code,
}

/// The users of a tenant in lines.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// The tenant's name or id
    tenant: String,
    #[command(flatten)]
    filter: Filter,
    /// At most so many
    #[arg(long, default_value_t = 1000)]
    limit: usize,
    #[command(flatten)]
    common: Common,
}

/// The users of a tenant as a table.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// The tenant's name or id
    tenant: String,
    #[command(flatten)]
    filter: Filter,
    #[command(flatten)]
    common: Common,
}

impl Filter {
    /// A path with what is asked for.
    fn at(self, path: &str) -> String {
        let word =
            |value: Option<clap::builder::PossibleValue>| value.map(|value| value.get_name().to_owned());
        let field = self.name.is_some().then(|| "name".to_owned());
        query(
            path,
            [
                ("text", self.search.or(self.name)),
                ("field", field),
                ("standing", word(self.state.and_then(|state| state.to_possible_value()))),
                ("method", word(self.method.and_then(|means| means.to_possible_value()))),
                ("created_from", self.created_from),
                ("created_to", self.created_to),
                ("seen_from", self.seen_from),
                ("seen_to", self.seen_to),
            ],
        )
    }
}

/// Lists them, the newest first.
pub(crate) async fn list(args: ListArgs) -> Result<String, ClientError> {
    let ListArgs { tenant, filter, limit, common } = args;
    let path = filter.at(&format!("{}/engine/admin/find-users", tenant_path(&tenant)?));
    let Listed { users, total, has_more } = found(&common.client(), &path, limit).await?;
    if common.json {
        return Ok(Value::Array(users).to_string());
    }
    if users.is_empty() {
        return Ok("There is no such user.".to_owned());
    }
    let row = |user: &Value| {
        let member = |name: &str| text(user, name).to_owned();
        let banned = if user["banned"] == true { "banned" } else { "" };
        [member("email"), member("name"), member("role"), banned.to_owned(), member("lastSeen"), member("id")]
    };
    let rows: Vec<_> = users.iter().map(row).collect();
    let mut lines = table(["E-MAIL", "NAME", "ROLE", "STATE", "SEEN", "ID"], &rows);
    if has_more {
        lines.push_str(&format!("\n{} of {total} users; more with --limit", users.len()));
    }
    Ok(lines)
}

/// Users as far as they were asked for.
struct Listed {
    users: Vec<Value>,
    /// How many there are, in words: not all are counted.
    total: String,
    has_more: bool,
}

async fn found(client: &Client, path: &str, limit: usize) -> Result<Listed, ClientError> {
    let mark = if path.contains('?') { '&' } else { '?' };
    let mut listed = Listed { users: Vec::new(), total: String::new(), has_more: true };
    while listed.has_more && listed.users.len() <= limit {
        let offset = listed.users.len();
        // One more than is wanted tells whether there are more.
        let size = PAGE.min(limit.saturating_add(1) - offset);
        let mut page = client.get(&format!("{path}{mark}limit={size}&offset={offset}")).await?;
        let total = page["total"].as_u64().unwrap_or_default();
        let is_exact = page["totalIsExact"].as_bool().unwrap_or(true);
        listed.total = if is_exact { total.to_string() } else { format!("more than {total}") };
        let more = page["users"].as_array_mut().map(std::mem::take).unwrap_or_default();
        listed.has_more = more.len() >= size;
        listed.users.extend(more);
    }
    listed.has_more = listed.users.len() > limit;
    listed.users.truncate(limit);
    Ok(listed)
}

/// Writes the table to standard output as it comes.
pub(crate) async fn export(args: ExportArgs) -> Result<String, ClientError> {
    let ExportArgs { tenant, filter, common } = args;
    let path = filter.at(&format!("{}/users/export", tenant_path(&tenant)?));
    let written = |error: io::Error| ClientError::Failed(format!("The table could not be written: {error}."));
    let mut out = io::stdout().lock();
    common.client().get_pieces(&path, |piece| out.write_all(piece).map_err(written)).await?;
    out.flush().map_err(written)?;
    Ok(String::new())
}
