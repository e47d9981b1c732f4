//! Routes by which data leaves and comes in: moves, archives, orders for them, the instance.

use crate::{
    Permission as P,
    api::{
        CHECK, READ, archives, backup_orders, backup_runs,
        code::Code,
        export, imports, instance, restores,
        route::{Route, Takes, may, may_copy, may_with_proof},
    },
    audit::{EventType as E, Writes, nothing, writes},
};

/// A secret comes in and goes out here, so these are for whoever may read the data folder anyway.
pub(super) fn moving_routes() -> [Route; 3] {
    use Code as C;
    const IMPORT: &[C] = &[C::InvalidImport, C::InvalidName, C::ReservedName, C::TenantExists];
    const ROWS: &[C] = &[
        C::InvalidImport,
        C::InvalidName,
        C::ReservedName,
        C::TenantExists,
        C::ImportBroken,
        C::RowsRefused,
        C::InvalidBody,
        C::VaultUnavailable,
    ];
    [
        Route::new(
            imports::import,
            imports::__path_import,
            may_with_proof(P::TenantImport),
            writes(&[E::TenantImported])
                .refused(&[E::TenantImportFailed])
                .besides(&[E::TenantRequested, E::TenantRemovalRequested]),
        )
        .local()
        .takes(Takes::Stream)
        .problems(ROWS),
        Route::new(imports::check, imports::__path_check, may(P::TenantImport), nothing(CHECK))
            .local()
            .takes(Takes::Json)
            .problems(IMPORT),
        Route::new(
            export::export,
            export::__path_export,
            may_with_proof(P::TenantExport),
            writes(&[E::TenantExported]),
        )
        .local()
        .problems(&[C::TenantDeleting, C::TenantImporting, C::VaultUnavailable]),
    ]
}

/// What leaves here is encrypted, and what comes in is a tenant; the keys are for whoever may read the data folder anyway.
pub(super) fn backup_routes() -> [Route; 9] {
    use Code as C;
    const ROWS: &[C] = &[
        C::InvalidImport,
        C::InvalidName,
        C::ReservedName,
        C::TenantExists,
        C::ImportBroken,
        C::RowsRefused,
        C::InvalidBody,
        C::VaultUnavailable,
    ];
    [
        Route::new(
            archives::make,
            archives::__path_make,
            may_copy(P::TenantExport),
            writes(&[E::TenantBackedUp]),
        )
        .local()
        .takes(Takes::Stream)
        .problems(&[C::TenantDeleting, C::TenantImporting, C::VaultUnavailable, C::InvalidBody]),
        Route::new(
            archives::open,
            archives::__path_open,
            may_with_proof(P::TenantExport),
            writes(&[E::ArchiveOpened]),
        )
        .local()
        .takes(Takes::Json)
        .problems(&[C::ArchiveKeyNotFound, C::VaultUnavailable]),
        Route::new(
            restores::restore,
            restores::__path_restore,
            may_with_proof(P::TenantImport),
            writes(&[E::TenantRestored, E::TenantRequested])
                .refused(&[E::TenantImportFailed])
                .besides(&[E::TenantRequested, E::TenantRemovalRequested]),
        )
        .local()
        .takes(Takes::Stream)
        .problems(ROWS),
        Route::new(restores::check, restores::__path_check, may(P::TenantImport), nothing(CHECK))
            .local()
            .takes(Takes::Json)
            .problems(&[C::InvalidImport, C::InvalidName, C::ReservedName, C::TenantExists]),
        Route::new(
            backup_runs::note,
            backup_runs::__path_note,
            may(P::TenantExport),
            writes(&[E::BackupEnded, E::BackupTried]),
        )
        .local()
        .takes(Takes::Json),
        Route::new(backup_runs::list, backup_runs::__path_list, may(P::TenantRead), nothing(READ))
            .local()
            .takes(Takes::Query),
        // Not where archives are, so this is for whoever sees the tenant.
        Route::new(backup_runs::of_tenant, backup_runs::__path_of_tenant, may(P::TenantRead), nothing(READ)),
        Route::new(
            backup_runs::show_schedule,
            backup_runs::__path_show_schedule,
            may(P::TenantRead),
            nothing(READ),
        )
        .local(),
        Route::new(
            backup_runs::set_schedule,
            backup_runs::__path_set_schedule,
            may(P::TenantExport),
            writes(&[E::BackupScheduled]),
        )
        .local()
        .takes(Takes::Json),
    ]
}

/// What members want done with archives, and whoever reaches those. Making an archive and trying one takes nothing out and changes
/// nothing; a copy has what its tenant had, so it is for who may bring data in, and have proved to be there.
pub(super) fn backup_order_routes() -> [Route; 6] {
    use Code as C;
    const BUSY: &[C] = &[C::NoBackupPlace, C::BackupUnderWay, C::TenantDeleting, C::TenantImporting];
    const COPY: &[C] = &[
        C::NoBackupPlace,
        C::BackupUnderWay,
        C::BackupNotFound,
        C::TenantDeleting,
        C::TenantImporting,
        C::TenantExists,
        C::InvalidName,
        C::ReservedName,
    ];
    const ORDERED: Writes = writes(&[E::BackupOrdered]);
    [
        Route::new(backup_orders::back_up, backup_orders::__path_back_up, may(P::TenantManage), ORDERED)
            .problems(BUSY),
        Route::new(backup_orders::drill, backup_orders::__path_drill, may(P::TenantManage), ORDERED)
            .problems(BUSY),
        Route::new(
            backup_orders::restore,
            backup_orders::__path_restore,
            may_with_proof(P::TenantImport),
            ORDERED,
        )
        .takes(Takes::Json)
        .problems(COPY),
        Route::new(
            backup_orders::take,
            backup_orders::__path_take,
            may(P::TenantExport),
            writes(&[E::BackupOrderEnded]).unless("nobody was given up"),
        )
        .local()
        .takes(Takes::Json),
        Route::new(
            backup_orders::tell,
            backup_orders::__path_tell,
            may(P::TenantExport),
            writes(&[E::BackupOrderEnded]).unless("it goes on"),
        )
        .local()
        .takes(Takes::Json)
        .problems(&[C::BackupOrderNotFound]),
        Route::new(
            backup_orders::removed,
            backup_orders::__path_removed,
            may(P::TenantExport),
            writes(&[E::BackupRemoved]).unless("it was not known"),
        )
        .local()
        .takes(Takes::Json),
    ]
}

/// The instance's own rows, which leave as archives do.
pub(super) fn instance_routes() -> [Route; 4] {
    use Code as C;
    [
        Route::new(
            instance::make,
            instance::__path_make,
            may_copy(P::TenantExport),
            writes(&[E::InstanceBackedUp]),
        )
        .local()
        .takes(Takes::Stream)
        .problems(&[C::VaultUnavailable, C::InvalidBody]),
        Route::new(
            instance::restore,
            instance::__path_restore,
            may_with_proof(P::TenantImport),
            writes(&[E::InstanceBroughtBack]),
        )
        .local()
        .takes(Takes::Stream)
        .problems(&[
            C::InvalidImport,
            C::ImportBroken,
            C::RowsRefused,
            C::InvalidBody,
            C::VaultUnavailable,
        ]),
        Route::new(instance::drill, instance::__path_drill, may(P::TenantImport), nothing(CHECK))
            .local()
            .takes(Takes::Stream)
            .problems(&[
                C::InvalidImport,
                C::ImportBroken,
                C::RowsRefused,
                C::InvalidBody,
                C::VaultUnavailable,
            ]),
        Route::new(instance::lost, instance::__path_lost, may(P::TenantRead), nothing(READ)).local(),
    ]
}
