//! `kiavi audit proof make | verify`: the proof of one event, in a file of its own; and those of an export.

use std::{
    fs::OpenOptions,
    io::Write,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use kiavi_audit::{
    EventLine, EventProof, TrustedKeys, VerifierKey,
    bundle::{BundleError, ProveError, prove},
};
use serde_json::{Value, json};

use crate::{
    audit::{Stop, Told, plain, text_of, vouching, vouching_json},
    audit_folder::BundleFolder,
    audit_lines,
    log::chain,
    tenant::Exit,
};

/// Prove that one event is in a log, and verify such a proof, offline
#[derive(Debug, Args)]
pub(crate) struct ProofArgs {
    #[command(subcommand)]
    verb: ProofVerb,
}

#[derive(Debug, Subcommand)]
enum ProofVerb {
    /// Take one event out of a bundle, with the proof that it is in the log
    Make {
        /// The folder of the bundle
        bundle: PathBuf,
        /// The event's index
        index: u64,
        /// A new file for the proof, such as event.tlog-proof [default: standard output]
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// A key that you know as the log's or as its witness's: NAME+ID+KEY [default: those that the bundle names]
        #[arg(long = "key", value_name = "VKEY")]
        keys: Vec<VerifierKey>,
    },
    /// Verify the proof of one event, or those of an export as NDJSON
    ///
    /// Exit codes: 0 verified, 6 not verified, 2 it is no proof, 1 the file cannot be read.
    Verify {
        /// The file: event.tlog-proof, or what the audit log was exported as
        proof: PathBuf,
        /// A key that you know as the log's or as its witness's: NAME+ID+KEY. At least one must be the log's
        #[arg(long = "key", value_name = "VKEY", required = true)]
        keys: Vec<VerifierKey>,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
}

/// Does what the command says.
pub(crate) fn run(args: ProofArgs) -> Told {
    match args.verb {
        ProofVerb::Make { bundle, index, output, keys } => {
            make(bundle, index, output.as_deref(), &TrustedKeys::from_iter(keys))
        }
        ProofVerb::Verify { proof, keys, json } => verify(&proof, keys, json),
    }
}

fn make(bundle: PathBuf, index: u64, output: Option<&Path>, keys: &TrustedKeys) -> Told {
    let proof = prove(&BundleFolder(bundle.clone()), keys, index).map_err(|error| {
        let exit = match &error {
            ProveError::Bundle(BundleError::Io(..)) => Exit::Failed,
            ProveError::Bundle(BundleError::NoBundle) => Exit::Usage,
            ProveError::Range(_) | ProveError::Pruned => Exit::NotFound,
            _ => Exit::Unverified,
        };
        Stop(format!("{}: {}.", bundle.display(), chain(&error)), exit)
    })?;
    let text = proof.to_string();
    let Some(path) = output else { return Ok((text.trim_end().to_owned(), Exit::Done)) };
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| Stop(format!("{} cannot be written: {error}.", path.display()), Exit::Failed))?;
    Ok((format!("The proof of event {index} is in {}.", path.display()), Exit::Done))
}

fn verify(path: &Path, keys: Vec<VerifierKey>, is_json: bool) -> Told {
    let keys = TrustedKeys::from_iter(keys);
    if keys.log.is_empty() {
        return Err(Stop(
            "None of these keys is a log's; a witness's alone is not enough.".to_owned(),
            Exit::Usage,
        ));
    }
    if audit_lines::is_of_lines(path) {
        return audit_lines::verify(path, &keys, is_json);
    }
    let proof: EventProof = text_of(path)?
        .parse()
        .map_err(|error| Stop(format!("{} is not a proof: {error}.", path.display()), Exit::Usage))?;
    let signed = proof.checkpoint.checkpoint();
    let event = EventLine::of(Some(proof.index), &proof.body).to_json();
    let verified = proof.verify(&keys);
    let exit = if verified.is_ok() { Exit::Done } else { Exit::Unverified };
    let text = match (verified, is_json) {
        (Ok(vouched), false) => format!(
            "VERIFIED: this is event {} of {}, as it was signed at size {}.\n{}\n{}",
            proof.index,
            plain(&signed.origin),
            signed.size,
            vouching(&vouched),
            plain(event.trim_end()),
        ),
        (Err(why), false) => format!("NOT VERIFIED: {}.", plain(&why.to_string())),
        (verified, true) => {
            let mut answer = json!({
                "verified": verified.is_ok(),
                "origin": signed.origin,
                "size": signed.size,
                "index": proof.index,
                "signed_by": null,
                "cosigned_by": [],
                "event": null,
                "problem": verified.as_ref().err().map(ToString::to_string),
            });
            if let (Ok(vouched), Value::Object(members)) = (&verified, &mut answer)
                && let Value::Object(vouching) = vouching_json(vouched)
            {
                members.extend(vouching);
                // What is not proved is not shown: it would be read as if it were.
                members.insert("event".to_owned(), serde_json::from_str(&event).unwrap_or_default());
            }
            answer.to_string()
        }
    };
    Ok((text, exit))
}
