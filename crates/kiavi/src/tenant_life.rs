//! `kiavi tenant suspend | resume | delete | undelete | rename | rotate-secret | retire-secret`.

use std::{
    io::{self, IsTerminal},
    time::Duration,
};

use clap::{Args, Subcommand};
use hyper::Method;
use serde_json::{Value, json};

use crate::{
    client::{Client, ClientError, Problem, idempotency_key},
    tenant::{Common, find, tenant_path, text},
    tenant_progress::Progress,
};

/// How often a request whose connection was lost is made again, and the pause before.
pub(crate) const ATTEMPTS: u32 = 10;
pub(crate) const PAUSE: Duration = Duration::from_secs(1);

/// A tenant, and how to answer.
#[derive(Debug, Args)]
pub(crate) struct Target {
    /// Its name or id
    tenant: String,
    #[command(flatten)]
    common: Common,
}

/// What can be done to a tenant.
#[derive(Debug, Subcommand)]
pub(crate) enum LifeVerb {
    /// Switch a tenant off: no process runs, its addresses say that it is suspended
    Suspend {
        #[command(flatten)]
        target: Target,
        /// Why; for the logs and whoever looks at the tenant, not for its visitors
        #[arg(long)]
        reason: Option<String>,
    },
    /// Switch a suspended tenant on again
    Resume {
        #[command(flatten)]
        target: Target,
    },
    /// Delete a tenant: it is suspended, and destroyed when the grace period is over
    Delete {
        #[command(flatten)]
        target: Target,
        /// Destroy it at once: database, secrets, everything; this cannot be undone
        #[arg(long, requires = "confirm")]
        now: bool,
        /// Its name once more, for --now
        #[arg(long, value_name = "NAME")]
        confirm: Option<String>,
        /// Why; for the logs and whoever looks at the tenant
        #[arg(long)]
        reason: Option<String>,
    },
    /// Bring a deleted tenant back, while its grace period lasts
    Undelete {
        #[command(flatten)]
        target: Target,
    },
    /// Give a tenant another name, and with it another address; the old one leads there for a time
    Rename {
        /// Its name or id
        tenant: String,
        /// Its new name
        name: String,
        /// Go on although passkeys that people have will not work at the new address
        #[arg(long)]
        accept_rp_id_change: bool,
        #[command(flatten)]
        common: Common,
    },
    /// Give a tenant a new secret; what the one before signed is still good until that is retired
    RotateSecret {
        #[command(flatten)]
        target: Target,
    },
    /// End all secrets of a tenant before its current one: who signed in under them is signed out
    RetireSecret {
        #[command(flatten)]
        target: Target,
        /// Go on although passkeys that people have need an earlier secret
        #[arg(long)]
        accept_loss: bool,
    },
}

/// An operation as it is asked for.
struct Asked {
    /// What the line on the terminal says.
    doing: &'static str,
    /// The last part of the path.
    path: &'static str,
    body: Value,
}

/// Does what the command says.
pub(crate) async fn run(verb: LifeVerb) -> Result<String, ClientError> {
    let ask = |doing, path, body| Asked { doing, path, body };
    let (tenant, common, asked) = match verb {
        LifeVerb::Suspend { target: Target { tenant, common }, reason } => {
            (tenant, common, ask("Suspending", "suspend", json!({ "reason": reason })))
        }
        LifeVerb::Resume { target: Target { tenant, common } } => {
            (tenant, common, ask("Resuming", "resume", json!({})))
        }
        LifeVerb::Delete { target: Target { tenant, common }, now, confirm, reason } => {
            let body = json!({ "reason": reason, "now": now, "confirm": confirm });
            (tenant, common, ask("Deleting", "delete", body))
        }
        LifeVerb::Undelete { target: Target { tenant, common } } => {
            (tenant, common, ask("Bringing back", "undelete", json!({})))
        }
        LifeVerb::Rename { tenant, name, accept_rp_id_change, common } => {
            let body = json!({ "slug": name, "accept_rp_id_change": accept_rp_id_change });
            (tenant, common, ask("Renaming", "rename", body))
        }
        LifeVerb::RotateSecret { target: Target { tenant, common } } => {
            (tenant, common, ask("Rotating the secret of", "secret/rotate", json!({})))
        }
        LifeVerb::RetireSecret { target: Target { tenant, common }, accept_loss } => {
            let body = json!({ "accept_loss": accept_loss });
            (tenant, common, ask("Retiring secrets of", "secret/retire", body))
        }
    };
    let client = common.client();
    let before = find(&client, &tenant).await?;
    let what = (asked.doing, asked.path);
    let outcome = self::ask(&client, &before, Method::POST, what, &asked.body).await?;
    Ok(told(&before, outcome.as_ref(), common.json))
}

/// Asks for an operation by the tenant's id, which stays the same whatever happens to its name, and shows its steps. The
/// tenant afterwards; none when it is gone.
pub(crate) async fn ask(
    client: &Client,
    tenant: &Value,
    method: Method,
    (doing, path): (&str, &str),
    body: &Value,
) -> Result<Option<Value>, ClientError> {
    let mut progress =
        Progress::new(&format!("{doing} {}", text(tenant, "slug")), io::stderr().is_terminal());
    let path = format!("{}/{path}", tenant_path(text(tenant, "id"))?);
    let outcome = followed(client, (method, &path), body, |step| progress.step(step)).await;
    progress.finish(outcome.is_ok());
    outcome
}

/// The answer for people, or for programs.
pub(crate) fn told(before: &Value, after: Option<&Value>, is_json: bool) -> String {
    let Some(after) = after else {
        return if is_json {
            json!({ "slug": before["slug"], "id": before["id"], "removed": true }).to_string()
        } else {
            format!("{} is destroyed, with everything it had.", text(before, "slug"))
        };
    };
    if is_json {
        return after.to_string();
    }
    let (slug, url) = (text(after, "slug"), text(after, "url"));
    match text(after, "state") {
        "suspended" => format!("{slug} is suspended; kiavi tenant resume {slug} switches it on again."),
        "deleted" => format!(
            "{slug} is suspended and will be destroyed at {}; until then kiavi tenant undelete {slug} brings it back, and \
             kiavi tenant export {slug} takes its data along.",
            text(after, "destroyed_at")
        ),
        _ => format!("{slug} runs at {url}"),
    }
}

/// Makes a request, again when its connection is lost, and follows its progress to the end. The tenant afterwards; none
/// when it is gone.
async fn followed(
    client: &Client,
    request: (Method, &str),
    body: &Value,
    mut tell: impl FnMut(&Value),
) -> Result<Option<Value>, ClientError> {
    // With one key all attempts are one request.
    let key = idempotency_key();
    let mut attempts = 1;
    loop {
        match attempt(client, request.clone(), &key, body, &mut tell).await {
            Err(error) if attempts < ATTEMPTS && error.is_passing() => {
                attempts += 1;
                tokio::time::sleep(PAUSE).await;
            }
            // What was asked for before the connection was lost is done.
            Err(ClientError::Refused(problem)) if attempts > 1 && problem.code == "tenant_not_found" => {
                return Ok(None);
            }
            outcome => return outcome,
        }
    }
}

async fn attempt(
    client: &Client,
    request: (Method, &str),
    idempotency_key: &str,
    body: &Value,
    tell: &mut impl FnMut(&Value),
) -> Result<Option<Value>, ClientError> {
    let mut outcome = Err(ClientError::Connection("the answer ended early".to_owned()));
    let told = client.send_for_events(request, idempotency_key, body, |event, data| match event {
        "step" => tell(data),
        "done" => outcome = Ok(Some(data.clone())),
        "removed" => outcome = Ok(None),
        "failed" => outcome = Err(refusal(data)),
        _ => {}
    });
    told.await?;
    outcome
}

fn refusal(data: &Value) -> ClientError {
    let (code, detail) = (text(data, "code").to_owned(), text(data, "detail").to_owned());
    ClientError::Refused(Problem { code, detail })
}
