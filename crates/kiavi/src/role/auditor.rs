//! The auditor's process.

use std::sync::Arc;

use kiavi_auditor::Auditor;
use kiavi_base::SystemClock;
use kiavi_ipc::auditor::ToAuditor;
use kiavi_ipc::database::DatabaseServer;
use kiavi_ipc::{Endpoint, receive_blocking};
use kiavi_sandbox::Profile;

use super::{RoleArgs, RoleError, begin, control_channel, lock_down, runtime, seal};

/// What sealing yields of its processor time to whoever waits for an answer, see `nice(2)`.
const NICENESS: i32 = 10;

pub(super) fn run(args: &RoleArgs) -> Result<(), RoleError> {
    begin(args)?;
    if let Err(error) = rustix::process::nice(NICENESS) {
        // Only a service manager's filter of system calls refuses that: the unit's does. What the process's control group
        // weighs holds in any case.
        tracing::debug!(%error, "sealing yields no processor time by itself");
    }
    let locked = lock_down(args, Profile::Auditor)?;
    let channel = control_channel()?;
    let ToAuditor::Start { database } = receive_blocking(&channel)? else {
        return Err(RoleError::FirstMessage);
    };
    let server = database.map(DatabaseServer::open).transpose();
    let server = server.map_err(|error| RoleError::Document(error.into()))?;
    runtime()?.block_on(async {
        let launcher = Endpoint::new(channel)?;
        let auditor = Auditor::new(Arc::new(SystemClock), server);
        seal(locked)?;
        auditor.run(launcher).await.map_err(|error| RoleError::Serve(error.into()))
    })
}
