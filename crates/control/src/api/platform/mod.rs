//! The instance as the owners of the platform see it: of all workspaces, facts about how things run and nothing that is in
//! tenants.

mod engines;
mod health;
mod jobs;
mod tenants;

use kiavi_base::WorkspaceId;

pub(super) use engines::{EngineResource, ProcessResource, ServiceResource, Services, started, starts_again};
pub(super) use health::Health;
pub(super) use jobs::{JobResource, JobStepResource};
pub(super) use tenants::TenantOfInstanceResource;

use super::{
    Problem,
    code::Code,
    page::{self, Limit},
    route::{Route, Takes, may},
};
use crate::{Control, Permission as P, audit::nothing, platform::store::Filter, workspace};

/// Longest text that is searched for: longer than any name or id, and than any host's.
const MAX_TEXT: usize = 253;

const READ: &str = "a read";

/// All of them.
pub(super) fn routes() -> [Route; 5] {
    const LIST: &[Code] = &[Code::InvalidCursor, Code::WorkspaceNotFound];
    let needed = may(P::InstanceRead);
    [
        Route::new(tenants::list, tenants::__path_list, needed, nothing(READ))
            .takes(Takes::Query)
            .problems(LIST),
        Route::new(engines::list, engines::__path_list, needed, nothing(READ))
            .takes(Takes::Query)
            .problems(LIST),
        Route::new(engines::services, engines::__path_services, needed, nothing(READ)),
        Route::new(jobs::list, jobs::__path_list, needed, nothing(READ)).takes(Takes::Query).problems(LIST),
        Route::new(health::show, health::__path_show, needed, nothing(READ)),
    ]
}

/// What is asked of every list here, as the query has it.
struct Wanted<'a> {
    limit: Option<u16>,
    cursor: Option<&'a str>,
    q: Option<&'a str>,
    workspace: Option<&'a str>,
}

impl Wanted<'_> {
    /// How many a page has, and what the database is asked for: one more.
    async fn filter(self, control: &Control, list: &str) -> Result<(Limit, Filter), Problem> {
        let limit = Limit::of(self.limit)?;
        let after = page::position(list, self.cursor)?.unwrap_or_default();
        let text = self.q.map(|text| page::searched(text, MAX_TEXT)).transpose()?;
        let workspace = match self.workspace {
            Some(named) => Some(named_workspace(control, named).await?),
            None => None,
        };
        Ok((limit, Filter { after, text, workspace, limit: limit.and_one() }))
    }
}

async fn named_workspace(control: &Control, named: &str) -> Result<WorkspaceId, Problem> {
    let found = workspace::store::find(&control.parts().database, named).await?;
    found.map(|workspace| workspace.id).ok_or_else(|| Problem::workspace_not_found(named))
}
