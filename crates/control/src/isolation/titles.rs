//! Every check with its title: what holds if it does.

use super::report::{Check, Verdict};

/// The names and titles, in the order of a report.
pub const TITLES: &[(&str, &str)] = &[
    ("canary", "A process started as the tenant's engine is locks itself down"),
    ("layer.namespaces", "Mounts, network, IPC, host name and control groups are its own"),
    ("layer.root", "It has an empty read-only root: no path leads anywhere"),
    ("layer.limits", "Threads, files, memory and descriptors are limited"),
    ("layer.account", "It runs under the tenant's own account, in no other group"),
    ("layer.privileges", "It has no capability and can gain none"),
    ("layer.landlock", "Landlock refuses it files, and it ends with its launcher"),
    ("layer.seccomp", "Only listed system calls are left to it"),
    ("layer.descriptors", "It holds nothing that leads out, and has no environment"),
    ("layer.group", "A control group bounds its share of the machine"),
    ("tried.files", "Files cannot be read, listed, looked at or written"),
    ("tried.processes", "Other processes cannot be reached, nor new ones or threads started"),
    ("tried.network", "Nothing can be connected to, listened on or sent"),
    ("tried.kernel", "Mounts, namespaces, own code and rarer parts of the kernel are out of reach"),
    ("tried.share", "More memory and descriptors than its share are refused"),
    ("database.others", "Its role cannot log in to other databases or as other roles"),
    ("database.catalogs", "Its role does not see other tenants in the server's catalogs"),
    ("database.server", "Its role cannot reach the server's files, programs and settings"),
    ("database.powers", "Its role cannot make, own, change or end anything beyond its rows"),
    ("database.log", "Its role cannot change or remove what is in the audit log"),
    ("database.grants", "Its role has exactly the rights that this version gives it"),
    ("database.owners", "Nothing in its database belongs to its role"),
    (
        "database.objects",
        "Its database has the tables, functions and triggers of this version, and no others",
    ),
    ("database.connections", "The number of its database connections is limited"),
    ("keys.secret", "Its secret is its own"),
    ("keys.log", "The key that seals its log is its own"),
    ("account.unique", "Its account is no other tenant's"),
    ("ways.hostnames", "It is reached at its own hostnames only"),
    ("ways.egress", "It reaches the servers outside that it lists, and no others"),
    (
        "ways.certificate",
        "Its certificates and their keys are its own, good today, and what its visitors are shown",
    ),
];

/// A check with its title.
pub(super) fn check(id: &str, outcome: Verdict, evidence: Vec<String>) -> Check {
    let title = TITLES.iter().find(|(known, _)| *known == id).map_or("", |(_, title)| title);
    Check { id: id.to_owned(), title: title.to_owned(), outcome, evidence }
}
