//! Processes: tenants' engines, and those that every instance has.

use axum::{Json, extract::State, http::Uri, response::Response};
use jiff::{SignedDuration, Timestamp};
use kiavi_ipc::survey::{EngineStanding, ProcessFacts, ServiceStanding};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::{
    Problem,
    input::Asked,
    page::{Page, page},
    resource::text,
};
use crate::{
    Control,
    platform::{
        self, EngineFailure, EngineState, Engines,
        store::{self, EngineOf},
    },
};

/// What cursors of this list begin with.
const LIST: &str = "instance-engines";

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
    /// Only engines of tenants whose name, or one of whose own domains, has this in it, or whose id it is.
    #[param(max_length = 253, example = "shop")]
    q: Option<String>,
    /// Only engines that do this.
    #[param(inline)]
    state: Option<EngineState>,
    /// Only engines of tenants of this workspace, by name or id.
    #[param(max_length = 63, example = "default")]
    workspace: Option<String>,
}

/// A process of the operating system.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Process)]
pub(in crate::api) struct ProcessResource {
    /// Its number.
    #[schema(example = 4711)]
    pid: u32,
    /// When it was started.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    started_at: Option<String>,
    /// Memory that no other process shares with it, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 421888)]
    private_bytes: Option<u64>,
    /// Whether the kernel says that it can gain no rights any more and is held to a list of system calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_confined: Option<bool>,
}

impl ProcessResource {
    fn new(facts: ProcessFacts, now: Timestamp) -> Self {
        let ProcessFacts { pid, private_bytes, is_confined, .. } = facts;
        Self { pid, started_at: started(&facts, now).map(text), private_bytes, is_confined }
    }
}

/// When a process was started.
pub(in crate::api) fn started(facts: &ProcessFacts, now: Timestamp) -> Option<Timestamp> {
    after(now, -i64::try_from(facts.age_milliseconds?).ok()?)
}

/// When the pause of an engine is over.
pub(in crate::api) fn starts_again(engine: &EngineStanding, now: Timestamp) -> Option<Timestamp> {
    after(now, i64::try_from(engine.pause_milliseconds?).ok()?)
}

fn after(now: Timestamp, milliseconds: i64) -> Option<Timestamp> {
    now.checked_add(SignedDuration::from_millis(milliseconds)).ok()
}

/// A tenant's engine.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Engine)]
pub(in crate::api) struct EngineResource {
    /// The id of its tenant.
    #[schema(example = "t0a1b2c3d4e5f6g7h8i9j0k1l", pattern = "^t[a-z0-9]{24}$")]
    tenant: String,
    /// The name of its tenant.
    #[schema(example = "shop")]
    slug: String,
    /// The name of its tenant's workspace.
    #[schema(example = "acme")]
    workspace: String,
    state: EngineState,
    /// Null while it does not run.
    process: Option<ProcessResource>,
    /// How often it failed in a row.
    failures: u32,
    /// How it failed last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(inline)]
    last_failure: Option<EngineFailure>,
    /// When it may be started again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    starts_again_at: Option<String>,
}

impl EngineResource {
    fn new(found: EngineOf, engines: &Engines, now: Timestamp) -> Self {
        let standing = engines.find(&found.tenant);
        Self {
            tenant: found.tenant.to_string(),
            slug: found.slug,
            workspace: found.workspace,
            state: standing.map_or(EngineState::Sleeping, |standing| standing.state.into()),
            process: standing
                .and_then(|standing| standing.process)
                .map(|facts| ProcessResource::new(facts, now)),
            failures: standing.map_or(0, |standing| standing.failures),
            last_failure: standing.and_then(|standing| standing.last_failure).map(EngineFailure::from),
            starts_again_at: standing.and_then(|standing| starts_again(standing, now)).map(text),
        }
    }
}

/// List engines
///
/// By the names of their tenants, in pages: those that run, those that sleep until somebody asks for them, and those that are
/// held up. Looking wakes none.
#[utoipa::path(get, path = "/instance/engines", tag = "Instance", params(Wanted), responses(
    (status = 200, description = "A page of engines", body = Page<EngineResource>),
))]
pub(in crate::api) async fn list(
    State(control): State<Control>,
    uri: Uri,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Problem> {
    let Wanted { limit, cursor, q, state, workspace } = wanted;
    let (cursor, q, workspace) = (cursor.as_deref(), q.as_deref(), workspace.as_deref());
    let (limit, filter) = super::Wanted { limit, cursor, q, workspace }.filter(&control, LIST).await?;
    let survey = platform::survey(&control).await.map_err(|error| Problem::internal(&*error))?;
    let (engines, now) = (Engines::of(&survey), control.parts().clock.now());
    let found = store::engines(&control.parts().database, &filter, &engines.filter(state)).await?;
    let position = |found: &EngineOf| found.slug.clone();
    Ok(page(LIST, &uri, found, limit, position, |found| EngineResource::new(found, &engines, now)))
}

/// A process that every instance has.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Service)]
pub(in crate::api) struct ServiceResource {
    /// What it is there for: `launcher`, `gateway`, `control`, `outbound`, `auditor`, or `postgres` where that is the
    /// instance's own.
    #[schema(example = "gateway")]
    role: String,
    /// Null while it does not run. Of PostgreSQL it is the first process, without memory, which its processes share.
    process: Option<ProcessResource>,
    /// How often it failed in a row.
    failures: u32,
}

impl ServiceResource {
    fn new(standing: ServiceStanding, now: Timestamp) -> Self {
        let ServiceStanding { role, process, failures } = standing;
        Self { role, process: process.map(|facts| ProcessResource::new(facts, now)), failures }
    }
}

/// The processes that every instance has.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Services {
    /// Whether every layer of the sandbox is required; without root some are not.
    is_fully_isolated: bool,
    services: Vec<ServiceResource>,
}

/// List the instance's own processes
///
/// Those that should always run.
#[utoipa::path(get, path = "/instance/services", tag = "Instance", responses(
    (status = 200, description = "The processes", body = Services),
))]
pub(in crate::api) async fn services(State(control): State<Control>) -> Result<Json<Services>, Problem> {
    let survey = platform::survey(&control).await.map_err(|error| Problem::internal(&*error))?;
    let now = control.parts().clock.now();
    let services = survey.services.into_iter().map(|standing| ServiceResource::new(standing, now)).collect();
    Ok(Json(Services { is_fully_isolated: survey.is_fully_isolated, services }))
}
