//! The log as it grows.
//!
//! What is told here in memory is only that an event may be there: ids, once their transaction has ended. A reader reads
//! the events that they stand for from the database, so what was rolled back is not shown and what is shown is what the
//! log has. Of what control, the auditor and the database itself write, the database passes the ids on to an engine that is its
//! writer.

use std::{collections::VecDeque, convert::Infallible, sync::Arc, time::Duration};

use axum::{
    http::StatusCode,
    response::{
        Sse,
        sse::{Event, KeepAlive},
    },
};
use futures_util::{Stream, stream};
use kiavi_base::EventId;
use serde_json::{Value, json};
use tokio::sync::{
    OwnedSemaphorePermit, Semaphore,
    broadcast::{
        self,
        error::{RecvError, TryRecvError},
    },
    watch,
};

use super::{
    question::{Page, Question},
    reading::{self, Bounds},
    view,
};
use crate::{ApiError, Busy, BusyGuard, State};

/// Events that a reader may be behind.
const BACKLOG: usize = 1_024;
/// Readers at a time.
const READERS: usize = 16;
/// Events that are read at once.
const BATCH: usize = 100;
/// A comment is sent when there was nothing else for so long.
const SILENCE: Duration = Duration::from_secs(15);

/// Where events are told of.
pub(crate) struct Tail {
    ids: broadcast::Sender<EventId>,
    readers: Arc<Semaphore>,
    /// Whether the engine is going.
    closing: watch::Sender<bool>,
}

impl Default for Tail {
    fn default() -> Self {
        Self {
            ids: broadcast::Sender::new(BACKLOG),
            readers: Arc::new(Semaphore::new(READERS)),
            closing: watch::Sender::new(false),
        }
    }
}

impl Tail {
    /// Ends the readers: the engine is going, and its successor has what comes.
    pub(super) fn close(&self) {
        self.closing.send_replace(true);
    }

    /// An event may be there now.
    pub(super) fn tell(&self, id: EventId) {
        // Nobody may be listening.
        let _ = self.ids.send(id);
    }
}

struct Reader {
    state: State,
    question: Question,
    ids: broadcast::Receiver<EventId>,
    closing: watch::Receiver<bool>,
    queue: VecDeque<Event>,
    has_ended: bool,
    _permit: OwnedSemaphorePermit,
    _busy: BusyGuard,
}

/// The events that a question asks for, from now on.
///
/// # Errors
/// 429 when there are too many readers.
pub(super) fn stream(
    state: &State,
    question: Question,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>> + use<>>, ApiError> {
    let permit = Arc::clone(&state.log.tail.readers).try_acquire_owned().map_err(|_| {
        let message = "Too many live views of the log are open";
        ApiError::new(StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_STREAMS", message)
    })?;
    let reader = Reader {
        ids: state.log.tail.ids.subscribe(),
        closing: state.log.tail.closing.subscribe(),
        question,
        queue: [Event::default().event("open").data("{}")].into(),
        has_ended: false,
        _permit: permit,
        _busy: Busy::enter(&state.busy),
        state: state.clone(),
    };
    let events = stream::unfold(reader, |mut reader| async {
        let event = reader.next().await?;
        Some((Ok(event), reader))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(SILENCE)))
}

impl Reader {
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.queue.pop_front() {
                return Some(event);
            }
            if self.has_ended {
                return None;
            }
            let received = tokio::select! {
                received = self.ids.recv() => received,
                _ = self.closing.wait_for(|is_closing| *is_closing) => return None,
            };
            match received {
                Ok(first) => self.read(first).await,
                Err(RecvError::Lagged(count)) => self.end_of_slow(count),
                Err(RecvError::Closed) => return None,
            }
        }
    }

    /// Queues what an id stands for, and what came with it.
    async fn read(&mut self, first: EventId) {
        let mut ids = vec![first];
        while ids.len() < BATCH {
            match self.ids.try_recv() {
                Ok(next) => ids.push(next),
                Err(TryRecvError::Lagged(count)) => return self.end_of_slow(count),
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        let page = Page { bounds: Bounds::default(), limit: i64::try_from(ids.len()).unwrap_or(i64::MAX) };
        let read = async {
            let events = reading::by_ids(&self.state.database, &self.question, &page, &ids).await?;
            view::views(&self.state, &events).await
        };
        match read.await {
            Ok(mut views) => {
                views.sort_by_key(|view| view.seq);
                for view in views {
                    let event = Event::default().event("event").id(view.id.clone());
                    self.queue.push_back(event.data(serde_json::to_string(&view).unwrap_or_default()));
                }
            }
            Err(error) => {
                tracing::warn!(cause = %error, "a live view of the log could not be read");
                self.end("failed", &json!({ "code": "SERVICE_UNAVAILABLE" }));
            }
        }
    }

    /// Nothing is left out silently: who cannot keep up reads the list.
    fn end_of_slow(&mut self, count: u64) {
        self.end("missed", &json!({ "count": count }));
    }

    fn end(&mut self, name: &str, data: &Value) {
        self.queue.push_back(Event::default().event(name).data(data.to_string()));
        self.has_ended = true;
    }
}
