//! `kiavi prove TENANT` and `kiavi prove --verify FILE`.

use std::{
    fmt::Write as _,
    io::{self, IsTerminal},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use kiavi_control::isolation::{Check, SignedReport, Verdict};
use serde_json::{Value, json};

use crate::{
    audit::{Stop, Told, plain, text_of},
    client::ClientError,
    log::chain,
    tenant::{Common, Exit, block_on, complain, exit_of, say, tenant_path},
    tenant_progress::Progress,
};

/// Try out whether a tenant is isolated, and get a signed report
///
/// Everything that should keep the tenant apart is tried and looked at: processes that are locked down as its engine is try what must
/// not work, its database role does, and its rights, keys, account and names are compared with what they should be. Nothing of
/// the tenant is changed. The report is kept, and its digest is in the tenant's audit log. Exit codes: 0 all of it holds, 6 something
/// does not, or could not be found out.
#[derive(Debug, Args)]
pub(crate) struct ProveArgs {
    /// The tenant's name or id
    #[arg(required_unless_present = "verify")]
    tenant: Option<String>,
    /// Show everything that was tried, also what holds
    #[arg(long)]
    evidence: bool,
    /// Show a report that was made before, by its id, or `last`
    #[arg(long, value_name = "ID", conflicts_with = "verify")]
    show: Option<String>,
    /// Write the signed report (JSON) to this file
    #[arg(long, value_name = "FILE", conflicts_with = "verify")]
    output: Option<PathBuf>,
    /// Verify a signed report, offline
    #[arg(long, value_name = "FILE", conflicts_with = "tenant")]
    verify: Option<PathBuf>,
    /// The key that you know as the instance's. Without, the key that the report names is used, and it is for you to compare
    #[arg(long, value_name = "KEY", requires = "verify")]
    key: Option<String>,
    #[command(flatten)]
    common: Common,
}

/// Does what the command says.
pub(crate) fn run(args: ProveArgs) -> ExitCode {
    let told = match &args.verify {
        Some(file) => verify(file, &args),
        None => prove(&args),
    };
    match told {
        Ok((text, Exit::Done)) => say(&text),
        Ok((text, exit)) => {
            say(&text);
            exit.into()
        }
        Err(Stop(message, exit)) => complain(&message, exit),
    }
}

fn prove(args: &ProveArgs) -> Told {
    let signed = block_on(asked(args)).map_err(|error| Stop(error.to_string(), exit_of(&error)))?;
    if let Some(file) = &args.output {
        let text = serde_json::to_string_pretty(&signed).map_err(|error| failed(file, &error.to_string()))?;
        std::fs::write(file, text + "\n").map_err(|error| failed(file, &error.to_string()))?;
    }
    // What came over a network may be anybody's.
    let is_verified = signed.verify(None);
    is_verified.map_err(|error| Stop(format!("The answer is no report: {error}."), Exit::Unverified))?;
    let exit = if signed.report.outcome == Verdict::Held { Exit::Done } else { Exit::Unverified };
    let text = match args.common.json {
        true => serde_json::to_string(&signed).unwrap_or_default(),
        false => readable(&signed, args.evidence, io::stdout().is_terminal()),
    };
    Ok((text, exit))
}

async fn asked(args: &ProveArgs) -> Result<SignedReport, ClientError> {
    let tenant = args.tenant.as_deref().unwrap_or_default();
    let client = args.common.client();
    let proofs = format!("{}/isolation/proofs", tenant_path(tenant)?);
    let answer = match args.show.as_deref() {
        Some("last") => {
            let all = client.get(&proofs).await?;
            let Some(id) = all["proofs"][0]["id"].as_str() else {
                return Err(ClientError::Input(format!("{tenant} has no proof yet: kiavi prove {tenant}")));
            };
            client.get(&format!("{proofs}/{id}")).await?
        }
        Some(id) if id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') => {
            client.get(&format!("{proofs}/{id}")).await?
        }
        Some(id) => return Err(ClientError::Input(format!("{id:?} is no id of a proof."))),
        None => {
            let is_shown = !args.common.json && io::stderr().is_terminal();
            let progress = Progress::new(&format!("Trying the isolation of {tenant}"), is_shown);
            let answer = client.post(&proofs, &json!({})).await;
            progress.finish(answer.is_ok());
            answer?
        }
    };
    read(answer).map_err(ClientError::Connection)
}

fn read(value: Value) -> Result<SignedReport, String> {
    serde_json::from_value(value).map_err(|error| chain(&error))
}

fn failed(file: &Path, why: &str) -> Stop {
    Stop(format!("{} cannot be written: {why}.", file.display()), Exit::Failed)
}

fn verify(file: &Path, args: &ProveArgs) -> Told {
    let text = text_of(file)?;
    let signed: SignedReport = serde_json::from_str(&text)
        .map_err(|error| Stop(format!("{} is no signed report: {error}.", file.display()), Exit::Usage))?;
    let outcome = signed.verify(args.key.as_deref());
    let exit = if outcome.is_ok() { Exit::Done } else { Exit::Unverified };
    let text = match (args.common.json, &outcome) {
        (true, _) => json!({ "verified": outcome.is_ok(), "key": signed.key, "digest": signed.digest,
            "outcome": signed.report.outcome, "reason": outcome.err().map(|error| error.to_string()) })
        .to_string(),
        (false, Ok(())) => {
            let compare = match args.key {
                Some(_) => String::new(),
                None => "\nCompare the key with the one that the instance's operator gave you.".to_owned(),
            };
            format!("{}{compare}", readable(&signed, args.evidence, io::stdout().is_terminal()))
        }
        (false, Err(error)) => format!("NOT VERIFIED: {error}."),
    };
    Ok((text, exit))
}

/// The report as people read it.
fn readable(signed: &SignedReport, has_evidence: bool, has_colours: bool) -> String {
    let report = &signed.report;
    let mut text = format!("Isolation of {} ({}) at {}\n", report.slug, report.tenant, report.at);
    for check in &report.checks {
        let _ = writeln!(text, "{}", line(check, has_colours));
        let is_told = has_evidence || matches!(check.outcome, Verdict::Broken | Verdict::Unknown);
        for evidence in check.evidence.iter().filter(|_| is_told) {
            let _ = writeln!(text, "      {evidence}");
        }
    }
    let count = |wanted| report.checks.iter().filter(|check| check.outcome == wanted).count();
    let summary = match report.outcome {
        Verdict::Held | Verdict::NotApplicable => {
            format!("All of it holds: {} checks.", count(Verdict::Held))
        }
        _ => format!(
            "NOT PROVED: {} broken, {} unknown, {} hold.",
            count(Verdict::Broken),
            count(Verdict::Unknown),
            count(Verdict::Held)
        ),
    };
    let _ = write!(
        text,
        "{summary}\n  report     {}\n  digest     {}\n  signed by  {}",
        report.id, signed.digest, signed.key
    );
    plain_but_colours(&text)
}

/// Texts of a report may be anybody's, the colours are ours.
fn plain_but_colours(text: &str) -> String {
    let mut parts = text.split('\u{1b}').map(plain);
    let first = parts.next().unwrap_or_default();
    parts.fold(first, |all, part| {
        match ["[31m", "[32m", "[33m", "[0m"].iter().any(|known| part.starts_with(known)) {
            true => format!("{all}\u{1b}{part}"),
            false => format!("{all}\u{fffd}{part}"),
        }
    })
}

fn line(check: &Check, has_colours: bool) -> String {
    let (sign, colour) = match check.outcome {
        Verdict::Held => ("✓", "32"),
        Verdict::Broken => ("✗", "31"),
        Verdict::NotApplicable => ("–", "0"),
        Verdict::Unknown => ("?", "33"),
    };
    let sign = if has_colours { format!("\u{1b}[{colour}m{sign}\u{1b}[0m") } else { sign.to_owned() };
    format!("  {sign} {:<22} {}", check.id, check.title)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_broken_is_told_with_its_evidence_and_what_holds_when_asked() {
        let check = |id: &str, outcome| Check {
            id: id.into(),
            title: "A title".into(),
            outcome,
            evidence: vec![format!("evidence of {id}\u{1b}[2J")],
        };
        let report = json!({
            "report": { "format": "f", "id": "1", "tenant": "t1", "slug": "shop", "instance": "i", "version": "0", "at": "now",
                        "asked_by": "control", "outcome": "broken",
                        "checks": [check("layer.landlock", Verdict::Broken), check("tried.files", Verdict::Held)] },
            "digest": "d", "key": "k", "signature": "s",
        });
        let signed = read(report).unwrap();
        let told = readable(&signed, false, false);
        assert!(
            told.contains("✗ layer.landlock") && told.contains("evidence of layer.landlock\u{fffd}[2J"),
            "{told}"
        );
        assert!(told.contains("✓ tried.files") && !told.contains("evidence of tried.files"), "{told}");
        assert!(told.contains("NOT PROVED: 1 broken, 0 unknown, 1 hold."), "{told}");
        assert!(readable(&signed, true, true).contains("evidence of tried.files"));
        assert!(readable(&signed, true, true).contains("\u{1b}[31m✗"));
    }
}
