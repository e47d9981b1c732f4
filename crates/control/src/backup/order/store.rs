//! The rows of orders.

use jiff::Timestamp;
use kiavi_base::WorkspaceId;
use kiavi_db::{Database, DbError, Row, Sql, Transaction};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::workspace::store::parsed;

macro_rules! columns {
    () => {
        "id, tenant_id, kind, archive, slug, keeps_ended, keeps_api_keys, ordered_by, ordered_at, step, bytes, attempts,
         ended_at, failure"
    };
}

pub(crate) const INSERT_ORDER: Sql = Sql::new(
    "INSERT_ORDER",
    "INSERT INTO backup_order (id, tenant_id, kind, archive, slug, keeps_ended, keeps_api_keys, ordered_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (tenant_id) WHERE ended_at IS NULL DO NOTHING",
);
// How many there were in a day, and in how many seconds there is room for another.
pub(crate) const ORDERS_OF_A_DAY: Sql = Sql::new(
    "ORDERS_OF_A_DAY",
    "SELECT count(*), coalesce(ceil(extract(epoch FROM min(ordered_at) + interval '1 day' - now()))::int, 0)
     FROM backup_order WHERE tenant_id = $1 AND ordered_at > now() - interval '1 day'",
);
pub(crate) const FORGET_ORDERS: Sql =
    Sql::new("FORGET_ORDERS", "DELETE FROM backup_order WHERE ended_at < now() - interval '400 days'");
// An archive that was made of this tenant, is where the schedule has archives, and was not removed.
pub(crate) const KEPT_ARCHIVE: Sql = Sql::new(
    "KEPT_ARCHIVE",
    "SELECT name FROM backup_run WHERE id = $1 AND tenant_id = $2 AND place = $3 AND kind = 'backup' AND succeeded
       AND name IS NOT NULL AND removed_at IS NULL",
);
pub(crate) const ORDERS: Sql = Sql::new(
    "ORDERS",
    concat!(
        "SELECT ",
        columns!(),
        " FROM backup_order WHERE tenant_id = $1 ORDER BY ordered_at DESC, id DESC LIMIT $2"
    ),
);
// The oldest that nobody is at. Whoever is, is heard of each second.
pub(crate) const TAKE_ORDER: Sql = Sql::new(
    "TAKE_ORDER",
    concat!(
        "UPDATE backup_order SET attempts = attempts + 1, told_at = now(), step = 'waiting', bytes = 0 WHERE id = (
           SELECT id FROM backup_order WHERE ended_at IS NULL AND (told_at IS NULL OR told_at < now() - interval '1 minute')
           ORDER BY ordered_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
         RETURNING ",
        columns!()
    ),
);
pub(crate) const TELL_ORDER: Sql = Sql::new(
    "TELL_ORDER",
    concat!(
        "UPDATE backup_order SET step = $2, bytes = $3, told_at = now() WHERE id = $1 AND ended_at IS NULL RETURNING ",
        columns!()
    ),
);
pub(crate) const END_ORDER: Sql = Sql::new(
    "END_ORDER",
    concat!(
        "UPDATE backup_order SET step = CASE WHEN $2::text IS NULL THEN 'done' ELSE 'failed' END, failure = $2,
           ended_at = now(), told_at = now() WHERE id = $1 AND ended_at IS NULL RETURNING ",
        columns!()
    ),
);
// Of a restore that somebody is at.
pub(crate) const RESTORE_ORDER: Sql = Sql::new(
    "RESTORE_ORDER",
    "SELECT o.tenant_id, o.slug, o.keeps_ended, o.ordered_by, t.workspace_id
     FROM backup_order o JOIN tenant t ON t.id = o.tenant_id
     WHERE o.id = $1 AND o.kind = 'restore' AND o.told_at IS NOT NULL AND o.ended_at IS NULL",
);
pub(crate) const ARCHIVE_REMOVED: Sql = Sql::new(
    "ARCHIVE_REMOVED",
    "UPDATE backup_run SET removed_at = now() WHERE place = $1 AND name = $2 AND removed_at IS NULL RETURNING tenant_id",
);

/// The words that the database and the API have for the variants of an enumeration.
macro_rules! words {
    ($(#[$attribute:meta])* $name:ident { $($(#[doc = $about:literal])+ $variant:ident = $word:literal,)+ }) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        $(#[$attribute])*
        pub(crate) enum $name {
            $($(#[doc = $about])+ $variant,)+
        }

        impl $name {
            pub(crate) fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            fn parse(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

words! {
    /// What is to be done.
    #[schema(as = BackupOrderKind)]
    OrderKind {
        /// Make an archive.
        Backup = "backup",
        /// Restore the newest one for a trial.
        Drill = "drill",
        /// Make a new tenant of one.
        Restore = "restore",
    }
}

words! {
    /// How far an order is.
    #[schema(as = BackupOrderStep)]
    OrderStep {
        /// Nobody has begun it.
        Waiting = "waiting",
        /// The archive is made and stored.
        Storing = "storing",
        /// The archive is read to its end.
        Reading = "reading",
        /// What is in it becomes a tenant.
        Restoring = "restoring",
        /// It is done.
        Done = "done",
        /// It came to nothing.
        Failed = "failed",
    }
}

words! {
    /// Why an order came to nothing. The rest is for whoever runs the instance, in its log.
    #[schema(as = BackupOrderFailure)]
    OrderFailure {
        /// The archive is not where it was.
        ArchiveGone = "archive_gone",
        /// The archive is damaged, or does not fit.
        ArchiveDamaged = "archive_damaged",
        /// The name is somebody else's by now.
        NameTaken = "name_taken",
        /// Anything else.
        Other = "other",
    }
}

/// An order.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) tenant: String,
    pub(crate) kind: OrderKind,
    pub(crate) archive: Option<String>,
    pub(crate) slug: Option<String>,
    pub(crate) keeps_ended: bool,
    pub(crate) keeps_api_keys: bool,
    pub(crate) ordered_by: String,
    pub(crate) ordered_at: Timestamp,
    pub(crate) step: OrderStep,
    pub(crate) bytes: i64,
    pub(super) attempts: i32,
    pub(crate) ended_at: Option<Timestamp>,
    pub(crate) failure: Option<OrderFailure>,
}

/// A tenant's orders, the newest first.
pub(crate) async fn orders(database: &Database, tenant: &str, limit: i64) -> Result<Vec<Order>, DbError> {
    database.query(&ORDERS, &[&tenant, &limit]).await?.iter().map(read).collect()
}

/// For whom a tenant is restored.
#[derive(Debug, Clone)]
pub(crate) struct OrderedBy {
    /// The workspace of the tenant that the archive is of.
    pub(crate) workspace: WorkspaceId,
    /// Whoever ordered it, as logs call them.
    pub(crate) name: String,
}

/// For whom this restore is, if it is what that order says.
pub(crate) async fn restoring(
    database: &Database,
    id: &str,
    (tenant, slug, keeps_ended): (&str, &str, bool),
) -> Result<Option<OrderedBy>, DbError> {
    let Some(row) = database.query_opt(&RESTORE_ORDER, &[&id]).await? else { return Ok(None) };
    let is_it = row.try_get::<_, &str>("tenant_id")? == tenant
        && row.try_get::<_, &str>("slug")? == slug
        && row.try_get::<_, bool>("keeps_ended")? == keeps_ended;
    let by = OrderedBy { workspace: parsed(row.try_get("workspace_id")?)?, name: row.try_get("ordered_by")? };
    Ok(is_it.then_some(by))
}

/// Notes in `transaction` that an archive was removed; the id of the tenant that it was of, if it was there.
pub(crate) async fn removed(
    transaction: &Transaction,
    place: &str,
    name: &str,
) -> Result<Option<String>, DbError> {
    // The run that made it, and each of its trials.
    let runs = transaction.query(&ARCHIVE_REMOVED, &[&place, &name]).await?;
    runs.first().map(|run| Ok(run.try_get(0)?)).transpose()
}

pub(super) fn read(row: &Row) -> Result<Order, DbError> {
    let unknown = || DbError::Value("not a word of an order of archives".to_owned());
    Ok(Order {
        id: row.try_get("id")?,
        tenant: row.try_get("tenant_id")?,
        kind: OrderKind::parse(row.try_get("kind")?).ok_or_else(unknown)?,
        archive: row.try_get("archive")?,
        slug: row.try_get("slug")?,
        keeps_ended: row.try_get("keeps_ended")?,
        keeps_api_keys: row.try_get("keeps_api_keys")?,
        ordered_by: row.try_get("ordered_by")?,
        ordered_at: row.try_get("ordered_at")?,
        step: OrderStep::parse(row.try_get("step")?).ok_or_else(unknown)?,
        bytes: row.try_get("bytes")?,
        attempts: row.try_get("attempts")?,
        ended_at: row.try_get("ended_at")?,
        failure: row.try_get::<_, Option<&str>>("failure")?.and_then(OrderFailure::parse),
    })
}
