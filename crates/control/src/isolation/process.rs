//! What an inspection of a tenant's processes says.

use kiavi_base::TenantId;
use kiavi_ipc::isolation::{Confinement, Fate, GroupBounds, Inspection};

use super::{
    report::{Check, Verdict},
    titles::check,
};

/// The limits that an engine has, as the kernel tells them; where the number is an upper bound a lower one is as good.
const LIMITS: [(&str, u64); 5] = [
    ("core file size", 0),
    ("file size", 0),
    ("processes", 1),
    ("open files", 8_192),
    ("data size", 512 * 1024 * 1024),
];

/// Areas of attempts, and the check that each is.
const AREAS: [(&str, &str); 5] = [
    ("files.", "tried.files"),
    ("processes.", "tried.processes"),
    ("network.", "tried.network"),
    ("kernel.", "tried.kernel"),
    ("share.", "tried.share"),
];

/// What was found of a process by one look.
enum Look {
    Holds(String),
    Breaks(String),
    Blind,
}

use Look::{Blind, Breaks, Holds};

/// Evidence as it comes together.
#[derive(Default)]
pub(super) struct Found {
    verdict: Option<Verdict>,
    lines: Vec<(Verdict, String)>,
}

impl Found {
    pub(super) fn note(&mut self, verdict: Verdict, line: impl Into<String>) {
        self.verdict = Some(self.verdict.map_or(verdict, |so_far| so_far.worse(verdict)));
        self.lines.push((verdict, line.into()));
    }

    pub(super) fn check(mut self, id: &str) -> Check {
        // What is broken is read first.
        self.lines.sort_by_key(|(verdict, _)| match verdict {
            Verdict::Broken => 0,
            Verdict::Unknown => 1,
            Verdict::Held | Verdict::NotApplicable => 2,
        });
        let evidence = self.lines.into_iter().map(|(_, line)| line).collect();
        check(id, self.verdict.unwrap_or(Verdict::Unknown), evidence)
    }
}

/// The checks of an inspection.
pub(super) fn checks(inspection: &Inspection, tenant: &TenantId) -> Vec<Check> {
    let mut checks = vec![
        canary(inspection),
        layer(inspection, "layer.namespaces", &NAMESPACES, namespaces),
        layer(inspection, "layer.root", &["empty root"], root),
        layer(inspection, "layer.limits", &["resource limits"], limits),
        layer(inspection, "layer.account", &["own account"], |seen| account(inspection.uid, seen)),
        layer(inspection, "layer.privileges", &["dropped privileges"], privileges),
        reported(inspection, "layer.landlock", &["Landlock", "parent death signal"]),
        layer(inspection, "layer.seccomp", &["seccomp"], |seen| match seen.is_filtered {
            true => Holds("a filter decides which system calls it has".to_owned()),
            false => Breaks("no filter decides which system calls it has".to_owned()),
        }),
        layer(inspection, "layer.descriptors", &[], descriptors),
        group(inspection, tenant),
    ];
    checks.extend(AREAS.map(|(area, id)| tried(inspection, area, id)));
    checks
}

const NAMESPACES: [&str; 5] =
    ["mount namespace", "network namespace", "IPC namespace", "UTS namespace", "cgroup namespace"];

fn canary(inspection: &Inspection) -> Check {
    let mut found = Found::default();
    match (&inspection.failure, inspection.is_fully_isolated) {
        (Some(why), _) => found.note(Verdict::Broken, format!("it did not come so far: {why}")),
        (None, true) => found.note(Verdict::Held, "it was locked down, as every layer is required"),
        (None, false) => found.note(
            Verdict::Broken,
            "this instance runs without root: layers are left out that production has (--isolation rootless)",
        ),
    }
    match &inspection.engine {
        Some(engine) => {
            found.note(Verdict::Held, format!("the tenant's engine runs: process {}", engine.pid))
        }
        None => {
            found.note(Verdict::NotApplicable, "the tenant's engine sleeps; it is started in the same way")
        }
    }
    found.check("canary")
}

/// A layer by what the canary reports of itself, and by what the kernel says of the canary and of the tenant's engine.
fn layer(inspection: &Inspection, id: &str, names: &[&str], look: impl Fn(&Confinement) -> Look) -> Check {
    let mut found = Found::default();
    note_reports(&mut found, inspection, names);
    let canary = inspection.canary.as_ref().map(|seen| ("canary".to_owned(), seen));
    let engine = inspection.engine.as_ref().map(|seen| (format!("engine {}", seen.pid), seen));
    if canary.is_none() {
        found.note(Verdict::Unknown, "canary: there was none to look at");
    }
    for (who, seen) in canary.into_iter().chain(engine) {
        match look(seen) {
            Holds(line) => found.note(Verdict::Held, format!("{who}: {line}")),
            Breaks(line) => found.note(Verdict::Broken, format!("{who}: {line}")),
            Blind => found.note(Verdict::Unknown, format!("{who}: the kernel does not let us look")),
        }
    }
    found.check(id)
}

/// What the kernel shows nobody, by what the canary reports.
fn reported(inspection: &Inspection, id: &str, names: &[&str]) -> Check {
    let mut found = Found::default();
    note_reports(&mut found, inspection, names);
    found.check(id)
}

fn note_reports(found: &mut Found, inspection: &Inspection, names: &[&str]) {
    for name in names {
        let told = inspection.layers.iter().find(|layer| layer.layer == *name);
        match told.map(|layer| (layer.is_active, &layer.reason)) {
            Some((Some(true), _)) => found.note(Verdict::Held, format!("canary: {name} active")),
            Some((Some(false), why)) => {
                found.note(Verdict::Broken, format!("canary: {name} is missing: {why}"));
            }
            Some((None, _)) => found.note(Verdict::Broken, format!("canary: {name} is left out")),
            None => found.note(Verdict::Unknown, format!("canary: nothing is reported of {name}")),
        }
    }
}

fn namespaces(seen: &Confinement) -> Look {
    match &seen.shared_namespaces {
        None => Blind,
        Some(shared) if shared.is_empty() => Holds("mnt, net, ipc, uts and cgroup are its own".to_owned()),
        Some(shared) => Breaks(format!("shares {} with the host", shared.join(", "))),
    }
}

fn root(seen: &Confinement) -> Look {
    match seen.mounts.as_deref() {
        None => Blind,
        Some([only]) if only == "tmpfs at / (ro)" => {
            Holds("nothing is mounted but an empty read-only root".to_owned())
        }
        Some(mounts) => Breaks(format!(
            "{} mounts, the first {}",
            mounts.len(),
            mounts.first().map_or("", String::as_str)
        )),
    }
}

fn limits(seen: &Confinement) -> Look {
    if seen.limits.is_empty() {
        return Blind;
    }
    if seen.threads != 1 {
        return Breaks(format!("{} threads", seen.threads));
    }
    let of = |name: &str| seen.limits.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    for (name, most) in LIMITS {
        let limit = of(name).unwrap_or("unknown");
        if limit.parse::<u64>().ok().is_none_or(|limit| limit > most) {
            return Breaks(format!("{name}: {limit}, where {most} is the most"));
        }
    }
    Holds("one thread, no second process, no file, no core dump, bounded memory and descriptors".to_owned())
}

fn account(uid: u32, seen: &Confinement) -> Look {
    if seen.ids.is_empty() {
        return Blind;
    }
    if let Some(other) = seen.ids.iter().find(|id| **id != uid) {
        return Breaks(format!("runs as {other}, not as the tenant's {uid}"));
    }
    if !seen.groups.is_empty() {
        return Breaks(format!("is in {} groups beside its own", seen.groups.len()));
    }
    Holds(format!("user and group {uid} only"))
}

fn privileges(seen: &Confinement) -> Look {
    if seen.capabilities != 0 {
        return Breaks(format!("has capabilities {:#x}", seen.capabilities));
    }
    if seen.bounding != 0 {
        return Breaks(format!("could get capabilities {:#x}", seen.bounding));
    }
    if !seen.has_no_new_privileges {
        return Breaks("could gain rights by running another program".to_owned());
    }
    Holds("no capability, and none to gain".to_owned())
}

/// Sockets, pipes, memory files and the reactor's; standard output is thrown away.
fn descriptors(seen: &Confinement) -> Look {
    let (Some(open), Some(environment)) = (&seen.descriptors, seen.environment_bytes) else { return Blind };
    if environment > 0 {
        return Breaks(format!("{environment} bytes of environment"));
    }
    let named = open.iter().find(|kind| kind.starts_with('/') && !kind.starts_with("/dev/null×"));
    match named {
        Some(kind) => Breaks(format!("has {kind} open")),
        None => Holds(format!("{}; no environment", open.join(", "))),
    }
}

fn group(inspection: &Inspection, tenant: &TenantId) -> Check {
    if !inspection.has_groups {
        let mut found = Found::default();
        let why = "the machine has no control groups for tenants; the limits of each process hold";
        found.note(Verdict::NotApplicable, why);
        return found.check("layer.group");
    }
    let own = format!("/engines/{tenant}");
    layer(inspection, "layer.group", &[], |seen| {
        let group = &seen.group;
        if let Some(other) = group.split(' ').find(|path| !path.ends_with(&own)) {
            let path = if other.is_empty() { "none" } else { other };
            return Breaks(format!("its control group is {path}, and not its tenant's"));
        }
        match &seen.bounds {
            None => Holds(format!("is in {group}, whose bounds cannot be read here")),
            Some(GroupBounds {
                memory_bytes: Some(memory),
                cpu_microseconds: Some(cpu),
                pids: Some(pids),
            }) => Holds(format!(
                "is in {group}: {} MiB, {} ms of 100, {pids} processes at most",
                memory >> 20,
                cpu / 1_000
            )),
            Some(bounds) => Breaks(format!("{group} does not bound {}", unbounded(bounds))),
        }
    })
}

/// What has no bound.
fn unbounded(bounds: &GroupBounds) -> String {
    let of = [
        ("memory", bounds.memory_bytes),
        ("processor time", bounds.cpu_microseconds),
        ("processes", bounds.pids),
    ];
    let names: Vec<_> = of.iter().filter(|(_, bound)| bound.is_none()).map(|(name, _)| *name).collect();
    names.join(", ")
}

/// What came of the attempts of one area.
fn tried(inspection: &Inspection, area: &str, id: &str) -> Check {
    let mut found = Found::default();
    for one in inspection.tried.iter().filter(|one| one.probe.starts_with(area)) {
        let depth = if one.is_sealed { "" } else { " without seccomp" };
        let line = |what: &str| format!("{}{depth}: {what}", one.probe);
        // What is bounded is an ordinary call: it is refused.
        let ends = one.is_sealed && area != "share.";
        match one.fate {
            Fate::Worked => found.note(Verdict::Broken, line(&format!("worked: {}", one.evidence))),
            Fate::Unclear => found.note(Verdict::Unknown, line(&one.evidence)),
            Fate::Refused if ends => {
                found.note(Verdict::Broken, line(&format!("was only refused: {}", one.evidence)));
            }
            Fate::Refused | Fate::Ended => found.note(Verdict::Held, line(&one.evidence)),
        }
    }
    found.check(id)
}
