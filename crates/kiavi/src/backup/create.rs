//! `kiavi backup create [TENANT|--all] --to PLACE`.

use std::path::Path;

use clap::Args;
use jiff::Timestamp;
use kiavi_moving::{archive::Part, stream::Frame};
use serde_json::{Value, json};

use super::{
    Credentials, INSTANCE,
    name::{Name, keys_beside},
    place::{Place, Writing},
    progress::{Progress, Step},
};
use crate::{
    client::{Client, ClientError, FrameStream},
    tenant::{Common, find, tenant_path, text},
};

/// The console's own tenant, which no list has.
const CONSOLE: &str = "console";

/// Make an archive of a tenant, or of each.
#[derive(Debug, Args)]
pub(crate) struct CreateArgs {
    /// The tenant's name or id
    #[arg(required_unless_present_any = ["all", "instance"], conflicts_with_all = ["all", "instance"])]
    tenant: Option<String>,
    /// Every tenant, the console's own too
    #[arg(long)]
    all: bool,
    /// The instance itself: workspaces, members, keys' hashes, which tenants there are; for recipients only
    #[arg(long, requires = "recipient")]
    instance: bool,
    /// Where it goes: a folder, or s3://BUCKET/PREFIX
    #[arg(long, value_name = "PLACE")]
    to: String,
    /// Who can open it too, as age knows them (age1…); may be given several times
    #[arg(long, value_name = "RECIPIENT")]
    recipient: Vec<String>,
    #[command(flatten)]
    credentials: Credentials,
    #[command(flatten)]
    common: Common,
}

/// What is to be made.
pub(crate) struct Wanted<'a> {
    pub(crate) tenant: &'a Value,
    pub(crate) recipients: &'a [String],
}

/// An archive that was made.
#[derive(Debug, Clone)]
pub(super) struct Made {
    pub(super) name: String,
    pub(super) bytes: u64,
    pub(super) rows: u64,
}

pub(super) async fn run(args: CreateArgs) -> Result<String, ClientError> {
    let client = args.common.client();
    client.folder()?;
    let place = Place::open(&args.to, &args.credentials)?;
    let tenants = match &args.tenant {
        Some(tenant) => vec![find(&client, tenant).await?],
        None if args.all => all(&client).await?,
        None => Vec::new(),
    };
    let of_instance = args.instance.then(instance);
    let tenants: Vec<_> = tenants.into_iter().chain(of_instance).collect();
    let progress = Progress::new("Backing up");
    let (mut lines, mut made, mut failure) = (Vec::new(), Vec::new(), None);
    for tenant in &tenants {
        let wanted = Wanted { tenant, recipients: &args.recipient };
        let slug = text(tenant, "slug");
        match create_and_note(&client, &place, &args.to, &wanted, &progress).await {
            Ok(archive) => {
                lines.push(format!("{slug} is in {}/{}", args.to, archive.name));
                made.push(json!({
                    "tenant": slug, "id": text(tenant, "id"), "name": archive.name, "rows": archive.rows,
                    "bytes": archive.bytes,
                }));
            }
            Err(error) => {
                lines.push(format!("{slug} was not backed up: {error}"));
                // With one tenant there is nothing else to say.
                failure = Some(if args.all { ClientError::Failed(lines.join("\n")) } else { error });
            }
        }
    }
    progress.clear();
    match failure {
        Some(error) => Err(error),
        None if args.common.json => Ok(json!({ "place": args.to, "archives": made }).to_string()),
        None => Ok(lines.join("\n")),
    }
}

/// The instance itself, where a tenant is meant otherwise.
pub(super) fn instance() -> Value {
    json!({ "id": INSTANCE, "slug": "instance" })
}

/// Every tenant that has data to lose.
pub(super) async fn all(client: &Client) -> Result<Vec<Value>, ClientError> {
    let mut tenants = client.list("/v1/tenants").await?;
    match find(client, CONSOLE).await {
        Ok(console) => tenants.push(console),
        Err(ClientError::Refused(_)) => {}
        Err(error) => return Err(error),
    }
    // All but those that have no tables yet, or no more. One that failed has the more to lose.
    let without = ["requested", "secret", "role", "database", "deleting"];
    tenants.retain(|tenant| !without.contains(&text(tenant, "state")));
    Ok(tenants)
}

/// Makes an archive and has the instance remember what became of it.
pub(super) async fn create_and_note(
    client: &Client,
    place: &Place,
    shown: &str,
    wanted: &Wanted<'_>,
    progress: &Progress,
) -> Result<Made, ClientError> {
    progress.doing(Step::Storing, &format!("Backing {} up", text(wanted.tenant, "slug")));
    let began = std::time::Instant::now();
    let named = |head: &Value| {
        let at = text(head, "taken_at").parse::<Timestamp>().ok()?;
        Name::new(text(head, "tenant"), at, text(head, "archive")).map(|name| name.data())
    };
    let made = create(client, place, wanted, named, progress).await;
    let (name, detail) = match &made {
        Ok(Made { name, bytes, rows }) => {
            let seconds = began.elapsed().as_secs();
            (Some(name.as_str()), json!({ "rows": rows, "bytes": bytes, "seconds": seconds }))
        }
        Err(error) => (None, json!({ "reason": error.to_string() })),
    };
    let outcome = Outcome { kind: "backup", tenant: wanted.tenant, place: shown, name, detail };
    outcome.note(client, made.is_ok()).await?;
    made
}

/// What became of a backup or a drill.
pub(super) struct Outcome<'a> {
    pub(super) kind: &'static str,
    pub(super) tenant: &'a Value,
    pub(super) place: &'a str,
    pub(super) name: Option<&'a str>,
    pub(super) detail: Value,
}

impl Outcome<'_> {
    /// Has the instance remember it.
    pub(super) async fn note(&self, client: &Client, succeeded: bool) -> Result<(), ClientError> {
        let run = json!({
            "kind": self.kind, "tenant_id": text(self.tenant, "id"), "slug": text(self.tenant, "slug"),
            "place": self.place, "name": self.name, "succeeded": succeeded, "detail": self.detail,
        });
        client.post("/v1/backups", &run).await.map(drop)
    }
}

/// An archive as a file of this name, and beside it the keys of persons if there are any.
pub(crate) async fn archive_to_file(
    client: &Client,
    file: &Path,
    wanted: &Wanted<'_>,
) -> Result<(u64, u64), ClientError> {
    let credentials = Credentials { credentials: None };
    let (place, name) = Place::of_file(&file.to_string_lossy(), &credentials)?;
    let progress = Progress::new("Writing the archive");
    let made = create(client, &place, wanted, |_| Some(name), &progress).await?;
    progress.clear();
    Ok((made.rows, made.bytes))
}

/// Stores what the instance sends. Either both files are there afterwards, or neither.
async fn create(
    client: &Client,
    place: &Place,
    wanted: &Wanted<'_>,
    named: impl FnOnce(&Value) -> Option<String>,
    progress: &Progress,
) -> Result<Made, ClientError> {
    let path = match text(wanted.tenant, "id") {
        INSTANCE => "/v1/instance/backup".to_owned(),
        id => format!("{}/backup", tenant_path(id)?),
    };
    let mut frames = client.post_for_frames(&path, &json!({ "recipients": wanted.recipients })).await?;
    let mut files = Vec::new();
    match store(&mut frames, place, named, &mut files, progress).await {
        Ok(made) => {
            let mut done: Vec<String> = Vec::new();
            for (name, file) in files {
                if let Err(error) = file.finish().await {
                    for name in done {
                        place.remove(&name).await?;
                    }
                    return Err(error);
                }
                done.push(name);
            }
            Ok(made)
        }
        Err(error) => {
            for (_, file) in files {
                file.abandon().await;
            }
            Err(error)
        }
    }
}

/// Everything up to the end of the stream, into files that nobody sees yet.
async fn store(
    frames: &mut FrameStream,
    place: &Place,
    named: impl FnOnce(&Value) -> Option<String>,
    files: &mut Vec<(String, Writing)>,
    progress: &Progress,
) -> Result<Made, ClientError> {
    let strange = || ClientError::Connection("the stream of an archive is not one".to_owned());
    let Some(Frame::Head(head)) = frames.next().await? else { return Err(strange()) };
    let head: Value = serde_json::from_slice(&head).map_err(|_| strange())?;
    let name = named(&head).ok_or_else(strange)?;
    let (mut made, mut written) = (Made { name: name.clone(), bytes: 0, rows: 0 }, 0);
    loop {
        match frames.next().await? {
            Some(Frame::Table(part)) => {
                let name = if part == Part::PersonKeys.as_str() { keys_beside(&name) } else { name.clone() };
                files.push((name.clone(), place.create(&name).await?));
                written = 0;
            }
            Some(Frame::Rows(piece)) => {
                let (_, file) = files.last_mut().ok_or_else(strange)?;
                progress.advance(piece.len());
                written += piece.len() as u64;
                file.write(piece).await?;
            }
            Some(Frame::EndOfTable(count)) if count.rows == written => made.bytes += written,
            Some(Frame::Summary(summary)) => {
                let summary: Value = serde_json::from_slice(&summary).map_err(|_| strange())?;
                if let Some(reason) = summary["error"].as_str() {
                    return Err(ClientError::Failed(format!("The instance could not finish it: {reason}.")));
                }
                let parts = summary.as_object().into_iter().flat_map(|parts| parts.values());
                let tables =
                    parts.filter_map(|part| part["tables"].as_object()).flat_map(|tables| tables.values());
                made.rows = tables.filter_map(|table| table["rows"].as_u64()).sum();
            }
            Some(Frame::End) if !files.is_empty() => return Ok(made),
            _ => return Err(strange()),
        }
    }
}
