//! What a tenant decides about administrators.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::SettingsError;

/// Characters of a reason or a message.
const TEXT_LIMIT: usize = 500;

/// Administrators, bans and impersonation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AdminSettings {
    /// The role of new users, and of those who have none.
    pub default_role: String,
    /// The roles that may do everything but act as administrators.
    pub admin_roles: BTreeSet<String>,
    /// Users who may do everything, whatever their role.
    pub admin_user_ids: BTreeSet<String>,
    /// Life of a session in which an administrator acts as somebody else. It is never extended.
    pub impersonation_seconds: u32,
    /// Whether operators may act as users: members of the workspace from the console, and management keys.
    pub is_operator_impersonation_enabled: bool,
    /// The reason of a ban that names none.
    pub default_ban_reason: String,
    /// Life of a ban that names none; for ever if absent.
    pub default_ban_seconds: Option<u32>,
    /// What a banned user is told.
    pub banned_user_message: String,
}

impl Default for AdminSettings {
    fn default() -> Self {
        let message = "You have been banned from this application. Please contact support if you believe this \
                       is an error.";
        Self {
            default_role: "user".to_owned(),
            admin_roles: BTreeSet::from(["admin".to_owned()]),
            admin_user_ids: BTreeSet::new(),
            impersonation_seconds: 3_600,
            is_operator_impersonation_enabled: true,
            default_ban_reason: "No reason".to_owned(),
            default_ban_seconds: None,
            banned_user_message: message.to_owned(),
        }
    }
}

impl AdminSettings {
    /// Checks what types cannot.
    ///
    /// # Errors
    /// Names the first thing that is wrong.
    pub(crate) fn validate(&self) -> Result<(), SettingsError> {
        let check =
            |holds: bool, key, rule| if holds { Ok(()) } else { Err(SettingsError::Invalid(key, rule)) };
        // Roles are stored as one text, separated by commas.
        let is_role = |role: &str| is_printable(role, 64) && !role.contains(',');
        check(
            is_role(&self.default_role),
            "admin.default_role",
            "must be 1 to 64 characters without a comma",
        )?;
        check(
            self.admin_roles.iter().all(|role| is_role(role)),
            "admin.admin_roles",
            "must each be 1 to 64 characters without a comma",
        )?;
        check(
            !self.admin_roles.contains(&self.default_role),
            "admin.default_role",
            "must not make every user an administrator",
        )?;
        check(
            (60..=86_400).contains(&self.impersonation_seconds),
            "admin.impersonation_seconds",
            "is not 60 s to 1 d",
        )?;
        check(self.default_ban_seconds != Some(0), "admin.default_ban_seconds", "must not be 0")?;
        for (text, key) in [
            (&self.default_ban_reason, "admin.default_ban_reason"),
            (&self.banned_user_message, "admin.banned_user_message"),
        ] {
            check(is_printable(text, TEXT_LIMIT), key, "must be 1 to 500 printable characters")?;
        }
        Ok(())
    }
}

fn is_printable(text: &str, limit: usize) -> bool {
    (1..=limit).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_for_everybody_is_no_role_of_administrators() {
        let with = |change: fn(&mut AdminSettings)| {
            let mut settings = AdminSettings::default();
            change(&mut settings);
            settings.validate().is_ok()
        };
        assert!(with(|_| {}));
        assert!(with(|settings| settings.default_role = "guest".to_owned()));
        assert!(!with(|settings| settings.default_role = "admin".to_owned()));
        assert!(!with(|settings| settings.default_role = "user,admin".to_owned()));
        assert!(!with(|settings| settings.default_role.clear()));
        assert!(!with(|settings| settings.impersonation_seconds = 90_000));
        assert!(!with(|settings| settings.banned_user_message = "a\0b".to_owned()));
        assert!(!with(|settings| settings.default_ban_seconds = Some(0)));
    }
}
