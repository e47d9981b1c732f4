//! What the machine has to have enough of, and how its processes are kept apart.

use kiavi_ipc::survey::{ClockState, Disk, LimitsLayer};

use super::{Check, HealthFinding, HealthVerdict, unchecked};
use HealthVerdict::{Fault, Ok as Good, Warning};

const GIB: u64 = 1 << 30;
/// Room below which PostgreSQL will soon stop.
const LEAST_ROOM: u64 = GIB;
/// Share of the disk below which it is time to act.
const LOW_PERCENT: u64 = 15;
/// Share of the files that a disk may hold below which it is time to act: a database of a tenant has some 400.
const LOW_FILES_PERCENT: u64 = 5;

/// Whether there is room; nothing where nobody could look.
pub fn disk_finding(disk: Option<Disk>) -> HealthFinding {
    let Some(disk) = disk else { return unchecked(Check::Disk, "it could not be looked at") };
    if let Some(percent) = disk.free_files_percent.filter(|percent| *percent < LOW_FILES_PERCENT) {
        let detail = format!("{percent} % of the files that it may hold are left: a tenant has 400");
        return HealthFinding::new(Check::Disk, Warning, detail);
    }
    let percent = disk.free.saturating_mul(100).checked_div(disk.size).unwrap_or_default();
    let left = format!("{:.1} GB are free ({percent} %)", disk.free as f64 / GIB as f64);
    if disk.free < LEAST_ROOM {
        let detail = format!("{left}: make room, or PostgreSQL stops and with it every sign-in");
        return HealthFinding::new(Check::Disk, Fault, detail);
    }
    match percent < LOW_PERCENT {
        true => HealthFinding::new(Check::Disk, Warning, format!("{left}: make room in time")),
        false => HealthFinding::new(Check::Disk, Good, left),
    }
}

/// Whether the clock is right; nothing where the kernel does not tell.
pub fn clock_finding(state: Option<ClockState>) -> HealthFinding {
    match state {
        None => unchecked(Check::Clock, "the kernel does not tell how it is"),
        Some(ClockState { is_kept_in_step: true, max_error_microseconds }) => {
            let milliseconds = max_error_microseconds.div_ceil(1_000);
            let detail = format!("kept in step, at most {milliseconds} ms off");
            HealthFinding::new(Check::Clock, Good, detail)
        }
        Some(_) => {
            let todo = "nothing keeps it in step, or nobody told the kernel: install chrony or systemd-timesyncd. Codes and \
                        sessions end by it, and other servers refuse tokens from the future";
            HealthFinding::new(Check::Clock, Warning, todo)
        }
    }
}

/// The layers of the sandbox, and what holds engines to their shares. Without control groups an instance works: nobody gets
/// further than otherwise, but who is busy may slow others down.
pub(super) fn isolation(is_full: bool, limits: Option<LimitsLayer>) -> HealthFinding {
    let groups = |version: u8| format!("; control groups (version {version}) hold each engine to its share");
    match is_full {
        true if limits == Some(LimitsLayer::Processes) => {
            let detail = "every layer of the sandbox is required, but there are no control groups: each engine is held by \
                          its own limits only, and a busy one may slow others down. kiavi doctor says why";
            HealthFinding::new(Check::Isolation, Warning, detail)
        }
        true => {
            let limits = match limits {
                Some(LimitsLayer::CgroupsV1) => groups(1),
                Some(LimitsLayer::CgroupsV2) => groups(2),
                _ => String::new(),
            };
            HealthFinding::new(
                Check::Isolation,
                Good,
                format!("every layer of the sandbox is required{limits}"),
            )
        }
        false => {
            let detail = "rootless: tenants share one account; for development only";
            HealthFinding::new(Check::Isolation, Warning, detail)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_a_fault_and_a_filling_one_a_warning() {
        let verdict = |free, size| disk_finding(Some(Disk { free, size, free_files_percent: None })).verdict;
        assert_eq!(verdict(GIB / 2, 1_000 * GIB), Fault);
        assert_eq!(verdict(100 * GIB, 1_000 * GIB), Warning);
        assert_eq!(verdict(200 * GIB, 1_000 * GIB), Good);
        assert_eq!(verdict(0, 0), Fault);
        let without_files = Disk { free: GIB * 9, size: GIB * 10, free_files_percent: Some(4) };
        assert_eq!(disk_finding(Some(without_files)).verdict, Warning);
    }

    #[test]
    fn a_clock_that_nobody_keeps_is_a_warning() {
        let state = |is_kept_in_step| ClockState { is_kept_in_step, max_error_microseconds: 1_500 };
        assert_eq!(clock_finding(Some(state(false))).verdict, Warning);
        assert!(clock_finding(Some(state(true))).detail.contains("2 ms"));
        assert_eq!(clock_finding(None).verdict, HealthVerdict::Unchecked);
    }
}
