//! Control groups: a tenant's share of memory, processor and process numbers, and the weights of the instance's own
//! processes. For the launcher, not the sandboxed.
//!
//! Version 2 if it has the controllers, else version 1 with each controller mounted on its own, else none: the
//! resource limits of the process itself hold in any case. Below the launcher's own group each instance has
//!
//! ```text
//! kiavi/INSTANCE/postgres, gateway, control, outbound, auditor
//! kiavi/INSTANCE/engines/TENANT
//! ```
//!
//! so that all engines together weigh as much as is said of them together, however many there are, and each of them as
//! much as any other.

mod facts;
mod files;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

pub use facts::{InForce, Kills, in_force};

/// Where the system mounts control groups.
const MOUNT: &str = "/sys/fs/cgroup";
/// The folder, beside the process's own group, in which all groups are made.
const PARENT: &str = "kiavi";
/// The folder of an instance in which those of tenants are.
const ENGINES: &str = "engines";
/// Where a version 2 launcher steps aside: a group with controllers below it may hold no process itself.
const LAUNCHER: &str = "launcher";
/// In this order version 1 has its trees.
const CONTROLLERS: [&str; 3] = ["memory", "cpu", "pids"];
/// What a group of version 2 lets those below it use.
const WANTED: &str = "+memory +cpu +pids";

/// What the processes of a group may use at most, and their weight against others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Memory, kernel memory included, in bytes; nothing of it is swapped out. Beyond it a process is killed. `None`: no
    /// bound.
    ///
    /// There is no lower bound at which the kernel slows the process down (`memory.high`): an engine has no files whose
    /// pages could be dropped, so it would stand still, and one that stands still is worse than one that is started again.
    pub memory_bytes: Option<u64>,
    /// Processor time per [`Share::PERIOD_MICROSECONDS`], in microseconds. `None`: no bound.
    pub cpu_microseconds: Option<u64>,
    /// Weight when the processor is contended, 1 to 10,000; 100 is the system's default.
    pub cpu_weight: u64,
    /// Processes and threads. `None`: no bound.
    pub pids: Option<u64>,
}

impl Share {
    /// The period of the processor quota: 100 ms, the kernel's default.
    pub const PERIOD_MICROSECONDS: u64 = 100_000;
    /// A tenant: 256 MiB, one processor at most, default weight, 4 processes or threads.
    pub const TENANT: Self = Self {
        memory_bytes: Some(256 << 20),
        cpu_microseconds: Some(Self::PERIOD_MICROSECONDS),
        cpu_weight: 100,
        pids: Some(4),
    };

    /// A weight alone.
    pub const fn weighing(cpu_weight: u64) -> Self {
        Self { memory_bytes: None, cpu_microseconds: None, cpu_weight, pids: None }
    }
}

/// Which control groups a machine has, `cgroups(7)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Version {
    /// One tree per controller.
    V1,
    /// One tree.
    V2,
}

/// Neither version serves, and why.
#[derive(Debug, thiserror::Error)]
#[error("version 2: {v2}; version 1: {v1}")]
pub struct NoCgroups {
    v2: io::Error,
    v1: io::Error,
}

/// The control groups of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cgroups {
    version: Version,
    /// The instance's folder: one, or one per controller in the order of [`CONTROLLERS`].
    trees: Vec<PathBuf>,
}

impl Cgroups {
    /// Finds what the machine offers and makes the instance's groups. Needs root, or a delegated subtree.
    ///
    /// `instance` must be one path component, and this process the only one that uses it.
    ///
    /// # Errors
    /// When neither version serves.
    pub fn prepare(instance: &str) -> Result<Self, NoCgroups> {
        let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        Self::prepare_at(Path::new(MOUNT), &own, instance)
    }

    fn prepare_at(mount: &Path, own: &str, instance: &str) -> Result<Self, NoCgroups> {
        let v2 = match Self::prepare_v2(mount, own, instance) {
            Ok(groups) => return Ok(groups),
            Err(error) => error,
        };
        Self::prepare_v1(mount, own, instance).map_err(|v1| NoCgroups { v2, v1 })
    }

    fn prepare_v2(mount: &Path, own: &str, instance: &str) -> io::Result<Self> {
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
        // cgroups(7), no internal processes: the launcher must leave the group that it hands out from.
        if fs::write(base.join("cgroup.subtree_control"), WANTED).is_err() {
            let aside = base.join(LAUNCHER);
            make_group(&aside)?;
            fs::write(aside.join("cgroup.procs"), "0")?;
            fs::write(base.join("cgroup.subtree_control"), WANTED)?;
        }
        let tree = parent.join(component(instance)?);
        let engines = tree.join(ENGINES);
        make_group(&tree)?;
        make_group(&engines)?;
        for folder in [&parent, &tree, &engines] {
            fs::write(folder.join("cgroup.subtree_control"), WANTED)?;
        }
        Ok(Self { version: Version::V2, trees: vec![tree] })
    }

    fn prepare_v1(mount: &Path, own: &str, instance: &str) -> io::Result<Self> {
        let mut trees = Vec::new();
        for controller in CONTROLLERS {
            let root = mount.join(controller);
            // Inside a container the own path may not be visible; then the mount's root is the own group.
            let base = own_group(own, controller).map(|group| root.join(group)).filter(|base| base.is_dir());
            let parent = base.unwrap_or(root).join(PARENT);
            let tree = parent.join(component(instance)?);
            for folder in [&parent, &tree, &tree.join(ENGINES)] {
                make_group(folder)?;
            }
            trees.push(tree);
        }
        Ok(Self { version: Version::V1, trees })
    }

    /// Which version serves.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Says what all engines together weigh.
    ///
    /// # Errors
    /// The kernel's answer.
    pub fn weigh_engines(&self, cpu_weight: u64) -> io::Result<()> {
        files::write(self.version, &self.folders(ENGINES), &Share::weighing(cpu_weight))
    }

    /// Makes the group of one of the instance's own processes, with these limits. One that is there already gets them too.
    ///
    /// # Errors
    /// `InvalidInput` for a name that is not one path component, else the kernel's answer.
    pub fn service(&self, role: &str, share: &Share) -> io::Result<Group> {
        self.group(component(role)?, share)
    }

    /// Makes a tenant's group with these limits. One that is there already gets them too.
    ///
    /// # Errors
    /// `InvalidInput` for an id that is not one path component, else the kernel's answer.
    pub fn tenant(&self, id: &str, share: &Share) -> io::Result<Group> {
        self.group(&format!("{ENGINES}/{}", component(id)?), share)
    }

    /// How often the kernel has killed a process of the tenant's group because the group had no memory left; `None`: there
    /// is no such group.
    pub fn tenant_kills(&self, id: &str) -> Option<Kills> {
        let folder = self.trees.first()?.join(ENGINES).join(component(id).ok()?);
        Kills::of(self.version, &folder)
    }

    /// Removes the groups that nobody is in: those that an instance has left that was killed.
    pub fn sweep(&self) {
        for tree in &self.trees {
            for group in fs::read_dir(tree.join(ENGINES)).into_iter().flatten().flatten() {
                // Not empty, or a file of the kernel's.
                let _ = fs::remove_dir(group.path());
            }
        }
    }

    /// Removes everything that was made, as far as nobody is in it.
    pub fn remove(&self) {
        self.sweep();
        for tree in &self.trees {
            for group in fs::read_dir(tree).into_iter().flatten().flatten() {
                let _ = fs::remove_dir(group.path());
            }
            let _ = fs::remove_dir(tree);
        }
    }

    fn group(&self, name: &str, share: &Share) -> io::Result<Group> {
        let folders = self.folders(name);
        folders.iter().try_for_each(|folder| make_group(folder))?;
        files::write(self.version, &folders, share)?;
        Ok(Group { folders })
    }

    fn folders(&self, name: &str) -> Vec<PathBuf> {
        self.trees.iter().map(|tree| tree.join(name)).collect()
    }
}

/// One group.
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

    /// Puts a process and its children into the group: one that had some before anybody knew.
    ///
    /// # Errors
    /// As [`Group::add`]. A child that has ended is none.
    pub fn add_with_children(&self, pid: u32) -> io::Result<()> {
        self.add(pid)?;
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        for child in children.split_ascii_whitespace().filter_map(|child| child.parse().ok()) {
            match self.add(child) {
                Err(error) if !has_ended(&error) => return Err(error),
                _ => {}
            }
        }
        Ok(())
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

/// Whether [`Group::add`] failed because there is no such process any more.
pub fn has_ended(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::SRCH.raw_os_error())
}

/// A name that leads nowhere else.
fn component(name: &str) -> io::Result<&str> {
    let leads_away = name.is_empty() || name.starts_with('.') || name.contains('/');
    if leads_away { Err(io::ErrorKind::InvalidInput.into()) } else { Ok(name) }
}

/// The path of a controller's line in `/proc/PID/cgroup`, relative to its mount; version 2 has no name.
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
    fn a_name_cannot_lead_out_of_the_instances_group() {
        let groups = Cgroups { version: Version::V2, trees: vec!["/nowhere".into()] };
        for name in ["", "..", "../x", "a/b", ".hidden"] {
            assert_eq!(groups.tenant(name, &Share::TENANT).unwrap_err().kind(), io::ErrorKind::InvalidInput);
            assert_eq!(groups.service(name, &Share::TENANT).unwrap_err().kind(), io::ErrorKind::InvalidInput);
            assert_eq!(groups.tenant_kills(name), None);
        }
    }

    #[test]
    fn a_machine_without_control_groups_says_why() {
        let reason = Cgroups::prepare_at(Path::new("/nonexistent"), OWN, "i").unwrap_err().to_string();
        assert!(reason.contains("version 2") && reason.contains("version 1"), "{reason}");
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
        let groups = Cgroups::prepare_at(&mount, OWN, "i").unwrap();
        assert_eq!(groups, Cgroups { version: Version::V2, trees: vec![base.join("kiavi/i")] });
        groups.weigh_engines(400).unwrap();
        groups.tenant("t1", &Share::TENANT).unwrap().add(4711).unwrap();
        groups.service("gateway", &Share::weighing(200)).unwrap();
        let read = |name: &str| fs::read_to_string(base.join("kiavi/i").join(name)).unwrap();
        assert_eq!(read("engines/t1/memory.max"), "268435456");
        assert_eq!(read("engines/t1/memory.swap.max"), "0");
        assert_eq!(read("engines/t1/cpu.max"), "100000 100000");
        assert_eq!(read("engines/t1/pids.max"), "4");
        assert_eq!(read("engines/t1/cgroup.procs"), "4711");
        assert_eq!(read("engines/cpu.weight"), "400");
        assert_eq!((read("gateway/memory.max"), read("gateway/cpu.weight")), ("max".into(), "200".into()));
        assert_eq!((read("gateway/cpu.max"), read("gateway/pids.max")), ("max 100000".into(), "max".into()));
        fs::remove_dir_all(mount).unwrap();
    }
}
