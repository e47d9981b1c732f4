//! The tenant's keys in memory.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{
    flow::{self, Chosen, Minted, Signer, Unusable},
    store::{self, KeyRow, NewKey},
};
use crate::{
    ApiError, Context, State,
    audit::{self, Event, EventType, Outcome},
    verification::row_id,
};

/// How long the keys are used without asking the database again: after this, a key that Better Auth made on the
/// same database is published here too.
const READ_AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(10);

/// The keys as they were read last.
#[derive(Default)]
pub(super) struct Keyring {
    held: Mutex<Option<Arc<Held>>>,
    /// One request at a time reads or makes keys; the others wait for what it finds.
    turn: tokio::sync::Mutex<()>,
}

/// The key that signs, and what is published.
pub(super) struct Held {
    pub(super) signer: Arc<Signer>,
    pub(super) key_set: Bytes,
    read_at: Timestamp,
    good_for: SignedDuration,
}

impl Held {
    fn new(
        state: &State,
        signer: Arc<Signer>,
        seconds_left: Option<f64>,
        rows: &[KeyRow],
        read_at: Timestamp,
    ) -> Result<Arc<Self>, ApiError> {
        let key_set = flow::key_set(rows, state.settings.jwt.algorithm()).map_err(ApiError::internal)?;
        // The database's clock has said how long the key may sign; only that much time is measured here.
        let left = seconds_left.and_then(|seconds| SignedDuration::try_from_secs_f64(seconds).ok());
        let good_for = left.map_or(READ_AGAIN_AFTER, |left| left.min(READ_AGAIN_AFTER));
        Ok(Arc::new(Self { signer, key_set: key_set.into(), read_at, good_for }))
    }

    fn is_fresh(&self, now: Timestamp) -> bool {
        let age = now.duration_since(self.read_at);
        // A clock that was set back makes an age that says nothing.
        !age.is_negative() && age < self.good_for
    }
}

impl Keyring {
    /// What was read last, however long ago.
    pub(super) fn last(&self) -> Option<Arc<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn fresh(&self, now: Timestamp) -> Option<Arc<Held>> {
        self.last().filter(|held| held.is_fresh(now))
    }

    fn keep(&self, held: &Arc<Held>) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(held));
    }
}

/// The tenant's keys: from memory, else from the database, where one is made if none can sign.
///
/// # Errors
/// Those of the statements, and of the cryptographic library when a key has to be made.
pub(super) async fn current(state: &State, context: &Context) -> Result<Arc<Held>, ApiError> {
    let keyring = &state.jwt.keyring;
    if let Some(held) = keyring.fresh(state.clock.now()) {
        return Ok(held);
    }
    let _turn = keyring.turn.lock().await;
    let read_at = state.clock.now();
    if let Some(held) = keyring.fresh(read_at) {
        return Ok(held);
    }
    let rows = store::list(&state.database, &state.settings.jwt).await?;
    let held = match choose(state, &rows) {
        Some((signer, left)) => Held::new(state, signer, left, &rows, read_at)?,
        None => make(state, context, read_at).await?,
    };
    keyring.keep(&held);
    Ok(held)
}

fn choose(state: &State, rows: &[KeyRow]) -> Option<(Arc<Signer>, Option<f64>)> {
    let last = state.jwt.keyring.last().map(|held| Arc::clone(&held.signer));
    let tell = |key: &str, reason: Unusable| {
        tracing::warn!(key, cause = %reason, "a signing key cannot be used and is passed over");
    };
    match flow::choose(rows, state.settings.jwt.algorithm(), &state.secret, last.as_deref(), tell) {
        Chosen::Same(left) => last.map(|signer| (signer, left)),
        Chosen::Other(signer, left) => Some((Arc::from(signer), left)),
        Chosen::None => None,
    }
}

/// Makes the key that signs from now on, unless another engine has done so meanwhile, and ends all others. They
/// stay published for the grace period.
async fn make(state: &State, context: &Context, read_at: Timestamp) -> Result<Arc<Held>, ApiError> {
    let settings = &state.settings.jwt;
    let transaction = state.database.begin().await?;
    store::lock(&transaction).await?;
    let rows = store::list_in(&transaction, settings).await?;
    if let Some((signer, left)) = choose(state, &rows) {
        transaction.rollback().await?;
        return Held::new(state, signer, left, &rows, read_at);
    }
    let id = row_id(state.rng());
    let Minted { signer, public_key, private_key } =
        flow::mint(&id, settings.algorithm(), &state.secret, state.rng()).map_err(ApiError::internal)?;
    let new = NewKey {
        id: &id,
        public_key: &public_key,
        private_key: &private_key,
        algorithm: signer.algorithm.name(),
        curve: signer.algorithm.curve(),
    };
    store::insert(&transaction, new, settings).await?;
    let ended = store::retire_others(&transaction, &id).await?;
    let kind = if rows.is_empty() { EventType::SigningKeyCreated } else { EventType::SigningKeyRotated };
    let detail = json!({ "key": id, "algorithm": signer.algorithm.name(), "ended": ended });
    let event = Event::new(kind, Outcome::Success).detail(detail);
    audit::record(&transaction, state, context, event).await?;
    let rows = store::list_in(&transaction, settings).await?;
    transaction.commit().await?;
    let left = rows.iter().find(|row| row.id == id).and_then(|row| row.seconds_left);
    Held::new(state, Arc::new(signer), left, &rows, read_at)
}
