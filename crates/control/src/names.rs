//! What the cluster has before the control plane comes: whoever runs the cluster makes these.

/// The control plane's role: makes roles and databases, and is no superuser.
pub const CONTROL_ROLE: &str = "kiavi_control";
/// The role of the process that seals tenants' logs.
pub const AUDITOR_ROLE: &str = "kiavi_auditor";
/// The group of all runtime roles; `pg_hba.conf` names it.
pub const TENANT_GROUP: &str = "kiavi_tenants";
/// The group of all owner roles: it keeps the catalog access that an operator's `psql` needs.
pub const OWNER_GROUP: &str = "kiavi_owners";
/// What tenants' databases are copied from: catalogs in which a tenant sees nothing of the others.
pub const TEMPLATE_DATABASE: &str = "kiavi_template";
