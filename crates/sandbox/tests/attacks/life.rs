//! Ordinary work inside the sandbox, and the lockdown's own refusals.

use std::io::{IoSlice, Read, Write};

use kiavi_sandbox::{Layer, Layers, State};
use rustix::fs::{MemfdFlags, SealFlags};

use crate::{
    Case,
    warden::{Cell, Depth, Ended, Flaw, Mode, Role, Task},
};

pub(crate) const CASES: &[Case] = &[
    ("a_sealed_engine_serves_thousands_of_messages", engine_serves),
    ("a_sealed_gateway_accepts_on_a_listener_it_was_given", gateway_accepts),
    ("a_sealed_control_plane_keeps_files_in_its_folder_only", control_keeps_files),
    ("a_sealed_outbound_resolves_names_and_connects", outbound_reaches_out),
    ("every_layer_is_reported", layers_are_reported),
    ("a_missing_layer_is_an_error_that_names_it_under_full_isolation", missing_layer_is_named),
    ("a_diagnosis_lists_the_missing_layers_and_goes_on", probe_goes_on),
    ("the_lockdown_refuses_what_would_undo_it", flaws_are_refused),
    ("a_panic_says_where_and_never_what", panic_is_silent),
    ("an_abort_ends_by_its_own_signal", abort_is_allowed),
    ("an_inmate_dies_with_the_process_that_started_it", dies_with_parent),
];

const MESSAGES: usize = 3_000;

/// The modes that can be tried here.
fn modes() -> impl Iterator<Item = Mode> {
    [Mode::Full, Mode::Rootless, Mode::RootlessAlone].into_iter().filter(|mode| mode.can_be_tried())
}

fn sealed_settings() -> std::os::fd::OwnedFd {
    let file = rustix::fs::memfd_create("settings", MemfdFlags::ALLOW_SEALING | MemfdFlags::CLOEXEC).unwrap();
    rustix::io::writev(&file, &[IoSlice::new(b"settings")]).unwrap();
    rustix::fs::fcntl_add_seals(&file, SealFlags::WRITE | SealFlags::SHRINK | SealFlags::GROW).unwrap();
    file
}

fn engine_serves() {
    for mode in modes() {
        let cell = Cell::new(mode);
        let mut inmate = cell.start(Role::Engine, Depth::Sealed, Task::Echo);
        inmate.pass(sealed_settings());
        let mut settings = [0; 8];
        inmate.client.read_exact(&mut settings).unwrap();
        assert_eq!(&settings, b"settings");
        for _ in 0..MESSAGES {
            assert_eq!(inmate.exchange(b"hello"), b"hello");
            let mut on_connection = [0; 5];
            inmate.client.read_exact(&mut on_connection).unwrap();
            assert_eq!(&on_connection, b"hello");
        }
        inmate.channel.shutdown(std::net::Shutdown::Write).unwrap();
        let ended = inmate.end();
        assert_eq!((ended.code, ended.log.trim()), (Some(0), "3000 different draws"), "{mode:?}: {ended:?}");
    }
}

fn gateway_accepts() {
    for mode in modes() {
        let mut inmate = Cell::new(mode).start(Role::Gateway, Depth::Sealed, Task::Accept);
        inmate.client.write_all(b"hello").unwrap();
        let ended = inmate.end();
        assert_eq!((ended.code, ended.said.as_str()), (Some(0), "hello"), "{mode:?}: {ended:?}");
    }
}

fn control_keeps_files() {
    for mode in modes() {
        let cell = Cell::new(mode);
        let ended = cell.start(Role::Control, Depth::Sealed, Task::KeepFiles).end();
        assert_eq!((ended.code, ended.said.as_str()), (Some(0), "2 names, sealed"), "{mode:?}: {ended:?}");
    }
}

fn outbound_reaches_out() {
    for mode in modes() {
        let cell = Cell::new(mode);
        let ended = cell.start(Role::Outbound, Depth::Sealed, Task::ReachOut).end();
        assert_eq!((ended.code, ended.said.as_str()), (Some(0), "reached"), "{mode:?}: {ended:?}");
    }
}

fn layers_are_reported() {
    for mode in modes() {
        for role in [Role::Engine, Role::Gateway, Role::Outbound, Role::Auditor, Role::Control] {
            let cell = Cell::new(mode);
            let ended = cell.start(role, Depth::Sealed, Task::ReportLayers).end();
            let layers: Layers = serde_json::from_str(&ended.said).unwrap_or_else(|_| panic!("{ended:?}"));
            let required =
                [Layer::ResourceLimits, Layer::Privileges, Layer::ParentDeathSignal, Layer::Landlock];
            assert!(required.into_iter().chain([Layer::Seccomp]).all(|layer| layers.is_active(layer)));
            assert_eq!(layers.is_active(Layer::Account), mode == Mode::Full);
            if mode == Mode::Full {
                assert_eq!(layers.missing().count(), 0, "{layers:?}");
                assert!(layers.is_active(Layer::EmptyRoot));
            }
            if mode == Mode::RootlessAlone {
                let missing: Vec<Layer> = layers.missing().map(|(layer, _)| layer).collect();
                assert!(missing.contains(&Layer::UserNamespace) && missing.contains(&Layer::EmptyRoot));
            }
            let network = if role == Role::Outbound { State::NotNeeded } else { State::Active };
            let alone = mode == Mode::RootlessAlone && role != Role::Outbound;
            assert!(alone || layers.state(Layer::NetworkNamespace) == Some(&network), "{role:?}: {layers:?}");
        }
    }
}

/// Nothing here can be tried without root.
fn with_flaw(flaw: Flaw, task: Task) -> Option<Ended> {
    let mode = Mode::Full;
    mode.can_be_tried().then(|| Cell::new(mode).start_flawed(task, flaw).end())
}

fn missing_layer_is_named() {
    let Some(ended) = with_flaw(Flaw::NoNamespaces, Task::ReportLayers) else { return };
    assert_eq!((ended.code, ended.said.as_str()), (Some(1), ""));
    assert!(ended.log.contains("the mount namespace layer of the sandbox is missing"), "{}", ended.log);
}

fn probe_goes_on() {
    let Some(ended) = with_flaw(Flaw::NoNamespaces, Task::Probe) else { return };
    let layers: Layers = serde_json::from_str(&ended.said).unwrap_or_else(|_| panic!("{ended:?}"));
    let missing: Vec<Layer> = layers.missing().map(|(layer, _)| layer).collect();
    assert_eq!(missing.len(), 6, "five namespaces and the root that needs them: {missing:?}");
    assert!(layers.is_active(Layer::Account) && layers.is_active(Layer::Seccomp));
}

fn flaws_are_refused() {
    for (flaw, why) in [
        (Flaw::SecondThread, "there are 2 threads"),
        (Flaw::OpenDirectory, "is a directory"),
        (Flaw::ChannelHungUp, "the supervising process is gone"),
        (Flaw::RootsAccount, "other than root's"),
    ] {
        let Some(ended) = with_flaw(flaw, Task::ReportLayers) else { return };
        assert_eq!(ended.code, Some(1), "{flaw:?}: {ended:?}");
        assert!(ended.log.contains(why), "{flaw:?}: {}", ended.log);
    }
}

fn panic_is_silent() {
    let cell = Cell::new(Mode::Rootless);
    let ended = cell.start(Role::Engine, Depth::Sealed, Task::Panic).end();
    assert_eq!((ended.code, ended.signal), (Some(101), None), "{ended:?}");
    assert!(ended.log.contains("panicked at") && !ended.log.contains("ada"), "{}", ended.log);
    assert_eq!(ended.log.lines().count(), 1);
}

fn abort_is_allowed() {
    for role in [Role::Engine, Role::Outbound] {
        let ended = Cell::new(Mode::Rootless).start(role, Depth::Sealed, Task::Abort).end();
        assert_eq!(ended.signal, Some(libc::SIGABRT), "{ended:?}");
    }
}

fn dies_with_parent() {
    for mode in modes() {
        let cell = Cell::new(mode);
        let mut inmate = cell.start_fostered(Task::Echo);
        inmate.pass(sealed_settings());
        assert_eq!(inmate.exchange(b"hello"), b"hello");
        inmate.child.kill().unwrap();
        inmate.child.wait().unwrap();
        // The channel ends when the last process that holds its other end has ended.
        assert_eq!(inmate.channel.read(&mut [0; 8]).unwrap(), 0);
    }
}
