//! How people sign in to a tenant, in the console: the ways that are open, and the providers.

use askama::Template;

use crate::{ConsoleTop, Frame, Notice, Place, TenantTop, text::Text};

/// The ways that a tenant may open and close.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ways {
    /// Whether somebody new may make an account.
    pub is_sign_up_open: bool,
    /// Whether whoever has a passkey must use it, and whoever has none must make one.
    pub is_passkey_required: bool,
    /// Whether there are sign-in links by e-mail.
    pub has_links: bool,
}

/// A provider that people may sign in with.
#[derive(Debug, Clone, Default)]
pub struct ProviderRow {
    /// The key in addresses.
    pub id: String,
    /// What it is called on the button, if the tenant says so.
    pub name: String,
    /// The client's id there.
    pub client_id: String,
    /// Whether a secret is stored.
    pub has_secret: bool,
    /// Its discovery document, where it is not a known one.
    pub discovery_url: String,
}

impl ProviderRow {
    pub(crate) fn label(&self) -> &str {
        if self.name.is_empty() { &self.id } else { &self.name }
    }
}

/// How people sign in to a tenant.
#[derive(Debug, Clone, Template)]
#[template(path = "methods.html")]
pub struct Methods {
    /// The frame around the content.
    pub frame: Frame,
    /// The top of the page.
    pub top: ConsoleTop,
    /// The tenant.
    pub tenant: TenantTop,
    /// What is open.
    pub ways: Ways,
    /// The providers, in the order of their buttons.
    pub providers: Vec<ProviderRow>,
    /// What is wrong with a change.
    pub fault: Option<String>,
    /// Whether the visitor may change it.
    pub may_change: bool,
    /// What the last step has to tell.
    pub notice: Option<Notice>,
}

/// What is looked at when a provider is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrialStep {
    /// Its discovery document.
    Discovery,
    /// The keys of its ID tokens.
    Keys,
    /// Whether it knows the client.
    Client,
}

impl TrialStep {
    pub(crate) fn words(self, text: &Text) -> String {
        match self {
            Self::Discovery => text.provider_discovery(),
            Self::Keys => text.provider_keys(),
            Self::Client => text.provider_client(),
        }
    }
}

/// What came of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrialOutcome {
    /// It is as it should be.
    Passed,
    /// It is not.
    Failed,
    /// The provider's answer says neither.
    Unclear,
}

impl TrialOutcome {
    pub(crate) fn words(self, text: &Text) -> String {
        match self {
            Self::Passed => text.provider_passed(),
            Self::Failed => text.state_failed(),
            Self::Unclear => text.provider_unclear(),
        }
    }

    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Passed => "good",
            Self::Failed => "bad",
            Self::Unclear => "warn",
        }
    }
}

/// One step of a trial.
#[derive(Debug, Clone)]
pub struct TrialLine {
    /// What was looked at.
    pub step: TrialStep,
    /// What came of it.
    pub outcome: TrialOutcome,
    /// What was found, or what was in the way.
    pub detail: String,
}

/// One provider, or the form of a new one.
#[derive(Debug, Clone, Template)]
#[template(path = "provider.html")]
pub struct ProviderPage {
    /// The frame around the content.
    pub frame: Frame,
    /// The top of the page.
    pub top: ConsoleTop,
    /// The tenant.
    pub tenant: TenantTop,
    /// The provider, as it is or as typed.
    pub provider: ProviderRow,
    /// Whether it is not there yet.
    pub is_new: bool,
    /// What was found when it was just tried.
    pub trial: Option<Vec<TrialLine>>,
    /// What is wrong with what was typed.
    pub fault: Option<String>,
    /// Whether the visitor may change it.
    pub may_change: bool,
    /// What the last step has to tell.
    pub notice: Option<Notice>,
}

impl ProviderPage {
    pub(crate) fn title(&self) -> String {
        if self.is_new { self.frame.text().provider_new() } else { self.provider.label().to_owned() }
    }

    /// The path of its page.
    pub(crate) fn path(&self) -> String {
        let below = if self.is_new { "new" } else { &self.provider.id };
        format!("{}/sign-in/{below}", self.tenant.path)
    }

    /// The address that is to be registered there.
    pub(crate) fn redirect_uri(&self) -> String {
        let id = if self.is_new { "NAME" } else { &self.provider.id };
        format!("{}/api/auth/callback/{id}", self.tenant.url)
    }
}
