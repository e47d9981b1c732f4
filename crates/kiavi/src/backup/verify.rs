//! `kiavi backup verify ARCHIVE`.

use clap::Args;
use indicatif::{HumanBytes, HumanCount};
use serde_json::json;

use super::{
    Credentials,
    open::{Archive, Keys, Opener},
    place::Place,
    progress::Progress,
};
use crate::{client::ClientError, tenant::Common};

/// Read an archive to its end, and make sure that it is whole.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The archive: a file, or s3://BUCKET/PREFIX/NAME
    archive: String,
    #[command(flatten)]
    keys: Keys,
    #[command(flatten)]
    credentials: Credentials,
    #[command(flatten)]
    common: Common,
}

pub(super) async fn run(args: VerifyArgs) -> Result<String, ClientError> {
    let client = args.common.client();
    let (place, name) = Place::of_file(&args.archive, &args.credentials)?;
    let opener = Opener::new(&client, &args.keys)?;
    let progress = Progress::new("Reading the archive");
    let archive = Archive::verify(&place, &name, &opener, &progress).await?;
    progress.clear();
    let (manifest, summary) = (&archive.data.manifest, &archive.data.summary);
    let bytes = archive.data.bytes + archive.person_keys.as_ref().map_or(0, |part| part.bytes);
    if args.common.json {
        return Ok(json!({
            "tenant": manifest.tenant, "taken_at": manifest.taken_at, "archive": manifest.archive,
            "schema_version": manifest.schema_version, "program": manifest.program, "tables": summary.tables,
            "audit_head": summary.audit_head, "has_person_keys": archive.person_keys.is_some(), "bytes": bytes,
        })
        .to_string());
    }
    let keys = if archive.person_keys.is_some() { "with" } else { "without" };
    let mut lines = vec![format!(
        "It is whole: {} ({}) as of {}, {} rows in {}, {keys} keys of persons.",
        manifest.tenant.slug,
        manifest.tenant.id,
        manifest.taken_at,
        HumanCount(summary.rows()),
        HumanBytes(bytes),
    )];
    for (table, content) in &summary.tables {
        lines.push(format!("  {:>12} {table}", HumanCount(content.rows).to_string()));
    }
    Ok(lines.join("\n"))
}
