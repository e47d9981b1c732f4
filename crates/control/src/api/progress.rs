//! The true steps of a tenant as server-sent events (WHATWG HTML §9.2).
//!
//! `tenant` once at the start, with the tenant; `step` when a step begins and when it is done; at the end `done`
//! with the tenant, `failed` with what failed, or `removed`. What is sent is read from the database, so a reader
//! who comes late or again is told the whole story.

use std::{collections::VecDeque, convert::Infallible, sync::Arc};

use axum::{
    Extension,
    extract::State,
    response::{
        Sse,
        sse::{Event, KeepAlive},
    },
};
use futures_util::{Stream, stream};
use kiavi_base::TenantId;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::watch;
use utoipa::ToSchema;

use super::{
    Problem,
    code::Code,
    resource::{Failure, TenantResource},
};
use crate::{
    Caller, Control, Step, Tenant,
    caller::Actor,
    error::chain,
    tenant::{
        Target,
        store::{self, StepRow},
    },
    watching::Permit,
};

/// One server-sent event, as its lines say.
#[derive(ToSchema)]
#[allow(dead_code, reason = "a description of what is written line by line")]
pub(super) struct ProgressEvent {
    /// `tenant`, `step`, `done`, `failed` or `removed`.
    #[schema(example = "step")]
    event: String,
    /// JSON.
    #[schema(example = r#"{"step": "role", "status": "done", "number": 2, "of": 5}"#)]
    data: String,
}

/// Watch a tenant being made
///
/// Server-sent events: `tenant` at the start, with the tenant; `step` when a step begins and when it is done
/// (`{"step", "status", "number", "of"}`); at the end `done` with the tenant, `failed` with what failed and when it is tried
/// again (`{"code", "detail", "retry_at"}`), or `removed`.
/// Who comes late or again is told the whole story.
#[utoipa::path(get, path = "/tenants/{tenant}/progress", tag = "Tenants",
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop")), responses(
    (status = 200, description = "The events", content_type = "text/event-stream", body = ProgressEvent),
))]
pub(super) async fn show(
    State(control): State<Control>,
    Extension(tenant): Extension<Arc<Tenant>>,
    actor: Actor,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let permit = permit(&control, &actor)?;
    Ok(stream(&control, &tenant, permit))
}

/// The right to one open stream.
pub(super) fn permit(control: &Control, actor: &Actor) -> Result<Permit, Problem> {
    let is_operator = actor.caller == Some(Caller::LocalOperator);
    let permit = control.streams().open(&actor.name(), is_operator);
    permit.ok_or_else(|| Code::TooManyStreams.into())
}

/// The stream of a tenant's progress, from its beginning.
pub(super) fn stream(
    control: &Control,
    tenant: &Tenant,
    permit: Permit,
) -> Sse<impl Stream<Item = Result<Event, Infallible>> + use<>> {
    stream_after(control, tenant, Vec::new(), permit)
}

/// The stream of what comes after `told`.
pub(super) fn stream_after(
    control: &Control,
    tenant: &Tenant,
    told: Vec<StepRow>,
    permit: Permit,
) -> Sse<impl Stream<Item = Result<Event, Infallible>> + use<>> {
    let watcher = Watcher {
        changes: control.changes().of(tenant.id.as_str()),
        control: control.clone(),
        id: tenant.id.clone(),
        told: Told(told),
        queue: VecDeque::from([event("tenant", TenantResource::new(control, tenant))]),
        has_ended: false,
        _permit: permit,
    };
    let events = stream::unfold(watcher, |mut watcher| async {
        let event = watcher.next().await?;
        Some((Ok(event), watcher))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

struct Watcher {
    control: Control,
    id: TenantId,
    changes: watch::Receiver<()>,
    told: Told,
    queue: VecDeque<Event>,
    has_ended: bool,
    _permit: Permit,
}

impl Watcher {
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.queue.pop_front() {
                return Some(event);
            }
            if self.has_ended {
                return None;
            }
            self.changes.mark_unchanged();
            if let Err(error) = self.read().await {
                tracing::error!(tenant = %self.id, error = chain(&error), "progress could not be read");
                self.end(
                    "failed",
                    json!({ "code": "unavailable", "detail": "The database did not answer." }),
                );
            }
            if self.queue.is_empty() && self.changes.changed().await.is_err() {
                return None;
            }
        }
    }

    /// Queues what the reader does not know yet.
    async fn read(&mut self) -> Result<(), kiavi_db::DbError> {
        let database = &self.control.parts().database;
        // The tenant first: when it is where it should be, all steps read after it are done.
        let tenant = store::find(database, self.id.as_str()).await?;
        let steps = store::steps(database, &self.id).await?;
        if let Some(tenant) = &tenant {
            let way = self.control.way(tenant.target);
            let news = self.told.news(&way, steps).into_iter();
            self.queue.extend(news.map(|(step, status)| step_event(&way, step, status)));
        }
        match tenant {
            None => {
                let way = Target::Destroyed.steps();
                self.queue.extend(self.told.rest(way).into_iter().map(|step| step_event(way, step, "done")));
                self.end("removed", json!({}));
            }
            Some(tenant) if tenant.is_settled() => {
                self.end("done", TenantResource::new(&self.control, &tenant));
            }
            Some(tenant) => {
                if let Some(failure) = Failure::of(&tenant) {
                    self.end("failed", failure);
                }
            }
        }
        Ok(())
    }

    fn end(&mut self, name: &str, data: impl Serialize) {
        self.queue.push_back(event(name, data));
        self.has_ended = true;
    }
}

/// The steps as the reader knows them.
struct Told(Vec<StepRow>);

impl Told {
    /// What is new of the steps of a way.
    fn news(&mut self, way: &[Step], steps: Vec<StepRow>) -> Vec<(Step, &'static str)> {
        let mut news = Vec::new();
        for row in steps.iter().filter(|row| way.contains(&row.step)) {
            let known = self.0.iter().find(|known| known.step == row.step);
            // One that has to be done again has no attempt yet.
            if row.attempts > 0 && known.is_none_or(|known| known.started_at != row.started_at) {
                news.push((row.step, "started"));
            }
            if row.finished_at.is_some() && known.is_none_or(|known| known.finished_at != row.finished_at) {
                news.push((row.step, "done"));
            }
        }
        // Rows of steps go with their tenant only: when it went between two reads, what was told stays told.
        if !steps.is_empty() {
            self.0 = steps;
        }
        news
    }

    /// The last steps of a tenant that is gone: their rows went with it, so they are all done.
    fn rest(&self, way: &[Step]) -> Vec<Step> {
        let is_told = |step: Step| self.0.iter().any(|row| row.step == step && row.finished_at.is_some());
        way.iter().copied().filter(|step| !is_told(*step)).collect()
    }
}

fn step_event(way: &[Step], step: Step, status: &str) -> Event {
    let number = way.iter().take_while(|other| **other != step).count() + 1;
    event("step", json!({ "step": step, "status": status, "number": number, "of": way.len() }))
}

fn event(name: &str, data: impl Serialize) -> Event {
    // Serialised here because the builder's own way panics where this leaves null.
    let data = serde_json::to_value(data).unwrap_or(Value::Null);
    Event::default().event(name).data(data.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_that_goes_between_two_reads_is_told_once() {
        let at = jiff::Timestamp::UNIX_EPOCH;
        let row = |step, finished_at| StepRow { step, started_at: at, finished_at, attempts: 1 };
        let (way, mut told) = (Target::Destroyed.steps(), Told(Vec::new()));
        let news = told.news(way, vec![row(Step::Closed, Some(at)), row(Step::Shredded, None)]);
        assert_eq!(news, [(Step::Closed, "started"), (Step::Closed, "done"), (Step::Shredded, "started")]);
        assert!(told.news(way, Vec::new()).is_empty());
        assert_eq!(told.rest(way), way[1..], "all but the first");
    }
}
