//! Bringing one tenant to its target.
//!
//! For each step that is not recorded as done: record that it begins, do it, record in one transaction that it
//! is done together with the new state and the audit event. A crash between any two of these leaves a step that
//! is begun and not done; it is done again, and every step can be.

mod export;
mod import;
mod postgres;
mod remove;
mod settings;
mod start;

use kiavi_base::{Alphabet, SecretSlice, random_text};
use kiavi_vault::SecretName;
use serde_json::json;

pub(crate) use export::export;
pub(crate) use import::{Counts, Frames, ImportError, Order, import};
pub(crate) use remove::request as request_removal;

use crate::{
    Control, Tenant,
    audit::{self, Event, Outcome},
    caller::Actor,
    error::{StepError, chain},
    step::Step,
    tenant::{Target, store},
};

/// Symbols of a tenant's secret: 258 bits.
const SECRET_SYMBOLS: usize = 43;

/// The pause after a failure that could not be recorded.
const UNRECORDED_PAUSE: std::time::Duration = std::time::Duration::from_secs(1);

/// What the tenant's secret is called in the vault.
pub(crate) fn secret_name() -> SecretName {
    const NAME: &str = "secret";
    NAME.parse().unwrap_or_else(|_| unreachable!("the constant is a name"))
}

/// Brings a tenant as far as it goes. A failure is recorded and logged here, once; the reconciler comes back.
pub(crate) async fn converge(control: &Control, id: &kiavi_base::TenantId) {
    let tenant = match store::find(&control.parts().database, id.as_str()).await {
        Ok(Some(tenant)) => tenant,
        Ok(None) => return,
        Err(error) => {
            return tracing::error!(tenant = %id, error = chain(&error), "a tenant could not be read");
        }
    };
    let outcome = match tenant.target {
        Target::Running => provision(control, &tenant).await,
        Target::Deleted => remove::remove(control, &tenant).await.map_err(|error| ("removal_failed", error)),
        // Whoever brings its data does what there is to do.
        Target::Importing => return,
    };
    match outcome {
        Ok(()) => {}
        #[cfg(test)]
        Err((_, StepError::Interrupted)) => return,
        Err((code, error)) => {
            tracing::error!(tenant = %id, code, error = chain(&error), "a tenant's step failed");
            if let Err(error) = record_failure(control, &tenant, code).await {
                tracing::error!(tenant = %id, error = chain(&error), "a failure could not be recorded");
                // Unrecorded, it has no pause of its own: the reconciler would come back at once.
                tokio::time::sleep(UNRECORDED_PAUSE).await;
            }
        }
    }
    control.changed();
}

type CodedError = (&'static str, StepError);

async fn provision(control: &Control, tenant: &Tenant) -> Result<(), CodedError> {
    let database = &control.parts().database;
    let known =
        store::steps(database, &tenant.id).await.map_err(|error| ("progress_unknown", error.into()))?;
    for step in Step::ALL {
        let is_done = known.iter().any(|row| row.step == step && row.finished_at.is_some());
        if !is_done {
            let ran = run(control, tenant, step).await;
            ran.inspect_err(|_| control.meter().failed(step))
                .map_err(|error| (step.failure_code(), error))?;
        }
    }
    settings::deliver(control, &tenant.id).await.map_err(|error| ("settings_failed", error))
}

async fn run(control: &Control, tenant: &Tenant, step: Step) -> Result<(), StepError> {
    control.reach("before the step is begun")?;
    let database = &control.parts().database;
    database.execute(&store::START_STEP, &[&tenant.id.as_str(), &step.as_str()]).await?;
    control.changed();
    control.reach("after the step is begun")?;
    perform(control, tenant, step).await?;
    control.reach("after the step is done")?;
    record_done(control, tenant, step).await?;
    control.meter().done(step);
    control.changed();
    control.reach("after the step is recorded")
}

async fn perform(control: &Control, tenant: &Tenant, step: Step) -> Result<(), StepError> {
    match step {
        Step::Secret => make_secret(control, tenant).await,
        Step::Role => {
            let privileged = &control.parts().privileged;
            privileged.add_account(tenant.uid, &tenant.id).await.map_err(StepError::Privileged)?;
            control.reach("after the account is added")?;
            postgres::settle_roles(control, &tenant.id).await
        }
        Step::Database => postgres::make_database(control, &tenant.id).await,
        Step::Schema => postgres::migrate(control, &tenant.id).await,
        Step::Running => start::start(control, tenant.clone()).await.map(drop),
    }
}

async fn make_secret(control: &Control, tenant: &Tenant) -> Result<(), StepError> {
    let (parts, name) = (control.parts(), secret_name());
    if parts.vault.get(&tenant.id, &name).await?.is_none() {
        let text = random_text(&*parts.rng, Alphabet::UrlSafe, SECRET_SYMBOLS);
        parts.vault.put(&tenant.id, &name, &SecretSlice::from(text.into_bytes())).await?;
    }
    Ok(())
}

async fn record_done(control: &Control, tenant: &Tenant, step: Step) -> Result<(), StepError> {
    let (parts, id) = (control.parts(), tenant.id.as_str());
    let transaction = parts.database.begin().await?;
    transaction.execute(&store::FINISH_STEP, &[&id, &step.as_str()]).await?;
    transaction.execute(&store::SET_STATE, &[&id, &step.as_str()]).await?;
    if step == Step::Schema {
        transaction.execute(&store::SET_SCHEMA_VERSION, &[&id, &parts.schema.version()]).await?;
    }
    let event = Event {
        kind: step.event(),
        outcome: Outcome::Success,
        actor: &Actor::CONTROL,
        subject: id,
        detail: json!({}),
    };
    audit::record(control, &transaction, &event).await?;
    Ok(transaction.commit().await?)
}

async fn record_failure(control: &Control, tenant: &Tenant, code: &'static str) -> Result<(), StepError> {
    let (parts, id) = (control.parts(), tenant.id.as_str());
    let transaction = parts.database.begin().await?;
    transaction.execute(&store::SET_FAILED, &[&id, &code, &store::MAX_RETRY_SECONDS]).await?;
    let event = Event {
        kind: "tenant.step_failed",
        outcome: Outcome::Failure,
        actor: &Actor::CONTROL,
        subject: id,
        detail: json!({ "code": code }),
    };
    audit::record(control, &transaction, &event).await?;
    Ok(transaction.commit().await?)
}
