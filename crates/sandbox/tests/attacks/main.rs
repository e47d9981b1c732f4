//! The sandbox from inside: escape attempts and ordinary work, each in a process of its own that locks itself down.
//!
//! This binary is its own harness, because an inmate must lock itself down while it has one thread, at the start of
//! `main`. Called as `attacks inmate JSON` it is an inmate; otherwise it speaks the command line of the standard
//! harness, as far as `cargo test` and `cargo nextest` use it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test, though not of the standard harness"
)]

#[path = "../../src/attack/mod.rs"]
#[allow(
    unreachable_pub,
    dead_code,
    reason = "the library's module, compiled without switching its feature on"
)]
mod attack;
mod battery;
mod expectations;
mod inmate;
mod life;
mod tasks;
mod warden;

use std::{panic::catch_unwind, process::ExitCode};

type Case = (&'static str, fn());

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [role, order] = &arguments[..]
        && role == "inmate"
    {
        return inmate::serve(order);
    }
    let cases: Vec<Case> = battery::CASES.iter().chain(life::CASES).copied().collect();
    let says = |flag: &str| arguments.iter().any(|argument| argument == flag);
    if says("--list") {
        if !says("--ignored") {
            cases.iter().for_each(|(name, _)| println!("{name}: test"));
        }
        return ExitCode::SUCCESS;
    }
    let wanted: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    let selected = |name: &str| {
        wanted.is_empty()
            || wanted.iter().any(|w| if says("--exact") { *w == name } else { name.contains(*w) })
    };
    let mut failed = 0;
    for (name, case) in cases.into_iter().filter(|(name, _)| selected(name)) {
        let passed = catch_unwind(case).is_ok();
        println!("test {name} ... {}", if passed { "ok" } else { "FAILED" });
        failed += usize::from(!passed);
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
