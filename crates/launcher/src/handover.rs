//! What one program leaves to the next that runs in the same process.
//!
//! An upgrade is an `exec`: the process, its children and the descriptors that are meant to stay, stay. Which
//! descriptor is what is written into a memory file that nobody else has. The format has a number; a program that does not know it
//! says so before anything is given up ([`STATE_FORMAT`]).

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::path::PathBuf;

use kiavi_base::{Hostname, TenantId};
use kiavi_ipc::door::ListenerKind;
use kiavi_ipc::egress::AllowList;
use kiavi_ipc::metrics::Measurements;
use kiavi_ipc::{Phase, SealedDocument};
use minicbor::{Decode, Encode};
use rustix::fs::{MemfdFlags, memfd_create};
use rustix::io::{FdFlags, fcntl_getfd, fcntl_setfd};

use crate::backoff::BackoffState;
use crate::listen::Listener;

/// The format of what is handed over.
pub const STATE_FORMAT: u32 = 1;

/// What was handed over cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HandoverError {
    /// It is not what this program reads.
    #[error("what the program before this one left cannot be read")]
    Malformed,
    /// A descriptor is not there, or cannot be kept.
    #[error("a descriptor that was left cannot be used")]
    Descriptor(#[from] std::io::Error),
}

/// The state of an instance between two programs. Descriptors are numbers of this process.
#[derive(Debug, Default, Encode, Decode)]
pub(crate) struct State {
    #[n(0)]
    pub(crate) format: u32,
    #[n(1)]
    pub(crate) folder: String,
    #[n(2)]
    pub(crate) folder_lock: RawFd,
    #[n(3)]
    pub(crate) listeners: Vec<RawFd>,
    #[n(4)]
    pub(crate) control_socket: RawFd,
    #[n(5)]
    pub(crate) monitor: Option<RawFd>,
    /// The server's process id and the lock of its cluster.
    #[n(6)]
    pub(crate) cluster: Option<(u32, RawFd)>,
    #[n(7)]
    pub(crate) announced: bool,
    #[n(8)]
    pub(crate) last_process: u64,
    #[n(9)]
    pub(crate) tenants: Vec<TenantState>,
    #[n(10)]
    pub(crate) engines: Vec<EngineState>,
    #[n(11)]
    pub(crate) gateway: Option<ChildState>,
    #[n(12)]
    pub(crate) control: Option<ChildState>,
    #[n(13)]
    pub(crate) outbound: Option<ChildState>,
    /// What was counted.
    #[n(14)]
    pub(crate) measured: Option<Measurements>,
    #[n(15)]
    pub(crate) auditor: Option<ChildState>,
    /// Optional, because programs before the auditor leave none.
    #[n(16)]
    pub(crate) logs: Option<Vec<DocumentState>>,
    /// Optional, because programs before TLS leave none.
    #[n(17)]
    pub(crate) certificates: Option<Vec<DocumentState>>,
    /// What arrives at each of `listeners`, in their order. Programs before TLS leave none: plain HTTP.
    #[n(18)]
    pub(crate) arriving: Option<Vec<ArrivingState>>,
    /// Lines of the log that could not be written. Programs before the queue leave none.
    #[n(19)]
    pub(crate) unwritten: Option<u64>,
}

/// What arrives at a listening socket.
#[derive(Debug, Default, Encode, Decode)]
pub(crate) struct ArrivingState {
    #[n(0)]
    pub(crate) kind: ListenerKind,
    #[n(1)]
    pub(crate) proxies: Option<Vec<String>>,
}

/// A document of a tenant's, for a process that reads it.
#[derive(Debug, Encode, Decode)]
pub(crate) struct DocumentState {
    #[n(0)]
    pub(crate) tenant: String,
    #[n(1)]
    pub(crate) document: RawFd,
}

/// A tenant that may be served.
#[derive(Debug, Encode, Decode)]
pub(crate) struct TenantState {
    #[n(0)]
    pub(crate) id: String,
    #[n(1)]
    pub(crate) uid: u32,
    #[n(2)]
    pub(crate) hostnames: Vec<String>,
    #[n(3)]
    pub(crate) mail: RawFd,
    #[n(4)]
    pub(crate) egress: AllowList,
    #[n(5)]
    pub(crate) document: RawFd,
    #[n(6)]
    pub(crate) version: u64,
    #[n(7)]
    pub(crate) backoff: Option<BackoffState>,
}

/// A child that runs.
#[derive(Debug, Encode, Decode)]
pub(crate) struct ChildState {
    #[n(0)]
    pub(crate) pid: u32,
    #[n(1)]
    pub(crate) channel: RawFd,
    #[n(2)]
    pub(crate) log: Option<RawFd>,
}

/// An engine that runs.
#[derive(Debug, Encode, Decode)]
pub(crate) struct EngineState {
    #[n(0)]
    pub(crate) tenant: String,
    #[n(1)]
    pub(crate) uid: u32,
    #[n(2)]
    pub(crate) child: ChildState,
    /// 0 starting, 1 running, 2 draining.
    #[n(3)]
    pub(crate) phase: u8,
    /// Management connections that it was given and has not taken: operator and stream.
    #[n(4)]
    pub(crate) untaken: Vec<(String, RawFd)>,
}

/// Descriptors that outlive the program, collected while the state is written.
#[derive(Default)]
pub(crate) struct Keeping(Vec<RawFd>);

impl Keeping {
    /// Keeps a descriptor; answers its number.
    pub(crate) fn keep(&mut self, fd: impl AsFd) -> RawFd {
        let fd = fd.as_fd().as_raw_fd();
        self.0.push(fd);
        fd
    }

    /// Keeps documents of tenants.
    pub(crate) fn documents(&mut self, documents: &HashMap<TenantId, SealedDocument>) -> Vec<DocumentState> {
        let documents = documents.iter();
        let kept = documents.map(|(tenant, document)| DocumentState {
            tenant: tenant.to_string(),
            document: self.keep(document.fd()),
        });
        kept.collect()
    }

    /// Writes the state down and has all descriptors stay open across `exec`. Answers the state's own.
    pub(crate) fn write(self, state: &State) -> std::io::Result<OwnedFd> {
        let bytes = minicbor::to_vec(state).map_err(std::io::Error::other)?;
        // Not a sealed document: it grows with the number of tenants, and there is nobody to seal it from.
        let mut document = File::from(memfd_create("kiavi-handover", MemfdFlags::CLOEXEC)?);
        document.write_all(&bytes)?;
        for fd in self.0 {
            fcntl_setfd(borrowed(fd), FdFlags::empty())?;
        }
        fcntl_setfd(&document, FdFlags::empty())?;
        Ok(document.into())
    }
}

impl State {
    /// Reads what [`Keeping::write`] wrote.
    pub(crate) fn read(fd: RawFd) -> Result<Self, HandoverError> {
        let mut file = File::from(taken(fd)?);
        let mut document = Vec::new();
        file.rewind()?;
        file.read_to_end(&mut document)?;
        let state: Self = minicbor::decode(&document).map_err(|_| HandoverError::Malformed)?;
        if state.format == STATE_FORMAT { Ok(state) } else { Err(HandoverError::Malformed) }
    }

    pub(crate) fn folder_path(&self) -> PathBuf {
        PathBuf::from(&self.folder)
    }
}

impl ArrivingState {
    pub(crate) fn new(listener: &Listener) -> Self {
        let proxies = listener.proxies.as_ref();
        let proxies = proxies.map(|proxies| proxies.iter().map(ToString::to_string).collect());
        Self { kind: listener.kind, proxies }
    }

    pub(crate) fn listener(self, socket: OwnedFd) -> Result<Listener, HandoverError> {
        let read = |proxies: Vec<String>| -> Result<Vec<_>, _> {
            proxies.iter().map(|proxy| proxy.parse()).collect()
        };
        let proxies = self.proxies.map(read).transpose().map_err(|_| HandoverError::Malformed)?;
        Ok(Listener { socket, kind: self.kind, proxies })
    }
}

impl DocumentState {
    pub(crate) fn tenant(&self) -> Result<TenantId, HandoverError> {
        self.tenant.parse().map_err(|_| HandoverError::Malformed)
    }
}

impl TenantState {
    pub(crate) fn id(&self) -> Result<TenantId, HandoverError> {
        self.id.parse().map_err(|_| HandoverError::Malformed)
    }

    pub(crate) fn hostnames(&self) -> Result<Vec<Hostname>, HandoverError> {
        let names: Result<_, _> = self.hostnames.iter().map(|name| name.parse()).collect();
        names.map_err(|_| HandoverError::Malformed)
    }
}

impl EngineState {
    pub(crate) fn phase(&self) -> Phase {
        match self.phase {
            0 => Phase::Starting,
            1 => Phase::Running,
            _ => Phase::Draining,
        }
    }
}

pub(crate) fn phase_number(phase: Phase) -> u8 {
    match phase {
        Phase::Starting => 0,
        Phase::Running => 1,
        Phase::Draining => 2,
    }
}

/// Owns a descriptor that the program before this one has left, which ends with this program from here on.
#[allow(unsafe_code, reason = "a number that came through exec is the only way to name the descriptor")]
pub(crate) fn taken(fd: RawFd) -> Result<OwnedFd, HandoverError> {
    fcntl_getfd(borrowed(fd)).map_err(std::io::Error::from)?;
    // SAFETY: it is open, as was just seen. The state names each descriptor once, is read once, before anything else
    // of this program has opened one that could have its number, and only this function takes them.
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };
    fcntl_setfd(&fd, FdFlags::CLOEXEC).map_err(std::io::Error::from)?;
    Ok(fd)
}

#[allow(unsafe_code, reason = "as above")]
fn borrowed(fd: RawFd) -> BorrowedFd<'static> {
    // SAFETY: used for one call of fcntl, which answers EBADF if nothing is open under the number.
    unsafe { BorrowedFd::borrow_raw(fd) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_read_as_it_was_written_and_its_descriptors_end_with_the_reader() {
        let pipe = std::io::pipe().unwrap();
        let mut keeping = Keeping::default();
        let state = State {
            format: STATE_FORMAT,
            folder: "/var/lib/kiavi".to_owned(),
            listeners: vec![keeping.keep(&pipe.0)],
            last_process: 7,
            announced: true,
            ..State::default()
        };
        let document = keeping.write(&state).unwrap();
        assert_eq!(fcntl_getfd(&pipe.0).unwrap(), FdFlags::empty());
        let read = State::read(document.try_clone().unwrap().into_raw()).unwrap();
        assert_eq!(
            (read.folder_path(), read.last_process, read.announced),
            ("/var/lib/kiavi".into(), 7, true)
        );
        assert_eq!(read.listeners, [pipe.0.as_raw_fd()]);
        let owned = taken(OwnedFd::from(pipe.1).into_raw()).unwrap();
        assert_eq!(fcntl_getfd(&owned).unwrap(), FdFlags::CLOEXEC);
        assert!(matches!(taken(1_000_000), Err(HandoverError::Descriptor(_))));
    }

    #[test]
    fn a_state_of_any_size_is_handed_over() {
        let pipe = std::io::pipe().unwrap();
        let mut keeping = Keeping::default();
        let fd = keeping.keep(&pipe.0);
        let tenants = (0..20_000).map(|number| TenantState {
            id: format!("t{number:024}"),
            uid: 1_900_001_000 + number,
            hostnames: vec![format!("tenant-{number}.auth.example"), format!("login.{number}.example")],
            mail: fd,
            egress: AllowList::default(),
            document: fd,
            version: u64::MAX,
            backoff: None,
        });
        let state = State { format: STATE_FORMAT, tenants: tenants.collect(), ..State::default() };
        let document = keeping.write(&state).unwrap();
        assert_eq!(State::read(document.into_raw()).unwrap().tenants.len(), 20_000);
    }

    trait IntoRaw {
        fn into_raw(self) -> RawFd;
    }

    impl IntoRaw for OwnedFd {
        fn into_raw(self) -> RawFd {
            std::os::fd::IntoRawFd::into_raw_fd(self)
        }
    }
}
