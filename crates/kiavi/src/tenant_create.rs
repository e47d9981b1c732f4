//! `kiavi tenant create`: one tenant, or many at once.

use std::{
    collections::HashSet,
    io::{self, IsTerminal, Write},
    path::PathBuf,
    time::Duration,
};

use clap::Args;
use futures_util::{StreamExt, stream};
use hyper::Method;
use kiavi_base::SystemClock;
use serde_json::{Value, json};
use tokio::{sync::Notify, time::Instant};

use crate::{
    client::{Client, ClientError, idempotency_key},
    settings_input::read_text,
    tenant::{Common, text},
    tenant_progress::{Count, Progress},
    tenant_wait::{News, Patience, say_waiting, until_done},
};

/// Tenants that are asked for at the same time: as many as the instance makes. More would only wait there.
const AT_ONCE: usize = 4;
/// Where tenants are asked for.
const PATH: &str = "/v1/tenants";
/// The most that one command makes.
const MAX_COUNT: u32 = 10_000;

/// Create a tenant and wait until it runs, or many
///
/// Many: several names, names from a file or standard input (--from, one a line), or --count with --prefix. What cannot be
/// made does not keep the others from being made. While something is away, the secret store or the database server, the
/// instance tries again by itself, and this waits and says for what, up to --timeout; Ctrl-C ends the waiting, not the making.
/// With --json there is one line for each, as soon as it runs or has failed:
/// {"slug", "url", "id"}, or {"slug", "error": {"code", "detail"}}. The exit code is 1 when any was not made.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("which").required(true))]
pub(crate) struct CreateArgs {
    /// Its name: lower-case letters, digits and hyphens; or - for names from standard input
    #[arg(group = "which")]
    name: Vec<String>,
    /// A file with names, one a line; - is standard input
    #[arg(long, value_name = "FILE|-", group = "which")]
    from: Option<PathBuf>,
    /// How many to make; they are called PREFIX-1, PREFIX-2 and so on
    #[arg(long, group = "which", requires = "prefix", value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_COUNT)))]
    count: Option<u32>,
    /// What their names begin with
    #[arg(long, requires = "count")]
    prefix: Option<String>,
    /// The workspace that they are in, by name or id [default: default]
    #[arg(long)]
    workspace: Option<String>,
    /// How long to wait, in seconds; the instance goes on after that
    #[arg(long, value_name = "SECONDS", default_value_t = 1800, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,
    /// Do not wait until it runs: it is enough that it will be made
    #[arg(long, conflicts_with = "timeout")]
    no_wait: bool,
    #[command(flatten)]
    common: Common,
}

/// What holds for each tenant of one command.
struct Making<'a> {
    client: Client,
    workspace: Option<&'a str>,
    /// Until when to wait; `None`: not at all.
    until: Option<Instant>,
    is_json: bool,
    is_terminal: bool,
}

/// Does what the command says.
pub(crate) async fn create(args: CreateArgs) -> Result<String, ClientError> {
    let wait = Duration::from_secs(args.timeout);
    let making = Making {
        client: args.common.client(),
        workspace: args.workspace.as_deref(),
        until: (!args.no_wait).then(|| Instant::now() + wait),
        is_json: args.common.json,
        is_terminal: io::stderr().is_terminal(),
    };
    let names = names(&args)?;
    let made = async {
        match &names {
            Names::One(name) => making.single(name).await,
            Names::Many(names) => making.many(names).await,
        }
    };
    tokio::select! {
        made = made => made,
        Ok(()) = tokio::signal::ctrl_c() => Err(interrupted(&names)),
    }
}

/// What was asked for is made, whether somebody waits or not.
fn interrupted(names: &Names) -> ClientError {
    ClientError::Failed(match names {
        Names::One(name) => format!("Interrupted. {}", look(name)),
        Names::Many(_) => "Interrupted. What was asked for goes on being made, the rest is not asked for: kiavi tenant list \
                           shows how far they are."
            .to_owned(),
    })
}

/// How to see later what became of it.
fn look(name: &str) -> String {
    format!("It goes on being made: kiavi tenant show {name} tells how far it is.")
}

/// The names that are meant, each once.
fn names(args: &CreateArgs) -> Result<Names, ClientError> {
    if let (Some(count), Some(prefix)) = (args.count, &args.prefix) {
        let width = count.to_string().len();
        return Ok(Names::Many((1..=count).map(|number| format!("{prefix}-{number:0width$}")).collect()));
    }
    let from = match (&args.from, args.name.as_slice()) {
        (Some(file), _) => file.clone(),
        (None, [name]) if name == "-" => "-".into(),
        (None, [name]) => return Ok(Names::One(name.clone())),
        (None, names) => return Ok(Names::Many(once_each(names.iter().map(String::as_str)))),
    };
    let names = once_each(read_text(&from)?.split_whitespace());
    match names.len() {
        0 => Err(ClientError::Input(format!(
            "There is no name in {}: write one on each line.",
            from.display()
        ))),
        count if count > MAX_COUNT as usize => Err(ClientError::Input(format!(
            "One command makes {MAX_COUNT} tenants at most; these are {count}."
        ))),
        _ => Ok(Names::Many(names)),
    }
}

fn once_each<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut known = HashSet::new();
    names.filter(|name| known.insert(*name)).map(str::to_owned).collect()
}

enum Names {
    One(String),
    Many(Vec<String>),
}

impl Making<'_> {
    /// One tenant, with its steps.
    async fn single(&self, name: &str) -> Result<String, ClientError> {
        let mut progress = Progress::new(&format!("Creating {name}"), self.is_terminal);
        let made = self.one(name, |news| match news {
            News::Step(step) => progress.step(step),
            News::Waiting(wait) if self.is_terminal => progress.wait(wait),
            News::Waiting(wait) => say_waiting(name, wait),
        });
        let made = made.await;
        progress.finish(made.is_ok());
        let tenant = made?;
        Ok(match self.until {
            _ if self.is_json => brief(&tenant).to_string(),
            Some(_) => format!("{} runs at {}", text(&tenant, "slug"), text(&tenant, "url")),
            None => format!("{} will run at {}. {}", text(&tenant, "slug"), text(&tenant, "url"), look(name)),
        })
    }

    /// One tenant. Whoever loses the connection asks again, for the same one.
    async fn one(&self, name: &str, tell: impl FnMut(News<'_>)) -> Result<Value, ClientError> {
        let mut wanted = json!({ "slug": name });
        if let Some(workspace) = self.workspace {
            wanted["workspace"] = workspace.into();
        }
        let Some(until) = self.until else { return self.ask(&wanted).await };
        let patience = Patience { until, clock: &SystemClock, look: &look(name) };
        let made = until_done(&self.client, PATH, &wanted, &patience, tell).await?;
        made.ok_or_else(|| ClientError::Failed(format!("{name} was removed while it was made.")))
    }

    /// Has it written down that the tenant is wanted; the tenant as it is then.
    async fn ask(&self, wanted: &Value) -> Result<Value, ClientError> {
        let (mut tenant, is_there) = (Value::Null, Notify::new());
        let key = idempotency_key();
        let asked = self.client.send_for_events((Method::POST, PATH), &key, wanted, |event, data| {
            if event == "tenant" {
                tenant = data.clone();
                is_there.notify_one();
            }
        });
        tokio::select! {
            ended = asked => ended?,
            () = is_there.notified() => {}
        }
        Ok(tenant)
    }

    async fn many(&self, names: &[String]) -> Result<String, ClientError> {
        let count = &Count::new(names.len(), self.is_terminal);
        let mut outcomes = stream::iter(names)
            .map(|name| async move {
                let tell = |news: News<'_>| match news {
                    News::Waiting(wait) if self.is_terminal => count.wait(name, wait),
                    News::Waiting(wait) => say_waiting(name, wait),
                    News::Step(_) => {}
                };
                (name, self.one(name, tell).await)
            })
            .buffer_unordered(AT_ONCE);
        let mut failures = Vec::new();
        while let Some((name, made)) = outcomes.next().await {
            count.next(name, made.as_ref().err().map(ToString::to_string).as_deref());
            if self.is_json {
                let line = made.as_ref().map_or_else(|error| refused(name, error), brief);
                writeln!(io::stdout(), "{line}").map_err(|error| {
                    ClientError::Failed(format!("The answer could not be written: {error}."))
                })?;
            }
            match made {
                Ok(_) => {}
                // Nor will any other be made.
                Err(error @ (ClientError::NotRunning(_) | ClientError::NotAllowed(_))) => return Err(error),
                Err(error) => failures.push(format!("{name}: {error}")),
            }
        }
        drop(outcomes);
        count.finish();
        let total = names.len();
        match failures.len() {
            0 if self.is_json => Ok(String::new()),
            0 if self.until.is_none() => {
                Ok(format!("{total} tenants will run: kiavi tenant list shows how far they are."))
            }
            0 => Ok(format!("{total} tenants run.")),
            failed => Err(ClientError::Failed(format!(
                "{failed} of {total} were not made:\n{}",
                failures.join("\n")
            ))),
        }
    }
}

/// A line about a tenant that was not made.
fn refused(name: &str, error: &ClientError) -> Value {
    let code = match error {
        ClientError::Refused(problem) => problem.code.as_str(),
        _ => "failed",
    };
    json!({ "slug": name, "error": { "code": code, "detail": error.to_string() } })
}

fn brief(tenant: &Value) -> Value {
    json!({ "slug": tenant["slug"], "url": tenant["url"], "id": tenant["id"] })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Command {
        #[command(flatten)]
        create: CreateArgs,
    }

    fn parsed(line: &str) -> Option<Vec<String>> {
        let command = Command::try_parse_from(line.split(' ')).ok()?;
        Some(match names(&command.create).ok()? {
            Names::One(name) => vec![name],
            Names::Many(names) => names,
        })
    }

    #[test]
    fn names_come_one_by_one_from_a_file_or_by_number() {
        assert_eq!(parsed("create shop").unwrap(), ["shop"]);
        assert_eq!(parsed("create b a b").unwrap(), ["b", "a"]);
        assert_eq!(parsed("create --count 10 --prefix x").unwrap()[..2], ["x-01", "x-02"]);
        let file = std::env::temp_dir().join(format!("kiavi-names-{}", std::process::id()));
        std::fs::write(&file, "one\n\n two \none\n").unwrap();
        assert_eq!(parsed(&format!("create --from {}", file.display())).unwrap(), ["one", "two"]);
        std::fs::write(&file, "\n").unwrap();
        assert_eq!(parsed(&format!("create --from {}", file.display())), None, "no name");
        std::fs::remove_file(file).unwrap();
        for wrong in ["create", "create a --count 2 --prefix b", "create a --from b", "create --count 2"] {
            assert_eq!(parsed(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_failure_is_a_line_of_its_own() {
        let error = ClientError::Input("That is no name.".to_owned());
        let line = json!({ "slug": "A", "error": { "code": "failed", "detail": "That is no name." } });
        assert_eq!(refused("A", &error), line);
    }
}
