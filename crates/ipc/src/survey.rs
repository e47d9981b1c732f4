//! How an instance's processes and its machine stand, on its way to whoever operates it.
//!
//! Nothing is kept for this: the launcher puts it together when control asks. Ages are told instead of times, because the
//! launcher's clock is none that another process reads.

use kiavi_base::TenantId;
use minicbor::{Decode, Encode};

use crate::{IpcError, SealedDocument, SealedDocumentError, metrics::Measurements};

/// What the kernel says of a process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Encode, Decode)]
pub struct ProcessFacts {
    /// Its number.
    #[n(0)]
    pub pid: u32,
    /// How long ago it was started, in milliseconds.
    #[n(1)]
    pub age_milliseconds: Option<u64>,
    /// Memory that no other process shares with it, in bytes.
    #[n(2)]
    pub private_bytes: Option<u64>,
    /// Whether it can gain no rights any more and is held to a list of system calls.
    #[n(3)]
    pub is_confined: Option<bool>,
}

/// A process that should always run.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ServiceStanding {
    /// The role's name: `launcher`, `gateway`, `control`, `outbound`, `auditor`, `postgres`.
    #[n(0)]
    pub role: String,
    /// `None`: it does not run.
    #[n(1)]
    pub process: Option<ProcessFacts>,
    /// How often it failed in a row.
    #[n(2)]
    pub failures: u32,
}

/// What an engine does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum EngineState {
    /// It is not ready yet.
    #[n(0)]
    Starting,
    /// It serves.
    #[n(1)]
    Running,
    /// It finishes what it began, and ends.
    #[n(2)]
    Draining,
    /// It reads out the log of a tenant that is suspended.
    #[n(3)]
    ReadingLog,
    /// It failed, and is not started before a pause is over.
    #[n(4)]
    Paused,
    /// It is started no more, after repeated security exits.
    #[n(5)]
    Quarantined,
}

/// A tenant's engine that runs, or that cannot be started now. Those that are not told of sleep.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct EngineStanding {
    /// Whose.
    #[n(0)]
    #[cbor(with = "crate::codec::text")]
    pub tenant: TenantId,
    /// What it does.
    #[n(1)]
    pub state: EngineState,
    /// `None`: it does not run.
    #[n(2)]
    pub process: Option<ProcessFacts>,
    /// How often it failed in a row.
    #[n(3)]
    pub failures: u32,
    /// How long it is not started yet, in milliseconds.
    #[n(4)]
    pub pause_milliseconds: Option<u64>,
    /// How it failed last, while that counts.
    #[n(5)]
    pub last_failure: Option<FailureKind>,
}

/// How an engine failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum FailureKind {
    /// It crashed, was killed, or reported failure.
    #[n(0)]
    Crash,
    /// The kernel ended it because of a forbidden system call.
    #[n(1)]
    ForbiddenCall,
    /// The kernel ended it because it had used up its memory.
    #[n(2)]
    OutOfMemory,
}

/// What holds engines to their shares of the machine, beside each process's own resource limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum LimitsLayer {
    /// Nothing else.
    #[n(0)]
    Processes,
    /// Control groups, version 1.
    #[n(1)]
    CgroupsV1,
    /// Control groups, version 2.
    #[n(2)]
    CgroupsV2,
}

/// Room on the disk of the data folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Disk {
    /// Bytes that are free.
    #[n(0)]
    pub free: u64,
    /// Bytes in all.
    #[n(1)]
    pub size: u64,
    /// Of the files that it may hold, how many hundredths are left; `None` where their number has no limit.
    #[n(2)]
    pub free_files_percent: Option<u64>,
}

/// How the machine's clock is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct ClockState {
    /// Whether somebody keeps it in step and has told the kernel.
    #[n(0)]
    pub is_kept_in_step: bool,
    /// By how much it may be wrong then, in microseconds.
    #[n(1)]
    pub max_error_microseconds: u64,
}

/// Everything, at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Survey {
    /// What processes have counted.
    #[n(0)]
    pub measured: Measurements,
    /// Those that should always run.
    #[n(1)]
    pub services: Vec<ServiceStanding>,
    /// The tenants'.
    #[n(2)]
    pub engines: Vec<EngineStanding>,
    /// Whether every layer of the sandbox is required; without root some are not.
    #[n(3)]
    pub is_fully_isolated: bool,
    /// `None`: it could not be looked at.
    #[n(4)]
    pub disk: Option<Disk>,
    /// `None`: it could not be looked at.
    #[n(5)]
    pub clock: Option<ClockState>,
    /// `None`: a launcher of before does not tell.
    #[n(6)]
    pub limits: Option<LimitsLayer>,
}

impl Survey {
    /// Seals it.
    ///
    /// # Errors
    /// When it is too large, or there is no memory for it.
    pub fn seal(&self) -> Result<SealedDocument, SealedDocumentError> {
        let bytes = minicbor::to_vec(self).map_err(std::io::Error::other)?;
        SealedDocument::seal(&bytes)
    }

    /// Reads what [`Survey::seal`] sealed.
    ///
    /// # Errors
    /// When it is not that.
    pub fn read(bytes: &[u8]) -> Result<Self, IpcError> {
        minicbor::decode(bytes).map_err(|_| IpcError::Malformed("not a survey"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_survey_arrives_as_it_was() {
        let process = ProcessFacts { pid: 7, private_bytes: Some(400_000), ..ProcessFacts::default() };
        let tenant: TenantId = format!("t{}", "a".repeat(24)).parse().unwrap();
        let engine = |state, process| EngineStanding {
            tenant: tenant.clone(),
            state,
            process,
            failures: 2,
            pause_milliseconds: None,
            last_failure: Some(FailureKind::OutOfMemory),
        };
        let service = |role: &str, process| ServiceStanding { role: role.to_owned(), process, failures: 0 };
        let survey = Survey {
            measured: Measurements::default(),
            services: vec![service("launcher", Some(process)), service("outbound", None)],
            engines: vec![
                engine(EngineState::Running, Some(process)),
                engine(EngineState::Quarantined, None),
            ],
            is_fully_isolated: true,
            disk: Some(Disk { free: 1, size: 2, free_files_percent: None }),
            clock: Some(ClockState { is_kept_in_step: true, max_error_microseconds: 500 }),
            limits: Some(LimitsLayer::CgroupsV1),
        };
        let bytes = survey.seal().unwrap().read().unwrap();
        assert_eq!(Survey::read(&bytes).unwrap(), survey);
        assert!(Survey::read(&bytes[1..]).is_err());
    }
}
