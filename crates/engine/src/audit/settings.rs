//! The slice's part of the settings.

use kiavi_db::{AdminConnection, DbError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    SettingsError,
    stream::{self, StreamSettings},
};

/// The longest that requests of visitors can be read, in days.
const LONGEST: u16 = 3_650;
/// The shortest that events are kept, in days: what happened can be looked into that long, whoever has changed the
/// settings. The tables of a tenant's database have the same bound.
const SHORTEST_RETENTION: u16 = 30;
/// The longest that is no longer for ever, in days.
const LONGEST_RETENTION: u16 = 36_500;

/// What happened, and for how long whom it happened to can be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AuditSettings {
    /// For how many days the log can tell from which address and with which program somebody without an account came;
    /// then the key of that day ends. Of users it can tell as long as they exist.
    pub visitor_days: u16,
    /// For how many days events are kept, from when they were sealed; null is for ever. What is older is removed 256
    /// events at a time. Hashes stay, so that the rest of the log and checkpoints of before verify as they did.
    #[schemars(range(min = SHORTEST_RETENTION, max = LONGEST_RETENTION))]
    pub retention_days: Option<u16>,
    /// Copies of the log that go to servers of the tenant's own as events are sealed; at most 8.
    pub streams: Vec<StreamSettings>,
}

impl Default for AuditSettings {
    fn default() -> Self {
        Self { visitor_days: 90, retention_days: None, streams: Vec::new() }
    }
}

impl AuditSettings {
    /// # Errors
    /// Names the first thing that cannot be.
    pub(crate) fn validate(&self) -> Result<(), SettingsError> {
        if !(1..=LONGEST).contains(&self.visitor_days) {
            return Err(SettingsError::Invalid("audit.visitor_days", "must be between 1 and 3650"));
        }
        let is_kept = |days: u16| (SHORTEST_RETENTION..=LONGEST_RETENTION).contains(&days);
        if self.retention_days.is_some_and(|days| !is_kept(days)) {
            return Err(SettingsError::Invalid(
                "audit.retention_days",
                "must be between 30 and 36500, or null",
            ));
        }
        stream::validate(&self.streams)
    }
}

/// Has the tenant's database know for how long its log is kept. `connection` acts as the owner of the tables.
///
/// # Errors
/// Those of the statement.
pub async fn settle_retention(connection: &AdminConnection, days: Option<u16>) -> Result<(), DbError> {
    const KEEP_FOR: &str = "INSERT INTO kiavi.audit_retention (days) VALUES ($1)
        ON CONFLICT (is_there) DO UPDATE SET days = EXCLUDED.days";
    const KEEP_FOR_EVER: &str = "DELETE FROM kiavi.audit_retention";
    match days {
        Some(days) => connection.execute(KEEP_FOR, &[&i32::from(days)]).await.map(drop),
        None => connection.execute(KEEP_FOR_EVER, &[]).await.map(drop),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_within_bounds() {
        let with = |retention_days| AuditSettings { retention_days, ..AuditSettings::default() }.validate();
        for days in [None, Some(30), Some(36_500)] {
            assert!(with(days).is_ok(), "{days:?}");
        }
        for days in [0, 29, 36_501] {
            assert!(with(Some(days)).unwrap_err().to_string().starts_with("audit.retention_days"), "{days}");
        }
    }
}
