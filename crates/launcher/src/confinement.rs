//! How a process is held, as the kernel tells those outside of it (proc(5)). The facts; what they mean is the control plane's to
//! say.

use std::collections::BTreeMap;
use std::fs::{read_dir, read_link, read_to_string};
use std::io;
use std::time::Duration;

use kiavi_ipc::isolation::{Confinement, GroupBounds};
use kiavi_sandbox::cgroup::in_force;
use tokio::time::sleep;

/// The namespaces that a sandboxed process has of its own, as `/proc/PID/ns` calls them.
const NAMESPACES: [&str; 5] = ["mnt", "net", "ipc", "uts", "cgroup"];

/// The most lines of one kind that are passed on. A process that is held has fewer of each.
const MOST: usize = 32;

/// How often, and how far apart, it is looked whether a process is in its group.
const LOOKS: u32 = 100;
const LOOK: Duration = Duration::from_millis(10);

/// What can be known of a process that may just have been started: with groups for tenants it is put into its own a moment
/// later, which takes the kernel some 15 ms, and is waited for a second.
///
/// # Errors
/// It is not there.
pub(crate) async fn look_at_placed(pid: u32, has_groups: bool) -> io::Result<Confinement> {
    let mut seen = look_at(pid)?;
    for _ in 0..LOOKS {
        if !has_groups || seen.group.split(' ').all(|path| path.contains("/engines/")) {
            break;
        }
        sleep(LOOK).await;
        seen = look_at(pid)?;
    }
    Ok(seen)
}

/// What can be known of a process; an error when it is not there.
fn look_at(pid: u32) -> io::Result<Confinement> {
    let of = |file: &str| read_to_string(format!("/proc/{pid}/{file}"));
    let status = of("status")?;
    let numbers = |name: &str| -> Vec<u32> {
        let words = field(&status, name).unwrap_or_default().split_ascii_whitespace();
        words.filter_map(|word| word.parse().ok()).collect()
    };
    let bits = |name: &str| {
        field(&status, name).and_then(|text| u64::from_str_radix(text, 16).ok()).unwrap_or(u64::MAX)
    };
    let mut ids = numbers("Uid");
    ids.extend(numbers("Gid"));
    Ok(Confinement {
        pid,
        ids,
        groups: numbers("Groups"),
        has_no_new_privileges: field(&status, "NoNewPrivs") == Some("1"),
        is_filtered: field(&status, "Seccomp") == Some("2"),
        capabilities: ["CapInh", "CapPrm", "CapEff", "CapAmb"]
            .into_iter()
            .map(bits)
            .fold(0, |all, one| all | one),
        bounding: bits("CapBnd"),
        threads: numbers("Threads").first().copied().unwrap_or_default(),
        shared_namespaces: shared_namespaces(pid),
        mounts: of("mountinfo").ok().map(|text| mounts(&text)),
        limits: limits(&of("limits").unwrap_or_default()),
        group: groups(&of("cgroup").unwrap_or_default()),
        bounds: in_force(pid).ok().map(|held| GroupBounds {
            memory_bytes: held.memory_bytes,
            cpu_microseconds: held.cpu_microseconds,
            pids: held.pids,
        }),
        descriptors: descriptors(pid).ok(),
        environment_bytes: std::fs::read(format!("/proc/{pid}/environ")).ok().map(|bytes| bytes.len() as u64),
    })
}

/// The value behind a name in `/proc/PID/status`.
fn field<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    let of_line = |line: &'a str| line.strip_prefix(name)?.strip_prefix(':');
    status.lines().find_map(of_line).map(str::trim)
}

/// Those that are the same as this process's.
fn shared_namespaces(pid: u32) -> Option<Vec<String>> {
    let mut shared = Vec::new();
    for name in NAMESPACES {
        let theirs = read_link(format!("/proc/{pid}/ns/{name}")).ok()?;
        if theirs == read_link(format!("/proc/self/ns/{name}")).ok()? {
            shared.push(name.to_owned());
        }
    }
    Some(shared)
}

/// Each line has the place as fifth word, its options as sixth, and the type as the first word behind a lone dash.
fn mounts(text: &str) -> Vec<String> {
    let line = |line: &str| {
        let (before, after) = line.split_once(" - ")?;
        let mut words = before.split_ascii_whitespace().skip(4);
        let (place, options) = (words.next()?, words.next()?);
        let access = if options.split(',').any(|option| option == "ro") { "ro" } else { "rw" };
        Some(format!("{} at {place} ({access})", after.split_ascii_whitespace().next()?))
    };
    text.lines().filter_map(line).take(MOST).collect()
}

/// The hard limits, by the names that the kernel gives them: columns are parted by two spaces at least.
fn limits(text: &str) -> Vec<String> {
    let line = |line: &str| {
        let mut columns = line.split("  ").map(str::trim).filter(|column| !column.is_empty());
        let name = columns.next()?.strip_prefix("Max ")?;
        // The soft one comes first.
        Some(format!("{name}={}", columns.nth(1)?))
    };
    text.lines().filter_map(line).collect()
}

/// The controllers that bound an engine.
const CONTROLLERS: [&str; 3] = ["memory", "cpu", "pids"];

/// The group for each of the controllers: of its own hierarchy, or of the one that has all (cgroups(7)).
fn groups(text: &str) -> String {
    let lines: Vec<_> = text
        .lines()
        .filter_map(|line| {
            let mut parts = line.splitn(3, ':').skip(1);
            Some((parts.next()?, parts.next()?))
        })
        .collect();
    let of = |wanted: &str| {
        let own = lines.iter().find(|(names, _)| names.split(',').any(|name| name == wanted));
        own.or_else(|| lines.iter().find(|(names, _)| names.is_empty())).map(|(_, path)| *path)
    };
    let mut paths: Vec<&str> = CONTROLLERS.into_iter().filter_map(of).collect();
    paths.sort_unstable();
    paths.dedup();
    paths.join(" ")
}

/// What a process has open: how many of each kind.
fn descriptors(pid: u32) -> io::Result<Vec<String>> {
    let mut kinds = BTreeMap::<String, u32>::new();
    for entry in read_dir(format!("/proc/{pid}/fd"))?.flatten() {
        match read_link(entry.path()) {
            Ok(target) => *kinds.entry(kind(&target.to_string_lossy())).or_default() += 1,
            // It was closed meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            // How many there are is shown to others than what they are (ptrace(2), "Ptrace access mode checking"): nothing
            // that was not seen may look like nothing that is there.
            Err(error) => return Err(error),
        }
    }
    Ok(kinds.into_iter().take(MOST).map(|(kind, count)| format!("{kind}×{count}")).collect())
}

/// `socket:[1]` is a socket; what has a path is told with it.
fn kind(target: &str) -> String {
    match target.split_once(':') {
        Some(("anon_inode", what)) => what.trim_matches(['[', ']']).to_owned(),
        Some((kind, _)) if !kind.starts_with('/') => kind.to_owned(),
        _ if target.starts_with("/memfd:") => "memory file".to_owned(),
        _ => target.chars().take(64).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_looked_at_and_shares_everything_with_itself() {
        let own = look_at(std::process::id()).unwrap();
        assert_eq!(own.shared_namespaces.unwrap().len(), NAMESPACES.len());
        assert_eq!((own.ids.len(), own.pid), (8, std::process::id()));
        assert!(own.threads > 0 && !own.mounts.unwrap().is_empty());
        assert!(own.limits.iter().any(|line| line.starts_with("open files=")), "{:?}", own.limits);
        assert!(look_at(u32::MAX).is_err());
    }

    #[test]
    fn a_table_of_mounts_is_read_by_its_columns() {
        let text = "1 0 0:1 / / ro,nosuid - tmpfs none ro,size=16k\n2 1 0:2 /a /b\\040c rw master:1 - ext4 /dev/a rw\n";
        assert_eq!(mounts(text), ["tmpfs at / (ro)", "ext4 at /b\\040c (rw)"]);
        assert!(mounts("nothing of the kind\n").is_empty());
    }

    #[test]
    fn limits_are_the_hard_ones() {
        let text = "Limit                     Soft Limit           Hard Limit           Units     \n\
                    Max core file size        0                    0                    bytes     \n\
                    Max open files            1024                 8192                 files     \n\
                    Max cpu time              unlimited            unlimited            seconds   \n";
        assert_eq!(limits(text), ["core file size=0", "open files=8192", "cpu time=unlimited"]);
    }

    #[test]
    fn groups_and_descriptors_are_told_by_kind() {
        assert_eq!(groups("3:pids:/kiavi/a\n2:cpu,cpuacct:/kiavi/a\n1:memory:/kiavi/a\n0::/\n"), "/kiavi/a");
        assert_eq!(groups("9:blkio:/\n2:cpu:/\n1:memory:/x/kiavi/a\n0::/y\n"), "/ /x/kiavi/a /y");
        assert_eq!(groups("0::/kiavi/a\n"), "/kiavi/a");
        assert_eq!(kind("socket:[12]"), "socket");
        assert_eq!(kind("anon_inode:[eventpoll]"), "eventpoll");
        assert_eq!(kind("/memfd:start (deleted)"), "memory file");
        assert_eq!(kind("/dev/null"), "/dev/null");
    }
}
