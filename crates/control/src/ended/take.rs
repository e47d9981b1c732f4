//! Taking from a tenant what has ended there.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kiavi_base::TenantId;
use kiavi_db::{DbError, Row, quote_ident};

use super::{
    Hasher, Kind,
    store::{self, Ending},
};
use crate::{
    Control,
    error::{StepError, chain},
    provision::connect_to,
    tenant::owner_role,
};

/// Rows that are taken in one transaction.
const BATCH: i64 = 1000;
/// What is said of an API key that does something again.
const SWITCHED_ON: &str = "apikey_on";

/// Whoever takes them too waits.
const TAKE: &str = "SELECT seq, kind, id, at FROM kiavi.ended ORDER BY seq LIMIT $1 FOR UPDATE";
const TAKEN: &str = "DELETE FROM kiavi.ended WHERE seq = ANY ($1)";

/// Takes from the tenant what has ended there, so that its ids are there no more. What is interrupted is taken again.
pub(crate) async fn take(control: &Control, tenant: &TenantId) -> Result<(), StepError> {
    let database = &control.parts().database;
    let hasher = Hasher::of(control, store::family(database, tenant.as_str()).await?).await?;
    let inside = connect_to(control, tenant.as_str()).await?;
    inside.batch_execute(&format!("SET ROLE {}", quote_ident(&owner_role(tenant)))).await?;
    loop {
        inside.batch_execute("BEGIN").await?;
        let rows = inside.query(TAKE, &[&BATCH]).await?;
        if rows.is_empty() {
            return Ok(inside.batch_execute("COMMIT").await?);
        }
        let (taken, endings, switched_on) = read(&hasher, &rows)?;
        let transaction = database.begin().await?;
        store::keep(&transaction, &hasher.family, &endings, &switched_on).await?;
        transaction.commit().await?;
        inside.execute(TAKEN, &[&taken]).await?;
        inside.batch_execute("COMMIT").await?;
    }
}

/// The same, where nobody waits for it: the auditor says it again with its next checkpoint.
pub(crate) async fn take_or_tell(control: &Control, tenant: &TenantId) {
    if let Err(error) = take(control, tenant).await {
        tracing::warn!(%tenant, error = chain(&error), "what has ended in a tenant could not be written down yet");
    }
}

type Taken = (Vec<i64>, Vec<Ending>, Vec<[u8; 32]>);

/// The rows' numbers, what ended, and which keys were switched on last and not off.
fn read(hasher: &Hasher, rows: &[Row]) -> Result<Taken, DbError> {
    let (mut taken, mut endings, mut switched) = (Vec::new(), Vec::new(), BTreeMap::new());
    for row in rows {
        let (seq, kind, id): (i64, &str, &str) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let at: Timestamp = row.try_get(3)?;
        taken.push(seq);
        match Kind::parse(kind) {
            Some(Kind::ApiKeyOff) => {
                switched.insert(hasher.digest(Kind::ApiKeyOff, id), Some(at));
            }
            Some(kind) => endings.push(Ending { kind, digest: hasher.digest(kind, id), at }),
            None if kind == SWITCHED_ON => {
                switched.insert(hasher.digest(Kind::ApiKeyOff, id), None);
            }
            None => return Err(DbError::Value(format!("kiavi.ended.kind {kind}"))),
        }
    }
    let mut switched_on = Vec::new();
    for (digest, off_since) in switched {
        match off_since {
            Some(at) => endings.push(Ending { kind: Kind::ApiKeyOff, digest, at }),
            None => switched_on.push(digest),
        }
    }
    Ok((taken, endings, switched_on))
}
