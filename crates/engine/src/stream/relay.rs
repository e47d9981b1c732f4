//! Sends what is sealed: one worker for each stream.
//!
//! A stream is leased by the database's clock, for a few seconds that begin anew for as long as an attempt takes, so that
//! of two engines, one of which replaces the other, one sends. What an engine that dies had sent and not recorded is sent
//! again.

use std::{convert::Infallible, time::Duration};

use futures_util::future::join_all;
use kiavi_base::random_bytes;
use kiavi_db::DbError;
use kiavi_http::Drain;
use serde_json::json;

use super::{
    flow::pause,
    progress::Stream,
    send::{Batch, send},
    settings::Destination,
    store::{self, Head},
    wire::Line,
};
use crate::{
    State,
    audit::{self, Event, EventType, Outcome},
    verification::row_id,
};

/// How long a stream stays with a process that is not heard of any more.
const LEASE: Duration = Duration::from_secs(6);

/// How often a process is heard of during an attempt.
const RENEWAL: Duration = Duration::from_secs(2);

/// For how long a stream may fail before somebody is told.
const PATIENCE: Duration = Duration::from_secs(86_400);

/// The pause after the database was away.
const FAULT_PAUSE: Duration = Duration::from_secs(5);

/// Events that were written are sealed within two seconds: looked for so many times, so often.
const SEALING: Duration = Duration::from_millis(1_500);
const LOOKS: u8 = 4;

/// How often is looked for what others have written into the log.
const LOOK_INTERVAL: Duration = Duration::from_secs(3_600);

/// Events of a batch at most, and bytes of their bodies.
const BATCH: i64 = 1_000;
const BATCH_BYTES: usize = 2 * 1024 * 1024;

/// Sends until told to drain, and then what is under way.
pub(crate) async fn run(state: &State, mut drain: Drain) {
    if state.streams.all().is_empty() {
        return;
    }
    while let Err(error) = register(state).await {
        tracing::warn!(cause = %error, "streams of the log cannot be written down");
        tokio::select! {
            () = tokio::time::sleep(FAULT_PAUSE) => {}
            () = drain.started() => return,
        }
    }
    let relay = row_id(state.rng());
    let workers = state.streams.all().iter();
    let workers = workers.map(|stream| Worker::new(state, stream, &relay).run(drain.clone()));
    join_all(workers).await;
}

/// Makes the streams of the settings known.
pub(super) async fn register(state: &State) -> Result<(), DbError> {
    let streams: Vec<_> = state
        .streams
        .all()
        .iter()
        .map(|stream| (stream.settings.id.as_str(), stream.settings.to.place()))
        .collect();
    store::register(&state.database, &streams).await
}

/// Sends what is due, and says how long each stream rests then.
#[cfg(test)]
pub(super) async fn send_due(state: &State) -> Result<Vec<Duration>, DbError> {
    register(state).await?;
    let mut rests = Vec::new();
    for stream in state.streams.all() {
        let mut worker = Worker::new(state, stream, "test");
        rests.push(loop {
            match worker.turn(true).await? {
                Turn::Again => {}
                Turn::Rest(rest) | Turn::Listen(rest) => break rest,
            }
        });
    }
    Ok(rests)
}

/// What sends to one stream.
struct Worker<'s> {
    state: &'s State,
    stream: &'s Stream,
    relay: &'s str,
    /// How many times more something new is expected.
    looks: u8,
}

/// What to do next.
enum Turn {
    /// Look again.
    Again,
    /// Wait so long, whatever is sealed meanwhile.
    Rest(Duration),
    /// Wait so long, or until something is written.
    Listen(Duration),
}

impl<'s> Worker<'s> {
    fn new(state: &'s State, stream: &'s Stream, relay: &'s str) -> Self {
        Self { state, stream, relay, looks: 0 }
    }

    fn id(&self) -> &'s str {
        &self.stream.settings.id
    }

    async fn run(mut self, mut drain: Drain) {
        loop {
            let is_draining = drain.has_started();
            let turn = self.turn(!is_draining).await.unwrap_or_else(|error| {
                tracing::warn!(stream = self.id(), cause = %error, "a stream of the log could not be read or recorded");
                Turn::Rest(FAULT_PAUSE)
            });
            let (rest, listens) = match turn {
                Turn::Again if !is_draining => continue,
                Turn::Again => (Duration::ZERO, false),
                Turn::Rest(rest) => (rest, false),
                Turn::Listen(rest) => (rest, true),
            };
            self.stream.set_due(rest);
            if is_draining {
                return;
            }
            tokio::select! {
                () = self.stream.signal.notified(), if listens => self.looks = LOOKS,
                () = self.stream.changed.notified() => {}
                () = drain.started() => {}
                () = tokio::time::sleep(rest) => {}
            }
            if self.looks == LOOKS {
                // What was written is sealed in a moment.
                self.looks -= 1;
                tokio::select! {
                    () = tokio::time::sleep(SEALING) => {}
                    () = drain.started() => {}
                }
            }
        }
    }

    /// Looks where the stream is, and sends the next events if it is time for them, unless `takes` is false.
    async fn turn(&mut self, takes: bool) -> Result<Turn, DbError> {
        let database = &self.state.database;
        let Some(head) = store::take(database, self.id(), self.relay, LEASE, takes).await? else {
            register(self.state).await?;
            return Ok(Turn::Again);
        };
        self.stream.stands(head.failures > 0, head.behind.filter(|_| head.next < head.size));
        if head.next >= head.size {
            if self.looks > 0 {
                self.looks -= 1;
                return Ok(Turn::Rest(SEALING));
            }
            return Ok(Turn::Listen(LOOK_INTERVAL));
        }
        if let Some(pause) = head.pause {
            return Ok(Turn::Rest(pause));
        }
        if !takes {
            return Ok(Turn::Rest(Duration::ZERO));
        }
        if head.next < head.first {
            self.skip(&head).await?;
            return Ok(Turn::Again);
        }
        if let Some(rest) = self.wait_for_more(&head) {
            return Ok(Turn::Rest(rest));
        }
        self.send(&head).await?;
        Ok(Turn::Again)
    }

    /// How long events still wait for others, to be one object. One that was begun waits no more.
    fn wait_for_more(&self, head: &Head) -> Option<Duration> {
        let Destination::S3 { every_minutes, .. } = &self.stream.settings.to else { return None };
        let every = Duration::from_secs(60 * u64::from(*every_minutes));
        let left = every.checked_sub(head.behind.unwrap_or(every))?;
        (head.until.is_none() && head.failures == 0 && !left.is_zero()).then_some(left)
    }

    /// Sends the next events and records what became of it.
    async fn send(&self, head: &Head) -> Result<(), DbError> {
        let _busy = self.state.busy.enter();
        // Whatever happens to this process, they are owed until it is recorded.
        self.stream.set_due(Duration::ZERO);
        let outcome = match self.batch(head).await {
            Ok(batch) => {
                let (from, last) = batch.indexes();
                let outcome = tokio::select! {
                    outcome = send(self.state, &self.stream.settings, &batch) => outcome,
                    never = self.keep_leased() => match never {},
                };
                outcome.map(|()| (from, last + 1, batch.lines.len()))
            }
            // A body that says nothing: somebody has changed it, or it is of a later version.
            Err(DbError::Value(error)) => {
                tracing::error!(stream = self.id(), error, "an event of the log cannot be read");
                Err("unreadable".to_owned())
            }
            Err(error) => return Err(error),
        };
        let (database, names) = (&self.state.database, (self.id(), self.relay));
        match outcome {
            Ok((from, until, count)) => {
                self.stream.count(count);
                store::sent(database, names, (from, until)).await
            }
            Err(fault) => {
                if head.failures == 0 {
                    tracing::warn!(stream = self.id(), fault, "a stream of the log could not be sent");
                }
                let [chance] = random_bytes(self.state.rng());
                let pause = pause(head.failures, chance);
                if store::failed(database, names, &fault, pause, PATIENCE).await? {
                    self.tell(head, &fault).await?;
                }
                Ok(())
            }
        }
    }

    /// The next events: as many as were begun with, or as many as there are, up to a bound. What is an object has its name by
    /// them, so how many they are is written down first.
    async fn batch(&self, head: &Head) -> Result<Batch, DbError> {
        let until = head.until.unwrap_or(head.size);
        let mut sealed = store::read(&self.state.database, (head.next, until), BATCH).await?;
        let mut bytes = 0;
        let fits = |event: &store::Sealed| {
            let is_first = bytes == 0;
            bytes += event.event.body.len();
            is_first || bytes <= BATCH_BYTES
        };
        let count = sealed.iter().map(fits).take_while(|fits| *fits).count();
        sealed.truncate(count);
        let (Some(first), Some(last)) = (sealed.first(), sealed.last()) else {
            return Err(DbError::Value("sealed events are not there".to_owned()));
        };
        let (at, end) = (first.at, last.index + 1);
        if matches!(self.stream.settings.to, Destination::S3 { .. }) && head.until != Some(end) {
            store::fix(&self.state.database, self.id(), head.next, end).await?;
        }
        let (indexes, events): (Vec<_>, Vec<_>) =
            sealed.into_iter().map(|sealed| (sealed.index, sealed.event)).unzip();
        let views = audit::views(self.state, &events).await?;
        let lines = indexes.into_iter().zip(views).map(|(index, event)| Line { index, event }).collect();
        Ok(Batch { lines, at })
    }

    /// Renews the lease until this is dropped. If that fails another process may send the same.
    async fn keep_leased(&self) -> Infallible {
        loop {
            tokio::time::sleep(RENEWAL).await;
            if let Err(error) = store::renew(&self.state.database, self.id(), self.relay, LEASE).await {
                tracing::warn!(stream = self.id(), cause = %error, "the lease of a stream cannot be renewed");
            }
        }
    }

    /// Passes over what is no longer kept, with an event that says so.
    async fn skip(&self, head: &Head) -> Result<(), DbError> {
        let transaction = self.state.database.begin().await?;
        if store::skip(&transaction, self.id(), head.next, head.first).await? {
            let detail =
                json!({ "stream": self.id(), "first_index": head.next, "last_index": head.first - 1 });
            let event = Event::new(EventType::StreamSkipped, Outcome::Failure).detail(detail);
            audit::record_own(&transaction, self.state, event).await?;
        }
        transaction.commit().await?;
        let (from, to) = (head.next, head.first);
        tracing::error!(stream = self.id(), from, to, "a stream was behind what is kept of the log");
        Ok(())
    }

    /// Tells that nothing was sent for a day, once.
    async fn tell(&self, head: &Head, fault: &str) -> Result<(), DbError> {
        let transaction = self.state.database.begin().await?;
        if store::tell(&transaction, self.id()).await? {
            let detail = json!({ "stream": self.id(), "fault": fault, "next_index": head.next });
            let event = Event::new(EventType::StreamFailing, Outcome::Failure).detail(detail);
            audit::record_own(&transaction, self.state, event).await?;
            tracing::error!(stream = self.id(), fault, "a stream of the log has failed for a day");
        }
        transaction.commit().await
    }
}
