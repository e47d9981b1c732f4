//! Control groups on the machine at hand, if it has any and this is root.

use std::{
    io::{self, Write},
    os::unix::process::ExitStatusExt,
    process::{Command, Stdio},
};

use kiavi_sandbox::cgroup::{Cgroups, Share, in_force};

#[test]
fn a_process_in_a_group_is_held_to_its_memory() {
    if !rustix::process::geteuid().is_root() {
        println!("control groups need root: not tried");
        return;
    }
    let instance = format!("test{}", std::process::id());
    let groups = match Cgroups::prepare(&instance) {
        Ok(groups) => groups,
        Err(reason) => return println!("no control groups: {reason}"),
    };
    let share =
        Share { memory_bytes: Some(32 << 20), pids: Some(8), cpu_microseconds: Some(50_000), cpu_weight: 50 };
    let group = groups.tenant("t1", &share).unwrap();
    let before = groups.tenant_kills("t1").unwrap();
    assert!(!before.are_more_than(None));
    // The shell waits for a line, so that it is in the group before it needs memory; tail keeps all it reads.
    let mut shell = Command::new("sh")
        .args(["-c", "read go; head -c 200000000 /dev/zero | tail -n 1 > /dev/null"])
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    group.add(shell.id()).unwrap();
    let held = in_force(shell.id()).unwrap();
    assert!(held.group.ends_with(&format!("kiavi/{instance}/engines/t1")), "{held:?}");
    assert_eq!((held.memory_bytes, held.pids), (share.memory_bytes, share.pids));
    assert_eq!((held.cpu_microseconds, held.cpu_weight), (share.cpu_microseconds, share.cpu_weight));
    assert!(group.remove().is_err(), "a group with a process in it stays");
    shell.stdin.take().unwrap().write_all(b"go\n").unwrap();
    let status = shell.wait().unwrap();
    // Whether tail or the shell itself is chosen is the kernel's affair.
    assert!(
        status.code() == Some(128 + libc::SIGKILL) || status.signal() == Some(libc::SIGKILL),
        "{status:?}"
    );
    assert!(groups.tenant_kills("t1").unwrap().are_more_than(Some(&before)));
    group.remove().unwrap();
    group.remove().unwrap();
    assert_eq!(groups.tenant_kills("t1"), None);
    groups.remove();
    assert_eq!(groups.service("gateway", &share).unwrap_err().kind(), io::ErrorKind::NotFound, "all is gone");
}
