//! `kiavi tenant export NAME --output DIR`: what Better Auth needs to take a tenant over.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};

use clap::Args;
use kiavi_base::TenantId;
use kiavi_localpg::Binaries;
use serde_json::{Value, json};

use crate::{
    backup::{Wanted, archive_to_file},
    client::{Client, ClientError},
    tenant::{Common, answer, find, tenant_path, text},
    tenant_database::Way,
    tenant_export_readme::readme,
};

const DATABASE: &str = "database.sql";
const SECRET: &str = "secret";
const README: &str = "README.md";
/// What is there while the dump is made.
const ARCHIVE: &str = ".database.dump";
const CONTENTS: &str = ".database.list";

/// Write what Better Auth needs to take a tenant over, or an archive for another Kiavi
///
/// Writes three files into a new folder that only you can read: database.sql (all of Better Auth's tables, for an empty
/// database), secret (as BETTER_AUTH_SECRET or BETTER_AUTH_SECRETS takes it) and README.md, which says what to do with
/// them. The tenant runs on; what changes afterwards is not in there. Whoever has the secret can sign in as anybody: both
/// logs tell that it was handed out.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// The tenant's name or id
    tenant: String,
    /// A folder that does not exist yet, or is empty
    #[arg(long, value_name = "DIR", required_unless_present = "archive", conflicts_with = "archive")]
    output: Option<PathBuf>,
    /// Write an archive instead, for `kiavi tenant import --archive`; keys of persons are beside it in FILE.keys
    #[arg(long, value_name = "FILE", requires = "recipient")]
    archive: Option<PathBuf>,
    /// Who can open the archive, as age knows them (age1…); may be given several times
    #[arg(long, value_name = "RECIPIENT", requires = "archive")]
    recipient: Vec<String>,
    /// The file with the URL of the server that the instance keeps its databases on, if it has no private cluster
    #[arg(long, value_name = "FILE")]
    postgres_url: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

/// Does what the command says and returns what the process should exit with.
pub(crate) fn run(args: ExportArgs) -> ExitCode {
    answer(async {
        let client = args.common.client();
        let data = client.folder()?;
        let tenant = find(&client, &args.tenant).await?;
        let id = text(&tenant, "id").parse::<TenantId>();
        let id = id.map_err(|_| ClientError::Failed("The instance answered without an id.".to_owned()))?;
        let Some(output) = &args.output else { return archive(&client, &tenant, &args).await };
        let way = Way::open(&data, args.postgres_url.as_deref()).map_err(ClientError::Failed)?;
        let folder = Folder::make(output)?;
        let written = write(&client, &way, &id, &folder).await;
        folder.remove([ARCHIVE, CONTENTS]);
        match written {
            Ok(exported) => Ok(told(&exported, output, args.common.json)),
            Err(error) => {
                folder.remove([DATABASE, SECRET, README]);
                Err(error)
            }
        }
    })
}

/// The rows first: the secret leaves the vault when there is something that it belongs to.
async fn write(client: &Client, way: &Way, id: &TenantId, folder: &Folder) -> Result<Value, ClientError> {
    dump(way, id, folder)?;
    let path = format!("{}/export", tenant_path(id.as_str())?);
    let exported = client.post(&path, &json!({})).await?;
    folder.write(SECRET, text(&exported, "secret"))?;
    folder.write(README, &readme(&exported))?;
    Ok(exported)
}

/// The tenant as one encrypted file.
async fn archive(client: &Client, tenant: &Value, args: &ExportArgs) -> Result<String, ClientError> {
    let file = args.archive.as_deref().unwrap_or(Path::new(""));
    let wanted = Wanted { tenant, recipients: &args.recipient };
    let (rows, bytes) = archive_to_file(client, file, &wanted).await?;
    let (slug, file) = (text(tenant, "slug"), file.display().to_string());
    if args.common.json {
        return Ok(
            json!({ "slug": slug, "id": tenant["id"], "archive": file, "rows": rows, "bytes": bytes })
                .to_string(),
        );
    }
    Ok(format!(
        "{slug} is in {file}; kiavi tenant import NAME --archive FILE --identity KEY makes a tenant of it."
    ))
}

fn told(exported: &Value, output: &Path, is_json: bool) -> String {
    let folder = output.display();
    if is_json {
        let member = |name: &str| exported[name].clone();
        return json!({
            "slug": member("slug"), "url": member("url"), "id": member("id"), "output": folder.to_string(),
            "files": [DATABASE, SECRET, README],
        })
        .to_string();
    }
    format!(
        "{} is in {folder}; {folder}/{README} says how Better Auth takes it over.\nKeep {folder}/{SECRET} safe: whoever \
         has it can sign in as anybody.",
        text(exported, "slug")
    )
}

/// The schema `public` without the triggers that are for engines only. An archive first, because it can be told part by
/// part; a line of text that looks like a trigger may be somebody's name.
fn dump(way: &Way, id: &TenantId, folder: &Folder) -> Result<(), ClientError> {
    let archive = folder.path(ARCHIVE);
    folder.write(ARCHIVE, "")?;
    let mut command = way.command(&program("pg_dump"), id);
    // As the owner of the tables and nobody more. The server's subscriptions are not among what an owner sees, and a tenant
    // has none.
    command.args(["--format=custom", "--schema=public", "--no-subscriptions", "--no-publications"]);
    command.args(["--no-owner", "--no-privileges", "--file"]);
    output_of(command.arg(&archive))?;

    let list = output_of(Command::new(program("pg_restore")).arg("--list").arg(&archive))?;
    let kept: Vec<_> = list.lines().filter(|line| is_upstreams(line)).collect();
    folder.write(CONTENTS, &kept.join("\n"))?;
    folder.write(DATABASE, "")?;
    let mut command = Command::new(program("pg_restore"));
    command.args(["--no-owner", "--no-privileges", "--use-list"]).arg(folder.path(CONTENTS));
    output_of(command.arg("--file").arg(folder.path(DATABASE)).arg(&archive)).map(drop)
}

/// Whether a line of an archive's table of contents names something that Better Auth has, too. The schema itself is in
/// every empty database.
fn is_upstreams(line: &str) -> bool {
    !line.contains(" TRIGGER public ")
        && !line.contains(" SCHEMA - public ")
        && !line.contains(" - SCHEMA public ")
}

/// One of PostgreSQL's programs: of the newest version that is installed, which reads all versions before it.
fn program(name: &str) -> PathBuf {
    let installed = Binaries::find().ok().map(|binaries| binaries.program(name));
    installed.filter(|path| path.exists()).unwrap_or_else(|| PathBuf::from(name))
}

/// What a program writes, once it has succeeded.
fn output_of(command: &mut Command) -> Result<String, ClientError> {
    let name = command.get_program().to_string_lossy().into_owned();
    let failed = |reason: String| ClientError::Failed(format!("{name} failed: {reason}."));
    let output = command.stdin(Stdio::null()).output().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => ClientError::Failed(format!(
            "{name} is not installed: run `sudo apt-get install postgresql-client`."
        )),
        _ => failed(error.to_string()),
    })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(failed(String::from_utf8_lossy(&output.stderr).trim().trim_end_matches('.').to_owned()))
}

/// A folder of ours; nothing that was there before is touched.
struct Folder(PathBuf);

impl Folder {
    fn make(path: &Path) -> Result<Self, ClientError> {
        let refused = |reason: String| ClientError::Input(format!("{}: {reason}", path.display()));
        match DirBuilder::new().recursive(false).mode(0o700).create(path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let mut entries = fs::read_dir(path).map_err(|error| refused(format!("{error}.")))?;
                if entries.next().is_some() {
                    return Err(refused("there is something in it, and nothing is overwritten.".to_owned()));
                }
            }
            Err(error) => return Err(refused(format!("the folder cannot be made: {error}."))),
        }
        Ok(Self(path.to_owned()))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a new file that only its owner can read.
    fn write(&self, name: &str, text: &str) -> Result<(), ClientError> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(self.path(name));
        let written = file.and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
        written.map_err(|error| {
            ClientError::Failed(format!("{} cannot be written: {error}.", self.path(name).display()))
        })
    }

    fn remove<const N: usize>(&self, names: [&str; N]) {
        for name in names {
            // What is not there need not go.
            let _ = fs::remove_file(self.path(name));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ours_alone_is_left_out() {
        for ours in [
            "3311; 2620 16500 TRIGGER public session kiavi_tell_writer kiavi_super",
            "6; 2615 2200 SCHEMA - public pg_database_owner",
            "3402; 0 0 COMMENT - SCHEMA public pg_database_owner",
        ] {
            assert!(!is_upstreams(ours), "{ours}");
        }
        for theirs in [
            "; Archive created at 2026-11-26",
            "216; 1259 16400 TABLE public user t_owner",
            "3399; 0 16400 TABLE DATA public user t_owner",
            "3240; 2606 16410 FK CONSTRAINT public session session_userId_fkey t_owner",
        ] {
            assert!(is_upstreams(theirs), "{theirs}");
        }
    }

    #[test]
    fn nothing_is_overwritten() {
        let path = std::env::temp_dir().join(format!("kiavi-export-{}", std::process::id()));
        let folder = Folder::make(&path).unwrap();
        folder.write(SECRET, "x").unwrap();
        assert!(
            folder.write(SECRET, "y").is_err() && matches!(Folder::make(&path), Err(ClientError::Input(_)))
        );
        fs::remove_dir_all(&path).unwrap();
    }
}
