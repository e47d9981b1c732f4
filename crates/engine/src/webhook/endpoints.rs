//! The endpoints of a tenant as its engine has them in memory: who wants what, and who is due when.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};

use super::{
    pattern::Pattern,
    settings::{EndpointSettings, WebhookSettings},
    signature::SigningKey,
};
use crate::audit::EventType;

/// A set of endpoints, by their places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Recipients(u32);

impl Recipients {
    /// Whether there are none.
    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    fn has(self, place: usize) -> bool {
        self.0 & (1 << place) != 0
    }
}

/// All endpoints that are sent events. Nothing is allocated where there are none.
#[derive(Default)]
pub(crate) struct Webhooks {
    endpoints: Vec<Endpoint>,
    /// Who wants events of a type, by its number.
    wanting: Vec<Recipients>,
}

/// One endpoint.
pub(super) struct Endpoint {
    pub(super) id: String,
    pub(super) url: String,
    pub(super) keys: Vec<SigningKey>,
    /// There is something new at the end of its line.
    pub(super) signal: Notify,
    /// An operator has changed what is at its head.
    pub(super) changed: Notify,
    due: Mutex<Option<Instant>>,
}

impl Webhooks {
    /// Those of the settings that are enabled.
    pub(crate) fn new(settings: &WebhookSettings) -> Self {
        let enabled: Vec<_> = settings.endpoints.iter().filter(|endpoint| endpoint.is_enabled).collect();
        if enabled.is_empty() {
            return Self::default();
        }
        let wanting = EventType::ALL.iter().map(|kind| Recipients::of(&enabled, *kind)).collect();
        Self { endpoints: enabled.into_iter().map(Endpoint::new).collect(), wanting }
    }

    /// Who wants events of this type.
    pub(crate) fn wanting(&self, kind: EventType) -> Recipients {
        self.wanting.get(kind as usize).copied().unwrap_or_default()
    }

    /// Their ids.
    pub(crate) fn ids(&self, recipients: Recipients) -> Vec<String> {
        self.among(recipients).map(|endpoint| endpoint.id.clone()).collect()
    }

    /// Tells them that there is something to do.
    pub(crate) fn wake(&self, recipients: Recipients) {
        self.among(recipients).for_each(|endpoint| endpoint.signal.notify_one());
    }

    /// How long until something is due, if anything is owed: the engine need not run until then.
    pub(crate) fn next_due(&self) -> Option<Duration> {
        let due = self.endpoints.iter().filter_map(Endpoint::due).min()?;
        Some(due.saturating_duration_since(Instant::now()))
    }

    pub(super) fn all(&self) -> &[Endpoint] {
        &self.endpoints
    }

    pub(super) fn find(&self, id: &str) -> Option<&Endpoint> {
        self.endpoints.iter().find(|endpoint| endpoint.id == id)
    }

    fn among(&self, recipients: Recipients) -> impl Iterator<Item = &Endpoint> {
        let all = self.endpoints.iter().enumerate();
        all.filter(move |(place, _)| recipients.has(*place)).map(|(_, endpoint)| endpoint)
    }
}

impl Recipients {
    fn of(endpoints: &[&EndpointSettings], kind: EventType) -> Self {
        let wants = |endpoint: &EndpointSettings| {
            let mut patterns = endpoint.events.iter().filter_map(|text| Pattern::parse(text));
            patterns.any(|pattern| pattern.matches(kind))
        };
        let places = endpoints.iter().enumerate().filter(|(_, endpoint)| wants(endpoint));
        Self(places.fold(0, |set, (place, _)| set | 1 << place))
    }
}

impl Endpoint {
    fn new(settings: &EndpointSettings) -> Self {
        Self {
            id: settings.id.clone(),
            url: settings.url.clone(),
            keys: settings.secrets.iter().filter_map(SigningKey::parse).collect(),
            signal: Notify::new(),
            changed: Notify::new(),
            // Nobody has looked yet.
            due: Mutex::new(Some(Instant::now())),
        }
    }

    /// Notes that something is due after `pause`; that nothing is owed, without one.
    pub(super) fn set_due(&self, pause: Option<Duration>) {
        *self.due.lock().unwrap_or_else(PoisonError::into_inner) = pause.map(|pause| Instant::now() + pause);
    }

    fn due(&self) -> Option<Instant> {
        *self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
