//! `kiavi tenant import NAME --users FILE`: people out of a list, as a new tenant.
//!
//! The file is read twice: once to find everything that is wrong with it, and, when nothing is, once more for each table
//! that its rows go into. It travels as any import does (`kiavi_moving::stream`).

mod person;
mod read;
mod rows;
mod survey;
#[cfg(test)]
mod tests;

use std::{
    io::{self, IsTerminal},
    path::Path,
};

use bytes::{Bytes, BytesMut};
use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;
use kiavi_base::{Clock, SystemClock, random_bytes};
use kiavi_crypto::SystemRng;
use kiavi_moving::stream::{Count, Frame, MEDIA_TYPE};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use self::{person::Person, read::Format, rows::Ids, survey::Survey};
use crate::{
    client::{Client, ClientError, idempotency_key},
    tenant::text,
};

/// Frames that wait for the instance.
const FRAMES_WAITING: usize = 16;
/// Bytes of one piece of rows.
const PIECE: usize = 64 * 1024;

/// What is asked for.
pub(crate) struct Wanted<'a> {
    pub(crate) name: &'a str,
    pub(crate) file: &'a Path,
    pub(crate) is_trial: bool,
    pub(crate) is_json: bool,
}

/// Does it; the answer.
pub(crate) async fn run(client: &Client, wanted: &Wanted<'_>) -> Result<String, ClientError> {
    let format = Format::of(wanted.file).ok_or_else(|| {
        ClientError::Input(format!("{} is neither .csv nor .jsonl.", wanted.file.display()))
    })?;
    let now = SystemClock.now();
    let survey = Survey::of(open(wanted, format)?, now).map_err(|error| unreadable(wanted, &error))?;
    if let Some(faults) = survey.faults() {
        let file = wanted.file.display();
        return Err(ClientError::Input(format!(
            "{file} cannot be taken in as it is, and nothing was made.\n{faults}"
        )));
    }
    let head = json!({ "slug": wanted.name, "former": { "providers": survey.providers } });
    // Whatever would refuse the tenant is known before a row is sent.
    let mut tenant = client.post("/v1/imports/check", &head).await?;
    if !wanted.is_trial {
        tenant = send(client, wanted, format, &survey, &head, now).await?;
    }
    Ok(told(wanted, &survey, &tenant))
}

fn open(wanted: &Wanted<'_>, format: Format) -> Result<read::Lines, ClientError> {
    let opened = read::open(wanted.file, format).map_err(|error| unreadable(wanted, &error))?;
    opened.map_err(|fault| ClientError::Input(format!("{}: {fault}.", wanted.file.display())))
}

fn unreadable(wanted: &Wanted<'_>, error: &io::Error) -> ClientError {
    ClientError::Input(format!("{} cannot be read: {error}.", wanted.file.display()))
}

async fn send(
    client: &Client,
    wanted: &Wanted<'_>,
    format: Format,
    survey: &Survey,
    head: &Value,
    now: Timestamp,
) -> Result<Value, ClientError> {
    let (frames, waiting) = mpsc::channel(FRAMES_WAITING);
    let (ids, bar) = (Ids::new(random_bytes(&SystemRng)), bar(survey));
    let reading = async {
        // Ends the body when it is done, or has failed: then without its end, which the instance takes for nothing.
        let frames = frames;
        put(&frames, Frame::Head(head.to_string().into())).await?;
        let users = |line, person: &Person| ids.user(line, person, now);
        table(&frames, "user", survey.people, open(wanted, format)?, now, users, &bar).await?;
        let accounts = |line, person: &Person| ids.accounts(line, person, now);
        table(&frames, "account", survey.accounts, open(wanted, format)?, now, accounts, &bar).await?;
        put(&frames, Frame::End).await
    };
    let key = idempotency_key();
    let sending = client.post_stream("/v1/imports", (MEDIA_TYPE, &key), waiting);
    let (read, answered) = tokio::join!(reading, sending);
    bar.finish_and_clear();
    match read {
        Err(Stopped::File(error)) => Err(error),
        // Whoever stopped taking has said why.
        Ok(()) | Err(Stopped::Unwanted) => answered,
    }
}

/// Why reading ended before its time.
enum Stopped {
    File(ClientError),
    Unwanted,
}

impl From<ClientError> for Stopped {
    fn from(error: ClientError) -> Self {
        Self::File(error)
    }
}

async fn put(frames: &mpsc::Sender<Bytes>, frame: Frame) -> Result<(), Stopped> {
    frames.send(frame.encode()).await.map_err(|_| Stopped::Unwanted)
}

/// One table's rows. Their number is the survey's: a file that has changed since is refused by who counts them.
async fn table(
    frames: &mpsc::Sender<Bytes>,
    name: &str,
    rows: u64,
    lines: read::Lines,
    now: Timestamp,
    row: impl Fn(u64, &Person) -> String,
    bar: &ProgressBar,
) -> Result<(), Stopped> {
    let changed = || ClientError::Failed("The file has changed while it was read.".to_owned());
    put(frames, Frame::Table(name.to_owned())).await?;
    let mut piece = BytesMut::with_capacity(PIECE);
    for line in lines {
        let (number, written) = line.map_err(|_| changed())?;
        let person = written.ok().and_then(|written| written.check(now).ok()).ok_or_else(changed)?;
        piece.extend_from_slice(row(number, &person).as_bytes());
        bar.inc(1);
        if piece.len() >= PIECE {
            put(frames, Frame::Rows(piece.split().freeze())).await?;
        }
    }
    if !piece.is_empty() {
        put(frames, Frame::Rows(piece.freeze())).await?;
    }
    put(frames, Frame::EndOfTable(Count { rows })).await
}

/// Each line is read for each of two tables.
fn bar(survey: &Survey) -> ProgressBar {
    let is_terminal = io::stderr().is_terminal();
    let target = if is_terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(Some(2 * survey.people), target);
    if let Ok(style) = ProgressStyle::with_template("{spinner} Bringing people {wide_bar} {percent} %") {
        bar.set_style(style);
    }
    bar
}

fn told(wanted: &Wanted<'_>, survey: &Survey, tenant: &Value) -> String {
    let mut warnings: Vec<String> = Vec::new();
    let of_tenant = tenant["warnings"].as_array().into_iter().flatten().filter_map(Value::as_str);
    warnings.extend(of_tenant.map(str::to_owned));
    if survey.with_metadata > 0 {
        let people = HumanCount(survey.with_metadata);
        warnings.push(format!(
            "The metadata of {people} people stays behind: Better Auth's users have no place for it."
        ));
    }
    if survey.unverified > 0 {
        let people = HumanCount(survey.unverified);
        warnings.push(format!(
            "{people} people have not proved their address: they do with the code that they sign in with."
        ));
    }
    let imported = json!({ "user": survey.people, "account": survey.accounts });
    if wanted.is_json {
        return json!({
            "slug": tenant["slug"], "url": tenant["url"], "id": tenant["id"], "imported": imported,
            "warnings": warnings, "dry_run": wanted.is_trial,
        })
        .to_string();
    }
    let (name, url) = (text(tenant, "slug"), text(tenant, "url"));
    let mut lines = vec![match (wanted.is_trial, tenant["running"] == true) {
        (true, _) => format!("{name} can be made and would be at {url}. Nothing was made."),
        (false, true) => format!("{name} runs at {url}"),
        (false, false) => {
            format!("{name} has its people and does not run yet; kiavi tenant show {name} tells why.")
        }
    }];
    lines.push(format!("  {:>12} people", HumanCount(survey.people).to_string()));
    lines.push(format!("  {:>12} linked accounts", HumanCount(survey.accounts).to_string()));
    lines.extend(warnings.iter().map(|warning| format!("- {warning}")));
    lines.join("\n")
}
