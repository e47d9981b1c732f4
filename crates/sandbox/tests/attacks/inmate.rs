//! The process that is locked down: carries out one order.
#![allow(unsafe_code, reason = "inherited descriptors have numbers only")]

use std::{
    io::Write,
    net::TcpStream,
    os::{
        fd::{AsRawFd, FromRawFd, OwnedFd},
        unix::net::UnixStream,
    },
    process::{Command, ExitCode},
};

use kiavi_sandbox::{Account, Limits, LockedDown, Profile};
use rustix::thread::UnshareFlags;

use crate::{
    attack, tasks,
    warden::{Depth, Flaw, Order, Role, Task},
};

pub(crate) fn serve(text: &str) -> ExitCode {
    let mut order: Order = serde_json::from_str(text).unwrap();
    kiavi_sandbox::install_panic_hook();
    if let Task::Foster(order) = &order.task {
        let mut ward =
            Command::new(std::env::current_exe().unwrap()).args(["inmate", order]).spawn().unwrap();
        ward.wait().unwrap();
        return ExitCode::SUCCESS;
    }
    let kept: Vec<i32> = order.data.into_iter().chain([order.targets.connection]).collect();
    kiavi_sandbox::close_fds_from(3, &kept).unwrap();
    if order.depth == Depth::Bare {
        shield_the_host();
        act(&order, None);
        return ExitCode::SUCCESS;
    }
    let flaw = order.flaw;
    let _open = flaw.map(|flaw| bring_about(flaw, &mut order));
    if order.task == Task::Probe {
        let layers = kiavi_sandbox::probe(order.isolation, order.account).unwrap();
        say(&serde_json::to_string(&layers).unwrap());
        return ExitCode::SUCCESS;
    }
    let profile = match order.role {
        Role::Engine => Profile::Engine { data_bytes: Limits::ENGINE.data_bytes },
        Role::Gateway => Profile::Gateway,
        Role::Outbound => Profile::Outbound,
        Role::Auditor => Profile::Auditor,
        // SAFETY: the warden passed this descriptor and nothing else in this process owns it.
        Role::Control => Profile::Control { data: unsafe { OwnedFd::from_raw_fd(order.data.unwrap()) } },
    };
    // As a service manager may start it: what it makes in its root is for its next account all the same.
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    match kiavi_sandbox::lock_down(order.isolation, profile, order.account) {
        Ok(locked) => act(&order, Some(locked)),
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// An attempt that works must not work on the host itself.
fn shield_the_host() {
    let own = UnshareFlags::NEWNS | UnshareFlags::NEWUTS | UnshareFlags::NEWIPC;
    // SAFETY: the descriptor table stays as it was.
    unsafe { rustix::thread::unshare_unsafe(own) }.unwrap();
    let private = rustix::mount::MountPropagationFlags::PRIVATE | rustix::mount::MountPropagationFlags::REC;
    rustix::mount::mount_change("/", private).unwrap();
}

fn bring_about(flaw: Flaw, order: &mut Order) -> Option<std::fs::File> {
    match flaw {
        Flaw::NoNamespaces => refuse_namespaces(),
        Flaw::SecondThread => drop(std::thread::spawn(std::thread::park)),
        Flaw::OpenDirectory => return std::fs::File::open("/").ok(),
        Flaw::ChannelHungUp => {
            let (end, _other_end) = UnixStream::pair().unwrap();
            // SAFETY: descriptor 0 is replaced, not closed.
            assert_eq!(unsafe { libc::dup2(end.as_raw_fd(), 0) }, 0);
        }
        Flaw::RootsAccount => order.account = Some(Account { uid: 0, gid: 0 }),
    }
    None
}

/// As on a system that forbids them: `unshare` answers EPERM.
fn refuse_namespaces() {
    use seccompiler::{SeccompAction, SeccompFilter};
    let rules = [(libc::SYS_unshare, Vec::new())].into_iter().collect();
    let architecture = std::env::consts::ARCH.try_into().unwrap();
    let refuse = SeccompAction::Errno(libc::EPERM.cast_unsigned());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refuse, architecture).unwrap();
    let program: seccompiler::BpfProgram = filter.try_into().unwrap();
    seccompiler::apply_filter(&program).unwrap();
}

fn act(order: &Order, locked: Option<LockedDown>) {
    if let Task::Attack(name) = &order.task {
        let _sealed = locked.filter(|_| order.depth == Depth::Sealed).map(|locked| locked.seal().unwrap());
        let outcome = attack::run(name, &order.targets).unwrap();
        say(&serde_json::to_string(&outcome).unwrap());
        return;
    }
    let locked = locked.unwrap();
    match &order.task {
        Task::ReportLayers => say(&serde_json::to_string(&locked.seal().unwrap()).unwrap()),
        Task::Echo => tasks::echo(connection(order), locked),
        Task::Accept => tasks::accept(connection(order).into(), locked),
        Task::ReachOut => tasks::reach_out(order.targets.tcp_port, locked),
        Task::KeepFiles => tasks::keep_files(locked),
        Task::Panic => {
            let _sealed = locked.seal().unwrap();
            panic!("a secret of ada@example.com");
        }
        Task::Abort => {
            let _sealed = locked.seal().unwrap();
            std::process::abort();
        }
        Task::Attack(_) | Task::Probe | Task::Foster(_) => unreachable!("carried out before"),
    }
}

/// One write, no buffer that could be lost.
pub(crate) fn say(text: &str) {
    let mut out = std::io::stdout();
    out.write_all(text.as_bytes()).unwrap();
    out.flush().unwrap();
}

fn connection(order: &Order) -> TcpStream {
    // SAFETY: the warden passed this descriptor and nothing else in this process owns it.
    unsafe { TcpStream::from_raw_fd(order.targets.connection) }
}
