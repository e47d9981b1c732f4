//! What every handler of one tenant shares.

use std::{
    convert::Infallible,
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use axum::{extract::FromRequestParts, http::request::Parts};
use kiavi_base::{Clock, Rng};
use kiavi_crypto::{Purpose, SealingKey, TenantSecret, hmac_sha256};
use kiavi_db::Database;
use kiavi_geo::Places;
use kiavi_http::{AccessLog, TrustedOrigins};
use kiavi_pages::Brand;
use tokio::sync::Notify;

use crate::{
    CookieNames, MailDoor, Settings, analytics::Analytics, api_key::Budget, audit::Log, egress::HttpClient,
    jwt, rate_limit::MemoryLimiter, room::Room, session::KeptSessions, social::Directory, stream::Streams,
    webhook::Webhooks,
};

/// Settings, keys, database, time and chance of one tenant. Cloning is one reference count.
#[derive(Clone)]
pub struct State(Arc<Shared>);

/// The parts of a [`State`].
pub struct Shared {
    /// The tenant's settings.
    pub settings: Settings,
    /// The tenant's secret; signs cookies.
    pub secret: TenantSecret,
    /// The tenant's database as its runtime role.
    pub database: Database,
    /// Dates mail, logs and retries; never decides an expiry.
    pub clock: Arc<dyn Clock>,
    /// Randomness of ids, tokens and codes.
    pub rng: Arc<dyn Rng>,
    /// The way out for mail.
    pub mail: Arc<dyn MailDoor>,
    /// The way out for HTTPS.
    pub egress: Arc<dyn HttpClient>,
    /// Where addresses are.
    pub places: Places,
    /// Trusted origins.
    pub origins: TrustedOrigins,
    /// Cookie names.
    pub cookies: CookieNames,
    /// How the pages look.
    pub brand: Arc<Brand>,
    /// Requests and deliveries under way.
    pub busy: Busy,
    /// Where requests are counted and logged.
    pub access: Arc<AccessLog>,
    pub(crate) keys: Keys,
    pub(crate) limiter: MemoryLimiter,
    pub(crate) room: Room,
    pub(crate) kept_sessions: KeptSessions,
    pub(crate) api_keys: Budget,
    pub(crate) outbox_signal: Notify,
    pub(crate) jwt: jwt::Memory,
    pub(crate) social: Directory,
    pub(crate) webhooks: Webhooks,
    pub(crate) streams: Streams,
    pub(crate) log: Log,
    pub(crate) analytics: Analytics,
}

/// Subkeys, derived once.
pub(crate) struct Keys {
    pub(crate) one_time_code: [u8; 32],
    /// What codes that are still on their way may have been hashed with before a rotation.
    pub(crate) earlier_one_time_codes: Vec<[u8; 32]>,
    pub(crate) rate_limit: [u8; 32],
    pub(crate) outbox: SealingKey,
    /// What letters that have not left may have been sealed with before a rotation.
    pub(crate) earlier_outboxes: Vec<SealingKey>,
}

impl Keys {
    pub(crate) fn new(secret: &TenantSecret) -> Self {
        let one_time_code = secret.subkey(Purpose::OneTimeCode);
        // A mail waiting to leave holds a code in clear, so its key hangs below that of codes.
        let outbox = |code: &[u8; 32]| SealingKey::new(&hmac_sha256(code, b"mail in the outbox"));
        let earlier_one_time_codes: Vec<_> = secret.earlier_subkeys(Purpose::OneTimeCode).collect();
        Self {
            rate_limit: secret.subkey(Purpose::RateLimitKey),
            outbox: outbox(&one_time_code),
            earlier_outboxes: earlier_one_time_codes.iter().map(outbox).collect(),
            one_time_code,
            earlier_one_time_codes,
        }
    }
}

impl State {
    pub(crate) fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }

    /// The random source as functions take it.
    pub fn rng(&self) -> &dyn Rng {
        self.rng.as_ref()
    }
}

impl Deref for State {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl FromRequestParts<Self> for State {
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, state: &Self) -> Result<Self, Infallible> {
        Ok(state.clone())
    }
}

/// Counts work under way, so that an idle engine can be stopped and a busy one is not.
#[derive(Debug, Clone, Default)]
pub struct Busy(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    current: AtomicUsize,
    total: AtomicU64,
}

/// One piece of work; it ends when this is dropped.
#[derive(Debug)]
pub struct BusyGuard(Arc<Counts>);

impl Busy {
    /// Counts one more until the guard is dropped.
    pub fn enter(&self) -> BusyGuard {
        self.0.current.fetch_add(1, Ordering::Relaxed);
        self.0.total.fetch_add(1, Ordering::Relaxed);
        BusyGuard(Arc::clone(&self.0))
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.current.load(Ordering::Relaxed)
    }

    /// How many there have ever been.
    pub fn total(&self) -> u64 {
        self.0.total.load(Ordering::Relaxed)
    }
}

impl Drop for BusyGuard {
    fn drop(&mut self) {
        self.0.current.fetch_sub(1, Ordering::Relaxed);
    }
}
