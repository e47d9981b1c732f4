//! Control groups on the machine at hand, if it has any and this is root.

use std::{
    fs,
    io::Write,
    os::unix::process::ExitStatusExt,
    process::{Command, Stdio},
};

use kiavi_sandbox::cgroup::{Cgroups, Share};

#[test]
fn a_process_in_a_group_is_held_to_its_memory() {
    if !rustix::process::geteuid().is_root() {
        println!("control groups need root: not tried");
        return;
    }
    let groups = Cgroups::prepare();
    if let Cgroups::Absent { reason } = &groups {
        println!("no control groups: {reason}");
        return;
    }
    let name = format!("test{}", std::process::id());
    let share = Share { memory_bytes: 32 << 20, pids: 8, ..Share::TENANT };
    let group = groups.create(&name, &share).unwrap();
    // The shell waits for a line, so that it is in the group before it needs memory; tail keeps all it reads.
    let mut shell = Command::new("sh")
        .args(["-c", "read go; head -c 200000000 /dev/zero | tail -n 1 > /dev/null"])
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    group.add(shell.id()).unwrap();
    let of_shell = fs::read_to_string(format!("/proc/{}/cgroup", shell.id())).unwrap();
    assert!(of_shell.contains(&format!("kiavi/{name}")), "{of_shell}");
    assert!(group.remove().is_err(), "a group with a process in it stays");
    shell.stdin.take().unwrap().write_all(b"go\n").unwrap();
    let status = shell.wait().unwrap();
    // Whether tail or the shell itself is chosen is the kernel's affair.
    assert!(
        status.code() == Some(128 + libc::SIGKILL) || status.signal() == Some(libc::SIGKILL),
        "{status:?}"
    );
    group.remove().unwrap();
    group.remove().unwrap();
}
