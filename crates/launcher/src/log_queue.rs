//! The way of the instance's log out of this process.
//!
//! Whoever reads it, such as the system's journal, may stand still; the launcher must not, because nobody's engine would be
//! started meanwhile. So a thread of its own writes, what waits for it is bounded, and what does not fit is counted and told
//! when there is somebody to tell.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::signals;

/// Bytes of lines that wait at most: some thousand lines.
const MOST: usize = 1 << 20;

/// Bytes that are kept free beyond that for lines of the launcher's own, among which are the alarms.
const RESERVE: usize = 256 * 1024;

/// How long the end of this program may wait for its log.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The log of an instance. Clones write into the same.
#[derive(Debug, Clone)]
pub struct LogQueue(Arc<Open>);

/// The queue for as long as anybody may write.
#[derive(Debug)]
struct Open(Arc<Shared>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.lock().is_closed = true;
        self.0.changed.notify_all();
    }
}

#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: Vec<u8>,
    /// Lines that did not fit since that was told.
    lost: u64,
    /// Lines that the thread is writing.
    leaving: u64,
    is_writing: bool,
    is_closed: bool,
}

impl LogQueue {
    /// Writes to standard error, through a descriptor of its own: a panic that writes there itself finds no lock taken.
    ///
    /// # Errors
    /// When the kernel has no descriptor or no thread left.
    pub fn start() -> io::Result<Self> {
        let log = File::from(io::stderr().as_fd().try_clone_to_owned()?);
        Self::to(log, |lost| tracing::warn!(lost, "the log was not read in time; lines of it are lost"))
    }

    /// Writes to `log`, and has `tell` say how many lines were lost.
    fn to(mut log: impl Write + Send + 'static, tell: impl Fn(u64) + Send + 'static) -> io::Result<Self> {
        let shared = Arc::<Shared>::default();
        let of_thread = shared.clone();
        let work = move || {
            // They are for the main thread, as for every other one of this process.
            let _ = signals::hold();
            while let Some((lines, lost)) = of_thread.next() {
                // A log that cannot be written has nobody to tell.
                let _ = log.write_all(&lines);
                if lost > 0 {
                    tell(lost);
                }
            }
        };
        thread::Builder::new().name("log".to_owned()).spawn(work)?;
        Ok(Self(Arc::new(Open(shared))))
    }

    /// Writes whole lines of children, as many as there is room for.
    pub(crate) fn pass_on(&self, lines: &[u8]) {
        self.shared().add(lines, MOST);
    }

    /// Writes whole lines of the launcher's own.
    pub fn say(&self, lines: &[u8]) {
        self.shared().add(lines, MOST + RESERVE);
    }

    /// Waits until everything is written, or for as long as last words may take. Answers how many lines are not written,
    /// or not to their end.
    pub fn flush(&self) -> u64 {
        let is_busy = |queue: &mut Queue| queue.is_writing || !queue.waiting.is_empty() || queue.lost > 0;
        let shared = self.shared();
        let waited = shared.changed.wait_timeout_while(shared.lock(), LAST_WORDS, is_busy);
        let (queue, _) = waited.unwrap_or_else(PoisonError::into_inner);
        queue.leaving + lines_in(&queue.waiting) + queue.lost
    }

    /// Has it told that so many lines were lost, which another program in this process could not write.
    pub(crate) fn lost_before(&self, lines: u64) {
        if lines > 0 {
            // The last one may have been cut.
            self.say(b"\n");
            self.shared().lock().lost += lines;
            self.shared().changed.notify_all();
        }
    }

    fn shared(&self) -> &Shared {
        &self.0.0
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        // Nothing that is done with it can be left half done by a panic.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, lines: &[u8], most: usize) {
        let mut queue = self.lock();
        let room = most.saturating_sub(queue.waiting.len());
        let fits = match lines.len() <= room {
            true => lines.len(),
            false => lines[..room].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1),
        };
        let (kept, lost) = lines.split_at(fits);
        queue.waiting.extend_from_slice(kept);
        queue.lost += lines_in(lost);
        drop(queue);
        self.changed.notify_all();
    }

    /// Waits for something to write, with the number of lines that were lost after it; `None` when nothing more can come.
    fn next(&self) -> Option<(Vec<u8>, u64)> {
        let mut queue = self.lock();
        (queue.is_writing, queue.leaving) = (false, 0);
        self.changed.notify_all();
        let is_idle = |queue: &mut Queue| queue.waiting.is_empty() && queue.lost == 0 && !queue.is_closed;
        queue = self.changed.wait_while(queue, is_idle).unwrap_or_else(PoisonError::into_inner);
        if queue.waiting.is_empty() && queue.lost == 0 {
            return None;
        }
        (queue.is_writing, queue.leaving) = (true, lines_in(&queue.waiting));
        Some((std::mem::take(&mut queue.waiting), std::mem::take(&mut queue.lost)))
    }
}

fn lines_in(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// For what writes line by line, such as `tracing`: each call of `write` is whole lines.
impl Write for LogQueue {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        self.say(lines);
        Ok(lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, PipeReader, pipe};
    use std::sync::mpsc::{Receiver, channel};

    use super::*;

    fn queue() -> (LogQueue, PipeReader, Receiver<u64>) {
        let (reader, writer) = pipe().unwrap();
        let (told, tells) = channel();
        let queue = LogQueue::to(writer, move |lost| told.send(lost).unwrap()).unwrap();
        (queue, reader, tells)
    }

    #[test]
    fn lines_leave_in_their_order_and_nothing_is_lost_while_somebody_reads() {
        let (queue, reader, tells) = queue();
        let reading =
            thread::spawn(move || BufReader::new(reader).lines().map_while(Result::ok).collect::<Vec<_>>());
        for number in 0..20_000 {
            queue.say(format!("line {number}\n").as_bytes());
            while number % 1_000 == 0 && queue.flush() > 0 {}
        }
        while queue.flush() > 0 {}
        drop(queue);
        let lines = reading.join().unwrap();
        assert_eq!((lines.len(), lines.last().unwrap().as_str()), (20_000, "line 19999"));
        assert!(tells.try_recv().is_err());
    }

    #[test]
    fn nobody_waits_for_a_reader_that_stands_still_and_what_was_lost_is_told_when_it_goes_on() {
        let (queue, reader, tells) = queue();
        let line = [&[b'x'; 1_023][..], b"\n"].concat();
        let sent = 4 * MOST / line.len();
        for _ in 0..sent {
            queue.pass_on(&line);
        }
        queue.say(b"an alarm\n");
        let unwritten = queue.flush();
        assert!(unwritten > 0 && unwritten <= sent as u64 + 1, "{unwritten}");
        let reading =
            thread::spawn(move || BufReader::new(reader).lines().map_while(Result::ok).collect::<Vec<_>>());
        while queue.flush() > 0 {}
        drop(queue);
        let lines = reading.join().unwrap();
        // It may be told more than once, as often as it was full.
        let lost: u64 = tells.iter().sum();
        assert!(lost > 0);
        assert_eq!(lines.len() as u64 + lost, sent as u64 + 1);
        assert!(
            lines.iter().any(|line| line == "an alarm"),
            "the launcher's own lines have room of their own"
        );
        assert!(lines.iter().all(|line| line.len() == 1_023 || line == "an alarm"), "lines are whole");
    }

    #[test]
    fn a_batch_that_does_not_fit_loses_its_end_and_no_part_of_a_line() {
        let shared = Shared::default();
        shared.add(b"one\ntwo\nthree\n", 10);
        let queue = shared.lock();
        assert_eq!((queue.waiting.as_slice(), queue.lost), (&b"one\ntwo\n"[..], 1));
    }

    #[test]
    fn what_a_program_before_could_not_write_is_told() {
        let (queue, reader, tells) = queue();
        queue.lost_before(0);
        queue.lost_before(7);
        assert_eq!(tells.recv().unwrap(), 7);
        drop((queue, reader));
    }
}
