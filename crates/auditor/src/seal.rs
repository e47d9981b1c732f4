//! One log: what is in its database, and a round of work on it.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use kiavi_audit::{
    Appender, Checkpoint, EncodeError, InvalidTile, NoteError, OutOfRange, SignedCheckpoint, leaf_hash,
};
use kiavi_base::{Clock, EventId, TenantId};
use kiavi_db::{Connect, Database, DbError, Transaction};

use crate::cosign::Refused;
use crate::gaps::{self, Gap};
use crate::heartbeat::{self, Hour};
use crate::key::LogKey;
use crate::schedule::{Ended, ROUND_INTERVAL, Standing};
use crate::store::{self, Found, Look, StoredCheckpoint};
use crate::tally::Tally;
use crate::unexplained::is_unexplained;
use crate::witness::Witness;

/// Events that are sealed in one transaction, under one checkpoint.
const BATCH: usize = 256;
/// Batches of one round; then it is another log's turn.
const BATCHES: usize = 16;

/// Why a round came to nothing. It is repeated, from what is in the database.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RoundError {
    #[error(transparent)]
    Database(#[from] DbError),
    #[error("another auditor works on the log")]
    Busy,
    #[error("another auditor has worked on the log")]
    Outdated,
    #[error("the sealed part of the log is damaged: {0}")]
    Damaged(&'static str),
    #[error("a tile of the log's tree is missing or damaged")]
    Tile(#[from] InvalidTile),
    #[error("a checkpoint of the log is damaged")]
    Note(#[from] NoteError),
    #[error("the log is smaller than a proof of it must be")]
    Proof(#[from] OutOfRange),
    #[error("the heartbeat could not be written")]
    Heartbeat(#[from] EncodeError),
}

/// What all logs have in common.
#[derive(Clone)]
pub(crate) struct Surroundings {
    pub(crate) connect: Arc<dyn Connect>,
    pub(crate) witness: Witness,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) tally: Arc<Tally>,
}

/// Works on one log.
pub(crate) struct Sealer {
    pub(super) tenant: TenantId,
    pub(super) key: Arc<LogKey>,
    pub(super) around: Surroundings,
    pub(super) database: Database,
    /// `None`: to be read from the database.
    pub(super) sealed: Option<Sealed>,
    heartbeat: Option<Hour>,
    /// There was more to be pruned than one round does.
    is_pruning: bool,
}

/// What is known of the sealed part of the log.
pub(super) struct Sealed {
    pub(super) tree: Appender,
    /// The greatest number of an event in it.
    watermark: i64,
    /// The newest checkpoint, over the whole tree.
    pub(super) checkpoint: Option<Signed>,
    /// The last before it that is cosigned. It is kept until the newest is cosigned, too, so that there is always one for
    /// proofs.
    cosigned_before: Option<Signed>,
    /// When the first one was signed.
    since: Option<Timestamp>,
}

/// A checkpoint in the database.
#[derive(Clone)]
pub(super) struct Signed {
    pub(super) signed: SignedCheckpoint,
    at: Timestamp,
}

impl Signed {
    pub(super) fn size(&self) -> u64 {
        self.signed.checkpoint().size
    }

    /// Whether somebody has signed it beside the log itself.
    pub(super) fn is_cosigned(&self) -> bool {
        self.signed.signatures().len() > 1
    }
}

impl Sealer {
    /// Nothing is connected before the first round.
    pub(crate) fn new(tenant: TenantId, key: Arc<LogKey>, around: Surroundings) -> Self {
        let database = Database::new(around.connect.clone(), key.login());
        Self { tenant, key, around, database, sealed: None, heartbeat: None, is_pruning: false }
    }

    /// The same log, from its beginning: what one starts with whose round was cut off.
    pub(crate) fn anew(&self) -> Self {
        Self::new(self.tenant.clone(), self.key.clone(), self.around.clone())
    }

    /// Closes what is open, and forgets what can be read again.
    pub(crate) fn rest(&mut self) {
        self.database.close_idle(Duration::ZERO);
        self.sealed = None;
    }

    /// Seals what there is, up to a bound, and has it cosigned.
    pub(crate) async fn round(&mut self) -> Result<Ended, RoundError> {
        let standing = self.try_round().await;
        if !matches!(standing, Ok(Standing::Cosigned | Standing::Sealed | Standing::Behind)) {
            self.sealed = None;
        }
        let now = self.around.clock.now();
        let until_heartbeat = Hour::of(&self.tenant, now).until_next(&self.tenant, now);
        let until_next = if self.is_pruning { ROUND_INTERVAL } else { until_heartbeat };
        Ok(Ended { standing: standing?, until_next })
    }

    async fn try_round(&mut self) -> Result<Standing, RoundError> {
        if self.sealed.is_none()
            && let Err(Refused) = self.load().await?
        {
            return Ok(Standing::Refused);
        }
        let (heartbeat, is_first_of_hour) = self.beat().await?;
        if is_first_of_hour || self.is_pruning {
            self.is_pruning = self.prune_or_tell().await;
        }
        let mut is_behind = false;
        for batch in 0..BATCHES {
            is_behind = self.seal_batch(is_first_of_hour && batch == 0, heartbeat.as_ref()).await?;
            if !is_behind {
                break;
            }
        }
        let cosigned = self.have_cosigned().await?;
        Ok(match cosigned {
            Err(Refused) => Standing::Refused,
            Ok(_) if is_behind => Standing::Behind,
            Ok(true) => Standing::Cosigned,
            Ok(false) => Standing::Sealed,
        })
    }

    /// Reads what is sealed, and compares it with what the witness has seen. The witness is asked first: what it has seen
    /// was in the database before it saw it.
    async fn load(&mut self) -> Result<Result<(), Refused>, RoundError> {
        let seen = self.look_at_witness().await;
        let transaction = self.database.begin().await?;
        let sealed = load(&transaction, self.key.origin()).await?;
        transaction.rollback().await?;
        let now = self.around.clock.now();
        // A log begins with what happens: in its first hour it has no heartbeat.
        let (hour, first) =
            (Hour::of(&self.tenant, now), Hour::of(&self.tenant, sealed.since.unwrap_or(now)));
        if hour == first {
            self.heartbeat = Some(hour);
        }
        let (size, root) = (sealed.tree.size(), sealed.tree.root());
        let checkpoint = sealed.checkpoint.clone();
        self.sealed = Some(sealed);
        let contradicts =
            seen.is_some_and(|seen| seen.size > size || (seen.size == size && seen.root != root));
        if contradicts {
            return Ok(Err(self.show_contradiction(checkpoint).await?));
        }
        Ok(Ok(()))
    }

    /// Prunes; what keeps it from that keeps nothing from being sealed, and is tried again in an hour.
    async fn prune_or_tell(&mut self) -> bool {
        self.prune().await.unwrap_or_else(|error| {
            self.around.tally.failed();
            let (tenant, error) = (&self.tenant, &error as &dyn std::error::Error);
            tracing::error!(%tenant, error, "events that are too old to be kept could not be removed");
            false
        })
    }

    /// Writes the heartbeat of this hour once. Answers its id, and whether it was written or found now.
    async fn beat(&mut self) -> Result<(Option<EventId>, bool), RoundError> {
        let now = self.around.clock.now();
        let hour = Hour::of(&self.tenant, now);
        if self.heartbeat == Some(hour) {
            return Ok((None, false));
        }
        let (id, body) = heartbeat::event((&self.tenant, self.key.seed()), hour, now)?;
        store::beat(&self.database, &id, now, &body).await?;
        self.heartbeat = Some(hour);
        Ok((Some(id), true))
    }

    /// Seals up to [`BATCH`] events in one transaction; `true` when there may be more.
    async fn seal_batch(
        &mut self,
        looks_far_back: bool,
        heartbeat: Option<&EventId>,
    ) -> Result<bool, RoundError> {
        let Some(sealed) = &self.sealed else { return Err(RoundError::Outdated) };
        let transaction = self.database.begin().await?;
        let limit = BATCH as i64;
        let look = store::look(&transaction, sealed.watermark, limit, looks_far_back).await?;
        if !look.is_alone {
            return Err(RoundError::Busy);
        }
        if (look.size, look.watermark) != (sealed.tree.size(), sealed.watermark) {
            // The lock is free again before anybody takes the next turn, this process above all.
            transaction.rollback().await?;
            return Err(RoundError::Outdated);
        }
        let batch = Batch::of(look);
        if batch.events.is_empty() {
            transaction.rollback().await?;
            return Ok(false);
        }
        let now = self.around.clock.now();
        let grown = write(&transaction, sealed, &batch, &self.key, now).await?;
        transaction.commit().await?;
        self.sealed = Some(grown);
        let late = batch.events.iter().filter(|event| heartbeat.is_none_or(|id| id.as_bytes() != &event.id));
        let delays = late.map(|event| delay(&event.id, self.around.clock.now()));
        self.around.tally.sealed(delays, batch.events.len() as u64);
        self.tell_unexplained(&batch);
        Ok(batch.events.len() == BATCH)
    }

    /// The alarm about changes that no event explains. It is raised once they are sealed: what raised it stays.
    fn tell_unexplained(&self, batch: &Batch) {
        let changes = batch.events.iter().filter(|event| is_unexplained(&event.body)).count() as u64;
        if changes == 0 {
            return;
        }
        self.around.tally.unexplained(changes);
        tracing::error!(
            tenant = %self.tenant,
            changes,
            "tables that say who may come in were changed past the engine: see database.changed in the tenant's log"
        );
    }
}

/// What one transaction seals.
struct Batch {
    /// In the order of the leaves that they become.
    events: Vec<Found>,
    watermark: i64,
    /// Where gaps began in which something was found.
    closed: Vec<i64>,
    /// What is missing now and was not known to be, and what is left of gaps.
    open: Vec<Gap>,
}

impl Batch {
    fn of(look: Look) -> Self {
        let Look { watermark, late, mut new, .. } = look;
        new.truncate(BATCH - late.len().min(BATCH));
        let mut open = gaps::between(watermark, new.iter().map(|event| event.seq));
        let mut closed = Vec::new();
        for found in late.chunk_by(|(_, one), (_, other)| one.first == other.first) {
            let Some((_, gap)) = found.first() else { continue };
            closed.push(gap.first);
            open.extend(gaps::remaining(*gap, found.iter().map(|(event, _)| event.seq)));
        }
        let watermark = new.last().map_or(watermark, |event| event.seq);
        let events = late.into_iter().map(|(event, _)| event).chain(new).collect();
        Self { events, watermark, closed, open }
    }
}

async fn load(transaction: &Transaction, origin: &str) -> Result<Sealed, RoundError> {
    if !store::lock(transaction).await? {
        return Err(RoundError::Busy);
    }
    let (size, watermark) = store::tree(transaction).await?;
    let tiles = store::tiles(transaction, Appender::edge_of(size)).await??;
    let tree = Appender::resume(size, &tiles)?;
    let (stored, since) = store::last_checkpoints(transaction).await?;
    let mut stored = stored.into_iter().map(|StoredCheckpoint { at, note, .. }| {
        Ok::<_, RoundError>(Signed { signed: SignedCheckpoint::parse(&note)?, at })
    });
    let checkpoint = stored.next().transpose()?;
    match &checkpoint {
        Some(Signed { signed, .. }) => {
            let said = signed.checkpoint();
            if said.origin != origin || said.size != size || said.root != tree.root() {
                return Err(RoundError::Damaged("its tree is not the one that was signed"));
            }
        }
        None if size == 0 => {}
        None => return Err(RoundError::Damaged("its checkpoint is gone")),
    }
    let cosigned_before = stored.next().transpose()?.filter(Signed::is_cosigned);
    Ok(Sealed { tree, watermark, checkpoint, cosigned_before, since })
}

/// Puts off everything that a batch changes; it travels with COMMIT. Answers what the log is then.
async fn write(
    transaction: &Transaction,
    sealed: &Sealed,
    batch: &Batch,
    key: &LogKey,
    now: Timestamp,
) -> Result<Sealed, RoundError> {
    let first = sealed.tree.size();
    let mut tree = sealed.tree.clone();
    let mut tiles = Vec::new();
    for event in &batch.events {
        tiles.extend(tree.append(leaf_hash(&event.body)));
    }
    tiles.extend(tree.partial_tiles());
    let checkpoint = Checkpoint { origin: key.origin().to_owned(), size: tree.size(), root: tree.root() };
    let signed = SignedCheckpoint::sign(checkpoint, &key.note_key)?;
    store::add_leaves(transaction, first, batch.events.iter().map(|event| event.seq).collect()).await?;
    store::put_tiles(transaction, tiles).await?;
    store::change_gaps(transaction, batch.closed.clone(), &batch.open).await?;
    let stored = StoredCheckpoint { size: store::number(tree.size()), at: now, note: signed.to_string() };
    let (replaced, cosigned_before) = sealed.make_room();
    let replaced = replaced.filter(|replaced| hour(replaced.at) == hour(now));
    store::put_checkpoint(transaction, &stored, replaced.map(|replaced| store::number(replaced.size())))
        .await?;
    let (watermark, since) = (batch.watermark, sealed.since.or(Some(now)));
    let (checkpoint, cosigned_before) = (Some(Signed { signed, at: now }), cosigned_before.cloned());
    Ok(Sealed { tree, watermark, checkpoint, cosigned_before, since })
}

impl Sealed {
    /// In place of which checkpoint the next one is written, if both are of one hour, and the last then that is cosigned. The
    /// last of each hour is kept, the newest, and the last that is cosigned.
    fn make_room(&self) -> (Option<&Signed>, Option<&Signed>) {
        let (newest, before) = (self.checkpoint.as_ref(), self.cosigned_before.as_ref());
        if newest.is_some_and(Signed::is_cosigned) { (before, newest) } else { (newest, before) }
    }
}

/// The hour of a time, by its number since 1970.
fn hour(at: Timestamp) -> i64 {
    at.as_second().div_euclid(3600)
}

/// How long an event has waited, by the time in its id.
fn delay(id: &[u8; 16], now: Timestamp) -> Duration {
    let [a, b, c, d, e, f, ..] = *id;
    let at = i64::from_be_bytes([0, 0, a, b, c, d, e, f]);
    let waited = Timestamp::from_millisecond(at).map_or(SignedDuration::ZERO, |at| now.duration_since(at));
    Duration::try_from(waited).unwrap_or_default()
}
