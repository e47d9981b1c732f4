//! Orders of archives: what members ask for, and whoever can reach archives carries out.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension, Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{Problem, code::Code, input::Sent};
use crate::{
    Control, ControlError, Tenant,
    audit::{self, Event, EventType, Outcome},
    backup::order::{self, NewCopy, Order, OrderError, OrderFailure, OrderKind, OrderStep, Wanted},
    caller::Actor,
    parse_name,
};

/// The longest that somebody waits for an order at once.
const LONGEST_WAIT: u64 = 60;
/// The longest reason of a failure that is kept, in bytes.
const MAX_REASON: usize = 2_000;

/// Something that was ordered of a tenant's archives.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BackupOrder)]
pub(super) struct OrderResource {
    /// Names the order.
    id: String,
    kind: OrderKind,
    step: OrderStep,
    /// Bytes of this step so far.
    bytes: i64,
    /// Who ordered it, as logs call them.
    ordered_by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    ordered_at: Timestamp,
    /// When it was done, or came to nothing.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
    /// Why it came to nothing.
    failure: Option<OrderFailure>,
    /// The name of the copy, of a restore.
    slug: Option<String>,
}

impl From<Order> for OrderResource {
    fn from(order: Order) -> Self {
        let Order { id, kind, slug, ordered_by, ordered_at, step, bytes, ended_at, failure, .. } = order;
        Self { id, kind, step, bytes, ordered_by, ordered_at, ended_at, failure, slug }
    }
}

impl From<OrderError> for Problem {
    fn from(error: OrderError) -> Self {
        Self::plain(match error {
            OrderError::NoPlace => Code::NoBackupPlace,
            OrderError::NoArchive => Code::BackupNotFound,
            OrderError::UnderWay => Code::BackupUnderWay,
            OrderError::Deleting => Code::TenantDeleting,
            OrderError::Importing => Code::TenantImporting,
            OrderError::TooMany { seconds } => return Self::rate_limited(seconds),
            OrderError::Control(error) => return error.into(),
        })
    }
}

async fn ordered(
    control: &Control,
    actor: &Actor,
    tenant: &Tenant,
    wanted: &Wanted<'_>,
) -> Result<Response, Problem> {
    let order = order::order(control, actor, tenant, wanted).await?;
    Ok((StatusCode::ACCEPTED, Json(OrderResource::from(order))).into_response())
}

/// Order a backup of a tenant
///
/// An archive of it as it is then, where the instance's schedule has archives, for those who can open them by the schedule. Whoever
/// runs the instance has orders carried out by `kiavi backup run`: at once where that waits for them, else within the hour. One order
/// of a tenant is under way at a time, and there are at most 24 in a day.
#[utoipa::path(post, path = "/tenants/{tenant}/backups", tag = "Backups",
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop")), responses(
    (status = 202, description = "It is ordered", body = OrderResource),
))]
pub(super) async fn back_up(
    State(control): State<Control>,
    actor: Actor,
    Extension(tenant): Extension<Arc<Tenant>>,
) -> Result<Response, Problem> {
    ordered(&control, &actor, &tenant, &Wanted::Backup).await
}

/// Order a trial of a tenant's newest archive
///
/// It is restored into a copy that nobody reaches, looked at, and removed.
#[utoipa::path(post, path = "/tenants/{tenant}/backups/drill", tag = "Backups",
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop")), responses(
    (status = 202, description = "It is ordered", body = OrderResource),
))]
pub(super) async fn drill(
    State(control): State<Control>,
    actor: Actor,
    Extension(tenant): Extension<Arc<Tenant>>,
) -> Result<Response, Problem> {
    ordered(&control, &actor, &tenant, &Wanted::Drill).await
}

/// A copy to be made of an archive.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WantedCopy {
    /// The id of the run that made the archive.
    backup: String,
    /// The name of the new tenant.
    #[schema(example = "shop-before", max_length = 63)]
    slug: String,
    /// Bring back who was erased since, and the passkeys, linked accounts and API keys that were removed: when that was the
    /// accident.
    #[serde(default)]
    keep_ended: bool,
    /// Have the tenant's API keys work at the copy, too. Those that were revoked or switched off since do not.
    #[serde(default)]
    keep_api_keys: bool,
}

/// Order a copy of a tenant out of one of its archives
///
/// A new tenant of the same workspace, as the tenant was then, with its secret. What has ended since ends again (`keep_ended`), nobody
/// is signed in, and no API key comes along (`keep_api_keys`). The tenant itself stays as it is. Of the tenant's own archives only, where
/// the instance keeps them: no other place or file can be named.
#[utoipa::path(post, path = "/tenants/{tenant}/backups/restore", tag = "Backups", request_body = WantedCopy,
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop")), responses(
    (status = 202, description = "It is ordered", body = OrderResource),
))]
pub(super) async fn restore(
    State(control): State<Control>,
    actor: Actor,
    Extension(tenant): Extension<Arc<Tenant>>,
    Sent(wanted): Sent<WantedCopy>,
) -> Result<Response, Problem> {
    let slug = parse_name(&wanted.slug).map_err(ControlError::Name)?;
    let copy = NewCopy {
        backup: &wanted.backup,
        slug: &slug,
        keeps_ended: wanted.keep_ended,
        keeps_api_keys: wanted.keep_api_keys,
    };
    ordered(&control, &actor, &tenant, &Wanted::Restore(copy)).await
}

/// How long somebody waits for an order.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BackupOrderWaiting)]
pub(super) struct Waiting {
    /// Seconds to wait for one, if there is none.
    #[serde(default)]
    #[schema(maximum = 60)]
    wait_seconds: u64,
}

/// Take the next order of archives
///
/// For `kiavi backup run`. It is at whoever took it for as long as they tell how far it is: who is not heard of for a minute is thought
/// dead, and the order is given out again.
#[utoipa::path(post, path = "/backup-orders/take", tag = "Backups", request_body = Waiting, responses(
    (status = 200, description = "The order, or null", body = Value),
))]
pub(super) async fn take(
    State(control): State<Control>,
    Sent(Waiting { wait_seconds }): Sent<Waiting>,
) -> Result<Json<Value>, Problem> {
    let mut ordered = std::pin::pin!(control.ordered().notified());
    // What is ordered from here on is not missed.
    ordered.as_mut().enable();
    let mut order = order::take(&control).await?;
    if order.is_none() && wait_seconds > 0 {
        let wait = Duration::from_secs(wait_seconds.min(LONGEST_WAIT));
        let _ = tokio::time::timeout(wait, ordered).await;
        order = order::take(&control).await?;
    }
    Ok(Json(json!({ "order": order.map(|order| json!({
        "id": order.id, "kind": order.kind, "tenant": order.tenant, "archive": order.archive, "slug": order.slug,
        "keep_ended": order.keeps_ended, "keep_api_keys": order.keeps_api_keys,
    })) })))
}

/// How far an order is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BackupOrderTold)]
pub(super) struct Told {
    step: OrderStep,
    /// Bytes of this step so far.
    #[serde(default)]
    bytes: i64,
    /// Why it came to nothing, if it did, for whoever ordered it.
    #[serde(default)]
    failure: Option<OrderFailure>,
    /// The same for the instance's log.
    #[serde(default)]
    reason: Option<String>,
}

/// Tell how far an order of archives is
///
/// By whoever has taken it, each second. With the step `done` or `failed` it has ended.
#[utoipa::path(post, path = "/backup-orders/{order}", tag = "Backups", request_body = Told,
    params(("order" = String, Path, description = "The order's id")), responses(
    (status = 200, description = "It is written down", body = OrderResource),
))]
pub(super) async fn tell(
    State(control): State<Control>,
    actor: Actor,
    Path(id): Path<String>,
    Sent(told): Sent<Told>,
) -> Result<Json<OrderResource>, Problem> {
    let reason: String = told.reason.unwrap_or_default().chars().take(MAX_REASON).collect();
    let order = match told.step {
        OrderStep::Done => order::end(&control, &actor, &id, None).await?,
        OrderStep::Failed => {
            let failure = (told.failure.unwrap_or(OrderFailure::Other), reason.as_str());
            order::end(&control, &actor, &id, Some(failure)).await?
        }
        step => order::tell(&control, &id, step, told.bytes).await?,
    };
    order.map(|order| Json(order.into())).ok_or_else(|| Problem::plain(Code::BackupOrderNotFound))
}

/// Archives that are there no more.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RemovedArchive {
    /// Where it was.
    place: String,
    /// What it was called there.
    name: String,
}

/// Write down that an archive was removed
///
/// By whoever removed it, because it is kept no longer: no copy can be ordered of it any more.
#[utoipa::path(post, path = "/backups/removed", tag = "Backups", request_body = RemovedArchive, responses(
    (status = 200, description = "It is written down", body = Value),
))]
pub(super) async fn removed(
    State(control): State<Control>,
    actor: Actor,
    Sent(RemovedArchive { place, name }): Sent<RemovedArchive>,
) -> Result<Json<Value>, Problem> {
    let transaction = control.parts().database.begin().await?;
    let tenant = order::removed(&transaction, &place, &name).await?;
    if let Some(subject) = &tenant {
        let (kind, outcome, detail) =
            (EventType::BackupRemoved, Outcome::Success, json!({ "place": place, "name": name }));
        audit::record(&control, &transaction, &Event { kind, outcome, actor: &actor, subject, detail })
            .await?;
    }
    transaction.commit().await?;
    Ok(Json(json!({ "removed": tenant.is_some() })))
}
