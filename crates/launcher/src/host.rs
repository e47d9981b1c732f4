//! What the kernel says of processes and of the machine. The facts; what they mean is the control plane's to say.

use std::fs::read_to_string;
use std::io;
use std::mem::MaybeUninit;
use std::path::Path;

use kiavi_ipc::survey::{ClockState, Disk, ProcessFacts};
use rustix::fs::statvfs;

/// In which the kernel tells when a process was started: `USER_HZ`, a hundredth of a second wherever Linux runs us.
const MILLISECONDS_PER_TICK: u64 = 10;

/// Fills in what can be known of a process; what cannot stays unknown.
pub(crate) fn look_at(process: &mut ProcessFacts) {
    let of = |file: &str| read_to_string(format!("/proc/{}/{file}", process.pid)).unwrap_or_default();
    let (stat, status) = (of("stat"), of("status"));
    let uptime = read_to_string("/proc/uptime").unwrap_or_default();
    process.age_milliseconds = age(&stat, &uptime);
    process.private_bytes = private_bytes(&status);
    process.is_confined = is_confined(&status);
}

/// From the 22nd field of `/proc/PID/stat` and the first of `/proc/uptime` (proc(5)); both count from the machine's start. A
/// program's name is in parentheses and may hold anything.
fn age(stat: &str, uptime: &str) -> Option<u64> {
    const FIELDS_AFTER_NAME: usize = 22 - 2;
    let (_, after_name) = stat.rsplit_once(')')?;
    let started: u64 = after_name.split_ascii_whitespace().nth(FIELDS_AFTER_NAME - 1)?.parse().ok()?;
    let (seconds, hundredths) = uptime.split_ascii_whitespace().next()?.split_once('.')?;
    let uptime = seconds.parse::<u64>().ok()? * 1_000 + hundredths.parse::<u64>().ok()? * 10;
    Some(uptime.saturating_sub(started * MILLISECONDS_PER_TICK))
}

/// Pages that are in no file: none of them is shared, since every process of ours begins with `exec`. A counter of the
/// kernel's, so nobody walks a page table for it.
fn private_bytes(status: &str) -> Option<u64> {
    let line = field(status, "RssAnon")?;
    line.strip_suffix("kB")?.trim_end().parse::<u64>().ok()?.checked_mul(1024)
}

/// Whether seccomp filters its system calls and `execve` gives it nothing.
fn is_confined(status: &str) -> Option<bool> {
    Some(field(status, "Seccomp")? == "2" && field(status, "NoNewPrivs")? == "1")
}

/// The value behind a name in `/proc/PID/status`.
fn field<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    let of_line = |line: &'a str| line.strip_prefix(name)?.strip_prefix(':');
    status.lines().find_map(of_line).map(str::trim)
}

/// Room on the disk that has this folder.
///
/// # Errors
/// When it cannot be looked at.
pub fn disk(folder: &Path) -> io::Result<Disk> {
    let disk = statvfs(folder)?;
    let free_files_percent = (disk.f_files > 0).then(|| disk.f_favail.saturating_mul(100) / disk.f_files);
    let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
    Ok(Disk { free: bytes(disk.f_bavail), size: bytes(disk.f_blocks), free_files_percent })
}

/// How the clock is kept; `None` where the kernel does not tell.
#[allow(unsafe_code, reason = "no safe wrapper of adjtimex(2) among the dependencies")]
pub fn clock() -> Option<ClockState> {
    let mut answer = MaybeUninit::<libc::timex>::zeroed();
    // SAFETY: zero is a valid value of every field, and `modes` of zero asks for nothing but an answer.
    let (state, answer) = unsafe {
        let state = libc::adjtimex(answer.as_mut_ptr());
        (state, answer.assume_init())
    };
    (state != -1).then(|| ClockState {
        is_kept_in_step: state != libc::TIME_ERROR && answer.status & libc::STA_UNSYNC == 0,
        max_error_microseconds: u64::try_from(answer.maxerror).unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_and_spaces_moves_no_field() {
        let stat = |name: &str| format!("42 ({name}) S 1 42 42 0 -1 4194560 {} 0 0", "0 ".repeat(12) + "150");
        for name in ["kiavi", "a) S 9 (b", ""] {
            assert_eq!(age(&stat(name), "3.25 12.00\n"), Some(3_250 - 1_500), "{name}");
        }
        assert_eq!(age("", "3.25 12.00\n"), None);
        assert_eq!(age(&stat("kiavi"), ""), None);
    }

    #[test]
    fn what_status_says_is_read_by_its_names() {
        let status =
            "Name:\tkiavi\nRssAnon:\t     412 kB\nNoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t1\n";
        assert_eq!((private_bytes(status), is_confined(status)), (Some(412 * 1024), Some(true)));
        let free = status.replace("Seccomp:\t2", "Seccomp:\t0");
        assert_eq!(is_confined(&free), Some(false));
        assert_eq!((private_bytes(""), is_confined("")), (None, None));
    }

    #[test]
    fn this_process_is_there_and_young() {
        let mut own = ProcessFacts { pid: std::process::id(), ..ProcessFacts::default() };
        look_at(&mut own);
        assert!(own.age_milliseconds.is_some_and(|age| age < 3_600_000), "{own:?}");
        let mut nobody = ProcessFacts { pid: u32::MAX, ..ProcessFacts::default() };
        look_at(&mut nobody);
        assert_eq!(nobody, ProcessFacts { pid: u32::MAX, ..ProcessFacts::default() });
    }

    #[test]
    fn the_disk_of_a_folder_is_looked_at() {
        let disk = disk(&std::env::temp_dir()).unwrap();
        assert!(disk.free <= disk.size);
    }
}
