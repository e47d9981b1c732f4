//! The sandbox: a process gives up, for good, everything that its role does not need.
//!
//! The process does it to itself, in two steps, because a runtime has to be built in between:
//!
//! 1. [`lock_down`] at the very start of `main`, while there is one thread: namespaces, an empty read-only root,
//!    resource limits, the account, privileges, Landlock.
//! 2. [`LockedDown::seal`] when the runtime exists: the seccomp allow-list, for every thread. A call that is not
//!    on it ends the process with `SIGSYS`, which its supervisor must treat as a security event.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use kiavi_sandbox::{Account, Isolation, Profile};
//!
//! kiavi_sandbox::install_panic_hook();
//! kiavi_sandbox::close_fds_from(3, &[])?;
//! let account = Account { uid: 70_001, gid: 70_001 };
//! let locked = kiavi_sandbox::lock_down(Isolation::Full, Profile::Gateway, Some(account))?;
//! // Build the runtime, draw the first random bytes, parse the settings; then:
//! let layers = locked.seal()?;
//! # drop(layers); Ok(())
//! # }
//! ```
//!
//! Linux 5.19 or newer (Landlock ABI 2), x86_64 or aarch64. What each layer stops: `docs/sandbox.md`.

#[cfg(feature = "attack")]
pub mod attack;
pub mod canary;
pub mod cgroup;
mod descriptors;
mod error;
mod identity;
mod landlocked;
mod layers;
mod limits;
mod lockdown;
mod memory;
mod namespaces;
mod panic;
mod profile;
mod root;
mod seccomp;
mod syscalls;

pub use descriptors::close_fds_from;
pub use error::SandboxError;
pub use identity::{Account, set_pdeathsig};
pub use layers::{Layer, LayerReport, Layers, State};
pub use limits::Limits;
pub use lockdown::{LockedDown, lock_down, probe};
pub use memory::release_free_memory;
pub use panic::install_panic_hook;
pub use profile::{Isolation, Profile};
