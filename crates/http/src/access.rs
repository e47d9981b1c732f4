//! What is noted of each request: counters always, a line of the log where it is wanted.
//!
//! Noting takes no system call and no memory: counters and lines are kept under one lock that nobody else has, and
//! lines leave together, some times a second or when a page of them is full. A line has no path, no query, no header
//! and no address: the route's template, and at most the client's network when the operator asks for it.

use std::{
    fmt::Write as _,
    io::{self, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use kiavi_base::{RequestClass, RequestCounts, RequestId};
use tokio::sync::Notify;

/// Bytes that are written at once. A pipe takes so many as a whole or not at all (PIPE_BUF, pipe(7)), so a full pipe
/// costs lines and never cuts one.
const PAGE: usize = 4096;

/// How long a line waits for others.
const GATHER: Duration = Duration::from_millis(100);

/// Which requests get a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RequestLines {
    /// None.
    Off,
    /// Those that were answered with 4xx or 5xx.
    Errors,
    /// All but the routine: successful session checks, health checks, public keys and files of pages.
    #[default]
    Standard,
    /// All.
    All,
}

/// How lines are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AccessOptions {
    /// Which requests get one.
    pub lines: RequestLines,
    /// Of the routine requests, one in so many gets a line; 0: none.
    pub routine_sample: u32,
    /// Whether a line tells the client's network: the first 24 bits of an IPv4 address, 48 of an IPv6 one.
    pub has_networks: bool,
    /// Whether lines are JSON.
    pub is_json: bool,
}

/// Where a connection came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerClass {
    /// From the client itself.
    Direct,
    /// Through a trusted proxy.
    Proxied,
    /// From an operator: the management door, or the local socket.
    Operator,
}

impl PeerClass {
    const fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Proxied => "proxied",
            Self::Operator => "operator",
        }
    }
}

/// One request and its answer.
#[derive(Debug, Clone, Copy)]
pub struct Access<'a> {
    /// When it was answered.
    pub at: jiff::Timestamp,
    /// Its name.
    pub id: RequestId,
    /// What it was for.
    pub class: RequestClass,
    /// Its method; one that is not of HTTP's own is written as `OTHER`.
    pub method: &'a str,
    /// The template of its route, empty when it has none.
    pub route: &'a str,
    /// The status of the answer.
    pub status: u16,
    /// From its head to that of the answer.
    pub took: Duration,
    /// The length of the answer's body, when it is known.
    pub bytes: Option<u64>,
    /// Where it came from.
    pub peer: PeerClass,
    /// Whose it is, for the network.
    pub client: IpAddr,
}

/// Counters and lines of one process.
pub struct AccessLog {
    options: AccessOptions,
    noted: Mutex<Noted>,
    has_lines: Notify,
}

#[derive(Default)]
struct Noted {
    counts: RequestCounts,
    /// Whole lines.
    lines: Vec<u8>,
    routine: u32,
    /// Lines that a full pipe did not take.
    lost: u64,
}

impl AccessLog {
    /// Nothing noted yet.
    pub fn new(options: AccessOptions) -> Self {
        Self { options, noted: Mutex::default(), has_lines: Notify::new() }
    }

    /// Counters only.
    pub fn silent() -> Self {
        Self::new(AccessOptions { lines: RequestLines::Off, ..AccessOptions::default() })
    }

    /// Notes a request.
    pub fn note(&self, access: &Access<'_>) {
        let mut noted = self.lock();
        noted.counts.add(access.class, access.status, access.took);
        if !self.wants(access, &mut noted.routine) {
            return;
        }
        let is_first = noted.lines.is_empty();
        if noted.lines.len() > PAGE * 15 / 16 {
            noted.write(&mut io::stderr());
        }
        self.write_line(&mut noted.lines, access);
        drop(noted);
        if is_first {
            self.has_lines.notify_one();
        }
    }

    /// The counters since the last call.
    pub fn take_counts(&self) -> RequestCounts {
        std::mem::take(&mut self.lock().counts)
    }

    /// Writes lines as they gather, for as long as it is polled. Run one of it.
    pub async fn keep_writing(&self) {
        loop {
            self.has_lines.notified().await;
            tokio::time::sleep(GATHER).await;
            self.flush();
        }
    }

    /// Writes the lines that wait.
    pub fn flush(&self) {
        self.lock().write(&mut io::stderr());
    }

    fn lock(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wants(&self, access: &Access<'_>, routine: &mut u32) -> bool {
        match self.options.lines {
            RequestLines::Off => false,
            RequestLines::All => true,
            RequestLines::Errors => access.status >= 400,
            RequestLines::Standard if access.status >= 400 || !is_routine(access) => true,
            RequestLines::Standard => {
                *routine += 1;
                let is_drawn = *routine == self.options.routine_sample;
                if is_drawn || *routine > self.options.routine_sample {
                    *routine = 0;
                }
                is_drawn
            }
        }
    }

    fn write_line(&self, lines: &mut Vec<u8>, access: &Access<'_>) {
        let Access { at, id, class, status, bytes, .. } = access;
        let (method, micros, peer) = (method(access.method), access.took.as_micros(), access.peer.name());
        let route = if access.route.is_empty() { "none" } else { access.route };
        let mut out = Text(lines);
        // Writing to a vector does not fail. Nothing here needs an escape: routes are templates of this program.
        if self.options.is_json {
            let _ = write!(
                out,
                "{{\"timestamp\":\"{at:.6}\",\"level\":\"INFO\",\"kind\":\"request\",\"request_id\":\"{id}\",\
                 \"class\":\"{}\",\"method\":\"{method}\",\"route\":\"{route}\",\"status\":{status},\
                 \"duration_us\":{micros},\"peer\":\"{peer}\"",
                class.name()
            );
        } else {
            let _ = write!(out, "{at:.6}  INFO {method} {route} {status} {micros}us {peer} {id}");
        }
        if let Some(bytes) = bytes {
            let name = if self.options.is_json { ",\"bytes\":" } else { " bytes=" };
            let _ = write!(out, "{name}{bytes}");
        }
        if self.options.has_networks {
            let network = network(access.client);
            let _ = match self.options.is_json {
                true => write!(out, ",\"network\":\"{network}\""),
                false => write!(out, " network={network}"),
            };
        }
        lines.extend_from_slice(if self.options.is_json { b"}\n" } else { b"\n" });
    }
}

impl Noted {
    /// Writes what waits, a page at a time; what is not taken is counted and told with the next lines.
    fn write(&mut self, out: &mut impl Write) {
        let mut rest = self.lines.as_slice();
        while !rest.is_empty() {
            let end = match rest.get(..PAGE) {
                Some(page) => page.iter().rposition(|byte| *byte == b'\n').map_or(rest.len(), |end| end + 1),
                None => rest.len(),
            };
            let (page, later) = rest.split_at(end);
            if out.write_all(page).is_err() {
                self.lost += page.iter().filter(|byte| **byte == b'\n').count() as u64;
            } else if self.lost > 0 {
                tracing::warn!(
                    lines = self.lost,
                    "lines of the request log were lost: nobody read them in time"
                );
                self.lost = 0;
            }
            rest = later;
        }
        self.lines.clear();
    }
}

/// A vector as text is written to it.
struct Text<'a>(&'a mut Vec<u8>);

impl std::fmt::Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// What a busy instance does all day when all is well.
fn is_routine(access: &Access<'_>) -> bool {
    access.class == RequestClass::SessionCheck
        || access.method == "GET"
            && (access.route.ends_with("/jwks")
                || access.route.ends_with("/ok")
                || access.route.contains("{file}"))
}

fn method(name: &str) -> &str {
    match name {
        "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" => name,
        _ => "OTHER",
    }
}

/// The address without what tells one household from the next.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => Ipv4Addr::from_bits(v4.to_bits() & (u32::MAX << 8)).into(),
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 80)).into(),
    }
}

#[cfg(test)]
mod tests;
