//! Removing events that are older than a tenant keeps its log for.
//!
//! How much may go is not the auditor's to say: the database knows for how long the log is kept, which control writes, and
//! when each tile was filled, by its own clock (`kiavi.audit_prunable`). What is to go is verified first, so that no
//! change of it goes unnoticed with it. The log says by its key what is gone, in a note and in an event, which are one
//! transaction with the removal. Hashes stay, and with them every proof of what is left.

use jiff::Timestamp;
use kiavi_audit::{
    Appender, Event, Outcome, ProofPlan, Pruning, SignedPruning, TILE_WIDTH, leaf_hash, verify_consistency,
};
use kiavi_base::EventId;
use kiavi_db::Transaction;

use crate::heartbeat::{ACTOR, Derived};
use crate::seal::{RoundError, Sealer};
use crate::store::{self, Due};

/// The type of the event.
const TYPE: &str = "log.pruned";

impl Sealer {
    /// Removes what is too old to be kept, up to a bound; `true` when there is more.
    pub(super) async fn prune(&mut self) -> Result<bool, RoundError> {
        let transaction = self.database.begin().await?;
        if !store::lock(&transaction).await? {
            return Err(RoundError::Busy);
        }
        let due = store::prunable(&transaction).await?;
        if due.until <= due.since {
            transaction.rollback().await?;
            return Ok(false);
        }
        let pruning = match self.look_at(&transaction, due).await {
            Ok(pruning) => pruning,
            Err(error) => {
                // Now, and not whenever the connection is noticed to be idle: what follows takes the same lock.
                transaction.rollback().await?;
                return Err(error);
            }
        };
        let (event, body) = self.event(due, &pruning)?;
        let (first, at) = (pruning.first, pruning.at);
        let note = SignedPruning::sign(pruning, &self.key.note_key)?.to_string();
        store::prune(&transaction, due.until, &note, &event, &body).await?;
        transaction.commit().await?;
        tracing::info!(tenant = %self.tenant, first, %at, "events that are too old to be kept were removed");
        Ok(true)
    }

    /// What is to be said of the events that are to go, once they are those that were sealed: together with the hashes of
    /// what went before they make the tiles that stay, and lead to the root that is signed now.
    async fn look_at(&self, transaction: &Transaction, due: Due) -> Result<Pruning, RoundError> {
        const CHANGED: RoundError = RoundError::Damaged("events that are too old to be kept were changed");
        let Some(sealed) = &self.sealed else { return Err(RoundError::Outdated) };
        let (since, first, size) = (due.since.unsigned_abs(), due.until.unsigned_abs(), sealed.tree.size());
        let before = store::tiles(transaction, Appender::edge_of(since)).await??;
        let mut tree = Appender::resume(since, &before)?;
        while tree.size() < first {
            let bodies = store::bodies(transaction, store::number(tree.size()), TILE_WIDTH as i64).await?;
            let full: Vec<_> = bodies.iter().flat_map(|body| tree.append(leaf_hash(body))).collect();
            // One of level 0, and those above of which that is the last.
            let Some((tile, hashes)) = full.first() else { return Err(CHANGED) };
            if store::hashes(transaction, *tile).await?.as_ref() != Some(hashes) {
                return Err(CHANGED);
            }
        }
        let plan = ProofPlan::consistency(first, size)?;
        let tiles = store::tiles(transaction, plan.tiles()).await??;
        let (root, proof) = (tree.root(), plan.resolve(&tiles)?);
        verify_consistency(first, &root, size, &sealed.tree.root(), &proof).map_err(|_| CHANGED)?;
        let (origin, now) = (self.key.origin().to_owned(), self.around.clock.now());
        // To the millisecond, as events have it.
        let at = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
        Ok(Pruning { origin, first, root, at })
    }

    /// The event of a pruning. Its id depends on log and index, and on the log's key, as a heartbeat's.
    fn event(&self, due: Due, pruning: &Pruning) -> Result<(EventId, Vec<u8>), RoundError> {
        let purpose = format!("{TYPE}\0{}\0{}", self.tenant, due.until);
        let id = EventId::new(pruning.at, &Derived::of(self.key.seed(), &purpose));
        let event = Event {
            id,
            kind: TYPE.to_owned(),
            outcome: Outcome::Success,
            at: pruning.at,
            request_id: None,
            actor: Some(ACTOR.to_owned()),
            subject: None,
            method: None,
            facts: Some(pruning.facts(due.since.unsigned_abs())),
            sealed: Vec::new(),
        };
        Ok((id, event.encode()?))
    }
}
