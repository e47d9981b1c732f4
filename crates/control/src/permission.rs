//! What callers may do, and which role may do what. Routes name what they need beside themselves, in `api::table`.

use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

macro_rules! permissions {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal,)+) => {
        /// One thing that a caller may do. A key's scopes are permissions, a role is a set of them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Permission {
            $($(#[doc = $doc])+ #[serde(rename = $text)] $name,)+
        }

        impl Permission {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The stable text form, `noun.verb`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// What it is for, in a sentence.
            pub fn purpose(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),+).trim_ascii(),)+ }
            }
        }
    };
}

permissions! {
    /// See the workspace.
    WorkspaceRead = "workspace.read",
    /// Make workspaces. Only for owners and for keys of the whole instance.
    WorkspaceCreate = "workspace.create",
    /// Change and end the workspace.
    WorkspaceManage = "workspace.manage",
    /// See tenants and how they stand.
    TenantRead = "tenant.read",
    /// Create tenants.
    TenantCreate = "tenant.create",
    /// Rename, suspend and resume tenants, change their domains, and have them backed up.
    TenantManage = "tenant.manage",
    /// Delete tenants.
    TenantDelete = "tenant.delete",
    /// Take a tenant's data and secret out.
    TenantExport = "tenant.export",
    /// Bring another server's data, or an archive's, in as a tenant.
    TenantImport = "tenant.import",
    /// Read settings and their versions; secrets stay masked.
    SettingsRead = "settings.read",
    /// Change settings, and go back to earlier ones.
    SettingsWrite = "settings.write",
    /// Rotate a tenant's secret.
    SecretRotate = "secret.rotate",
    /// Read users and what is theirs.
    UserRead = "user.read",
    /// Change, ban and erase users.
    UserManage = "user.manage",
    /// Act as a user who is no administrator of the application.
    UserImpersonate = "user.impersonate",
    /// Read audit logs and their proofs.
    AuditRead = "audit.read",
    /// See management keys.
    KeyRead = "key.read",
    /// Create, rotate and revoke management keys.
    KeyManage = "key.manage",
    /// See who is a member.
    MemberRead = "member.read",
    /// Invite and remove members, and change their roles.
    MemberManage = "member.manage",
    /// Answer requests of data subjects, and handle incidents.
    PrivacyManage = "privacy.manage",
    /// See how the whole instance stands: its tenants, processes, jobs and health. Only for owners of its first workspace and for keys of the whole instance.
    InstanceRead = "instance.read",
}

// By hand: the derived one does not see names that a macro gives.
impl PartialSchema for Permission {
    fn schema() -> RefOr<Schema> {
        let lines: Vec<_> =
            Self::ALL.iter().map(|one| format!("- `{}`: {}", one.as_str(), one.purpose())).collect();
        let names = Self::ALL.iter().map(|permission| permission.as_str());
        let description = format!("One thing that a caller may do.\n\n{}", lines.join("\n"));
        text_enum(names, &description)
    }
}

impl ToSchema for Permission {}

/// The schema of a text that is one of these.
pub(crate) fn text_enum(names: impl Iterator<Item = &'static str>, description: &str) -> RefOr<Schema> {
    let schema = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names));
    schema.description(Some(description)).into()
}

impl Permission {
    /// The permission with this text form.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|permission| permission.as_str() == text)
    }

    /// Whether it is about the instance, so that no key has it that is good for one workspace.
    pub fn is_instance_wide(self) -> bool {
        matches!(self, Self::WorkspaceCreate | Self::InstanceRead)
    }
}

/// Whose a workspace is in which somebody has a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Workplace {
    /// The instance's first: its owners are the owners of the platform.
    Platform,
    /// Any other, a customer's.
    Customer,
}

/// What a member is in a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything, and the workspace itself.
    Owner,
    /// Everything but the workspace itself.
    Admin,
    /// Builds: tenants, settings and keys; nothing that ends a tenant or is about members.
    Developer,
    /// Helps users; changes no configuration.
    Support,
    /// Looks.
    Viewer,
    /// Reads the log and evidence only.
    Auditor,
    /// Requests of data subjects, and incidents.
    Privacy,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Owner,
        Self::Admin,
        Self::Developer,
        Self::Support,
        Self::Viewer,
        Self::Auditor,
        Self::Privacy,
    ];

    /// The stable text form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Developer => "developer",
            Self::Support => "support",
            Self::Viewer => "viewer",
            Self::Auditor => "auditor",
            Self::Privacy => "privacy",
        }
    }

    /// The role with this text form.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// The table: what each role may do, and where.
    pub fn may(self, permission: Permission, at: Workplace) -> bool {
        use Permission as P;
        match self {
            Self::Owner => permission != P::InstanceRead || at == Workplace::Platform,
            Self::Admin => !matches!(permission, P::WorkspaceCreate | P::WorkspaceManage | P::InstanceRead),
            Self::Developer => matches!(
                permission,
                P::WorkspaceRead
                    | P::TenantRead
                    | P::TenantCreate
                    | P::TenantManage
                    | P::SettingsRead
                    | P::SettingsWrite
                    | P::SecretRotate
                    | P::UserRead
                    | P::AuditRead
                    | P::KeyRead
                    | P::KeyManage
                    | P::MemberRead
            ),
            Self::Support => matches!(
                permission,
                P::WorkspaceRead | P::TenantRead | P::UserRead | P::UserManage | P::UserImpersonate
            ),
            Self::Viewer => matches!(
                permission,
                P::WorkspaceRead
                    | P::TenantRead
                    | P::SettingsRead
                    | P::UserRead
                    | P::AuditRead
                    | P::KeyRead
                    | P::MemberRead
            ),
            Self::Auditor => matches!(permission, P::WorkspaceRead | P::TenantRead | P::AuditRead),
            Self::Privacy => {
                matches!(permission, P::WorkspaceRead | P::TenantRead | P::UserRead | P::PrivacyManage)
            }
        }
    }
}

/// What a management key may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scopes {
    /// Everything, also what later versions add.
    All,
    /// These, and nothing else.
    Only(Vec<Permission>),
}

/// Stands for [`Scopes::All`] where scopes are text.
pub(crate) const ALL_SCOPES: &str = "*";

impl Scopes {
    /// Whether a key may do this.
    pub fn may(&self, permission: Permission) -> bool {
        match self {
            Self::All => true,
            Self::Only(permissions) => permissions.contains(&permission),
        }
    }

    /// The text forms, in order.
    pub(crate) fn texts(&self) -> Vec<&'static str> {
        match self {
            Self::All => vec![ALL_SCOPES],
            Self::Only(permissions) => permissions.iter().map(|permission| permission.as_str()).collect(),
        }
    }

    /// What these texts permit. One that this version does not know permits nothing.
    pub(crate) fn from_stored(texts: &[&str]) -> Self {
        if texts.contains(&ALL_SCOPES) {
            return Self::All;
        }
        Self::Only(texts.iter().filter_map(|text| Permission::parse(text)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_unique_and_read_back() {
        for permission in Permission::ALL {
            let text = permission.as_str();
            assert_eq!(Permission::parse(text), Some(*permission));
            assert_eq!(serde_json::to_value(permission).unwrap(), text);
            assert!(text.split_once('.').is_some_and(|(noun, verb)| !noun.is_empty() && !verb.is_empty()));
            assert!(permission.purpose().ends_with('.'), "{text}");
        }
    }

    #[test]
    fn a_role_has_what_its_name_says() {
        use Permission as P;
        use Workplace::{Customer, Platform};
        let may = |role: Role| -> Vec<_> { P::ALL.iter().filter(|p| role.may(**p, Platform)).collect() };
        assert_eq!(may(Role::Owner).len(), P::ALL.len());
        let of_platform = |p: &&P| Role::Owner.may(**p, Platform) && !Role::Owner.may(**p, Customer);
        assert_eq!(P::ALL.iter().filter(of_platform).collect::<Vec<_>>(), [&P::InstanceRead]);
        for role in &Role::ALL[1..] {
            assert!(P::ALL.iter().all(|p| role.may(*p, Platform) == role.may(*p, Customer)), "{role:?}");
            assert!(!role.may(P::WorkspaceCreate, Platform) && !role.may(P::InstanceRead, Platform));
        }
        let may_do = |role: Role, permission| role.may(permission, Platform);
        for permission in P::ALL {
            let changes = !permission.as_str().ends_with(".read");
            for role in [Role::Viewer, Role::Auditor] {
                assert!(!(changes && may_do(role, *permission)), "{role:?} {permission:?}");
            }
        }
        assert!(!may_do(Role::Support, P::SettingsRead) && may_do(Role::Support, P::UserImpersonate));
        assert!(!may_do(Role::Developer, P::TenantDelete) && !may_do(Role::Developer, P::MemberManage));
        assert_eq!(may(Role::Auditor), [&P::WorkspaceRead, &P::TenantRead, &P::AuditRead]);
        assert!(!may_do(Role::Admin, P::WorkspaceManage));
    }

    #[test]
    fn scopes_that_are_not_known_permit_nothing() {
        assert_eq!(Scopes::from_stored(&["tenant.fly"]), Scopes::Only(vec![]));
        assert_eq!(Scopes::from_stored(&["tenant.read", "*"]), Scopes::All);
        let scopes = Scopes::from_stored(&["tenant.read"]);
        assert!(scopes.may(Permission::TenantRead) && !scopes.may(Permission::TenantCreate));
        assert_eq!(scopes.texts(), ["tenant.read"]);
    }
}
