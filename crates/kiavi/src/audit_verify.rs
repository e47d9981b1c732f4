//! `kiavi audit verify BUNDLE`.

use std::{
    fmt::Write as _,
    io::{self, IsTerminal},
    path::PathBuf,
};

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use kiavi_audit::{
    TrustedKeys, VerifierKey,
    bundle::{BundleError, Finding, Policy, Report, TrustSource, verify},
};
use serde_json::{Value, json};

use crate::{
    audit::{Stop, Told, checkpoint, plain, vouching, vouching_json},
    audit_folder::BundleFolder,
    log::chain,
    tenant::Exit,
};

/// How many findings are told; all that are known are in the JSON.
const SHOWN: usize = 10;

/// Verify a bundle of an audit log, offline
///
/// Tells whether the events are those that the log's key signed and a witness saw, and if not, which is the first that is
/// not. Exit codes: 0 verified, 6 not verified, 2 it is no bundle, 1 a file cannot be read.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The folder of the bundle
    bundle: PathBuf,
    /// A checkpoint of this log that you have kept: the log must begin with what it was then
    #[arg(long, value_name = "CHECKPOINT")]
    old: Option<PathBuf>,
    /// A key that you know as the log's or as its witness's: NAME+ID+KEY. Without, those that the bundle names are used,
    /// and it is for you to compare them
    #[arg(long = "key", value_name = "VKEY")]
    keys: Vec<VerifierKey>,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

/// Does what the command says.
pub(crate) fn run(args: VerifyArgs) -> Told {
    let old = args.old.as_deref().map(checkpoint).transpose()?;
    let policy = Policy { keys: TrustedKeys::from_iter(args.keys), old };
    let bar = bar(io::stderr().is_terminal());
    let verified = verify(&BundleFolder(args.bundle.clone()), &policy, &mut |done, size| {
        bar.set_length(size);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let report = verified.map_err(|error| {
        let exit = match &error {
            BundleError::NoBundle => Exit::Usage,
            BundleError::Manifest(_) => Exit::Unverified,
            BundleError::Io(..) => Exit::Failed,
        };
        Stop(format!("{}: {}.", args.bundle.display(), chain(&error)), exit)
    })?;
    let exit = if report.is_verified() { Exit::Done } else { Exit::Unverified };
    let text = match (args.json, report.is_verified()) {
        (true, _) => in_json(&report).to_string(),
        (false, true) => good(&report),
        (false, false) => bad(&report),
    };
    Ok((text, exit))
}

fn bar(is_terminal: bool) -> ProgressBar {
    let target = if is_terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(None, target);
    if let Ok(style) = ProgressStyle::with_template("{pos} of {len} events {wide_bar} {elapsed}, {eta} left")
    {
        bar.set_style(style);
    }
    bar
}

fn good(report: &Report) -> String {
    let mut text = String::new();
    if let Some(signed) = &report.checkpoint {
        let (size, origin) = (signed.size, plain(&signed.origin));
        let events = match report.pruned {
            Some(pruned) => format!("events {} to {}", pruned.entries, size.saturating_sub(1)),
            None => format!("{size} events"),
        };
        let _ = writeln!(text, "VERIFIED: the {events} of {origin} are those that were signed.");
    }
    if let Some(vouched) = &report.vouched {
        text += &vouching(vouched);
    }
    if let Some(pruned) = report.pruned {
        let last = pruned.entries.saturating_sub(1);
        let _ = write!(
            text,
            "\n  pruned       events 0 to {last}, on {}, as the log says by its key; their hashes are kept, and proofs of the rest hold",
            pruned.at
        );
    }
    if report.earlier > 0 {
        let _ = write!(text, "\n  earlier      {} checkpoints, each a beginning of this log", report.earlier);
    }
    if let Some((count, first)) = report.unreadable {
        let _ = write!(
            text,
            "\n  unreadable   {count} events, the first at index {first}: of a version not known here"
        );
    }
    if report.vouched.as_ref().is_some_and(|vouched| vouched.witnesses.is_empty()) {
        text += "\nNo witness cosigned it: whoever has the log's key could have shown others another log.";
    }
    if report.source == TrustSource::Bundle {
        text += "\nThe keys are those that the bundle names itself. Compare them with what you know, or pass them with --key.";
    }
    text
}

fn bad(report: &Report) -> String {
    let log = report.checkpoint.as_ref().map_or("its log", |signed| signed.origin.as_str());
    let mut text = format!("NOT VERIFIED: this is not {} as it was signed.", plain(log));
    if let Some(index) = report.first_bad_index() {
        let _ = write!(text, "\nFirst bad index: {index}");
    }
    let findings = report.findings();
    for finding in findings.iter().take(SHOWN) {
        let _ = write!(text, "\n  {}", plain(&finding.to_string()));
    }
    let more = findings.len().saturating_sub(SHOWN) + report.more();
    if more > 0 {
        let _ = write!(text, "\n  and {more} more");
    }
    text
}

fn in_json(report: &Report) -> Value {
    let signed = report.checkpoint.as_ref();
    let mut answer = json!({
        "verified": report.is_verified(),
        "origin": signed.map(|signed| &signed.origin),
        "size": signed.map(|signed| signed.size),
        "keys_from": match report.source {
            TrustSource::Given => "given",
            TrustSource::Bundle => "bundle",
        },
        "signed_by": null,
        "cosigned_by": [],
        "entries": report.entries,
        "pruned": report.pruned.map(|pruned| json!({ "entries": pruned.entries, "at": pruned.at.to_string() })),
        "earlier_checkpoints": report.earlier,
        "unreadable": report.unreadable.map(|(count, first)| json!({ "count": count, "first_index": first })),
        "first_bad_index": report.first_bad_index(),
        "problems": report.findings().iter().map(problem).collect::<Vec<_>>(),
        "more_problems": report.more(),
    });
    if let (Some(vouched), Value::Object(members)) = (&report.vouched, &mut answer)
        && let Value::Object(vouching) = vouching_json(vouched)
    {
        members.extend(vouching);
    }
    answer
}

fn problem(finding: &Finding) -> Value {
    json!({
        "code": finding.problem.code(),
        "first_index": finding.entries.map(|(first, _)| first),
        "last_index": finding.entries.map(|(_, last)| last),
        "file": finding.file,
        "detail": finding.to_string(),
    })
}
