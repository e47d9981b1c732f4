//! Which events explain a change of which table: for the triggers that tell of every other (`V16__second_line.sql`).

use EventType as E;

use super::EventType;

/// The table and what is done to it, and the events of which one in the same transaction explains that. Each migration brings
/// them to a tenant's database, so a change of them comes with one.
pub(crate) const EXPLANATIONS: &[(&str, &[EventType])] = &[
    ("user INSERT", &[E::UserCreated, E::TenantImported, E::TenantDemoDataAdded]),
    (
        "user UPDATE",
        &[
            E::UserCreated,
            E::UserUpdated,
            E::UserBanned,
            E::UserUnbanned,
            E::RoleChanged,
            E::EmailVerified,
            E::EmailChanged,
        ],
    ),
    ("user DELETE", &[E::UserDeleted]),
    (
        "session INSERT",
        &[E::SessionCreated, E::ImpersonationStarted, E::TenantImported, E::TenantDemoDataAdded],
    ),
    ("session UPDATE", &[]),
    (
        "session DELETE",
        &[
            E::SessionRevoked,
            E::UserUpdated,
            E::UserBanned,
            E::UserDeleted,
            E::RoleChanged,
            E::ImpersonationStopped,
            E::UnprovenAccessRevoked,
            E::EmailChanged,
        ],
    ),
    ("account INSERT", &[E::AccountLinked, E::TenantImported, E::TenantDemoDataAdded]),
    ("account UPDATE", &[]),
    ("account DELETE", &[E::AccountUnlinked, E::UserDeleted, E::UnprovenAccessRevoked]),
    ("passkey INSERT", &[E::PasskeyCreated, E::TenantImported, E::TenantDemoDataAdded]),
    ("passkey UPDATE", &[E::PasskeyUpdated, E::SessionCreated, E::SessionRefused]),
    ("passkey DELETE", &[E::PasskeyDeleted, E::UserDeleted, E::UnprovenAccessRevoked]),
    ("apikey INSERT", &[E::ApiKeyCreated, E::TenantImported]),
    ("apikey UPDATE", &[E::ApiKeyUpdated]),
    ("apikey DELETE", &[E::ApiKeyDeleted, E::UserDeleted, E::UnprovenAccessRevoked]),
    ("jwks INSERT", &[E::SigningKeyCreated, E::SigningKeyRotated, E::TenantImported]),
    ("jwks UPDATE", &[E::SigningKeyRotated]),
    ("jwks DELETE", &[]),
];

/// The statement that puts them in place of those of another version (`V20__one_look.sql`).
pub(crate) fn statement() -> String {
    if super::IS_WITHOUT_LOG {
        // No event would explain anything.
        return "DROP FUNCTION IF EXISTS kiavi.audit_changed() CASCADE".to_owned();
    }
    // Names of ours: no quotes in them.
    let is_one = |kinds: &[EventType]| {
        let kinds: Vec<_> = kinds.iter().map(|kind| format!("'{}'", kind.name())).collect();
        format!("type IN ({})", kinds.join(", "))
    };
    let explained = EXPLANATIONS.iter().filter(|(_, kinds)| !kinds.is_empty());
    let cases: Vec<_> =
        explained.map(|(change, kinds)| format!("WHEN '{change}' THEN {}", is_one(kinds))).collect();
    format!(
        "CREATE OR REPLACE FUNCTION kiavi.audit_explains(type text, change text) RETURNS boolean
         LANGUAGE sql IMMUTABLE RETURN CASE change {} ELSE false END",
        cases.join(" ")
    )
}
