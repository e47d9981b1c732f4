//! What happened, as typed events. A change writes its event in its own transaction, so that neither exists
//! without the other; a refusal writes it in a statement of its own before the answer leaves.

mod store;

use std::fmt::Write as _;

use kiavi_base::EventId;
use kiavi_crypto::hmac_sha256;
use kiavi_db::{AdminConnection, Database, DbError, Sql, Transaction};
use serde_json::{Map, Value};

use crate::{Context, State};

pub(crate) const STATEMENTS: &[&Sql] = store::STATEMENTS;

/// The kinds of events, `noun.verb` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventType {
    /// Somebody signed in.
    SessionCreated,
    /// A session ended before its time.
    SessionRevoked,
    /// A sign-in was refused although its proof was right.
    SessionRefused,
    /// A browser with several sessions made another one its active one.
    SessionSwitched,
    /// A user came into being.
    UserCreated,
    /// A user's own fields changed.
    UserUpdated,
    /// A user asked for the mail that confirms a deletion.
    UserDeletionRequested,
    /// A user is gone, with everything that was theirs.
    UserDeleted,
    /// An account at a provider no longer signs its user in.
    AccountUnlinked,
    /// A user was refused sign-in from now on, and their sessions ended.
    UserBanned,
    /// A ban ended.
    UserUnbanned,
    /// An operator looked at a user.
    UserViewed,
    /// An operator looked at a list of users.
    UsersListed,
    /// An operator looked at somebody's sessions.
    SessionsListed,
    /// A user's roles changed.
    RoleChanged,
    /// Somebody asked for what only administrators may do.
    PermissionRefused,
    /// An administrator or operator began to act as a user.
    ImpersonationStarted,
    /// They returned to themselves.
    ImpersonationStopped,
    /// An address was proved.
    EmailVerified,
    /// A user moved to another address.
    EmailChanged,
    /// Access that was set up before the address was proved ended with the proof.
    UnprovenAccessRevoked,
    /// A one-time code was asked for.
    CodeRequested,
    /// A one-time code was right.
    CodeAccepted,
    /// A one-time code was wrong, expired or tried too often.
    CodeRefused,
    /// A sign-in link was asked for.
    LinkRequested,
    /// A sign-in link was right.
    LinkAccepted,
    /// A sign-in link was unknown, used or expired.
    LinkRefused,
    /// A session was lent to whoever brings a token.
    OneTimeTokenCreated,
    /// Somebody brought it.
    OneTimeTokenAccepted,
    /// Somebody brought one that is unknown, used, expired, or of a session that has ended.
    OneTimeTokenRefused,
    /// A limit was hit.
    RateLimitExceeded,
    /// An answer to a captcha did not count.
    CaptchaRefused,
    /// A mail was refused by its receiver.
    MailRefused,
    /// A mail could not be delivered while it mattered.
    MailExpired,
    /// A mail was not tried, because nobody is at its address.
    MailSuppressed,
    /// An operator lets an address get mail again.
    MailUnsuppressed,
    /// A passkey was registered.
    PasskeyCreated,
    /// A passkey was renamed.
    PasskeyUpdated,
    /// A passkey was removed.
    PasskeyDeleted,
    /// A passkey ceremony failed.
    PasskeyRefused,
    /// A signature counter did not increase: the authenticator may have been cloned. The sign-in was refused.
    PasskeyCounterRegressed,
    /// An API key was made.
    ApiKeyCreated,
    /// An API key was changed.
    ApiKeyUpdated,
    /// An API key was removed.
    ApiKeyDeleted,
    /// An API key was shown and refused.
    ApiKeyRefused,
    /// The first key that signs tokens was made.
    SigningKeyCreated,
    /// A new key signs tokens in place of earlier ones.
    SigningKeyRotated,
    /// An operator asked for something at the management door.
    ManagementRequested,
    /// The tenant runs with a new version of its settings.
    SettingsChanged,
    /// The tenant's data came from a Better Auth server.
    TenantImported,
    /// The tenant's data and secret were handed to an operator.
    TenantExported,
    /// An operator switched the tenant off.
    TenantSuspended,
    /// An operator switched the tenant on again.
    TenantResumed,
    /// An operator deleted the tenant; it is destroyed after a grace period.
    TenantDeleted,
    /// An operator took the tenant's deletion back.
    TenantUndeleted,
    /// The tenant has another name and address.
    TenantRenamed,
    /// The names that the tenant answers to changed.
    TenantHostnamesChanged,
    /// The tenant has a new secret; the one before still verifies.
    TenantSecretRotated,
    /// Secrets before the tenant's current one have ended.
    TenantSecretRetired,
    /// An account at a provider was joined to a user.
    AccountLinked,
    /// A sign-in or a linking with a provider came to nothing.
    AccountRefused,
    /// The tokens of an account that is gone were given back to its provider, or it did not take them.
    ProviderTokensRevoked,
}

impl EventType {
    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SessionCreated => "session.created",
            Self::SessionRevoked => "session.revoked",
            Self::SessionRefused => "session.refused",
            Self::SessionSwitched => "session.switched",
            Self::UserCreated => "user.created",
            Self::UserUpdated => "user.updated",
            Self::UserDeletionRequested => "user.deletion_requested",
            Self::UserDeleted => "user.deleted",
            Self::AccountUnlinked => "account.unlinked",
            Self::UserBanned => "user.banned",
            Self::UserUnbanned => "user.unbanned",
            Self::UserViewed => "user.viewed",
            Self::UsersListed => "users.listed",
            Self::SessionsListed => "sessions.listed",
            Self::RoleChanged => "role.changed",
            Self::PermissionRefused => "permission.refused",
            Self::ImpersonationStarted => "impersonation.started",
            Self::ImpersonationStopped => "impersonation.stopped",
            Self::EmailVerified => "email.verified",
            Self::EmailChanged => "email.changed",
            Self::UnprovenAccessRevoked => "unproven_access.revoked",
            Self::CodeRequested => "code.requested",
            Self::CodeAccepted => "code.accepted",
            Self::CodeRefused => "code.refused",
            Self::LinkRequested => "link.requested",
            Self::LinkAccepted => "link.accepted",
            Self::LinkRefused => "link.refused",
            Self::OneTimeTokenCreated => "one_time_token.created",
            Self::OneTimeTokenAccepted => "one_time_token.accepted",
            Self::OneTimeTokenRefused => "one_time_token.refused",
            Self::RateLimitExceeded => "rate_limit.exceeded",
            Self::CaptchaRefused => "captcha.refused",
            Self::MailRefused => "mail.refused",
            Self::MailExpired => "mail.expired",
            Self::MailSuppressed => "mail.suppressed",
            Self::MailUnsuppressed => "mail.unsuppressed",
            Self::PasskeyCreated => "passkey.created",
            Self::PasskeyUpdated => "passkey.updated",
            Self::PasskeyDeleted => "passkey.deleted",
            Self::PasskeyRefused => "passkey.refused",
            Self::PasskeyCounterRegressed => "passkey.counter_regressed",
            Self::ApiKeyCreated => "api_key.created",
            Self::ApiKeyUpdated => "api_key.updated",
            Self::ApiKeyDeleted => "api_key.deleted",
            Self::ApiKeyRefused => "api_key.refused",
            Self::SigningKeyCreated => "signing_key.created",
            Self::SigningKeyRotated => "signing_key.rotated",
            Self::ManagementRequested => "management.requested",
            Self::SettingsChanged => "settings.changed",
            Self::TenantImported => "tenant.imported",
            Self::TenantExported => "tenant.exported",
            Self::TenantSuspended => "tenant.suspended",
            Self::TenantResumed => "tenant.resumed",
            Self::TenantDeleted => "tenant.deleted",
            Self::TenantUndeleted => "tenant.undeleted",
            Self::TenantRenamed => "tenant.renamed",
            Self::TenantHostnamesChanged => "tenant.hostnames_changed",
            Self::TenantSecretRotated => "tenant.secret_rotated",
            Self::TenantSecretRetired => "tenant.secret_retired",
            Self::AccountLinked => "account.linked",
            Self::AccountRefused => "account.refused",
            Self::ProviderTokensRevoked => "provider_tokens.revoked",
        }
    }
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Success,
    /// It was not.
    Failure,
}

impl Outcome {
    const fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
        }
    }
}

/// By what means somebody proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method<'a> {
    /// A one-time code by e-mail.
    EmailOtp,
    /// A link by e-mail.
    MagicLink,
    /// A passkey.
    Passkey,
    /// A session that existed already.
    Session,
    /// An API key of the user's.
    ApiKey,
    /// The management door: an operator, through control.
    Management,
    /// A provider, by its id.
    Provider(&'a str),
}

impl<'a> Method<'a> {
    /// The stable name.
    pub const fn name(self) -> &'a str {
        match self {
            Self::EmailOtp => "email_otp",
            Self::MagicLink => "magic_link",
            Self::Passkey => "passkey",
            Self::Session => "session",
            Self::ApiKey => "api_key",
            Self::Management => "management",
            Self::Provider(id) => id,
        }
    }

    /// What Better Auth calls it where a browser remembers how it signed in last; `None` for what is no sign-in
    /// of a person.
    pub const fn login_name(self) -> Option<&'a str> {
        match self {
            Self::EmailOtp => Some("email-otp"),
            Self::MagicLink => Some("magic-link"),
            Self::Passkey => Some("passkey"),
            Self::Provider(id) => Some(id),
            Self::Session | Self::ApiKey | Self::Management => None,
        }
    }
}

/// One event. The request adds time, ids, address and user agent.
#[derive(Debug, Clone)]
pub struct Event<'a> {
    /// What happened.
    pub kind: EventType,
    /// How it ended.
    pub outcome: Outcome,
    /// The user who did it, if one was signed in. On a connection of the management door it is the operator.
    pub actor: Option<&'a str>,
    /// Whom it is about: a user id, or the [`address_reference`] of an address nobody has.
    pub subject: Option<&'a str>,
    /// The means of proof.
    pub method: Option<Method<'a>>,
    /// Facts about this kind of event. Never a secret, never an address.
    pub detail: Option<Value>,
}

impl<'a> Event<'a> {
    /// An event that only has a kind and an outcome.
    pub const fn new(kind: EventType, outcome: Outcome) -> Self {
        Self { kind, outcome, actor: None, subject: None, method: None, detail: None }
    }

    /// A change that a signed-in user made to what is theirs.
    pub fn by(kind: EventType, user_id: &'a str) -> Self {
        let own = Some(user_id);
        Self { actor: own, subject: own, method: Some(Method::Session), ..Self::new(kind, Outcome::Success) }
    }

    /// With a subject.
    #[must_use]
    pub fn about(self, subject: &'a str) -> Self {
        Self { subject: Some(subject), ..self }
    }

    /// With a means of proof.
    #[must_use]
    pub fn using(self, method: Method<'a>) -> Self {
        Self { method: Some(method), ..self }
    }

    /// With facts.
    #[must_use]
    pub fn detail(self, detail: Value) -> Self {
        Self { detail: Some(detail), ..self }
    }
}

/// Writes an event into the transaction of the change it tells of. It costs no round trip of its own: it travels with
/// what follows, at the latest with COMMIT, and the transaction fails with it.
///
/// # Errors
/// Those of preparing the statement.
pub async fn record(
    transaction: &Transaction,
    state: &State,
    context: &Context,
    event: Event<'_>,
) -> Result<(), DbError> {
    store::insert(transaction, row(state, Some(context), event)).await
}

/// Writes an event on its own: for refusals, which change nothing else.
///
/// # Errors
/// Those of the statement.
pub async fn record_alone(state: &State, context: &Context, event: Event<'_>) -> Result<(), DbError> {
    record_over(&state.database, state, context, event).await
}

/// The same over connections that a slice has for itself.
pub(crate) async fn record_over(
    database: &Database,
    state: &State,
    context: &Context,
    event: Event<'_>,
) -> Result<(), DbError> {
    store::insert_alone(database, row(state, Some(context), event)).await
}

/// Writes an event that has its id already, unless it is written: for what may be told again.
///
/// # Errors
/// Those of the statement.
pub(crate) async fn record_once(
    state: &State,
    context: &Context,
    id: EventId,
    event: Event<'_>,
) -> Result<(), DbError> {
    let row = store::EventRow { id: id.to_string(), ..row(state, Some(context), event) };
    store::insert_once(&state.database, row).await
}

/// Writes an event of the engine itself into the transaction of the change it tells of.
pub(crate) async fn record_own(
    transaction: &Transaction,
    state: &State,
    event: Event<'_>,
) -> Result<(), DbError> {
    store::insert(transaction, row(state, None, event)).await
}

/// Writes an event of the control plane's into the transaction that is open on `connection`, which belongs to the owner
/// of the tenant's tables: for what happens to a tenant as a whole, while no engine runs. `operator` is who asked, as
/// engines are told it.
///
/// # Errors
/// Those of the statement; the change must fail with it.
pub async fn record_by_control(
    connection: &AdminConnection,
    id: EventId,
    kind: EventType,
    operator: &str,
    detail: &Value,
) -> Result<(), DbError> {
    store::insert_by_control(connection, &id.to_string(), kind.name(), operator, detail).await
}

/// Stands for an address in the log: a keyed hash, so that the log holds no address and yet shows that two events
/// are about the same one.
pub fn address_reference(state: &State, address: &str) -> String {
    let hash = hmac_sha256(&state.keys.rate_limit, format!("audit\0{address}").as_bytes());
    let mut text = String::from("address:");
    for byte in &hash[..12] {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn row(state: &State, context: Option<&Context>, event: Event<'_>) -> store::EventRow {
    let now = state.clock.now();
    // Slices say "session" for whoever is signed in; a program that acts by a key is told apart here, once.
    let acts_by_key = context.is_some_and(|context| context.key_owner().is_some());
    let method = match event.method {
        Some(Method::Session) if acts_by_key => Some(Method::ApiKey),
        method => method,
    };
    let operator = context.and_then(Context::operator).map(|operator| format!("operator:{operator}"));
    let impersonator = context.and_then(Context::impersonator);
    store::EventRow {
        id: EventId::new(now, state.rng()).to_string(),
        at: now,
        kind: event.kind.name(),
        outcome: event.outcome.name(),
        request_id: context.map(|context| context.request_id().to_string()),
        actor: event.actor.map(str::to_owned).or(operator),
        subject: event.subject.map(str::to_owned),
        method: method.map(|method| method.name().to_owned()),
        ip: context.map(Context::stored_address),
        user_agent: context.map(|context| context.user_agent().to_owned()),
        detail: match impersonator {
            Some(by) => Some(with_impersonator(event.detail, by)),
            None => event.detail,
        },
    }
}

/// Nobody who acts as a user passes for the user in the log, whichever slice writes the event.
fn with_impersonator(detail: Option<Value>, by: &str) -> Value {
    let mut detail = detail.unwrap_or_else(|| Value::Object(Map::new()));
    if let Value::Object(facts) = &mut detail {
        facts.insert("impersonated_by".to_owned(), by.into());
    }
    detail
}
