//! All that the API has: a route is mounted, guarded, described and tested from its line here.

mod archives;
mod data;
mod life;
mod names;
mod people;

use crate::{
    Permission as P,
    api::{
        READ,
        code::Code,
        create, mail_records, openapi, platform, progress,
        route::{Access, Route, Takes, may},
        tenants, vault, workspaces,
    },
    audit::{EventType as E, nothing, writes},
};

/// Every route with what it needs.
pub(super) fn table() -> Vec<Route> {
    use Code as C;
    let mut table = vec![
        Route::new(openapi::show, openapi::__path_show, Access::Public, nothing("the same for everybody")),
        Route::new(workspaces::list, workspaces::__path_list, may(P::WorkspaceRead), nothing(READ))
            .takes(Takes::Query)
            .problems(&[C::InvalidCursor]),
        Route::new(
            workspaces::create,
            workspaces::__path_create,
            may(P::WorkspaceCreate),
            writes(&[E::WorkspaceCreated]),
        )
        .takes(Takes::Json)
        .problems(&[C::InvalidName, C::WorkspaceExists]),
        Route::new(workspaces::show, workspaces::__path_show, may(P::WorkspaceRead), nothing(READ)),
        Route::new(
            workspaces::rename,
            workspaces::__path_rename,
            may(P::WorkspaceManage),
            writes(&[E::WorkspaceRenamed]),
        )
        .takes(Takes::Json)
        .problems(&[C::InvalidName]),
        Route::new(tenants::list, tenants::__path_list, may(P::TenantRead), nothing(READ))
            .takes(Takes::Query)
            .problems(&[C::InvalidCursor, C::WorkspaceNotFound]),
        Route::new(
            create::create,
            create::__path_create,
            may(P::TenantCreate),
            writes(&[E::TenantRequested]),
        )
        .takes(Takes::Json)
        .resumes()
        .problems(&[
            C::InvalidName,
            C::ReservedName,
            C::TenantExists,
            C::WorkspaceNotFound,
            C::TooManyStreams,
        ]),
        Route::new(tenants::show, tenants::__path_show, may(P::TenantRead), nothing(READ)),
        Route::new(progress::show, progress::__path_show, may(P::TenantRead), nothing(READ))
            .problems(&[C::TooManyStreams]),
    ];
    table.extend(life::life_routes());
    table.extend(life::secret_routes());
    table.extend(life::orphan_routes());
    table.extend(names::hostname_routes());
    table.extend(names::domain_routes());
    table.extend(mail_records::routes());
    table.extend(names::certificate_routes());
    table.extend(life::settings_routes());
    table.extend(life::password_routes());
    table.extend(life::engine_routes());
    table.extend(data::user_routes());
    table.extend(data::log_routes());
    table.extend(data::event_routes());
    table.extend(data::view_routes());
    table.extend(data::analytics_routes());
    table.extend(people::key_routes());
    table.extend(people::member_routes());
    table.extend(archives::moving_routes());
    table.extend(archives::backup_routes());
    table.extend(archives::backup_order_routes());
    table.extend(life::isolation_routes());
    table.extend(archives::instance_routes());
    table.extend(platform::routes());
    // For whoever runs the instance, whom it tells where secrets are.
    table.push(Route::new(vault::show, vault::__path_show, may(P::TenantRead), nothing(READ)).local());
    table
}
