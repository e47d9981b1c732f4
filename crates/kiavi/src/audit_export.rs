//! `kiavi audit export` and `kiavi audit checkpoint`: a tenant's sealed log out of a running instance.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, BufWriter, IsTerminal, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use kiavi_audit::{
    Checkpoint, CsvTable, Distrust, EventLine, HASH_LENGTH, SignedCheckpoint, SignedPruning, TILE_WIDTH,
    Tile, TilePath, TrustedKeys, VerifierKey,
    bundle::{BundleSink, BundleWriter},
    decode_entries,
};
use kiavi_base::{Clock, SystemClock};
use serde_json::json;

use crate::{
    client::{Client, ClientError},
    log::chain,
    tenant::{Common, answer, tenant_path, text},
};

/// Write a tenant's log into files that can be verified without the instance
///
/// As a bundle it is everything that proves itself: events, tree, checkpoints and keys, for `kiavi audit verify`. As lines of
/// JSON or as a table it is for reading. Personal fields stay sealed in all of them. Of events that are no longer kept
/// (audit.retention_days) a bundle has the hashes. It ends with the newest checkpoint that the witness has cosigned, and
/// says if that is not the end of the log.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("form").required(true).args(["bundle", "ndjson", "csv"])))]
pub(crate) struct ExportArgs {
    /// The tenant's name or id
    tenant: String,
    /// A folder that does not exist yet, for a bundle
    #[arg(long, value_name = "DIR")]
    bundle: Option<PathBuf>,
    /// A file that does not exist yet, for one line of JSON for each event
    #[arg(long, value_name = "FILE")]
    ndjson: Option<PathBuf>,
    /// A file that does not exist yet, for a table
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

/// Print the newest checkpoint of a tenant's log that the witness has cosigned
///
/// A signed note: keep it somewhere else, and `kiavi audit verify BUNDLE --old FILE` shows later that the log still begins
/// with what it was.
#[derive(Debug, Args)]
pub(crate) struct CheckpointArgs {
    /// The tenant's name or id
    tenant: String,
    #[command(flatten)]
    common: Common,
}

/// Prints the newest checkpoint.
pub(crate) fn checkpoint(args: CheckpointArgs) -> ExitCode {
    answer(async {
        let log = Log::open(args.common.client(), &args.tenant).await?;
        let note = log.checkpoint.to_string();
        Ok(if args.common.json {
            json!({ "checkpoint": note }).to_string()
        } else {
            note.trim_end().to_owned()
        })
    })
}

/// Does what the command says and returns what the process should exit with.
pub(crate) fn export(args: ExportArgs) -> ExitCode {
    answer(async {
        // Before the log is read for nothing.
        let target = target(&args)?;
        let partial = partial(target)?;
        let log = Log::open(args.common.client(), &args.tenant).await?;
        let written = match (&args.bundle, &args.csv) {
            (Some(_), _) => log.write_bundle(&partial).await,
            (None, Some(_)) => log.write_csv(&partial).await,
            (None, None) => log.write_lines(&partial).await,
        };
        if let Err(error) =
            written.and_then(|()| fs::rename(&partial, target).map_err(|error| failed(&error)))
        {
            // What was begun is of no use to anybody.
            let _ = if partial.is_dir() { fs::remove_dir_all(&partial) } else { fs::remove_file(&partial) };
            return Err(error);
        }
        Ok(log.written(&target.display().to_string(), &args))
    })
}

/// Where to write: something new, in a folder that is there.
fn target(args: &ExportArgs) -> Result<&Path, ClientError> {
    let target = [&args.bundle, &args.ndjson, &args.csv].into_iter().flatten().next();
    let target = target.ok_or_else(|| ClientError::Input("Say where to write it.".to_owned()))?;
    if target.exists() {
        return Err(ClientError::Input(format!("{} exists already: name another.", target.display())));
    }
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir());
    match folder {
        Some(folder) => {
            Err(ClientError::Input(format!("There is no folder {}: make it first.", folder.display())))
        }
        None => Ok(target),
    }
}

/// How often, and how long in between, a checkpoint is looked at that nobody has cosigned.
const PATIENCE: u32 = 20;
const PAUSE: Duration = Duration::from_millis(250);

/// A tenant's log as it stands now.
struct Log {
    client: Client,
    path: String,
    keys: TrustedKeys,
    /// The newest that is cosigned.
    checkpoint: SignedCheckpoint,
    /// How many events the log has signed that are not under that.
    uncosigned: u64,
    /// What is no longer kept.
    pruning: Option<SignedPruning>,
}

impl Log {
    async fn open(client: Client, tenant: &str) -> Result<Self, ClientError> {
        let path = format!("{}/audit", tenant_path(tenant)?);
        let answered = client.get(&format!("{path}/key")).await?;
        let key = |name| text(&answered, name).parse::<VerifierKey>().map_err(|error| failed(&error));
        let keys = TrustedKeys::from_iter([key("log_key")?, key("witness_key")?]);
        let origin = text(&answered, "origin");
        let (checkpoint, uncosigned) = newest(&client, &path, &keys, origin).await?;
        let pruning = pruning(&client, &path, &keys, origin).await?;
        Ok(Self { client, path, keys, checkpoint, uncosigned, pruning })
    }

    /// The first event that is kept.
    fn first(&self) -> u64 {
        self.pruning.as_ref().map_or(0, |said| said.pruning().first)
    }

    /// Tells what was written.
    fn written(&self, place: &str, args: &ExportArgs) -> String {
        let (signed, first) = (self.checkpoint.checkpoint(), self.first());
        let events = signed.size - first;
        if args.common.json {
            let (origin, uncosigned) = (&signed.origin, self.uncosigned);
            let told = json!({ "origin": origin, "events": events, "pruned": first, "uncosigned": uncosigned, "path": place });
            return told.to_string();
        }
        let mut text = format!("Wrote {events} events to {place}.");
        if let Some(said) = &self.pruning {
            let (last, at) = (first - 1, said.pruning().at);
            text += &format!(" Events 0 to {last} are no longer kept, as the log says since {at}.");
        }
        if self.uncosigned > 0 {
            text += &format!(
                " {} more are in the log that its witness has not cosigned: `kiavi doctor` says what is in the way.",
                self.uncosigned
            );
        }
        if args.bundle.is_some() {
            text += &format!(" Verify them anywhere: kiavi audit verify {place}");
        }
        text
    }

    /// The hashes of events that are no longer kept, in order.
    async fn each_pruned(
        &self,
        mut take: impl FnMut([u8; HASH_LENGTH]) -> Result<(), ClientError>,
    ) -> Result<(), ClientError> {
        for index in 0..self.first() / TILE_WIDTH as u64 {
            let tile = Tile { level: 0, index, width: TILE_WIDTH as u16 };
            let bytes = self.client.get_bytes(&format!("{}/{}", self.path, TilePath::Hashes(tile))).await?;
            for hash in bytes.as_chunks::<HASH_LENGTH>().0 {
                take(*hash)?;
            }
        }
        Ok(())
    }

    /// Hands over the body of every event that is kept, in order.
    async fn each(
        &self,
        mut take: impl FnMut(u64, Vec<u8>) -> Result<(), ClientError>,
    ) -> Result<(), ClientError> {
        let size = self.checkpoint.checkpoint().size;
        let bar = progress(size);
        let width = TILE_WIDTH as u64;
        for index in self.first() / width..size.div_ceil(width) {
            let first = index * width;
            // At most 256.
            let tile = Tile { level: 0, index, width: (size - first).min(width) as u16 };
            let bundle = self.client.get_bytes(&format!("{}/{}", self.path, TilePath::Entries(tile))).await?;
            let entries = decode_entries(&bundle, usize::from(tile.width)).map_err(|error| failed(&error))?;
            for (number, entry) in (first..).zip(entries) {
                take(number, entry.to_vec())?;
            }
            bar.set_position(first + u64::from(tile.width));
        }
        bar.finish_and_clear();
        Ok(())
    }

    /// The checkpoints of before that count by the keys of now. Should the log not be what was signed, they tell from where on.
    async fn earlier(&self) -> Result<Vec<SignedCheckpoint>, ClientError> {
        let mut earlier = kept(&self.client, &self.path).await?;
        let Checkpoint { origin, size, .. } = self.checkpoint.checkpoint();
        earlier.retain(|one| one.checkpoint().size < *size && self.keys.vouch(one, origin).is_ok());
        Ok(earlier)
    }

    /// The bundle is made anew from the events: what does not fit the checkpoint shows here.
    async fn write_bundle(&self, folder: &Path) -> Result<(), ClientError> {
        DirBuilder::new().mode(0o700).create(folder).map_err(|error| failed(&error))?;
        let earlier = self.earlier().await?;
        let mut writer = BundleWriter::new(Folder(folder.to_owned()), earlier);
        self.each_pruned(|hash| writer.pruned_hash(hash).map_err(|error| failed(&error))).await?;
        if let Some(said) = &self.pruning {
            writer.pruned(said.clone()).map_err(|error| failed(&error))?;
        }
        self.each(|_, body| writer.entry(body).map_err(|error| failed(&error))).await?;
        let finished = writer.finish(&self.checkpoint, self.keys.clone(), SystemClock.now());
        finished.map(drop).map_err(|error| failed(&error))
    }

    async fn write_lines(&self, path: &Path) -> Result<(), ClientError> {
        let mut file = BufWriter::new(new_file(path)?);
        self.each(|index, body| {
            let line = EventLine::of(Some(index), &body).to_json();
            file.write_all(line.as_bytes()).map_err(|error| failed(&error))
        })
        .await?;
        file.flush().map_err(|error| failed(&error))
    }

    async fn write_csv(&self, path: &Path) -> Result<(), ClientError> {
        let mut table = CsvTable::new(BufWriter::new(new_file(path)?)).map_err(|error| failed(&error))?;
        self.each(|index, body| {
            table.row(&EventLine::of(Some(index), &body)).map_err(|error| failed(&error))
        })
        .await?;
        let mut file = table.finish().map_err(|error| failed(&error))?;
        file.flush().map_err(|error| failed(&error))
    }
}

/// The newest checkpoint that log and witness vouch for, and how many events the log has signed beyond it.
async fn newest(
    client: &Client,
    path: &str,
    keys: &TrustedKeys,
    origin: &str,
) -> Result<(SignedCheckpoint, u64), ClientError> {
    let mut patience = PATIENCE;
    let size = loop {
        let note = client.get_bytes(&format!("{path}/checkpoint")).await?;
        let note = std::str::from_utf8(&note).map_err(|error| failed(&error))?;
        let checkpoint = SignedCheckpoint::parse(note).map_err(|error| failed(&error))?;
        match keys.vouch(&checkpoint, origin) {
            Ok(_) => return Ok((checkpoint, 0)),
            // One that was signed just now is cosigned in a moment, unless the witness is away or refuses.
            Err(Distrust::Witness) if patience > 0 => {
                patience -= 1;
                tokio::time::sleep(PAUSE).await;
            }
            Err(_) => break checkpoint.checkpoint().size,
        }
    };
    let cosigned = kept(client, path).await?.into_iter().rev().find(|one| keys.vouch(one, origin).is_ok());
    let cosigned = cosigned.ok_or_else(|| {
        ClientError::Failed(
            "Of this log there is no checkpoint that its key has signed and its witness has cosigned: `kiavi doctor` says \
             what is in the way."
                .to_owned(),
        )
    })?;
    let beyond = size.saturating_sub(cosigned.checkpoint().size);
    Ok((cosigned, beyond))
}

/// The checkpoints that the instance keeps of a log, the oldest first. Nothing is verified.
async fn kept(client: &Client, path: &str) -> Result<Vec<SignedCheckpoint>, ClientError> {
    let kept = client.list(&format!("{path}/checkpoints")).await?;
    let parsed = kept.iter().map(|one| SignedCheckpoint::parse(text(one, "note")));
    parsed.collect::<Result<_, _>>().map_err(|error| failed(&error))
}

/// What the log says of events that are no longer kept, once its key says so.
async fn pruning(
    client: &Client,
    path: &str,
    keys: &TrustedKeys,
    origin: &str,
) -> Result<Option<SignedPruning>, ClientError> {
    let note = match client.get_bytes(&format!("{path}/pruned")).await {
        // What is not there at all is told otherwise, where the instance is elsewhere.
        Err(ClientError::Refused(problem)) if problem.code == "nothing_pruned" => return Ok(None),
        answered => answered?,
    };
    let note = std::str::from_utf8(&note).map_err(|error| failed(&error))?;
    let said = SignedPruning::parse(note).map_err(|error| failed(&error))?;
    said.verify(keys, origin).map_err(|error| failed(&error))?;
    Ok(Some(said))
}

/// A bundle's files in a folder.
struct Folder(PathBuf);

impl Folder {
    fn open(&self, path: &str, options: &mut OpenOptions) -> io::Result<File> {
        let path = self.0.join(path);
        if let Some(folder) = path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        options.mode(0o600).open(path)
    }
}

impl BundleSink for Folder {
    fn write(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        self.open(path, OpenOptions::new().write(true).create_new(true))?.write_all(bytes)
    }

    fn append(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        self.open(path, OpenOptions::new().append(true).create(true))?.write_all(bytes)
    }
}

/// Where something is while it is not whole: beside its place, so that it only has to be renamed.
fn partial(target: &Path) -> Result<PathBuf, ClientError> {
    let name = target.file_name().ok_or_else(|| {
        ClientError::Input(format!("{} cannot be the name of something new.", target.display()))
    })?;
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}.partial", std::process::id()));
    Ok(target.with_file_name(hidden))
}

fn new_file(path: &Path) -> Result<File, ClientError> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    made.map_err(|error| ClientError::Failed(format!("{} cannot be made: {error}.", path.display())))
}

fn progress(size: u64) -> ProgressBar {
    let target =
        if io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(Some(size), target);
    let style = ProgressStyle::with_template("{wide_bar} {human_pos}/{human_len} events, {eta} left");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

fn failed(error: &(dyn std::error::Error + 'static)) -> ClientError {
    ClientError::Failed(format!("The log could not be written down: {}.", chain(error)))
}
