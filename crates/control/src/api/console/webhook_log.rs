//! What a tenant's webhooks were sent: the list, one delivery with its attempts, sending again, and a test.

use axum::extract::{Path, Query};
use jiff::Timestamp;
use kiavi_pages::{
    AttemptRow, DeliveryRow, DeliveryState, Notice, Place, TenantPlace, Trial, WebhookDelivery,
};
use serde::Deserialize;
use serde_json::json;

use super::{
    tenant::{AtTenant, Refusal, address, read},
    visit::{Answer, Visit, html},
    webhooks::{Named, below, show},
};
use crate::{
    Permission,
    api::{Problem, code::Code},
    management::Door,
};

/// Deliveries on a page.
const SHOWN: &str = "25";

/// What the page of an endpoint is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    notice: Option<String>,
    /// Only deliveries in this state.
    state: String,
    /// Only what is older than this one.
    before: Option<String>,
}

impl Asked {
    pub(super) fn notice(&self) -> Option<Notice> {
        self.notice.as_deref().and_then(Notice::of_console)
    }

    pub(super) fn state(&self) -> Option<DeliveryState> {
        DeliveryState::of(&self.state)
    }
}

/// What was just tried on the page of an endpoint.
#[derive(Default)]
pub(super) struct Tried {
    pub(super) trial: Option<Trial>,
}

#[derive(Deserialize)]
struct Listed {
    deliveries: Vec<Delivery>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Delivery {
    id: String,
    endpoint: String,
    event: String,
    r#type: String,
    state: String,
    attempts: i64,
    created_at: Timestamp,
}

#[derive(Deserialize)]
struct Attempt {
    at: Timestamp,
    status: Option<i64>,
    duration_ms: i64,
    fault: Option<String>,
    answer: Option<String>,
}

impl Delivery {
    fn row(self) -> DeliveryRow {
        DeliveryRow {
            id: self.id,
            kind: self.r#type,
            event: self.event,
            // The engine's table leaves no other.
            state: DeliveryState::of(&self.state).unwrap_or(DeliveryState::Failed),
            attempts: self.attempts,
            created: self.created_at,
        }
    }
}

/// What an endpoint was and will be sent, and where what is older is; nothing where the visitor may not know, or nobody can
/// say.
pub(super) async fn deliveries(
    at: &AtTenant,
    id: &str,
    asked: &Asked,
) -> Option<(Vec<DeliveryRow>, Option<String>)> {
    if !at.may(Permission::AuditRead) {
        return None;
    }
    let door = Door::of(&at.here.visit.control, &at.here.actor, &at.tenant).ok()?;
    let state = asked.state().map(DeliveryState::key);
    let mut query = vec![("endpoint", id), ("limit", SHOWN)];
    query.extend(state.map(|state| ("state", state)));
    query.extend(asked.before.as_deref().map(|before| ("cursor", before)));
    let listed: Listed = read(&door, "webhook/deliveries", &query).await.ok()?;
    let kept = state.map(|state| ("state", state.to_owned()));
    let older =
        listed.next.map(|next| address(&at.path(&below(id)), kept.into_iter().chain([("before", next)])));
    Some((listed.deliveries.into_iter().map(Delivery::row).collect(), older))
}

/// `POST …/webhooks/{endpoint}/test`: sends a test event, and shows what became of it.
pub(super) async fn test(visit: Visit, Path(named): Named) -> Answer {
    let at = visit.at_tenant(&named.0, &named.1, Permission::SettingsWrite).await?;
    #[derive(Deserialize)]
    struct Told {
        taken: bool,
        status: Option<i64>,
        duration_ms: i64,
        fault: Option<String>,
        answer: Option<String>,
    }
    let body = json!({ "endpoint": named.2 });
    let told = match at.act(TenantPlace::Webhooks, "webhook/test", body, &below(&named.2)).await {
        Ok(told) => told,
        Err(Refusal::Said(..)) => return Ok(at.refuse(&below(&named.2), Notice::WebhookNotReplayed)),
        Err(Refusal::Stop(stop)) => return Err(stop),
    };
    let told = Told::deserialize(told).map_err(|_| Problem::from(Code::EngineAnswer))?;
    let trial = Trial {
        is_taken: told.taken,
        status: told.status,
        duration: told.duration_ms,
        fault: told.fault,
        answer: told.answer.filter(|answer| !answer.is_empty()),
    };
    show(&at, &named.2, &Asked::default(), Tried { trial: Some(trial) }, None).await
}

/// `POST …/webhooks/{endpoint}/enable`: what waits is sent at once.
pub(super) async fn enable(visit: Visit, Path(named): Named) -> Answer {
    let at = visit.at_tenant(&named.0, &named.1, Permission::SettingsWrite).await?;
    let body = json!({ "endpoint": named.2 });
    match at.act(TenantPlace::Webhooks, "webhook/enable", body, &below(&named.2)).await {
        Ok(_) => Ok(at.tell(&below(&named.2), Notice::WebhookEnabled)),
        Err(Refusal::Said(..)) => Ok(at.refuse(&below(&named.2), Notice::WebhookGone)),
        Err(Refusal::Stop(stop)) => Err(stop),
    }
}

type OneOf = Path<(String, String, String, String)>;

/// `GET …/webhooks/{endpoint}/{delivery}`.
pub(super) async fn page(visit: Visit, Path(named): OneOf, Query(asked): Query<Asked>) -> Answer {
    let (workspace, tenant, endpoint, id) = named;
    let at = visit.at_tenant(&workspace, &tenant, Permission::AuditRead).await?;
    let door = at.door(TenantPlace::Webhooks).await?;
    #[derive(Deserialize)]
    struct Told {
        delivery: Delivery,
        body: String,
        attempts: Vec<Attempt>,
    }
    // What is no number is none of them.
    let id = id.parse::<i64>().map_err(|_| Problem::not_found())?.to_string();
    let told: Told = read(&door, "webhook/delivery", &[("id", &id)]).await?;
    if told.delivery.endpoint != endpoint {
        return Err(Problem::not_found().into());
    }
    let row = told.delivery.row();
    let may_replay = at.may(Permission::SettingsWrite) && row.state != DeliveryState::Pending;
    Ok(html(&WebhookDelivery {
        frame: at.here.visit.frame(),
        top: at.here.top(Place::Tenants).await?,
        tenant: at.top(TenantPlace::Webhooks),
        endpoint,
        event: at.path(&format!("/events/{}", row.event)),
        row,
        attempts: told.attempts.into_iter().map(attempt).collect(),
        body: pretty(&told.body),
        may_replay,
        notice: asked.notice(),
        now: at.here.visit.control.parts().clock.now(),
    }))
}

fn attempt(row: Attempt) -> AttemptRow {
    let answer = row.answer.filter(|answer| !answer.is_empty());
    AttemptRow { at: row.at, status: row.status, duration: row.duration_ms, fault: row.fault, answer }
}

/// A body as people read it; what is sent has no spaces.
fn pretty(body: &str) -> String {
    let value = serde_json::from_str::<serde_json::Value>(body);
    value.ok().and_then(|value| serde_json::to_string_pretty(&value).ok()).unwrap_or_else(|| body.to_owned())
}

/// `POST …/webhooks/{endpoint}/{delivery}/replay`.
pub(super) async fn replay(visit: Visit, Path(named): OneOf) -> Answer {
    let (workspace, tenant, endpoint, id) = named;
    let at = visit.at_tenant(&workspace, &tenant, Permission::SettingsWrite).await?;
    let back = format!("{}/{id}", below(&endpoint));
    match at.act(TenantPlace::Webhooks, "webhook/replay", json!({ "id": id }), &back).await {
        Ok(_) => Ok(at.tell(&back, Notice::WebhookReplayed)),
        Err(Refusal::Said(..)) => Ok(at.refuse(&back, Notice::WebhookNotReplayed)),
        Err(Refusal::Stop(stop)) => Err(stop),
    }
}
