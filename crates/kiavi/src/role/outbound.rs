//! Outbound's process.

use std::sync::Arc;

use kiavi_base::SystemClock;
use kiavi_ipc::outbound::ToOutbound;
use kiavi_ipc::{Endpoint, SealedDocument, receive_blocking};
use kiavi_outbound::{Configuration, Outbound};
use kiavi_sandbox::Profile;

use super::{RoleArgs, RoleError, begin, control_channel, lock_down, runtime, seal};

pub(super) fn run(args: &RoleArgs) -> Result<(), RoleError> {
    begin(args)?;
    let locked = lock_down(args, Profile::Outbound)?;
    let channel = control_channel()?;
    let ToOutbound::Start { document } = receive_blocking(&channel)? else {
        return Err(RoleError::FirstMessage);
    };
    let document = SealedDocument::accept(document).and_then(SealedDocument::read);
    let document = document.map_err(|error| RoleError::Document(error.into()))?;
    let configuration: Configuration =
        serde_json::from_slice(&document).map_err(|error| RoleError::Document(error.into()))?;
    runtime()?.block_on(async {
        let outbound = Outbound::new(configuration, Arc::new(SystemClock))
            .map_err(|error| RoleError::Document(error.into()))?;
        let launcher = Endpoint::new(channel)?;
        seal(locked)?;
        Ok(outbound.run(launcher).await?)
    })
}
