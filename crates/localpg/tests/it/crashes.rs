//! Starting again after any kind of end.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
    time::{Duration, Instant},
};

use kiavi_db::{AdminConnection, Login};
use kiavi_localpg::{AUDITOR_ROLE, AUDITOR_UID, Cluster, ClusterConfig, ClusterError, SUPERUSER};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};

use crate::{
    Folder, HOST,
    host::{Host, Mode, socket},
    is_root,
    peer::log_in,
    start,
};

async fn admin(data: &Path) -> AdminConnection {
    // A superuser by `peer` as root; rootless every user of the folder.
    AdminConnection::connect(&socket(data), &Login::new(SUPERUSER, "postgres")).await.unwrap()
}

fn modes() -> Vec<Mode> {
    if is_root() { vec![Mode::Root, Mode::Rootless] } else { vec![Mode::Rootless] }
}

/// Processes that work in the data folder, as all of the server's do.
fn server_processes(data: &Path) -> usize {
    let data = fs::metadata(data.join("postgres/data")).unwrap();
    let works_here = |entry: &fs::DirEntry| {
        let found = fs::metadata(entry.path().join("cwd"));
        found.is_ok_and(|found| (found.dev(), found.ino()) == (data.dev(), data.ino()))
    };
    fs::read_dir("/proc").unwrap().flatten().filter(works_here).count()
}

#[tokio::test]
async fn a_killed_owner_takes_the_server_along_and_the_next_finds_the_data() {
    for mode in modes() {
        let folder = Folder::new();
        let data = folder.path().join("data");
        let mut host = Host::start(&folder, mode);
        admin(&data).await.batch_execute("CREATE TABLE kept AS SELECT 1 AS id").await.unwrap();
        let server = pidfd_open(host.server, PidfdFlags::empty()).unwrap();
        host.kill();
        // The next does not wait for the end of the old server's shutdown.
        let next = Host::start(&folder, mode);
        let mut fds = [rustix::event::PollFd::new(&server, rustix::event::PollFlags::IN)];
        assert_eq!(rustix::event::poll(&mut fds, Some(&rustix::event::Timespec::default())).unwrap(), 1);
        assert_eq!(admin(&data).await.query("SELECT id FROM kept", &[]).await.unwrap().len(), 1);
        next.stop();
        assert_eq!(server_processes(&data), 0);
    }
}

#[tokio::test]
async fn a_killed_owner_and_a_killed_server_leave_nothing_that_hinders() {
    for mode in modes() {
        let folder = Folder::new();
        let data = folder.path().join("data");
        let mut host = Host::start(&folder, mode);
        let connection = admin(&data).await;
        connection.batch_execute("CREATE TABLE kept AS SELECT 1 AS id").await.unwrap();
        host.kill_server();
        host.kill();
        assert!(data.join("postgres/data/postmaster.pid").exists());
        let next = Host::start(&folder, mode);
        assert_eq!(admin(&data).await.query("SELECT id FROM kept", &[]).await.unwrap().len(), 1);
        next.stop();
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_ended_by_the_next_owner() {
    let folder = Folder::new();
    let mode = modes()[0];
    let mut host = Host::start(&folder, mode);
    // What its owner's death sends cannot be handled now, and later the server would go on as an orphan.
    kill_process(host.server, Signal::STOP).unwrap();
    host.kill();
    let server = host.server;
    let lock = fs::metadata(folder.path().join("data/postgres/lock")).unwrap().ino().to_string();
    let waking = std::thread::spawn(move || {
        // The next owner holds the lock before it looks for orphans.
        let deadline = Instant::now() + Duration::from_secs(20);
        while !fs::read_to_string("/proc/locks").unwrap().contains(&format!(":{lock} ")) {
            assert!(Instant::now() < deadline);
            std::thread::yield_now();
        }
        kill_process(server, Signal::CONT).unwrap();
    });
    Host::start(&folder, mode).stop();
    waking.join().unwrap();
}

#[tokio::test]
async fn a_supervisor_sees_the_servers_end_and_starts_anew() {
    let folder = Folder::new();
    let mut cluster = start(&folder).await;
    cluster.admin("postgres").await.unwrap().batch_execute("CREATE TABLE kept (id int)").await.unwrap();
    kill_process(Pid::from_raw(cluster.pid().try_into().unwrap()).unwrap(), Signal::KILL).unwrap();
    let status = tokio::time::timeout(Duration::from_secs(20), cluster.exited()).await.unwrap().unwrap();
    assert!(!status.success());
    drop(cluster);
    let again = start(&folder).await;
    again.admin("postgres").await.unwrap().query("SELECT id FROM kept", &[]).await.unwrap();
    again.stop().await.unwrap();
}

#[tokio::test]
async fn a_server_that_is_taken_over_is_brought_up_to_date() {
    let folder = Folder::new();
    let first = start(&folder).await;
    let before = first.admin("postgres").await.unwrap();
    // As a program has left it that knew of no auditor.
    let access = folder.path().join("postgres/conf/pg_hba.conf");
    let lines = fs::read_to_string(&access).unwrap();
    let lines: String = lines.split_inclusive('\n').filter(|line| !line.contains(AUDITOR_ROLE)).collect();
    fs::write(&access, lines).unwrap();
    for statement in
        [&format!("DROP ROLE {AUDITOR_ROLE}"), "CREATE DATABASE tenant", "SELECT pg_reload_conf()"]
    {
        before.batch_execute(statement).await.unwrap();
    }
    let (pid, lock) = (first.pid(), first.lock().try_clone_to_owned().unwrap());
    // Its program is gone without having ended the server.
    std::mem::forget(first);
    let config = ClusterConfig::new(folder.path(), is_root(), HOST);
    let cluster = Cluster::adopt(&config, pid, lock).unwrap();
    assert!(log_in(&cluster, AUDITOR_UID, AUDITOR_ROLE, "tenant").await.is_err());
    cluster.bring_up_to_date(&config).await.unwrap();
    // The server reads its files a moment later; each attempt is an answer of its.
    let is_let_in = async { while log_in(&cluster, AUDITOR_UID, AUDITOR_ROLE, "tenant").await.is_err() {} };
    tokio::time::timeout(Duration::from_secs(20), is_let_in).await.unwrap();
    assert_eq!(cluster.pid(), pid);
    before.query("SELECT 1", &[]).await.unwrap();
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_data_folder_has_one_owner_whatever_its_path() {
    let folder = Folder::new();
    // Longer than a socket's path may be, and with what must be quoted.
    let deep = folder.path().join(format!("it's {}", "deep/".repeat(30)));
    // Nobody else may pass through.
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let config = ClusterConfig::new(&deep, is_root(), HOST);
    // An earlier start that was interrupted while it made the cluster.
    fs::create_dir_all(deep.join("postgres/data.new/base")).unwrap();
    let cluster = Cluster::start(config.clone()).await.unwrap();
    let second = Cluster::start(config.clone()).await.unwrap_err();
    assert!(matches!(second, ClusterError::AlreadyRunning), "{second:?}");
    cluster.stop().await.unwrap();
    assert_eq!(server_processes(&deep), 0);
    Cluster::start(config).await.unwrap().stop().await.unwrap();
}

#[tokio::test]
async fn a_server_that_cannot_start_says_why() {
    let folder = Folder::new();
    let mut config = ClusterConfig::new(folder.path(), is_root(), HOST);
    config.max_connections = 3;
    let refused = Cluster::start(config).await.unwrap_err().to_string();
    assert!(refused.contains("superuser_reserved_connections"), "{refused}");
    let program = ClusterConfig::new(folder.path(), is_root(), "/nonexistent/kiavi");
    assert!(matches!(Cluster::start(program).await, Err(ClusterError::Io { .. })));
}
