//! `kiavi tenant`: list and show, and what the other verbs have in common.

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::{
    client::{Client, ClientError, unknown},
    place::Place,
    tenant_create::{self, CreateArgs},
    tenant_domain::{self, DomainArgs},
    tenant_export::{self, ExportArgs},
    tenant_import::{self, ImportArgs},
    tenant_life::{self, LifeVerb},
    tenant_orphans::{self, OrphansArgs},
    tenant_table::{details, table},
};

/// What an exit code says. A program that calls this one may rely on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It is done.
    Done = 0,
    /// It is not done; the message says why.
    Failed = 1,
    /// The command or a name in it cannot be meant.
    Usage = 2,
    /// What is named is not there: a tenant, a user, a member, a version.
    NotFound = 3,
    /// There is one of that name already, or somebody else was first.
    Conflict = 4,
    /// No instance runs with that data folder, or the one of that profile cannot be reached.
    NotRunning = 5,
    /// What was to be verified is not what it should be.
    Unverified = 6,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Manage tenants.
#[derive(Debug, Args)]
pub(crate) struct TenantArgs {
    #[command(subcommand)]
    verb: TenantVerb,
}

/// Which instance, and how to answer.
#[derive(Debug, Clone, Args)]
pub(crate) struct Common {
    /// The data folder of the instance [default: /var/lib/kiavi as root, else ~/.local/share/kiavi]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// A profile of an instance elsewhere, see kiavi profile [default: KIAVI_PROFILE, else the default profile]
    #[arg(long, value_name = "NAME", conflicts_with = "data")]
    profile: Option<String>,
    /// Answer in JSON
    #[arg(long)]
    pub(crate) json: bool,
}

impl Common {
    /// The instance that is meant.
    pub(crate) fn client(&self) -> Client {
        Client::new(Place::of(self.data.clone(), self.profile.clone()))
    }
}

#[derive(Debug, Subcommand)]
enum TenantVerb {
    Create(CreateArgs),
    /// List tenants
    List {
        /// Only tenants whose name has this in it, or whose id it is
        #[arg(long, value_name = "TEXT")]
        search: Option<String>,
        /// Only tenants in this state, such as running or failed
        #[arg(long)]
        state: Option<String>,
        /// Only tenants of this workspace, by name or id
        #[arg(long)]
        workspace: Option<String>,
        #[command(flatten)]
        common: Common,
    },
    /// Show one tenant and its steps
    Show {
        /// Its name or id
        tenant: String,
        #[command(flatten)]
        common: Common,
    },
    #[command(flatten)]
    Life(LifeVerb),
    Domain(DomainArgs),
    Orphans(OrphansArgs),
    /// Give a tenant's role at the database server another password
    ///
    /// For an instance with a server on a network (docs/postgresql.md). The engine is replaced, nobody is signed out.
    RotatePassword {
        /// Its name or id
        tenant: String,
        #[command(flatten)]
        common: Common,
    },
    Import(ImportArgs),
    Export(ExportArgs),
}

/// Does what the command says and returns what the process should exit with.
pub(crate) fn run(args: TenantArgs) -> ExitCode {
    match args.verb {
        TenantVerb::Create(args) => answer(tenant_create::create(args)),
        TenantVerb::Life(verb) => answer(tenant_life::run(verb)),
        TenantVerb::Domain(args) => answer(tenant_domain::run(args)),
        TenantVerb::Orphans(args) => answer(tenant_orphans::run(args)),
        TenantVerb::List { search, state, workspace, common } => {
            let path = query("/v1/tenants", [("q", search), ("state", state), ("workspace", workspace)]);
            answer(async move { list(common.client(), &path, common.json).await })
        }
        TenantVerb::Show { tenant, common } => answer(show(common.client(), tenant, common.json)),
        TenantVerb::RotatePassword { tenant, common } => {
            answer(rotate_password(common.client(), tenant, common.json))
        }
        TenantVerb::Import(args) => tenant_import::run(args),
        TenantVerb::Export(args) => tenant_export::run(args),
    }
}

/// Runs a verb to its end and writes its answer, or why there is none.
pub(crate) fn answer(verb: impl Future<Output = Result<String, ClientError>>) -> ExitCode {
    match block_on(verb) {
        Ok(text) => say(&text),
        Err(error) => complain(&error.to_string(), exit_of(&error)),
    }
}

/// Runs a client's future to its end.
pub(crate) fn block_on<T>(future: impl Future<Output = Result<T, ClientError>>) -> Result<T, ClientError> {
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(future),
        Err(error) => Err(ClientError::Connection(error.to_string())),
    }
}

async fn list(client: Client, path: &str, is_json: bool) -> Result<String, ClientError> {
    let tenants = client.list(path).await?;
    if is_json {
        return Ok(Value::Array(tenants).to_string());
    }
    if tenants.is_empty() {
        return Ok("There is no such tenant. Create one: kiavi tenant create NAME".to_owned());
    }
    let row = |tenant: &Value| ["slug", "state", "url", "id"].map(|member| text(tenant, member).to_owned());
    Ok(table(["NAME", "STATE", "ADDRESS", "ID"], &tenants.iter().map(row).collect::<Vec<_>>()))
}

async fn show(client: Client, tenant: String, is_json: bool) -> Result<String, ClientError> {
    let tenant = find(&client, &tenant).await?;
    Ok(if is_json { tenant.to_string() } else { details(&tenant) })
}

async fn rotate_password(client: Client, tenant: String, is_json: bool) -> Result<String, ClientError> {
    let path = format!("{}/database-password/rotate", tenant_path(&tenant)?);
    let tenant = client.post(&path, &json!({})).await?;
    Ok(if is_json {
        tenant.to_string()
    } else {
        format!("{} has another password at the database server", text(&tenant, "slug"))
    })
}

/// The tenant with this name or id.
pub(crate) async fn find(client: &Client, name_or_id: &str) -> Result<Value, ClientError> {
    client.get(&tenant_path(name_or_id)?).await
}

/// Where the tenant with this name or id is in the API.
pub(crate) fn tenant_path(name_or_id: &str) -> Result<String, ClientError> {
    let is_plain = name_or_id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if name_or_id.is_empty() || !is_plain {
        // Nothing that could be in a path otherwise is a name or an id.
        return Err(unknown("tenant", "tenant_not_found", name_or_id));
    }
    Ok(format!("/v1/tenants/{name_or_id}"))
}

/// A path with those parameters that have a value.
pub(crate) fn query<const N: usize>(path: &str, parameters: [(&str, Option<String>); N]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in parameters {
        if let Some(value) = value {
            query.append_pair(name, &value);
        }
    }
    let query = query.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// The member of an object as text; empty when it is none.
pub(crate) fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_default()
}

/// What an error exits with.
pub(crate) fn exit_of(error: &ClientError) -> Exit {
    match error {
        ClientError::NotRunning(_) | ClientError::Unreachable { .. } => Exit::NotRunning,
        ClientError::NotAllowed(_)
        | ClientError::Untrusted { .. }
        | ClientError::KeyRefused(_)
        | ClientError::Connection(_)
        | ClientError::Failed(_) => Exit::Failed,
        ClientError::Input(_) | ClientError::OnlyThere(_) => Exit::Usage,
        ClientError::NoProfile { .. } => Exit::NotFound,
        ClientError::Refused(problem) => match problem.code.as_str() {
            "tenant_not_found"
            | "workspace_not_found"
            | "key_not_found"
            | "hostname_not_found"
            | "domain_not_found"
            | "member_not_found"
            | "invitation_not_found"
            | "settings_version_not_found"
            | "archive_key_not_found"
            | "USER_NOT_FOUND"
            | "WEBHOOK_ENDPOINT_NOT_FOUND"
            | "WEBHOOK_DELIVERY_NOT_FOUND" => Exit::NotFound,
            "tenant_exists"
            | "workspace_exists"
            | "tenant_running"
            | "tenant_suspended"
            | "tenant_deleted"
            | "tenant_deleting"
            | "tenant_importing"
            | "tenant_not_running"
            | "no_database_password"
            | "settings_changed"
            | "key_not_active"
            | "member_exists"
            | "invitation_exists"
            | "invitation_ended"
            | "owner_exists"
            | "last_owner"
            | "console_tenant"
            | "secret_changing"
            | "hostname_taken"
            | "domain_limit"
            | "hostname_primary"
            | "rp_id_change"
            | "secret_in_use"
            | "WEBHOOK_DELIVERY_NOT_REPLAYED" => Exit::Conflict,
            "domain_unproved" => Exit::Unverified,
            "invalid_name" | "invalid_key" | "invalid_body" | "reserved_name" | "invalid_settings"
            | "invalid_hostname" | "invalid_invitation" | "not_confirmed" | "invalid_import"
            | "invalid_query" | "invalid_filter" | "invalid_range" | "rows_refused" | "VALIDATION_ERROR"
            | "INVALID_EMAIL" => Exit::Usage,
            _ => Exit::Failed,
        },
    }
}

/// Writes the answer. A reader that has gone away is no failure of the command.
pub(crate) fn say(answer: &str) -> ExitCode {
    if answer.is_empty() {
        // What there was to say was said as it happened.
        return Exit::Done.into();
    }
    match writeln!(io::stdout().lock(), "{answer}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            complain(&format!("The answer could not be written: {error}."), Exit::Failed)
        }
        _ => Exit::Done.into(),
    }
}

/// Writes why it is not done.
pub(crate) fn complain(message: &str, exit: Exit) -> ExitCode {
    // When even this cannot be written, the exit code is all that is left.
    let _ = writeln!(io::stderr().lock(), "kiavi: {message}");
    exit.into()
}
