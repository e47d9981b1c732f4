//! The gateway's process.

use kiavi_ipc::Endpoint;
use kiavi_sandbox::Profile;

use super::{RoleArgs, RoleError, begin, control_channel, lock_down, runtime, seal};

pub(super) fn run(args: &RoleArgs) -> Result<(), RoleError> {
    begin(args)?;
    let locked = lock_down(args, Profile::Gateway)?;
    runtime()?.block_on(async {
        let launcher = Endpoint::new(control_channel()?)?;
        seal(locked)?;
        Ok(kiavi_gateway::run(launcher).await?)
    })
}
