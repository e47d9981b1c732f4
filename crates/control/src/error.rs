//! What can go wrong in the control plane.

use kiavi_base::{Hostname, Slug};
use kiavi_crypto::InvalidSecretText;
use kiavi_db::{DbError, MigrateError};
use kiavi_vault::VaultError;

use crate::{
    NameError, ServerError, management::ManagementError, settings::secrets::SecretError,
    step::VAULT_UNAVAILABLE,
};

/// A failure of a part that the control plane was given; logged for the operator, never sent to a client.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Why the control plane did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// A tenant cannot have this name.
    #[error("the name was refused: {0}")]
    Name(#[from] NameError),
    /// Another tenant has it.
    #[error("a tenant named {0} exists already")]
    NameTaken(Slug),
    /// Another workspace has it.
    #[error("a workspace named {0} exists already")]
    WorkspaceTaken(Slug),
    /// The settings could not be made or read.
    #[error("the tenant's settings could not be made or read")]
    Settings(#[source] Failure),
    /// A settings document was refused; the text names the first thing that is wrong with it.
    #[error("the settings were refused: {0}")]
    InvalidSettings(String),
    /// Somebody else changed the settings first, or the tenant is being removed.
    #[error("the settings were changed meanwhile")]
    SettingsChangedMeanwhile,
    /// No tenant can have this hostname beside that of its name.
    #[error("the hostname {0} was refused")]
    HostnameRefused(Hostname),
    /// It is another tenant's, or too near to one.
    #[error("the hostname {0} is taken")]
    HostnameTaken(Hostname),
    /// The tenant has no such hostname that could be changed.
    #[error("the tenant has no hostname {0} to change")]
    NoSuchHostname(Hostname),
    /// The tenant has no such domain, or not in this state any more.
    #[error("the tenant has no domain {0}")]
    NoSuchDomain(Hostname),
    /// The tenant has as many as it may.
    #[error("the tenant has too many domains")]
    TooManyDomains,
    /// It is what the tenant's links and passkeys belong to.
    #[error("the hostname {0} is the tenant's primary one")]
    PrimaryHostname(Hostname),
    /// Passkeys would stop to work.
    #[error("{passkeys} passkeys made for {from} would not work at {to}")]
    RpIdChange {
        /// The name that they were made for.
        from: String,
        /// The name that would be asked for.
        to: String,
        /// How many.
        passkeys: i64,
    },
    /// Passkeys would stop to work.
    #[error("{passkeys} passkeys were made under an earlier secret")]
    SecretInUse {
        /// How many.
        passkeys: i64,
    },
    /// Another server's data cannot be taken in; the text says why.
    #[error("the import was refused: {0}")]
    InvalidImport(String),
    /// The change would leave a workspace without an owner.
    #[error("a workspace keeps an owner")]
    LastOwner,
    /// Somebody would give or take a role that may do more than they may.
    #[error("the role is above that of who asks")]
    RoleAbove,
    /// Whoever asks was removed, or has another role or other scopes than when their request came in.
    #[error("what the caller may do was changed meanwhile")]
    NotAnyMore,
    /// The address is a member's.
    #[error("the address is a member's")]
    AlreadyMember,
    /// The address has an invitation.
    #[error("the address is invited already")]
    InvitationExists,
    /// The invitation was sent only just now.
    #[error("the invitation was sent only just now")]
    InvitationPaused,
    /// The invitation has come to its end.
    #[error("the invitation was accepted or withdrawn")]
    InvitationGone,
    /// Certificates of the tenant were asked for too often; the next may be in so many seconds.
    #[error("too many certificates were asked for")]
    TooManyRenewals(u32),
    /// The workspace has made too many invitations today.
    #[error("too many invitations today")]
    TooManyInvitations,
    /// A view cannot have this name.
    #[error("the view's name was refused")]
    ViewName,
    /// A view cannot have these filters; the text says why.
    #[error("the view's filters were refused: {0}")]
    ViewFilters(String),
    /// Whoever asks has a view of this name.
    #[error("there is a view of this name")]
    ViewExists,
    /// Whoever asks has as many views as they may.
    #[error("there are too many views")]
    TooManyViews,
    /// Whoever asks has no such view.
    #[error("there is no such view")]
    NoSuchView,
    /// The workspace that every instance has is not there.
    #[error("there is no workspace")]
    NoWorkspace,
    /// The secret store does not answer now.
    #[error("the secret store cannot be reached")]
    VaultUnavailable(#[source] VaultError),
    /// The tenant did not run in time.
    #[error("the tenant {0} did not start in time")]
    NotRunning(Slug),
    /// The database server cannot be used.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The privileged process could not be told.
    #[error("the privileged process failed")]
    Privileged(#[source] Failure),
    /// The control plane's own database failed.
    #[error("the control plane's database failed")]
    Database(#[from] DbError),
    /// The control plane's own schema could not be brought forward.
    #[error("the control plane's schema could not be migrated")]
    Migration(#[from] MigrateError),
}

/// Why one provisioning step failed. The next attempt begins at the same step.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StepError {
    #[error("the database failed")]
    Database(#[from] DbError),
    #[error("the vault failed")]
    Vault(#[from] VaultError),
    #[error("the vault holds no secret for the tenant")]
    SecretMissing,
    #[error("the vault's secret for the tenant cannot be used")]
    SecretUnusable(#[from] InvalidSecretText),
    #[error("the privileged process failed")]
    Privileged(#[source] Failure),
    #[error("the tenant's schema could not be migrated")]
    Schema(#[source] Failure),
    #[error("the tenant's settings could not be made")]
    Settings(#[source] Failure),
    #[error("the settings' secrets could not be read")]
    Secrets(#[from] SecretError),
    #[error("the engine could not be told")]
    Management(#[from] ManagementError),
    #[error("the engine answered {0} instead of writing down a change of the settings")]
    NotLogged(axum::http::StatusCode),
    #[error("the tenant's log could not be written")]
    Event(#[source] Failure),
    #[error("the tenant's database could not be told for how long its log is kept")]
    Retention(#[source] Failure),
    #[error("what the secret wraps could not be given to its current text")]
    Rewrap(#[source] Failure),
    #[error("the tenant is gone or to be removed")]
    Unwanted,
    #[error("the tenant's address could not be found out")]
    Address(#[from] Box<ControlError>),
    /// A test ended the attempt as a crash would.
    #[cfg(test)]
    #[error("interrupted")]
    Interrupted,
}

impl ControlError {
    /// What a caller is told of a step that was done for them.
    pub(crate) fn of_step(error: StepError) -> Self {
        match error {
            StepError::Vault(error) | StepError::Secrets(SecretError::Vault(error)) => error.into(),
            other => Self::Settings(other.into()),
        }
    }
}

impl From<VaultError> for ControlError {
    fn from(error: VaultError) -> Self {
        if error.is_temporary() { Self::VaultUnavailable(error) } else { Self::Settings(error.into()) }
    }
}

impl From<ControlError> for StepError {
    fn from(error: ControlError) -> Self {
        match error {
            ControlError::Database(error) => error.into(),
            other => Self::Address(Box::new(other)),
        }
    }
}

impl StepError {
    /// The stable code of the failure, where the cause has one of its own; `other` else.
    pub(crate) fn code_or(&self, other: &'static str) -> &'static str {
        if self.vault_is_away() { VAULT_UNAVAILABLE } else { other }
    }

    /// Whether the secret store did not answer, which passes.
    pub(crate) fn vault_is_away(&self) -> bool {
        match self {
            Self::Vault(error) | Self::Secrets(SecretError::Vault(error)) => error.is_temporary(),
            _ => false,
        }
    }
}

/// An error and what caused it, in one line for the log.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
