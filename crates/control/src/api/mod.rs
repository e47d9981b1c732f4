//! The management API.
//!
//! Answers are JSON; errors are problem details (RFC 9457) with a stable `code`, made in one place. Bodies and
//! queries with an unknown member are refused. Every POST takes an `Idempotency-Key`
//! (draft-ietf-httpapi-idempotency-key-header), every list has pages, what is read has an entity tag. Settings have
//! their version as entity tag, and a change of the whole document names the version that it was made from (RFC 9110
//! §13.1.1).
//!
//! [`table`] is all there is: a route is mounted, guarded, described and tested from its line there.

mod analytics;
mod backup_orders;
mod backups;
mod certificate_records;
mod certificates;
mod change_settings;
pub(crate) mod code;
mod conditional;
mod console;
mod create;
mod database_password;
mod domains;
mod engine;
mod events;
mod export;
mod finish;
mod first_owner;
mod guard;
mod hostnames;
mod idempotency;
mod imports;
mod input;
mod instance;
mod invitations;
mod isolation;
mod keys;
mod logs;
mod mail_records;
mod members;
pub(crate) mod openapi;
mod operations;
mod orphans;
mod page;
mod platform;
mod problem;
mod progress;
mod reading;
mod resource;
mod route;
mod settings;
mod tenants;
mod users;
mod vault;
mod views;
mod workspaces;

use axum::{
    Extension, Router,
    http::Method,
    middleware::{from_fn, from_fn_with_state},
};

pub(crate) use idempotency::Attempts;
pub(crate) use problem::Problem;

use self::{
    code::Code,
    route::{Access, Door, Route, Takes, may, may_copy, may_with_proof},
};
use crate::{
    CallerKind, Control, Permission as P,
    audit::{Coverage, EventType as E, Writes, nothing, writes},
};

/// Why routes write nothing.
const READ: &str = "a read";
const CHECK: &str = "says what would be refused";
/// When a change writes nothing.
const SO_ALREADY: &str = "it was so already";
const NOTHING_DIFFERS: &str = "nothing differs, or it was a trial";
const HAS_DOMAIN: &str = "the tenant has it";
const NO_NEW_PROOF: &str = "the record is not there, or was found before";

/// What asking a tenant's engine for a change writes, whatever comes of it.
const ASKS_ENGINE: Writes = writes(&[E::EngineRequested]).refused(&[E::EngineRequested]);

/// What a member's other role or removal may do to the keys and invitations that they made.
const FOLLOWS_MEMBER: &[E] = &[
    E::ManagementKeyRevoked,
    E::ManagementKeyNarrowed,
    E::ManagementKeyPreviousSecretEnded,
    E::InvitationRevoked,
];

/// Where the API is.
pub(crate) const PREFIX: &str = "/v1";

/// Every route with what it needs.
fn table() -> Vec<Route> {
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
    table.extend(life_routes());
    table.extend(secret_routes());
    table.extend(orphan_routes());
    table.extend(hostname_routes());
    table.extend(domain_routes());
    table.extend(mail_records::routes());
    table.extend(certificate_routes());
    table.extend(settings_routes());
    table.extend(password_routes());
    table.extend(engine_routes());
    table.extend(user_routes());
    table.extend(log_routes());
    table.extend(event_routes());
    table.extend(view_routes());
    table.extend(analytics_routes());
    table.extend(key_routes());
    table.extend(member_routes());
    table.extend(moving_routes());
    table.extend(backup_routes());
    table.extend(backup_order_routes());
    table.extend(isolation_routes());
    table.extend(instance_routes());
    table.extend(platform::routes());
    // For whoever runs the instance, whom it tells where secrets are.
    table.push(Route::new(vault::show, vault::__path_show, may(P::TenantRead), nothing(READ)).local());
    table
}

fn life_routes() -> [Route; 5] {
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

fn secret_routes() -> [Route; 2] {
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

fn isolation_routes() -> [Route; 3] {
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
fn orphan_routes() -> [Route; 2] {
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

fn hostname_routes() -> [Route; 4] {
    use Code as C;
    const CHANGE: &[C] = &[
        C::InvalidHostname,
        C::HostnameNotFound,
        C::HostnamePrimary,
        C::TenantDeleted,
        C::TenantDeleting,
        C::TenantImporting,
        C::TooManyStreams,
    ];
    const ADD: &[C] = &[
        C::InvalidHostname,
        C::HostnameTaken,
        C::TenantDeleted,
        C::TenantDeleting,
        C::TenantImporting,
        C::TooManyStreams,
    ];
    const PRIMARY: &[C] = &[
        C::InvalidHostname,
        C::HostnameNotFound,
        C::RpIdChange,
        C::InvalidSettings,
        C::TenantDeleted,
        C::TenantDeleting,
        C::TenantImporting,
        C::TooManyStreams,
    ];
    [
        Route::new(hostnames::list, hostnames::__path_list, may(P::TenantRead), nothing(READ)),
        // Without a proof in the DNS, so this takes the word of the operator of this machine.
        Route::new(
            hostnames::add,
            hostnames::__path_add,
            may_with_proof(P::TenantManage),
            writes(&[E::TenantHostnamesChanged]),
        )
        .local()
        .takes(Takes::Json)
        .resumes()
        .problems(ADD),
        Route::new(
            hostnames::remove,
            hostnames::__path_remove,
            may_with_proof(P::TenantManage),
            writes(&[E::TenantHostnamesChanged]),
        )
        .problems(CHANGE),
        Route::new(
            hostnames::make_primary,
            hostnames::__path_make_primary,
            may_with_proof(P::TenantManage),
            writes(&[E::TenantHostnamesChanged]),
        )
        .takes(Takes::Json)
        .resumes()
        .problems(PRIMARY),
    ]
}

fn domain_routes() -> [Route; 6] {
    use Code as C;
    const ONE: &[C] = &[C::InvalidHostname, C::DomainNotFound];
    const ADD: &[C] = &[
        C::InvalidHostname,
        C::HostnameTaken,
        C::DomainLimit,
        C::TenantDeleted,
        C::TenantDeleting,
        C::TenantImporting,
        C::VaultUnavailable,
    ];
    const VERIFY: &[C] = &[
        C::InvalidHostname,
        C::DomainNotFound,
        C::HostnameTaken,
        C::TenantDeleted,
        C::TenantDeleting,
        C::TenantImporting,
    ];
    const REMOVE: &[C] = &[
        C::InvalidHostname,
        C::DomainNotFound,
        C::HostnamePrimary,
        C::TenantDeleted,
        C::TenantDeleting,
        C::TenantImporting,
        C::TooManyStreams,
    ];
    [
        Route::new(domains::list, domains::__path_list, may(P::TenantRead), nothing(READ)),
        // It changes nothing for anybody until the record is there.
        Route::new(
            domains::add,
            domains::__path_add,
            may(P::TenantManage),
            writes(&[E::TenantDomainAdded]).unless(HAS_DOMAIN),
        )
        .takes(Takes::Json)
        .resumes()
        .problems(ADD),
        Route::new(domains::show, domains::__path_show, may(P::TenantRead), nothing(READ)).problems(ONE),
        Route::new(
            domains::verify,
            domains::__path_verify,
            may_with_proof(P::TenantManage),
            writes(&[E::TenantDomainVerified]).unless(NO_NEW_PROOF),
        )
        .resumes()
        .problems(VERIFY),
        Route::new(
            domains::remove,
            domains::__path_remove,
            may_with_proof(P::TenantManage),
            writes(&[E::TenantDomainRemoved]),
        )
        .problems(REMOVE),
        Route::new(domains::alarms, domains::__path_alarms, may(P::TenantRead), nothing(READ)).local(),
    ]
}

fn certificate_routes() -> [Route; 6] {
    use Code as C;
    const ONE: &[C] = &[C::InvalidHostname, C::CertificateNotFound];
    [
        Route::new(certificates::list, certificates::__path_list, may(P::TenantRead), nothing(READ)),
        Route::new(certificates::show, certificates::__path_show, may(P::TenantRead), nothing(READ))
            .problems(ONE),
        Route::new(
            certificates::renew,
            certificates::__path_renew,
            may(P::TenantManage),
            writes(&[E::CertificateRenewalRequested]),
        )
        .problems(ONE),
        Route::new(certificates::root, certificates::__path_root, may(P::TenantRead), nothing(READ))
            .local()
            .problems(&[C::VaultUnavailable]),
        Route::new(
            certificate_records::take,
            certificate_records::__path_take,
            may(P::TenantManage),
            nothing("what comes of the order is an event"),
        )
        .local()
        .takes(Takes::Json),
        Route::new(
            certificate_records::tell,
            certificate_records::__path_tell,
            may(P::TenantManage),
            nothing("what comes of the order is an event"),
        )
        .local()
        .takes(Takes::Json)
        .problems(&[C::CertificateRecordNotFound]),
    ]
}

fn settings_routes() -> [Route; 6] {
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

fn password_routes() -> [Route; 1] {
    use Code as C;
    let rotate = Route::new(
        database_password::rotate,
        database_password::__path_rotate,
        may_with_proof(P::SecretRotate),
        writes(&[E::TenantDatabasePasswordRotated]),
    );
    [rotate.problems(&[C::TenantNotRunning, C::NoDatabasePassword])]
}

fn user_routes() -> [Route; 1] {
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

fn engine_routes() -> [Route; 2] {
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

fn log_routes() -> [Route; 6] {
    use Code as C;
    const LOG: &[C] = &[
        C::NotSealed,
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
        Route::new(logs::pruned, logs::__path_pruned, may(P::AuditRead), nothing(READ)).problems(LOG),
        Route::new(logs::tile, logs::__path_tile, may(P::AuditRead), nothing(READ)).at(TILE).problems(LOG),
        Route::new(logs::proof, logs::__path_proof, may(P::AuditRead), nothing(READ)).problems(LOG),
        // Of all workspaces.
        Route::new(logs::alarms, logs::__path_alarms, may(P::AuditRead), nothing(READ)).local(),
    ]
}

fn event_routes() -> [Route; 2] {
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
    [
        Route::new(events::list, events::__path_list, may(P::AuditRead), nothing(READ))
            .takes(Takes::Query)
            .problems(EVENTS),
        Route::new(events::live, events::__path_live, may(P::AuditRead), nothing(READ))
            .takes(Takes::Query)
            .problems(LIVE),
    ]
}

/// Everybody's own. The lists that they are of ask for more.
fn view_routes() -> [Route; 4] {
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

fn analytics_routes() -> [Route; 5] {
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

fn key_routes() -> [Route; 5] {
    use Code as C;
    [
        Route::new(keys::list, keys::__path_list, may(P::KeyRead), nothing(READ))
            .takes(Takes::Query)
            .problems(&[C::InvalidCursor, C::WorkspaceNotFound]),
        Route::new(
            keys::create,
            keys::__path_create,
            may_with_proof(P::KeyManage),
            writes(&[E::ManagementKeyCreated]),
        )
        .takes(Takes::Json)
        .problems(&[C::InvalidName, C::InvalidKey, C::ScopesTooWide, C::WorkspaceNotFound]),
        Route::new(keys::show, keys::__path_show, may(P::KeyRead), nothing(READ)),
        Route::new(
            keys::rotate,
            keys::__path_rotate,
            may_with_proof(P::KeyManage),
            writes(&[E::ManagementKeyRotated]),
        )
        .takes(Takes::Json)
        .problems(&[C::InvalidKey, C::ScopesTooWide, C::KeyNotActive]),
        Route::new(
            keys::revoke,
            keys::__path_revoke,
            may_with_proof(P::KeyManage),
            writes(&[E::ManagementKeyRevoked]).unless("it was revoked"),
        ),
    ]
}

fn member_routes() -> [Route; 8] {
    use Code as C;
    const CHANGE: &[C] = &[C::RoleAbove, C::LastOwner];
    const INVITE: &[C] = &[C::RoleAbove, C::InvalidInvitation, C::MemberExists, C::InvitationExists];
    [
        Route::new(members::list, members::__path_list, may(P::MemberRead), nothing(READ))
            .takes(Takes::Query)
            .problems(&[C::InvalidCursor]),
        Route::new(
            members::change,
            members::__path_change,
            may_with_proof(P::MemberManage),
            writes(&[E::MemberRoleChanged]).unless("it is their role").besides(FOLLOWS_MEMBER),
        )
        .takes(Takes::Json)
        .problems(CHANGE),
        Route::new(
            members::remove,
            members::__path_remove,
            may_with_proof(P::MemberManage),
            writes(&[E::MemberRemoved]).besides(FOLLOWS_MEMBER),
        )
        .problems(CHANGE),
        Route::new(invitations::list, invitations::__path_list, may(P::MemberRead), nothing(READ))
            .takes(Takes::Query)
            .problems(&[C::InvalidCursor]),
        Route::new(
            invitations::create,
            invitations::__path_create,
            may_with_proof(P::MemberManage),
            writes(&[E::InvitationCreated]),
        )
        .takes(Takes::Json)
        .problems(INVITE),
        Route::new(
            invitations::resend,
            invitations::__path_resend,
            may(P::MemberManage),
            writes(&[E::InvitationResent]),
        )
        .takes(Takes::Json)
        .problems(&[C::RoleAbove, C::InvitationEnded]),
        Route::new(
            invitations::revoke,
            invitations::__path_revoke,
            may(P::MemberManage),
            writes(&[E::InvitationRevoked]).unless("it had ended"),
        ),
        Route::new(
            first_owner::create,
            first_owner::__path_create,
            may(P::WorkspaceManage),
            writes(&[E::OwnerLinkCreated]),
        )
        .local()
        .takes(Takes::Json)
        .problems(&[C::OwnerExists]),
    ]
}

/// A secret comes in and goes out here, so these are for whoever may read the data folder anyway.
fn moving_routes() -> [Route; 3] {
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
fn backup_routes() -> [Route; 9] {
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
            backups::make,
            backups::__path_make,
            may_copy(P::TenantExport),
            writes(&[E::TenantBackedUp]),
        )
        .local()
        .takes(Takes::Stream)
        .problems(&[C::TenantDeleting, C::TenantImporting, C::VaultUnavailable, C::InvalidBody]),
        Route::new(
            backups::open,
            backups::__path_open,
            may_with_proof(P::TenantExport),
            writes(&[E::ArchiveOpened]),
        )
        .local()
        .takes(Takes::Json)
        .problems(&[C::ArchiveKeyNotFound, C::VaultUnavailable]),
        Route::new(
            backups::restore,
            backups::__path_restore,
            may_with_proof(P::TenantImport),
            writes(&[E::TenantRestored, E::TenantRequested])
                .refused(&[E::TenantImportFailed])
                .besides(&[E::TenantRequested, E::TenantRemovalRequested]),
        )
        .local()
        .takes(Takes::Stream)
        .problems(ROWS),
        Route::new(backups::check, backups::__path_check, may(P::TenantImport), nothing(CHECK))
            .local()
            .takes(Takes::Json)
            .problems(&[C::InvalidImport, C::InvalidName, C::ReservedName, C::TenantExists]),
        Route::new(
            backups::note,
            backups::__path_note,
            may(P::TenantExport),
            writes(&[E::BackupEnded, E::BackupTried]),
        )
        .local()
        .takes(Takes::Json),
        Route::new(backups::list, backups::__path_list, may(P::TenantRead), nothing(READ))
            .local()
            .takes(Takes::Query),
        // Not where archives are, so this is for whoever sees the tenant.
        Route::new(backups::of_tenant, backups::__path_of_tenant, may(P::TenantRead), nothing(READ)),
        Route::new(backups::show_schedule, backups::__path_show_schedule, may(P::TenantRead), nothing(READ))
            .local(),
        Route::new(
            backups::set_schedule,
            backups::__path_set_schedule,
            may(P::TenantExport),
            writes(&[E::BackupScheduled]),
        )
        .local()
        .takes(Takes::Json),
    ]
}

/// What members want done with archives, and whoever reaches those. Making an archive and trying one takes nothing out and changes
/// nothing; a copy has what its tenant had, so it is for who may bring data in, and have proved to be there.
fn backup_order_routes() -> [Route; 6] {
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
fn instance_routes() -> [Route; 4] {
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

/// The routes that callers of this kind have.
fn table_of(kind: CallerKind) -> impl Iterator<Item = Route> {
    let is_local = kind == CallerKind::LocalOperator;
    table().into_iter().filter(move |route| is_local || route.door == Door::Both)
}

/// What every request of the API and of the console's pages writes into the control plane's log.
pub fn coverage() -> Vec<Coverage> {
    let api = table().into_iter().map(|route| Coverage {
        path: format!("{PREFIX}{}", route.path),
        method: route.method,
        writes: route.writes,
    });
    api.chain(console::coverage()).collect()
}

/// A route as tests go through them all.
#[cfg(test)]
pub(crate) struct Listed {
    pub(crate) method: Method,
    /// The whole address, with its parameters in braces.
    pub(crate) path: String,
    pub(crate) is_public: bool,
    /// What it needs; `None` is the engine's, which asks for what is below it.
    pub(crate) need: Option<(P, bool)>,
    pub(crate) is_local: bool,
}

/// Every route that callers of this kind have.
#[cfg(test)]
pub(crate) fn routes_of(kind: CallerKind) -> impl Iterator<Item = Listed> {
    table_of(kind).map(|route| Listed {
        path: format!("{PREFIX}{}", route.described_path()),
        method: route.method,
        is_public: route.access == Access::Public,
        need: match route.access {
            Access::Needs(need) => Some((need.permission, need.step_up)),
            Access::Public | Access::Engine => None,
        },
        is_local: route.door == Door::Local,
    })
}

/// The router for callers of this kind.
pub(crate) fn router(control: &Control, kind: CallerKind) -> Router {
    let mut router = Router::new();
    for route in table_of(kind) {
        let (control, access, method) = (control.clone(), route.access, route.method);
        let guard = guard::Guard { control: control.clone(), kind, access };
        let handler = match method {
            Method::GET => route.handler.route_layer(from_fn(conditional::conditional)),
            Method::POST => {
                let is_stream = route.takes == Takes::Stream;
                let once = idempotency::Once { control, resumes: route.resumes, is_stream };
                route.handler.route_layer(from_fn_with_state(once, idempotency::once))
            }
            _ => route.handler,
        };
        let handler = handler.route_layer(from_fn_with_state(guard, guard::guard));
        router = router.route(&format!("{PREFIX}{}", route.path), handler);
    }
    if kind == CallerKind::ConsoleHost {
        router = router.merge(console::routes(control));
    }
    router
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(control.clone())
        .layer(Extension(kind))
        .layer(from_fn_with_state(finish::Finish::new(control, kind), finish::finish))
}

async fn not_found() -> Problem {
    Problem::not_found()
}

async fn method_not_allowed() -> Problem {
    Problem::plain(Code::MethodNotAllowed)
}
