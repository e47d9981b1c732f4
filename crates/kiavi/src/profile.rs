//! `kiavi profile add | list | default | remove`: instances elsewhere, by name.

use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;
use serde_json::json;

use crate::client::{Client, ClientError};
use crate::profile_store::{Origin, Profile, Profiles, is_key};
use crate::tenant::answer;
use crate::tenant_table::table;
use crate::tls;
use crate::vault_keys::ask;

/// The longest key, in bytes.
const MAX_KEY: u64 = 256;

/// Manage profiles of instances elsewhere.
#[derive(Debug, Args)]
pub(crate) struct ProfileArgs {
    #[command(subcommand)]
    verb: ProfileVerb,
}

#[derive(Debug, Subcommand)]
enum ProfileVerb {
    /// Add a profile, or change it. Its management key is read from standard input
    Add {
        /// What it is called
        name: String,
        /// The address of the instance's console, such as https://console.auth.example
        #[arg(long, value_name = "URL")]
        url: Origin,
        /// A file with the management key, instead of standard input
        #[arg(long, value_name = "FILE")]
        key_file: Option<PathBuf>,
        /// A file with certificate authorities (PEM) to believe besides the system's
        #[arg(long, value_name = "FILE")]
        ca: Option<PathBuf>,
        /// Have it meant where nothing else is said
        #[arg(long)]
        default: bool,
        /// Do not ask the instance whether it takes the key
        #[arg(long)]
        unchecked: bool,
    },
    /// List profiles, without their keys
    List {
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// Have a profile meant where nothing else is said
    Default {
        /// Its name; none ends it
        #[arg(required_unless_present = "none")]
        name: Option<String>,
        /// Mean the instance on this machine again
        #[arg(long, conflicts_with = "name")]
        none: bool,
    },
    /// Remove a profile. The key stays good: end it with kiavi api-key revoke
    Remove {
        /// Its name
        name: String,
    },
}

/// Does what the command says and returns what the process should exit with.
pub(crate) fn run(args: ProfileArgs) -> ExitCode {
    match args.verb {
        ProfileVerb::Add { name, url, key_file, ca, default, unchecked } => answer(async move {
            let key = key(key_file.as_deref())?;
            let profile = Profile { url, key, authorities: ca.as_deref().map(authorities).transpose()? };
            add(&name, profile, default, unchecked).await
        }),
        ProfileVerb::List { json } => answer(async move { list(&Profiles::load()?, json) }),
        ProfileVerb::Default { name, .. } => answer(async move { set_default(name) }),
        ProfileVerb::Remove { name } => answer(async move { remove(&name) }),
    }
}

async fn add(name: &str, profile: Profile, is_default: bool, unchecked: bool) -> Result<String, ClientError> {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_' || b == b'.';
    if name.is_empty() || name.starts_with('-') || !name.bytes().all(is_plain) {
        return Err(ClientError::Input("A profile's name has letters, digits, - _ and . only.".to_owned()));
    }
    let mut profiles = Profiles::load()?;
    let url = profile.url.to_string();
    if !unchecked {
        check(&profile).await?;
    }
    profiles.profiles.insert(name.to_owned(), profile);
    if is_default {
        profiles.default = Some(name.to_owned());
    }
    profiles.save()?;
    let next = if is_default {
        "kiavi tenant list".to_owned()
    } else {
        format!("kiavi tenant list --profile {name}")
    };
    Ok(format!("{name} is the instance at {url}: {next}"))
}

/// Whether the instance takes the key. What the key may do is the key's own business.
async fn check(profile: &Profile) -> Result<(), ClientError> {
    match Client::trying(profile.clone()).get("/v1/tenants?limit=1").await {
        Err(ClientError::Refused(problem)) if problem.code == "forbidden" => Ok(()),
        checked => checked.map(drop),
    }
}

fn list(profiles: &Profiles, is_json: bool) -> Result<String, ClientError> {
    let is_default = |name: &String| profiles.default.as_ref() == Some(name);
    if is_json {
        let all = profiles.profiles.iter().map(|(name, profile)| {
            json!({ "name": name, "url": profile.url.to_string(), "is_default": is_default(name) })
        });
        return Ok(json!(all.collect::<Vec<_>>()).to_string());
    }
    if profiles.profiles.is_empty() {
        return Ok(
            "There is no profile. Add one: kiavi profile add NAME --url https://console.DOMAIN".to_owned()
        );
    }
    let row = |(name, profile): (&String, &Profile)| {
        let mark = if is_default(name) { "default" } else { "" };
        [name.clone(), profile.url.to_string(), mark.to_owned()]
    };
    Ok(table(["NAME", "ADDRESS", ""], &profiles.profiles.iter().map(row).collect::<Vec<_>>()))
}

fn set_default(name: Option<String>) -> Result<String, ClientError> {
    let mut profiles = Profiles::load()?;
    let told = match &name {
        Some(name) => format!("{name} is meant where nothing else is said: {}", profiles.find(name)?.url),
        None => "The instance on this machine is meant where nothing else is said.".to_owned(),
    };
    profiles.default = name;
    profiles.save()?;
    Ok(told)
}

fn remove(name: &str) -> Result<String, ClientError> {
    let mut profiles = Profiles::load()?;
    profiles.find(name)?;
    profiles.profiles.remove(name);
    if profiles.default.as_deref() == Some(name) {
        profiles.default = None;
    }
    profiles.save()?;
    Ok(format!("{name} is removed. Its key stays good until it is revoked: kiavi api-key revoke ID"))
}

/// The management key, from a file, a pipe, or whoever sits at the terminal.
fn key(file: Option<&Path>) -> Result<SecretString, ClientError> {
    let stdin = std::io::stdin();
    let (from, read) = match file {
        Some(file) => (file.display().to_string(), std::fs::File::open(file).and_then(read_all)),
        None if stdin.is_terminal() => ("The terminal".to_owned(), ask("Management key: ")),
        None => ("Standard input".to_owned(), read_all(stdin)),
    };
    let text = read.map_err(|error| ClientError::Input(format!("{from} cannot be read: {error}.")))?;
    let key = SecretString::from(String::from_utf8_lossy(&text).trim());
    if is_key(&key) {
        Ok(key)
    } else {
        let made = "kiavi api-key create NAME --scope SCOPE makes one, on the instance's machine";
        Err(ClientError::Input(format!(
            "{from} holds no management key, which begins with kiavi_mk_: {made}."
        )))
    }
}

fn read_all(from: impl Read) -> std::io::Result<Zeroizing<Vec<u8>>> {
    let mut text = Zeroizing::new(Vec::with_capacity(MAX_KEY as usize + 1));
    from.take(MAX_KEY).read_to_end(&mut text)?;
    Ok(text)
}

fn authorities(file: &Path) -> Result<String, ClientError> {
    let wrong = |what: &dyn std::fmt::Display| ClientError::Input(format!("{} {what}.", file.display()));
    let text =
        std::fs::read_to_string(file).map_err(|error| wrong(&format_args!("cannot be read: {error}")))?;
    match tls::certificates(&text) {
        Some(_) => Ok(text),
        None => Err(wrong(&"has no certificate authorities in PEM")),
    }
}
