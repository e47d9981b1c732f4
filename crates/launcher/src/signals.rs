//! The signals that the launcher is told by, across an upgrade.
//!
//! A program that runs anew in this process begins without handlers, and a signal without one ends it. So the signals
//! are held back from before the last look at them until the new program has its handlers: what is held back stays so
//! in the program that takes over (sigprocmask(2)), and a signal that comes in between waits for it in the kernel.

use std::io;
use std::mem::MaybeUninit;

/// What the launcher listens to.
const TOLD_BY: [libc::c_int; 3] = [libc::SIGTERM, libc::SIGINT, libc::SIGHUP];

/// Holds the signals back from this thread, and from the threads that it starts.
///
/// # Errors
/// When the kernel refuses.
pub(crate) fn hold() -> io::Result<()> {
    change(libc::SIG_BLOCK)
}

/// Lets them through again.
///
/// # Errors
/// When the kernel refuses.
pub(crate) fn release() -> io::Result<()> {
    change(libc::SIG_UNBLOCK)
}

#[allow(unsafe_code, reason = "no safe wrapper of the signal mask among the dependencies")]
fn change(how: libc::c_int) -> io::Result<()> {
    let mut set = MaybeUninit::uninit();
    // SAFETY: sigemptyset(3) initialises the set before anything reads it; the signals exist; the old mask is not
    // asked for.
    let error = unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        for signal in TOLD_BY {
            libc::sigaddset(set.as_mut_ptr(), signal);
        }
        libc::pthread_sigmask(how, set.as_ptr(), std::ptr::null_mut())
    };
    if error == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(error)) }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn held(status: &str) -> u64 {
        let mask = status.lines().find_map(|line| line.strip_prefix("SigBlk:")).unwrap();
        let all = TOLD_BY.iter().fold(0, |mask, signal| mask | 1 << (signal - 1));
        u64::from_str_radix(mask.trim(), 16).unwrap() & all
    }

    #[test]
    fn what_is_held_back_stays_so_in_the_next_program_until_that_lets_it_through() {
        let own = || held(&std::fs::read_to_string("/proc/thread-self/status").unwrap());
        let next = || {
            let status = Command::new("cat").arg("/proc/self/status").output().unwrap().stdout;
            held(std::str::from_utf8(&status).unwrap())
        };
        assert_eq!((own(), next()), (0, 0));
        hold().unwrap();
        assert_eq!(own().count_ones(), 3);
        assert_eq!(next(), own());
        release().unwrap();
        assert_eq!((own(), next()), (0, 0));
    }
}
