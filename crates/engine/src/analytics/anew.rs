//! Counting everything anew, in the background and with somebody looking on.

use std::sync::{Mutex, MutexGuard, PoisonError};

use kiavi_db::DbError;
use serde::Serialize;

use super::{rebuild, store};
use crate::State;

/// How far the counting anew is.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(super) struct Progress {
    state: Stage,
    /// Numbers of events that have been looked at.
    counted: i64,
    /// Those that there were when it began.
    of: i64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Stage {
    /// Nobody has asked for it since the engine started.
    #[default]
    None,
    Running,
    Done,
    Failed,
}

/// What an engine knows of it.
#[derive(Default)]
pub(super) struct Anew(Mutex<Progress>);

impl Anew {
    pub(super) fn progress(&self) -> Progress {
        *self.lock()
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it is to be begun: nobody is at it.
    fn begin(&self, of: i64) -> bool {
        let mut progress = self.lock();
        let begins = progress.state != Stage::Running;
        if begins {
            *progress = Progress { state: Stage::Running, counted: 0, of };
        }
        begins
    }
}

/// Begins, unless it is under way.
///
/// # Errors
/// Those of the statement that finds out how much there is to count.
pub(super) async fn start(state: &State) -> Result<Progress, DbError> {
    let of = store::last_event(&state.database).await?;
    if state.analytics.anew.begin(of) {
        let (state, busy) = (state.clone(), state.busy.enter());
        tokio::spawn(async move {
            // Connections of its own: it takes as long as the log is long.
            let database = state.database.apart();
            let counted = rebuild(&state, &database, |seq| state.analytics.anew.lock().counted = seq).await;
            let mut progress = state.analytics.anew.lock();
            match counted {
                Ok(counted) => (progress.counted, progress.state) = (counted, Stage::Done),
                Err(error) => {
                    tracing::warn!(cause = %error, "the log could not be counted anew");
                    progress.state = Stage::Failed;
                }
            }
            drop(busy);
        });
    }
    Ok(state.analytics.anew.progress())
}
