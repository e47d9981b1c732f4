//! The order of the lockdown. Each step takes away what the next ones no longer need.

use std::{
    io,
    os::fd::AsRawFd,
    path::{Path, PathBuf},
};

use rustix::{
    event::{PollFd, PollFlags, poll},
    fs::Mode,
};

use crate::{
    Account, Isolation, Layer, Layers, Limits, Profile, SandboxError, State, descriptors, identity,
    landlocked, namespaces, profile::Role, root, seccomp,
};

/// A process that has given up everything but its system calls.
#[derive(Debug)]
#[must_use = "a process that is not sealed still has every system call"]
pub struct LockedDown {
    role: Role,
    policy: Policy,
    layers: Layers,
    data: Option<PathBuf>,
}

impl LockedDown {
    /// The layers so far.
    pub fn layers(&self) -> &Layers {
        &self.layers
    }

    /// Where the control plane's folder is now; `None` for the other roles.
    pub fn data_dir(&self) -> Option<&Path> {
        self.data.as_deref()
    }

    /// Applies the role's allow-list of system calls to every thread, for good.
    ///
    /// Call it when the runtime is built and everything is warm that does more at its first use than later: the
    /// random generator looks for a device file, time zones are read from files, a hash map's keys come from the
    /// kernel.
    ///
    /// # Errors
    /// [`SandboxError::Missing`] with [`Layer::Seccomp`] if the kernel refuses the filter.
    pub fn seal(mut self) -> Result<Layers, SandboxError> {
        self.policy.keep(&mut self.layers, Layer::Seccomp, seccomp::seal(self.role))?;
        Ok(self.layers)
    }
}

/// Locks this process down, except for its system calls: see [`LockedDown::seal`].
///
/// For the start of `main`: one thread, no runtime, and no descriptors but 0 to 2 and those that were meant to be
/// inherited ([`crate::close_fds_from`]). `account` is required by [`Isolation::Full`] and ignored otherwise.
///
/// # Errors
/// See [`SandboxError`]. After an error the process must exit: layers that were applied stay.
pub fn lock_down(
    isolation: Isolation,
    profile: Profile,
    account: Option<Account>,
) -> Result<LockedDown, SandboxError> {
    let policy = match isolation {
        Isolation::Full => Policy::AllRequired,
        Isolation::Rootless => Policy::NamespacesOptional,
    };
    apply(isolation, profile, account, policy)
}

/// Tries every layer of an engine on this process and says which hold; one that fails does not end the attempt.
///
/// The process is of no use afterwards but for writing the answer to a descriptor that it already has: run this in
/// a child made for it, in the same way as [`lock_down`].
///
/// # Errors
/// The errors of [`lock_down`] that are not about a layer.
pub fn probe(isolation: Isolation, account: Option<Account>) -> Result<Layers, SandboxError> {
    let profile = Profile::Engine { data_bytes: Limits::ENGINE.data_bytes };
    apply(isolation, profile, account, Policy::NothingRequired)?.seal()
}

/// Which layers must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Policy {
    AllRequired,
    NamespacesOptional,
    NothingRequired,
}

impl Policy {
    fn requires(self, layer: Layer) -> bool {
        use Layer as L;
        match self {
            Self::AllRequired => true,
            Self::NothingRequired => false,
            Self::NamespacesOptional => !matches!(
                layer,
                L::UserNamespace
                    | L::MountNamespace
                    | L::NetworkNamespace
                    | L::IpcNamespace
                    | L::UtsNamespace
                    | L::CgroupNamespace
                    | L::EmptyRoot
            ),
        }
    }

    /// Notes how a layer went; an error if it is required and missing.
    fn keep<E>(self, layers: &mut Layers, layer: Layer, outcome: Result<(), E>) -> Result<(), SandboxError>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        match outcome {
            Ok(()) => layers.note(layer, State::Active),
            Err(error) if self.requires(layer) => return Err(SandboxError::missing(layer, error)),
            Err(error) => layers.note(layer, State::Missing { reason: error.to_string() }),
        }
        Ok(())
    }
}

fn apply(
    isolation: Isolation,
    profile: Profile,
    account: Option<Account>,
    policy: Policy,
) -> Result<LockedDown, SandboxError> {
    let (role, limits) = (profile.role(), profile.limits());
    let account = checked_account(isolation, account)?;
    let parent = rustix::process::getppid();
    identity::require_single_thread()?;
    let data_was = enter_data_folder(profile)?;

    let mut layers = Layers::default();
    apply_namespaces(isolation, role, policy, &mut layers)?;
    apply_root(role, policy, &mut layers)?;
    let empty_root = layers.is_active(Layer::EmptyRoot);
    let data = data_was.map(|path| if empty_root { root::DATA_DIR.into() } else { path });

    policy.keep(&mut layers, Layer::ResourceLimits, limits.apply(isolation))?;
    match account {
        Some(account) => {
            let become_it =
                || identity::empty_bounding_set().and_then(|()| identity::become_account(account));
            policy.keep(&mut layers, Layer::Account, become_it())?;
        }
        None => layers.note(Layer::Account, State::NotNeeded),
    }
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    policy.keep(&mut layers, Layer::Privileges, identity::drop_privileges())?;
    policy.keep(&mut layers, Layer::ParentDeathSignal, identity::set_pdeathsig(parent))?;
    require_supervisor()?;
    policy.keep(&mut layers, Layer::Landlock, landlocked::restrict(role, data.as_deref(), empty_root))?;
    Ok(LockedDown { role, policy, layers, data })
}

fn checked_account(isolation: Isolation, account: Option<Account>) -> Result<Option<Account>, SandboxError> {
    match (isolation, account) {
        (Isolation::Rootless, _) => Ok(None),
        (Isolation::Full, Some(account)) if account.uid != 0 && account.gid != 0 => Ok(Some(account)),
        (Isolation::Full, _) => Err(SandboxError::AccountRequired),
    }
}

/// Makes the data folder the current directory, which a new mount namespace carries along, and closes its
/// descriptor. Answers where it is on the host.
fn enter_data_folder(profile: Profile) -> Result<Option<PathBuf>, SandboxError> {
    let Profile::Control { data } = profile else {
        descriptors::refuse_ways_out(None)?;
        return Ok(None);
    };
    descriptors::refuse_ways_out(Some(data.as_raw_fd()))?;
    rustix::process::fchdir(&data).map_err(|error| SandboxError::DataFolder(error.into()))?;
    std::env::current_dir().map(Some).map_err(SandboxError::DataFolder)
}

fn apply_namespaces(
    isolation: Isolation,
    role: Role,
    policy: Policy,
    layers: &mut Layers,
) -> Result<(), SandboxError> {
    if isolation == Isolation::Full {
        layers.note(Layer::UserNamespace, State::NotNeeded);
    } else {
        policy.keep(layers, Layer::UserNamespace, namespaces::enter_user())?;
    }
    for (layer, kind) in namespaces::ALL {
        if layer == Layer::NetworkNamespace && role.keeps_host_network() {
            layers.note(layer, State::NotNeeded);
        } else {
            policy.keep(layers, layer, namespaces::enter(kind))?;
        }
    }
    Ok(())
}

fn apply_root(role: Role, policy: Policy, layers: &mut Layers) -> Result<(), SandboxError> {
    let outcome = if layers.is_active(Layer::MountNamespace) {
        root::enter(role)
    } else {
        Err(io::Error::other("it needs a mount namespace"))
    };
    policy.keep(layers, Layer::EmptyRoot, outcome)?;
    // Without an empty root, a current directory would still be a place to start from.
    rustix::process::chdir("/").map_err(|error| SandboxError::missing(Layer::EmptyRoot, error))
}

/// The control channel on descriptor 0 hangs up when the supervisor is gone, even if that was before `main`.
fn require_supervisor() -> Result<(), SandboxError> {
    let channel = io::stdin();
    let mut polled = [PollFd::new(&channel, PollFlags::empty())];
    let answered = poll(&mut polled, Some(&rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 }));
    match answered {
        Ok(_) if polled[0].revents().contains(PollFlags::HUP) => Err(SandboxError::ParentGone),
        _ => Ok(()),
    }
}
