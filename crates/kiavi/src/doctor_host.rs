//! What the machine has to have enough of: a clock that is right, room on the disk, descriptors.

use std::mem::MaybeUninit;
use std::path::Path;

use rustix::fs::statvfs;
use rustix::process::{Resource, getrlimit};

use crate::doctor::{Finding, Verdict};

const CLOCK: &str = "Clock";
const DISK: &str = "Disk";
const DESCRIPTORS: &str = "Descriptors";

const GIB: u64 = 1 << 30;

/// Room below which PostgreSQL will soon stop.
const LEAST_ROOM: u64 = GIB;
/// Share of the disk below which it is time to act.
const LOW_PERCENT: u64 = 15;
/// Descriptors of an instance with a few thousand tenants.
const ENOUGH_DESCRIPTORS: u64 = 65_536;

/// Everything about the machine.
pub(crate) fn findings(data: &Path) -> Vec<Finding> {
    vec![clock(), disk(data), descriptors(getrlimit(Resource::Nofile).maximum)]
}

#[allow(unsafe_code, reason = "no safe wrapper of adjtimex(2) among the dependencies")]
fn clock() -> Finding {
    let mut answer = MaybeUninit::<libc::timex>::zeroed();
    // SAFETY: zero is a valid value of every field, and `modes` of zero asks for nothing but an answer.
    let (state, answer) = unsafe {
        let state = libc::adjtimex(answer.as_mut_ptr());
        (state, answer.assume_init())
    };
    match state {
        -1 => Finding::new(CLOCK, Verdict::Unchecked, "not checked: the kernel does not tell how it is"),
        state => clock_finding(
            state != libc::TIME_ERROR && answer.status & libc::STA_UNSYNC == 0,
            u64::try_from(answer.maxerror).unwrap_or_default(),
        ),
    }
}

fn clock_finding(is_kept_in_step: bool, max_error_microseconds: u64) -> Finding {
    if is_kept_in_step {
        let milliseconds = max_error_microseconds.div_ceil(1_000);
        return Finding::new(CLOCK, Verdict::Ok, format!("kept in step, at most {milliseconds} ms off"));
    }
    let todo = "nothing keeps it in step, or nobody told the kernel: install chrony or systemd-timesyncd. Codes and sessions \
                end by it, and other servers refuse tokens from the future";
    Finding::new(CLOCK, Verdict::Warning, todo)
}

fn disk(data: &Path) -> Finding {
    // The data folder may not be there yet; it will be on the disk of the nearest folder above it.
    let Some(folder) = data.ancestors().find(|folder| folder.exists()) else {
        return Finding::new(
            DISK,
            Verdict::Unchecked,
            format!("not checked: there is no {}", data.display()),
        );
    };
    match statvfs(folder) {
        Ok(disk) => {
            let block = disk.f_frsize;
            let finding =
                disk_finding(disk.f_bavail.saturating_mul(block), disk.f_blocks.saturating_mul(block));
            let inodes = (disk.f_files > 0).then(|| disk.f_favail.saturating_mul(100) / disk.f_files);
            match inodes {
                // A database of a tenant has some 400 files.
                Some(percent @ 0..5) => {
                    let detail = format!(
                        "{percent} % of the files that {} may hold are left: a tenant has 400",
                        folder.display()
                    );
                    Finding::new(DISK, Verdict::Warning, detail)
                }
                _ => finding,
            }
        }
        Err(error) => {
            Finding::new(DISK, Verdict::Unchecked, format!("not checked: {}: {error}", folder.display()))
        }
    }
}

fn disk_finding(free: u64, size: u64) -> Finding {
    let percent = free.saturating_mul(100).checked_div(size).unwrap_or_default();
    let left = format!("{:.1} GB are free ({percent} %)", free as f64 / GIB as f64);
    if free < LEAST_ROOM {
        let detail = format!("{left}: make room, or PostgreSQL stops and with it every sign-in");
        return Finding::new(DISK, Verdict::Missing, detail);
    }
    if percent < LOW_PERCENT {
        return Finding::new(DISK, Verdict::Warning, format!("{left}: make room in time"));
    }
    Finding::new(DISK, Verdict::Ok, left)
}

fn descriptors(limit: Option<u64>) -> Finding {
    match limit {
        Some(limit) if limit < ENOUGH_DESCRIPTORS => {
            let todo = format!(
                "a program that is started here may have {limit}: each tenant takes two and each that runs four more. The \
                 package's unit has more; elsewhere raise the limit (ulimit -Hn, limits.conf)"
            );
            Finding::new(DESCRIPTORS, Verdict::Warning, todo)
        }
        limit => {
            let limit = limit.map_or("any number".to_owned(), |limit| limit.to_string());
            Finding::new(DESCRIPTORS, Verdict::Ok, format!("a program may have {limit}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_a_fault_and_a_filling_one_a_warning() {
        let verdict = |free, size| disk_finding(free, size).verdict;
        assert_eq!(verdict(GIB / 2, 1_000 * GIB), Verdict::Missing);
        assert_eq!(verdict(100 * GIB, 1_000 * GIB), Verdict::Warning);
        assert_eq!(verdict(200 * GIB, 1_000 * GIB), Verdict::Ok);
        assert_eq!(verdict(0, 0), Verdict::Missing);
    }

    #[test]
    fn a_folder_that_is_not_there_yet_is_on_the_disk_above_it() {
        let folder = std::env::temp_dir().join("kiavi-doctor-none/data");
        assert_ne!(disk(&folder).verdict, Verdict::Unchecked);
    }

    #[test]
    fn a_clock_that_nobody_keeps_and_few_descriptors_are_warnings() {
        assert_eq!(clock_finding(false, 0).verdict, Verdict::Warning);
        assert!(clock_finding(true, 1_500).detail.contains("2 ms"));
        assert_eq!(descriptors(Some(1_024)).verdict, Verdict::Warning);
        assert_eq!(descriptors(Some(1 << 20)).verdict, Verdict::Ok);
        assert_eq!(descriptors(None).verdict, Verdict::Ok);
    }
}
