//! Control groups: a tenant's share of memory, processor and process numbers. For the launcher, not the sandboxed.
//!
//! Version 2 if it has the controllers, else version 1 with each controller mounted on its own, else none: the
//! resource limits of the process itself hold in any case.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Where the system mounts control groups.
const MOUNT: &str = "/sys/fs/cgroup";
/// The folder, beside the process's own group, in which all groups are made.
const PARENT: &str = "kiavi";
/// Where a version 2 launcher steps aside: a group with controllers below it may hold no process itself.
const LAUNCHER: &str = "launcher";
const CONTROLLERS: [&str; 3] = ["memory", "cpu", "pids"];

/// What one tenant may use at most, and its weight against the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Memory, kernel memory included, in bytes. Beyond it the process is killed.
    pub memory_bytes: u64,
    /// Processor time per [`Share::PERIOD_MICROSECONDS`], in microseconds.
    pub cpu_microseconds: u64,
    /// Weight when the processor is contended, 1 to 10,000; 100 is the system's default.
    pub cpu_weight: u64,
    /// Processes and threads.
    pub pids: u64,
}

impl Share {
    /// The period of the processor quota: 100 ms, the kernel's default.
    pub const PERIOD_MICROSECONDS: u64 = 100_000;
    /// A tenant: 256 MiB, one processor at most, default weight, 4 processes or threads.
    pub const TENANT: Self = Self {
        memory_bytes: 256 << 20,
        cpu_microseconds: Self::PERIOD_MICROSECONDS,
        cpu_weight: 100,
        pids: 4,
    };

    /// The shares of version 1 have 1,024 where the weights of version 2 have 100.
    fn cpu_shares_v1(&self) -> u64 {
        (self.cpu_weight * 1_024 / 100).max(2)
    }
}

/// The control groups of this machine, as far as they serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cgroups {
    /// Version 2: one tree (`cgroups(7)`).
    V2 {
        /// The group in which tenants' groups are made.
        parent: PathBuf,
    },
    /// Version 1: one tree per controller.
    V1 {
        /// The groups in which tenants' groups are made, one per controller that there is.
        parents: Vec<PathBuf>,
    },
    /// None that serves.
    Absent {
        /// Why.
        reason: String,
    },
}

impl Cgroups {
    /// Finds what the machine offers and makes the parent groups. Needs root, or a delegated subtree.
    pub fn prepare() -> Self {
        Self::prepare_at(Path::new(MOUNT), &fs::read_to_string("/proc/self/cgroup").unwrap_or_default())
    }

    fn prepare_at(mount: &Path, own: &str) -> Self {
        let v2 = Self::prepare_v2(mount, own);
        let v1 = v2.as_ref().err().map(|_| Self::prepare_v1(mount, own));
        match (v2, v1) {
            (Ok(groups), _) | (Err(_), Some(Ok(groups))) => groups,
            (Err(v2), v1) => {
                let v1 = v1.and_then(Result::err).map_or_else(String::new, |error| error.to_string());
                Self::Absent { reason: format!("version 2: {v2}; version 1: {v1}") }
            }
        }
    }

    fn prepare_v2(mount: &Path, own: &str) -> io::Result<Self> {
        let group = own_group(own, "").ok_or_else(|| io::Error::other("this process is in no group"))?;
        let base = base_of(&mount.join(group));
        let offered = fs::read_to_string(base.join("cgroup.controllers"))?;
        for controller in CONTROLLERS {
            if !offered.split_whitespace().any(|name| name == controller) {
                return Err(io::Error::other(format!("there is no {controller} controller")));
            }
        }
        let parent = base.join(PARENT);
        make_group(&parent)?;
        let wanted = "+memory +cpu +pids";
        // cgroups(7), no internal processes: the launcher must leave the group that it hands out from.
        if fs::write(base.join("cgroup.subtree_control"), wanted).is_err() {
            let aside = base.join(LAUNCHER);
            make_group(&aside)?;
            fs::write(aside.join("cgroup.procs"), "0")?;
            fs::write(base.join("cgroup.subtree_control"), wanted)?;
        }
        fs::write(parent.join("cgroup.subtree_control"), wanted)?;
        Ok(Self::V2 { parent })
    }

    fn prepare_v1(mount: &Path, own: &str) -> io::Result<Self> {
        let mut parents = Vec::new();
        for controller in CONTROLLERS {
            let tree = mount.join(controller);
            // Inside a container the own path may not be visible; then the mount's root is the own group.
            let base = own_group(own, controller).map(|group| tree.join(group)).filter(|base| base.is_dir());
            let parent = base.unwrap_or(tree).join(PARENT);
            make_group(&parent)?;
            parents.push(parent);
        }
        Ok(Self::V1 { parents })
    }

    /// Makes a group with these limits. A group of that name that is there already gets them too.
    ///
    /// `name` must be one path component, which a tenant's id is.
    ///
    /// # Errors
    /// `InvalidInput` for another kind of name, `Unsupported` if there are no control groups, else the kernel's
    /// answer.
    pub fn create(&self, name: &str, share: &Share) -> io::Result<Group> {
        if name.is_empty() || name.starts_with('.') || name.contains('/') {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        match self {
            Self::V2 { parent } => {
                let folder = parent.join(name);
                make_group(&folder)?;
                write_v2(&folder, share)?;
                Ok(Group { folders: vec![folder] })
            }
            Self::V1 { parents } => {
                let folders: Vec<_> = parents.iter().map(|parent| parent.join(name)).collect();
                folders.iter().try_for_each(|folder| make_group(folder))?;
                write_v1(&folders, share)?;
                Ok(Group { folders })
            }
            Self::Absent { reason } => Err(io::Error::new(io::ErrorKind::Unsupported, reason.clone())),
        }
    }
}

/// One tenant's group.
#[derive(Debug)]
pub struct Group {
    folders: Vec<PathBuf>,
}

impl Group {
    /// Puts a process into the group; what it starts later follows.
    ///
    /// # Errors
    /// The kernel's answer; `ESRCH` if the process has ended.
    pub fn add(&self, pid: u32) -> io::Result<()> {
        self.folders.iter().try_for_each(|folder| fs::write(folder.join("cgroup.procs"), pid.to_string()))
    }

    /// Removes the group, which must be empty by then; a group that is gone already is fine.
    ///
    /// # Errors
    /// `ResourceBusy` while a process in it has not been reaped; the group is then still usable.
    pub fn remove(&self) -> io::Result<()> {
        for folder in &self.folders {
            match fs::remove_dir(folder) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

/// The path of a controller's line in `/proc/self/cgroup`, relative to its mount; version 2 has no name.
fn own_group<'a>(own: &'a str, controller: &str) -> Option<&'a str> {
    own.lines().find_map(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        let named = fields.next()?.split(',').any(|name| name == controller);
        fields.next().filter(|_| named).map(|path| path.trim_start_matches('/'))
    })
}

/// The group that is handed out from. A program that took over from another in the same process finds itself where that
/// one has stepped aside.
fn base_of(own: &Path) -> PathBuf {
    match own.parent() {
        Some(above) if own.ends_with(LAUNCHER) && above.join(PARENT).is_dir() => above.to_owned(),
        _ => own.to_owned(),
    }
}

fn make_group(folder: &Path) -> io::Result<()> {
    match fs::create_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn write_v2(folder: &Path, share: &Share) -> io::Result<()> {
    fs::write(folder.join("memory.max"), share.memory_bytes.to_string())?;
    // A kernel without swap accounting has no such file, and then nothing of the tenant's is counted as swap.
    let _ = fs::write(folder.join("memory.swap.max"), "0");
    fs::write(folder.join("cpu.max"), format!("{} {}", share.cpu_microseconds, Share::PERIOD_MICROSECONDS))?;
    fs::write(folder.join("cpu.weight"), share.cpu_weight.to_string())?;
    fs::write(folder.join("pids.max"), share.pids.to_string())
}

fn write_v1(folders: &[PathBuf], share: &Share) -> io::Result<()> {
    let [memory, cpu, pids] = folders else { return Err(io::ErrorKind::InvalidData.into()) };
    fs::write(memory.join("memory.limit_in_bytes"), share.memory_bytes.to_string())?;
    fs::write(cpu.join("cpu.cfs_period_us"), Share::PERIOD_MICROSECONDS.to_string())?;
    fs::write(cpu.join("cpu.cfs_quota_us"), share.cpu_microseconds.to_string())?;
    fs::write(cpu.join("cpu.shares"), share.cpu_shares_v1().to_string())?;
    fs::write(pids.join("pids.max"), share.pids.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "8:pids:/\n4:cpu,cpuacct:/box/7\n3:memory:/box/7\n0::/user.slice\n";

    #[test]
    fn the_own_group_is_found_per_controller_and_for_version_two() {
        assert_eq!(own_group(OWN, "pids"), Some(""));
        assert_eq!(own_group(OWN, "cpu"), Some("box/7"));
        assert_eq!(own_group(OWN, ""), Some("user.slice"));
        assert_eq!(own_group(OWN, "io"), None);
    }

    #[test]
    fn a_name_cannot_lead_out_of_the_parent_group() {
        let groups = Cgroups::V2 { parent: "/nowhere".into() };
        for name in ["", "..", "../x", "a/b", ".hidden"] {
            assert_eq!(groups.create(name, &Share::TENANT).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        }
    }

    #[test]
    fn a_machine_without_control_groups_says_why() {
        let groups = Cgroups::prepare_at(Path::new("/nonexistent"), OWN);
        let Cgroups::Absent { reason } = &groups else { panic!("{groups:?}") };
        assert!(reason.contains("version 2") && reason.contains("version 1"), "{reason}");
        assert_eq!(groups.create("t1", &Share::TENANT).unwrap_err().kind(), io::ErrorKind::Unsupported);
    }

    #[test]
    fn a_successor_hands_out_from_where_its_predecessor_did() {
        let base = std::env::temp_dir().join(format!("kiavi-cgroup-base-{}", std::process::id()));
        fs::create_dir_all(base.join(LAUNCHER)).unwrap();
        assert_eq!(base_of(&base.join(LAUNCHER)), base.join(LAUNCHER));
        fs::create_dir_all(base.join(PARENT)).unwrap();
        assert_eq!(base_of(&base.join(LAUNCHER)), base);
        assert_eq!(base_of(&base), base);
        fs::remove_dir_all(base).unwrap();
    }

    #[test]
    fn version_two_gets_every_limit_in_its_own_file() {
        let mount = std::env::temp_dir().join(format!("kiavi-cgroup-{}", std::process::id()));
        let base = mount.join("user.slice");
        fs::create_dir_all(&base).unwrap();
        fs::write(base.join("cgroup.controllers"), "cpuset cpu io memory pids\n").unwrap();
        let groups = Cgroups::prepare_at(&mount, OWN);
        assert_eq!(groups, Cgroups::V2 { parent: base.join("kiavi") });
        groups.create("t1", &Share::TENANT).unwrap().add(4711).unwrap();
        let read = |name: &str| fs::read_to_string(base.join("kiavi/t1").join(name)).unwrap();
        assert_eq!(read("memory.max"), "268435456");
        assert_eq!(read("cpu.max"), "100000 100000");
        assert_eq!(read("pids.max"), "4");
        assert_eq!(read("cgroup.procs"), "4711");
        fs::remove_dir_all(mount).unwrap();
    }
}
