//! The calls of the API that a vault needs.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Method;
use kiavi_base::{Rng, SecretSlice, TenantId};
use kiavi_crypto::constant_time_eq;
use kiavi_egress::HttpClient;
use secrecy::ExposeSecret;
use secrecy::zeroize::Zeroizing;
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::form_urlencoded::Serializer;

use super::call::{Caller, is_missing};
use super::crc::crc32;
use super::wire::{Accessed, CreateSecret, CreateVersion, Secret, SecretVersion, SecretVersions, Secrets};
use super::{Account, Region};
use crate::{SecretName, StoredSecret, VaultError, Version};

/// Marks what is ours.
const TAG: &str = "kiavi";

/// Entries of one page; the most that the API gives.
const PAGE: usize = 100;

/// The most pages that are read: far beyond what an instance has, and an end to a store that never says it is one.
const MAX_PAGES: u32 = 10_000;

pub(super) struct Api {
    caller: Caller,
    /// `https://…/secret-manager/v1beta1/regions/<region>`.
    base: String,
    project_id: String,
    path: String,
}

impl Api {
    pub(super) fn new(account: Account, http: Arc<dyn HttpClient>, rng: Arc<dyn Rng>) -> Self {
        let Account { api_url, region, project_id, path, secret_key } = account;
        let base = format!("{api_url}/secret-manager/v1beta1/regions/{}", Region::as_str(region));
        Self { caller: Caller::new(http, rng, secret_key), base, project_id, path }
    }

    fn folder(&self, tenant: &TenantId) -> String {
        format!("{}/{tenant}", self.path)
    }

    fn secret_url(&self, id: &str) -> String {
        // An id comes from the store; what is not one may not lead elsewhere.
        let id: String = id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        format!("{}/secrets/{id}", self.base)
    }

    async fn get<T: DeserializeOwned>(&self, url: &str) -> Result<T, VaultError> {
        self.caller.repeating(|_| self.caller.once(Method::GET, url, None)).await
    }

    /// All pages of secrets of ours that `filter` lets through.
    async fn list(&self, filter: &[(&str, &str)]) -> Result<Vec<Secret>, VaultError> {
        let mut found: Vec<Secret> = Vec::new();
        for page in 1..MAX_PAGES {
            let query = self.query(filter, page, PAGE);
            let next = match self.get::<Secrets>(&format!("{}/secrets?{query}", self.base)).await {
                Err(error) if is_missing(&error) => break,
                next => next?,
            };
            let is_last = next.secrets.is_empty();
            found.extend(next.secrets);
            if is_last || found.len() as u64 >= next.total_count {
                break;
            }
        }
        Ok(found)
    }

    fn query(&self, filter: &[(&str, &str)], page: u32, page_size: usize) -> String {
        let mut query = Serializer::new(String::new());
        query.append_pair("project_id", &self.project_id).append_pair("scheduled_for_deletion", "false");
        query.append_pair("page", &page.to_string()).append_pair("page_size", &page_size.to_string());
        query.append_pair("tags", TAG).extend_pairs(filter);
        query.finish()
    }

    /// The secrets of a tenant, or the one with this name.
    pub(super) async fn secrets_of(
        &self,
        tenant: &TenantId,
        name: Option<&SecretName>,
    ) -> Result<Vec<Secret>, VaultError> {
        let folder = self.folder(tenant);
        let mut filter = vec![("path", folder.as_str())];
        filter.extend(name.map(|name| ("name", name.as_str())));
        let mut found = self.list(&filter).await?;
        // The filters are the store's word; what is deleted depends on it.
        found.retain(|secret| secret.path == folder && name.is_none_or(|name| secret.name == name.as_str()));
        Ok(found)
    }

    pub(super) async fn find_secret(
        &self,
        tenant: &TenantId,
        name: &SecretName,
    ) -> Result<Option<Secret>, VaultError> {
        Ok(self.secrets_of(tenant, Some(name)).await?.into_iter().next())
    }

    /// The tenants that have a secret.
    pub(super) async fn tenants(&self) -> Result<Vec<TenantId>, VaultError> {
        let tenant = |secret: &Secret| {
            secret.path.strip_prefix(&self.path)?.strip_prefix('/')?.parse::<TenantId>().ok()
        };
        let mut tenants: Vec<_> = self.list(&[]).await?.iter().filter_map(tenant).collect();
        tenants.sort();
        tenants.dedup();
        Ok(tenants)
    }

    /// Asks for as little as there is, once.
    pub(super) async fn look(&self) -> Result<(), VaultError> {
        let url = format!("{}/secrets?{}", self.base, self.query(&[], 1, 1));
        match self.caller.once::<Secrets>(Method::GET, &url, None).await {
            Ok(_) => Ok(()),
            Err(failed) => Err(failed.into_error()),
        }
    }

    /// The id of the secret, which is made when there is none. Listed before each attempt, so that one whose answer was
    /// lost makes no second secret.
    pub(super) async fn ensure_secret(
        &self,
        tenant: &TenantId,
        name: &SecretName,
    ) -> Result<String, VaultError> {
        let body = self.new_secret(tenant, name)?;
        let url = format!("{}/secrets", self.base);
        let made = self.caller.repeating(|_| async {
            if let Some(known) = self.find_secret(tenant, name).await? {
                return Ok(known.id);
            }
            let made: Secret = self.caller.once(Method::POST, &url, Some(body.clone())).await?;
            Ok(made.id)
        });
        match made.await {
            // Somebody else was first.
            Err(error @ VaultError::Refused { status: 400 | 409, .. }) => {
                self.find_secret(tenant, name).await?.map(|known| known.id).ok_or(error)
            }
            made => made,
        }
    }

    fn new_secret(&self, tenant: &TenantId, name: &SecretName) -> Result<Bytes, VaultError> {
        json(&CreateSecret {
            name: name.as_str(),
            project_id: &self.project_id,
            path: &self.folder(tenant),
            tags: [TAG, tenant.as_str()],
            r#type: "opaque",
            protected: true,
            description: "A secret of a Kiavi tenant. Kiavi removes it with the tenant.",
        })
    }

    /// Adds a version and returns its number. When the answer to an attempt was lost, the version is looked for before
    /// the next one.
    pub(super) async fn add_version(&self, id: &str, secret: &[u8]) -> Result<u32, VaultError> {
        let before = self.versions(id).await?.iter().map(|version| version.revision).max().unwrap_or(0);
        let data = Zeroizing::new(STANDARD.encode(secret));
        let body = json(&CreateVersion { data: &data, data_crc32: crc32(secret) })?;
        let url = format!("{}/versions", self.secret_url(id));
        let attempt = |number| {
            let (body, url) = (body.clone(), &url);
            async move {
                if number > 0
                    && let Some(revision) = self.find_version(id, before, secret).await?
                {
                    return Ok(revision);
                }
                let made: SecretVersion = self.caller.once(Method::POST, url, Some(body)).await?;
                Ok(made.revision)
            }
        };
        self.caller.repeating(attempt).await
    }

    /// The version after `before` that holds `secret`.
    async fn find_version(&self, id: &str, before: u32, secret: &[u8]) -> Result<Option<u32>, VaultError> {
        for version in self.versions(id).await?.iter().filter(|version| version.revision > before) {
            let url = format!("{}/versions/{}/access", self.secret_url(id), version.revision);
            let found = opened(self.get(&url).await?)?;
            if constant_time_eq(found.value.expose_secret(), secret) {
                return Ok(Some(version.revision));
            }
        }
        Ok(None)
    }

    /// The versions of a secret, in no order, those that are gone among them.
    pub(super) async fn versions(&self, id: &str) -> Result<Vec<SecretVersion>, VaultError> {
        let mut found: Vec<SecretVersion> = Vec::new();
        for page in 1..MAX_PAGES {
            let url = format!("{}/versions?page={page}&page_size={PAGE}", self.secret_url(id));
            let next: SecretVersions = match self.get(&url).await {
                Err(error) if is_missing(&error) => break,
                next => next?,
            };
            let is_last = next.versions.is_empty();
            found.extend(next.versions);
            if is_last || found.len() as u64 >= next.total_count {
                break;
            }
        }
        Ok(found)
    }

    /// The value of a version by its number, or of `latest_enabled`.
    pub(super) async fn access(
        &self,
        tenant: &TenantId,
        name: &SecretName,
        revision: &str,
    ) -> Result<Option<StoredSecret>, VaultError> {
        let url = self.access_url(tenant, name, revision);
        match self.get(&url).await {
            Ok(accessed) => opened(accessed).map(Some),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn access_url(&self, tenant: &TenantId, name: &SecretName, revision: &str) -> String {
        let mut query = Serializer::new(String::new());
        query.append_pair("project_id", &self.project_id).append_pair("secret_name", name.as_str());
        query.append_pair("secret_path", &self.folder(tenant));
        format!("{}/secrets-by-path/versions/{revision}/access?{}", self.base, query.finish())
    }

    /// Has a version given out, or not.
    pub(super) async fn set_enabled(
        &self,
        id: &str,
        revision: u32,
        is_enabled: bool,
    ) -> Result<(), VaultError> {
        let verb = if is_enabled { "enable" } else { "disable" };
        self.post_empty(&format!("{}/versions/{revision}/{verb}", self.secret_url(id))).await
    }

    async fn post_empty(&self, url: &str) -> Result<(), VaultError> {
        let body = Some(Bytes::from_static(b"{}"));
        self.caller.repeating(|_| self.caller.send(Method::POST, url, body.clone())).await.map(drop)
    }

    /// Deletes a secret with all its versions. What is not there counts as deleted.
    pub(super) async fn delete_secret(&self, secret: &Secret) -> Result<(), VaultError> {
        let url = self.secret_url(&secret.id);
        if secret.protected {
            match self.post_empty(&format!("{url}/unprotect")).await {
                Err(error) if is_missing(&error) => return Ok(()),
                done => done?,
            }
        }
        self.delete(&url).await
    }

    /// Deletes a version. What is not there counts as deleted.
    pub(super) async fn delete_version(&self, id: &str, revision: u32) -> Result<(), VaultError> {
        self.delete(&format!("{}/versions/{revision}", self.secret_url(id))).await
    }

    async fn delete(&self, url: &str) -> Result<(), VaultError> {
        match self.caller.repeating(|_| self.caller.send(Method::DELETE, url, None)).await {
            Err(error) if is_missing(&error) => Ok(()),
            done => done.map(drop),
        }
    }
}

/// A value as it came, checked.
fn opened(accessed: Accessed) -> Result<StoredSecret, VaultError> {
    let data = Zeroizing::new(accessed.data);
    let damaged = VaultError::Protocol { what: "the value is not base64, or not what its checksum says" };
    let Ok(value) = STANDARD.decode(data.as_bytes()).map(Zeroizing::new) else { return Err(damaged) };
    // A store without a checksum says 0 or nothing.
    if accessed.data_crc32.is_some_and(|crc| crc != 0 && crc != crc32(&value)) {
        return Err(damaged);
    }
    Ok(StoredSecret { version: Version(accessed.revision), value: SecretSlice::from(value.to_vec()) })
}

fn json(value: &impl Serialize) -> Result<Bytes, VaultError> {
    let text = serde_json::to_vec(value);
    text.map(Bytes::from).map_err(|_| VaultError::Protocol { what: "the request cannot be written" })
}
