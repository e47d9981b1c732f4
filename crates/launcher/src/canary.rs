//! Canaries: processes that are started as a tenant's engine is, each to try one thing that must not work.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use kiavi_ipc::engine::{FromEngine, ToEngine};
use kiavi_ipc::isolation::{Confinement, Fate, LayerStanding, Tried};
use kiavi_ipc::{Channel, Endpoint, IpcError};
use kiavi_sandbox::canary::{PROBES, Probe};
use tokio::io::AsyncReadExt;
use tokio::time::timeout;

use crate::child::{Program, command, is_security_exit};
use crate::confinement;

/// How long one may take. It takes milliseconds, unless the whole machine is busy.
const DEADLINE: Duration = Duration::from_secs(15);

/// The most that is read of what one logs, in bytes: enough for the reason why it was not locked down.
const MAX_LOG: u64 = 4 * 1024;

/// Whose canaries, and what they are aimed at.
#[derive(Debug, Clone)]
pub(crate) struct Aviary {
    /// What the tenant's engine is started by.
    pub(crate) program: Program,
    /// A process of somebody else's.
    pub(crate) victim: u32,
    /// A listening socket of somebody else's.
    pub(crate) socket: String,
    /// Whether a process is put into its tenant's control group a moment after its start.
    pub(crate) has_groups: bool,
}

/// What is known of a canary that only told how it is locked down.
pub(crate) struct Told {
    pub(crate) layers: Vec<LayerStanding>,
    pub(crate) seen: Option<Confinement>,
}

/// How a canary ended.
struct Ended {
    answer: Option<(Option<Fate>, String, Vec<LayerStanding>)>,
    seen: Option<Confinement>,
    status: Option<ExitStatus>,
    log: String,
}

impl Aviary {
    /// How a process of the tenant's is locked down, by what it says and by what the kernel says of it; else why it is not.
    pub(crate) async fn look(&self, confine: impl FnOnce(u32)) -> Result<Told, String> {
        let Ended { answer, seen, log, .. } = self.start(None, true, confine).await?;
        let (_, _, layers) = answer.ok_or(log)?;
        Ok(Told { layers, seen })
    }

    /// Tries everything that there is to try, one after the other: sealed, and what other layers stop as well, without the seal.
    pub(crate) async fn try_everything(&self) -> Vec<Tried> {
        let mut tried = Vec::new();
        for probe in PROBES {
            tried.push(self.try_one(probe, true).await);
            if !probe.needs_seal && !probe.is_bounded {
                tried.push(self.try_one(probe, false).await);
            }
        }
        tried
    }

    async fn try_one(&self, probe: &Probe, is_sealed: bool) -> Tried {
        let (fate, evidence) = match self.start(Some(probe.name), is_sealed, |_| ()).await {
            Ok(ended) => fate(ended),
            Err(why) => (Fate::Unclear, why),
        };
        Tried { probe: probe.name.to_owned(), is_sealed, fate, evidence }
    }

    async fn start(
        &self,
        probe: Option<&str>,
        is_sealed: bool,
        confine: impl FnOnce(u32),
    ) -> Result<Ended, String> {
        let started = timeout(DEADLINE, self.run(probe, is_sealed, confine)).await;
        let ended = started.map_err(|_| "it did not end in time".to_owned())?;
        ended.map_err(|error| error.to_string())
    }

    async fn run(
        &self,
        probe: Option<&str>,
        is_sealed: bool,
        confine: impl FnOnce(u32),
    ) -> Result<Ended, IpcError> {
        let (ours, theirs) = Channel::pair().map_err(IpcError::Io)?;
        let mut command = command(&self.program, theirs);
        // Whoever gives up here leaves nobody behind.
        let mut child = command.kill_on_drop(true).stderr(Stdio::piped()).spawn().map_err(IpcError::Io)?;
        drop(command);
        let pid = child.id().unwrap_or_default();
        confine(pid);
        let (sender, mut receiver) =
            Endpoint::<ToEngine, FromEngine>::new(ours).map_err(IpcError::Io)?.split();
        let order = ToEngine::Canary {
            probe: probe.map(str::to_owned),
            is_sealed,
            victim: self.victim,
            socket: self.socket.clone(),
        };
        // One that ended before this is seen by its status.
        let _ = sender.send(&order).await;
        let answer = match receiver.receive().await {
            Ok(Some(FromEngine::Tried { fate, evidence, layers })) => Some((fate, evidence, layers)),
            _ => None,
        };
        let seen = match probe.is_none() && answer.is_some() {
            true => confinement::look_at_placed(pid, self.has_groups).await.ok(),
            false => None,
        };
        drop((sender, receiver));
        let mut log = Vec::new();
        if let Some(stderr) = child.stderr.take() {
            let _ = stderr.take(MAX_LOG).read_to_end(&mut log).await;
        }
        let status = child.wait().await.ok();
        Ok(Ended { answer, seen, status, log: String::from_utf8_lossy(&log).trim().to_owned() })
    }
}

/// What an end says of what was tried.
fn fate(ended: Ended) -> (Fate, String) {
    let Ended { answer, status, log, .. } = ended;
    match (answer, status) {
        (Some((Some(fate), evidence, _)), _) => (fate, evidence),
        (None, status) if is_security_exit(status) => {
            (Fate::Ended, "the kernel ended the process (SIGSYS)".to_owned())
        }
        // It says nothing and ends well: another program has taken its place.
        (None, Some(status)) if status.success() => (Fate::Worked, "another program ran".to_owned()),
        (_, status) => {
            let status = status.map(|status| status.to_string()).unwrap_or_default();
            (Fate::Unclear, format!("{status} {log}").trim().to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    fn of(answer: Option<Fate>, status: i32) -> Fate {
        let answer = answer.map(|fate| (Some(fate), String::new(), Vec::new()));
        let status = Some(ExitStatus::from_raw(status));
        fate(Ended { answer, seen: None, status, log: String::new() }).0
    }

    #[test]
    fn only_the_kernels_own_end_counts_as_one() {
        assert_eq!(of(None, rustix::process::Signal::SYS.as_raw()), Fate::Ended);
        assert_eq!(of(None, rustix::process::Signal::KILL.as_raw()), Fate::Unclear);
        assert_eq!(of(None, 1 << 8), Fate::Unclear, "it was not locked down");
        assert_eq!(of(None, 0), Fate::Worked, "another program has taken its place");
        assert_eq!(of(Some(Fate::Refused), 0), Fate::Refused);
        assert_eq!(of(Some(Fate::Worked), rustix::process::Signal::SYS.as_raw()), Fate::Worked);
    }
}
