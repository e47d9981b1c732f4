//! The JSON shape of tenants.

use jiff::Timestamp;
use serde::Serialize;

use crate::{Control, Step, Tenant, TenantState, step::failure_sentence, tenant::store::StepRow};

/// A tenant as callers see it.
#[derive(Debug, Serialize)]
pub(super) struct TenantResource {
    slug: String,
    url: String,
    id: String,
    state: TenantState,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<Failure>,
    #[serde(skip_serializing_if = "Option::is_none")]
    steps: Option<Vec<StepResource>>,
}

/// Why a step failed last.
#[derive(Debug, Serialize)]
pub(super) struct Failure {
    code: String,
    detail: &'static str,
}

/// How one step stands.
#[derive(Debug, Serialize)]
pub(super) struct StepResource {
    step: Step,
    started_at: String,
    finished_at: Option<String>,
    attempts: i32,
}

impl TenantResource {
    pub(super) fn new(control: &Control, tenant: &Tenant) -> Self {
        Self {
            slug: tenant.slug.to_string(),
            url: control.base_url(&tenant.slug),
            id: tenant.id.to_string(),
            state: tenant.state,
            created_at: text(tenant.created_at),
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
        Some(Self { detail: failure_sentence(&code), code })
    }
}

/// RFC 3339, to the millisecond.
pub(super) fn text(at: Timestamp) -> String {
    format!("{at:.3}")
}
