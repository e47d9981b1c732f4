//! Sessions of tenants at the database server that last too long.
//!
//! An engine asks for its own time limits when it connects, and could ask for others: a setting of a session is the session's
//! to change. One that is no longer itself could hold all of its connections in statements without an end, with them a
//! snapshot that keeps every row from being tidied away, and processor time that others wait for. So somebody else looks.

use std::time::Duration;

use kiavi_db::{DbError, Sql};
use tokio::time::{MissedTickBehavior, interval};

use super::own_settings;
use crate::Control;

/// How often it is looked.
const LOOK: Duration = Duration::from_secs(10);

/// How long the sessions of tenants may take, which is far more than what an engine asks for itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// For one statement, or in a transaction without one.
    pub(crate) statement: Duration,
    /// For one transaction.
    pub(crate) transaction: Duration,
}

impl Patience {
    /// An engine's own limits are 5 s for a statement and 10 s in a transaction without one (`kiavi_db`).
    pub(crate) const USUAL: Self =
        Self { statement: Duration::from_secs(30), transaction: Duration::from_secs(120) };
}

#[cfg(test)]
pub(crate) const STATEMENTS: &[&Sql] = &[&END_OVERDUE];

/// Where control may not see what sessions do, or may not end them, there is none.
const END_OVERDUE: Sql = Sql::new(
    "END_OVERDUE",
    "SELECT usename::text, state, extract(epoch FROM clock_timestamp() - xact_start)::bigint, pg_terminate_backend(pid)
     FROM pg_stat_activity
     WHERE usename::text IN (SELECT id FROM tenant)
       AND (pg_has_role(usesysid, 'USAGE') OR pg_has_role('pg_signal_backend', 'USAGE'))
       AND (xact_start < clock_timestamp() - make_interval(secs => $2)
            OR (state = 'active' AND query_start < clock_timestamp() - make_interval(secs => $1))
            OR (state LIKE 'idle in transaction%' AND state_change < clock_timestamp() - make_interval(secs => $1)))",
);

impl Control {
    /// Ends sessions of tenants that last too long, and takes back what their roles have set for later ones, for as long as it
    /// is polled. Run exactly one.
    pub async fn watch_sessions(&self) {
        let mut ticks = interval(LOOK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Err(error) = end(self, Patience::USUAL).await {
                tracing::warn!(%error, "sessions that last too long could not be looked for");
            }
            if let Err(error) = own_settings::take_back(self).await {
                tracing::warn!(%error, "what roles have set for themselves could not be taken back");
            }
        }
    }
}

/// Ends those that last longer than that; answers how many.
pub(crate) async fn end(control: &Control, patience: Patience) -> Result<usize, DbError> {
    let Patience { statement, transaction } = patience;
    let (statement, transaction) = (statement.as_secs_f64(), transaction.as_secs_f64());
    let ended = control.parts().database.query(&END_OVERDUE, &[&statement, &transaction]).await?;
    for row in &ended {
        let (tenant, state): (&str, Option<&str>) = (row.try_get(0)?, row.try_get(1)?);
        let seconds: Option<i64> = row.try_get(2)?;
        tracing::warn!(
            tenant,
            state,
            seconds,
            "a database session of an engine lasted too long and was ended"
        );
    }
    control.meter().ended_sessions(ended.len());
    Ok(ended.len())
}
