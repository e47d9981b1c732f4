//! Every attempt, in every role and mode, one process each.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use crate::{
    Case, attack,
    expectations::{self, Verdict},
    warden::{
        Cell, Depth, Fate,
        Mode::{self, Full, Rootless, RootlessAlone},
        Role,
    },
};

pub(crate) const CASES: &[Case] = &[
    ("a_sealed_engine_under_full_isolation_holds", || holds(Full, Role::Engine, Depth::Sealed)),
    ("a_sealed_gateway_under_full_isolation_holds", || holds(Full, Role::Gateway, Depth::Sealed)),
    ("a_sealed_outbound_under_full_isolation_holds", || holds(Full, Role::Outbound, Depth::Sealed)),
    ("a_sealed_auditor_under_full_isolation_holds", || holds(Full, Role::Auditor, Depth::Sealed)),
    ("a_sealed_control_plane_under_full_isolation_holds", || holds(Full, Role::Control, Depth::Sealed)),
    ("a_sealed_engine_without_root_holds", || holds(Rootless, Role::Engine, Depth::Sealed)),
    ("a_sealed_gateway_without_root_holds", || holds(Rootless, Role::Gateway, Depth::Sealed)),
    ("a_sealed_outbound_without_root_holds", || holds(Rootless, Role::Outbound, Depth::Sealed)),
    ("a_sealed_auditor_without_root_holds", || holds(Rootless, Role::Auditor, Depth::Sealed)),
    ("a_sealed_control_plane_without_root_holds", || holds(Rootless, Role::Control, Depth::Sealed)),
    ("a_sealed_engine_without_root_and_namespaces_holds", || {
        holds(RootlessAlone, Role::Engine, Depth::Sealed)
    }),
    ("a_sealed_gateway_without_root_and_namespaces_holds", || {
        holds(RootlessAlone, Role::Gateway, Depth::Sealed)
    }),
    ("a_sealed_outbound_without_root_and_namespaces_holds", || {
        holds(RootlessAlone, Role::Outbound, Depth::Sealed)
    }),
    ("a_sealed_auditor_without_root_and_namespaces_holds", || {
        holds(RootlessAlone, Role::Auditor, Depth::Sealed)
    }),
    ("a_sealed_control_plane_without_root_and_namespaces_holds", || {
        holds(RootlessAlone, Role::Control, Depth::Sealed)
    }),
    ("an_engine_under_full_isolation_holds_even_without_seccomp", || {
        holds(Full, Role::Engine, Depth::LockedDown)
    }),
    ("an_engine_without_root_holds_even_without_seccomp", || {
        holds(Rootless, Role::Engine, Depth::LockedDown)
    }),
    ("the_attempts_work_outside_the_sandbox", || holds(Full, Role::Engine, Depth::Bare)),
];

/// Inmates at a time: enough to keep two cores busy.
const WARDENS: usize = 3;

fn holds(mode: Mode, role: Role, depth: Depth) {
    if !mode.can_be_tried() {
        println!("full isolation needs root: not tried");
        return;
    }
    let attempts: Vec<_> = attack::all().collect();
    let (next, surprises) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..WARDENS {
            scope.spawn(|| {
                let cell = Cell::new(mode);
                while let Some(attempt) = attempts.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let fate = cell.attack(role, depth, attempt.name);
                    let expected = expectations::of(attempt.name, mode, role, depth);
                    if !meets(&fate, expected) {
                        let line = format!("{}: expected {expected:?}, got {fate:?}", attempt.name);
                        surprises.lock().unwrap().push(line);
                    }
                }
            });
        }
    });
    let mut surprises = surprises.into_inner().unwrap();
    surprises.sort();
    assert!(surprises.is_empty(), "{} of {}:\n{}", surprises.len(), attempts.len(), surprises.join("\n"));
}

fn meets(fate: &Fate, expected: Verdict) -> bool {
    match expected {
        Verdict::Killed => *fate == Fate::Killed,
        Verdict::Refused => matches!(fate, Fate::Refused(_)),
        Verdict::Open => matches!(fate, Fate::Escaped(_)),
        Verdict::OpenOrUnsupported => matches!(fate, Fate::Escaped(_) | Fate::Refused(_)),
    }
}
