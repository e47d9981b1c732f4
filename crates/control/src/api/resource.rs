//! The JSON shape of tenants.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{Control, Step, Tenant, TenantState, step::failure_sentence, tenant::store::StepRow};

/// A tenant as callers see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Tenant)]
pub(super) struct TenantResource {
    /// Its name, which is the first label of its hostname.
    #[schema(example = "shop")]
    slug: String,
    /// Its base URL.
    #[schema(example = "https://shop.auth.example.com")]
    url: String,
    /// Its id, which never changes.
    #[schema(example = "t0a1b2c3d4e5f6g7h8i9j0k1l", pattern = "^t[a-z0-9]{24}$")]
    id: String,
    /// The id of its workspace.
    #[schema(example = "w0a1b2c3d4e5f6g7h8i9j0k1l", pattern = "^w[a-z0-9]{24}$")]
    workspace: String,
    state: TenantState,
    /// When it was asked for.
    #[schema(format = DateTime, example = "2026-11-26T12:00:00.000Z")]
    created_at: String,
    /// Why it is suspended or deleted, in the operator's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// When a deleted one is destroyed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    destroyed_at: Option<String>,
    /// What went wrong last, while it is still tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<Failure>,
    /// The steps of its making that were begun, in their order; in answers about one tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    steps: Option<Vec<StepResource>>,
}

/// Why a step failed last.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Failure {
    /// The stable name of the failure.
    #[schema(example = "database_failed")]
    code: String,
    /// A sentence for people.
    detail: &'static str,
    /// When it is tried again; what is past is under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    retry_at: Option<String>,
}

/// How one step stands.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Step)]
pub(super) struct StepResource {
    step: Step,
    /// When it was last begun.
    #[schema(format = DateTime)]
    started_at: String,
    /// When it was done; null while it is not.
    #[schema(format = DateTime)]
    finished_at: Option<String>,
    /// How often it was begun.
    attempts: i32,
}

impl TenantResource {
    pub(super) fn new(control: &Control, tenant: &Tenant) -> Self {
        Self {
            slug: tenant.slug.to_string(),
            url: control.url_of(tenant),
            id: tenant.id.to_string(),
            workspace: tenant.workspace.to_string(),
            state: tenant.state,
            created_at: text(tenant.created_at),
            reason: tenant.reason.clone(),
            destroyed_at: tenant.destroy_at.map(text),
            last_error: Failure::of(tenant),
            steps: None,
        }
    }

    pub(super) fn with_steps(self, steps: Vec<StepRow>) -> Self {
        let steps = steps.into_iter().map(|row| StepResource {
            step: row.step,
            started_at: text(row.started_at),
            finished_at: row.finished_at.map(text),
            attempts: row.attempts,
        });
        Self { steps: Some(steps.collect()), ..self }
    }
}

impl Failure {
    pub(super) fn of(tenant: &Tenant) -> Option<Self> {
        let code = tenant.last_error.clone()?;
        Some(Self { detail: failure_sentence(&code), code, retry_at: tenant.retry_at.map(text) })
    }
}

/// RFC 3339, to the millisecond.
pub(super) fn text(at: Timestamp) -> String {
    format!("{at:.3}")
}
