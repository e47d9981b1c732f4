//! What somebody wants done with a tenant's archives, for whoever can reach them.
//!
//! The control plane has no folder and no network to put archives. So what is asked for at the console or by the API is an
//! order: a row that `kiavi backup run` takes, carries out and reports on, as it does with the schedule. An order names no
//! place and no file. Archives go where the operator's schedule says, and what is restored is named by the run that made it:
//! an archive of this tenant, which only this tenant's own key opens, into a new tenant of the same workspace.

pub(crate) mod store;

use kiavi_base::{EventId, Slug};
use kiavi_db::{Database, DbError, Row};
use serde_json::json;

pub(crate) use store::{Order, OrderFailure, OrderKind, OrderStep, OrderedBy, orders, removed, restoring};

use self::store::read;
use crate::{
    Control, ControlError, Tenant,
    audit::{self, Event, EventType, Outcome},
    backup,
    caller::Actor,
    provision, standing,
    tenant::Target,
};

/// Orders of one tenant in a day: each may be gigabytes in the operator's store.
const A_DAY: i64 = 24;
/// How often an order is begun. Whoever carried it out and was not heard of any more may have been ended by it.
const ATTEMPTS: i32 = 3;

/// What somebody asks for.
pub(crate) enum Wanted<'a> {
    Backup,
    Drill,
    /// A new tenant.
    Restore(NewCopy<'a>),
}

/// A tenant that is to be made of an archive.
pub(crate) struct NewCopy<'a> {
    /// The run that made it.
    pub(crate) backup: &'a str,
    pub(crate) slug: &'a Slug,
    /// What has ended since comes back.
    pub(crate) keeps_ended: bool,
    /// API keys of the archive come along; without it they are left behind.
    pub(crate) keeps_api_keys: bool,
}

/// Why there is no order.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OrderError {
    #[error("the instance has no place for archives")]
    NoPlace,
    #[error("the tenant has no such archive")]
    NoArchive,
    #[error("something else is under way with the tenant's archives")]
    UnderWay,
    #[error("there were as many orders as there may be in a day")]
    TooMany { seconds: u32 },
    #[error("the tenant is being removed")]
    Deleting,
    #[error("the tenant is being imported")]
    Importing,
    #[error(transparent)]
    Control(#[from] ControlError),
}

impl From<DbError> for OrderError {
    fn from(error: DbError) -> Self {
        Self::Control(error.into())
    }
}

/// Where archives go, if somebody has said so.
pub(crate) async fn place(database: &Database) -> Result<Option<String>, DbError> {
    let schedule = backup::store::schedule(database).await?;
    Ok(schedule.and_then(|schedule| schedule["to"].as_str().map(str::to_owned)))
}

/// Writes an order down, for whoever carries it out.
pub(crate) async fn order(
    control: &Control,
    actor: &Actor,
    tenant: &Tenant,
    wanted: &Wanted<'_>,
) -> Result<Order, OrderError> {
    match tenant.target {
        Target::Running | Target::Suspended | Target::Deleted => {}
        Target::Destroyed | Target::Spare => return Err(OrderError::Deleting),
        Target::Importing => return Err(OrderError::Importing),
    }
    let (parts, id) = (control.parts(), tenant.id.as_str());
    let place = place(&parts.database).await?.ok_or(OrderError::NoPlace)?;
    let (kind, copy) = match wanted {
        Wanted::Backup => (OrderKind::Backup, None),
        Wanted::Drill => (OrderKind::Drill, None),
        Wanted::Restore(copy) => (OrderKind::Restore, Some(copy)),
    };
    let mut archive: Option<String> = None;
    if let Some(copy) = copy {
        let row = parts.database.query_opt(&store::KEPT_ARCHIVE, &[&copy.backup, &id, &place]).await?;
        archive = Some(row.ok_or(OrderError::NoArchive)?.try_get(0).map_err(DbError::from)?);
        provision::check_room(control, copy.slug).await?;
    }
    let transaction = parts.database.begin().await?;
    if copy.is_some() {
        standing::confirm(&transaction, actor).await?;
    }
    let row = transaction.query_one(&store::ORDERS_OF_A_DAY, &[&id]).await?;
    let (count, seconds): (i64, i32) =
        (row.try_get(0).map_err(DbError::from)?, row.try_get(1).map_err(DbError::from)?);
    if count >= A_DAY {
        return Err(OrderError::TooMany { seconds: seconds.unsigned_abs() });
    }
    let order = EventId::new(parts.clock.now(), &*parts.rng);
    let slug = copy.map(|copy| copy.slug.to_string());
    let (keeps_ended, keeps_api_keys) =
        copy.map_or((false, false), |copy| (copy.keeps_ended, copy.keeps_api_keys));
    let (name, text) = (actor.name().into_owned(), order.to_string());
    let values: [&(dyn kiavi_db::ToSql + Sync); 8] =
        [&text, &id, &kind.as_str(), &archive, &slug, &keeps_ended, &keeps_api_keys, &name];
    if transaction.execute(&store::INSERT_ORDER, &values).await? == 0 {
        return Err(OrderError::UnderWay);
    }
    transaction.execute(&store::FORGET_ORDERS, &[]).await?;
    let mut detail = json!({ "slug": tenant.slug, "kind": kind });
    if let Some(copy) = copy {
        detail["archive"] = json!(archive);
        detail["as"] = json!(copy.slug);
        detail["keeps_ended"] = copy.keeps_ended.into();
        detail["keeps_api_keys"] = copy.keeps_api_keys.into();
    }
    let (kind, outcome) = (EventType::BackupOrdered, Outcome::Success);
    audit::record_as(&transaction, order, &Event { kind, outcome, actor, subject: id, detail }).await?;
    transaction.commit().await?;
    control.changed(tenant);
    control.ordered().notify_waiters();
    let newest = orders(&parts.database, id, 1).await?.pop();
    newest.ok_or(OrderError::UnderWay)
}

/// The next order that nobody is at. It is at whoever asked from now on, as long as they are heard of.
pub(crate) async fn take(control: &Control) -> Result<Option<Order>, DbError> {
    let database = &control.parts().database;
    loop {
        let Some(row) = database.query_opt(&store::TAKE_ORDER, &[]).await? else { return Ok(None) };
        let order = read(&row)?;
        if order.attempts <= ATTEMPTS {
            return Ok(Some(order));
        }
        let why = format!("it was begun {ATTEMPTS} times, and nobody was heard of any more");
        end(control, &Actor::CONTROL, &order.id, Some((OrderFailure::Other, &why))).await?;
    }
}

/// Notes how far an order is; `None` where there is none that is under way.
pub(crate) async fn tell(
    control: &Control,
    id: &str,
    step: OrderStep,
    bytes: i64,
) -> Result<Option<Order>, DbError> {
    let row = control.parts().database.query_opt(&store::TELL_ORDER, &[&id, &step.as_str(), &bytes]).await?;
    told(control, row).await
}

/// Ends an order, `failure` being why it came to nothing, in a word and in a sentence for the log.
pub(crate) async fn end(
    control: &Control,
    actor: &Actor,
    id: &str,
    failure: Option<(OrderFailure, &str)>,
) -> Result<Option<Order>, DbError> {
    let transaction = control.parts().database.begin().await?;
    let word = failure.map(|(failure, _)| failure.as_str());
    let row = transaction.query_opt(&store::END_ORDER, &[&id, &word]).await?;
    if let Some(order) = row.as_ref().map(read).transpose()? {
        let outcome = if failure.is_some() { Outcome::Failure } else { Outcome::Success };
        let reason = failure.map(|(_, reason)| reason);
        let detail =
            json!({ "order": id, "kind": order.kind, "failure": word, "reason": reason, "as": order.slug });
        let kind = EventType::BackupOrderEnded;
        let event = Event { kind, outcome, actor, subject: &order.tenant, detail };
        audit::record(control, &transaction, &event).await?;
    }
    transaction.commit().await?;
    told(control, row).await
}

/// Whoever looks at the tenant's page is told.
async fn told(control: &Control, row: Option<Row>) -> Result<Option<Order>, DbError> {
    let Some(order) = row.as_ref().map(read).transpose()? else { return Ok(None) };
    if let Some(tenant) = crate::tenant::store::find(&control.parts().database, &order.tenant).await? {
        control.changed(&tenant);
    }
    Ok(Some(order))
}
