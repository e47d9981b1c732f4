//! What a log has to do with its witness.

use kiavi_audit::{AddCheckpoint, Checkpoint, EMPTY_ROOT, NoteError, ProofPlan, Seen, SignedCheckpoint};
use kiavi_db::Transaction;
use kiavi_ipc::witness::{FromWitness, Refusal, SeenTree, ToWitness};

use crate::seal::{RoundError, Sealer, Signed};
use crate::store;
use crate::witness::Away;

/// The log contradicts what the witness has seen of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refused;

impl Sealer {
    /// What the witness has cosigned of this log last; `None` also when it cannot be asked.
    pub(super) async fn look_at_witness(&self) -> Option<Seen> {
        let tenant = self.tenant.clone();
        match self.around.witness.ask(|request| ToWitness::Look { request, tenant }).await {
            Ok(FromWitness::Seen { tree: Some(SeenTree { size, root }), .. }) => Some(Seen { size, root }),
            Ok(FromWitness::Seen { tree: None, .. }) => Some(Seen { size: 0, root: EMPTY_ROOT }),
            _ => None,
        }
    }

    /// Has the newest checkpoint cosigned, unless it is; `false` when the witness did not do so now.
    ///
    /// Under the lock of who seals, from the look at what the witness has seen to its answer: if another auditor had it cosign
    /// more in between, this checkpoint would look like a log that has shrunk.
    pub(super) async fn have_cosigned(&mut self) -> Result<Result<bool, Refused>, RoundError> {
        let newest = self.sealed.as_ref().and_then(|sealed| sealed.checkpoint.clone());
        let Some(newest) = newest.filter(|newest| !newest.is_cosigned()) else { return Ok(Ok(true)) };
        let transaction = self.database.begin().await?;
        if !store::lock(&transaction).await? {
            return Err(RoundError::Busy);
        }
        if store::tree(&transaction).await?.0 != newest.size() {
            transaction.rollback().await?;
            return Err(RoundError::Outdated);
        }
        let Some(seen) = self.look_at_witness().await else {
            transaction.rollback().await?;
            return Ok(Ok(false));
        };
        // More than there is, and nobody else can have written it: it shall say so.
        let old = if seen.size > newest.size() { 0 } else { seen.size };
        let answer = self.ask_for_cosignature(&transaction, &newest.signed, old).await?;
        transaction.rollback().await?;
        match answer {
            Ok(FromWitness::Cosigned { line, .. }) => {
                self.add_cosignature(newest, &line).await?;
                Ok(Ok(true))
            }
            Ok(FromWitness::Refused { refusal: Refusal::Contradiction, .. }) => {
                self.around.tally.refused();
                Ok(Err(self.refused()))
            }
            Ok(FromWitness::Refused { refusal: Refusal::Unknown, .. }) => {
                tracing::error!(tenant = %self.tenant, "the witness does not know this log");
                Ok(Ok(false))
            }
            // It has seen something else meanwhile, or is away: the next round asks again.
            Ok(_) | Err(Away) => Ok(Ok(false)),
        }
    }

    /// Lets the witness see what contradicts what it has seen: the alarm is its.
    pub(super) async fn show_contradiction(&self, newest: Option<Signed>) -> Result<Refused, RoundError> {
        let signed = match newest {
            Some(newest) => newest.signed,
            None => self.empty()?,
        };
        let transaction = self.database.begin().await?;
        // Whatever it answers: the log is sealed no further.
        let _ = self.ask_for_cosignature(&transaction, &signed, 0).await?;
        transaction.rollback().await?;
        self.around.tally.refused();
        Ok(self.refused())
    }

    fn refused(&self) -> Refused {
        tracing::error!(
            tenant = %self.tenant,
            "the log contradicts what its witness has seen: its database may be an older copy; it is sealed no further"
        );
        Refused
    }

    /// The checkpoint that every log begins with.
    fn empty(&self) -> Result<SignedCheckpoint, NoteError> {
        let checkpoint = Checkpoint { origin: self.key.origin().to_owned(), size: 0, root: EMPTY_ROOT };
        SignedCheckpoint::sign(checkpoint, &self.key.note_key)
    }

    /// Asks with the proof that the log has only grown since it had `old` entries.
    async fn ask_for_cosignature(
        &self,
        transaction: &Transaction,
        checkpoint: &SignedCheckpoint,
        old: u64,
    ) -> Result<Result<FromWitness, Away>, RoundError> {
        let plan = ProofPlan::consistency(old, checkpoint.checkpoint().size)?;
        let (tiles, has_ended) =
            tokio::join!(store::tiles(transaction, plan.tiles()), store::has_ended(transaction));
        // Tables of before a migration have none of it.
        let has_ended = Some(has_ended.unwrap_or(false));
        let request = AddCheckpoint { old, proof: plan.resolve(&tiles??)?, checkpoint: checkpoint.clone() };
        let (tenant, body) = (self.tenant.clone(), request.to_string());
        Ok(self.around.witness.ask(|request| ToWitness::Cosign { request, tenant, body, has_ended }).await)
    }

    async fn add_cosignature(&mut self, newest: Signed, line: &str) -> Result<(), RoundError> {
        let mut cosigned = newest;
        cosigned.signed.add(line.parse()?);
        store::cosign(&self.database, store::number(cosigned.size()), &cosigned.signed.to_string()).await?;
        self.around.tally.cosigned();
        if let Some(sealed) = &mut self.sealed {
            sealed.checkpoint = Some(cosigned);
        }
        Ok(())
    }
}
