//! A canary: an engine's process that serves nobody, and tries one thing that must not work.

use kiavi_ipc::engine::{FromEngine, ToEngine};
use kiavi_ipc::isolation::{Fate, LayerStanding};
use kiavi_ipc::{Channel, receive_blocking, send_blocking};
use kiavi_sandbox::canary::{Aim, Outcome, attempt};
use kiavi_sandbox::{Layers, LockedDown, State};

use super::{RoleError, runtime, seal};

/// What a canary is to do.
pub(super) struct Order {
    /// What to try, if anything.
    pub(super) probe: Option<String>,
    /// Whether the list of system calls is applied first.
    pub(super) is_sealed: bool,
    pub(super) aim: Aim,
}

/// Goes on as an engine does, from the moment that it is locked down.
pub(super) fn run(channel: &Channel, locked: LockedDown, order: &Order) -> Result<(), RoleError> {
    let _runtime = runtime()?;
    let layers = match order.is_sealed {
        true => seal(locked)?,
        false => locked.layers().clone(),
    };
    let (fate, evidence) = match order.probe.as_deref().map(|probe| attempt(probe, &order.aim)) {
        None => (None, String::new()),
        Some(None) => (Some(Fate::Unclear), "there is no such probe".to_owned()),
        Some(Some(Outcome::Worked(what))) => (Some(Fate::Worked), what),
        Some(Some(Outcome::Refused(why))) => (Some(Fate::Refused), why),
    };
    send_blocking(channel, &FromEngine::Tried { fate, evidence, layers: standing(&layers) })?;
    // The launcher looks at this process from outside before it closes the channel.
    let _ = receive_blocking::<ToEngine>(channel);
    Ok(())
}

fn standing(layers: &Layers) -> Vec<LayerStanding> {
    let told = layers.iter().map(|report| {
        let (is_active, reason) = match &report.state {
            State::Active => (Some(true), String::new()),
            State::NotNeeded => (None, String::new()),
            State::Missing { reason } => (Some(false), reason.clone()),
        };
        LayerStanding { layer: report.layer.to_string(), is_active, reason }
    });
    told.collect()
}
