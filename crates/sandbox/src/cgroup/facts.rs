//! What the kernel says of groups.

use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use serde::Serialize;

use super::{CONTROLLERS, MOUNT, Version, files, own_group};

/// The limits that hold for a process, as the kernel has them: not what somebody meant to set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InForce {
    /// Which control groups they are of.
    pub version: Version,
    /// The process's group, for the memory controller, relative to the mount.
    pub group: String,
    /// Memory in bytes; `None`: no bound in its own group.
    pub memory_bytes: Option<u64>,
    /// Processor time per [`super::Share::PERIOD_MICROSECONDS`], in microseconds; `None`: no bound.
    pub cpu_microseconds: Option<u64>,
    /// Weight against others, 100 is the system's default.
    pub cpu_weight: u64,
    /// Processes and threads; `None`: no bound.
    pub pids: Option<u64>,
}

/// The limits of the group that a process is in. Reads only, and can be asked by anybody who sees `/proc` and
/// `/sys/fs/cgroup` as the process's supervisor does.
///
/// # Errors
/// When there is no such process, or it is in no group of the kind.
pub fn in_force(pid: u32) -> io::Result<InForce> {
    let of_process = fs::read_to_string(format!("/proc/{pid}/cgroup"))?;
    in_force_at(Path::new(MOUNT), &of_process)
}

fn in_force_at(mount: &Path, of_process: &str) -> io::Result<InForce> {
    let none = || io::Error::other("the process is in no control group");
    let group = own_group(of_process, "").unwrap_or_default();
    let v2 = mount.join(group);
    if v2.join("memory.max").exists() {
        let (quota, _) = pair(&read(&v2, "cpu.max")?);
        return Ok(InForce {
            version: Version::V2,
            group: group.to_owned(),
            memory_bytes: bound(&read(&v2, "memory.max")?),
            cpu_microseconds: bound(&quota),
            cpu_weight: bound(&read(&v2, "cpu.weight")?).ok_or_else(none)?,
            pids: bound(&read(&v2, "pids.max")?),
        });
    }
    let mut folders = CONTROLLERS.iter().map(|controller| -> io::Result<PathBuf> {
        let group = own_group(of_process, controller).ok_or_else(none)?;
        Ok(mount.join(controller).join(group))
    });
    let mut next = || folders.next().ok_or_else(none)?;
    let (memory, cpu, pids) = (next()?, next()?, next()?);
    let shares = bound(&read(&cpu, "cpu.shares")?).ok_or_else(none)?;
    Ok(InForce {
        version: Version::V1,
        group: own_group(of_process, CONTROLLERS[0]).unwrap_or_default().to_owned(),
        memory_bytes: bound(&read(&memory, "memory.limit_in_bytes")?).filter(|bytes| *bytes < UNBOUND),
        cpu_microseconds: bound(&read(&cpu, "cpu.cfs_quota_us")?),
        // Rounded up, as it was rounded down.
        cpu_weight: (shares * files::WEIGHT).div_ceil(files::SHARES),
        pids: bound(&read(&pids, "pids.max")?),
    })
}

/// What version 1 says of memory without a bound is this or more: the greatest number of whole pages.
const UNBOUND: u64 = 1 << 62;

fn read(folder: &Path, file: &str) -> io::Result<String> {
    Ok(fs::read_to_string(folder.join(file))?.trim_end().to_owned())
}

/// `max` and negative numbers are no bound.
fn bound(text: &str) -> Option<u64> {
    text.parse().ok()
}

fn pair(text: &str) -> (String, String) {
    text.split_once(' ').map(|(one, other)| (one.to_owned(), other.to_owned())).unwrap_or_default()
}

/// How often the kernel has killed in a group because it had no memory left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kills {
    /// A group that is made anew begins at nought under another number.
    group: u64,
    count: u64,
}

impl Kills {
    pub(super) fn of(version: Version, folder: &Path) -> Option<Self> {
        let file = match version {
            Version::V2 => "memory.events",
            // Linux 4.13 and later.
            Version::V1 => "memory.oom_control",
        };
        let text = fs::read_to_string(folder.join(file)).ok()?;
        let count = text.lines().find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok())?;
        Some(Self { group: fs::metadata(folder).ok()?.ino(), count })
    }

    /// Whether there was one since `earlier`, which was of a group of the same name; `None`: there was no such group.
    pub fn are_more_than(&self, earlier: Option<&Self>) -> bool {
        let before = earlier.filter(|earlier| earlier.group == self.group).map_or(0, |earlier| earlier.count);
        self.count > before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kills_are_those_of_one_group_and_not_of_its_namesake() {
        let kills = |group, count| Kills { group, count };
        assert!(!kills(1, 0).are_more_than(None));
        assert!(kills(1, 1).are_more_than(None));
        assert!(kills(1, 2).are_more_than(Some(&kills(1, 1))));
        assert!(!kills(1, 1).are_more_than(Some(&kills(1, 1))));
        assert!(kills(2, 1).are_more_than(Some(&kills(1, 1))), "made anew since");
        assert!(!kills(2, 0).are_more_than(Some(&kills(1, 1))));
    }

    #[test]
    fn limits_are_read_of_either_version() {
        let mount = std::env::temp_dir().join(format!("kiavi-in-force-{}", std::process::id()));
        let write = |file: &str, text: &str| {
            let path = mount.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        assert!(in_force_at(&mount, "0::/a\n").is_err());
        for (file, text) in [
            ("memory/a/memory.limit_in_bytes", "9223372036854771712\n"),
            ("cpu/b/cpu.cfs_quota_us", "50000\n"),
            ("cpu/b/cpu.shares", "512\n"),
            ("pids/pids.max", "4\n"),
        ] {
            write(file, text);
        }
        let found = in_force_at(&mount, "3:pids:/\n2:cpu,cpuacct:/b\n1:memory:/a\n0::/\n").unwrap();
        let (cpu_weight, pids) = (50, Some(4));
        let expected = InForce {
            version: Version::V1,
            group: "a".to_owned(),
            memory_bytes: None,
            cpu_microseconds: Some(50_000),
            cpu_weight,
            pids,
        };
        assert_eq!(found, expected);
        for (file, text) in [
            ("u/memory.max", "1024\n"),
            ("u/cpu.max", "max 100000\n"),
            ("u/cpu.weight", "50\n"),
            ("u/pids.max", "4\n"),
        ] {
            write(file, text);
        }
        let (memory_bytes, cpu_microseconds) = (Some(1_024), None);
        let expected = InForce {
            version: Version::V2,
            group: "u".to_owned(),
            memory_bytes,
            cpu_microseconds,
            ..expected
        };
        assert_eq!(in_force_at(&mount, "0::/u\n").unwrap(), expected);
        fs::remove_dir_all(mount).unwrap();
    }
}
