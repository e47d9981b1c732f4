//! `kiavi tenant create`: one tenant, or many at once.

use std::io::{self, IsTerminal, Read};

use clap::Args;
use futures_util::{StreamExt, stream};
use hyper::Method;
use serde_json::{Value, json};

use crate::{
    client::{Client, ClientError},
    tenant::{Common, text},
    tenant_life::followed,
    tenant_progress::{Count, Progress},
};

/// Tenants that are asked for at the same time; more would wait in the instance.
const AT_ONCE: usize = 8;
/// The most that one command makes.
const MAX_COUNT: u32 = 10_000;

/// Create a tenant and wait until it runs, or many
///
/// Many: several names, names from standard input (`-`, one a line), or --count with --prefix. What cannot be made does not
/// keep the others from being made.
#[derive(Debug, Args)]
pub(crate) struct CreateArgs {
    /// Its name: lower-case letters, digits and hyphens; or - for names from standard input
    #[arg(required_unless_present = "count", conflicts_with = "count")]
    name: Vec<String>,
    /// How many to make; they are called PREFIX-1, PREFIX-2 and so on
    #[arg(long, requires = "prefix", value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_COUNT)))]
    count: Option<u32>,
    /// What their names begin with
    #[arg(long, requires = "count")]
    prefix: Option<String>,
    /// The workspace that they are in, by name or id [default: default]
    #[arg(long)]
    workspace: Option<String>,
    #[command(flatten)]
    common: Common,
}

/// Does what the command says.
pub(crate) async fn create(args: CreateArgs) -> Result<String, ClientError> {
    let (client, is_json) = (args.common.client(), args.common.json);
    let workspace = args.workspace.as_deref();
    let names = names(&args)?;
    match names.as_slice() {
        [name] => {
            let mut progress = Progress::new(&format!("Creating {name}"), io::stderr().is_terminal());
            let made = one(&client, (name, workspace), |step| progress.step(step)).await;
            progress.finish(made.is_ok());
            let tenant = made?;
            Ok(if is_json {
                brief(&tenant).to_string()
            } else {
                format!("{} runs at {}", text(&tenant, "slug"), text(&tenant, "url"))
            })
        }
        names => many(&client, names, workspace, is_json).await,
    }
}

/// The names that are meant.
fn names(args: &CreateArgs) -> Result<Vec<String>, ClientError> {
    if let (Some(count), Some(prefix)) = (args.count, &args.prefix) {
        let width = count.to_string().len();
        return Ok((1..=count).map(|number| format!("{prefix}-{number:0width$}")).collect());
    }
    if args.name != ["-"] {
        return Ok(args.name.clone());
    }
    let mut input = String::new();
    io::stdin()
        .read_to_string(&mut input)
        .map_err(|error| ClientError::Input(format!("The names could not be read: {error}.")))?;
    let names: Vec<_> = input.split_whitespace().map(str::to_owned).collect();
    if names.is_empty() {
        return Err(ClientError::Input("There was no name on standard input.".to_owned()));
    }
    Ok(names)
}

/// One tenant. Whoever loses the connection asks again, for the same one.
async fn one(
    client: &Client,
    (name, workspace): (&str, Option<&str>),
    tell: impl FnMut(&Value),
) -> Result<Value, ClientError> {
    let mut wanted = json!({ "slug": name });
    if let Some(workspace) = workspace {
        wanted["workspace"] = workspace.into();
    }
    let made = followed(client, (Method::POST, "/v1/tenants"), &wanted, tell).await?;
    made.ok_or_else(|| ClientError::Failed(format!("{name} was removed while it was made.")))
}

async fn many(
    client: &Client,
    names: &[String],
    workspace: Option<&str>,
    is_json: bool,
) -> Result<String, ClientError> {
    let count = Count::new(names.len(), io::stderr().is_terminal());
    let counter = &count;
    let outcomes: Vec<_> = stream::iter(names)
        .map(|name| async move {
            let made = one(client, (name, workspace), |_| {}).await;
            counter.next(name, made.as_ref().err().map(ToString::to_string).as_deref());
            (name, made)
        })
        .buffered(AT_ONCE)
        .collect()
        .await;
    drop(count);
    let total = outcomes.len();
    let mut failures = Vec::new();
    let mut made = Vec::new();
    for (name, outcome) in outcomes {
        match outcome {
            Ok(tenant) => made.push(brief(&tenant)),
            Err(error) => failures.push(format!("{name}: {error}")),
        }
    }
    if !failures.is_empty() {
        let failed = failures.len();
        return Err(ClientError::Failed(format!(
            "{failed} of {total} were not made:\n{}",
            failures.join("\n")
        )));
    }
    Ok(if is_json { Value::Array(made).to_string() } else { format!("{total} tenants run.") })
}

fn brief(tenant: &Value) -> Value {
    json!({ "slug": tenant["slug"], "url": tenant["url"], "id": tenant["id"] })
}
