//! The OpenAPI document: made of the table of routes, so it has what is mounted and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use axum::{Extension, Json, extract::State};
use serde_json::json;
use utoipa::{
    OpenApi,
    openapi::{
        self, ContentBuilder, HttpMethod, Ref, RefOr, ResponseBuilder, Schema,
        path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem},
        schema::{SchemaType, Type},
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};

use super::{
    PREFIX, analytics, archives, backup_orders, backup_runs, certificate_records, certificates,
    change_settings::{Back, Changed},
    code::Code,
    console,
    create::NewTenant,
    domains,
    engine::EngineRefusal,
    events,
    export::Exported,
    first_owner::OwnerLink,
    hostnames, imports, instance,
    invitations::{InvitationResource, NothingSent, WantedInvitation},
    isolation,
    keys::{KeyResource, KeyShownOnce, Rotation, WantedKey},
    logs::{KeptCheckpoint, LogKeys, WitnessedLogs},
    mail_records,
    members::{MemberChanged, MemberRemoved, MemberResource, RoleChange},
    operations, orphans,
    page::Page,
    platform::{
        EngineResource, Health, JobResource, JobStepResource, ProcessResource, ServiceResource, Services,
        TenantOfInstanceResource,
    },
    problem::ProblemBody,
    progress::ProgressEvent,
    resource::TenantResource,
    restores,
    route::{Access, Route, Takes},
    settings::{Differences, SettingsDocument, VersionResource},
    table_of,
    vault::VaultResource,
    views,
    workspaces::{NewWorkspace, WorkspaceChange, WorkspaceResource},
};
use crate::{
    CallerKind, Permission, Role,
    platform::health::{Check, HealthFinding, HealthVerdict},
};

/// How callers show who they are.
const SCHEME: &str = "management_key";
const COOKIE_SCHEME: &str = "console_session";

const INTRODUCTION: &str = "Everything that can be done with Kiavi's tenants, without a person at a screen.\n\n\
    Send a management key as `Authorization: Bearer KEY`. A key has scopes, which are the permissions below, and is good \
    for one workspace or for the whole instance; what is in another workspace is not there for it. A key may send 1,200 \
    requests a minute; `RateLimit` says how many are left.\n\n\
    Lists have pages: follow `Link: rel=\"next\"`, or send `next_cursor` as `cursor`. What is read has an entity tag for \
    `If-None-Match`. Every POST takes an `Idempotency-Key`: the same request with the same key is carried out once and \
    answered alike for a day; secrets are in the first answer only.\n\n\
    Errors are problem details (RFC 9457). Programs decide by `code`; `detail` is for people.";

#[derive(OpenApi)]
#[openapi(
    info(title = "Kiavi management API", description = INTRODUCTION, license(name = "Apache-2.0", identifier = "Apache-2.0")),
    components(schemas(
        ProblemBody, Code, Permission, Role, TenantResource, NewTenant, WorkspaceResource, NewWorkspace, WorkspaceChange, KeyResource,
        MemberResource, MemberChanged, MemberRemoved, crate::key::end::ChangedKey, crate::key::end::KeyFate, RoleChange, InvitationResource, WantedInvitation, NothingSent, OwnerLink, Page<MemberResource>,
        Page<InvitationResource>,
        KeyShownOnce, WantedKey, Rotation, SettingsDocument, Changed, Back, Differences, VersionResource,
        Page<KeptCheckpoint>, KeptCheckpoint,
        Page<events::EventResource>, events::EventResource, events::NamedResource, events::OutcomeFilter, Page<TenantResource>, Page<WorkspaceResource>, Page<KeyResource>, Page<VersionResource>, Exported, imports::Wanted,
        archives::WantedBackup, archives::ArchiveHeader, archives::ArchiveKey, restores::WantedRestore, backup_runs::Scheduled, backup_runs::TenantRuns, backup_runs::TenantRun,
        isolation::Proofs, isolation::Listed, crate::isolation::SignedReport, crate::isolation::Report, crate::isolation::Check,
        crate::isolation::Verdict,
        backup_orders::OrderResource, backup_orders::WantedCopy, backup_orders::Waiting, backup_orders::Told, backup_orders::RemovedArchive,
        crate::backup::order::OrderKind, crate::backup::order::OrderStep, crate::backup::order::OrderFailure,
        instance::WantedInstance, instance::TriedInstance, instance::LostTenants, crate::instance::lost::Lost,
        crate::backup::store::Run, crate::backup::store::RunKind,
        Page<TenantOfInstanceResource>, TenantOfInstanceResource, Page<EngineResource>, EngineResource, ProcessResource,
        crate::platform::EngineState, Services, ServiceResource, Page<JobResource>, JobResource, JobStepResource,
        crate::platform::JobState, crate::tenant::Target, Health, HealthFinding, HealthVerdict, Check,
        ProgressEvent, EngineRefusal,
        operations::Why, operations::Deletion, operations::NewName, operations::Retirement, hostnames::Hostnames,
        hostnames::NewHostname, hostnames::Consent, domains::Domains, domains::DomainResource, domains::NewDomain,
        domains::UnprovedDomains, mail_records::MailRecords, mail_records::MailRecord, crate::mail_domain::Verdict,
        certificates::Certificates, certificates::CertificateResource, certificates::Root,
        certificate_records::Waiting, certificate_records::Told,
        views::Views, views::ViewResource, views::WantedView, views::ViewChange, crate::view::List,
        orphans::Orphans, orphans::Chosen, orphans::Removed,
        VaultResource, LogKeys, WitnessedLogs, analytics::Figures, analytics::FiguresOfPeriod, analytics::PasskeyFunnel,
        analytics::SignInFunnel, analytics::CreationFunnel, analytics::Granularity, analytics::Recount,
    )),
    tags(
        (name = "Tenants", description = "The applications' auth environments."),
        (name = "Settings", description = "One versioned document for each tenant."),
        (name = "Users", description = "A tenant's own API, on behalf of who asks here."),
        (name = "Audit log", description = "A tenant's events, and the sealed log of them: checkpoints, tiles, proofs."),
        (name = "Analytics", description = "A tenant's figures, counted from its log."),
        (name = "Workspaces", description = "Customers' accounts."),
        (name = "Members", description = "People of a workspace, and how they come in."),
        (name = "Keys", description = "What opens this API."),
        (name = "Moving", description = "To and from a Better Auth server. On the local socket only."),
        (name = "Backups", description = "Archives of tenants, and tenants out of them: on the local socket. Ordering them, anywhere."),
        (name = "Instance", description = "The instance itself, for whoever runs it: all workspaces, processes, jobs, health."),
        (name = "About", description = "This document."),
    )
)]
struct Base;

/// This document
///
/// Without a key.
#[utoipa::path(get, path = "/openapi.json", tag = "About", responses(
    (status = 200, description = "The OpenAPI document", body = serde_json::Value),
))]
pub(super) async fn show(
    State(_): State<crate::Control>,
    Extension(kind): Extension<CallerKind>,
) -> Json<openapi::OpenApi> {
    Json(document(kind))
}

/// The document for callers of this kind.
pub(crate) fn document(kind: CallerKind) -> openapi::OpenApi {
    let mut document = Base::openapi();
    env!("CARGO_PKG_VERSION").clone_into(&mut document.info.version);
    let components = document.components.get_or_insert_default();
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A management key: `kiavi_mk_` and 43 symbols of `A-Z a-z 0-9 - _`."))
        .build();
    components.security_schemes.insert(SCHEME.to_owned(), SecurityScheme::Http(bearer));
    let told = "A person who is signed in to the console, on its own pages only. `Kiavi-Workspace` names the workspace that \
                they act in; without it, it is the one of the address, or the one that they opened last.";
    let cookie = ApiKey::Cookie(ApiKeyValue::with_description(
        console::cookie_name(true, console::SESSION_COOKIE),
        told.to_owned(),
    ));
    components.security_schemes.insert(COOKIE_SCHEME.to_owned(), SecurityScheme::ApiKey(cookie));
    for route in table_of(kind) {
        let path = format!("{PREFIX}{}", route.described_path());
        let (method, operation) = (method(&route), described(route));
        let item = document.paths.paths.entry(path).or_insert_with(PathItem::default);
        item.merge_operations(PathItem::new(method, operation));
    }
    document
}

fn method(route: &Route) -> HttpMethod {
    match route.method.as_str() {
        "POST" => HttpMethod::Post,
        "PUT" => HttpMethod::Put,
        "PATCH" => HttpMethod::Patch,
        "DELETE" => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}

/// The operation with what follows from the route's line in the table.
fn described(route: Route) -> Operation {
    let problems = problems(&route);
    let Route { mut operation, access, method, path, takes, .. } = route;
    operation.operation_id = Some(operation_id(method.as_str(), &path));
    if let Access::Needs(need) = access {
        let proof = if need.step_up { ", and from a member a fresh proof of being there" } else { "" };
        let needs = format!("Needs `{}`{proof}.", need.permission.as_str());
        let told = operation.description.take().filter(|told| !told.is_empty());
        operation.description = Some(told.map_or_else(|| needs.clone(), |told| format!("{told}\n\n{needs}")));
    }
    if access != Access::Public {
        let scheme = |name| SecurityRequirement::new::<&str, _, String>(name, []);
        operation.security = Some(vec![scheme(SCHEME), scheme(COOKIE_SCHEME)]);
    }
    if method == axum::http::Method::POST && takes != Takes::Stream && access != Access::Public {
        operation.parameters.get_or_insert_default().push(
            ParameterBuilder::new()
                .name("Idempotency-Key")
                .parameter_in(ParameterIn::Header)
                .description(Some("Has the request carried out once, however often it is sent within a day."))
                .schema(Some(key_schema()))
                .build(),
        );
    }
    operation.parameters.iter_mut().flatten().for_each(without_null);
    for (status, codes) in problems {
        let lines: Vec<_> =
            codes.iter().map(|code| format!("- `{}`: {}", code.as_str(), code.meaning())).collect();
        let response = ResponseBuilder::new()
            .description(lines.join("\n"))
            .content("application/problem+json", problem_content());
        // An engine's refusals come through with their own statuses, some of which are also ours.
        let response = if access == Access::Engine {
            let refusal = ContentBuilder::new().schema(Some(Ref::from_schema_name("EngineRefusal"))).build();
            response.content("application/json", refusal)
        } else {
            response
        };
        operation.responses.responses.insert(status.to_string(), RefOr::T(response.build()));
    }
    operation
}

/// A parameter that may be absent is never null: a query and a header have no way to say it.
fn without_null(parameter: &mut Parameter) {
    let Some(RefOr::T(Schema::Object(object))) = &mut parameter.schema else { return };
    if let SchemaType::Array(types) = &object.schema_type
        && let Some(kind) = types.iter().find(|kind| **kind != Type::Null)
    {
        object.schema_type = SchemaType::Type(kind.clone());
    }
}

fn problem_content() -> openapi::Content {
    ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build()
}

fn key_schema() -> Schema {
    openapi::ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(128))
        .pattern(Some("^[!-~]+$"))
        .examples([json!("8e03978e-40d5-43dd-bc93-6894a57f9324")])
        .build()
        .into()
}

/// `GET /tenants/{tenant}/settings` is `get_tenants_tenant_settings`.
fn operation_id(method: &str, path: &str) -> String {
    let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.fold(method.to_lowercase(), |id, word| format!("{id}_{word}"))
}

/// Every problem that a route can be answered with, by status.
pub(super) fn problems(route: &Route) -> BTreeMap<u16, BTreeSet<Code>> {
    let mut codes: Vec<Code> = route.problems.to_vec();
    if route.access != Access::Public {
        codes.extend([Code::Unauthorized, Code::Forbidden, Code::RateLimited, Code::Unavailable]);
        // Of a person's session.
        codes.extend([Code::CrossSite, Code::NoWorkspace, Code::WorkspaceNotFound]);
        codes.extend([Code::EngineUnavailable, Code::EngineSilent]);
    }
    codes.push(Code::Internal);
    if matches!(route.access, Access::Engine | Access::Needs(super::route::Need { step_up: true, .. })) {
        codes.push(Code::StepUpRequired);
    }
    for (parameter, code) in [
        ("{tenant}", Code::TenantNotFound),
        ("{workspace}", Code::WorkspaceNotFound),
        ("{key}", Code::KeyNotFound),
        ("{member}", Code::MemberNotFound),
        ("{invitation}", Code::InvitationNotFound),
    ] {
        if route.path.contains(parameter) {
            // A segment that is no UTF-8 is an address that does not exist.
            codes.extend([code, Code::NotFound]);
        }
    }
    if matches!(route.takes, Takes::Query | Takes::JsonAndQuery) {
        codes.push(Code::InvalidQuery);
    }
    if matches!(route.takes, Takes::Json | Takes::JsonAndQuery) {
        codes.extend([
            Code::InvalidBody,
            Code::BodyTooLarge,
            Code::BodyIncomplete,
            Code::UnsupportedMediaType,
        ]);
    }
    if route.method == axum::http::Method::POST {
        codes.push(Code::InvalidIdempotencyKey);
        if route.takes != Takes::Stream {
            // With a key the body is read even where the route takes none.
            codes.extend([
                Code::IdempotencyKeyReused,
                Code::AlreadyDone,
                Code::BodyTooLarge,
                Code::BodyIncomplete,
            ]);
        }
    }
    let mut by_status: BTreeMap<u16, BTreeSet<Code>> = BTreeMap::new();
    for code in codes {
        by_status.entry(code.status().as_u16()).or_default().insert(code);
    }
    by_status
}
