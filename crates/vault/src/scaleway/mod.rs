//! The driver that keeps secrets in Scaleway's Secret Manager (API v1beta1).
//!
//! A tenant's secrets are in a folder of its own, `<path>/<tenant>`, each under its name and tagged `kiavi` and with
//! the tenant's id; a version of ours is a revision there. Each secret is protected, so that a slip of the hand in the
//! store's console deletes none; [`Vault::destroy`] takes the protection off first. The store gives what was deleted
//! seven days, in which an administrator of the project could restore it.

mod api;
mod call;
mod crc;
mod wire;

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use kiavi_base::{ExposeSecret, Rng, SecretSlice, SecretString, TenantId};
use kiavi_egress::HttpClient;
use serde::{Deserialize, Serialize};

use self::api::Api;
use self::wire::Status;
use crate::{
    Answer, Health, MAX_SECRET_LENGTH, SecretName, StoredSecret, Vault, VaultError, Version, VersionEntry,
};

/// Where a secret is kept; all of them are in the European Union.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Region {
    /// Paris.
    #[serde(rename = "fr-par")]
    FrPar,
    /// Amsterdam.
    #[serde(rename = "nl-ams")]
    NlAms,
    /// Warsaw.
    #[serde(rename = "pl-waw")]
    PlWaw,
}

impl Region {
    /// As the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FrPar => "fr-par",
            Self::NlAms => "nl-ams",
            Self::PlWaw => "pl-waw",
        }
    }
}

/// Whose secrets these are, and what proves it.
#[derive(Clone)]
pub struct Account {
    /// The API's origin, without a slash at the end.
    pub api_url: String,
    /// Where secrets are kept.
    pub region: Region,
    /// The project that they belong to.
    pub project_id: String,
    /// The folder that tenants' folders are in, such as `/kiavi`.
    pub path: String,
    /// The secret key of an API key that may read and write secrets of the project, and nothing else.
    pub secret_key: SecretString,
}

/// Secrets in Scaleway's Secret Manager.
pub struct Scaleway {
    api: Api,
}

impl fmt::Debug for Scaleway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scaleway(…)")
    }
}

impl Scaleway {
    /// Reaches the store by way of `http`, which has to list its server. `rng` spreads retries in time.
    pub fn new(account: Account, http: Arc<dyn HttpClient>, rng: Arc<dyn Rng>) -> Self {
        Self { api: Api::new(account, http, rng) }
    }

    async fn store(
        &self,
        tenant: &TenantId,
        name: &SecretName,
        secret: &[u8],
    ) -> Result<Version, VaultError> {
        if secret.len() > MAX_SECRET_LENGTH {
            return Err(VaultError::TooLong);
        }
        let id = self.api.ensure_secret(tenant, name).await?;
        self.api.add_version(&id, secret).await.map(Version)
    }

    async fn list(&self, tenant: &TenantId, name: &SecretName) -> Result<Vec<VersionEntry>, VaultError> {
        let Some(secret) = self.api.find_secret(tenant, name).await? else { return Ok(Vec::new()) };
        let listed = self.api.versions(&secret.id).await?;
        let mut versions: Vec<_> = listed.iter().filter_map(wire::SecretVersion::entry).collect();
        versions.sort();
        Ok(versions)
    }

    async fn load(
        &self,
        tenant: &TenantId,
        name: &SecretName,
        version: Version,
    ) -> Result<Option<StoredSecret>, VaultError> {
        match self.api.access(tenant, name, &version.0.to_string()).await {
            // A version that is disabled is refused; which status that has is not said anywhere.
            Err(VaultError::Refused { status: 400 | 403 | 409 | 412, kind }) => {
                let listed = self.list(tenant, name).await?;
                match listed.iter().any(|entry| entry.version == version && entry.is_enabled) {
                    true => Err(VaultError::Refused { status: 403, kind }),
                    false => Ok(None),
                }
            }
            answer => answer,
        }
    }

    async fn enable(
        &self,
        tenant: &TenantId,
        name: &SecretName,
        version: Version,
        is_enabled: bool,
    ) -> Result<(), VaultError> {
        let secret = self.api.find_secret(tenant, name).await?.ok_or(VaultError::NoSuchVersion)?;
        let listed = self.api.versions(&secret.id).await?;
        let known = listed.iter().find(|listed| listed.revision == version.0).map(|listed| listed.status);
        match (known, is_enabled) {
            (Some(Status::Enabled), true) | (Some(Status::Disabled), false) => Ok(()),
            (Some(Status::Enabled | Status::Disabled), _) => {
                self.api.set_enabled(&secret.id, version.0, is_enabled).await
            }
            _ => Err(VaultError::NoSuchVersion),
        }
    }

    async fn delete(&self, tenant: &TenantId, name: Option<&SecretName>) -> Result<(), VaultError> {
        for secret in self.api.secrets_of(tenant, name).await? {
            self.api.delete_secret(&secret).await?;
        }
        Ok(())
    }

    async fn list_names(&self, tenant: &TenantId) -> Result<Vec<SecretName>, VaultError> {
        let secrets = self.api.secrets_of(tenant, None).await?;
        let mut names: Vec<SecretName> =
            secrets.iter().filter_map(|secret| secret.name.parse().ok()).collect();
        names.sort();
        Ok(names)
    }
}

impl Vault for Scaleway {
    fn put<'a>(
        &'a self,
        tenant: &'a TenantId,
        name: &'a SecretName,
        value: &'a SecretSlice<u8>,
    ) -> Answer<'a, Version> {
        Box::pin(self.store(tenant, name, value.expose_secret()))
    }

    fn get<'a>(&'a self, tenant: &'a TenantId, name: &'a SecretName) -> Answer<'a, Option<StoredSecret>> {
        Box::pin(self.api.access(tenant, name, "latest_enabled"))
    }

    fn get_version<'a>(
        &'a self,
        tenant: &'a TenantId,
        name: &'a SecretName,
        version: Version,
    ) -> Answer<'a, Option<StoredSecret>> {
        Box::pin(self.load(tenant, name, version))
    }

    fn versions<'a>(&'a self, tenant: &'a TenantId, name: &'a SecretName) -> Answer<'a, Vec<VersionEntry>> {
        Box::pin(self.list(tenant, name))
    }

    fn set_enabled<'a>(
        &'a self,
        tenant: &'a TenantId,
        name: &'a SecretName,
        version: Version,
        is_enabled: bool,
    ) -> Answer<'a, ()> {
        Box::pin(self.enable(tenant, name, version, is_enabled))
    }

    fn destroy_version<'a>(
        &'a self,
        tenant: &'a TenantId,
        name: &'a SecretName,
        version: Version,
    ) -> Answer<'a, ()> {
        Box::pin(async move {
            match self.api.find_secret(tenant, name).await? {
                Some(secret) => self.api.delete_version(&secret.id, version.0).await,
                None => Ok(()),
            }
        })
    }

    fn destroy<'a>(&'a self, tenant: &'a TenantId, name: &'a SecretName) -> Answer<'a, ()> {
        Box::pin(self.delete(tenant, Some(name)))
    }

    fn destroy_tenant<'a>(&'a self, tenant: &'a TenantId) -> Answer<'a, ()> {
        Box::pin(self.delete(tenant, None))
    }

    fn names<'a>(&'a self, tenant: &'a TenantId) -> Answer<'a, Vec<SecretName>> {
        Box::pin(self.list_names(tenant))
    }

    fn tenants(&self) -> Answer<'_, Vec<TenantId>> {
        Box::pin(self.api.tenants())
    }

    fn health(&self) -> BoxFuture<'_, Health> {
        Box::pin(async move {
            let fault = self.api.look().await.err();
            Health { driver: "scaleway", fault, unavailable_since: None, cache_age: None }
        })
    }
}
