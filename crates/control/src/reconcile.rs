//! The loop that brings every tenant to its target: at the start, when something was asked for, and when the
//! pause after a failure is over.

use std::{collections::HashSet, time::Duration};

use futures_util::{StreamExt, stream::FuturesUnordered};
use kiavi_base::TenantId;
use kiavi_db::DbError;

use crate::{Control, attempt::FORGET_ATTEMPTS, error::chain, provision, tenant::store};

/// Tenants that are worked on at the same time. Each holds one or two connections to the server.
const MAX_AT_ONCE: usize = 4;
/// The pause when nothing is known to be due.
const IDLE: Duration = Duration::from_secs(60);
/// The pause after the database could not be asked.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Runs for as long as it is polled. One tenant is never worked on twice at the same time.
pub(crate) async fn run(control: &Control) {
    let mut working = FuturesUnordered::new();
    let mut at_work: HashSet<TenantId> = HashSet::new();
    loop {
        let pause = match due(control).await {
            Ok((due, pause)) => {
                for id in due {
                    if at_work.len() < MAX_AT_ONCE && at_work.insert(id.clone()) {
                        working.push(work(control, id));
                    }
                }
                pause
            }
            Err(error) => {
                tracing::error!(error = chain(&error), "tenants that are due could not be read");
                AFTER_FAILURE
            }
        };
        tokio::select! {
            Some(id) = working.next() => { at_work.remove(&id); }
            () = control.woken() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

async fn work(control: &Control, id: TenantId) -> TenantId {
    provision::converge(control, &id).await;
    id
}

/// What is due, and how long nothing else will be.
async fn due(control: &Control) -> Result<(Vec<TenantId>, Duration), DbError> {
    let database = &control.parts().database;
    database.execute(&FORGET_ATTEMPTS, &[]).await?;
    let due = store::due(database).await?;
    let seconds = store::seconds_to_next_retry(database).await?;
    let pause = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).unwrap_or(IDLE);
    Ok((due, pause.min(IDLE)))
}
