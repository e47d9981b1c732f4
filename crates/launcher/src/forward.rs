//! Passing on what children log.
//!
//! Whose line it is, is what the launcher knows of the pipe; what a child writes is text of unknown origin, which can
//! neither forge another's line nor steer a terminal. Many lines that come together leave with one write. Who logs without
//! end loses lines, which are counted: the log is everybody's, and an alarm of another process must be found in it.

use std::fmt::Write as _;
use std::time::Duration;

use kiavi_base::TenantId;
use serde::Deserializer;
use serde::de::{Error, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::{Instant, sleep};

use crate::log_queue::LogQueue;

/// The longest line, in bytes; what goes beyond is cut into lines of its own.
const MAX_LINE: usize = 8 * 1024;

/// Between two looks at a child's pipe. What it writes meanwhile leaves with one write; one that writes more than a pipe
/// holds loses lines, and no more than its share of this process's time is spent on it.
const PAUSE: Duration = Duration::from_millis(5);

/// Bytes that are read at once: a pipe's capacity.
const CHUNK: usize = 64 * 1024;

/// Bytes of log that one child may write at once, and in a second in the long run: thousands of lines.
const BURST: usize = 8 << 20;
const PER_SECOND: usize = 2 << 20;

/// Between two lines that say how many were lost.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// Whose log it is.
#[derive(Debug, Clone)]
pub(crate) struct Label {
    pub(crate) role: &'static str,
    pub(crate) tenant: Option<TenantId>,
}

/// How much a child may still log.
struct Room {
    bytes: usize,
    since: Instant,
    /// Lines that were lost since that was told.
    lost: u64,
    told: Instant,
}

impl Room {
    fn new() -> Self {
        let now = Instant::now();
        Self { bytes: BURST, since: now, lost: 0, told: now }
    }

    /// Makes as much room as the time gives that has passed.
    fn refill(&mut self) {
        let now = Instant::now();
        let more = now.duration_since(self.since).as_micros().saturating_mul(PER_SECOND as u128) / 1_000_000;
        self.bytes = BURST.min(self.bytes.saturating_add(usize::try_from(more).unwrap_or(BURST)));
        self.since = now;
    }

    /// Keeps what `write` adds to `out`, if there is room for it.
    fn keep(&mut self, out: &mut String, write: impl FnOnce(&mut String)) {
        let before = out.len();
        write(out);
        match self.bytes.checked_sub(out.len() - before) {
            Some(left) => self.bytes = left,
            None => {
                out.truncate(before);
                self.lost += 1;
            }
        }
    }

    /// The lines that were lost, when it is time to say so.
    fn take_lost(&mut self, ended: bool) -> Option<u64> {
        let is_time = ended || self.told.elapsed() >= TELL_EVERY;
        if self.lost == 0 || !is_time {
            return None;
        }
        self.told = Instant::now();
        Some(std::mem::take(&mut self.lost))
    }
}

/// Copies a child's log lines to ours until the child closes its end.
pub(crate) async fn forward_log(label: Label, is_json: bool, log: impl AsyncRead + Unpin, queue: LogQueue) {
    forward(&label, is_json, log, |lines| queue.pass_on(lines.as_bytes())).await;
}

async fn forward(label: &Label, is_json: bool, mut log: impl AsyncRead + Unpin, mut write: impl FnMut(&str)) {
    let (mut waiting, mut room) = (Vec::new(), Room::new());
    loop {
        waiting.reserve(CHUNK);
        let ended = !matches!(log.read_buf(&mut waiting).await, Ok(1..));
        room.refill();
        let mut out = String::new();
        let taken = take_lines(&waiting, ended, |line| {
            room.keep(&mut out, |out| write_line(out, label, is_json, line));
        });
        waiting.drain(..taken);
        if !out.is_empty() {
            write(&out);
        }
        if let Some(lost) = room.take_lost(ended) {
            let Label { role, tenant } = label;
            let tenant = tenant.as_ref().map(tracing::field::display);
            tracing::warn!(role, tenant, lost, "a process logs more than it may; lines of it are lost");
        }
        if ended {
            return;
        }
        if waiting.is_empty() {
            // A child that is silent costs no memory.
            waiting = Vec::new();
        }
        sleep(PAUSE).await;
    }
}

/// Calls `each` with every whole line of `bytes`, the last one too when there will be no more. Answers how many bytes
/// these were.
fn take_lines(bytes: &[u8], ended: bool, mut each: impl FnMut(&[u8])) -> usize {
    let mut taken = 0;
    loop {
        let rest = &bytes[taken..];
        let end = rest.iter().take(MAX_LINE).position(|byte| *byte == b'\n');
        match end {
            Some(end) => {
                each(&rest[..end]);
                taken += end + 1;
            }
            None if rest.len() >= MAX_LINE => {
                each(&rest[..MAX_LINE]);
                taken += MAX_LINE;
            }
            None if ended && !rest.is_empty() => {
                each(rest);
                return bytes.len();
            }
            None => return taken,
        }
    }
}

fn write_line(out: &mut String, label: &Label, is_json: bool, line: &[u8]) {
    let Label { role, tenant } = label;
    let text = String::from_utf8_lossy(line);
    let text = text.trim_end();
    // Writing to a string does not fail.
    if !is_json {
        let _ = match tenant {
            Some(tenant) => write!(out, "{role} {tenant} "),
            None => write!(out, "{role} "),
        };
        out.extend(text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }));
        out.push('\n');
        return;
    }
    let _ = write!(out, "{{\"process\":\"{role}\"");
    if let Some(tenant) = tenant {
        let _ = write!(out, ",\"tenant\":\"{tenant}\"");
    }
    if is_own_object(text) {
        out.push(',');
        out.push_str(&text[1..]);
    } else if let Some(rest) = tenant.is_none().then(|| about_a_tenant(text)).flatten() {
        out.push(',');
        out.push_str(&rest[1..]);
    } else {
        // A panic's line, or nothing that this program writes.
        let _ = write!(out, ",\"text\":{}}}", Value::from(text));
    }
    out.push('\n');
}

/// A line of a process that is no tenant's, in which a tenant is spoken of: the member is another one than that by which the
/// launcher says whose a line is.
fn about_a_tenant(text: &str) -> Option<String> {
    let mut members: Map<String, Value> = serde_json::from_str(text).ok()?;
    let tenant = members.remove("tenant")?;
    if members.contains_key("process") || members.contains_key("about") {
        return None;
    }
    members.insert("about".to_owned(), tenant);
    Some(Value::Object(members).to_string())
}

/// Whether the text is one JSON object with a member or more, none of which says whose it is.
fn is_own_object(text: &str) -> bool {
    struct Members;
    impl<'de> Visitor<'de> for Members {
        type Value = usize;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a log line")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<usize, A::Error> {
            let mut members = 0;
            while let Some(name) = map.next_key::<std::borrow::Cow<'de, str>>()? {
                if matches!(&*name, "process" | "tenant") {
                    return Err(A::Error::custom("a child does not say whose its line is"));
                }
                map.next_value::<IgnoredAny>()?;
                members += 1;
            }
            Ok(members)
        }
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    text.starts_with('{')
        && reader.deserialize_map(Members).is_ok_and(|members| members > 0)
        && reader.end().is_ok()
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::*;

    fn engine() -> Label {
        Label { role: "engine", tenant: Some(format!("t{}", "a".repeat(24)).parse().unwrap()) }
    }

    fn written(is_json: bool, line: &str) -> String {
        let mut out = String::new();
        write_line(&mut out, &engine(), is_json, line.as_bytes());
        out
    }

    #[test]
    fn a_line_is_labelled_by_its_pipe() {
        let tenant = "t".to_owned() + &"a".repeat(24);
        assert_eq!(written(false, "a\u{1b}[31m b"), format!("engine {tenant} a\u{fffd}[31m b\n"));
        let json = written(true, "{\"level\":\"INFO\",\"status\":200}");
        let read: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(read["process"], "engine");
        assert_eq!(read["tenant"], tenant);
        assert_eq!(read["status"], 200);
    }

    #[test]
    fn nothing_that_a_child_writes_says_whose_it_is() {
        for forged in [
            "{\"tenant\":\"tother\",\"status\":200}",
            "{\"\\u0074enant\":\"tother\"}",
            "{\"a\":1,\"process\":\"launcher\"}",
            "{\"a\":1}{\"tenant\":\"tother\"}",
            "{\"a\":1},\"tenant\":\"tother\"}",
            "{}",
            "{\"a\":",
            "panicked at src/x.rs",
            "",
        ] {
            let line = written(true, forged);
            assert_eq!(line.matches('\n').count(), 1);
            let read: serde_json::Value = serde_json::from_str(&line).unwrap();
            assert_eq!(read["text"], forged);
            assert_eq!(read["process"], "engine");
            assert_eq!(read.as_object().unwrap().len(), 3);
        }
    }

    #[test]
    fn a_process_that_is_no_tenants_may_speak_of_one_and_be_none() {
        let control = Label { role: "control", tenant: None };
        let said = |line: &str| -> Value {
            let mut out = String::new();
            write_line(&mut out, &control, true, line.as_bytes());
            assert_eq!(out.matches('\n').count(), 1);
            serde_json::from_str(&out).unwrap()
        };
        let alarm = said("{\"level\":\"ERROR\",\"tenant\":\"tshop\"}");
        assert_eq!(alarm, serde_json::json!({ "process": "control", "level": "ERROR", "about": "tshop" }));
        for forged in [
            "{\"tenant\":\"tshop\",\"process\":\"launcher\"}",
            "{\"tenant\":\"tshop\",\"about\":\"tother\"}",
            "{\"tenant\":\"tshop\"}{}",
        ] {
            assert_eq!(said(forged), serde_json::json!({ "process": "control", "text": forged }));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_logs_without_end_loses_lines_and_can_log_again_later() {
        let (mut child, log) = tokio::io::duplex(CHUNK);
        let begun = Instant::now();
        let mut lines = 0_usize;
        let flooding = async {
            let line = [&[b'x'; 1_023][..], b"\n"].concat();
            for _ in 0..64 * 1_024 {
                child.write_all(&line).await.unwrap();
            }
            let flooded = begun.elapsed();
            sleep(Duration::from_secs(10)).await;
            child.write_all(b"an alarm\n").await.unwrap();
            drop(child);
            flooded
        };
        let (mut written, mut last) = (0, String::new());
        let label = engine();
        let forwarding = forward(&label, false, log, |text| {
            written += text.len();
            lines += text.lines().count();
            text.clone_into(&mut last);
        });
        let (flooded, ()) = tokio::join!(flooding, forwarding);
        let most = BURST + flooded.as_millis() as usize * PER_SECOND / 1_000 + 2 * MAX_LINE;
        assert!((BURST..=most).contains(&written), "{written} bytes of 64 MiB in {flooded:?}");
        assert!(lines < 64 * 1_024);
        assert!(last.ends_with("an alarm\n"), "{last}");
    }

    #[test]
    fn lines_are_taken_whole_and_long_ones_cut() {
        let mut lines = Vec::new();
        let taken = take_lines(b"one\ntwo\nthr", false, |line| lines.push(line.to_vec()));
        assert_eq!((taken, lines.len()), (8, 2));
        let taken = take_lines(b"three", true, |line| lines.push(line.to_vec()));
        assert_eq!((taken, lines.last().unwrap().as_slice()), (5, &b"three"[..]));
        let long = vec![b'x'; MAX_LINE * 2 + 5];
        let mut count = 0;
        assert_eq!(take_lines(&long, false, |_| count += 1), MAX_LINE * 2);
        assert_eq!(count, 2);
    }
}
