//! `kiavi webhook add | remove | list | enable | rotate-secret | deliveries | show | replay | test TENANT`, and `kiavi webhook
//! events`.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use kiavi_base::{Clock, ExposeSecret, SystemClock};
use kiavi_control::{SettingsPath, new_signing_secret, rotated_signing_secrets};
use kiavi_crypto::SystemRng;
use serde_json::{Value, json};

use crate::{
    client::ClientError,
    settings::{Wanted, change, told},
    settings_input::path_of,
    tenant::{Common, answer, say, tenant_path},
    user::seconds,
    webhook_catalogue,
    webhook_log::{self, DeliveriesArgs, ReplayArgs},
};

/// Tell servers of a tenant's own what happens.
#[derive(Debug, Args)]
pub(crate) struct WebhookArgs {
    #[command(subcommand)]
    verb: WebhookVerb,
}

/// One endpoint of one tenant.
#[derive(Debug, Clone, Args)]
pub(crate) struct Which {
    /// The tenant's name or id
    pub(crate) tenant: String,
    /// What the endpoint is called
    pub(crate) endpoint: String,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Debug, Subcommand)]
enum WebhookVerb {
    /// Add an endpoint, and print the secret that it verifies events with; it is shown this once
    Add {
        #[command(flatten)]
        which: Which,
        /// Where events are sent
        url: String,
        /// Which events, with a comma between two, such as session.*,user.created
        #[arg(long, value_delimiter = ',', default_value = "*")]
        events: Vec<String>,
        /// What it is for
        #[arg(long)]
        description: Option<String>,
    },
    /// Take an endpoint away; what waits for it is not sent
    Remove {
        #[command(flatten)]
        which: Which,
    },
    /// List the endpoints and how each does
    List {
        /// The tenant's name or id
        tenant: String,
        #[command(flatten)]
        common: Common,
    },
    /// Have an endpoint tried again now, also one that was disabled because it failed
    Enable {
        #[command(flatten)]
        which: Which,
    },
    /// Give an endpoint another secret, and print it; it is shown this once. Events are signed with both for a while
    RotateSecret {
        #[command(flatten)]
        which: Which,
        /// For how long the secrets of before sign as well, such as 12h or 7d
        #[arg(long, value_name = "DURATION", value_parser = seconds, default_value = "24h")]
        overlap: u64,
    },
    /// List what was and will be sent, the newest first
    Deliveries(DeliveriesArgs),
    /// Show one of these, with every attempt and what was answered
    Show {
        /// The tenant's name or id
        tenant: String,
        /// The delivery's id
        delivery: String,
        #[command(flatten)]
        common: Common,
    },
    /// Send one event again, or all that were given up
    Replay(ReplayArgs),
    /// Send an event of the type webhook.test now, and tell what was answered
    Test {
        #[command(flatten)]
        which: Which,
    },
    /// Print which events there are; needs no instance
    Events {
        /// As the table in docs/webhooks.md
        #[arg(long)]
        markdown: bool,
    },
}

/// Does what the command says and returns what the process should exit with.
pub(crate) fn run(args: WebhookArgs) -> ExitCode {
    match args.verb {
        WebhookVerb::Add { which, url, events, description } => answer(add(which, url, events, description)),
        WebhookVerb::Remove { which } => answer(remove(which)),
        WebhookVerb::List { tenant, common } => answer(webhook_log::endpoints(tenant, common)),
        WebhookVerb::Enable { which } => answer(enable(which)),
        WebhookVerb::RotateSecret { which, overlap } => answer(rotate(which, overlap)),
        WebhookVerb::Deliveries(args) => answer(webhook_log::deliveries(args)),
        WebhookVerb::Show { tenant, delivery, common } => answer(webhook_log::show(tenant, delivery, common)),
        WebhookVerb::Replay(args) => answer(webhook_log::replay(args)),
        WebhookVerb::Test { which } => answer(test(which)),
        WebhookVerb::Events { markdown } => say(&webhook_catalogue::page(markdown)),
    }
}

async fn add(
    which: Which,
    url: String,
    events: Vec<String>,
    description: Option<String>,
) -> Result<String, ClientError> {
    let (place, secret) = (place_of(&which.endpoint)?, new_signing_secret(&SystemRng));
    let endpoint = json!({
        "id": which.endpoint, "url": url, "events": events, "description": description,
        "secrets": [{ "id": "s1", "signing_secret": secret.expose_secret() }],
    });
    let comment = format!("webhook {}", which.endpoint);
    let changed = changed(&which, comment, |document| {
        if place.get(document).is_some() {
            return Err(ClientError::Input(format!(
                "There is an endpoint {0} already; change it with kiavi settings set {1} 'webhooks.endpoints[{0}].url=…'.",
                which.endpoint, which.tenant
            )));
        }
        put(&place, document, Some(endpoint.clone()))
    })
    .await?;
    // One of that name may have been there before, and have failed.
    post(&which, "enable").await?;
    Ok(with_secret(&which, &changed, secret.expose_secret()))
}

async fn remove(which: Which) -> Result<String, ClientError> {
    let place = place_of(&which.endpoint)?;
    let changed = changed(&which, format!("webhook {} removed", which.endpoint), |document| {
        existing(&which, &place, document)?;
        put(&place, document, None)
    })
    .await?;
    Ok(told(&changed, &which.tenant, which.common.json))
}

async fn enable(which: Which) -> Result<String, ClientError> {
    let outcome = post(&which, "enable").await?;
    Ok(if which.common.json {
        outcome.to_string()
    } else {
        format!("{} is sent what waits for it, and what comes.", which.endpoint)
    })
}

async fn rotate(which: Which, overlap: u64) -> Result<String, ClientError> {
    let (place, secret) = (place_of(&which.endpoint)?, new_signing_secret(&SystemRng));
    let comment = format!("webhook {}: another secret", which.endpoint);
    let overlap = std::time::Duration::from_secs(overlap);
    let too_long = || ClientError::Input("That is too long an overlap.".to_owned());
    let changed = changed(&which, comment, |document| {
        let mut endpoint = existing(&which, &place, document)?.clone();
        let now = SystemClock.now();
        let secrets = rotated_signing_secrets(&endpoint["secrets"], secret.expose_secret(), now, overlap);
        endpoint["secrets"] = secrets.ok_or_else(too_long)?;
        put(&place, document, Some(endpoint))
    })
    .await?;
    Ok(with_secret(&which, &changed, secret.expose_secret()))
}

async fn test(which: Which) -> Result<String, ClientError> {
    let outcome = post(&which, "test").await?;
    if outcome["taken"] != true {
        return Err(webhook_log::not_taken(&outcome));
    }
    Ok(if which.common.json {
        outcome.to_string()
    } else {
        let (status, duration) = (&outcome["status"], &outcome["duration_ms"]);
        format!("{} answered with {status} after {duration} ms.", which.endpoint)
    })
}

async fn post(which: &Which, what: &str) -> Result<Value, ClientError> {
    let path = format!("{}/engine/webhook/{what}", tenant_path(&which.tenant)?);
    which.common.client().post(&path, &json!({ "endpoint": which.endpoint })).await
}

async fn changed(
    which: &Which,
    comment: String,
    edit: impl Fn(&mut Value) -> Result<(), ClientError>,
) -> Result<Value, ClientError> {
    let wanted = Wanted { comment: Some(comment), ..Wanted::default() };
    change(&which.common.client(), &which.tenant, &wanted, edit).await
}

fn existing<'d>(which: &Which, place: &SettingsPath, document: &'d Value) -> Result<&'d Value, ClientError> {
    let missing = || ClientError::Input(format!("{} has no endpoint {}.", which.tenant, which.endpoint));
    place.get(document).ok_or_else(missing)
}

fn put(place: &SettingsPath, document: &mut Value, endpoint: Option<Value>) -> Result<(), ClientError> {
    place.set(document, endpoint).map_err(|error| ClientError::Input(format!("{error}.")))
}

/// Where an endpoint is in the settings.
fn place_of(id: &str) -> Result<SettingsPath, ClientError> {
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    if id.is_empty() || !id.bytes().all(is_plain) {
        let wrong = "An endpoint is called by lower-case letters, digits, - and _, such as crm.";
        return Err(ClientError::Input(wrong.to_owned()));
    }
    path_of(&format!("webhooks.endpoints[{id}]"))
}

fn with_secret(which: &Which, changed: &Value, secret: &str) -> String {
    if which.common.json {
        return json!({ "endpoint": which.endpoint, "secret": secret, "version": changed["version"] })
            .to_string();
    }
    format!(
        "{}\nThe secret of {}, which is not shown again:\n  {secret}",
        told(changed, &which.tenant, false),
        which.endpoint
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_has_a_plain_name() {
        assert!(place_of("crm-2").is_ok());
        for wrong in ["", "CRM", "a]b", "a b"] {
            assert!(place_of(wrong).is_err(), "{wrong}");
        }
    }
}
