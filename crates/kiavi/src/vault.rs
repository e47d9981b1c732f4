//! `kiavi vault status | rotate-master-key`: where secrets are kept, and the key that seals them.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;

use clap::{Args, Subcommand};
use kiavi_crypto::SystemRng;
use kiavi_vault::{
    Inspection, KeyFile, MasterKey, MasterKeySource, PassphraseSource, Rotated, Rotation, VaultConfig,
};
use serde_json::{Value, json};

use crate::client::ClientError;
use crate::data::vault_folder;
use crate::log::chain;
use crate::tenant::{Common, answer, text};
use crate::vault_keys::{KeyError, Owner, master_keys, new_passphrase, read_config};

/// Look at where secrets are kept, and change the key that seals them.
#[derive(Debug, Args)]
pub(crate) struct VaultArgs {
    #[command(subcommand)]
    verb: VaultVerb,
}

#[derive(Debug, Subcommand)]
enum VaultVerb {
    /// Tell whether secrets can be had, and which master key seals those on this machine
    Status {
        #[command(flatten)]
        common: Common,
    },
    /// Have another master key take over. The instance must be stopped; what is interrupted is finished by the same
    /// command, or by the next start
    RotateMasterKey {
        /// Where the master key is now: kiavi.toml, or the file of `kiavi dev` [default: beside the secrets]
        #[arg(long, value_name = "FILE")]
        vault_config: Option<PathBuf>,
        /// Where the new key is to be: vault-folder, file:PATH, credential:NAME, passphrase or passphrase-fd:N
        /// [default: where it is now]
        #[arg(long, value_name = "PLACE")]
        new_key: Option<Place>,
        #[command(flatten)]
        common: Common,
    },
}

/// Where a key is, as a command names it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place(MasterKeySource);

impl FromStr for Place {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
        Ok(Self(match (kind, rest) {
            ("vault-folder", "") => MasterKeySource::VaultFolder,
            ("passphrase", "") => MasterKeySource::Passphrase(PassphraseSource::Terminal),
            ("file", path) if !path.is_empty() => MasterKeySource::File(path.into()),
            ("credential", name) if !name.is_empty() => MasterKeySource::Credential(name.to_owned()),
            ("passphrase-fd", fd) => {
                let fd = fd.parse().map_err(|_| "passphrase-fd needs the number of a descriptor")?;
                MasterKeySource::Passphrase(PassphraseSource::Fd(fd))
            }
            _ => return Err("one of vault-folder, file:PATH, credential:NAME, passphrase, passphrase-fd:N"),
        }))
    }
}

/// Does what the command says and returns what the process should exit with.
pub(crate) fn run(args: VaultArgs) -> ExitCode {
    match args.verb {
        VaultVerb::Status { common } => answer(status(common)),
        VaultVerb::RotateMasterKey { vault_config, new_key, common } => answer(async {
            let folder = vault_folder(&common.client().folder()?);
            let rotated = rotate(&folder, vault_config.as_deref(), new_key);
            let failed = |error: KeyError| ClientError::Failed(format!("{}.", chain(&error)));
            Ok(told(&rotated.map_err(failed)?, common.json))
        }),
    }
}

async fn status(common: Common) -> Result<String, ClientError> {
    let client = common.client();
    let data = client.folder()?;
    let store = match client.get("/v1/vault").await {
        Ok(store) => Some(store),
        Err(ClientError::NotRunning(_)) => None,
        Err(error) => return Err(error),
    };
    let folder = vault_folder(&data);
    let files = File::open(&folder).ok().and_then(|folder| kiavi_vault::inspect(&folder.into()).ok());
    if common.json {
        return Ok(json!({ "store": store, "files": files.as_ref().map(as_json) }).to_string());
    }
    let mut lines = vec![store.as_ref().map_or("No instance runs.".to_owned(), in_words)];
    lines.extend(
        files.filter(|files| files.key.is_some() || files.versions > 0).map(|files| files_in_words(&files)),
    );
    Ok(lines.join("\n"))
}

fn in_words(store: &Value) -> String {
    let driver = text(store, "driver");
    let cached = match store["cache_seconds"].as_u64() {
        Some(seconds) => format!(" Secrets are used for {} h after it last confirmed them.", seconds / 3600),
        None => String::new(),
    };
    if store["is_available"] == true {
        return format!("Secrets are kept in {driver}, which answers.{cached}");
    }
    let since = match text(store, "unavailable_since") {
        "" => String::new(),
        since => format!(" since {since}"),
    };
    format!(
        "Secrets are kept in {driver}, which does not give them out{since}: {}.{cached}",
        text(store, "reason")
    )
}

fn as_json(files: &Inspection) -> Value {
    json!({
        "format": files.format,
        "key": files.key.map(|key| key.to_string()),
        "has_passphrase": files.has_passphrase,
        "successor": files.successor.map(|key| key.to_string()),
        "tenants": files.tenants,
        "versions": files.versions,
    })
}

fn files_in_words(files: &Inspection) -> String {
    let Inspection { format, key, has_passphrase, successor, tenants, versions } = files;
    let key = key.map_or("a key without a name".to_owned(), |key| format!("master key {key}"));
    let made = if *has_passphrase { ", made of a passphrase" } else { "" };
    let mut text = format!(
        "In files, format {format}: {versions} versions of {tenants} tenants, sealed by {key}{made}."
    );
    if let Some(successor) = successor {
        text.push_str(&format!(
            " Master key {successor} is taking over: start the instance, or repeat rotate-master-key."
        ));
    }
    text
}

/// What a rotation has come to.
struct Outcome {
    rotated: Rotated,
    key: String,
    has_moved: bool,
}

fn told(outcome: &Outcome, is_json: bool) -> String {
    let Outcome { rotated: Rotated { locks }, key, has_moved } = outcome;
    if is_json {
        return json!({ "key": key, "locks": locks, "has_moved": has_moved }).to_string();
    }
    let moved = if *has_moved {
        " It is elsewhere now: say so in the configuration before the next start, and remove the old key."
    } else {
        ""
    };
    format!("Master key {key} has taken over; {locks} locks were made anew.{moved}")
}

fn rotate(folder: &Path, config: Option<&Path>, new: Option<Place>) -> Result<Outcome, KeyError> {
    let VaultConfig::SealedFiles(config) = read_config(config)? else {
        return Err(KeyError::NoMasterKey);
    };
    let old = config.master_key;
    let new = new.map_or_else(|| old.clone(), |place| place.0);
    // Before a new key is put anywhere.
    let rotation = Rotation::begin(folder)?;
    let owner = Owner::of(folder)?;
    let within = |source: &MasterKeySource| *source == MasterKeySource::VaultFolder;
    let candidates = master_keys(&old, folder)?;
    let (key, file) = owner.act(within(&new), || successor(&rotation, &old, &new))?;
    let id = key.id();
    let rotated = owner.act(true, || Ok(rotation.run(candidates, key, &SystemRng)?))?;
    if let Some(file) = file {
        owner.act(within(&new), || Ok(file.settle(id)?))?;
    }
    Ok(Outcome { rotated, key: id.to_string(), has_moved: old != new })
}

/// The key that takes over, with the file that is to hold it in the end if that has another one now.
fn successor(
    rotation: &Rotation,
    old: &MasterKeySource,
    new: &MasterKeySource,
) -> Result<(MasterKey, Option<KeyFile>), KeyError> {
    let file = match new {
        MasterKeySource::VaultFolder => rotation.key_file()?,
        MasterKeySource::File(path) => KeyFile::at(path)?,
        MasterKeySource::Passphrase(source) => return Ok((new_passphrase(*source)?, None)),
        MasterKeySource::Credential(_) => {
            let keys = master_keys(new, Path::new(""))?;
            return Ok((keys.into_iter().next().ok_or(KeyError::NoMasterKey)?, None));
        }
    };
    if old == new {
        return Ok((file.successor(&SystemRng)?, Some(file)));
    }
    Ok((file.ensure(&SystemRng)?, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_named_in_one_word() {
        let place = |text: &str| text.parse::<Place>().map(|place| place.0);
        assert_eq!(place("vault-folder"), Ok(MasterKeySource::VaultFolder));
        assert_eq!(place("file:/etc/kiavi/key"), Ok(MasterKeySource::File("/etc/kiavi/key".into())));
        assert_eq!(place("credential:kiavi"), Ok(MasterKeySource::Credential("kiavi".to_owned())));
        assert_eq!(place("passphrase"), Ok(MasterKeySource::Passphrase(PassphraseSource::Terminal)));
        assert_eq!(place("passphrase-fd:3"), Ok(MasterKeySource::Passphrase(PassphraseSource::Fd(3))));
        for wrong in ["", "file:", "credential:", "passphrase:hunter2", "passphrase-fd:", "key"] {
            assert!(place(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_store_that_is_away_is_told_with_since_when_and_why() {
        let store = json!({ "driver": "scaleway", "is_available": false, "reason": "no answer", "unavailable_since":
                            "2026-11-24T12:00:00Z", "cache_seconds": 86400 });
        let words = in_words(&store);
        assert!(
            words.contains("since 2026-11-24T12:00:00Z: no answer.") && words.contains("24 h"),
            "{words}"
        );
        let files = json!({ "driver": "sealed-files", "is_available": true });
        assert_eq!(in_words(&files), "Secrets are kept in sealed-files, which answers.");
    }
}
