//! The witness of every tenant's log (C2SP tlog-witness): it cosigns a checkpoint once it has verified that the log has only
//! grown since the last one, and has written that down. The auditor, whom it watches, asks over a channel of its own.

use kiavi_audit::{AddCheckpoint, CosignatureKey, Refusal as WhyNot, Seen};
use kiavi_base::TenantId;
use kiavi_db::DbError;
use kiavi_ipc::{
    Channel, Endpoint, Fd, IpcError,
    witness::{FromWitness, Refusal, SeenTree, ToWitness},
};
use serde_json::json;
use tokio::task::JoinSet;

use super::{key as keys, store};
use crate::{
    Control,
    audit::{self, Event, EventType, Outcome},
    caller::Actor,
    ended,
    error::{StepError, chain},
};

/// Requests that are answered at the same time; the auditor works on fewer logs at once.
const MAX_AT_ONCE: usize = 16;

/// Why there is no answer now.
#[derive(Debug, thiserror::Error)]
enum WitnessError {
    #[error(transparent)]
    Database(#[from] DbError),
    #[error(transparent)]
    Key(#[from] StepError),
}

impl Control {
    /// Answers as the witness at this door until it closes.
    ///
    /// # Errors
    /// When it is no channel, or whoever asks breaks the protocol.
    pub async fn witness(&self, door: Fd) -> Result<(), IpcError> {
        let channel = Channel::from(door.into_owned().map_err(IpcError::Io)?);
        let endpoint = Endpoint::<FromWitness, ToWitness>::new(channel).map_err(IpcError::Io)?;
        let (sender, mut receiver) = endpoint.split();
        let mut answers = JoinSet::new();
        while let Some(message) = receiver.receive().await? {
            while answers.len() >= MAX_AT_ONCE {
                answers.join_next().await;
            }
            let (control, sender) = (self.clone(), sender.clone());
            answers.spawn(async move {
                // Who has gone needs no answer.
                let _ = sender.send(&answer(&control, message).await).await;
            });
        }
        Ok(())
    }
}

async fn answer(control: &Control, message: ToWitness) -> FromWitness {
    let (request, outcome) = match message {
        ToWitness::Look { request, tenant } => (request, look(control, request, &tenant).await),
        ToWitness::Cosign { request, tenant, body, has_ended } => {
            let outcome = cosign(control, request, &tenant, &body).await;
            if has_ended == Some(true) {
                let control = control.clone();
                tokio::spawn(async move { ended::take_or_tell(&control, &tenant).await });
            }
            (request, outcome)
        }
    };
    outcome.unwrap_or_else(|error| {
        tracing::error!(error = chain(&error), "a checkpoint cannot be cosigned now");
        FromWitness::Refused { request, refusal: Refusal::Unavailable }
    })
}

async fn look(control: &Control, request: u64, tenant: &TenantId) -> Result<FromWitness, WitnessError> {
    Ok(match store::seen(&control.parts().database, tenant).await? {
        Some(seen) => {
            let tree = seen.map(|Seen { size, root }| SeenTree { size, root });
            FromWitness::Seen { request, tree }
        }
        None => FromWitness::Refused { request, refusal: Refusal::Unknown },
    })
}

async fn cosign(
    control: &Control,
    request: u64,
    tenant: &TenantId,
    body: &str,
) -> Result<FromWitness, WitnessError> {
    let refused = |refusal| Ok(FromWitness::Refused { request, refusal });
    let Ok(asked) = AddCheckpoint::parse(body) else { return refused(Refusal::Unknown) };
    // Before the row is held: the vault may be slow.
    let key = key(control).await?;
    let transaction = control.parts().database.begin().await?;
    let Some((log, seen)) = store::lock(&transaction, tenant).await? else {
        return refused(Refusal::Unknown);
    };
    let Some(verifier) = log.verifier() else { return refused(Refusal::Unknown) };
    match kiavi_audit::decide(seen, &verifier, &asked) {
        Ok(new) => {
            store::see(&transaction, tenant, new).await?;
            transaction.commit().await?;
            let now = control.parts().clock.now().as_second();
            let signature = key.sign(asked.checkpoint.text(), now.unsigned_abs());
            Ok(FromWitness::Cosigned { request, line: signature.to_string() })
        }
        Err(WhyNot::Conflict(size)) => refused(Refusal::Elsewhere { size }),
        Err(why) if why.is_alarm() => {
            raise_alarm(control, transaction, tenant, &asked, &why).await?;
            refused(Refusal::Contradiction)
        }
        Err(why) => {
            tracing::error!(%tenant, %why, "a checkpoint was not cosigned");
            refused(Refusal::Unknown)
        }
    }
}

/// Tells of a log whose own key vouches for another past than the one that was seen: once, until it is cosigned again.
async fn raise_alarm(
    control: &Control,
    transaction: kiavi_db::Transaction,
    tenant: &TenantId,
    asked: &AddCheckpoint,
    why: &WhyNot,
) -> Result<(), WitnessError> {
    tracing::error!(%tenant, %why, "a log contradicts what was cosigned of it");
    let checkpoint = asked.checkpoint.checkpoint();
    if store::refuse(&transaction, tenant, checkpoint.size, &checkpoint.root).await? {
        let event = Event {
            kind: EventType::AuditLogContradicted,
            outcome: Outcome::Failure,
            actor: &Actor::CONTROL,
            subject: tenant.as_str(),
            // The checkpoint is the evidence: nobody but the log's key could have signed it.
            detail: json!({ "reason": why.to_string(), "checkpoint": asked.checkpoint.to_string() }),
        };
        audit::record(control, &transaction, &event).await?;
    }
    Ok(transaction.commit().await?)
}

/// The key that this instance cosigns by.
pub(crate) async fn key(control: &Control) -> Result<&CosignatureKey, StepError> {
    control
        .witness_key()
        .get_or_try_init(|| async {
            let key = keys::witness(control).await?;
            let name = key.origin.parse().map_err(|_| StepError::SecretMissing)?;
            Ok(CosignatureKey::new(name, &key.seed))
        })
        .await
}
