//! What a log has to do with its witness.

use kiavi_audit::{AddCheckpoint, Checkpoint, EMPTY_ROOT, NoteError, ProofPlan, Seen, SignedCheckpoint};
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
    pub(super) async fn have_cosigned(&mut self) -> Result<Result<bool, Refused>, RoundError> {
        let newest = self.sealed.as_ref().and_then(|sealed| sealed.checkpoint.clone());
        let Some(newest) = newest.filter(|newest| !newest.is_cosigned()) else { return Ok(Ok(true)) };
        let Some(mut seen) = self.look_at_witness().await.map(|seen| seen.size) else { return Ok(Ok(false)) };
        // A second time only when another auditor was faster.
        for _ in 0..2 {
            if seen > newest.size() {
                return self.after_another(&newest, seen).await;
            }
            match self.ask_for_cosignature(&newest.signed, seen).await? {
                Ok(FromWitness::Cosigned { line, .. }) => {
                    self.add_cosignature(newest, &line).await?;
                    return Ok(Ok(true));
                }
                Ok(FromWitness::Refused { refusal: Refusal::Elsewhere { size }, .. }) => seen = size,
                Ok(FromWitness::Refused { refusal: Refusal::Contradiction, .. }) => {
                    self.around.tally.refused();
                    return Ok(Err(self.refused()));
                }
                Ok(FromWitness::Refused { refusal: Refusal::Unknown, .. }) => {
                    tracing::error!(tenant = %self.tenant, "the witness does not know this log");
                    return Ok(Ok(false));
                }
                Ok(_) | Err(Away) => return Ok(Ok(false)),
            }
        }
        Ok(Ok(false))
    }

    /// The witness has seen more than there was: if another auditor has written it meanwhile, it is in the database.
    async fn after_another(
        &mut self,
        newest: &Signed,
        seen: u64,
    ) -> Result<Result<bool, Refused>, RoundError> {
        let transaction = self.database.begin().await?;
        let (size, _) = store::tree(&transaction).await?;
        transaction.rollback().await?;
        if size >= seen {
            return Err(RoundError::Outdated);
        }
        Ok(Err(self.show_contradiction(Some(newest.clone())).await?))
    }

    /// Lets the witness see what contradicts what it has seen: the alarm is its.
    pub(super) async fn show_contradiction(&self, newest: Option<Signed>) -> Result<Refused, RoundError> {
        let signed = match newest {
            Some(newest) => newest.signed,
            None => self.empty()?,
        };
        // Whatever it answers: the log is sealed no further.
        let _ = self.ask_for_cosignature(&signed, 0).await?;
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
        checkpoint: &SignedCheckpoint,
        old: u64,
    ) -> Result<Result<FromWitness, Away>, RoundError> {
        let plan = ProofPlan::consistency(old, checkpoint.checkpoint().size)?;
        let transaction = self.database.begin().await?;
        let (tiles, has_ended) =
            tokio::join!(store::tiles(&transaction, plan.tiles()), store::has_ended(&transaction));
        transaction.rollback().await?;
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
