//! Routes of a tenant as such: its life, its secrets, its settings, its engine.

use crate::{
    Permission as P,
    api::{
        ASKS_ENGINE, NOTHING_DIFFERS, READ, SO_ALREADY, change_settings,
        code::Code,
        database_password, engine, isolation, operations, orphans,
        route::{Access, Route, Takes, may, may_with_proof},
        settings,
    },
    audit::{EventType as E, nothing, writes},
};

pub(super) fn life_routes() -> [Route; 5] {
    use Code as C;
    const BUSY: &[C] = &[
        C::TenantRunning,
        C::TenantSuspended,
        C::TenantDeleted,
        C::TenantDeleting,
        C::TenantImporting,
        C::TooManyStreams,
    ];
    const DELETE: &[C] =
        &[C::TenantDeleting, C::TenantDeleted, C::TenantImporting, C::NotConfirmed, C::TooManyStreams];
    const RENAME: &[C] = &[
        C::InvalidName,
        C::ReservedName,
        C::TenantExists,
        C::RpIdChange,
        C::InvalidSettings,
        C::TenantDeleted,
        C::TenantDeleting,
        C::TenantImporting,
        C::TooManyStreams,
        C::VaultUnavailable,
    ];
    [
        Route::new(
            operations::suspend,
            operations::__path_suspend,
            may(P::TenantManage),
            writes(&[E::TenantSuspended]).unless(SO_ALREADY),
        )
        .takes(Takes::Json)
        .resumes()
        .problems(BUSY),
        Route::new(
            operations::resume,
            operations::__path_resume,
            may(P::TenantManage),
            writes(&[E::TenantResumed]).unless(SO_ALREADY),
        )
        .resumes()
        .problems(BUSY),
        Route::new(
            operations::delete,
            operations::__path_delete,
            may_with_proof(P::TenantDelete),
            writes(&[E::TenantDeleted, E::TenantRemovalRequested]).unless(SO_ALREADY),
        )
        .takes(Takes::Json)
        .resumes()
        .problems(DELETE),
        Route::new(
            operations::undelete,
            operations::__path_undelete,
            may(P::TenantDelete),
            writes(&[E::TenantUndeleted]).unless(SO_ALREADY),
        )
        .resumes()
        .problems(BUSY),
        Route::new(
            operations::rename,
            operations::__path_rename,
            may_with_proof(P::TenantManage),
            writes(&[E::TenantRenamed]),
        )
        .takes(Takes::Json)
        .resumes()
        .problems(RENAME),
    ]
}

pub(super) fn secret_routes() -> [Route; 2] {
    use Code as C;
    const SECRET: &[C] = &[
        C::SecretChanging,
        C::SecretInUse,
        C::TenantDeleted,
        C::TenantDeleting,
        C::TenantImporting,
        C::TooManyStreams,
        C::VaultUnavailable,
    ];
    [
        Route::new(
            operations::rotate_secret,
            operations::__path_rotate_secret,
            may_with_proof(P::SecretRotate),
            writes(&[E::TenantSecretRotated]),
        )
        .resumes()
        .problems(SECRET),
        Route::new(
            operations::retire_secret,
            operations::__path_retire_secret,
            may_with_proof(P::SecretRotate),
            writes(&[E::TenantSecretRetired]),
        )
        .takes(Takes::Json)
        .resumes()
        .problems(SECRET),
    ]
}

pub(super) fn isolation_routes() -> [Route; 3] {
    use Code as C;
    [
        Route::new(
            isolation::prove,
            isolation::__path_prove,
            may(P::TenantManage),
            writes(&[E::IsolationProved]),
        )
        .problems(&[C::TenantNotRunning, C::ProofUnderWay, C::VaultUnavailable]),
        Route::new(isolation::list, isolation::__path_list, may(P::TenantRead), nothing(READ)),
        Route::new(isolation::show, isolation::__path_show, may(P::TenantRead), nothing(READ))
            .problems(&[C::ProofNotFound]),
    ]
}

/// What is of no tenant is of no workspace either.
pub(super) fn orphan_routes() -> [Route; 2] {
    [
        Route::new(orphans::list, orphans::__path_list, may(P::TenantRead), nothing(READ))
            .local()
            .problems(&[Code::VaultUnavailable]),
        Route::new(
            orphans::remove,
            orphans::__path_remove,
            may_with_proof(P::TenantDelete),
            writes(&[E::OrphanRemoved]),
        )
        .local()
        .takes(Takes::Json)
        .problems(&[Code::VaultUnavailable]),
    ]
}

pub(super) fn settings_routes() -> [Route; 6] {
    use Code as C;
    const CHANGE: &[C] =
        &[C::InvalidSettings, C::SettingsChanged, C::TenantDeleting, C::InvalidIfMatch, C::VaultUnavailable];
    const REPLACE: &[C] = &[
        C::InvalidSettings,
        C::SettingsChanged,
        C::TenantDeleting,
        C::InvalidIfMatch,
        C::IfMatchRequired,
        C::VaultUnavailable,
    ];
    const BACK: &[C] = &[
        C::InvalidSettings,
        C::SettingsChanged,
        C::TenantDeleting,
        C::InvalidIfMatch,
        C::SettingsVersionNotFound,
        C::VaultUnavailable,
    ];
    [
        Route::new(settings::show, settings::__path_show, may(P::SettingsRead), nothing(READ)),
        Route::new(
            change_settings::replace,
            change_settings::__path_replace,
            may(P::SettingsWrite),
            writes(&[E::SettingsChanged]).unless(NOTHING_DIFFERS),
        )
        .takes(Takes::JsonAndQuery)
        .problems(REPLACE),
        Route::new(
            change_settings::patch,
            change_settings::__path_patch,
            may(P::SettingsWrite),
            writes(&[E::SettingsChanged]).unless(NOTHING_DIFFERS),
        )
        .takes(Takes::JsonAndQuery)
        .problems(CHANGE),
        Route::new(
            change_settings::roll_back,
            change_settings::__path_roll_back,
            may(P::SettingsWrite),
            writes(&[E::SettingsChanged]).unless(NOTHING_DIFFERS),
        )
        .takes(Takes::JsonAndQuery)
        .problems(BACK),
        Route::new(settings::versions, settings::__path_versions, may(P::SettingsRead), nothing(READ))
            .takes(Takes::Query)
            .problems(&[C::InvalidCursor]),
        Route::new(settings::compare, settings::__path_compare, may(P::SettingsRead), nothing(READ))
            .takes(Takes::Query)
            .problems(&[C::SettingsVersionNotFound]),
    ]
}

pub(super) fn password_routes() -> [Route; 1] {
    use Code as C;
    let rotate = Route::new(
        database_password::rotate,
        database_password::__path_rotate,
        may_with_proof(P::SecretRotate),
        writes(&[E::TenantDatabasePasswordRotated]),
    );
    [rotate.problems(&[C::TenantNotRunning, C::NoDatabasePassword])]
}

pub(super) fn engine_routes() -> [Route; 2] {
    use Code as C;
    const ENGINE: &[C] = &[
        C::EngineAnswer,
        C::EngineUnavailable,
        C::EngineSilent,
        C::NotFound,
        C::TenantSuspended,
        C::TenantDeleted,
        C::TenantDeleting,
        C::TenantImporting,
    ];
    const ADDRESS: &str = "/tenants/{tenant}/engine/{*path}";
    [
        Route::new(
            engine::read,
            engine::__path_read,
            Access::Engine,
            nothing("the tenant's own log says who asked for what"),
        )
        .at(ADDRESS)
        .problems(ENGINE),
        Route::new(engine::write, engine::__path_write, Access::Engine, ASKS_ENGINE)
            .at(ADDRESS)
            .takes(Takes::Json)
            .problems(ENGINE),
    ]
}
