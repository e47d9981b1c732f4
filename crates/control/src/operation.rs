//! Everything that can be asked for a tenant that there is, as one table.
//!
//! An operation is asked for in one transaction: the target, the steps that have to be done again, what else of the row
//! it changes, and its event. What follows is the reconciler's, who takes a tenant through the steps of its target
//! ([`Target::steps`]) that are not recorded as done. So a crash after the request loses nothing, and one before it
//! has changed nothing.

use crate::{Step, TenantEventKind, audit::EventType, tenant::Target};

/// What can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Operation {
    /// End its engine; its names answer that it is suspended.
    Suspend,
    /// Let requests reach it again.
    Resume,
    /// Suspend it and destroy it when the grace period is over.
    Delete,
    /// Take a deletion back.
    Undelete,
    /// Destroy everything it has, now.
    Destroy,
    /// Destroy everything it has, because its grace period is over.
    Expire,
    /// Give it another name, and with it another address.
    Rename,
    /// Change the names it answers to beside that of its slug.
    SetHostnames,
    /// Have a domain wait for its proof.
    AddDomain,
    /// Serve it under a domain whose proof was found.
    VerifyDomain,
    /// Say that the proof of a domain is gone for days.
    LapseDomain,
    /// Take a domain off it.
    RemoveDomain,
    /// Put a new secret before the one it has.
    RotateSecret,
    /// End what came before its current secret.
    RetireSecret,
}

/// What there is to know about an operation.
pub(crate) struct Facts {
    /// The type of its event.
    pub(crate) event: EventType,
    /// The event of the tenant's own log, under the same id. None where the log goes too.
    pub(crate) news: Option<TenantEventKind>,
    /// The targets that a tenant may have when it is asked for.
    pub(crate) from: &'static [Target],
    /// The target that it gives the tenant; none leaves it as it is.
    pub(crate) to: Option<Target>,
    /// The steps that have to be done, whether they were before or not.
    pub(crate) redo: &'static [Step],
}

impl Operation {
    /// All operations.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 14] = [
        Self::Suspend,
        Self::Resume,
        Self::Delete,
        Self::Undelete,
        Self::Destroy,
        Self::Expire,
        Self::Rename,
        Self::SetHostnames,
        Self::AddDomain,
        Self::VerifyDomain,
        Self::LapseDomain,
        Self::RemoveDomain,
        Self::RotateSecret,
        Self::RetireSecret,
    ];

    #[rustfmt::skip]
    pub(crate) const fn facts(self) -> Facts {
        use {Step as S, Target as T, TenantEventKind as K};
        const LIVING: &[Target] = &[T::Running, T::Suspended];
        // What a change of names is brought to.
        const NAMES: &[Step] = &[S::Certificate, S::Running, S::Stopped];
        let (news, from, to, redo): (_, &[_], _, &[_]) = match self {
            Self::Suspend => (K::Suspended, &[T::Running], Some(T::Suspended), &[S::Stopped]),
            Self::Resume => (K::Resumed, &[T::Suspended], Some(T::Running), &[S::Running]),
            Self::Delete => (K::Deleted, LIVING, Some(T::Deleted), &[S::Stopped]),
            Self::Undelete => (K::Undeleted, &[T::Deleted], Some(T::Running), &[S::Running]),
            Self::Destroy => return destruction(EventType::TenantRemovalRequested, T::ALL),
            Self::Expire => return destruction(EventType::TenantGraceEnded, &[T::Deleted]),
            Self::Rename => (K::Renamed, LIVING, None, NAMES),
            Self::SetHostnames => (K::HostnamesChanged, LIVING, None, NAMES),
            Self::AddDomain => (K::DomainAdded, LIVING, None, &[]),
            Self::VerifyDomain => (K::DomainVerified, LIVING, None, NAMES),
            Self::LapseDomain => (K::DomainLapsed, LIVING, None, &[]),
            Self::RemoveDomain => (K::DomainRemoved, LIVING, None, NAMES),
            Self::RotateSecret => (K::SecretRotated, LIVING, None, &[S::Secret, S::Running]),
            Self::RetireSecret => (K::SecretRetired, LIVING, None, &[S::Secret, S::Running]),
        };
        Facts { event: news.event(), news: Some(news), from, to, redo }
    }
}

/// What ends a tenant tells it to the control plane's log only: its own goes too.
const fn destruction(event: EventType, from: &'static [Target]) -> Facts {
    Facts { event, news: None, from, to: Some(Target::Destroyed), redo: &[] }
}
