//! Bringing one tenant to its target.
//!
//! For each step of the target that is not recorded as done: record that it begins, do it, record in one transaction
//! that it is done together with the new state and the audit event. A crash between any two of these leaves a step that
//! is begun and not done; it is done again, and every step can be. What was asked meanwhile is another round's: what
//! a round has reached counts only for what was asked before it.

mod change;
mod demo;
mod export;
mod import;
mod news;
mod password;
mod postgres;
mod request;
mod restore;
mod secret;
mod settings;
mod start;

use jiff::Timestamp;
use kiavi_base::TenantId;
use serde_json::{Value, json};

pub(crate) use change::Change;
pub(crate) use export::export;
pub(crate) use import::{
    BEGIN as IMPORT_BEGIN, Counts, Frames, ImportError, ImportOrder, copy_table, import, imported,
};
pub(crate) use news::{keep as keep_news, tell as tell_news};
pub(crate) use password::{password as tenant_password, rotate as rotate_password};
pub(crate) use postgres::{connect_to, drop_database_and_roles};
pub(crate) use request::{Order, RequestError, destroy, request};
pub(crate) use restore::{RestoreOrder, Restored, check_room, drill, restore, restored, settle};
#[cfg(test)]
pub(crate) use secret::secret_name;
pub(crate) use secret::{current as current_secret, version as secret_version};
pub(crate) use start::log_reader;

use crate::{
    Control, Tenant,
    audit::{self, Event, EventType, Outcome},
    caller::Actor,
    certificate, ended,
    error::{StepError, chain},
    log,
    step::{NEWS_FAILED, PROGRESS_UNKNOWN, SETTINGS_FAILED, Step},
    tenant::{Target, store},
};

/// The statements of this module, for the test that prepares each.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&kiavi_db::Sql] = &[
    &change::SET_REASON,
    &import::IMPORTED,
    &change::CONDEMN,
    &change::IS_OVERDUE,
    &change::CHANGE_SECRET,
    &change::SET_SLUG,
    &change::KEEP_FORMER,
    &change::DROP_HOSTNAME,
    &change::LOCK_HOSTNAMES,
    &change::ADD_HOSTNAME,
    &change::HAS_HOSTNAME,
    &change::FORGET_HOSTNAME_DOMAIN,
    &change::LOSE_HOSTNAME,
    &change::NO_PRIMARY,
    &change::MAKE_PRIMARY,
    &news::INSERT_NEWS,
    &news::NEWS,
    &news::FORGET_NEWS,
    &request::ASK,
    &request::LOCK_TENANT,
    &restore::RESTORE_SETTINGS,
    &restore::RESTORED,
];

/// The pause after a failure that could not be recorded.
const UNRECORDED_PAUSE: std::time::Duration = std::time::Duration::from_secs(1);

/// Brings a tenant as far as it goes. A failure is recorded and logged here, once; the reconciler comes back.
pub(crate) async fn converge(control: &Control, id: &TenantId) {
    // Round by round, until nothing was asked during one.
    while let Some(tenant) = unsettled(control, id).await {
        let outcome = reach_target(control, &tenant).await;
        #[cfg(test)]
        if matches!(outcome, Err((_, StepError::Interrupted))) {
            return;
        }
        if let Err((code, error)) = outcome {
            tracing::error!(tenant = %id, code, error = chain(&error), "a tenant's step failed");
            if let Err(error) = record_failure(control, &tenant, code).await {
                tracing::error!(tenant = %id, error = chain(&error), "a failure could not be recorded");
                // Unrecorded, it has no pause of its own: the reconciler would come back at once.
                tokio::time::sleep(UNRECORDED_PAUSE).await;
            }
            return control.changed(&tenant);
        }
        control.changed(&tenant);
    }
}

/// The tenant, if there is something to do for it.
async fn unsettled(control: &Control, id: &TenantId) -> Option<Tenant> {
    match store::find(&control.parts().database, id.as_str()).await {
        // Whoever brings its data does what there is to do.
        Ok(found) => found.filter(|tenant| tenant.target != Target::Importing && !tenant.is_settled()),
        Err(error) => {
            tracing::error!(tenant = %id, error = chain(&error), "a tenant could not be read");
            None
        }
    }
}

type CodedError = (&'static str, StepError);

/// An error with its code, which the failure is recorded under, unless its cause says more.
fn coded<E: Into<StepError>>(code: &'static str) -> impl FnOnce(E) -> CodedError {
    move |error| {
        let error = error.into();
        (error.code_or(code), error)
    }
}

async fn reach_target(control: &Control, tenant: &Tenant) -> Result<(), CodedError> {
    let (database, target) = (&control.parts().database, tenant.target);
    let known = store::steps(database, &tenant.id).await.map_err(coded(PROGRESS_UNKNOWN))?;
    for step in control.way(target) {
        let is_done = known.iter().any(|row| row.step == step && row.finished_at.is_some());
        if !is_done {
            let ran = run(control, tenant, step).await;
            ran.inspect_err(|_| control.meter().failed(step)).map_err(coded(step.failure_code()))?;
        }
    }
    if matches!(target, Target::Running | Target::Suspended | Target::Deleted) {
        news::tell(control, tenant).await.map_err(coded(NEWS_FAILED))?;
    }
    if target == Target::Running {
        settings::deliver(control, &tenant.id).await.map_err(coded(SETTINGS_FAILED))?;
    }
    let (id, state) = (tenant.id.as_str(), target.state().as_str());
    let values: [&(dyn kiavi_db::ToSql + Sync); 4] = [&id, &target.as_str(), &state, &tenant.asked];
    database.execute(&store::SET_REACHED, &values).await.map_err(coded(PROGRESS_UNKNOWN))?;
    // Its names can be asked at now.
    control.certificates().wake();
    Ok(())
}

async fn run(control: &Control, tenant: &Tenant, step: Step) -> Result<(), StepError> {
    control.reach("before the step is begun")?;
    let began = store::start_step(&control.parts().database, &tenant.id, step).await?;
    control.changed(tenant);
    control.reach("after the step is begun")?;
    perform(control, tenant, step).await?;
    control.reach("after the step is done")?;
    record_done(control, tenant, step, began).await?;
    control.meter().done(step);
    control.changed(tenant);
    control.reach("after the step is recorded")
}

async fn perform(control: &Control, tenant: &Tenant, step: Step) -> Result<(), StepError> {
    let (parts, id) = (control.parts(), &tenant.id);
    let privileged = &parts.privileged;
    match step {
        Step::Secret => {
            secret::settle(control, tenant).await?;
            log::settle(control, id).await.map(drop)
        }
        Step::Role => {
            privileged.add_account(tenant.uid, id).await.map_err(StepError::Privileged)?;
            control.reach("after the account is added")?;
            let password = password::password(control, id).await?;
            postgres::settle_roles(control, id, password.as_ref()).await
        }
        Step::Database => postgres::make_database(control, id).await,
        Step::Schema => postgres::migrate(control, id).await,
        Step::Certificate => certificate::settle::settle(control, tenant).await,
        Step::Running => start::start(control, tenant.clone()).await.map(drop),
        Step::Stopped => start::stop(control, tenant).await,
        Step::Closed => {
            privileged.tenant_removed(id).await.map_err(StepError::Privileged)?;
            // Its archives may outlive it.
            if tenant.schema_version == parts.schema.version() {
                ended::take_or_tell(control, id).await;
            }
            Ok(())
        }
        Step::Shredded => Ok(parts.vault.destroy_tenant(id).await?),
        Step::Dropped => postgres::drop_database_and_roles(control, id).await,
        Step::Unlisted => privileged.remove_account(tenant.uid, id).await.map_err(StepError::Privileged),
        // Its row goes with the record of this step.
        Step::Removed => Ok(()),
    }
}

/// What the event of a step tells.
fn detail(control: &Control, tenant: &Tenant, step: Step) -> Value {
    match step {
        Step::Removed => json!({ "slug": tenant.slug, "uid": tenant.uid }),
        Step::Schema => json!({ "from": tenant.schema_version, "to": control.parts().schema.version() }),
        _ => json!({}),
    }
}

async fn record_done(
    control: &Control,
    tenant: &Tenant,
    step: Step,
    began: Timestamp,
) -> Result<(), StepError> {
    let (parts, id) = (control.parts(), tenant.id.as_str());
    let transaction = parts.database.begin().await?;
    if transaction.execute(&store::FINISH_STEP, &[&id, &step.as_str(), &began]).await? == 0 {
        // It has to be done again, for what was asked while it was done.
        return Ok(());
    }
    transaction.execute(&store::SET_STATE, &[&id, &step.state().as_str()]).await?;
    if step == Step::Schema {
        transaction.execute(&store::SET_SCHEMA_VERSION, &[&id, &parts.schema.version()]).await?;
    }
    if step == Step::Removed {
        transaction.execute(&store::DELETE_TENANT, &[&id]).await?;
    }
    let event = Event {
        kind: step.event(),
        outcome: Outcome::Success,
        actor: &Actor::CONTROL,
        subject: id,
        detail: detail(control, tenant, step),
    };
    audit::record(control, &transaction, &event).await?;
    Ok(transaction.commit().await?)
}

async fn record_failure(control: &Control, tenant: &Tenant, code: &'static str) -> Result<(), StepError> {
    let (parts, id) = (control.parts(), tenant.id.as_str());
    let transaction = parts.database.begin().await?;
    transaction.execute(&store::SET_FAILED, &[&id, &code, &store::MAX_RETRY_SECONDS]).await?;
    let event = Event {
        kind: EventType::TenantStepFailed,
        outcome: Outcome::Failure,
        actor: &Actor::CONTROL,
        subject: id,
        detail: json!({ "code": code }),
    };
    audit::record(control, &transaction, &event).await?;
    Ok(transaction.commit().await?)
}
