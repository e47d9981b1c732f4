//! `kiavi audit`: reading audit logs, taking them out of an instance, and verifying them. Verifying needs no instance and
//! no network: whoever has the files and the keys can do it, on any machine.

use std::{
    fmt::Write as _,
    fs::File,
    io::{self, Read, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Subcommand};
use kiavi_audit::{Comparison, SignedCheckpoint, TrustedKeys, VerifierKey, Vouched, compare};
use serde_json::{Value, json};

use crate::{
    audit_export::{self, CheckpointArgs, ExportArgs},
    audit_list::{self, ListArgs},
    audit_proof::{self, ProofArgs},
    audit_stream::{self, StreamArgs},
    audit_verify::{self, VerifyArgs},
    tenant::{Exit, answer, complain, say},
};

/// The longest file that is read whole: no checkpoint or proof is near it.
const MAX_FILE: u64 = 1024 * 1024;

/// Read audit logs, take them out of an instance, and verify them offline.
#[derive(Debug, Args)]
pub(crate) struct AuditArgs {
    #[command(subcommand)]
    verb: AuditVerb,
}

#[derive(Debug, Subcommand)]
enum AuditVerb {
    Export(ExportArgs),
    Checkpoint(CheckpointArgs),
    List(Box<ListArgs>),
    Stream(StreamArgs),
    Verify(VerifyArgs),
    Proof(ProofArgs),
    Compare(CompareArgs),
}

/// Tell whether a log showed two contents of one size
///
/// If it did, the two checkpoints together prove it to everybody who has the log's key. The log has one size and one
/// content at any time, so exit code 6 means that whoever keeps it shows different people different logs.
#[derive(Debug, Args)]
struct CompareArgs {
    /// A checkpoint of the log
    first: PathBuf,
    /// Another one
    second: PathBuf,
    /// A key of the log: NAME+ID+KEY
    #[arg(long = "key", value_name = "VKEY", required = true)]
    keys: Vec<VerifierKey>,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

/// Why there is nothing to tell, and what the process should exit with.
pub(crate) struct Stop(pub(crate) String, pub(crate) Exit);

/// What came of it, and what the process should exit with.
pub(crate) type Told = Result<(String, Exit), Stop>;

/// Does what the command says and returns what the process should exit with.
pub(crate) fn run(args: AuditArgs) -> ExitCode {
    let told = match args.verb {
        AuditVerb::Export(args) => return audit_export::export(args),
        AuditVerb::Checkpoint(args) => return audit_export::checkpoint(args),
        AuditVerb::List(args) => return answer(audit_list::list(*args)),
        AuditVerb::Stream(args) => return audit_stream::run(args),
        AuditVerb::Verify(args) => audit_verify::run(args),
        AuditVerb::Proof(args) => audit_proof::run(args),
        AuditVerb::Compare(args) => compare_files(&args),
    };
    match told {
        Ok((text, Exit::Done)) => say(&text),
        Ok((text, exit)) => {
            // When even this cannot be written, the exit code is all that is left.
            let _ = writeln!(io::stdout().lock(), "{text}");
            exit.into()
        }
        Err(Stop(message, exit)) => complain(&plain(&message), exit),
    }
}

fn compare_files(args: &CompareArgs) -> Told {
    let (first, second) = (checkpoint(&args.first)?, checkpoint(&args.second)?);
    let keys = TrustedKeys::from_iter(args.keys.clone());
    let compared = compare(&first, &second, &keys);
    let compared =
        compared.map_err(|why| Stop(format!("The two cannot be compared: {why}."), Exit::Unverified))?;
    let size = first.checkpoint().size;
    let (word, sentence, exit) = match compared {
        Comparison::Same => ("same", format!("Both say the same of the log at size {size}."), Exit::Done),
        Comparison::SplitView => (
            "split_view",
            format!(
                "SPLIT VIEW: the log signed two contents of size {size}. Keep both files: together they prove it to \
                 everybody who has the log's key."
            ),
            Exit::Unverified,
        ),
        Comparison::Sizes => (
            "sizes",
            format!(
                "They are of sizes {size} and {}. Whether the one begins with the other, a bundle tells: kiavi audit verify \
                 BUNDLE --old CHECKPOINT",
                second.checkpoint().size
            ),
            Exit::Failed,
        ),
    };
    Ok((if args.json { json!({ "comparison": word, "size": size }).to_string() } else { sentence }, exit))
}

/// The checkpoint in a file.
pub(crate) fn checkpoint(path: &Path) -> Result<SignedCheckpoint, Stop> {
    let checkpoint = SignedCheckpoint::parse(&text_of(path)?);
    checkpoint.map_err(|error| Stop(format!("{} is not a checkpoint: {error}.", path.display()), Exit::Usage))
}

/// The text of a small file.
pub(crate) fn text_of(path: &Path) -> Result<String, Stop> {
    let stop = |reason: String, exit| Stop(format!("{} cannot be read: {reason}.", path.display()), exit);
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(MAX_FILE).read_to_string(&mut text));
    match read {
        Ok(_) => Ok(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(stop(error.to_string(), Exit::Usage)),
        Err(error) => Err(stop(error.to_string(), Exit::Failed)),
    }
}

/// Who vouches for something, in lines.
pub(crate) fn vouching(vouched: &Vouched) -> String {
    let mut text = format!("  signed by    {}", plain(&vouched.log.to_string()));
    for (witness, time) in &vouched.witnesses {
        let _ = write!(text, "\n  cosigned by  {} at {}", plain(&witness.to_string()), when(*time));
    }
    text
}

/// The same in JSON.
pub(crate) fn vouching_json(vouched: &Vouched) -> Value {
    let witness = |(key, time): &(VerifierKey, u64)| json!({ "key": key.to_string(), "at": when(*time) });
    json!({
        "signed_by": vouched.log.to_string(),
        "cosigned_by": vouched.witnesses.iter().map(witness).collect::<Vec<_>>(),
    })
}

fn when(seconds: u64) -> String {
    let time = i64::try_from(seconds).ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    time.map_or_else(|| format!("second {seconds}"), |time| time.to_string())
}

/// Text out of files that somebody else made, as a terminal may show it: no control characters, and none that turn the
/// direction of writing.
pub(crate) fn plain(text: &str) -> String {
    let is_odd = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if is_odd(c) { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_told_nothing_but_text() {
        assert_eq!(plain("a\u{1b}[2Jb\u{9b}c\u{202e}d\ne"), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}d\ne");
        assert_eq!(when(1_795_725_607), "2026-11-26T20:40:07Z");
        assert_eq!(when(u64::MAX), format!("second {}", u64::MAX));
    }
}
