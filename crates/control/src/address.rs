//! Where a tenant is reached.
//!
//! Its slug gives it a name below the platform's domain. Beside that it may have names of its own, which it has proved
//! ([`crate::domain`]) or the operator has given it; one of all is the
//! primary one, which links in mails and passkeys belong to. A name that it had by a slug before is kept: it leads to
//! the primary one and is nobody else's until it is released, because browsers send the cookies of a session that
//! began there to whoever has the name next.

use std::time::Duration;

use jiff::Timestamp;
use kiavi_base::{Hostname, Slug, TenantId};
use kiavi_db::{DbError, Row, Sql, quote_ident};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Address, Control, ControlError, Failure, Tenant,
    error::chain,
    operation::Operation,
    provision::{Change, Order, connect_to},
    settings::secrets,
    tenant::{Target, owner_role},
    workspace::store::parsed,
};

/// How long a former name is kept at least; longer where sessions live longer.
const FORMER_KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

pub(crate) const HOSTNAMES: Sql = Sql::new(
    "HOSTNAMES",
    "SELECT hostname, role, release_at FROM tenant_hostname WHERE tenant_id = $1 ORDER BY hostname",
);
pub(crate) const OVERDUE_HOSTNAMES: Sql = Sql::new(
    "OVERDUE_HOSTNAMES",
    "SELECT h.tenant_id, h.hostname FROM tenant_hostname h JOIN tenant t ON t.id = h.tenant_id
     WHERE h.role = 'former' AND h.release_at <= now() AND t.target IN ('running', 'suspended') LIMIT 32",
);

// Of all that have one: what is being imported, is a spare, or is going to be destroyed has none.
pub(crate) const HOSTNAMES_OF_ALL: Sql = Sql::new(
    "HOSTNAMES_OF_ALL",
    "SELECT t.id, t.slug, t.target,
            ARRAY (SELECT h.hostname FROM tenant_hostname h WHERE h.tenant_id = t.id ORDER BY h.hostname)
     FROM tenant t WHERE t.target IN ('running', 'suspended', 'deleted') ORDER BY t.created_at",
);

/// What a name is to its tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = HostnameRole)]
pub(crate) enum Role {
    /// The base URL's.
    Primary,
    /// Served as well.
    Alias,
    /// Leads to the primary one.
    Former,
}

/// A name of a tenant.
#[derive(Debug, Clone)]
pub(crate) struct Name {
    pub(crate) hostname: Hostname,
    pub(crate) role: Role,
    /// When it stops being kept, if it is a former one.
    pub(crate) release_at: Option<Timestamp>,
}

/// All names of a tenant, the one of its slug first.
pub(crate) async fn names(control: &Control, tenant: &Tenant) -> Result<Vec<Name>, ControlError> {
    let rows = control.parts().database.query(&HOSTNAMES, &[&tenant.id.as_str()]).await?;
    let own_role = if tenant.primary_hostname.is_some() { Role::Alias } else { Role::Primary };
    let own = Name { hostname: own_hostname(control, &tenant.slug)?, role: own_role, release_at: None };
    let others = rows.iter().map(|row| {
        let role = match row.try_get(1)? {
            "primary" => Role::Primary,
            "alias" => Role::Alias,
            // The column's CHECK leaves only this one.
            _ => Role::Former,
        };
        Ok(Name { hostname: parsed(row.try_get(0)?)?, role, release_at: row.try_get(2)? })
    });
    Ok(std::iter::once(Ok(own)).chain(others).collect::<Result<_, DbError>>()?)
}

/// Where the tenant is reached, as its engine and the gateway are told.
pub(crate) async fn address(control: &Control, tenant: &Tenant) -> Result<Address, ControlError> {
    let (former, served): (Vec<_>, Vec<_>) =
        names(control, tenant).await?.into_iter().partition(|name| name.role == Role::Former);
    let hostnames = |names: Vec<Name>| names.into_iter().map(|name| name.hostname).collect();
    Ok(Address { base_url: control.url_of(tenant), hostnames: hostnames(served), former: hostnames(former) })
}

/// Tells the privileged process of every tenant that has names, before the tenants are brought to where they should be, one
/// after the other: whoever comes meanwhile waits for theirs, and is not told that there is no such host.
pub(crate) async fn tell_of_all(control: &Control) -> Result<(), ControlError> {
    let privileged = &control.parts().privileged;
    for row in control.parts().database.query(&HOSTNAMES_OF_ALL, &[]).await? {
        let (id, slug, target, others) = of_row(&row)?;
        let hostnames = std::iter::once(own_hostname(control, &slug)?).chain(others).collect();
        let told = match target {
            Target::Running => privileged.tenant_expected(&id, hostnames).await,
            _ => privileged.tenant_suspended(&id, hostnames).await,
        };
        if let Err(error) = told {
            // Its own step comes to this again, and says so.
            tracing::error!(tenant = %id, error = chain(&*error), "nobody could be told of a tenant's names yet");
        }
    }
    privileged.hosts_known().await.map_err(ControlError::Privileged)
}

fn of_row(row: &Row) -> Result<(TenantId, Slug, Target, Vec<Hostname>), DbError> {
    let others: Vec<String> = row.try_get(3)?;
    let others = others.iter().map(|name| parsed(name)).collect::<Result<_, _>>()?;
    Ok((parsed(row.try_get(0)?)?, parsed(row.try_get(1)?)?, Target::parse(row.try_get(2)?), others))
}

/// The name that a slug gives.
pub(crate) fn own_hostname(control: &Control, slug: &Slug) -> Result<Hostname, ControlError> {
    hostname_of(&control.base_url(slug))
        .ok_or_else(|| ControlError::Settings("the base URL has no host".into()))
}

fn hostname_of(base_url: &str) -> Option<Hostname> {
    url::Url::parse(base_url).ok()?.host_str()?.parse().ok()
}

/// The same base URL at another name.
pub(crate) fn at_hostname(base_url: &str, hostname: &Hostname) -> Option<String> {
    let mut url = url::Url::parse(base_url).ok()?;
    url.set_host(Some(hostname.as_str())).ok()?;
    Some(url.as_str().trim_end_matches('/').to_owned())
}

/// Refuses a name that no tenant can have beside that of its slug: one of one label, those below the platform's domain,
/// which slugs give, and those of the console and its sign-in, or above or below them.
pub(crate) fn check_new(control: &Control, hostname: &Hostname) -> Result<(), ControlError> {
    let probe: Slug = "x".parse().map_err(|_| ControlError::HostnameRefused(hostname.clone()))?;
    let own = own_hostname(control, &probe)?;
    let platform = own.as_str().trim_start_matches("x.");
    let name = hostname.as_str();
    let is_platforms =
        name == platform || name.strip_suffix(platform).is_some_and(|rest| rest.ends_with('.'));
    let consoles = [control.parts().console_origin.clone(), control.sign_in_origin()];
    let consoles = consoles.iter().filter_map(|origin| hostname_of(origin));
    let is_near = |other: &Hostname| {
        let is_below =
            |one: &str, other: &str| one.strip_suffix(other).is_some_and(|rest| rest.ends_with('.'));
        name == other.as_str() || is_below(name, other.as_str()) || is_below(other.as_str(), name)
    };
    if is_platforms || !name.contains('.') || consoles.into_iter().any(|other| is_near(&other)) {
        return Err(ControlError::HostnameRefused(hostname.clone()));
    }
    Ok(())
}

/// Another primary name for a tenant, by another slug or among those that it has.
pub(crate) struct Renaming {
    pub(crate) slug: Option<Slug>,
    pub(crate) primary: Option<Hostname>,
}

/// The order that makes it so. A passkey works under the name that it was made for and no other (WebAuthn L3 §5.1.3), so
/// where there are any and that name would change, this needs consent.
///
/// # Errors
/// [`ControlError::RpIdChange`] without consent, and when the tenant's settings do not allow the new name.
pub(crate) async fn order(
    control: &Control,
    tenant: &Tenant,
    renaming: Renaming,
    has_consent: bool,
) -> Result<Order, ControlError> {
    let parts = control.parts();
    let mut after = tenant.clone();
    if let Some(slug) = &renaming.slug {
        after.slug = slug.clone();
    }
    if let Some(primary) = &renaming.primary {
        let own = own_hostname(control, &tenant.slug)?;
        after.primary_hostname = (*primary != own).then(|| primary.clone());
    }
    let opened = secrets::opened(&*parts.vault, &tenant.id, &tenant.settings).await?;
    let refused = |error: Failure| ControlError::InvalidSettings(error.to_string());
    let before = parts.schema.facts(&opened).map_err(refused)?;
    let mut address = address(control, &after).await?;
    address.hostnames.extend(hostname_of(&address.base_url));
    let settled = parts.schema.with_address(&opened, &address).map_err(refused)?;
    let new = parts.schema.facts(&settled).map_err(refused)?;
    if new.rp_id != before.rp_id && !has_consent {
        let passkeys = passkeys(control, tenant, None).await?;
        if passkeys > 0 {
            let (from, to) = (before.rp_id, new.rp_id);
            return Err(ControlError::RpIdChange { from, to, passkeys });
        }
    }
    let kept = before.session_lifetime.max(FORMER_KEPT);
    Ok(match renaming {
        Renaming { slug: Some(slug), .. } => {
            Order { operation: Operation::Rename, reason: None, change: Change::Rename { slug, kept } }
        }
        Renaming { primary, .. } => {
            let hostname = primary.filter(|_| after.primary_hostname.is_some());
            Order {
                operation: Operation::SetHostnames,
                reason: None,
                change: Change::MakePrimary { hostname },
            }
        }
    })
}

/// How many passkeys a tenant has, of those made before a time if one is named.
pub(crate) async fn passkeys(
    control: &Control,
    tenant: &Tenant,
    before: Option<Timestamp>,
) -> Result<i64, ControlError> {
    if tenant.schema_version == 0 {
        return Ok(0);
    }
    let inside = connect_to(control, tenant.id.as_str()).await?;
    inside.batch_execute(&format!("SET ROLE {}", quote_ident(&owner_role(&tenant.id)))).await?;
    control.parts().schema.count_passkeys(&inside, before).await.map_err(ControlError::Settings)
}

/// Former names whose time is over, with their tenants.
pub(crate) async fn overdue(control: &Control) -> Result<Vec<(TenantId, Hostname)>, DbError> {
    let rows = control.parts().database.query(&OVERDUE_HOSTNAMES, &[]).await?;
    rows.iter().map(|row| Ok((parsed(row.try_get(0)?)?, parsed(row.try_get(1)?)?))).collect()
}
