//! The instance as the owners of the platform see it: all tenants, processes, jobs, and whether all is well.
//!
//! Facts about how things run, of every workspace. Nothing here reads a tenant's database, log or secrets, asks an engine
//! anything, or starts one.

pub(crate) mod health;
mod job;
mod process;
pub(crate) mod store;

use std::time::Duration;

use kiavi_ipc::survey::Survey;

pub(crate) use job::{Job, JobState, JobStep};
pub(crate) use process::{EngineFailure, EngineFilter, EngineState, Engines};

use crate::{Control, Failure};

/// The statements of this module, for the test that prepares each.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&kiavi_db::Sql] = &[
    &store::INSTANCE_TENANTS,
    &store::INSTANCE_ENGINES,
    &store::INSTANCE_JOBS,
    &store::STEPS_OF_SEVERAL,
    &store::COUNT_JOBS,
    &store::LAST_BACKUPS,
    &store::LAST_INSTANCE_BACKUP,
];

/// How long the launcher may take to say how everything stands. It looks between other things that it does.
const PATIENCE: Duration = Duration::from_secs(5);

/// How all processes stand, and the machine.
///
/// # Errors
/// When the launcher does not say.
pub(crate) async fn survey(control: &Control) -> Result<Survey, Failure> {
    tokio::time::timeout(PATIENCE, control.parts().privileged.survey()).await?
}
