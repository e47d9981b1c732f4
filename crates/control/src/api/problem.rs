//! Problem details (RFC 9457).

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use kiavi_base::Slug;
use kiavi_db::DbError;
use kiavi_http::BodyError;
use serde::Serialize;
use utoipa::ToSchema;

use super::code::Code;
use crate::{
    ControlError, Permission,
    console::tenant::AskError,
    error::chain,
    management::ManagementError,
    provision::{ImportError, RequestError},
    tenant::Target,
    view::MAX_NAME,
};

/// An answer that says what went wrong and what to do. `internal` is for the log.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    code: Code,
    detail: String,
    internal: Option<String>,
    retry_after: Option<u32>,
    step_up_url: Option<String>,
}

/// What went wrong and what to do about it (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct ProblemBody<'a> {
    /// A URN that names the kind of problem.
    #[schema(example = "urn:kiavi:problem:tenant-not-found")]
    r#type: String,
    /// The kind of problem in a few words.
    #[schema(example = "No such tenant")]
    title: &'a str,
    /// The status of the answer.
    #[schema(example = 404)]
    status: u16,
    /// What is wrong here, in a sentence for people.
    #[schema(example = "There is no tenant \"shop\".")]
    detail: &'a str,
    /// The stable name of the problem, for programs.
    code: Code,
    /// Names this request in the instance's log.
    #[schema(example = "3f1c2b7a90d14e0f8f0a6f5b0f1d2c3e")]
    request_id: &'a str,
    /// With `step_up_required`: where a member uses their passkey. With `next` in the query it leads back to that path.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "https://console.example.com/step-up")]
    step_up_url: Option<&'a str>,
}

impl Problem {
    pub(super) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), internal: None, retry_after: None, step_up_url: None }
    }

    /// A problem about which there is nothing more to say than what its code means.
    pub(super) fn plain(code: Code) -> Self {
        Self::new(code, code.meaning())
    }

    pub(crate) fn not_found() -> Self {
        Self::plain(Code::NotFound)
    }

    pub(crate) fn tenant_not_found(name: &str) -> Self {
        Self::new(Code::TenantNotFound, format!("There is no tenant {:?}.", shortened(name)))
    }

    pub(super) fn workspace_not_found(name: &str) -> Self {
        Self::new(Code::WorkspaceNotFound, format!("There is no workspace {:?}.", shortened(name)))
    }

    pub(super) fn key_not_found(id: &str) -> Self {
        Self::new(Code::KeyNotFound, format!("There is no management key {:?}.", shortened(id)))
    }

    pub(super) fn member_not_found(id: &str) -> Self {
        Self::new(Code::MemberNotFound, format!("There is no member {:?}.", shortened(id)))
    }

    pub(super) fn invitation_not_found(id: &str) -> Self {
        Self::new(Code::InvitationNotFound, format!("There is no invitation {:?}.", shortened(id)))
    }

    pub(super) fn step_up_required(console: &str) -> Self {
        Self { step_up_url: Some(format!("{console}/step-up")), ..Self::plain(Code::StepUpRequired) }
    }

    /// The stable name.
    pub(super) fn code(&self) -> Code {
        self.code
    }

    pub(super) fn unauthorized() -> Self {
        let detail = "Send a management key in the header \"Authorization: Bearer KEY\".";
        Self::new(Code::Unauthorized, detail)
    }

    pub(super) fn forbidden(permission: Permission) -> Self {
        Self::new(Code::Forbidden, format!("This needs the permission {}.", permission.as_str()))
    }

    pub(super) fn rate_limited(seconds: u32) -> Self {
        let detail = format!("The quota is used up. Ask again in {seconds} s.");
        Self { retry_after: Some(seconds.max(1)), ..Self::new(Code::RateLimited, detail) }
    }

    pub(crate) fn invalid_body(detail: impl Into<String>) -> Self {
        Self::new(Code::InvalidBody, detail)
    }

    pub(crate) fn invalid_query(detail: impl Into<String>) -> Self {
        Self::new(Code::InvalidQuery, detail)
    }

    pub(crate) fn invalid_filter(detail: String) -> Self {
        Self::new(Code::InvalidFilter, detail)
    }

    pub(crate) fn invalid_range(detail: String) -> Self {
        Self::new(Code::InvalidRange, detail)
    }

    pub(crate) fn no_such_settings_version(version: i32) -> Self {
        let detail = format!("The tenant's settings have no version {version}.");
        Self::new(Code::SettingsVersionNotFound, detail)
    }

    pub(super) fn vault_unavailable(error: &(dyn std::error::Error + 'static)) -> Self {
        Self { internal: Some(chain(error)), ..Self::plain(Code::VaultUnavailable) }
    }

    pub(crate) fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        Self { internal: Some(chain(error)), ..Self::plain(Code::Internal) }
    }

    /// What is wrong here.
    pub(super) fn detail(&self) -> &str {
        &self.detail
    }

    /// The cause, for the log.
    pub(super) fn internal_detail(&self) -> Option<&str> {
        self.internal.as_deref()
    }

    /// The answer itself.
    pub(super) fn render(&self, request_id: &str) -> Response {
        let status = self.code.status();
        let body = ProblemBody {
            r#type: format!("urn:kiavi:problem:{}", self.code.as_str().replace('_', "-")),
            title: self.code.title(),
            status: status.as_u16(),
            detail: &self.detail,
            code: self.code,
            request_id,
            step_up_url: self.step_up_url.as_deref(),
        };
        let mut response = Response::new(Body::from(serde_json::to_vec(&body).unwrap_or_default()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            // RFC 6750 §3
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"kiavi\""));
        }
        let is_passing = status == StatusCode::SERVICE_UNAVAILABLE;
        if let Some(seconds) = self.retry_after.or(is_passing.then_some(1)) {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// A name from a path for a sentence: a segment of any length may be asked for.
fn shortened(name: &str) -> String {
    name.chars().take(64).collect()
}

/// The problem travels in the extensions; it is rendered where the request id is known.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        Self::plain(code)
    }
}

impl From<DbError> for Problem {
    fn from(error: DbError) -> Self {
        if !error.is_temporary() {
            return Self::internal(&error);
        }
        Self { internal: Some(chain(&error)), ..Self::plain(Code::Unavailable) }
    }
}

fn taken(what: &str, slug: &Slug) -> String {
    format!("A {what} named \"{slug}\" exists already. Choose another name.")
}

impl From<ControlError> for Problem {
    fn from(error: ControlError) -> Self {
        match error {
            ControlError::Name(name) => {
                let code = if name.is_reserved() { Code::ReservedName } else { Code::InvalidName };
                Self::new(code, name.to_string())
            }
            ControlError::NameTaken(slug) => Self::new(Code::TenantExists, taken("tenant", &slug)),
            ControlError::WorkspaceTaken(slug) => Self::new(Code::WorkspaceExists, taken("workspace", &slug)),
            ControlError::LastOwner => Code::LastOwner.into(),
            ControlError::RoleAbove => Code::RoleAbove.into(),
            ControlError::NotAnyMore => Self::new(
                Code::Forbidden,
                "What you may do here was changed at this moment. Look at it again.",
            ),
            ControlError::AlreadyMember => Code::MemberExists.into(),
            ControlError::InvitationExists => Code::InvitationExists.into(),
            ControlError::InvitationGone => Code::InvitationEnded.into(),
            ControlError::InvitationPaused => Self::rate_limited(5 * 60),
            ControlError::TooManyRenewals(seconds) => Self::rate_limited(seconds),
            ControlError::TooManyInvitations => Self::rate_limited(3600),
            ControlError::InvalidSettings(detail) => Self::new(Code::InvalidSettings, format!("{detail}.")),
            ControlError::InvalidImport(detail) => Self::new(Code::InvalidImport, detail),
            ControlError::SettingsChangedMeanwhile => Self::plain(Code::SettingsChanged),
            ControlError::HostnameRefused(hostname) => Self::new(
                Code::InvalidHostname,
                format!(
                    "\"{hostname}\" is not the tenant's to have: names below the platform's domain come with a tenant's \
                     name, and one label alone is nobody's."
                ),
            ),
            ControlError::HostnameTaken(hostname) => Self::new(
                Code::HostnameTaken,
                format!("\"{hostname}\", or a name above or below it, belongs to a tenant already."),
            ),
            ControlError::NoSuchHostname(hostname) => Self::new(
                Code::HostnameNotFound,
                format!("The tenant has no hostname \"{hostname}\" that could be changed like this."),
            ),
            ControlError::PrimaryHostname(hostname) => Self::new(
                Code::HostnamePrimary,
                format!("\"{hostname}\" is the primary hostname. Make another one primary first."),
            ),
            ControlError::NoSuchDomain(domain) => Self::new(
                Code::DomainNotFound,
                format!("The tenant has no domain \"{domain}\". Add it first."),
            ),
            ControlError::TooManyDomains => Code::DomainLimit.into(),
            ControlError::ViewName => Self::new(
                Code::InvalidView,
                format!("A view's name has 1 to {MAX_NAME} printable characters."),
            ),
            ControlError::ViewFilters(why) => Self::new(Code::InvalidView, why),
            ControlError::ViewExists => Code::ViewExists.into(),
            ControlError::TooManyViews => Code::ViewLimit.into(),
            ControlError::NoSuchView => Code::ViewNotFound.into(),
            ControlError::RpIdChange { from, to, passkeys } => Self::new(
                Code::RpIdChange,
                format!(
                    "{passkeys} passkeys were made for \"{from}\" and will not work at \"{to}\": these people sign in by \
                     e-mail and make new ones. Everybody is signed out once, and providers need the new redirect URIs. Ask \
                     again with \"accept_rp_id_change\" (--accept-rp-id-change) if that is meant."
                ),
            ),
            ControlError::SecretInUse { passkeys } => Self::new(
                Code::SecretInUse,
                format!(
                    "{passkeys} passkeys were made under an earlier secret and will not work without it. Ask again with \
                     \"accept_loss\" (--accept-loss) if that is meant."
                ),
            ),
            ControlError::Database(error) => error.into(),
            ControlError::VaultUnavailable(error) => Self::vault_unavailable(&error),
            error @ (ControlError::Settings(_)
            | ControlError::NoWorkspace
            | ControlError::NotRunning(_)
            | ControlError::Privileged(_)
            | ControlError::Server(_)
            | ControlError::Migration(_)) => Self::internal(&error),
        }
    }
}

impl From<RequestError> for Problem {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Gone => Code::TenantNotFound.into(),
            RequestError::Busy => Self::plain(Code::SecretChanging),
            RequestError::Target(target) => Self::plain(match target {
                Target::Running | Target::Spare => Code::TenantRunning,
                Target::Suspended => Code::TenantSuspended,
                Target::Deleted => Code::TenantDeleted,
                Target::Destroyed => Code::TenantDeleting,
                Target::Importing => Code::TenantImporting,
            }),
            RequestError::Control(error) => error.into(),
        }
    }
}

impl From<ImportError> for Problem {
    fn from(error: ImportError) -> Self {
        let nothing = "Nothing was made.";
        match &error {
            ImportError::Control(_) => {}
            ImportError::Stream(_) | ImportError::CutOff | ImportError::Count { .. } | ImportError::Head => {
                let detail = format!("The import was taken back, because {error}. {nothing}");
                return Self::new(Code::ImportBroken, detail);
            }
            ImportError::Rows { table, cause } => {
                let detail = format!("The rows of \"{table}\" were refused: {cause}. {nothing}");
                return Self::new(Code::RowsRefused, detail);
            }
            ImportError::Step(step) if step.vault_is_away() => return Self::vault_unavailable(&error),
            ImportError::Step(_) | ImportError::Event(_) => return Self::internal(&error),
        }
        match error {
            ImportError::Control(error) => error.into(),
            other => Self::internal(&other),
        }
    }
}

impl From<ManagementError> for Problem {
    fn from(error: ManagementError) -> Self {
        let code = match error {
            ManagementError::Log(error) => return error.into(),
            ManagementError::Request(_) => return Self::not_found(),
            ManagementError::Unavailable(_) => Code::EngineUnavailable,
            ManagementError::NoAnswer(_) => Code::EngineSilent,
        };
        Self { internal: Some(chain(&error)), ..Self::plain(code) }
    }
}

impl From<AskError> for Problem {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Database(error) => error.into(),
            AskError::Management(error) => error.into(),
            AskError::Missing => {
                Self { internal: Some(chain(&error)), ..Self::plain(Code::EngineUnavailable) }
            }
            error @ (AskError::Status(_) | AskError::Answer(_)) => Self::internal(&error),
        }
    }
}

impl From<BodyError> for Problem {
    fn from(error: BodyError) -> Self {
        let code = match error {
            BodyError::TooLarge => Code::BodyTooLarge,
            BodyError::Incomplete => Code::BodyIncomplete,
            BodyError::MediaType(_) => Code::UnsupportedMediaType,
            BodyError::Malformed => Code::InvalidBody,
        };
        Self::new(code, format!("{error}."))
    }
}
