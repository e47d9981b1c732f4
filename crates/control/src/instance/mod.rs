//! The instance itself in an archive, and back on an empty machine.
//!
//! What the control plane knows is in its own database, which no tenant's archive has: workspaces, members, the hashes of
//! management keys, which tenants there are and where they are reached, what has ended in them, and its own log. It goes into an
//! archive of the same form as a tenant's ([`make`]), for recipients of the operator's: whoever needs it has
//! lost everything else. What sign-ins, repetitions and witnesses need stays behind; so does every secret, but for three keys of
//! the instance as the vault has them, sealed by its master key.
//!
//! So that a trial shows what an archive is worth while nothing is lost ([`drill`]), it is for a key of the instance's in the vault
//! too, as a tenant's is for the tenant's.
//!
//! An instance that has nothing yet takes it in ([`bring_back`]). The tenants that were there are then known to be lost
//! ([`lost`]), until each is restored from its own archive under its name: it gets its workspace and its hostnames again.

pub(crate) mod bring_back;
pub(crate) mod drill;
pub(crate) mod lost;
pub(crate) mod make;

/// What the instance is called where tenants have names.
pub(crate) const SLUG: &str = "instance";

/// The table of an archive that the instance's keys are in, each as the vault has it.
pub(crate) const VAULT_KEYS: &str = "vault.keys";

/// Its columns: a key's name, and the key, sealed, in Base64.
pub(crate) const VAULT_KEY_COLUMNS: [&str; 2] = ["name", "sealed"];

/// The keys that are worth nothing anew: what the DNS has been told was made with one, what has ended is known by another,
/// and who verifies logs knows the third.
pub(crate) const KEYS: [&str; 3] = ["domain-key", "ended-key", "witness-key"];

/// Tables of the control plane's own database that are archived, in an order in which they can be filled.
pub(crate) const ARCHIVED: [&str; 14] = [
    "public.workspace",
    "public.person",
    "public.member",
    "public.invitation",
    "public.management_key",
    "public.audit_event",
    "public.backup_run",
    "public.backup_schedule",
    "public.ended",
    "public.tenant_family",
    "public.tenant",
    "public.tenant_hostname",
    "public.tenant_domain",
    "public.lost_tenant",
];

/// Those that stay behind: what is under way, what signs people in, what is about databases or of tenants that are not there
/// any more, what was found of isolation on a machine that is no more (the logs keep its digests), and certificates, whose keys
/// are in no archive: each name gets another one.
#[cfg(test)]
pub(crate) const LEFT: [&str; 14] = [
    "kiavi.schema_history",
    "public.acme_account",
    "public.audit_log",
    "public.backup_order",
    "public.certificate",
    "public.certificate_order",
    "public.console_session",
    "public.idempotency",
    "public.isolation_proof",
    "public.owner_link",
    "public.provisioning_step",
    "public.saved_view",
    "public.tenant_news",
    "public.tenant_settings_version",
];

/// The statements of this module, for the test that prepares each.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&kiavi_db::Sql] = &[&lost::LOST, &lost::LOST_WORKSPACE, &lost::COME_BACK];
