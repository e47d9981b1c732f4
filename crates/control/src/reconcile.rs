//! The loop that brings every tenant to its target: at the start, when something was asked for, and when the
//! pause after a failure is over.

use std::{collections::HashSet, time::Duration};

use futures_util::{StreamExt, stream::FuturesUnordered};
use kiavi_base::TenantId;

use crate::{
    Control, ControlError, address,
    attempt::FORGET_ATTEMPTS,
    audit,
    caller::Actor,
    error::chain,
    operation::Operation,
    provision::{self, Change, Order, RequestError},
    tenant::{create, store},
};

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
async fn due(control: &Control) -> Result<(Vec<TenantId>, Duration), ControlError> {
    let database = &control.parts().database;
    database.execute(&FORGET_ATTEMPTS, &[]).await?;
    audit::tell_counted(control).await?;
    for (id, order) in expired(control).await? {
        match provision::request(control, &Actor::CONTROL, &id, &order).await {
            // Who was faster with taking a deletion back has kept the tenant.
            Ok(_) | Err(RequestError::Target(_) | RequestError::Gone) => {}
            Err(error) => {
                tracing::error!(tenant = %id, error = chain(&error), "what has had its time could not be ended yet");
            }
        }
    }
    let due = store::due(database).await?;
    // When nobody waits for anything.
    if due.is_empty() && create::prepare_spare(control).await? {
        return Ok((store::due(database).await?, Duration::ZERO));
    }
    let seconds = store::seconds_to_next_retry(database).await?;
    let pause = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).unwrap_or(IDLE);
    Ok((due, pause.min(IDLE)))
}

/// What ends by itself: grace periods, and the time for which former names are kept.
async fn expired(control: &Control) -> Result<Vec<(TenantId, Order)>, ControlError> {
    let order = |operation, change| Order { operation, reason: None, change };
    let tenants = store::overdue(&control.parts().database).await?.into_iter();
    let tenants = tenants.map(|id| (id, order(Operation::Expire, Change::Expire)));
    let hostnames = address::overdue(control).await?.into_iter();
    let hostnames = hostnames
        .map(|(id, hostname)| (id, order(Operation::SetHostnames, Change::RemoveHostname { hostname })));
    Ok(tenants.chain(hostnames).collect())
}
