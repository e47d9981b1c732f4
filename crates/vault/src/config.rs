//! The section `vault` of an instance's configuration. It names where keys are, and holds none.

use std::{path::PathBuf, time::Duration};

use kiavi_egress::EgressHost;
use kiavi_ipc::egress::AllowList;
use serde::{Deserialize, Serialize};

use crate::{MAX_CACHE_AGE, Region};

/// Where an instance keeps its tenants' secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "driver", rename_all = "kebab-case")]
pub enum VaultConfig {
    /// In files on this machine.
    SealedFiles(SealedFilesConfig),
    /// In Scaleway's Secret Manager.
    Scaleway(Box<ScalewayConfig>),
}

impl Default for VaultConfig {
    fn default() -> Self {
        Self::SealedFiles(SealedFilesConfig::default())
    }
}

/// Why a configuration cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("vault.{0} {1}")]
pub struct InvalidVaultConfig(&'static str, &'static str);

/// `driver = "sealed-files"`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SealedFilesConfig {
    /// The key that seals all secrets.
    pub master_key: MasterKeySource,
}

/// Where the master key is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MasterKeySource {
    /// A file beside the secrets, which the first start makes. Protects backups without it, not the machine's disk.
    #[default]
    VaultFolder,
    /// A file that only root can read: 32 bytes, or 64 hexadecimal digits.
    File(PathBuf),
    /// A credential of the service manager of this name (systemd.exec(5), `LoadCredentialEncrypted=`).
    Credential(String),
    /// A passphrase, from the terminal at each start, or from a descriptor.
    Passphrase(PassphraseSource),
}

/// Where a passphrase comes from. Never an argument or an environment variable: others see those.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PassphraseSource {
    /// The terminal that the program was started at.
    Terminal,
    /// This descriptor, read to its end.
    Fd(u32),
}

/// Where a key is that is kept elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeySource {
    /// A file that only root can read.
    File(PathBuf),
    /// A credential of the service manager of this name.
    Credential(String),
}

/// `driver = "scaleway"`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScalewayConfig {
    /// Where secrets are kept: `fr-par`, `nl-ams` or `pl-waw`.
    pub region: Region,
    /// The id of the project that they belong to.
    pub project_id: String,
    /// Where the secret key of the API key is.
    pub api_key: KeySource,
    /// The folder that tenants' folders are in.
    #[serde(default = "default_path")]
    pub path: String,
    /// For how many hours after the store last confirmed a secret it is used while the store is down; 0: not at all.
    #[serde(default = "default_cache_hours")]
    pub cache_hours: u32,
    /// The API's origin.
    #[serde(default = "default_api_url")]
    pub api_url: String,
    /// Certificate authorities (PEM) to believe besides those of the system.
    #[serde(default)]
    pub extra_roots: Vec<String>,
    /// Whether the API may be in a private network, and be spoken to without TLS. Has an effect only where the instance
    /// allows it, which is for development.
    #[serde(default)]
    pub allows_private: bool,
}

fn default_path() -> String {
    "/kiavi".to_owned()
}

fn default_cache_hours() -> u32 {
    24
}

fn default_api_url() -> String {
    "https://api.scaleway.com".to_owned()
}

impl VaultConfig {
    /// The servers outside that the driver reaches.
    ///
    /// # Errors
    /// When the configuration cannot be used.
    pub fn egress(&self) -> Result<Option<AllowList>, InvalidVaultConfig> {
        let Self::Scaleway(config) = self else { return Ok(None) };
        let target = config.host()?.target().clone();
        let list = AllowList::new(vec![target], config.allows_private);
        list.map(Some).map_err(|_| InvalidVaultConfig("api_url", "names too many servers"))
    }
}

impl ScalewayConfig {
    /// How long a secret is used after the store last confirmed it.
    pub fn cache_age(&self) -> Duration {
        Duration::from_secs(u64::from(self.cache_hours) * 3600)
    }

    /// The API's server.
    ///
    /// # Errors
    /// When the configuration cannot be used.
    pub fn host(&self) -> Result<EgressHost, InvalidVaultConfig> {
        let invalid = |field, what| Err(InvalidVaultConfig(field, what));
        let is_url = self.api_url.contains("://") && !self.api_url.ends_with('/');
        let Ok(host) = self.api_url.parse::<EgressHost>() else {
            return invalid("api_url", "must be an origin such as https://api.scaleway.com");
        };
        if !is_url || !(host.is_secure() || self.allows_private) {
            return invalid("api_url", "must be an https origin without a slash at the end");
        }
        let is_id = |b: u8| b.is_ascii_hexdigit() || b == b'-';
        if self.project_id.len() != 36 || !self.project_id.bytes().all(is_id) {
            return invalid("project_id", "must be the id of a project");
        }
        let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let is_segment = |segment: &str| !segment.is_empty() && segment.bytes().all(is_plain);
        let segments = self.path.strip_prefix('/');
        if !segments.is_some_and(|segments| segments.split('/').all(is_segment)) || self.path.len() > 128 {
            return invalid("path", "must be a folder such as /kiavi");
        }
        if self.cache_age() > MAX_CACHE_AGE {
            return invalid("cache_hours", "must be 0 to 168");
        }
        if self.extra_roots.iter().all(|pem| kiavi_egress::is_usable(pem)) {
            Ok(host)
        } else {
            invalid("extra_roots", "must each be a certificate authority in PEM")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<VaultConfig, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn a_section_says_little_where_the_defaults_do() {
        assert_eq!(read(r#"{"driver":"sealed-files"}"#).unwrap(), VaultConfig::default());
        let file =
            read(r#"{"driver":"sealed-files","master_key":{"file":"/etc/kiavi/master.key"}}"#).unwrap();
        let VaultConfig::SealedFiles(SealedFilesConfig { master_key }) = file else { panic!() };
        assert_eq!(master_key, MasterKeySource::File("/etc/kiavi/master.key".into()));
        for (source, known) in [
            (r#""vault_folder""#, MasterKeySource::VaultFolder),
            (r#"{"credential":"kiavi-master"}"#, MasterKeySource::Credential("kiavi-master".to_owned())),
            (r#"{"passphrase":"terminal"}"#, MasterKeySource::Passphrase(PassphraseSource::Terminal)),
            (r#"{"passphrase":{"fd":3}}"#, MasterKeySource::Passphrase(PassphraseSource::Fd(3))),
        ] {
            let json = format!(r#"{{"driver":"sealed-files","master_key":{source}}}"#);
            let VaultConfig::SealedFiles(config) = read(&json).unwrap() else { panic!() };
            assert_eq!(config.master_key, known);
        }
        assert!(read(r#"{"driver":"sealed-files","masterkey":"vault_folder"}"#).is_err());
        assert!(read(r#"{"driver":"paper"}"#).is_err());
    }

    #[test]
    fn a_store_is_in_the_european_union_and_spoken_to_over_tls() {
        let with = |change: &str| {
            let mut json: serde_json::Value = serde_json::from_str(
                r#"{"driver":"scaleway","region":"fr-par","project_id":"11111111-1111-1111-1111-111111111111",
                    "api_key":{"file":"/etc/kiavi/scaleway.key"}}"#,
            )
            .unwrap();
            let change: serde_json::Value = serde_json::from_str(change).unwrap();
            json.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            let config = read(&json.to_string())?;
            config.egress().map_err(|error| error.to_string())
        };
        let list = with("{}").unwrap().unwrap();
        assert!(list.has(&"api.scaleway.com:443".parse().unwrap()) && !list.allows_private());
        assert!(with(r#"{"api_url":"http://127.0.0.1:9000","allows_private":true}"#).is_ok());
        for wrong in [
            r#"{"region":"us-east"}"#,
            r#"{"project_id":"kiavi"}"#,
            r#"{"path":"kiavi"}"#,
            r#"{"path":"/kiavi/"}"#,
            r#"{"path":"/"}"#,
            r#"{"api_url":"http://127.0.0.1:9000"}"#,
            r#"{"api_url":"https://api.scaleway.com/"}"#,
            r#"{"api_url":"api.scaleway.com:443"}"#,
            r#"{"cache_hours":169}"#,
            r#"{"extra_roots":["x"]}"#,
            r#"{"secret_key":"a"}"#,
        ] {
            assert!(with(wrong).is_err(), "{wrong}");
        }
    }
}
