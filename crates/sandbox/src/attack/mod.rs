//! Escape attempts, to be run by arbitrary code inside a sandboxed process of a test build.
//!
//! Each attempt is what an attacker would do, in the form that works outside the sandbox. It is aimed at
//! [`Targets`], which the test prepares, and does no harm when it succeeds. An attempt that the seccomp filter stops
//! does not return: the process ends with `SIGSYS`, which its parent sees.
#![allow(unsafe_code, reason = "an attacker calls the kernel directly")]

mod files;
mod kernel;
mod processes;
mod resources;
mod sockets;

use std::io;

use serde::{Deserialize, Serialize};

/// What the attempts are aimed at.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Targets {
    /// A world-readable file of somebody else's.
    pub file: String,
    /// A listening unix socket of somebody else's that everyone may connect to.
    pub unix_socket: String,
    /// The name of a listening abstract unix socket, without the leading zero byte.
    pub abstract_socket: String,
    /// A TCP port on which somebody listens at 127.0.0.1.
    pub tcp_port: u16,
    /// A process, at worst of the same account.
    pub victim: i32,
    /// A connected TCP socket that this process holds, as a tenant's client connection.
    pub connection: i32,
}

/// What came of an attempt that returned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The kernel let it happen; the text says what.
    Escaped(String),
    /// The kernel refused, with this error number.
    Refused(i32),
}

/// One attempt.
#[derive(Debug, Clone, Copy)]
pub struct Attempt {
    /// Its name, `area.what`.
    pub name: &'static str,
    run: fn(&Targets) -> Outcome,
}

impl Attempt {
    const fn new(name: &'static str, run: fn(&Targets) -> Outcome) -> Self {
        Self { name, run }
    }
}

/// All attempts, by area.
pub const ALL: [&[Attempt]; 5] =
    [files::ATTEMPTS, sockets::ATTEMPTS, processes::ATTEMPTS, kernel::ATTEMPTS, resources::ATTEMPTS];

/// Every attempt.
pub fn all() -> impl Iterator<Item = &'static Attempt> {
    ALL.into_iter().flatten()
}

/// Runs one attempt by name; `None` if there is none of that name.
pub fn run(name: &str, targets: &Targets) -> Option<Outcome> {
    all().find(|attempt| attempt.name == name).map(|attempt| (attempt.run)(targets))
}

/// One raw system call. Arguments that are left out are zero.
fn call<const N: usize>(number: libc::c_long, arguments: [usize; N]) -> Outcome {
    match attempt_call(number, arguments) {
        Ok(answer) => Outcome::Escaped(format!("call {number} answered {answer}")),
        Err(errno) => Outcome::Refused(errno),
    }
}

fn attempt_call<const N: usize>(number: libc::c_long, arguments: [usize; N]) -> Result<usize, i32> {
    let mut all = [0; 6];
    for (slot, argument) in all.iter_mut().zip(arguments) {
        *slot = argument;
    }
    let [a, b, c, d, e, f] = all;
    // SAFETY: none is claimed beyond this process: the arguments are addresses of live values or plain numbers.
    let answer = unsafe { libc::syscall(number, a, b, c, d, e, f) };
    if answer == -1 { Err(last_errno()) } else { Ok(answer as usize) }
}

fn last_errno() -> i32 {
    io::Error::last_os_error().raw_os_error().unwrap_or_default()
}

/// What the standard library made of it.
fn outcome<T>(result: io::Result<T>) -> Outcome {
    match result {
        Ok(_) => Outcome::Escaped("the standard library succeeded".into()),
        Err(error) => Outcome::Refused(error.raw_os_error().unwrap_or_default()),
    }
}

/// An address as an argument.
fn address<T: ?Sized>(value: &T) -> usize {
    std::ptr::from_ref(value).cast::<u8>() as usize
}

/// Zeroed memory that the kernel may write to. It is never freed: an attempt runs once and its process ends.
fn room(bytes: usize) -> usize {
    Box::leak(vec![0u8; bytes].into_boxed_slice()).as_mut_ptr() as usize
}

/// A path with the zero byte that the kernel wants.
fn path(text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    bytes.push(0);
    bytes
}

/// A negative number as an argument.
const fn number(value: i32) -> usize {
    value as isize as usize
}

/// "This directory", for the calls that take one.
const HERE: usize = number(libc::AT_FDCWD);
