//! The vault's keys, from where the configuration says that they are. Whoever reads them may open files; the processes
//! that use them may not.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use kiavi_crypto::SystemRng;
use kiavi_ipc::{SealedDocument, SealedDocumentError};
use kiavi_launcher::VaultStart;
use kiavi_vault::{
    InvalidVaultConfig, KeyFile, KeySource, MasterKey, MasterKeySource, Opening, Passphrase,
    PassphraseSource, VaultConfig, VaultError,
};
use rustix::process::{Gid, Uid};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;
use serde::Deserialize;

use crate::data::vault_folder;

/// Where the service manager puts credentials (systemd.exec(5)).
const CREDENTIALS_DIRECTORY: &str = "CREDENTIALS_DIRECTORY";

/// The longest key or passphrase, in bytes.
const MAX_LENGTH: u64 = 1024;

/// The shortest passphrase for a new key, in characters. Four words of a list of thousands have more.
const MIN_PASSPHRASE: usize = 12;

/// Why a key cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    #[error("{} cannot be read", .0.display())]
    Read(PathBuf, #[source] std::io::Error),
    #[error("{} is not the configuration of a vault", .0.display())]
    Config(PathBuf, #[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("there is no master key at {}; make one with: (umask 077; openssl rand -hex 32 > {})", .0.display(), .0.display())]
    NoKey(PathBuf),
    #[error(
        "there is no credential {0}: the service manager gave none (LoadCredentialEncrypted= in its unit)"
    )]
    NoCredential(String),
    #[error("{} must be readable by nobody but its owner (mode 0600)", .0.display())]
    Exposed(PathBuf),
    #[error("the key of the secret store is empty, or has a line break in it")]
    ApiKey,
    #[error("the passphrase cannot be asked for: there is no terminal")]
    NoTerminal(#[source] std::io::Error),
    #[error("the passphrase cannot be read from descriptor {0}")]
    Descriptor(u32, #[source] std::io::Error),
    #[error("the passphrase must have at least {MIN_PASSPHRASE} characters")]
    TooShort,
    #[error("the two passphrases differ")]
    Differ,
    #[error("there is no master key: secrets are kept elsewhere")]
    NoMasterKey,
    #[error("the account of the vault's files cannot be taken")]
    Account(#[source] std::io::Error),
    #[error(transparent)]
    Invalid(#[from] InvalidVaultConfig),
    #[error("the keys cannot be handed over")]
    Document(#[from] SealedDocumentError),
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// The section `vault`: of an instance's configuration (`.toml`), or in a file of its own (JSON); without a file, the
/// default.
pub(crate) fn read_config(path: Option<&Path>) -> Result<VaultConfig, KeyError> {
    #[derive(Deserialize)]
    struct Whole {
        #[serde(default)]
        vault: VaultConfig,
    }
    let Some(path) = path else { return Ok(VaultConfig::default()) };
    let text = std::fs::read_to_string(path).map_err(|error| KeyError::Read(path.to_owned(), error))?;
    let wrong = |error: Box<dyn std::error::Error + Send + Sync>| KeyError::Config(path.to_owned(), error);
    if path.extension().is_some_and(|extension| extension == "toml") {
        return toml::from_str(&text).map(|whole: Whole| whole.vault).map_err(|error| wrong(error.into()));
    }
    serde_json::from_str(&text).map_err(|error| wrong(error.into()))
}

/// What an instance with this configuration and data folder is started with. Read before anything is started: the
/// processes that follow can open no file.
///
/// # Errors
/// When the configuration cannot be used, or a key cannot be had or is not the vault's.
pub(crate) fn start(config: &VaultConfig, data: &Path) -> Result<VaultStart, KeyError> {
    let egress = config.egress()?;
    let opening = opening(config, &vault_folder(data))?;
    Ok(VaultStart { document: SealedDocument::seal(&opening.to_bytes())?, egress })
}

/// What control opens the vault in `folder` with.
fn opening(config: &VaultConfig, folder: &Path) -> Result<Opening, KeyError> {
    Ok(match config {
        VaultConfig::SealedFiles(config) => {
            let is_inside = config.master_key == MasterKeySource::VaultFolder;
            let keys = master_keys(&config.master_key, folder)?;
            // Here and not by control, which can only end: nobody is to wait for an instance that will never be.
            kiavi_vault::check_key(folder, &keys)?;
            // What is in its folder control finds by itself.
            Opening::SealedFiles { keys: if is_inside { Vec::new() } else { keys } }
        }
        VaultConfig::Scaleway(config) => {
            Opening::Scaleway { config: config.clone(), secret_key: api_key(&config.api_key)? }
        }
    })
}

/// The keys that may be the vault's. `folder` says how a passphrase makes one.
pub(crate) fn master_keys(source: &MasterKeySource, folder: &Path) -> Result<Vec<MasterKey>, KeyError> {
    match source {
        MasterKeySource::VaultFolder if !folder.exists() => Ok(Vec::new()),
        MasterKeySource::VaultFolder => {
            // Opened before the account is taken, which may not be let through the folders above.
            let file = KeyFile::at(&folder.join("master.key"))?;
            Owner::of(folder)?.act(true, || Ok(file.candidates()?))
        }
        MasterKeySource::File(path) => {
            let keys = KeyFile::at(path)?.candidates()?;
            if keys.is_empty() { Err(KeyError::NoKey(path.clone())) } else { Ok(keys) }
        }
        MasterKeySource::Credential(name) => Ok(vec![MasterKey::from_file_content(&credential(name)?)?]),
        MasterKeySource::Passphrase(source) => from_passphrase(*source, folder),
    }
}

fn from_passphrase(source: PassphraseSource, folder: &Path) -> Result<Vec<MasterKey>, KeyError> {
    let known = match File::open(folder) {
        Ok(folder) => kiavi_vault::passphrases(&folder.into())?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(KeyError::Read(folder.to_owned(), error)),
    };
    if known.is_empty() {
        return Ok(vec![new_passphrase(source)?]);
    }
    let text = passphrase(source, "Passphrase of the vault: ")?;
    let keys = known.into_iter().map(|known| MasterKey::from_passphrase(&text, known));
    Ok(keys.collect::<Result<_, _>>()?)
}

/// A key of a passphrase that nobody has used here before.
pub(crate) fn new_passphrase(source: PassphraseSource) -> Result<MasterKey, KeyError> {
    let text = passphrase(source, "New passphrase of the vault: ")?;
    if String::from_utf8_lossy(&text).chars().count() < MIN_PASSPHRASE {
        return Err(KeyError::TooShort);
    }
    if source == PassphraseSource::Terminal && *passphrase(source, "The same again: ")? != *text {
        return Err(KeyError::Differ);
    }
    Ok(MasterKey::from_passphrase(&text, Passphrase::random(&SystemRng))?)
}

fn passphrase(source: PassphraseSource, prompt: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let mut text = match source {
        PassphraseSource::Terminal => ask(prompt).map_err(KeyError::NoTerminal)?,
        PassphraseSource::Fd(fd) => read_descriptor(fd).map_err(|error| KeyError::Descriptor(fd, error))?,
    };
    if text.last() == Some(&b'\n') {
        text.pop();
    }
    Ok(text)
}

/// Reads a descriptor that this program was started with to its end: a pipe or a file.
fn read_descriptor(fd: u32) -> std::io::Result<Zeroizing<Vec<u8>>> {
    match fd {
        0 => read_all(File::from(std::io::stdin().as_fd().try_clone_to_owned()?)),
        1 | 2 => Err(std::io::ErrorKind::InvalidInput.into()),
        fd => read_all(File::open(format!("/proc/self/fd/{fd}"))?),
    }
}

fn read_all(file: impl Read) -> std::io::Result<Zeroizing<Vec<u8>>> {
    // Its whole size at once: growing would leave copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_LENGTH as usize + 1));
    file.take(MAX_LENGTH + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_LENGTH { Err(std::io::ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
}

/// Asks at the terminal, which does not show what is typed.
pub(crate) fn ask(prompt: &str) -> std::io::Result<Zeroizing<Vec<u8>>> {
    let mut terminal = File::options().read(true).write(true).open("/dev/tty")?;
    terminal.write_all(prompt.as_bytes())?;
    let shown = tcgetattr(&terminal)?;
    let mut hidden = shown.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&terminal, OptionalActions::Flush, &hidden)?;
    let line = read_line(&mut terminal);
    tcsetattr(&terminal, OptionalActions::Flush, &shown)?;
    terminal.write_all(b"\n")?;
    line
}

fn read_line(file: &mut impl Read) -> std::io::Result<Zeroizing<Vec<u8>>> {
    let mut line = Zeroizing::new(Vec::with_capacity(MAX_LENGTH as usize));
    let mut byte = [0];
    while line.len() < MAX_LENGTH as usize && file.read(&mut byte)? == 1 && byte[0] != b'\n' {
        line.push(byte[0]);
    }
    Ok(line)
}

/// The content of a credential.
fn credential(name: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let missing = || KeyError::NoCredential(name.to_owned());
    let is_plain = !name.is_empty() && !name.contains('/') && !name.starts_with('.');
    let folder = std::env::var_os(CREDENTIALS_DIRECTORY).filter(|_| is_plain).ok_or_else(missing)?;
    let path = PathBuf::from(folder).join(name);
    let file = File::open(&path).map_err(|_| missing())?;
    read_all(file).map_err(|error| KeyError::Read(path, error))
}

fn api_key(source: &KeySource) -> Result<SecretString, KeyError> {
    let content = match source {
        KeySource::Credential(name) => credential(name)?,
        KeySource::File(path) => {
            let failed = |error| KeyError::Read(path.clone(), error);
            let file = File::open(path).map_err(failed)?;
            let mode = std::os::unix::fs::MetadataExt::mode(&file.metadata().map_err(failed)?);
            if mode & 0o077 != 0 {
                return Err(KeyError::Exposed(path.clone()));
            }
            read_all(file).map_err(failed)?
        }
    };
    let text = std::str::from_utf8(&content).map_err(|_| KeyError::ApiKey)?.trim_ascii();
    let is_key = !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
    if is_key { Ok(text.to_owned().into()) } else { Err(KeyError::ApiKey) }
}

/// The account that the vault's files belong to. What root writes there must be readable by it.
pub(crate) struct Owner(Option<(Uid, Gid)>);

impl Owner {
    /// The owner of `folder`; nobody in particular while there is no such folder.
    pub(crate) fn of(folder: &Path) -> Result<Self, KeyError> {
        use std::os::unix::fs::MetadataExt;
        let known = match std::fs::metadata(folder) {
            Ok(known) => known,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self(None)),
            Err(error) => return Err(KeyError::Read(folder.to_owned(), error)),
        };
        let (uid, gid) = (Uid::from_raw(known.uid()), Gid::from_raw(known.gid()));
        let is_other = rustix::process::geteuid().is_root() && !uid.is_root();
        Ok(Self(is_other.then_some((uid, gid))))
    }

    /// Does `work` as the owner, if it is about the vault's own files.
    pub(crate) fn act<T>(
        &self,
        is_inside: bool,
        work: impl FnOnce() -> Result<T, KeyError>,
    ) -> Result<T, KeyError> {
        let Some((uid, gid)) = self.0.filter(|_| is_inside) else { return work() };
        let become_it = |uid, gid| {
            // The group first: without root it could not be set.
            if uid == Uid::ROOT {
                rustix::thread::set_thread_res_uid(Uid::ROOT, uid, Uid::ROOT)?;
                return rustix::thread::set_thread_res_gid(Gid::ROOT, gid, Gid::ROOT);
            }
            rustix::thread::set_thread_res_gid(Gid::ROOT, gid, Gid::ROOT)?;
            rustix::thread::set_thread_res_uid(Uid::ROOT, uid, Uid::ROOT)
        };
        become_it(uid, gid).map_err(|errno| KeyError::Account(errno.into()))?;
        let done = work();
        become_it(Uid::ROOT, Gid::ROOT).map_err(|errno| KeyError::Account(errno.into()))?;
        done
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn an_api_key_is_a_line_that_nobody_else_reads() {
        let path = std::env::temp_dir().join(format!("kiavi-api-key-{}", std::process::id()));
        let source = KeySource::File(path.clone());
        assert!(matches!(api_key(&source), Err(KeyError::Read(..))));
        std::fs::write(&path, "11111111-2222\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(api_key(&source), Err(KeyError::Exposed(_))));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(api_key(&source).unwrap().expose_secret(), "11111111-2222");
        for content in ["", "\n", "a\nb", "a b"] {
            std::fs::write(&path, content).unwrap();
            assert!(matches!(api_key(&source), Err(KeyError::ApiKey)), "{content:?}");
        }
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_passphrase_comes_from_a_descriptor() {
        let (mut writer, reader) = std::io::pipe().map(|(reader, writer)| (writer, reader)).unwrap();
        writer.write_all("correct horse battery\n".as_bytes()).unwrap();
        drop(writer);
        let fd = u32::try_from(std::os::fd::AsRawFd::as_raw_fd(&reader)).unwrap();
        let key = new_passphrase(PassphraseSource::Fd(fd)).unwrap();
        let again = MasterKey::from_passphrase(b"correct horse battery", *key.passphrase().unwrap()).unwrap();
        assert_eq!(key.expose(), again.expose());
        assert!(matches!(passphrase(PassphraseSource::Fd(2), ""), Err(KeyError::Descriptor(2, _))));
        assert!(
            matches!(new_passphrase(PassphraseSource::Fd(fd)), Err(KeyError::TooShort)),
            "it is at its end"
        );
    }

    #[test]
    fn a_credential_is_named_and_is_no_path() {
        for name in ["", ".", "../etc/passwd", "a/b"] {
            assert!(matches!(credential(name), Err(KeyError::NoCredential(_))), "{name}");
        }
    }
}
