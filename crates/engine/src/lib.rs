//! One tenant's engine: the Better Auth-compatible API and the hosted pages over one database.
//!
//! A request passes, in this order: the request context (`context`: id, client address, host, general limit,
//! answer headers), the gate of state-changing requests (`gate`: body, origin, redirect targets), then its
//! slice. A slice answers with [`ApiError`] or JSON; cookies go through [`Context::set_cookie`] and only after
//! COMMIT.

pub mod abuse;
pub mod account;
pub mod admin;
mod analytics;
pub mod api_key;
pub mod audit;
pub mod bearer;
mod clock_text;
mod console;
mod context;
mod cookies;
pub mod demo;
pub mod egress;
pub mod email_otp;
mod engine;
mod error;
mod fields;
mod gate;
mod hosted;
mod housekeeping;
pub mod jwt;
pub mod last_login_method;
mod links;
mod log;
pub mod magic_link;
mod mail;
mod management;
mod meta;
mod moved;
pub mod multi_session;
pub mod one_time_token;
pub mod outbox;
mod paged;
pub mod passkey;
mod password;
pub mod process;
pub mod rate_limit;
mod room;
mod schema;
mod schema_proof;
mod security;
pub mod session;
mod settings;
pub mod social;
mod state;
mod stream;
pub mod user;
pub mod verification;
mod webhook;

#[cfg(test)]
pub(crate) mod tests;

pub use abuse::AbuseSettings;
pub use analytics::AnalyticsSettings;
pub use api_key::ApiKeySettings;
pub use audit::AuditSettings;
pub use clock_text::{iso_milliseconds, optional_iso_milliseconds};
pub use console::ConsoleSettings;
pub use context::{Context, Operator, page_context};
pub use cookies::CookieNames;
pub use egress::{EgressHost, EgressSettings};
pub use engine::{Engine, EngineParts, InvalidParts};
pub use error::ApiError;
pub use fields::Fields;
pub use gate::JsonBody;
pub use jwt::{JwtSettings, TokenAlgorithm, UserClaim};
pub use mail::{
    Attempt, Delivery, Fault, MailDoor, MailSettings, NoticeSettings, OutgoingMail, SmtpSecurity,
    SmtpSettings, Template, TemplateError, TemplateFault, TemplateKind,
};
pub use passkey::count_passkeys;
pub use schema::{
    MigrateError, NOT_ARCHIVED, PERSON_KEYS, SCHEMA_VERSION, let_auditor_in, migrate, migrate_to,
};
pub use schema_proof::{FORBIDDEN, Granted, grants, objects, objects_there};
pub use settings::{
    AdminSettings, Adoption, BaseUrl, Compatibility, CookieSettings, EmailOtpSettings, Former, PasskeyPolicy,
    PasskeySettings, Rate, RateLimits, SETTINGS_VERSION, SessionSettings, Settings, SettingsError,
    UserVerification, settings_schema,
};
pub use social::settings::{AppleSettings, ProviderSettings, Secret, SocialSettings, TokenAuth};
pub use state::{Busy, BusyGuard, State};
pub use stream::{Destination, StreamSettings};
pub use webhook::{EndpointSettings, SigningSecretSettings, WebhookSettings};

/// Every statement that an engine runs, to be checked against a schema with [`kiavi_db::prepare_all`].
pub fn statements() -> Vec<&'static kiavi_db::Sql> {
    [
        account::STATEMENTS,
        &admin::statements(),
        analytics::STATEMENTS,
        api_key::STATEMENTS,
        &audit::statements(),
        console::STATEMENTS,
        housekeeping::STATEMENTS,
        jwt::STATEMENTS,
        log::STATEMENTS,
        &mail::STATEMENTS.concat(),
        outbox::STATEMENTS,
        &passkey::STATEMENTS.concat(),
        rate_limit::STATEMENTS,
        room::STATEMENTS,
        session::STATEMENTS,
        social::STATEMENTS,
        stream::STATEMENTS,
        &user::STATEMENTS.concat(),
        verification::STATEMENTS,
        &webhook::statements(),
    ]
    .concat()
}
