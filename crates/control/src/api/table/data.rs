//! Routes of what is in a tenant: its users, its log, its figures, and the views of them.

use crate::{
    Permission as P,
    api::{
        ASKS_ENGINE, READ, SO_ALREADY, analytics,
        code::Code,
        events, logs,
        route::{Route, Takes, may, may_with_proof},
        users, views,
    },
    audit::{EventType as E, Writes, nothing, writes},
};

pub(super) fn user_routes() -> [Route; 1] {
    use Code as C;
    const EXPORT: &[C] = &[
        C::TooManyStreams,
        C::EngineAnswer,
        C::EngineUnavailable,
        C::EngineSilent,
        C::TenantSuspended,
        C::TenantDeleted,
        C::TenantDeleting,
        C::TenantImporting,
    ];
    let because = nothing("the tenant's own log says who took it");
    [Route::new(users::export, users::__path_export, may_with_proof(P::UserRead), because)
        .takes(Takes::Query)
        .problems(EXPORT)]
}

pub(super) fn log_routes() -> [Route; 7] {
    use Code as C;
    const LOG: &[C] = &[
        C::NotSealed,
        C::EngineAnswer,
        C::EngineUnavailable,
        C::EngineSilent,
        C::TenantDeleting,
        C::TenantImporting,
    ];
    const KEPT: &[C] = &[
        C::InvalidCursor,
        C::EngineAnswer,
        C::EngineUnavailable,
        C::EngineSilent,
        C::TenantDeleting,
        C::TenantImporting,
    ];
    const PRUNED: &[C] = &[
        C::NothingPruned,
        C::EngineAnswer,
        C::EngineUnavailable,
        C::EngineSilent,
        C::TenantDeleting,
        C::TenantImporting,
    ];
    const TILE: &str = "/tenants/{tenant}/audit/tile/{*path}";
    [
        Route::new(logs::key, logs::__path_key, may(P::AuditRead), nothing(READ))
            .problems(&[C::NotSealed, C::VaultUnavailable]),
        Route::new(logs::checkpoint, logs::__path_checkpoint, may(P::AuditRead), nothing(READ)).problems(LOG),
        Route::new(logs::checkpoints, logs::__path_checkpoints, may(P::AuditRead), nothing(READ))
            .takes(Takes::Query)
            .problems(KEPT),
        Route::new(logs::pruned, logs::__path_pruned, may(P::AuditRead), nothing(READ)).problems(PRUNED),
        Route::new(logs::tile, logs::__path_tile, may(P::AuditRead), nothing(READ)).at(TILE).problems(LOG),
        Route::new(logs::proof, logs::__path_proof, may(P::AuditRead), nothing(READ)).problems(LOG),
        // Of all workspaces.
        Route::new(logs::alarms, logs::__path_alarms, may(P::AuditRead), nothing(READ)).local(),
    ]
}

pub(super) fn event_routes() -> [Route; 3] {
    use Code as C;
    const EVENTS: &[C] = &[
        C::InvalidCursor,
        C::InvalidFilter,
        C::EngineAnswer,
        C::EngineUnavailable,
        C::EngineSilent,
        C::TenantDeleting,
        C::TenantImporting,
    ];
    const LIVE: &[C] = &[
        C::TooManyStreams,
        C::InvalidFilter,
        C::EngineAnswer,
        C::EngineUnavailable,
        C::EngineSilent,
        C::TenantDeleting,
        C::TenantImporting,
    ];
    let because = nothing("the tenant's own log says who took it");
    [
        Route::new(events::list, events::__path_list, may(P::AuditRead), nothing(READ))
            .takes(Takes::Query)
            .problems(EVENTS),
        Route::new(events::live, events::__path_live, may(P::AuditRead), nothing(READ))
            .takes(Takes::Query)
            .problems(LIVE),
        Route::new(events::export, events::__path_export, may_with_proof(P::AuditRead), because)
            .takes(Takes::Query)
            .problems(LIVE),
    ]
}

/// Everybody's own. The lists that they are of ask for more.
pub(super) fn view_routes() -> [Route; 4] {
    use Code as C;
    const RENAMED: Writes = writes(&[E::SavedViewRenamed]).unless(SO_ALREADY);
    const DELETED: Writes = writes(&[E::SavedViewDeleted]).unless("it was gone by then");
    [
        Route::new(views::list, views::__path_list, may(P::TenantRead), nothing(READ)),
        Route::new(views::create, views::__path_create, may(P::TenantRead), writes(&[E::SavedViewCreated]))
            .takes(Takes::Json)
            .problems(&[C::InvalidView, C::ViewExists, C::ViewLimit]),
        Route::new(views::rename, views::__path_rename, may(P::TenantRead), RENAMED)
            .takes(Takes::Json)
            .problems(&[C::InvalidView, C::ViewExists, C::ViewNotFound]),
        Route::new(views::delete, views::__path_delete, may(P::TenantRead), DELETED)
            .problems(&[C::ViewNotFound]),
    ]
}

pub(super) fn analytics_routes() -> [Route; 5] {
    use Code as C;
    const ENGINE: &[C] = &[
        C::EngineAnswer,
        C::EngineUnavailable,
        C::EngineSilent,
        C::TenantSuspended,
        C::TenantDeleted,
        C::TenantDeleting,
        C::TenantImporting,
    ];
    const FIGURES: &[C] = &[
        C::InvalidRange,
        C::EngineAnswer,
        C::EngineUnavailable,
        C::EngineSilent,
        C::TenantSuspended,
        C::TenantDeleted,
        C::TenantDeleting,
        C::TenantImporting,
    ];
    const LIVE: &[C] = &[
        C::TooManyStreams,
        C::EngineAnswer,
        C::EngineUnavailable,
        C::EngineSilent,
        C::TenantSuspended,
        C::TenantDeleted,
        C::TenantDeleting,
        C::TenantImporting,
    ];
    [
        Route::new(analytics::show, analytics::__path_show, may(P::TenantRead), nothing(READ))
            .takes(Takes::Query)
            .problems(FIGURES),
        Route::new(analytics::export, analytics::__path_export, may(P::TenantRead), nothing(READ))
            .takes(Takes::Query)
            .problems(FIGURES),
        Route::new(analytics::live, analytics::__path_live, may(P::TenantRead), nothing(READ)).problems(LIVE),
        Route::new(analytics::how_far, analytics::__path_how_far, may(P::TenantRead), nothing(READ))
            .problems(ENGINE),
        Route::new(analytics::count_anew, analytics::__path_count_anew, may(P::TenantManage), ASKS_ENGINE)
            .problems(ENGINE),
    ]
}
