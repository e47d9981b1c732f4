//! What is under way for tenants, or cannot be done.

use axum::{extract::State, http::Uri, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::{
    Problem,
    input::Asked,
    page::{Page, page},
    resource::{Failure, text},
};
use crate::{
    Control, Step,
    platform::{Job, JobState, JobStep, store},
    tenant::Target,
};

/// What cursors of this list begin with.
const LIST: &str = "instance-jobs";

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct Wanted {
    /// How many, at most.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[param(max_length = 256, pattern = "^[A-Za-z0-9_-]+$")]
    cursor: Option<String>,
    /// Only jobs of tenants whose name, or one of whose own domains, has this in it, or whose id it is.
    #[param(max_length = 253, example = "shop")]
    q: Option<String>,
    /// Only jobs that stand like this.
    #[param(inline)]
    state: Option<JobState>,
    /// Only jobs of tenants of this workspace, by name or id.
    #[param(max_length = 63, example = "default")]
    workspace: Option<String>,
}

/// A step of a job.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JobStep)]
pub(in crate::api) struct JobStepResource {
    step: Step,
    /// When it was last begun; null while nobody has.
    #[schema(format = DateTime)]
    started_at: Option<String>,
    /// When it was done; null while it is not.
    #[schema(format = DateTime)]
    finished_at: Option<String>,
    /// How often it was begun.
    attempts: i32,
}

impl From<JobStep> for JobStepResource {
    fn from(found: JobStep) -> Self {
        let JobStep { step, started_at, finished_at, attempts } = found;
        Self { step, started_at: started_at.map(text), finished_at: finished_at.map(text), attempts }
    }
}

/// What is under way for a tenant.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Job)]
pub(in crate::api) struct JobResource {
    /// The id of the tenant.
    #[schema(example = "t0a1b2c3d4e5f6g7h8i9j0k1l", pattern = "^t[a-z0-9]{24}$")]
    tenant: String,
    /// The name of the tenant; of one that is made in advance, its id.
    #[schema(example = "shop")]
    slug: String,
    /// The name of the tenant's workspace.
    #[schema(example = "acme")]
    workspace: String,
    /// What the tenant is to become.
    target: Target,
    state: JobState,
    /// Why it failed last.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<Failure>,
    /// The way there, in order; what is done already is not done again.
    steps: Vec<JobStepResource>,
}

impl From<Job> for JobResource {
    fn from(found: Job) -> Self {
        let Job { tenant, workspace, state, steps } = found;
        Self {
            tenant: tenant.id.to_string(),
            slug: tenant.slug.to_string(),
            workspace,
            target: tenant.target,
            state,
            last_error: Failure::of(&tenant),
            steps: steps.into_iter().map(JobStepResource::from).collect(),
        }
    }
}

/// List jobs
///
/// Tenants that are not where they should be, by name, in pages. What failed is tried again by itself, at the latest a minute
/// later.
#[utoipa::path(get, path = "/instance/jobs", tag = "Instance", params(Wanted), responses(
    (status = 200, description = "A page of jobs", body = Page<JobResource>),
))]
pub(in crate::api) async fn list(
    State(control): State<Control>,
    uri: Uri,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Problem> {
    let Wanted { limit, cursor, q, state, workspace } = wanted;
    let (cursor, q, workspace) = (cursor.as_deref(), q.as_deref(), workspace.as_deref());
    let (limit, filter) = super::Wanted { limit, cursor, q, workspace }.filter(&control, LIST).await?;
    let found = store::jobs(&control, &filter, state).await?;
    let position = |found: &Job| found.tenant.slug.to_string();
    Ok(page(LIST, &uri, found, limit, position, JobResource::from))
}
