//! Sends what is owed: one worker for each endpoint, which sends one event at a time in the order of the rows.
//!
//! The endpoint is leased by the database's clock, for a few seconds that begin anew for as long as an attempt takes. An
//! engine that dies gives it back when they are over; what it had sent and not yet recorded is sent again, with the same
//! `webhook-id`.

use std::{convert::Infallible, future::pending, time::Duration};

use futures_util::future::join_all;
use kiavi_base::random_bytes;
use kiavi_db::DbError;
use kiavi_http::Drain;
use serde_json::json;

use super::{
    endpoints::Endpoint,
    flow::{Verdict, pause},
    send::{Attempt, send},
    store,
};
use crate::{
    State,
    audit::{self, Event, EventType, Outcome},
    verification::row_id,
};

/// How long an endpoint stays with a process that is not heard of any more.
const LEASE: Duration = Duration::from_secs(6);

/// How often a process is heard of during an attempt, which takes up to 16 s after a wait of 4 s for its turn (`egress`).
const RENEWAL: Duration = Duration::from_secs(2);

/// For how long an endpoint may take nothing before it is disabled.
const PATIENCE: Duration = Duration::from_secs(5 * 86_400);

/// The pause after the database was away.
const FAULT_PAUSE: Duration = Duration::from_secs(5);

/// Delivers until told to drain, and then what is under way.
pub(crate) async fn run(state: &State, mut drain: Drain) {
    let endpoints = state.webhooks.all();
    if endpoints.is_empty() {
        return;
    }
    while let Err(error) = store::register(&state.database, endpoints).await {
        tracing::warn!(cause = %error, "the endpoints of webhooks cannot be written down");
        tokio::select! {
            () = tokio::time::sleep(FAULT_PAUSE) => {}
            () = drain.started() => return,
        }
    }
    let relay = row_id(state.rng());
    let workers = endpoints.iter().map(|endpoint| Worker::new(state, endpoint, &relay).run(drain.clone()));
    join_all(workers).await;
}

/// Delivers what is due and says how long until more will be; `None` when nothing is owed.
#[cfg(test)]
pub(super) async fn deliver_due(state: &State) -> Result<Option<Duration>, DbError> {
    store::register(&state.database, state.webhooks.all()).await?;
    let mut next = None;
    for endpoint in state.webhooks.all() {
        let mut worker = Worker::new(state, endpoint, "test");
        let rest = loop {
            match worker.turn(true).await? {
                Turn::Send(head) => worker.send(head).await,
                Turn::Again => {}
                Turn::Rest(rest) => break rest,
            }
        };
        next = next.into_iter().chain(rest).min();
    }
    Ok(next)
}

/// What sends to one endpoint.
struct Worker<'s> {
    state: &'s State,
    endpoint: &'s Endpoint,
    relay: &'s str,
    landed: Option<Landed>,
}

/// An attempt that is to be recorded.
struct Landed {
    position: i64,
    failures: i32,
    attempt: Attempt,
}

/// What to do next.
enum Turn {
    /// Send this.
    Send(store::Head),
    /// Look again.
    Again,
    /// Wait so long, or until something happens.
    Rest(Option<Duration>),
}

impl<'s> Worker<'s> {
    fn new(state: &'s State, endpoint: &'s Endpoint, relay: &'s str) -> Self {
        Self { state, endpoint, relay, landed: None }
    }

    async fn run(mut self, mut drain: Drain) {
        loop {
            let is_draining = drain.has_started();
            let rest = match self.turn(!is_draining).await {
                Ok(Turn::Send(head)) => {
                    self.send(head).await;
                    continue;
                }
                Ok(Turn::Again) => continue,
                Ok(Turn::Rest(rest)) => rest,
                Err(error) => {
                    tracing::warn!(endpoint = self.endpoint.id, cause = %error, "webhooks could not be read or recorded");
                    Some(FAULT_PAUSE)
                }
            };
            self.endpoint.set_due(rest);
            if is_draining {
                return;
            }
            tokio::select! {
                // Behind a head that waits nothing overtakes it.
                () = self.endpoint.signal.notified(), if rest.is_none() => {}
                () = self.endpoint.changed.notified() => {}
                () = drain.started() => {}
                () = for_so_long(rest) => {}
            }
        }
    }

    /// Records what has landed and looks at the head of the line, which is leased if `takes` says so.
    async fn turn(&mut self, takes: bool) -> Result<Turn, DbError> {
        if let Some(landed) = self.landed.take() {
            match self.record(&landed).await {
                Ok(None) => {}
                Ok(Some(because)) => self.disable(because).await?,
                Err(error) => {
                    self.landed = Some(landed);
                    return Err(error);
                }
            }
        }
        let database = &self.state.database;
        let head = store::take(database, &self.endpoint.id, self.relay, LEASE, takes).await?;
        Ok(match head {
            None => Turn::Rest(None),
            Some(head) if head.is_late => {
                self.give_up().await?;
                Turn::Again
            }
            Some(head) if takes && head.pause.is_none() => Turn::Send(head),
            Some(head) => Turn::Rest(Some(head.pause.unwrap_or_default())),
        })
    }

    async fn send(&mut self, head: store::Head) {
        let _busy = self.state.busy.enter();
        // Whatever happens to this process, it is owed until it is recorded.
        self.endpoint.set_due(Some(Duration::ZERO));
        let attempt = tokio::select! {
            attempt = send(self.state, self.endpoint, &head.id, &head.body) => attempt,
            never = self.keep_leased() => match never {},
        };
        if attempt.verdict != Verdict::Taken && head.failures == 0 {
            let (status, fault) = (attempt.status, attempt.fault);
            tracing::warn!(endpoint = self.endpoint.id, status, fault, "an endpoint did not take a webhook");
        }
        self.landed = Some(Landed { position: head.position, failures: head.failures, attempt });
    }

    /// Renews the lease until this is dropped. If that fails another process may send the same, with the same id.
    async fn keep_leased(&self) -> Infallible {
        loop {
            tokio::time::sleep(RENEWAL).await;
            let renewed = store::renew(&self.state.database, &self.endpoint.id, self.relay, LEASE).await;
            if let Err(error) = renewed {
                tracing::warn!(endpoint = self.endpoint.id, cause = %error, "the lease of an endpoint cannot be renewed");
            }
        }
    }

    /// Records an attempt; why the endpoint is to be sent no more, if it is not.
    async fn record(&self, landed: &Landed) -> Result<Option<&'static str>, DbError> {
        let Landed { position, failures, attempt } = landed;
        let [chance] = random_bytes(self.state.rng());
        let pause = pause(*failures, attempt.retry_after, chance);
        let (database, id) = (&self.state.database, &self.endpoint.id);
        let is_hopeless =
            store::record(database, id, self.relay, *position, attempt, pause, PATIENCE).await?;
        Ok(match attempt.verdict {
            Verdict::Gone => Some("gone"),
            Verdict::Failed if is_hopeless => Some("failing"),
            Verdict::Failed | Verdict::Taken => None,
        })
    }

    /// Gives up what is too late, with one event.
    async fn give_up(&self) -> Result<(), DbError> {
        let transaction = self.state.database.begin().await?;
        let count = store::give_up(&transaction, &self.endpoint.id).await?;
        if count > 0 {
            let detail = json!({ "endpoint": self.endpoint.id, "deliveries": count });
            let event = Event::new(EventType::WebhookGivenUp, Outcome::Failure).detail(detail);
            audit::record_own(&transaction, self.state, event).await?;
        }
        transaction.commit().await?;
        tracing::error!(endpoint = self.endpoint.id, count, "webhooks were given up");
        Ok(())
    }

    async fn disable(&self, because: &'static str) -> Result<(), DbError> {
        let transaction = self.state.database.begin().await?;
        if let Some(count) = store::disable(&transaction, &self.endpoint.id, because).await? {
            let detail = json!({ "endpoint": self.endpoint.id, "because": because, "deliveries": count });
            let event = Event::new(EventType::WebhookDisabled, Outcome::Failure).detail(detail);
            audit::record_own(&transaction, self.state, event).await?;
            tracing::error!(endpoint = self.endpoint.id, because, "an endpoint of webhooks is disabled");
        }
        transaction.commit().await
    }
}

async fn for_so_long(pause: Option<Duration>) {
    match pause {
        Some(pause) => tokio::time::sleep(pause).await,
        None => pending().await,
    }
}
