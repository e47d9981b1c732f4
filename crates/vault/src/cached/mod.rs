//! A store on a network, and what to do while it is down.
//!
//! What the store gives out is kept beside it, sealed by a key of this machine, and given out for a bounded time after
//! the store last confirmed it, while the store cannot be reached. A store that answers decides: what it says is gone
//! is gone here, and a refusal is not a store that is down. [`Cached::refresh`] asks it again for everything that is
//! kept, so that the time begins anew as long as the store is up, and what was destroyed there goes here.

mod shelf;

use std::{
    fmt,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use kiavi_base::{Clock, ExposeSecret, Rng, SecretSlice, TenantId};
use kiavi_crypto::constant_time_eq;

use self::shelf::{Shelf, Slot};
use crate::{Answer, Health, SecretName, StoredSecret, Vault, VaultError, Version, VersionEntry};

/// The longest time that may be configured: a week.
pub const MAX_CACHE_AGE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// A vault around another one.
pub struct Cached {
    store: Box<dyn Vault>,
    shelf: Shelf,
    age: Duration,
    clock: Arc<dyn Clock>,
    unavailable_since: Mutex<Option<Timestamp>>,
}

impl fmt::Debug for Cached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cached(…)")
    }
}

impl Cached {
    /// Keeps what `store` gives out in the folder at `path`, which must exist, and gives it out for up to `age` after
    /// the store last confirmed it.
    ///
    /// # Errors
    /// When the folder or the key in it cannot be used.
    pub fn new(
        store: Box<dyn Vault>,
        path: &Path,
        age: Duration,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
    ) -> Result<Self, VaultError> {
        let shelf = Shelf::open(path, rng)?;
        Ok(Self { store, shelf, age: age.min(MAX_CACHE_AGE), clock, unavailable_since: Mutex::default() })
    }

    /// How often [`Cached::refresh`] is worth it.
    pub fn refresh_interval(&self) -> Duration {
        (self.age / 8).clamp(Duration::from_secs(60), Duration::from_secs(3600))
    }

    /// Asks the store again for everything that is kept. Ends early when it is down.
    ///
    /// # Errors
    /// When the store does not answer, or the folder cannot be read.
    pub async fn refresh(&self) -> Result<(), VaultError> {
        for (tenant, name, slot) in self.shelf.list()? {
            let answer = match slot {
                Slot::Newest => self.store.get(&tenant, &name).await,
                Slot::Numbered(version) => self.store.get_version(&tenant, &name, version).await,
            };
            self.hear(&answer);
            self.note(&tenant, &name, slot, answer?.as_ref());
        }
        Ok(())
    }

    /// The store's answer, or what is kept when there is none.
    async fn or_kept(
        &self,
        (tenant, name, slot): (&TenantId, &SecretName, Slot),
        answer: Result<Option<StoredSecret>, VaultError>,
    ) -> Result<Option<StoredSecret>, VaultError> {
        self.hear(&answer);
        match answer {
            Ok(found) => {
                self.note(tenant, name, slot, found.as_ref());
                Ok(found)
            }
            Err(error) if error.is_temporary() => match self.kept(tenant, name, slot) {
                Some(kept) => {
                    tracing::warn!(%tenant, %name, %error, "a secret comes from the cache");
                    Ok(Some(kept))
                }
                None => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    fn kept(&self, tenant: &TenantId, name: &SecretName, slot: Slot) -> Option<StoredSecret> {
        let now = self.clock.now();
        match self.shelf.get(tenant, name, slot) {
            Ok(Some(kept)) if kept.is_younger_than(self.age, now) => Some(kept.secret),
            Ok(_) => None,
            Err(error) => {
                tracing::warn!(%tenant, %name, %error, "what is kept of a secret cannot be read");
                None
            }
        }
    }

    /// Keeps what the store said. That it cannot be kept is no reason not to go on.
    fn note(&self, tenant: &TenantId, name: &SecretName, slot: Slot, found: Option<&StoredSecret>) {
        let noted = match found {
            Some(secret) if self.is_known(tenant, name, slot, secret) => Ok(()),
            Some(secret) => self.shelf.put(tenant, name, slot, secret, self.clock.now()),
            None => self.shelf.forget(tenant, name, slot),
        };
        if let Err(error) = noted {
            tracing::warn!(%tenant, %name, %error, "the cache of secrets cannot be written");
        }
    }

    /// Whether the same was noted not long ago: a start asks for every secret, and each note waits for the disk.
    fn is_known(&self, tenant: &TenantId, name: &SecretName, slot: Slot, secret: &StoredSecret) -> bool {
        let known = self.shelf.get(tenant, name, slot).ok().flatten();
        known.is_some_and(|kept| {
            let (old, new) = (kept.secret.value.expose_secret(), secret.value.expose_secret());
            kept.secret.version == secret.version
                && constant_time_eq(old, new)
                && kept.is_younger_than(self.age / 24, self.clock.now())
        })
    }

    /// Keeps a version no more. It may be the newest one, or become it when it is enabled.
    fn forget(
        &self,
        tenant: &TenantId,
        name: &SecretName,
        version: Version,
        may_become_newest: bool,
    ) -> Result<(), VaultError> {
        self.shelf.forget(tenant, name, Slot::Numbered(version))?;
        let newest = self.shelf.get(tenant, name, Slot::Newest);
        match newest {
            Ok(Some(kept)) if kept.secret.version != version && !may_become_newest => Ok(()),
            _ => self.shelf.forget(tenant, name, Slot::Newest),
        }
    }

    /// Notes whether the store is up.
    fn hear<T>(&self, answer: &Result<T, VaultError>) {
        let is_down = answer.as_ref().err().is_some_and(VaultError::is_temporary);
        let mut since = self.unavailable_since.lock().unwrap_or_else(PoisonError::into_inner);
        match (is_down, *since) {
            (true, None) => {
                tracing::error!("the secret store cannot be reached");
                *since = Some(self.clock.now());
            }
            (false, Some(down)) => {
                tracing::info!(%down, "the secret store answers again");
                *since = None;
            }
            _ => {}
        }
    }
}

impl Vault for Cached {
    fn put<'a>(
        &'a self,
        tenant: &'a TenantId,
        name: &'a SecretName,
        value: &'a SecretSlice<u8>,
    ) -> Answer<'a, Version> {
        Box::pin(async move {
            let answer = self.store.put(tenant, name, value).await;
            self.hear(&answer);
            // The one before is not the newest any more. When nothing is known it still is what engines run with.
            let version = answer?;
            let secret = StoredSecret { version, value: value.clone() };
            self.note(tenant, name, Slot::Newest, Some(&secret));
            Ok(version)
        })
    }

    fn get<'a>(&'a self, tenant: &'a TenantId, name: &'a SecretName) -> Answer<'a, Option<StoredSecret>> {
        Box::pin(async move {
            let answer = self.store.get(tenant, name).await;
            self.or_kept((tenant, name, Slot::Newest), answer).await
        })
    }

    fn get_version<'a>(
        &'a self,
        tenant: &'a TenantId,
        name: &'a SecretName,
        version: Version,
    ) -> Answer<'a, Option<StoredSecret>> {
        Box::pin(async move {
            let answer = self.store.get_version(tenant, name, version).await;
            self.or_kept((tenant, name, Slot::Numbered(version)), answer).await
        })
    }

    fn versions<'a>(&'a self, tenant: &'a TenantId, name: &'a SecretName) -> Answer<'a, Vec<VersionEntry>> {
        self.store.versions(tenant, name)
    }

    fn set_enabled<'a>(
        &'a self,
        tenant: &'a TenantId,
        name: &'a SecretName,
        version: Version,
        is_enabled: bool,
    ) -> Answer<'a, ()> {
        Box::pin(async move {
            // First: what comes after may fail, and then the cache must not say otherwise.
            self.forget(tenant, name, version, is_enabled)?;
            self.store.set_enabled(tenant, name, version, is_enabled).await
        })
    }

    fn destroy_version<'a>(
        &'a self,
        tenant: &'a TenantId,
        name: &'a SecretName,
        version: Version,
    ) -> Answer<'a, ()> {
        Box::pin(async move {
            self.forget(tenant, name, version, false)?;
            self.store.destroy_version(tenant, name, version).await
        })
    }

    fn destroy<'a>(&'a self, tenant: &'a TenantId, name: &'a SecretName) -> Answer<'a, ()> {
        Box::pin(async move {
            self.shelf.forget_all(tenant, Some(name))?;
            self.store.destroy(tenant, name).await
        })
    }

    fn destroy_tenant<'a>(&'a self, tenant: &'a TenantId) -> Answer<'a, ()> {
        Box::pin(async move {
            self.shelf.forget_all(tenant, None)?;
            self.store.destroy_tenant(tenant).await
        })
    }

    fn names<'a>(&'a self, tenant: &'a TenantId) -> Answer<'a, Vec<SecretName>> {
        self.store.names(tenant)
    }

    fn tenants(&self) -> Answer<'_, Vec<TenantId>> {
        self.store.tenants()
    }

    fn health(&self) -> BoxFuture<'_, Health> {
        Box::pin(async move {
            let health = self.store.health().await;
            let Health { driver, fault, .. } = health;
            let answer = fault.map_or(Ok(()), Err);
            self.hear(&answer);
            let since = *self.unavailable_since.lock().unwrap_or_else(PoisonError::into_inner);
            Health { driver, fault: answer.err(), unavailable_since: since, cache_age: Some(self.age) }
        })
    }
}
