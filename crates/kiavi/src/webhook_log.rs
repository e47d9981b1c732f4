//! How endpoints do, what they were sent and what they answered.

use std::fmt::Write as _;

use clap::{Args, ValueEnum};
use kiavi_base::{Clock, SystemClock};
use serde_json::{Value, json};

use crate::{
    client::{ClientError, Problem},
    tenant::{Common, tenant_path, text},
    tenant_table::table,
    user::seconds,
};

/// Deliveries of one page.
const PAGE: usize = 500;

/// What to list.
#[derive(Debug, Args)]
pub(crate) struct DeliveriesArgs {
    /// The tenant's name or id
    tenant: String,
    /// Only to this endpoint
    #[arg(long)]
    endpoint: Option<String>,
    /// Only in this state
    #[arg(long, value_enum)]
    state: Option<DeliveryState>,
    /// Only of this type, such as session.created
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// At most so many
    #[arg(long, default_value_t = 50)]
    limit: usize,
    #[command(flatten)]
    common: Common,
}

/// What has become of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DeliveryState {
    Pending,
    Delivered,
    Failed,
}

/// What to send again.
#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    /// The tenant's name or id
    tenant: String,
    /// The delivery's id
    #[arg(required_unless_present = "failed_since", conflicts_with = "failed_since")]
    delivery: Option<String>,
    /// Everything that was given up since a time (RFC 3339), or for so long (12h, 7d)
    #[arg(long, value_name = "TIME")]
    failed_since: Option<String>,
    /// Only to this endpoint
    #[arg(long, requires = "failed_since")]
    endpoint: Option<String>,
    #[command(flatten)]
    common: Common,
}

/// `kiavi webhook list`
pub(crate) async fn endpoints(tenant: String, common: Common) -> Result<String, ClientError> {
    let mut answer = common.client().get(&path(&tenant, "endpoints")?).await?;
    if common.json {
        return Ok(answer["endpoints"].take().to_string());
    }
    let endpoints = answer["endpoints"].as_array().map_or(&[][..], Vec::as_slice);
    if endpoints.is_empty() {
        return Ok(format!("{tenant} has no endpoint yet. Add one: kiavi webhook add {tenant} NAME URL"));
    }
    let rows: Vec<_> = endpoints.iter().map(endpoint_row).collect();
    Ok(table(["NAME", "STATE", "WAITING", "EVENTS", "URL"], &rows))
}

fn endpoint_row(endpoint: &Value) -> [String; 5] {
    let member = |name: &str| text(endpoint, name).to_owned();
    let state = match text(endpoint, "state") {
        "disabled" => format!("disabled: {}", text(endpoint, "disabled_because")),
        "failing" => format!("failing, next {}", text(endpoint, "next_attempt_at")),
        other => other.to_owned(),
    };
    let events = endpoint["events"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let events: Vec<_> = events.collect();
    [member("id"), state, endpoint["pending"].to_string(), events.join(","), member("url")]
}

/// `kiavi webhook deliveries`
pub(crate) async fn deliveries(args: DeliveriesArgs) -> Result<String, ClientError> {
    let DeliveriesArgs { tenant, endpoint, state, kind, limit, common } = args;
    let client = common.client();
    let state = state.and_then(|state| Some(state.to_possible_value()?.get_name().to_owned()));
    let mut all: Vec<Value> = Vec::new();
    let mut cursor = None;
    while all.len() < limit {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("limit", &PAGE.min(limit - all.len()).to_string());
        for (name, value) in
            [("endpoint", &endpoint), ("state", &state), ("type", &kind), ("cursor", &cursor)]
        {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        let mut page = client.get(&format!("{}?{}", path(&tenant, "deliveries")?, query.finish())).await?;
        if let Some(more) = page["deliveries"].as_array_mut() {
            all.append(more);
        }
        cursor = page["next"].as_str().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    if common.json {
        return Ok(Value::Array(all).to_string());
    }
    if all.is_empty() {
        return Ok("There is no such delivery.".to_owned());
    }
    let row = |delivery: &Value| {
        let member = |name: &str| text(delivery, name).to_owned();
        let attempts = delivery["attempts"].to_string();
        [member("id"), member("created_at"), member("endpoint"), member("type"), member("state"), attempts]
    };
    let rows: Vec<_> = all.iter().map(row).collect();
    Ok(table(["ID", "AT", "ENDPOINT", "TYPE", "STATE", "ATTEMPTS"], &rows))
}

/// `kiavi webhook show`
pub(crate) async fn show(tenant: String, delivery: String, common: Common) -> Result<String, ClientError> {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("id", &delivery);
    let shown = common.client().get(&format!("{}?{}", path(&tenant, "delivery")?, query.finish())).await?;
    Ok(if common.json { shown.to_string() } else { details(&shown) })
}

/// One delivery, a line for each thing to know, and its attempts below.
fn details(shown: &Value) -> String {
    let delivery = &shown["delivery"];
    let mut lines = String::new();
    for (word, member) in [
        ("Id", "id"),
        ("Event", "event"),
        ("Type", "type"),
        ("Endpoint", "endpoint"),
        ("State", "state"),
        ("Created", "created_at"),
        ("Expires", "expires_at"),
    ] {
        // Writing to a string does not fail.
        let _ = writeln!(lines, "{word:<9}{}", text(delivery, member));
    }
    let _ = write!(lines, "Body     {}", text(shown, "body"));
    for attempt in shown["attempts"].as_array().into_iter().flatten() {
        let outcome = match &attempt["status"] {
            Value::Null => meaning(text(attempt, "fault")),
            status => status.to_string(),
        };
        let _ = write!(lines, "\n  {}  {outcome} ({} ms)", text(attempt, "at"), attempt["duration_ms"]);
        for line in text(attempt, "answer").lines() {
            let _ = write!(lines, "\n    {line}");
        }
    }
    lines
}

/// `kiavi webhook replay`
pub(crate) async fn replay(args: ReplayArgs) -> Result<String, ClientError> {
    let ReplayArgs { tenant, delivery, failed_since, endpoint, common } = args;
    let mut body = match (delivery, failed_since) {
        (Some(id), _) => json!({ "id": id }),
        (None, since) => json!({ "since": moment(&since.unwrap_or_default()) }),
    };
    if let Some(endpoint) = endpoint {
        body["endpoint"] = endpoint.into();
    }
    let outcome = common.client().post(&path(&tenant, "replay")?, &body).await?;
    Ok(match (&outcome["replayed"], common.json) {
        (_, true) => outcome.to_string(),
        (count, false) if *count == 1 => "One event is sent again.".to_owned(),
        (count, false) => format!("{count} events are sent again."),
    })
}

/// A time, as it is or as long ago as it says.
fn moment(text: &str) -> String {
    let ago = seconds(text).ok().map(std::time::Duration::from_secs);
    let at = ago.and_then(|ago| SystemClock.now().checked_sub(ago).ok());
    at.map_or_else(|| text.to_owned(), |at| at.to_string())
}

/// Why a trial came to nothing.
pub(crate) fn not_taken(outcome: &Value) -> ClientError {
    let (code, detail) = match &outcome["status"] {
        Value::Null => {
            let fault = text(outcome, "fault");
            (fault.to_owned(), format!("There was no answer: {}.", meaning(fault)))
        }
        status => ("status".to_owned(), format!("The answer was {status}: {}", text(outcome, "answer"))),
    };
    ClientError::Refused(Problem { code, detail })
}

/// A fault in words, with what to do about it.
fn meaning(fault: &str) -> String {
    let words = match fault {
        "address_refused" => {
            "the server is in a private network; such servers need egress.allows_private, and an instance that allows it"
        }
        "timed_out" => "the server is too slow",
        "unreachable" => "the server cannot be reached, or broke off",
        "protocol" => {
            "TLS failed, or the server does not speak HTTP; check the certificate, and egress.extra_roots for a private authority"
        }
        other => other,
    };
    words.to_owned()
}

fn path(tenant: &str, what: &str) -> Result<String, ClientError> {
    Ok(format!("{}/engine/webhook/{what}", tenant_path(tenant)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_is_told_with_its_attempts() {
        let shown = json!({
            "delivery": { "id": "7", "event": "e", "type": "user.created", "endpoint": "crm", "state": "pending",
                "created_at": "a", "expires_at": "b" },
            "body": "{}",
            "attempts": [
                { "at": "x", "status": 500, "duration_ms": 3, "fault": null, "answer": "no\nway" },
                { "at": "y", "status": null, "duration_ms": 15000, "fault": "timed_out", "answer": null },
            ],
        });
        let told = details(&shown);
        assert!(told.starts_with("Id       7\nEvent    e\n"), "{told}");
        assert!(
            told.ends_with("  x  500 (3 ms)\n    no\n    way\n  y  the server is too slow (15000 ms)"),
            "{told}"
        );
    }

    #[test]
    fn a_time_is_a_time_or_how_long_ago_it_was() {
        assert_eq!(moment("2026-11-24T00:00:00Z"), "2026-11-24T00:00:00Z");
        assert!(moment("1h") < moment("1s"));
    }
}
