//! Who asks.

use std::borrow::Cow;

use kiavi_base::RequestId;

/// Through which door a connection came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallerKind {
    /// The local control socket: the file system decided already that this is the operator.
    LocalOperator,
    /// The console's hostname: anybody, until a management key says otherwise.
    ConsoleHost,
}

/// Somebody who may manage tenants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// The operator of this machine.
    LocalOperator,
    /// The holder of a management key.
    ManagementKey {
        /// Names the key; not the key.
        id: String,
    },
}

/// Who changed something, and in which request.
#[derive(Debug, Clone)]
pub(crate) struct Actor {
    /// `None` is the control plane itself.
    pub(crate) caller: Option<Caller>,
    pub(crate) request: Option<RequestId>,
}

impl Actor {
    /// The control plane itself, carrying out what was asked before.
    pub(crate) const CONTROL: Self = Self { caller: None, request: None };

    pub(crate) fn name(&self) -> Cow<'static, str> {
        match &self.caller {
            None => "control".into(),
            Some(Caller::LocalOperator) => "local_operator".into(),
            Some(Caller::ManagementKey { id }) => format!("management_key:{id}").into(),
        }
    }
}

/// The same name as engines are told it: `local`, `key:ID`, or `control`.
pub(crate) fn operator_name(actor: &str) -> Cow<'_, str> {
    match (actor, actor.strip_prefix("management_key:")) {
        ("local_operator", _) => "local".into(),
        (_, Some(id)) => format!("key:{id}").into(),
        (other, None) => other.into(),
    }
}
