//! Who asks, and what they may do.

use std::{borrow::Cow, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use kiavi_base::{RequestId, UserId, WorkspaceId};

use crate::{Permission, Role, Scopes, Tenant, Workplace, attempt::Attempt, audit::Known};

/// How long a member's proof of being there opens what asks for a fresh one.
pub(crate) const STEP_UP: SignedDuration = SignedDuration::from_mins(5);

/// Through which door a connection came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallerKind {
    /// The local control socket: the file system decided already that this is the operator.
    LocalOperator,
    /// The console's hostname: anybody, until a management key says otherwise.
    ConsoleHost,
}

/// Somebody who may manage something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// The operator of this machine.
    LocalOperator,
    /// The holder of a management key.
    ManagementKey {
        /// Names the key; not the key.
        id: String,
        /// The only workspace that it is good for; `None` is the whole instance.
        workspace: Option<WorkspaceId>,
        /// What it is good for.
        scopes: Scopes,
        /// Who knows the secret that was sent, as logs call them.
        holder: String,
    },
    /// A person who is signed in to the console.
    Member {
        /// Who they are.
        user: UserId,
        /// The workspace that they act in.
        workspace: WorkspaceId,
        /// What they are there.
        role: Role,
        /// Whose workspace that is.
        at: Workplace,
        /// When they used a passkey for this session, if they did.
        proved_at: Option<Timestamp>,
    },
}

impl Caller {
    /// Whether they may do this somewhere. Where, [`Caller::sees`] says.
    pub fn may(&self, permission: Permission) -> bool {
        match self {
            Self::LocalOperator => true,
            Self::ManagementKey { scopes, workspace, .. } => {
                scopes.may(permission) && !(permission.is_instance_wide() && workspace.is_some())
            }
            Self::Member { role, at, .. } => role.may(permission, *at),
        }
    }

    /// Whether they may make somebody this: nobody gives a role that may do more than they may.
    pub(crate) fn may_give(&self, role: Role) -> bool {
        let within = |at: Workplace, may: &dyn Fn(Permission) -> bool| {
            let mut all = Permission::ALL.iter().filter(|permission| role.may(**permission, at));
            all.all(|permission| may(*permission))
        };
        match self {
            Self::LocalOperator => true,
            // One of a workspace has nothing that is the instance's, which an owner has.
            Self::ManagementKey { .. } => within(Workplace::Platform, &|permission| self.may(permission)),
            Self::Member { role: own, at, .. } => within(*at, &|permission| own.may(permission, *at)),
        }
    }

    /// Whether they may give this away: nobody makes a key that can do more than they can.
    pub(crate) fn may_all(&self, scopes: &Scopes) -> bool {
        match (self, scopes) {
            (Self::LocalOperator, _) | (Self::ManagementKey { scopes: Scopes::All, .. }, Scopes::All) => true,
            (_, Scopes::All) => false,
            (_, Scopes::Only(permissions)) => permissions.iter().all(|permission| {
                // A key of a workspace can do nothing with what is the instance's.
                self.may(*permission) && !(permission.is_instance_wide() && self.workspace().is_some())
            }),
        }
    }

    /// The only workspace that they act in; `None` is the whole instance.
    pub fn workspace(&self) -> Option<&WorkspaceId> {
        match self {
            Self::LocalOperator => None,
            Self::ManagementKey { workspace, .. } => workspace.as_ref(),
            Self::Member { workspace, .. } => Some(workspace),
        }
    }

    /// Whether a workspace, and so what is in it, exists for them.
    pub fn sees(&self, workspace: &WorkspaceId) -> bool {
        self.workspace().is_none_or(|own| own == workspace)
    }

    /// Whether a tenant exists for them. The console's own is the operator's.
    pub(crate) fn sees_tenant(&self, tenant: &Tenant) -> bool {
        self.sees(&tenant.workspace) && (!tenant.is_console() || *self == Self::LocalOperator)
    }

    /// Whether they have to prove first that they are there. Keys and the operator have no way to.
    pub(crate) fn needs_proof(&self, now: Timestamp) -> bool {
        match self {
            Self::LocalOperator | Self::ManagementKey { .. } => false,
            Self::Member { proved_at, .. } => proved_at.is_none_or(|at| now.duration_since(at) > STEP_UP),
        }
    }

    /// When they proved to be there, for logs.
    pub(crate) fn proved_at(&self) -> Option<Timestamp> {
        match self {
            Self::Member { proved_at, .. } => *proved_at,
            Self::LocalOperator | Self::ManagementKey { .. } => None,
        }
    }

    /// What logs call them.
    pub(crate) fn name(&self) -> Cow<'static, str> {
        match self {
            Self::LocalOperator => "local_operator".into(),
            Self::ManagementKey { id, .. } => format!("management_key:{id}").into(),
            Self::Member { user, .. } => format!("member:{user}").into(),
        }
    }
}

/// Who changed something, and in which request.
#[derive(Debug, Clone)]
pub(crate) struct Actor {
    /// `None` is the control plane itself.
    pub(crate) caller: Option<Caller>,
    pub(crate) request: Option<RequestId>,
    /// The idempotency key that came along; the change's event writes it down with itself.
    pub(crate) attempt: Option<Arc<Attempt>>,
    /// What is known of the request, which hears of its events.
    pub(crate) known: Option<Arc<Known>>,
}

impl Actor {
    /// The control plane itself, carrying out what was asked before.
    pub(crate) const CONTROL: Self = Self { caller: None, request: None, attempt: None, known: None };

    pub(crate) fn name(&self) -> Cow<'static, str> {
        self.caller.as_ref().map_or("control".into(), Caller::name)
    }

    /// Who knows what this request is answered with: a key is somebody's.
    pub(crate) fn holder(&self) -> Cow<'_, str> {
        match &self.caller {
            Some(Caller::ManagementKey { holder, .. }) => holder.into(),
            _ => self.name(),
        }
    }
}

/// The same name as engines are told it: `local`, `key:ID`, `member:ID`, or `control`.
pub(crate) fn operator_name(actor: &str) -> Cow<'_, str> {
    match (actor, actor.strip_prefix("management_key:")) {
        ("local_operator", _) => "local".into(),
        (_, Some(id)) => format!("key:{id}").into(),
        (other, None) => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_gives_away_more_than_they_have() {
        let key = |scopes| Caller::ManagementKey {
            id: "k".into(),
            workspace: None,
            scopes,
            holder: "control".into(),
        };
        let some = Scopes::Only(vec![Permission::TenantRead]);
        let more = Scopes::Only(vec![Permission::TenantRead, Permission::TenantDelete]);
        assert!(Caller::LocalOperator.may_all(&Scopes::All) && key(Scopes::All).may_all(&Scopes::All));
        assert!(key(some.clone()).may_all(&some) && !key(some.clone()).may_all(&more));
        assert!(!key(some).may_all(&Scopes::All), "all includes what is to come");
        let owner = Caller::Member {
            user: "u".parse().unwrap(),
            workspace: format!("w{:024}", 0).parse().unwrap(),
            role: Role::Owner,
            at: Workplace::Platform,
            proved_at: None,
        };
        assert!(owner.may_all(&more) && !owner.may_all(&Scopes::All));
        for permission in [Permission::WorkspaceCreate, Permission::InstanceRead] {
            assert!(owner.may(permission) && !owner.may_all(&Scopes::Only(vec![permission])));
        }
        assert!(owner.needs_proof(Timestamp::UNIX_EPOCH), "never proved");
    }

    #[test]
    fn nobody_gives_a_role_above_their_own() {
        let member = |role| Caller::Member {
            user: "u".parse().unwrap(),
            workspace: format!("w{:024}", 0).parse().unwrap(),
            role,
            at: Workplace::Customer,
            proved_at: None,
        };
        assert!(Role::ALL.iter().all(|role| member(Role::Owner).may_give(*role)));
        assert!(!member(Role::Admin).may_give(Role::Owner) && member(Role::Admin).may_give(Role::Admin));
        assert!(
            !member(Role::Developer).may_give(Role::Support) && !member(Role::Viewer).may_give(Role::Admin)
        );
        let key = |workspace| {
            let (id, scopes, holder) = ("k".into(), Scopes::All, "control".into());
            Caller::ManagementKey { id, workspace, scopes, holder }
        };
        assert!(key(None).may_give(Role::Owner));
        let of_workspace = key(Some(format!("w{:024}", 0).parse().unwrap()));
        assert!(!of_workspace.may_give(Role::Owner) && of_workspace.may_give(Role::Admin));
    }
}
