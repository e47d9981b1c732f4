//! Pages and mails as types: a template cannot be rendered without its data, and every page exists in every
//! language.
//!
//! ```
//! use kiavi_base::Locale;
//! use kiavi_pages::{Frame, NotFound, Page};
//!
//! let frame = Frame::ours(Locale::En, "/nowhere".to_owned());
//! assert!(NotFound { frame }.html().contains("Page not found"));
//! ```
//!
//! A page is served with [`CONTENT_SECURITY_POLICY`] and loads only what [`asset`] serves. Links and forms work
//! without script; the ES modules in `assets/` define custom elements that add passkeys, live lists and copying.
//! To see every page in every state ([`gallery`]): `/dev/components` on the console of `kiavi dev`, or as files `cargo run -p
//! kiavi-pages --example gallery -- DIR`.

mod account;
mod acting;
mod asset;
mod authenticator;
mod backups;
mod branding;
mod certificates;
mod confirm;
mod connect;
mod console;
mod device;
mod domains;
mod events;
mod figures;
mod frame;
pub mod gallery;
mod health;
mod instance;
mod isolation;
mod keys;
mod live_sessions;
mod look;
mod mail;
mod mail_domain;
mod mail_page;
mod mail_sent;
mod mail_words;
mod members;
mod methods;
mod notice;
mod onboarding;
mod preview;
mod security;
mod selection;
mod settings;
mod sign_in;
mod status;
mod tenant;
mod text;
mod users;
mod views;
mod webhooks;
mod when;

use askama::Template;

pub use account::{
    Account, AccountRow, ChangeEmail, PasskeyRow, SessionRow, SignOut, Signal, SignedOut, SupportRow,
};
pub use acting::{ActAs, ActingOffer};
pub use asset::{ASSET_PATH, Asset, asset, asset_url};
pub use backups::{BackupDeed, BackupEnd, BackupOrder, BackupRow, BackupStep, Backups, CopyOfBackup};
pub use branding::{
    Accents, BRAND_PATH, Brand, Branding, BrandingFault, Color, Corners, InvalidColor, LOGO_LIMIT, Logo,
    LogoFault, Scheme,
};
pub use certificates::{CertificateCause, CertificateLine};
pub use confirm::{AccountDeleted, DeleteAccount, SignInLink};
pub use connect::{Connect, Proof};
pub use console::{Mailbox, MailboxMessage, TenantRow, TenantState, Tenants};
pub use domains::{DomainRecord, DomainRow, DomainState, Domains};
pub use events::{
    EventFiles, EventPage, EventRow, EventSearch, Events, Period, ProofFile, Seal, WrongFilter,
};
pub use figures::{
    FigureRange, FigureSet, FiguresOfDay, Granularity, PasskeySteps, SignIns, TenantFigures, Trend, Trends,
};
pub use frame::{Acting, Frame};
pub use health::{DomainSince, HealthFact, Missing, NotLooked, Room};
pub use instance::{
    EngineRow, EngineState, HealthCheck, HealthRow, HealthVerdict, InstanceHealth, InstanceJobs,
    InstancePlace, InstanceProcesses, InstanceSearch, InstanceTenantRow, InstanceTenants, JobRow, JobState,
    JobStepLine, JobTarget, ProcessRow, ServiceRow,
};
pub use isolation::{Isolation, IsolationCheck, IsolationOutcome, IsolationProof};
pub use keys::{KeyRow, KeyStanding, Keys, NewKey, SecretOf, SecretOnce};
pub use live_sessions::{LiveSession, LiveSessions};
pub use look::{Look, LookFields};
pub use mail::{
    Circumstances, CodeMail, CodePurpose, LinkMail, LinkPurpose, NoticeMail, RenderedMail, Validity, What,
};
pub use mail_domain::{MailDomain, MailTab, MailTabs, RecordFact, RecordKind, RecordRow, RecordVerdict};
pub use mail_page::{LetterKind, MailPage, MailTrial, Preview, Sender};
pub use mail_sent::{MailSent, SentRow, SentState};
pub use mail_words::{MailWords, Words};
pub use members::{
    ConsoleTop, FirstOwner, Invitation, InvitationRow, MemberRole, MemberRow, NewWorkspace, NoEntry,
    NoWorkspace, Offer, Place, Prove, Refusal, Team, TenantLink, WorkspaceLink,
};
pub use methods::{Methods, ProviderPage, ProviderRow, TrialLine, TrialOutcome, TrialStep, Ways};
pub use notice::{Notice, Tone};
pub use onboarding::{FirstUser, MakingStep, NewTenant, Progress, StepLine, StepState};
pub use preview::{PreviewFault, Scene, preview, preview_sheet};
pub use security::{
    Blocked, CaptchaKind, DryRun, LimitChoice, LimitRate, LimitRow, Limits, LockOutRow, LockOuts, Offender,
    Security, TryOut, Who,
};
pub use selection::{Deed, NotDone, Selection, SelectionDone};
pub use settings::{ChangeRow, Settings, VersionRow};
pub use sign_in::{Captcha, PasskeyOffer, ProviderButton, SignIn, SignInCode};
pub use status::{
    BARE_CONTENT_SECURITY_POLICY, Failed, Leaving, NotFound, Refused, TurnedAway, TurnedAwayBecause,
};
pub use tenant::{TenantAway, TenantOverview, TenantPlace, TenantTop};
pub use text::number;
pub use users::{
    Means, NewUser, SearchBy, Standing, Suspension, Total, UserKeyRow, UserPage, UserRow, UserSearch, Users,
};
pub use views::{SavedView, SavedViews};
pub use webhooks::{
    AttemptRow, DeliveryRow, DeliveryState, EndpointRow, EndpointState, NewWebhook, Trial, Webhook,
    WebhookDelivery, Webhooks,
};

/// The Content-Security-Policy of every page but the bare ones: nothing inline, nothing from elsewhere, no
/// framing, no string ever turned into script.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; \
    require-trusted-types-for 'script'; trusted-types 'none'";

/// A page that can be sent.
pub trait Page: Template {
    /// The page as HTML. Formatting into a string does not fail; if it ever did, the answer
    /// is a bare sentence.
    fn html(&self) -> String {
        self.render().unwrap_or_else(|_| "<!doctype html><title>Error</title><p>This page failed.".to_owned())
    }
}

impl Page for SignIn {}
impl Page for SignInCode {}
impl Page for PasskeyOffer {}
impl Page for SignInLink {}
impl Page for Connect {}
impl Page for ActingOffer {}
impl Page for ActAs {}
impl Page for Account {}
impl Page for ChangeEmail {}
impl Page for DeleteAccount {}
impl Page for AccountDeleted {}
impl Page for SignOut {}
impl Page for SignedOut {}
impl Page for Failed {}
impl Page for Refused {}
impl Page for Leaving {}
impl Page for NotFound {}
impl Page for TurnedAway {}
impl Page for Tenants {}
impl Page for NewTenant {}
impl Page for TenantOverview {}
impl Page for TenantAway {}
impl Page for Users {}
impl Page for NewUser {}
impl Page for UserPage {}
impl Page for Selection {}
impl Page for SelectionDone {}
impl Page for Events {}
impl Page for EventPage {}
impl Page for Settings {}
impl Page for Look {}
impl Page for PreviewFault {}
impl Page for TenantFigures {}
impl Page for Domains {}
impl Page for Backups {}
impl Page for InstanceTenants {}
impl Page for InstanceProcesses {}
impl Page for InstanceJobs {}
impl Page for InstanceHealth {}
impl Page for CopyOfBackup {}
impl Page for Keys {}
impl Page for Methods {}
impl Page for ProviderPage {}
impl Page for LiveSessions {}
impl Page for Security {}
impl Page for Isolation {}
impl Page for MailPage {}
impl Page for MailDomain {}
impl Page for MailSent {}
impl Page for MailWords {}
impl Page for NewKey {}
impl Page for SecretOnce {}
impl Page for Webhooks {}
impl Page for NewWebhook {}
impl Page for Webhook {}
impl Page for WebhookDelivery {}
impl Page for Mailbox {}
impl Page for gallery::Components {}
impl Page for Team {}
impl Page for NewWorkspace {}
impl Page for FirstOwner {}
impl Page for Invitation {}
impl Page for NoWorkspace {}
impl Page for Refusal {}
impl Page for Prove {}
