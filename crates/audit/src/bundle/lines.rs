//! The events in lines of JSON, beside the entries that they are made of.

use std::io::{BufRead, Read};

use serde_json::Value;

use super::{BundleError, BundleFiles, EVENTS, Report, finding::Problem};
use crate::{EventLine, MAX_BODY};

/// The longest line, in bytes: every byte of a body could be an escape of six.
const MAX_LINE: u64 = 8 * MAX_BODY as u64;

/// The lines that are still to be compared; none after the first that is wrong, which may be one too many or too few.
#[derive(Default)]
pub(super) struct Lines<'a>(Option<Box<dyn BufRead + 'a>>);

impl<'a> Lines<'a> {
    pub(super) fn open(files: &'a dyn BundleFiles, report: &mut Report) -> Result<Self, BundleError> {
        let lines = files.open(EVENTS).map_err(|error| BundleError::Io(EVENTS.to_owned(), error))?;
        if lines.is_none() {
            report.add(EVENTS, None, Problem::Missing);
        }
        Ok(Self(lines))
    }

    /// Compares the next line with an entry.
    pub(super) fn compare(
        &mut self,
        index: u64,
        entry: &[u8],
        report: &mut Report,
    ) -> Result<(), BundleError> {
        let expected = EventLine::of(Some(index), entry);
        if expected.unreadable.is_some() {
            let (count, first) = report.unreadable.unwrap_or((0, index));
            report.unreadable = Some((count + 1, first));
        }
        let Some(line) = self.next()? else { return Ok(()) };
        let expected = expected.to_json();
        if line != expected.as_bytes() && !means_the_same(&line, &expected) {
            report.add(EVENTS, Some((index, index)), Problem::Line);
            self.0 = None;
        }
        Ok(())
    }

    /// Passes over the line of an entry that is not there.
    pub(super) fn skip(&mut self) -> Result<(), BundleError> {
        self.next().map(drop)
    }

    /// Expects that there is no line more.
    pub(super) fn expect_end(&mut self, report: &mut Report) -> Result<(), BundleError> {
        if self.next()?.is_some_and(|line| !line.is_empty()) {
            report.add(EVENTS, None, Problem::LinesMore);
        }
        Ok(())
    }

    /// The next line with its line break, empty at the end; `None` if no more are compared.
    fn next(&mut self) -> Result<Option<Vec<u8>>, BundleError> {
        let Some(lines) = &mut self.0 else { return Ok(None) };
        let mut line = Vec::new();
        let read = lines.as_mut().take(MAX_LINE).read_until(b'\n', &mut line);
        read.map_err(|error| BundleError::Io(EVENTS.to_owned(), error))?;
        Ok(Some(line))
    }
}

/// Whether a line is the same JSON, written by another program.
fn means_the_same(line: &[u8], expected: &str) -> bool {
    let parse = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).ok();
    let line = parse(line);
    line.is_some() && line == parse(expected.as_bytes())
}
