//! What is found out of a tenant's isolation by trying, on its way from a canary to the launcher and from there to control.
//!
//! A canary is an engine's process with the account, the arguments and the layers of the tenant's engine, and with no document:
//! instead of serving it tries one thing that must not work, and says what came of it. The call that ends it says so best: then
//! the launcher sees the signal.

use kiavi_base::{Hostname, TenantId};
use minicbor::{Decode, Encode};

use crate::{IpcError, SealedDocument, SealedDocumentError};

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Fate {
    /// The kernel ended the process for it (`SIGSYS`).
    #[n(0)]
    Ended,
    /// It was refused.
    #[n(1)]
    Refused,
    /// It worked.
    #[n(2)]
    Worked,
    /// The process did not get so far, or ended for another reason.
    #[n(3)]
    Unclear,
}

/// One attempt.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Tried {
    /// Its name, such as `files.read`.
    #[n(0)]
    pub probe: String,
    /// Whether every layer was in place; else every one but the list of system calls, which ends what the others refuse.
    #[n(1)]
    pub is_sealed: bool,
    /// What came of it.
    #[n(2)]
    pub fate: Fate,
    /// What the kernel answered.
    #[n(3)]
    pub evidence: String,
}

/// A layer of the sandbox, as the process that locked itself down reports it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct LayerStanding {
    /// Its name.
    #[n(0)]
    pub layer: String,
    /// Whether it holds; `None`: the role or the instance does without it.
    #[n(1)]
    pub is_active: Option<bool>,
    /// Why it is missing.
    #[n(2)]
    pub reason: String,
}

/// What the kernel says of how a process is held, from outside of it (`proc(5)`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct Confinement {
    /// Its number.
    #[n(0)]
    pub pid: u32,
    /// Its user and group ids, of all kinds: real, effective, saved, of the file system.
    #[n(1)]
    pub ids: Vec<u32>,
    /// Supplementary groups.
    #[n(2)]
    pub groups: Vec<u32>,
    /// Whether it can gain nothing by running another program.
    #[n(3)]
    pub has_no_new_privileges: bool,
    /// Whether a filter decides which system calls it has.
    #[n(4)]
    pub is_filtered: bool,
    /// Capabilities that it has or could take.
    #[n(5)]
    pub capabilities: u64,
    /// Capabilities that its account could ever get.
    #[n(6)]
    pub bounding: u64,
    /// Threads.
    #[n(7)]
    pub threads: u32,
    /// The namespaces that it shares with the launcher, by their names below `/proc/PID/ns`; `None`: they cannot be looked at.
    #[n(8)]
    pub shared_namespaces: Option<Vec<String>>,
    /// What is mounted, as `type at path (ro or rw)`; `None`: it cannot be looked at.
    #[n(9)]
    pub mounts: Option<Vec<String>>,
    /// Its hard limits as `name=number`, `unlimited` among the numbers.
    #[n(10)]
    pub limits: Vec<String>,
    /// The groups that memory, processor and processes are bounded by, one path each or one for all.
    #[n(11)]
    pub group: String,
    /// What it has open, as `kind×count`, by kind; `None`: it cannot be looked at.
    #[n(12)]
    pub descriptors: Option<Vec<String>>,
    /// Bytes of its environment; `None`: it cannot be looked at.
    #[n(13)]
    pub environment_bytes: Option<u64>,
    /// What those groups let it have; `None`: it cannot be read.
    #[n(14)]
    pub bounds: Option<GroupBounds>,
}

/// Bounds of a control group; `None` where there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct GroupBounds {
    /// Memory in bytes.
    #[n(0)]
    pub memory_bytes: Option<u64>,
    /// Processor time for each 100 ms, in microseconds.
    #[n(1)]
    pub cpu_microseconds: Option<u64>,
    /// Processes and threads.
    #[n(2)]
    pub pids: Option<u64>,
}

/// Everything that the launcher found out of a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Inspection {
    /// Whether every layer is required of this instance's processes.
    #[n(0)]
    pub is_fully_isolated: bool,
    /// Whether the machine has control groups for tenants.
    #[n(1)]
    pub has_groups: bool,
    /// The account that the tenant's processes are started with.
    #[n(2)]
    pub uid: u32,
    /// Other tenants that the launcher knows with the same account.
    #[n(3)]
    #[cbor(with = "crate::codec::texts")]
    pub sharing_account: Vec<TenantId>,
    /// Where the tenant is reached.
    #[n(4)]
    #[cbor(with = "crate::codec::texts")]
    pub hostnames: Vec<Hostname>,
    /// The servers that its engine may reach.
    #[n(5)]
    pub egress: Vec<String>,
    /// The layers as the canary reports them.
    #[n(6)]
    pub layers: Vec<LayerStanding>,
    /// The canary as the kernel sees it; `None`: it did not come so far.
    #[n(7)]
    pub canary: Option<Confinement>,
    /// The tenant's engine as the kernel sees it; `None`: it sleeps.
    #[n(8)]
    pub engine: Option<Confinement>,
    /// What was tried.
    #[n(9)]
    pub tried: Vec<Tried>,
    /// Why the canary that only reports came to nothing.
    #[n(10)]
    pub failure: Option<String>,
}

impl Inspection {
    /// Seals it.
    ///
    /// # Errors
    /// When it is too large, or there is no memory for it.
    pub fn seal(&self) -> Result<SealedDocument, SealedDocumentError> {
        let bytes = minicbor::to_vec(self).map_err(std::io::Error::other)?;
        SealedDocument::seal(&bytes)
    }

    /// Reads what [`Inspection::seal`] sealed.
    ///
    /// # Errors
    /// When it is not that.
    pub fn read(bytes: &[u8]) -> Result<Self, IpcError> {
        minicbor::decode(bytes).map_err(|_| IpcError::Malformed("not an inspection"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inspection_arrives_as_it_was() {
        let tenant: TenantId = format!("t{}", "a".repeat(24)).parse().unwrap();
        let tried =
            Tried { probe: "files.read".into(), is_sealed: true, fate: Fate::Ended, evidence: String::new() };
        let layer = LayerStanding { layer: "seccomp".into(), is_active: Some(false), reason: "EPERM".into() };
        let inspection = Inspection {
            is_fully_isolated: true,
            has_groups: false,
            uid: 70_000,
            sharing_account: vec![tenant],
            hostnames: vec!["shop.example.com".parse().unwrap()],
            egress: vec!["accounts.example.com:443".into()],
            layers: vec![layer],
            canary: Some(Confinement { capabilities: 1, ..Confinement::default() }),
            engine: None,
            tried: vec![tried],
            failure: None,
        };
        let bytes = inspection.seal().unwrap().read().unwrap();
        assert_eq!(Inspection::read(&bytes).unwrap(), inspection);
        assert!(Inspection::read(&bytes[1..]).is_err());
    }
}
