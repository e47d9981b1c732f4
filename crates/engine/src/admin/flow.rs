//! Which roles may do what, and what changed.

use serde_json::{Map, Value, json};

use crate::{AdminSettings, user::User};

/// What the role of administrators grants: every statement of Better Auth's access control but
/// `user.impersonate-admins`.
const ADMIN_STATEMENTS: &[(&str, &[&str])] = &[
    (
        "user",
        &[
            "create",
            "list",
            "set-role",
            "ban",
            "impersonate",
            "delete",
            "set-password",
            "set-email",
            "set-phone",
            "get",
            "update",
        ],
    ),
    ("session", &["list", "revoke", "delete"]),
];

/// Whether one of the user's roles grants all of `requested`, resources with at least one action each. The users
/// whom the settings name may do anything.
pub(super) fn authorizes(settings: &AdminSettings, user: &User, requested: &[(&str, Vec<&str>)]) -> bool {
    if is_named(settings, user) {
        return true;
    }
    let grants = |(resource, actions): &(&str, Vec<&str>)| {
        let statement = ADMIN_STATEMENTS.iter().find(|(name, _)| name == resource);
        let is_granted = |action: &&str| statement.is_some_and(|(_, granted)| granted.contains(action));
        !actions.is_empty() && actions.iter().all(is_granted)
    };
    has_admin_role(settings, user.role.as_deref()) && !requested.is_empty() && requested.iter().all(grants)
}

/// Whether the settings name the user, who may then do everything, whatever any administrator does to their row.
pub(super) fn is_named(settings: &AdminSettings, user: &User) -> bool {
    settings.admin_user_ids.contains(&user.id)
}

/// Whether the user is an administrator by role or by name.
pub(super) fn is_admin(settings: &AdminSettings, user: &User) -> bool {
    is_named(settings, user) || has_admin_role(settings, user.role.as_deref())
}

/// Roles are separated by commas and compared as they are. No role counts as the default one.
fn has_admin_role(settings: &AdminSettings, role: Option<&str>) -> bool {
    let roles = role.filter(|role| !role.is_empty()).unwrap_or(&settings.default_role);
    roles.split(',').any(|role| settings.admin_roles.contains(role))
}

/// Fields that are about a user's person.
const PERSONAL: &[&str] = &["name", "email", "image", "banReason"];

/// What of a user changed: `{"field": {"from": …, "to": …}}` in the words of the wire, addresses told as `reference` of
/// them; and what of it is personal, as it is.
///
/// # Errors
/// Those of the serializer.
pub(super) fn changes(
    before: &User,
    after: &User,
    reference: impl Fn(&str) -> String,
) -> Result<(Value, Value), serde_json::Error> {
    let (before, after) = (serde_json::to_value(before)?, serde_json::to_value(after)?);
    let told = |field: &str, value: &Value| match value {
        Value::String(address) if field == "email" => reference(address).into(),
        value => value.clone(),
    };
    let (mut changes, mut personal) = (Map::new(), Map::new());
    for (field, to) in after.as_object().into_iter().flatten() {
        let from = &before[field];
        if from != to && field != "updatedAt" {
            changes.insert(field.clone(), json!({ "from": told(field, from), "to": told(field, to) }));
            if PERSONAL.contains(&field.as_str()) {
                personal.insert(field.clone(), json!({ "from": from, "to": to }));
            }
        }
    }
    Ok((changes.into(), personal.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(role: Option<&str>) -> User {
        let at = "2026-11-24T12:00:00Z".parse().unwrap();
        User {
            name: "Ada".to_owned(),
            email: "ada@example.com".to_owned(),
            email_verified: true,
            image: None,
            created_at: at,
            updated_at: at,
            role: role.map(str::to_owned),
            banned: Some(false),
            ban_reason: None,
            ban_expires: None,
            id: "u1".to_owned(),
        }
    }

    #[test]
    fn administrators_may_do_everything_but_act_as_each_other() {
        let settings = AdminSettings::default();
        let may = |role, requested: &[(&str, Vec<&str>)]| authorizes(&settings, &user(role), requested);
        let list = [("user", vec!["list"])];
        assert!(may(Some("admin"), &list) && may(Some("user,admin"), &list));
        for role in [None, Some("user"), Some(""), Some("user, admin"), Some("Admin"), Some("administrator")]
        {
            assert!(!may(role, &list), "{role:?}");
        }
        assert!(may(Some("admin"), &[("user", vec!["get", "ban"]), ("session", vec!["revoke"])]));
        for refused in [
            vec![],
            vec![("user", vec![])],
            vec![("user", vec!["impersonate-admins"])],
            vec![("user", vec!["list", "impersonate-admins"])],
            vec![("user", vec!["list"]), ("project", vec!["list"])],
        ] {
            assert!(!may(Some("admin"), &refused), "{refused:?}");
        }
        let named = AdminSettings { admin_user_ids: ["u1".to_owned()].into(), ..settings };
        assert!(authorizes(&named, &user(None), &[("user", vec!["impersonate-admins"])]));
        assert!(is_admin(&named, &user(None)));
    }

    #[test]
    fn old_and_new_are_told_and_addresses_only_among_what_is_personal() {
        let before = user(Some("user"));
        let after = User { email: "eve@example.com".to_owned(), role: None, ..before.clone() };
        let (told, personal) = changes(&before, &after, |address| format!("ref:{}", &address[..3])).unwrap();
        let expected = json!({ "email": { "from": "ref:ada", "to": "ref:eve" }, "role": { "from": "user", "to": null } });
        assert_eq!(told, expected);
        assert_eq!(personal, json!({ "email": { "from": "ada@example.com", "to": "eve@example.com" } }));
    }
}
