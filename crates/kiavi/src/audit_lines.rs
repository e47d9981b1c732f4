//! `kiavi audit proof verify FILE` of events that a search took out of a log: lines of JSON, each with its proof.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

use kiavi_audit::{LineFault, MAX_PROVEN_LINE, Place, ProvenLines, TrustedKeys, Vouched};
use serde_json::{Value, json};

use crate::{
    audit::{Stop, Told, plain, vouching, vouching_json},
    tenant::Exit,
};

/// Whether a file begins as such lines do, and a proof of one event does not.
pub(crate) fn is_of_lines(path: &Path) -> bool {
    let mut first = [0];
    File::open(path).and_then(|mut file| file.read_exact(&mut first)).is_ok() && first == *b"{"
}

/// What verifying came to.
#[derive(Default)]
struct Report {
    /// Who vouches for the checkpoint, of how many events of which log.
    vouched: Option<(Vouched, String, u64)>,
    proved: u64,
    /// Events that were sealed after the checkpoint: nothing is proved of them.
    newer: u64,
    /// The first line that proves nothing, from 1, and why.
    fault: Option<(u64, LineFault)>,
}

/// Verifies each line, up to the first that is wrong.
pub(crate) fn verify(path: &Path, keys: &TrustedKeys, is_json: bool) -> Told {
    let report = read(path, keys)
        .map_err(|error| Stop(format!("{} cannot be read: {error}.", path.display()), Exit::Failed))?;
    if let Some((1, LineFault::Format)) = report.fault {
        return Err(Stop(format!("{} is no export of a log with proofs.", path.display()), Exit::Usage));
    }
    let is_whole = report.fault.is_none() && report.newer == 0;
    let text = if is_json { report.json(is_whole).to_string() } else { report.text(is_whole) };
    Ok((text, if is_whole { Exit::Done } else { Exit::Unverified }))
}

fn read(path: &Path, keys: &TrustedKeys) -> io::Result<Report> {
    let mut file = BufReader::new(File::open(path)?);
    let mut report = Report::default();
    let mut proven = None;
    for number in 1.. {
        let Some(line) = next(&mut file)? else { break };
        let verified = match &proven {
            None => ProvenLines::begin(&line, keys).map(|(begun, vouched)| {
                let signed = begun.checkpoint().checkpoint();
                report.vouched = Some((vouched, signed.origin.clone(), signed.size));
                proven = Some(begun);
            }),
            Some(proven) => proven.verify(&line).map(|place| match place {
                Place::Proved(_) => report.proved += 1,
                Place::Newer => report.newer += 1,
            }),
        };
        if let Err(fault) = verified {
            report.fault = Some((number, fault));
            break;
        }
    }
    Ok(report)
}

/// The next line; one that is too long, or was cut off, is an error.
fn next(file: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = String::new();
    if file.take(MAX_PROVEN_LINE).read_line(&mut line)? == 0 {
        return Ok(None);
    }
    match line.ends_with('\n') {
        true => Ok(Some(line)),
        false => {
            Err(io::Error::new(io::ErrorKind::UnexpectedEof, "its last line was cut off, or is too long"))
        }
    }
}

impl Report {
    fn text(&self, is_whole: bool) -> String {
        let Self { proved, newer, .. } = self;
        if let Some((number, fault)) = &self.fault {
            return format!("NOT VERIFIED: line {number}: {}.", plain(&fault.to_string()));
        }
        let Some((vouched, origin, size)) = &self.vouched else {
            return "NOT VERIFIED: there is no line.".to_owned();
        };
        let (origin, vouching) = (plain(origin), vouching(vouched));
        if is_whole {
            return format!(
                "VERIFIED: each of the {proved} events is in {origin} as it was signed at size {size}. Opened fields and \
                 users' ids are what the instance told.\n{vouching}"
            );
        }
        format!(
            "NOT VERIFIED: {proved} events are in {origin} as it was signed at size {size}, and {newer} are newer than that, so \
             nothing proves them. Export them again: it takes seconds until they are sealed and cosigned.\n{vouching}"
        )
    }

    fn json(&self, is_whole: bool) -> Value {
        let problem = self.fault.as_ref().map(|(_, fault)| fault.to_string());
        let mut answer = json!({
            "verified": is_whole,
            "origin": null,
            "size": null,
            "events": self.proved,
            "newer": self.newer,
            "signed_by": null,
            "cosigned_by": [],
            "first_bad_line": self.fault.as_ref().map(|(number, _)| number),
            "problem": problem,
        });
        if let Some((vouched, origin, size)) = &self.vouched {
            (answer["origin"], answer["size"]) = (origin.as_str().into(), (*size).into());
            if let (Value::Object(members), Value::Object(vouching)) = (&mut answer, vouching_json(vouched)) {
                members.extend(vouching);
            }
        }
        answer
    }
}
