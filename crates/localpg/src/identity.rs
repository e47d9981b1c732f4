//! Connecting in another account's name.

use std::{io, os::fd::OwnedFd, process};

use rustix::{process::Uid, thread::set_thread_res_uid};

use crate::SocketFolder;

/// Connects with `uid` as the calling thread's effective uid, which is what the server then sees as its peer
/// (unix(7), SO_PEERCRED), whoever uses the connection.
///
/// The thread must be root's. The change clears the process's parent-death signal and its dumpable flag
/// (prctl(2)); who needs them sets them again.
pub(crate) fn connect_as(socket: &SocketFolder, uid: u32) -> io::Result<OwnedFd> {
    let _assumed = Assumed::identity(uid)?;
    socket.connect_now()
}

/// While it lives, the thread has another effective uid.
struct Assumed;

impl Assumed {
    fn identity(uid: u32) -> io::Result<Self> {
        if !rustix::process::geteuid().is_root() {
            return Err(io::Error::from(io::ErrorKind::PermissionDenied));
        }
        // The raw call, which changes this thread only.
        set_thread_res_uid(None, Uid::from_raw(uid), None)?;
        Ok(Self)
    }
}

impl Drop for Assumed {
    fn drop(&mut self) {
        if set_thread_res_uid(None, Uid::ROOT, None).is_err() {
            // Cannot happen, as the real uid is root. To go on as a tenant would be worse than to end.
            tracing::error!("the way back to root is closed");
            process::abort();
        }
    }
}
