//! `kiavi tenant import NAME --better-auth URL`: a Better Auth server's database as a new tenant.
//!
//! This program reads the other database, because it runs as whoever can reach it; the instance, which can reach nothing,
//! writes what it is sent. The rows pass through and are never held.

use std::{
    collections::BTreeMap,
    io::{self, IsTerminal},
    path::PathBuf,
    process::ExitCode,
};

use bytes::Bytes;
use clap::Args;
use futures_util::StreamExt;
use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};
use kiavi_crypto::TenantSecret;
use kiavi_db::ForeignUrl;
use kiavi_moving::{
    Selection, Source, SourceError, Survey, SurveyQuestions, TABLES,
    stream::{Count, Frame, MEDIA_TYPE},
};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::{
    backup::{Keys, RestoreArgs, restore_archive},
    client::{Client, ClientError, idempotency_key},
    log::chain,
    settings_input::read_text,
    tenant::{Common, answer, text},
    tenant_import_users::{self, Wanted as Users},
    tenant_life::{ATTEMPTS, PAUSE},
};

/// Frames that wait for the instance.
const FRAMES_WAITING: usize = 16;
/// Where the password of an URL without one is taken from, as by PostgreSQL's own programs.
const PASSWORD_VARIABLE: &str = "PGPASSWORD";

const AFTER_HELP: &str = "\
Reads the database of a Better Auth server (1.4 to 1.7) in one read-only snapshot and makes a tenant of it: users,
sessions, linked accounts, passkeys, API keys and the keys of tokens, with their ids. The source is never changed and
can stay in service; what changes there afterwards does not come along. Everything is checked first, and the tenant
comes with all of its data or not at all, so the command can be repeated.

Who stays signed in: with the secret (--secret-file), sessions, API keys, encrypted provider tokens and the keys of
tokens go on working. Browsers send their cookies only to the host that set them, and passkeys work only there, so give
the tenant the same host, and tell the old address with --base-url so that issuer, relying party and origins are kept.

What stays behind is listed in the answer: codes and links that were sent (they live minutes), rows whose users do not
exist, tables and columns of other plugins. Password hashes come along untouched and are not used.

The URL is postgres://USER@HOST/DATABASE. The password may be in PGPASSWORD, where no list of processes shows it. The
connection to another machine is encrypted and its certificate verified: name an authority of your own with
?sslrootcert=FILE, or say ?sslmode=disable. A unix socket is ?host=/run/postgresql; a schema other than the default
?schema=NAME.

Exit codes: 0 done; 1 failed; 2 refused, with every reason and what to do about it; 4 the name is taken; 5 no instance
runs.

Examples:
  kiavi tenant import shop --better-auth postgres://app@db.example.com/shop --secret-file .env \\
      --base-url https://shop.example.com --dry-run
  printenv BETTER_AUTH_SECRET | kiavi tenant import shop --better-auth \"$DATABASE_URL\" --secret-file -

docs/moving.md tells the whole move, and the way back.";

/// Make a tenant of a Better Auth server's database, of a list of people, or of an archive
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_HELP, after_help = "--help tells what moves, what stays and what to prepare.")]
pub(crate) struct ImportArgs {
    /// Its name: lower-case letters, digits and hyphens
    name: String,
    #[command(flatten)]
    from: Origin,
    /// The server's secret: the secret alone, versions as 2:new,1:old, or a file of environment variables with
    /// BETTER_AUTH_SECRET or BETTER_AUTH_SECRETS; - reads standard input. Without it everybody is signed out
    #[arg(long, value_name = "FILE|-", requires = "better_auth")]
    secret_file: Option<PathBuf>,
    /// Where the server was, such as https://shop.example.com
    #[arg(long, value_name = "URL", requires = "better_auth")]
    base_url: Option<String>,
    /// The prefix of its cookies, if it is not better-auth
    #[arg(long, value_name = "PREFIX", requires = "better_auth")]
    cookie_prefix: Option<String>,
    /// The workspace that it is in, by name or id [default: default]
    #[arg(long)]
    workspace: Option<String>,
    /// Read and check everything, and make nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    keys: Keys,
    #[command(flatten)]
    common: Common,
}

/// Where the data is. One of these.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Origin {
    /// The PostgreSQL database of the Better Auth server
    #[arg(long, value_name = "URL")]
    better_auth: Option<String>,
    /// A list of people: .csv with the columns email, name, email_verified, image, created_at, id, accounts, or .jsonl with
    /// such members
    #[arg(long, value_name = "FILE")]
    users: Option<PathBuf>,
    /// An archive, as `kiavi tenant export --archive` writes it; the tenant is what it was, its sessions too, but for what
    /// ended since where this instance knows
    #[arg(long, value_name = "FILE")]
    archive: Option<PathBuf>,
}

/// Does what the command says and returns what the process should exit with.
pub(crate) fn run(args: ImportArgs) -> ExitCode {
    if let Some(file) = &args.from.users {
        let (name, is_trial, is_json) = (&args.name, args.dry_run, args.common.json);
        let wanted = Users { name, file, is_trial, is_json };
        return answer(tenant_import_users::run(&args.common.client(), &wanted));
    }
    if let Some(archive) = args.from.archive {
        let archive = archive.to_string_lossy().into_owned();
        let restore = RestoreArgs::whole(archive, args.name, args.dry_run, args.keys, args.common);
        return answer(restore_archive(restore));
    }
    answer(async {
        let client = args.common.client();
        client.folder()?;
        let url = source_url(args.from.better_auth.as_deref().unwrap_or_default())?;
        let secret = args.secret_file.as_ref().map(|file| secret(file)).transpose()?;
        let bar = Bar::new(io::stderr().is_terminal());
        let source = Source::open(&url).await.map_err(told)?;
        let questions =
            SurveyQuestions { secret: secret.as_ref(), is_usable_passkey: &kiavi_webauthn::is_usable_key };
        let survey = source.survey(questions).await.map_err(told)?;
        let mut report = Report::new(&args, &url, secret.as_ref(), survey);
        let head = report.head(&args);
        // Whatever would refuse the tenant is known before a row is read.
        report.take(client.post("/v1/imports/check", &head).await?);
        if !args.dry_run {
            report.take(bring_once(&client, &source, &report.survey, head, secret.as_ref(), &bar).await?);
        }
        bar.clear();
        Ok(report.write(&args))
    })
}

fn source_url(text: &str) -> Result<ForeignUrl, ClientError> {
    let url = text.parse::<ForeignUrl>();
    let mut url = url.map_err(|error| ClientError::Input(format!("--better-auth: {}.", chain(&error))))?;
    if let Some(password) = std::env::var_os(PASSWORD_VARIABLE) {
        url.default_password(&password.to_string_lossy());
    }
    Ok(url)
}

fn secret(file: &std::path::Path) -> Result<TenantSecret, ClientError> {
    let text = read_text(file)?;
    TenantSecret::from_text(&text).map_err(|error| {
        ClientError::Input(format!("The secret in {} cannot be used: {error}.", file.display()))
    })
}

fn told(error: SourceError) -> ClientError {
    match error {
        SourceError::Refused(problems) => ClientError::Input(format!(
            "The source cannot be moved as it is, and nothing was made.\n- {}",
            problems.join("\n- ")
        )),
        SourceError::Database(error) => {
            ClientError::Failed(format!("The source cannot be read: {}.", chain(&error)))
        }
    }
}

/// Sends the rows, again where the connection to the instance is lost: with one key all attempts are one import, and the
/// snapshot that they are read from is one, too.
async fn bring_once(
    client: &Client,
    source: &Source,
    survey: &Survey,
    mut head: Value,
    secret: Option<&TenantSecret>,
    bar: &Bar,
) -> Result<Value, ClientError> {
    head["secret"] = secret.map(|secret| secret.to_text().to_string()).into();
    let key = idempotency_key();
    let mut attempts = 1;
    loop {
        let brought = bring((client, key.as_str()), source, survey, &head, bar).await;
        // What an attempt before made is still being taken back.
        let is_on_its_way = |error: &ClientError| {
            attempts > 1 && matches!(error, ClientError::Refused(problem) if problem.code == "tenant_exists")
        };
        match brought {
            Err(error) if attempts < ATTEMPTS && (error.is_passing() || is_on_its_way(&error)) => {
                attempts += 1;
                tokio::time::sleep(PAUSE).await;
            }
            brought => return brought,
        }
    }
}

/// Sends the rows; what the instance answers once it has them all.
async fn bring(
    (client, key): (&Client, &str),
    source: &Source,
    survey: &Survey,
    head: &Value,
    bar: &Bar,
) -> Result<Value, ClientError> {
    let (frames, waiting) = mpsc::channel(FRAMES_WAITING);
    let reading = async {
        // Ends the body when it is done, or has failed: then without its end, which the instance takes for nothing.
        let frames = frames;
        send(&frames, Frame::Head(head.to_string().into())).await?;
        for selection in &source.plan().selections {
            read(source, selection, survey, &frames, bar).await?;
        }
        send(&frames, Frame::End).await
    };
    let (read, answered) =
        tokio::join!(reading, client.post_stream("/v1/imports", (MEDIA_TYPE, key), waiting));
    match read {
        Err(Stopped::Source(error)) => Err(told(error.into())),
        // Whoever stopped taking has said why.
        Ok(()) | Err(Stopped::Unwanted) => answered,
    }
}

/// Why reading ended before its time.
enum Stopped {
    Source(kiavi_db::DbError),
    Unwanted,
}

async fn send(frames: &mpsc::Sender<Bytes>, frame: Frame) -> Result<(), Stopped> {
    frames.send(frame.encode()).await.map_err(|_| Stopped::Unwanted)
}

async fn read(
    source: &Source,
    selection: &Selection,
    survey: &Survey,
    frames: &mpsc::Sender<Bytes>,
    bar: &Bar,
) -> Result<(), Stopped> {
    let count = survey.rows.get(selection.table).copied().unwrap_or_default();
    bar.begin(selection.table, count);
    send(frames, Frame::Table(selection.table.to_owned())).await?;
    let mut rows = std::pin::pin!(source.rows(selection, survey).await.map_err(Stopped::Source)?);
    while let Some(piece) = rows.next().await {
        let piece = piece.map_err(Stopped::Source)?;
        bar.advance(&piece);
        send(frames, Frame::Rows(piece)).await?;
    }
    send(frames, Frame::EndOfTable(Count { rows: count })).await
}

/// How far it is, on a terminal.
struct Bar(ProgressBar);

impl Bar {
    fn new(is_terminal: bool) -> Self {
        let target = if is_terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        bar.set_message("Looking at the source");
        bar.enable_steady_tick(std::time::Duration::from_millis(80));
        Self(bar)
    }

    fn begin(&self, table: &str, rows: u64) {
        if let Ok(style) =
            ProgressStyle::with_template("{spinner} {msg} {wide_bar} {human_pos} of {human_len}")
        {
            self.0.set_style(style);
        }
        self.0.set_length(rows);
        self.0.set_position(0);
        self.0.set_message(table.to_owned());
    }

    /// A row of COPY text ends with a line feed and has none inside.
    fn advance(&self, piece: &[u8]) {
        let rows = piece.iter().filter(|byte| **byte == b'\n').count();
        self.0.inc(rows.try_into().unwrap_or_default());
    }

    fn clear(&self) {
        self.0.finish_and_clear();
    }
}

/// What is said at the end.
struct Report {
    survey: Survey,
    /// What the instance said of the tenant.
    tenant: Value,
    brings_secret: bool,
}

impl Report {
    fn new(args: &ImportArgs, url: &ForeignUrl, secret: Option<&TenantSecret>, mut survey: Survey) -> Self {
        let warnings = &mut survey.warnings;
        if url.is_open_on_the_way() {
            warnings.push("The connection to the source was not encrypted (sslmode=disable).".to_owned());
        }
        if secret.is_some_and(|secret| !secret.is_long()) {
            let name = &args.name;
            warnings.push(format!(
                "The secret has less than 32 characters. Whoever guesses it signs in as anybody at {name}."
            ));
        }
        Self { survey, tenant: Value::Null, brings_secret: secret.is_some() }
    }

    /// What the instance has to know, without the secret.
    fn head(&self, args: &ImportArgs) -> Value {
        let has = |table| self.survey.rows.get(table).is_some_and(|rows| *rows > 0);
        json!({
            "slug": args.name,
            "workspace": args.workspace,
            "former": {
                "base_url": args.base_url,
                "cookie_prefix": args.cookie_prefix,
                "algorithm": self.survey.algorithm,
                "brings_secret": self.brings_secret,
                "has_passkeys": has("passkey"),
                "has_tokens": has("jwks"),
                "oldest_session_days": self.survey.oldest_session_days,
                "providers": self.survey.providers,
            },
        })
    }

    fn take(&mut self, tenant: Value) {
        self.tenant = tenant;
    }

    fn imported(&self) -> BTreeMap<&'static str, u64> {
        let rows = |name| self.survey.rows.get(name).copied().unwrap_or_default();
        TABLES.iter().map(|table| (table.name, rows(table.name))).collect()
    }

    fn warnings(&self) -> Vec<&str> {
        let of_address = self.tenant["warnings"].as_array().into_iter().flatten().filter_map(Value::as_str);
        of_address.chain(self.survey.warnings.iter().map(String::as_str)).collect()
    }

    fn write(&self, args: &ImportArgs) -> String {
        let (tenant, is_trial) = (&self.tenant, args.dry_run);
        if args.common.json {
            return json!({
                "slug": tenant["slug"],
                "url": tenant["url"],
                "id": tenant["id"],
                "imported": self.imported(),
                "skipped": self.survey.skipped,
                "warnings": self.warnings(),
                "stays_signed_in": tenant["stays_signed_in"],
                "dry_run": is_trial,
            })
            .to_string();
        }
        let (name, url) = (text(tenant, "slug"), text(tenant, "url"));
        let mut lines = vec![match (is_trial, tenant["running"] == true) {
            (true, _) => format!("{name} can be made and would be at {url}. Nothing was made."),
            (false, true) => format!("{name} runs at {url}"),
            (false, false) => {
                format!("{name} has its data and does not run yet; kiavi tenant show {name} tells why.")
            }
        }];
        for (table, rows) in self.imported() {
            lines.push(format!("  {:>12} {table}", HumanCount(rows).to_string()));
        }
        for skipped in &self.survey.skipped {
            let (rows, table, reason) = (HumanCount(skipped.rows), skipped.table, skipped.reason);
            lines.push(format!("  {:>12} {table} left behind: {reason}", rows.to_string()));
        }
        lines.push(match tenant["stays_signed_in"] == true {
            true => "Who is signed in stays signed in.".to_owned(),
            false => "Everybody signs in again.".to_owned(),
        });
        lines.extend(self.warnings().iter().map(|warning| format!("- {warning}")));
        lines.join("\n")
    }
}
