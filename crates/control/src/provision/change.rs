//! What an operation changes of a tenant beside its target.

use std::time::Duration;

use jiff::Timestamp;
use kiavi_base::{Hostname, Slug};
use kiavi_db::{DbError, Sql, Transaction};
use serde_json::{Value, json};

use super::RequestError;
use crate::{
    Control, ControlError, Tenant, address,
    domain::{DomainState, MAX_DOMAINS, PATIENCE, check::FIRST_LOOK, store as domains},
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
// Beside its own domains, which are hostnames once they are proved.
pub(super) const FORGET_HOSTNAME_DOMAIN: Sql =
    Sql::new("FORGET_HOSTNAME_DOMAIN", "DELETE FROM tenant_domain WHERE domain = $1 AND tenant_id = $2");
// A name that went to somebody else who proved it, whatever it was.
pub(super) const LOSE_HOSTNAME: Sql = Sql::new(
    "LOSE_HOSTNAME",
    "DELETE FROM tenant_hostname WHERE hostname = $1 AND tenant_id = $2 AND proof = 'dns'",
);
// Neither the same name nor one above or below it: a cookie that is set for a name reaches those below it.
pub(super) const ADD_HOSTNAME: Sql = Sql::new(
    "ADD_HOSTNAME",
    "INSERT INTO tenant_hostname (hostname, tenant_id, role, proof)
     SELECT $1::text, $2::text, 'alias', $3::text WHERE NOT EXISTS (
       SELECT FROM tenant_hostname WHERE hostname = $1::text OR tenant_id <> $2::text AND
         (right(hostname, length($1::text) + 1) = '.' || $1::text
          OR right($1::text, length(hostname) + 1) = '.' || hostname))",
);
pub(super) const HAS_HOSTNAME: Sql =
    Sql::new("HAS_HOSTNAME", "SELECT 1 FROM tenant_hostname WHERE hostname = $1 AND tenant_id = $2");
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
    /// One more name, on the operator's word.
    AddHostname { hostname: Hostname },
    /// One name less.
    RemoveHostname { hostname: Hostname },
    /// One more domain to prove, by a record with this value.
    AddDomain { domain: Hostname, challenge: String },
    /// One more name, whose record was found; it is looked for again after this time.
    VerifyDomain { domain: Hostname, again_in: Duration },
    /// None: the record of a domain is gone for too long.
    LapseDomain { domain: Hostname },
    /// One domain less.
    RemoveDomain { domain: Hostname },
    /// One domain less that has lapsed, because somebody else has proved it.
    LoseDomain { domain: Hostname },
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
                add_hostname(transaction, id, hostname, "operator").await?;
                // It needs no proof any more.
                transaction.execute(&FORGET_HOSTNAME_DOMAIN, &[&hostname.as_str(), &id]).await?;
                Ok(json!({ "added": hostname }))
            }
            Self::RemoveHostname { hostname } => {
                if tenant.primary_hostname.as_ref() == Some(hostname) {
                    return Err(ControlError::PrimaryHostname(hostname.clone()).into());
                }
                if transaction.execute(&DROP_HOSTNAME, &[&hostname.as_str(), &id]).await? == 0 {
                    return Err(ControlError::NoSuchHostname(hostname.clone()).into());
                }
                transaction.execute(&FORGET_HOSTNAME_DOMAIN, &[&hostname.as_str(), &id]).await?;
                Ok(json!({ "removed": hostname }))
            }
            Self::AddDomain { domain, .. }
            | Self::VerifyDomain { domain, .. }
            | Self::LapseDomain { domain }
            | Self::RemoveDomain { domain }
            | Self::LoseDomain { domain } => self.apply_to_domain(transaction, tenant, domain).await,
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

impl Change {
    /// The changes of domains.
    async fn apply_to_domain(
        &self,
        transaction: &Transaction,
        tenant: &Tenant,
        domain: &Hostname,
    ) -> Result<Value, RequestError> {
        let (id, name) = (tenant.id.as_str(), domain.as_str());
        let gone = || RequestError::from(ControlError::NoSuchDomain(domain.clone()));
        match self {
            Self::AddDomain { challenge, .. } => {
                let first_look = FIRST_LOOK.as_secs_f64();
                let values: [&(dyn kiavi_db::ToSql + Sync); 5] =
                    [&id, &name, challenge, &MAX_DOMAINS, &first_look];
                let added = transaction.execute(&domains::INSERT_DOMAIN, &values).await;
                let added = added.map_err(|error| {
                    let is_there = error.is_unique_violation();
                    if is_there { ControlError::HostnameTaken(domain.clone()) } else { error.into() }
                })?;
                if added == 0 {
                    return Err(refused_domain(transaction, id, domain).await?.into());
                }
            }
            Self::VerifyDomain { again_in, .. } => {
                let row = transaction.query_opt(&domains::DOMAIN, &[&id, &name]).await?.ok_or_else(gone)?;
                if row.try_get::<_, &str>("state").map_err(DbError::from)? == DomainState::Pending.as_str() {
                    add_hostname(transaction, id, domain, "dns").await?;
                }
                let seconds = again_in.as_secs_f64();
                if transaction.execute(&domains::VERIFY_DOMAIN, &[&id, &name, &seconds]).await? == 0 {
                    return Err(gone());
                }
            }
            Self::LapseDomain { .. } => {
                let patience = PATIENCE.as_secs_f64();
                let row = transaction.query_opt(&domains::LAPSE_DOMAIN, &[&id, &name, &patience]).await?;
                let since: Timestamp = row.ok_or_else(gone)?.try_get(0).map_err(DbError::from)?;
                return Ok(json!({ "domain": domain, "failing_since": format!("{since:.3}") }));
            }
            Self::RemoveDomain { .. } => {
                if tenant.primary_hostname.as_ref() == Some(domain) {
                    return Err(ControlError::PrimaryHostname(domain.clone()).into());
                }
                transaction.query_opt(&domains::DELETE_DOMAIN, &[&id, &name]).await?.ok_or_else(gone)?;
                // One that was not proved is none.
                transaction.execute(&DROP_HOSTNAME, &[&name, &id]).await?;
            }
            _ => {
                if transaction.execute(&domains::LOSE_DOMAIN, &[&id, &name]).await? == 0 {
                    return Err(gone());
                }
                transaction.execute(&LOSE_HOSTNAME, &[&name, &id]).await?;
                return Ok(json!({ "domain": domain, "reason": "proved_by_another_tenant" }));
            }
        }
        Ok(json!({ "domain": domain }))
    }
}

/// Why a domain was not added.
async fn refused_domain(
    transaction: &Transaction,
    id: &str,
    domain: &Hostname,
) -> Result<ControlError, DbError> {
    let served = transaction.query_opt(&HAS_HOSTNAME, &[&domain.as_str(), &id]).await?;
    Ok(match served {
        Some(_) => ControlError::HostnameTaken(domain.clone()),
        None => ControlError::TooManyDomains,
    })
}

async fn add_hostname(
    transaction: &Transaction,
    id: &str,
    hostname: &Hostname,
    proof: &str,
) -> Result<(), RequestError> {
    transaction.query_one(&LOCK_HOSTNAMES, &[]).await?;
    if transaction.execute(&ADD_HOSTNAME, &[&hostname.as_str(), &id, &proof]).await? == 0 {
        return Err(ControlError::HostnameTaken(hostname.clone()).into());
    }
    Ok(())
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
