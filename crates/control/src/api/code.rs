//! The codes of all problems: what a program can rely on, and what `docs/api.md` lists.

use axum::http::StatusCode;
use serde::Serialize;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

use crate::permission::text_enum;

macro_rules! codes {
    ($($name:ident = $status:ident $text:literal, $title:literal, $meaning:literal;)+) => {
        /// The stable name of a problem.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        pub(crate) enum Code {
            $(#[doc = $meaning] #[serde(rename = $text)] $name,)+
        }

        impl Code {
            /// All of them, in the order of the documentation.
            pub(crate) const ALL: &[Self] = &[$(Self::$name),+];

            /// The stable text form.
            pub(crate) fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// The status of the answer.
            pub(crate) fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)+ }
            }

            /// A few words for people.
            pub(crate) fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }

            /// When it is answered, and what to do.
            pub(crate) fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)+ }
            }
        }
    };
}

// By hand: the derived one does not see names that a macro gives.
impl PartialSchema for Code {
    fn schema() -> RefOr<Schema> {
        text_enum(Self::ALL.iter().map(|code| code.as_str()), "The stable name of a problem.")
    }
}

impl ToSchema for Code {}

codes! {
    InvalidBody = BAD_REQUEST "invalid_body", "The body cannot be read",
        "The body is no JSON object with the members that the route takes; the detail names the first that is wrong.";
    InvalidQuery = BAD_REQUEST "invalid_query", "The query cannot be read",
        "A parameter of the query is unknown or out of range; the detail names it.";
    InvalidIdempotencyKey = BAD_REQUEST "invalid_idempotency_key", "Unusable idempotency key",
        "An Idempotency-Key has 1 to 128 visible ASCII characters and is sent once.";
    InvalidIfMatch = BAD_REQUEST "invalid_if_match", "Unusable If-Match",
        "If-Match has entity tags in quotes, as they came in ETag.";
    ImportBroken = BAD_REQUEST "import_broken", "The data did not arrive",
        "The stream of an import ended early or cannot be read. Nothing was made.";
    Unauthorized = UNAUTHORIZED "unauthorized", "Not signed in",
        "There is no management key, or it is unknown, expired or revoked; in a browser, the session has ended.";
    Forbidden = FORBIDDEN "forbidden", "Not permitted",
        "Whoever asks lacks the permission that the detail names.";
    StepUpRequired = FORBIDDEN "step_up_required", "Prove that you are there",
        "A member has to use a passkey first: they did not in the last five minutes. `step_up_url` is where they do.";
    CrossSite = FORBIDDEN "cross_site_request", "From another site",
        "A request with the console's cookie comes from the console's own pages only. Programs use a management key.";
    NoWorkspace = FORBIDDEN "no_workspace", "No workspace",
        "Whoever is signed in is a member of no workspace.";
    RoleAbove = FORBIDDEN "role_above", "A role above your own",
        "Nobody gives or takes a role that may do more than they may.";
    ScopesTooWide = FORBIDDEN "scopes_too_wide", "Scopes beyond your own",
        "A key can be made or rotated only by who may do everything that it may.";
    NotFound = NOT_FOUND "not_found", "Not found",
        "There is nothing at this address.";
    TenantNotFound = NOT_FOUND "tenant_not_found", "No such tenant",
        "There is no tenant of this name or id that you can see.";
    WorkspaceNotFound = NOT_FOUND "workspace_not_found", "No such workspace",
        "There is no workspace of this name or id that you can see.";
    KeyNotFound = NOT_FOUND "key_not_found", "No such key",
        "There is no management key of this id that you can see.";
    ArchiveKeyNotFound = NOT_FOUND "archive_key_not_found", "No key for this archive",
        "The tenant that the archive is of is not here, or was destroyed with its keys. An identity of the operator's opens it, if it was made for one.";
    BackupNotFound = NOT_FOUND "backup_not_found", "No such archive",
        "The tenant has no archive of this id that is kept.";
    BackupOrderNotFound = NOT_FOUND "backup_order_not_found", "No such order",
        "There is no order of this id that is under way.";
    CertificateRecordNotFound = NOT_FOUND "certificate_record_not_found", "No such record",
        "There is no record of this number that somebody is to publish or remove.";
    HostnameNotFound = NOT_FOUND "hostname_not_found", "No such hostname",
        "The tenant has no such hostname that could be changed like this.";
    DomainNotFound = NOT_FOUND "domain_not_found", "No such domain",
        "The tenant has no such domain. Add it first.";
    ProofNotFound = NOT_FOUND "proof_not_found", "No such proof",
        "The tenant's isolation has no proof of this id.";
    CertificateNotFound = NOT_FOUND "certificate_not_found", "No such certificate",
        "The tenant has no certificate for this name, or something in front of the instance speaks TLS.";
    MemberNotFound = NOT_FOUND "member_not_found", "No such member",
        "The workspace has no member of this id.";
    InvitationNotFound = NOT_FOUND "invitation_not_found", "No such invitation",
        "The workspace has no invitation of this id.";
    ViewNotFound = NOT_FOUND "view_not_found", "No such view",
        "You have no view of this id, or may not read its list.";
    SettingsVersionNotFound = NOT_FOUND "settings_version_not_found", "No such version",
        "The tenant's settings have no such version.";
    NothingPruned = NOT_FOUND "nothing_pruned", "Nothing was pruned",
        "All events of the tenant's log are kept.";
    MethodNotAllowed = METHOD_NOT_ALLOWED "method_not_allowed", "Method not allowed",
        "This address does not take that method; `Allow` says which it takes.";
    BodyIncomplete = REQUEST_TIMEOUT "body_incomplete", "The body did not arrive",
        "The body was not received within ten seconds.";
    TenantExists = CONFLICT "tenant_exists", "The name is taken",
        "A tenant of this name exists already, in whichever workspace.";
    WorkspaceExists = CONFLICT "workspace_exists", "The name is taken",
        "A workspace of this name exists already.";
    ConsoleTenant = CONFLICT "console_tenant", "The console's own tenant",
        "The tenant that the console's people sign in to stays as it is.";
    LastOwner = CONFLICT "last_owner", "The last owner",
        "A workspace keeps an owner. Make somebody else an owner first.";
    OwnerExists = CONFLICT "owner_exists", "There is an owner",
        "The link for the first owner is made only while there is no owner.";
    MemberExists = CONFLICT "member_exists", "A member already",
        "The address is a member's.";
    InvitationExists = CONFLICT "invitation_exists", "Invited already",
        "The address has an open invitation. Send that one again instead.";
    InvitationEnded = CONFLICT "invitation_ended", "The invitation has ended",
        "The invitation was accepted or withdrawn.";
    ViewExists = CONFLICT "view_exists", "The name is taken",
        "You have a view of this name already.";
    ViewLimit = CONFLICT "view_limit", "Too many views",
        "You have as many views of this tenant as there may be. Delete one first.";
    TenantDeleting = CONFLICT "tenant_deleting", "Being removed",
        "The tenant is being removed.";
    TenantImporting = CONFLICT "tenant_importing", "Being imported",
        "The tenant is still being filled with another server's data.";
    TenantRunning = CONFLICT "tenant_running", "Neither suspended nor deleted",
        "The tenant runs, so there is nothing to take back.";
    TenantSuspended = CONFLICT "tenant_suspended", "Suspended",
        "The tenant is suspended. Resume it first.";
    TenantDeleted = CONFLICT "tenant_deleted", "Deleted",
        "The tenant is deleted. Take that back first (kiavi tenant undelete), while its grace period lasts.";
    SecretChanging = CONFLICT "secret_changing", "The secret is being changed",
        "A change of the secret is under way. Ask again when it is done.";
    SecretInUse = CONFLICT "secret_in_use", "Passkeys would stop to work",
        "Passkeys were made under an earlier secret; the detail says how many. `accept_loss` goes on all the same.";
    RpIdChange = CONFLICT "rp_id_change", "Passkeys would stop to work",
        "Passkeys were made for the name that would change; the detail says how many. `accept_rp_id_change` goes on all the same.";
    HostnameTaken = CONFLICT "hostname_taken", "The hostname is taken",
        "The hostname, or one above or below it, belongs to a tenant already.";
    DomainLimit = CONFLICT "domain_limit", "Too many domains",
        "The tenant has as many domains as it may. Remove one first.";
    HostnamePrimary = CONFLICT "hostname_primary", "The primary hostname",
        "The primary hostname cannot be removed. Make another one primary first.";
    TenantNotRunning = CONFLICT "tenant_not_running", "Not running",
        "The tenant does not run, or another change is under way. Try again when it runs.";
    NoBackupPlace = CONFLICT "no_backup_place", "No place for archives",
        "The instance has no place for archives. Whoever runs it names one with kiavi backup schedule.";
    BackupUnderWay = CONFLICT "backup_under_way", "Under way",
        "Something else that was ordered of the tenant's archives is under way. Order it again when that has ended.";
    ProofUnderWay = CONFLICT "proof_under_way", "Under way",
        "The tenant's isolation is being proved already. Ask again in some seconds.";
    NotSealed = CONFLICT "not_sealed", "Nothing is sealed yet",
        "The tenant's log has no checkpoint yet: its first event is sealed within two seconds. Try again.";
    NoDatabasePassword = CONFLICT "no_database_password", "No passwords here",
        "The private cluster knows tenants by their accounts, so there are no passwords.";
    KeyNotActive = CONFLICT "key_not_active", "The key is not active",
        "An expired or revoked key cannot be rotated. Create another one.";
    AlreadyDone = CONFLICT "already_done", "Done before",
        "The first request with this Idempotency-Key began or made the change, and its answer was lost. Read how things are.";
    SettingsChanged = PRECONDITION_FAILED "settings_changed", "Changed meanwhile",
        "The settings have another version by now. Read them again and repeat the change.";
    BodyTooLarge = PAYLOAD_TOO_LARGE "body_too_large", "The body is too large",
        "A body has at most 64 KiB.";
    UnsupportedMediaType = UNSUPPORTED_MEDIA_TYPE "unsupported_media_type", "Not JSON",
        "The body is sent as something other than what the route takes.";
    InvalidCursor = UNPROCESSABLE_ENTITY "invalid_cursor", "Unusable cursor",
        "The cursor is none of this list. Use `next_cursor` as it came, or begin again without.";
    InvalidFilter = UNPROCESSABLE_ENTITY "invalid_filter", "A filter means nothing",
        "A filter of events cannot be what it is said to be, an address or a type; the detail names it.";
    InvalidRange = UNPROCESSABLE_ENTITY "invalid_range", "No such range of days",
        "A range of figures has 1 to 400 days, and begins on a day that has begun.";
    InvalidName = UNPROCESSABLE_ENTITY "invalid_name", "This cannot be a name",
        "The name breaks a rule, which the detail tells.";
    ReservedName = UNPROCESSABLE_ENTITY "reserved_name", "This cannot be a name",
        "The name is one of the operator's.";
    InvalidHostname = UNPROCESSABLE_ENTITY "invalid_hostname", "A tenant cannot have this hostname",
        "It is no hostname, or not the tenant's to have.";
    NotConfirmed = UNPROCESSABLE_ENTITY "not_confirmed", "Not confirmed",
        "Destroying at once takes the tenant's name in `confirm`.";
    InvalidInvitation = UNPROCESSABLE_ENTITY "invalid_invitation", "This cannot be invited",
        "The address or the language is none.";
    InvalidView = UNPROCESSABLE_ENTITY "invalid_view", "There can be no such view",
        "The name breaks a rule, or a filter is none that a view of the list keeps; the detail says which.";
    InvalidKey = UNPROCESSABLE_ENTITY "invalid_key", "There can be no such key",
        "The key's expiry is past or too far away, or its overlap is too long.";
    InvalidSettings = UNPROCESSABLE_ENTITY "invalid_settings", "The settings were refused",
        "The detail names the first thing that is wrong in the document.";
    InvalidImport = UNPROCESSABLE_ENTITY "invalid_import", "This cannot be taken in",
        "The other server cannot be taken over from; the detail says why.";
    RowsRefused = UNPROCESSABLE_ENTITY "rows_refused", "The data does not fit",
        "Rows of an import do not fit; the detail names their table. Nothing was made.";
    IdempotencyKeyReused = UNPROCESSABLE_ENTITY "idempotency_key_reused", "Idempotency key used before",
        "This Idempotency-Key came with another request before. Use a new one.";
    IfMatchRequired = PRECONDITION_REQUIRED "if_match_required", "No version stated",
        "Send the entity tag of the document that the change was made from, as If-Match.";
    RateLimited = TOO_MANY_REQUESTS "rate_limited", "Too many requests",
        "The quota is used up. `Retry-After` says how many seconds to wait.";
    Internal = INTERNAL_SERVER_ERROR "internal_error", "Something went wrong",
        "The fault is ours. Try again; if it stays, look for the request id in the log.";
    EngineAnswer = BAD_GATEWAY "engine_answer", "Unusable answer",
        "The tenant's engine answered with something other than JSON.";
    EngineUnavailable = SERVICE_UNAVAILABLE "engine_unavailable", "No answer from the engine",
        "The tenant's engine cannot be reached now; nothing was done. Try again.";
    Unavailable = SERVICE_UNAVAILABLE "unavailable", "Not available right now",
        "The database did not answer, so the outcome is unknown. Repeat the request with the same Idempotency-Key.";
    VaultUnavailable = SERVICE_UNAVAILABLE "vault_unavailable", "The secret store is away",
        "The secret store cannot be reached, and this needs it. Nothing was changed; try again later.";
    TooManyStreams = SERVICE_UNAVAILABLE "too_many_streams", "Too many streams",
        "Too many event streams are open. Close one, or ask again later.";
    EngineSilent = GATEWAY_TIMEOUT "engine_silent", "No answer from the engine",
        "The tenant's engine gave no answer, so the outcome is unknown. Look before you try again.";
}
