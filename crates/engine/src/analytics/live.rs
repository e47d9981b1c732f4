//! The figures of today, as they change.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    http::StatusCode,
    response::{
        Sse,
        sse::{Event, KeepAlive},
    },
};
use futures_util::{Stream, stream};
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::figures::{self, Figures};
use crate::{ApiError, Busy, BusyGuard, State};

/// Readers at a time.
const READERS: usize = 16;
/// A comment is sent when there was nothing else for so long.
const SILENCE: Duration = Duration::from_secs(15);

/// Where it is told that something was counted.
pub(super) struct Live {
    counted: watch::Sender<()>,
    readers: Arc<Semaphore>,
    /// Whether the engine is going.
    closing: watch::Sender<bool>,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            counted: watch::Sender::new(()),
            readers: Arc::new(Semaphore::new(READERS)),
            closing: watch::Sender::new(false),
        }
    }
}

impl Live {
    /// Something was counted.
    pub(super) fn tell(&self) {
        self.counted.send_replace(());
    }

    /// Ends the readers: the engine is going, and its successor counts on.
    pub(super) fn close(&self) {
        self.closing.send_replace(true);
    }
}

struct Reader {
    state: State,
    counted: watch::Receiver<()>,
    closing: watch::Receiver<bool>,
    /// The figures that were told last; what has not changed is not told again.
    told: Option<String>,
    has_ended: bool,
    _permit: OwnedSemaphorePermit,
    _busy: BusyGuard,
}

/// The figures of the day that it is: now, and when they have changed.
///
/// # Errors
/// 429 when there are too many readers.
pub(super) fn stream(
    state: &State,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>> + use<>>, ApiError> {
    let live = &state.analytics.live;
    let permit = Arc::clone(&live.readers).try_acquire_owned().map_err(|_| {
        let message = "Too many live views of the figures are open";
        ApiError::new(StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_STREAMS", message)
    })?;
    let reader = Reader {
        counted: live.counted.subscribe(),
        closing: live.closing.subscribe(),
        told: None,
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
            if self.has_ended || (self.told.is_some() && !self.wait().await) {
                return None;
            }
            self.counted.mark_unchanged();
            match self.read().await {
                Ok(figures) => {
                    let told = figures.without_time();
                    if self.told.as_ref() != Some(&told) {
                        self.told = Some(told);
                        let data = serde_json::to_string(&figures).unwrap_or_default();
                        return Some(Event::default().event("figures").data(data));
                    }
                }
                Err(error) => {
                    tracing::warn!(cause = %error, "a live view of the figures could not be read");
                    self.has_ended = true;
                    let data = json!({ "code": "SERVICE_UNAVAILABLE" }).to_string();
                    return Some(Event::default().event("failed").data(data));
                }
            }
        }
    }

    /// The first time what has come is counted; after that it is when it comes.
    async fn read(&self) -> Result<Figures, kiavi_db::DbError> {
        if self.told.is_none() {
            super::count(&self.state).await?;
        }
        figures::of_today(&self.state).await
    }

    /// Until something was counted or the day is over; `false` when the engine is going.
    async fn wait(&mut self) -> bool {
        let rest_of_day = self.state.analytics.rest_of_day(self.state.clock.now());
        tokio::select! {
            counted = self.counted.changed() => counted.is_ok(),
            () = tokio::time::sleep(rest_of_day) => true,
            _ = self.closing.wait_for(|is_closing| *is_closing) => false,
        }
    }
}
