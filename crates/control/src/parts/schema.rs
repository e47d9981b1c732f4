//! The tenants' tables and settings, as the control plane is given them.

use jiff::Timestamp;
use kiavi_base::{Hostname, Slug};
use kiavi_crypto::TenantSecret;
use kiavi_db::{AdminConnection, BoxFuture};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::TenantEvent;
use crate::Failure;

/// The tenants' schema and settings, which the control plane carries without knowing them.
pub trait TenantSchema: Send + Sync + 'static {
    /// The number of the newest migration. A tenant whose schema is older is migrated at the next start.
    fn version(&self) -> i32;

    /// Brings a tenant's schema to [`TenantSchema::version`]. Objects belong to the role `owner`; the role
    /// `runtime` gets what the engine needs, `auditor` what the process needs that seals the log. `connection` is in the tenant's database, as a member of `owner`.
    /// Doing it twice does nothing.
    fn migrate<'a>(
        &'a self,
        connection: &'a mut AdminConnection,
        owner: &'a str,
        runtime: &'a str,
        auditor: &'a str,
    ) -> BoxFuture<'a, Result<(), Failure>>;

    /// Brings an empty database's schema to the migration `version`, for rows of that time. Gives no rights: what follows is
    /// [`TenantSchema::migrate`].
    fn migrate_to<'a>(
        &'a self,
        connection: &'a mut AdminConnection,
        owner: &'a str,
        version: i32,
    ) -> BoxFuture<'a, Result<(), Failure>>;

    /// The types of the events that its log may have.
    fn event_types(&self) -> Vec<&'static str>;

    /// What becomes of the rows of a table when its tenant is archived. The name is schema and name.
    fn archived(&self, table: &str) -> Archived;

    /// The settings of a new tenant.
    ///
    /// # Errors
    /// When a tenant cannot have this base URL.
    fn default_settings(&self, slug: &Slug, base_url: &str) -> Result<Value, Failure>;

    /// The document with every default filled in, when a tenant may have it. The error is told to whoever proposed
    /// the document and names the first thing that is wrong.
    ///
    /// # Errors
    /// When the document is refused.
    fn check_settings(&self, settings: &Value) -> Result<Value, Failure>;

    /// The address that mail comes from.
    ///
    /// # Errors
    /// When a document that was not checked has none.
    fn sender_address(&self, settings: &Value) -> Result<String, Failure>;

    /// The settings of a new tenant that takes over from a Better Auth server, and what that means for its people. The
    /// error is told to whoever moves.
    ///
    /// # Errors
    /// When a tenant cannot have this base URL, or nothing of the kind can have been there.
    fn adopt(&self, slug: &Slug, base_url: &str, former: &FormerServer) -> Result<Adopted, Failure>;

    /// Writes an event into the tenant's own log, in the transaction that is open on `connection`, which is in the
    /// tenant's database as its owner.
    fn record<'a>(
        &'a self,
        connection: &'a AdminConnection,
        event: TenantEvent<'a>,
    ) -> BoxFuture<'a, Result<(), Failure>>;

    /// Has the tenant's database know for how long its log is kept, as the settings say. `connection` is there, as its
    /// owner.
    fn settle_retention<'a>(
        &'a self,
        connection: &'a AdminConnection,
        settings: &'a Value,
    ) -> BoxFuture<'a, Result<(), Failure>>;

    /// The same settings for the tenant that the console's people sign in to, whose sign-ins lead back to the console at
    /// `origin`. What an operator changed stays.
    ///
    /// # Errors
    /// When the document is not one of this program's, or the origin is none.
    fn console_settings(&self, settings: &Value, origin: &str) -> Result<Value, Failure>;

    /// The same settings at another address: in development the port may change between two starts.
    ///
    /// # Errors
    /// When the document is not one of this program's, or a tenant cannot have this address.
    fn with_address(&self, settings: &Value, address: &Address) -> Result<Value, Failure>;

    /// What the control plane has to know of settings.
    ///
    /// # Errors
    /// When the document is not one of this program's.
    fn facts(&self, settings: &Value) -> Result<SettingsFacts, Failure>;

    /// How many passkeys there are, of those made before a time if one is named. `connection` is in the tenant's database,
    /// as its owner.
    fn count_passkeys<'a>(
        &'a self,
        connection: &'a AdminConnection,
        before: Option<Timestamp>,
    ) -> BoxFuture<'a, Result<i64, Failure>>;

    /// What the engine's and the auditor's role may do in a tenant's database, each once, and nothing else.
    fn rights(&self) -> Vec<Right>;

    /// Statements that the engine's role must be refused in a tenant's database. They do no harm where they are not.
    fn forbidden(&self) -> Vec<&'static str>;

    /// What there should be in a tenant's database at [`TenantSchema::version`], a line for each object.
    fn objects(&self) -> Vec<&'static str>;

    /// What there is, in the same form and order. `connection` is in the tenant's database, as its owner.
    fn objects_there<'a>(
        &'a self,
        connection: &'a AdminConnection,
    ) -> BoxFuture<'a, Result<Vec<String>, Failure>>;

    /// Has the current text of the tenant's secret wrap what earlier ones do, so that those can end. `connection` is in
    /// the tenant's database, as its owner.
    fn rewrap<'a>(
        &'a self,
        connection: &'a AdminConnection,
        secret: &'a TenantSecret,
    ) -> BoxFuture<'a, Result<(), Failure>>;

    /// Fills the tenant with people who never were, up to `now`, for development. `connection` is in its database, as its
    /// owner, and not used again.
    fn populate<'a>(
        &'a self,
        connection: &'a AdminConnection,
        secret: &'a TenantSecret,
        order: DemoOrder,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<DemoMade, Failure>>;
}

/// Something that a role may do in a tenant's database.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right {
    /// Whether it is the auditor's, else the engine's.
    pub is_auditors: bool,
    /// The table as `schema.name`, or the function as `schema.name(types)`.
    pub object: String,
    /// The column, if it is of one only.
    pub column: Option<String>,
    /// The privilege, such as `SELECT` (PostgreSQL manual §5.8).
    pub privilege: String,
}

impl Right {
    /// Whose it is, in words.
    pub(crate) fn whose(&self) -> &'static str {
        if self.is_auditors { "the auditor's role" } else { "the engine's role" }
    }
}

/// Made-up people that are wanted, with a made-up past.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemoOrder {
    /// How many.
    pub people: u32,
    /// Decides who they are and what they did.
    pub seed: u64,
    /// Whether they may come beside other people.
    pub is_forced: bool,
}

/// What came of a [`DemoOrder`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DemoMade {
    /// They are there, with so many events.
    Now {
        /// How many people.
        people: usize,
        /// How many events.
        events: usize,
    },
    /// They were there already.
    Before,
    /// The tenant has so many users of its own, and nobody insisted.
    Refused(i64),
}

/// What becomes of a table's rows when its tenant is archived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Archived {
    /// They are in the archive.
    Kept,
    /// They are keys of persons, in the part that is kept for a shorter time.
    PersonKeys,
    /// They are left behind: worth nothing, or harmful, in another database.
    Left,
}

/// Where a tenant is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The origin that links lead to.
    pub base_url: String,
    /// The names that it is served under; that of the base URL is among them.
    pub hostnames: Vec<Hostname>,
    /// Names that lead to the base URL.
    pub former: Vec<Hostname>,
}

/// What the control plane has to know of settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsFacts {
    /// The name that passkeys are made for.
    pub rp_id: String,
    /// How long a browser keeps a session's cookie.
    pub session_lifetime: std::time::Duration,
}

/// What is known of the Better Auth server that a tenant takes over from.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FormerServer {
    /// Its base URL.
    pub base_url: Option<String>,
    /// The prefix of its cookies.
    pub cookie_prefix: Option<String>,
    /// What it signs tokens with.
    pub algorithm: Option<String>,
    /// Whether its secret comes along.
    pub brings_secret: bool,
    /// Whether it has passkeys.
    pub has_passkeys: bool,
    /// Whether it signs tokens.
    pub has_tokens: bool,
    /// How long ago the oldest of its living sessions began, in days.
    pub oldest_session_days: u32,
    /// The providers that its accounts are linked at.
    pub providers: Vec<String>,
}

/// What a tenant begins with that takes over.
#[derive(Debug, Clone)]
pub struct Adopted {
    /// Its settings.
    pub settings: Value,
    /// What changes for its people and programs.
    pub warnings: Vec<String>,
    /// Whether who is signed in there is signed in here.
    pub stays_signed_in: bool,
}
