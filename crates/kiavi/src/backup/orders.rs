//! What was ordered of archives at the console or by the API, carried out: by each `kiavi backup run`, and at once where one
//! waits (`--watch`).

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    create::{Wanted, create_and_note},
    drill::drill_and_note,
    open::{Archive, Opener},
    place::Place,
    progress::Progress,
    restore::{API_KEYS, SESSIONS},
    schedule::Schedule,
    send::{Keeps, Order, What},
};
use crate::{
    client::{Client, ClientError},
    tenant::text,
};

/// How often the instance is told how far it is.
const TELL: Duration = Duration::from_secs(1);
/// How long one question for an order waits, in seconds.
const WAIT: u64 = 50;
/// The pause before an instance that did not answer is asked again.
const AGAIN: Duration = Duration::from_secs(5);

/// Carries out whatever was ordered; what was, in words, and what came to nothing.
pub(super) async fn carry_out(client: &Client) -> Result<(Vec<String>, Vec<String>), ClientError> {
    let (mut done, mut failures) = (Vec::new(), Vec::new());
    while let Some(order) = take(client, 0).await? {
        let what = format!("{} {}", text(&order, "kind"), text(&order, "tenant"));
        match one(client, &order).await {
            Ok(()) => done.push(what),
            Err(error) => failures.push(format!("{what}: {error}")),
        }
    }
    Ok((done, failures))
}

/// Carries out what is ordered when it is, for as long as this runs. What a store is opened with is read for each order, and kept
/// no longer.
pub(super) async fn watch(client: &Client) -> ! {
    let mut told = String::new();
    loop {
        match take(client, WAIT).await {
            Ok(Some(order)) => {
                told.clear();
                let (kind, tenant) = (text(&order, "kind"), text(&order, "tenant"));
                match one(client, &order).await {
                    Ok(()) => eprintln!("{kind} {tenant}: done"),
                    Err(error) => eprintln!("{kind} {tenant}: {error}"),
                }
            }
            Ok(None) => told.clear(),
            Err(error) => {
                // An instance that is away is no news each time.
                let text = error.to_string();
                if text != told {
                    eprintln!("{text}");
                    told = text;
                }
                tokio::time::sleep(AGAIN).await;
            }
        }
    }
}

async fn take(client: &Client, wait_seconds: u64) -> Result<Option<Value>, ClientError> {
    let answer = client.post("/v1/backup-orders/take", &json!({ "wait_seconds": wait_seconds })).await?;
    Ok(Some(answer["order"].clone()).filter(Value::is_object))
}

/// Why an order came to nothing, as the instance knows reasons.
enum Failure {
    ArchiveGone,
    Other(ClientError),
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Self::Other(error)
    }
}

/// Carries one out, and tells all the while how far it is.
async fn one(client: &Client, order: &Value) -> Result<(), ClientError> {
    let path = format!("/v1/backup-orders/{}", text(order, "id"));
    let progress = Progress::new("Beginning");
    let telling = async {
        loop {
            tokio::time::sleep(TELL).await;
            let (step, bytes) = progress.now();
            // One that was given out again is somebody else's by now.
            if let Err(error @ ClientError::Refused(_)) =
                client.post(&path, &json!({ "step": step.as_str(), "bytes": bytes })).await
            {
                return error;
            }
        }
    };
    let outcome = tokio::select! {
        outcome = carry(client, order, &progress) => outcome,
        error = telling => return Err(error),
    };
    progress.clear();
    let (told, outcome) = match outcome {
        Ok(()) => (json!({ "step": "done" }), Ok(())),
        Err(Failure::ArchiveGone) => {
            let gone = ClientError::Failed("The archive is not there any more.".to_owned());
            (failed("archive_gone", &gone), Err(gone))
        }
        Err(Failure::Other(error)) => {
            let word = match &error {
                ClientError::Input(_) => "archive_damaged",
                ClientError::Refused(problem) if problem.code == "tenant_exists" => "name_taken",
                _ => "other",
            };
            (failed(word, &error), Err(error))
        }
    };
    client.post(&path, &told).await?;
    outcome
}

fn failed(word: &str, error: &ClientError) -> Value {
    json!({ "step": "failed", "failure": word, "reason": error.to_string() })
}

async fn carry(client: &Client, order: &Value, progress: &Progress) -> Result<(), Failure> {
    let none = || ClientError::Failed("There is no schedule, which would say where archives are.".to_owned());
    let schedule = Schedule::read(client).await?.ok_or_else(none)?;
    let place = Place::open(&schedule.to, &schedule.credentials())
        .map_err(|error| ClientError::Failed(error.to_string()))?;
    let opener = Opener::Instance(client);
    if order["kind"] == "restore" {
        return restore(client, order, &place, progress).await;
    }
    let tenant = client.get(&crate::tenant::tenant_path(text(order, "tenant"))?).await?;
    match text(order, "kind") {
        "backup" => {
            let wanted = Wanted { tenant: &tenant, recipients: &schedule.recipients };
            create_and_note(client, &place, &schedule.to, &wanted, progress).await?;
        }
        "drill" => {
            drill_and_note(client, &place, &schedule.to, &tenant, &opener, progress).await?;
        }
        kind => return Err(ClientError::Failed(format!("This program knows no order {kind:?}.")).into()),
    }
    Ok(())
}

/// Makes the copy. Only the tenant's own key opens what it is made of, so no other tenant's archive can be in its place.
async fn restore(client: &Client, order: &Value, place: &Place, progress: &Progress) -> Result<(), Failure> {
    let (name, opener) = (text(order, "archive"), Opener::Instance(client));
    if !place.has(name).await? {
        return Err(Failure::ArchiveGone);
    }
    let archive = Archive::verify(place, name, &opener, progress).await?;
    let left: &[&str] = if order["keep_api_keys"] == true { &[SESSIONS] } else { &[SESSIONS, API_KEYS] };
    // Those of a tenant that this instance has had end again as they should; of others none would be good.
    let keeps = Keeps { ended: order["keep_ended"] == true, api_keys: false };
    let order = Order {
        slug: text(order, "slug"),
        place,
        name,
        archive: &archive,
        left,
        keeps,
        what: What::Tenant,
        order: Some(text(order, "id")),
    };
    order.send(client, &opener, progress).await?;
    Ok(())
}
