//! An engine's process.

use std::sync::Arc;
use std::time::Duration;

use kiavi_base::SystemClock;
use kiavi_crypto::SystemRng;
use kiavi_engine::process::{self, Assignment};
use kiavi_geo::{Database, Places};
use kiavi_ipc::database::Whereabouts;
use kiavi_ipc::engine::ToEngine;
use kiavi_ipc::{Endpoint, Fd, SharedFile, receive_blocking};
use kiavi_sandbox::canary::Aim;
use kiavi_sandbox::{Limits, Profile};

use super::canary::{self, Order};
use super::document::{self, Opened};
use super::{
    RoleArgs, RoleError, access_log, begin, control_channel, lock_down, runtime, seal, secured, security,
};

pub(super) fn run(args: &RoleArgs) -> Result<(), RoleError> {
    begin(args)?;
    let data_bytes = args.data_bytes.unwrap_or(Limits::ENGINE.data_bytes);
    let locked = lock_down(args, Profile::Engine { data_bytes })?;
    let channel = control_channel()?;
    let first = receive_blocking(&channel)?;
    if let ToEngine::Canary { probe, is_sealed, victim, socket } = first {
        let order = Order { probe, is_sealed, aim: Aim { victim, socket } };
        return canary::run(&channel, locked, &order);
    }
    let ToEngine::Start {
        tenant,
        document,
        door,
        mail,
        idle_seconds,
        egress,
        database,
        places,
        reads_log,
        certificates,
    } = first
    else {
        return Err(RoleError::FirstMessage);
    };
    let Opened { settings, secret, database_password } =
        document::read(document).map_err(|error| RoleError::Document(error.into()))?;
    let (server, connected) = match database {
        Whereabouts::Private { connected } => (None, connected),
        Whereabouts::Remote { server } => (Some(server), None),
    };
    let database = secured(server, database_password)?;
    let idle = idle_seconds.map(|seconds| Duration::from_secs(seconds.into()));
    let (access, closes_connections) = (access_log(args), args.close_connections);
    let places = known_places(places);
    let assignment = Assignment {
        tenant,
        settings,
        secret,
        door,
        mail,
        egress,
        database,
        connected,
        certificates,
        places,
        reads_log,
        idle,
        access,
        closes_connections,
        security: security(args),
        release_free_memory: kiavi_sandbox::release_free_memory,
    };
    runtime()?.block_on(async {
        let launcher = Endpoint::new(channel)?;
        let (clock, rng) = (Arc::new(SystemClock), Arc::new(SystemRng));
        process::run(assignment, launcher, clock, rng, || seal(locked).map(drop))
            .await
            .map_err(|error| RoleError::Serve(error.into()))
    })
}

/// The databases of the instance, without those that cannot be read: a tenant is served all the same. Whoever started this
/// process has verified them.
fn known_places(files: Vec<Fd>) -> Places {
    let open = |file| -> Result<Database, Box<dyn std::error::Error>> {
        Ok(Database::new(SharedFile::accept(file)?.map()?)?)
    };
    let opened = files.into_iter().map(open);
    opened
        .filter_map(|one| one.inspect_err(|error| tracing::error!(%error, "addresses have no place")).ok())
        .collect()
}
