//! What the process that keeps a vault is given to open it with: the keys themselves, as they travel in a sealed memory
//! file from whoever may read them.

use std::{io, path::Path, sync::Arc};

use kiavi_base::{Clock, ExposeSecret, Rng, SecretString};
use kiavi_egress::{Client, Dial};
use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, Serialize};

use crate::{
    Account, Cached, MasterKey, Passphrase, Scaleway, ScalewayConfig, SealedFiles, Vault, VaultError, hex,
    sealed_files::open_folder,
};

/// A vault's configuration with its keys. It cannot be printed.
pub enum Opening {
    /// Files in the process's folder.
    SealedFiles {
        /// The keys that may be its master key; none: it lies in the folder.
        keys: Vec<MasterKey>,
    },
    /// Scaleway's Secret Manager.
    Scaleway {
        /// The section of the configuration.
        config: Box<ScalewayConfig>,
        /// The secret key of the API key.
        secret_key: SecretString,
    },
}

/// A vault that is open.
pub struct Opened {
    /// The vault.
    pub vault: Arc<dyn Vault>,
    /// The same, if it keeps a copy of what is elsewhere: somebody has to call [`Cached::refresh`].
    pub cached: Option<Arc<Cached>>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Written {
    SealedFiles {
        keys: Vec<WrittenKey>,
    },
    Scaleway {
        config: Box<ScalewayConfig>,
        #[serde(with = "hex")]
        secret_key: Zeroizing<Vec<u8>>,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenKey {
    #[serde(with = "hex")]
    key: Zeroizing<Vec<u8>>,
    passphrase: Option<Passphrase>,
}

/// Counts what is written.
struct Length(usize);

impl io::Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Opening {
    /// As it travels.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let written = match self {
            Self::SealedFiles { keys } => {
                let key = |key: &MasterKey| WrittenKey {
                    key: key.expose().to_vec().into(),
                    passphrase: key.passphrase().copied(),
                };
                Written::SealedFiles { keys: keys.iter().map(key).collect() }
            }
            Self::Scaleway { config, secret_key } => Written::Scaleway {
                config: config.clone(),
                secret_key: secret_key.expose_secret().as_bytes().to_vec().into(),
            },
        };
        // Its whole size at once: growing would leave copies of keys behind.
        let mut length = Length(0);
        let mut bytes = match serde_json::to_writer(&mut length, &written) {
            Ok(()) => Zeroizing::new(Vec::with_capacity(length.0)),
            Err(_) => return Zeroizing::default(),
        };
        // Writing to memory does not fail.
        let _ = serde_json::to_writer(&mut *bytes, &written);
        bytes
    }

    /// Reads what [`Opening::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`VaultError::MasterKeyDamaged`] when it is not that.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, VaultError> {
        let damaged = VaultError::MasterKeyDamaged;
        Ok(match serde_json::from_slice(bytes).map_err(|_| damaged)? {
            Written::SealedFiles { keys } => {
                let key = |written: &WrittenKey| {
                    let bytes =
                        written.key.as_slice().try_into().map_err(|_| VaultError::MasterKeyDamaged)?;
                    Ok(MasterKey::from_bytes(bytes).derived_as(written.passphrase))
                };
                Self::SealedFiles { keys: keys.iter().map(key).collect::<Result<_, VaultError>>()? }
            }
            Written::Scaleway { config, secret_key } => {
                let text = std::str::from_utf8(&secret_key).map_err(|_| VaultError::MasterKeyDamaged)?;
                Self::Scaleway { config, secret_key: text.to_owned().into() }
            }
        })
    }

    /// Opens the vault, in the folder at `path` as far as it is on this machine and by way of `dial` as far as not.
    ///
    /// # Errors
    /// When the folder or the keys cannot be used.
    pub fn open(
        self,
        path: &Path,
        dial: Arc<dyn Dial>,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
    ) -> Result<Opened, VaultError> {
        let (config, secret_key) = match self {
            Self::SealedFiles { keys } if keys.is_empty() => {
                return Ok(Opened { vault: Arc::new(SealedFiles::open(path, rng)?), cached: None });
            }
            Self::SealedFiles { keys } => {
                let vault = SealedFiles::with_master_key(open_folder(path)?, keys, rng)?;
                return Ok(Opened { vault: Arc::new(vault), cached: None });
            }
            Self::Scaleway { config, secret_key } => (config, secret_key),
        };
        let host = config.host().map_err(|_| VaultError::Protocol { what: "the store's address is none" })?;
        let client = Client::new([host], config.extra_roots.clone(), dial, clock.clone());
        let age = config.cache_age();
        let ScalewayConfig { region, project_id, path: folder, api_url, .. } = *config;
        let account = Account { api_url, region, project_id, path: folder, secret_key };
        let store = Scaleway::new(account, Arc::new(client), rng.clone());
        if age.is_zero() {
            return Ok(Opened { vault: Arc::new(store), cached: None });
        }
        let cached = Arc::new(Cached::new(Box::new(store), path, age, clock, rng)?);
        Ok(Opened { vault: cached.clone(), cached: Some(cached) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let passphrase = Passphrase { salt: [1; 16], cost: kiavi_crypto::PassphraseCost::RECOMMENDED };
        let keys = vec![
            MasterKey::from_bytes(&[1; 32]),
            MasterKey::from_bytes(&[2; 32]).derived_as(Some(passphrase)),
        ];
        let bytes = Opening::SealedFiles { keys }.to_bytes();
        assert_eq!(bytes.len(), bytes.capacity(), "no smaller buffer was left behind");
        let Opening::SealedFiles { keys } = Opening::from_bytes(&bytes).unwrap() else { panic!() };
        assert_eq!((keys[0].expose(), keys[0].passphrase()), (&[1; 32], None));
        assert_eq!((keys[1].expose(), keys[1].passphrase()), (&[2; 32], Some(&passphrase)));

        let config = r#"{"region":"pl-waw","project_id":"11111111-1111-1111-1111-111111111111",
                         "api_key":{"credential":"scaleway"}}"#;
        let config: Box<ScalewayConfig> = serde_json::from_str(config).unwrap();
        let bytes =
            Opening::Scaleway { config: config.clone(), secret_key: "key".to_owned().into() }.to_bytes();
        let Opening::Scaleway { config: read, secret_key } = Opening::from_bytes(&bytes).unwrap() else {
            panic!()
        };
        assert_eq!((read, secret_key.expose_secret()), (config, "key"));
        assert!(Opening::from_bytes(b"{}").is_err());
    }
}
