//! What an operation changes of a tenant beside its target.

use std::time::Duration;

use jiff::Timestamp;
use kiavi_base::{Hostname, Slug};
use kiavi_db::{DbError, Sql, Transaction};
use serde_json::{Value, json};

use super::RequestError;
use crate::{
    Control, ControlError, Tenant, address,
    tenant::{SecretChange, create::KEPT_HOSTNAME},
};

pub(super) const SET_REASON: Sql =
    Sql::new("SET_REASON", "UPDATE tenant SET reason = $2, destroy_at = NULL WHERE id = $1");
pub(super) const CONDEMN: Sql = Sql::new(
    "CONDEMN",
    "UPDATE tenant SET reason = $2, destroy_at = now() + make_interval(secs => $3::double precision)
     WHERE id = $1 RETURNING destroy_at",
);
pub(super) const IS_OVERDUE: Sql =
    Sql::new("IS_OVERDUE", "SELECT 1 FROM tenant WHERE id = $1 AND destroy_at <= now()");
// One change at a time: the next is made to what this one makes.
pub(super) const CHANGE_SECRET: Sql = Sql::new(
    "CHANGE_SECRET",
    "UPDATE tenant SET secret_change = $2, secret_from = $3,
            secret_rotated_at = CASE $2 WHEN 'rotate' THEN now() ELSE secret_rotated_at END
     WHERE id = $1 AND (secret_change IS NULL OR secret_from < $3)",
);
pub(super) const SET_SLUG: Sql = Sql::new("SET_SLUG", "UPDATE tenant SET slug = $2 WHERE id = $1");
pub(super) const KEEP_FORMER: Sql = Sql::new(
    "KEEP_FORMER",
    "INSERT INTO tenant_hostname (hostname, tenant_id, role, proof, release_at)
     VALUES ($1, $2, 'former', 'slug', now() + make_interval(secs => $3::double precision))",
);
pub(super) const DROP_HOSTNAME: Sql = Sql::new(
    "DROP_HOSTNAME",
    "DELETE FROM tenant_hostname WHERE hostname = $1 AND tenant_id = $2 AND role <> 'primary'",
);
/// Additions take turns ("kiavihost" would be too long for a number).
pub(super) const LOCK_HOSTNAMES: Sql =
    Sql::new("LOCK_HOSTNAMES", "SELECT pg_advisory_xact_lock(7235419201766416748)");
// Neither the same name nor one above or below it: a cookie that is set for a name reaches those below it.
pub(super) const ADD_HOSTNAME: Sql = Sql::new(
    "ADD_HOSTNAME",
    "INSERT INTO tenant_hostname (hostname, tenant_id, role, proof)
     SELECT $1::text, $2::text, 'alias', 'operator' WHERE NOT EXISTS (
       SELECT FROM tenant_hostname WHERE hostname = $1::text OR tenant_id <> $2::text AND
         (right(hostname, length($1::text) + 1) = '.' || $1::text
          OR right($1::text, length(hostname) + 1) = '.' || hostname))",
);
pub(super) const NO_PRIMARY: Sql = Sql::new(
    "NO_PRIMARY",
    "UPDATE tenant_hostname SET role = 'alias' WHERE tenant_id = $1 AND role = 'primary'",
);
pub(super) const MAKE_PRIMARY: Sql = Sql::new(
    "MAKE_PRIMARY",
    "UPDATE tenant_hostname SET role = 'primary' WHERE hostname = $1 AND tenant_id = $2 AND role = 'alias'",
);

/// A change.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// The target, the reason, and nothing else.
    Target,
    /// It is destroyed after this time.
    Condemn { grace: Duration },
    /// None, as long as its grace period is over.
    Expire,
    /// Another slug; the name of the one before is kept for this time.
    Rename { slug: Slug, kept: Duration },
    /// One more name.
    AddHostname { hostname: Hostname },
    /// One name less.
    RemoveHostname { hostname: Hostname },
    /// Another primary name; none makes it the slug's.
    MakePrimary { hostname: Option<Hostname> },
    /// Its secret, of which the vault has this version.
    Secret { change: SecretChange, from: u32 },
}

impl Change {
    /// Writes the change down; what the event tells of it.
    pub(super) async fn apply(
        &self,
        control: &Control,
        transaction: &Transaction,
        tenant: &Tenant,
        reason: Option<&str>,
    ) -> Result<Value, RequestError> {
        let id = tenant.id.as_str();
        match self {
            Self::Target => {
                transaction.execute(&SET_REASON, &[&id, &reason]).await?;
                Ok(json!({ "reason": reason }))
            }
            Self::Condemn { grace } => {
                let row = transaction.query_one(&CONDEMN, &[&id, &reason, &grace.as_secs_f64()]).await?;
                let at: Timestamp = row.try_get(0).map_err(DbError::from)?;
                Ok(json!({ "reason": reason, "destroyed_at": format!("{at:.3}") }))
            }
            Self::Expire => match transaction.query_opt(&IS_OVERDUE, &[&id]).await? {
                Some(_) => Ok(json!({ "reason": tenant.reason })),
                None => Err(RequestError::Target(tenant.target)),
            },
            Self::Rename { slug, kept } => rename(control, transaction, tenant, slug, *kept).await,
            Self::AddHostname { hostname } => {
                transaction.query_one(&LOCK_HOSTNAMES, &[]).await?;
                if transaction.execute(&ADD_HOSTNAME, &[&hostname.as_str(), &id]).await? == 0 {
                    return Err(ControlError::HostnameTaken(hostname.clone()).into());
                }
                Ok(json!({ "added": hostname }))
            }
            Self::RemoveHostname { hostname } => {
                if tenant.primary_hostname.as_ref() == Some(hostname) {
                    return Err(ControlError::PrimaryHostname(hostname.clone()).into());
                }
                if transaction.execute(&DROP_HOSTNAME, &[&hostname.as_str(), &id]).await? == 0 {
                    return Err(ControlError::NoSuchHostname(hostname.clone()).into());
                }
                Ok(json!({ "removed": hostname }))
            }
            Self::MakePrimary { hostname } => {
                make_primary(control, transaction, tenant, hostname.as_ref()).await
            }
            Self::Secret { change, from } => {
                let from = i32::try_from(*from).map_err(|_| RequestError::Busy)?;
                let changed = transaction.execute(&CHANGE_SECRET, &[&id, &change.as_str(), &from]).await?;
                if changed == 0 {
                    return Err(RequestError::Busy);
                }
                Ok(json!({}))
            }
        }
    }
}

async fn rename(
    control: &Control,
    transaction: &Transaction,
    tenant: &Tenant,
    slug: &Slug,
    kept: Duration,
) -> Result<Value, RequestError> {
    let id = tenant.id.as_str();
    if *slug == tenant.slug {
        return Ok(json!({ "to": slug }));
    }
    let (old, new) = (address::own_hostname(control, &tenant.slug)?, address::own_hostname(control, slug)?);
    transaction.execute(&SET_SLUG, &[&id, &slug.as_str()]).await.map_err(|error| {
        let is_taken = error.is_unique_violation();
        if is_taken { ControlError::NameTaken(slug.clone()) } else { error.into() }
    })?;
    // Who goes back to a former name has it again.
    transaction.execute(&DROP_HOSTNAME, &[&new.as_str(), &id]).await?;
    if transaction.query_opt(&KEPT_HOSTNAME, &[&new.as_str(), &id]).await?.is_some() {
        return Err(ControlError::NameTaken(slug.clone()).into());
    }
    transaction.execute(&KEEP_FORMER, &[&old.as_str(), &id, &kept.as_secs_f64()]).await?;
    Ok(json!({ "to": slug }))
}

async fn make_primary(
    control: &Control,
    transaction: &Transaction,
    tenant: &Tenant,
    hostname: Option<&Hostname>,
) -> Result<Value, RequestError> {
    let id = tenant.id.as_str();
    transaction.execute(&NO_PRIMARY, &[&id]).await?;
    if let Some(hostname) = hostname
        && transaction.execute(&MAKE_PRIMARY, &[&hostname.as_str(), &id]).await? == 0
    {
        return Err(ControlError::NoSuchHostname(hostname.clone()).into());
    }
    let primary = match hostname {
        Some(hostname) => hostname.clone(),
        None => address::own_hostname(control, &tenant.slug)?,
    };
    Ok(json!({ "primary": primary }))
}
