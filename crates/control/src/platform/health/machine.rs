//! What the machine has to have enough of, and how its processes are kept apart.

use kiavi_ipc::survey::{ClockState, Disk, LimitsLayer};
use kiavi_pages::{HealthFact, NotLooked, Room};

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
    let Some(disk) = disk else { return unchecked(Check::Disk, NotLooked::Disk) };
    if let Some(percent) = disk.free_files_percent.filter(|percent| *percent < LOW_FILES_PERCENT) {
        return HealthFinding::new(Check::Disk, Warning, HealthFact::DiskFiles(percent));
    }
    let percent = disk.free.saturating_mul(100).checked_div(disk.size).unwrap_or_default();
    let (verdict, room) = match () {
        () if disk.free < LEAST_ROOM => (Fault, Room::None),
        () if percent < LOW_PERCENT => (Warning, Room::Low),
        () => (Good, Room::Enough),
    };
    let tenths = disk.free.saturating_mul(10) / GIB;
    HealthFinding::new(Check::Disk, verdict, HealthFact::Disk { tenths, percent, room })
}

/// Whether the clock is right; nothing where the kernel does not tell.
pub fn clock_finding(state: Option<ClockState>) -> HealthFinding {
    match state {
        None => unchecked(Check::Clock, NotLooked::Clock),
        Some(ClockState { is_kept_in_step: true, max_error_microseconds }) => {
            let milliseconds = max_error_microseconds.div_ceil(1_000);
            HealthFinding::new(Check::Clock, Good, HealthFact::ClockInStep(milliseconds))
        }
        Some(_) => HealthFinding::new(Check::Clock, Warning, HealthFact::ClockFree),
    }
}

/// The layers of the sandbox, and what holds engines to their shares. Without control groups an instance works: nobody gets
/// further than otherwise, but who is busy may slow others down.
pub(super) fn isolation(is_full: bool, limits: Option<LimitsLayer>) -> HealthFinding {
    let (verdict, fact) = match (is_full, limits) {
        (true, Some(LimitsLayer::Processes)) => (Warning, HealthFact::IsolatedWithoutGroups),
        (true, Some(LimitsLayer::CgroupsV1)) => (Good, HealthFact::Isolated(Some(1))),
        (true, Some(LimitsLayer::CgroupsV2)) => (Good, HealthFact::Isolated(Some(2))),
        (true, None) => (Good, HealthFact::Isolated(None)),
        (false, _) => (Warning, HealthFact::Rootless),
    };
    HealthFinding::new(Check::Isolation, verdict, fact)
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
