//! A secret store that does not answer: what waits for it says so and goes on by itself, what cannot wait is refused.

use std::sync::atomic::AtomicBool;

use axum::{body::Body, http::Request};
use kiavi_base::SecretSlice;
use kiavi_vault::{Answer, Health, SecretName, StoredSecret, Unavailable, VaultError, Version, VersionEntry};

use super::{
    api::{get, send},
    *,
};
use crate::CallerKind;

/// A vault that answers unless it is away.
pub(super) struct Away {
    pub(super) vault: SealedFiles,
    pub(super) is_away: Arc<AtomicBool>,
}

impl Away {
    fn or_fail<'a, T: Send + 'a>(&self, answer: Answer<'a, T>) -> Answer<'a, T> {
        match self.is_away.load(Ordering::SeqCst) {
            true => Box::pin(async { Err(VaultError::Unavailable { reason: Unavailable::Unreachable }) }),
            false => answer,
        }
    }
}

impl Vault for Away {
    fn master_key(&self) -> Option<kiavi_vault::KeyId> {
        self.vault.master_key()
    }

    fn sealed<'a>(&'a self, of: &'a TenantId, name: &'a SecretName) -> Answer<'a, Option<Vec<u8>>> {
        self.or_fail(self.vault.sealed(of, name))
    }

    fn take_sealed<'a>(&'a self, of: &'a TenantId, name: &'a SecretName, sealed: &'a [u8]) -> Answer<'a, ()> {
        self.or_fail(self.vault.take_sealed(of, name, sealed))
    }

    fn check_sealed<'a>(
        &'a self,
        of: &'a TenantId,
        name: &'a SecretName,
        sealed: &'a [u8],
    ) -> Answer<'a, ()> {
        self.or_fail(self.vault.check_sealed(of, name, sealed))
    }

    fn put<'a>(
        &'a self,
        of: &'a TenantId,
        name: &'a SecretName,
        value: &'a SecretSlice<u8>,
    ) -> Answer<'a, Version> {
        // Not asked when it is away: files are written as soon as they are asked.
        if self.is_away.load(Ordering::SeqCst) {
            return self.or_fail(Box::pin(std::future::pending()));
        }
        self.vault.put(of, name, value)
    }

    fn get<'a>(&'a self, of: &'a TenantId, name: &'a SecretName) -> Answer<'a, Option<StoredSecret>> {
        self.or_fail(self.vault.get(of, name))
    }

    fn get_version<'a>(
        &'a self,
        of: &'a TenantId,
        name: &'a SecretName,
        version: Version,
    ) -> Answer<'a, Option<StoredSecret>> {
        self.or_fail(self.vault.get_version(of, name, version))
    }

    fn versions<'a>(&'a self, of: &'a TenantId, name: &'a SecretName) -> Answer<'a, Vec<VersionEntry>> {
        self.or_fail(self.vault.versions(of, name))
    }

    fn set_enabled<'a>(
        &'a self,
        of: &'a TenantId,
        name: &'a SecretName,
        version: Version,
        is_enabled: bool,
    ) -> Answer<'a, ()> {
        self.or_fail(self.vault.set_enabled(of, name, version, is_enabled))
    }

    fn destroy_version<'a>(
        &'a self,
        of: &'a TenantId,
        name: &'a SecretName,
        version: Version,
    ) -> Answer<'a, ()> {
        self.or_fail(self.vault.destroy_version(of, name, version))
    }

    fn destroy<'a>(&'a self, of: &'a TenantId, name: &'a SecretName) -> Answer<'a, ()> {
        self.or_fail(self.vault.destroy(of, name))
    }

    fn destroy_tenant<'a>(&'a self, of: &'a TenantId) -> Answer<'a, ()> {
        if self.is_away.load(Ordering::SeqCst) {
            return self.or_fail(Box::pin(std::future::pending()));
        }
        self.vault.destroy_tenant(of)
    }

    fn names<'a>(&'a self, of: &'a TenantId) -> Answer<'a, Vec<SecretName>> {
        self.or_fail(self.vault.names(of))
    }

    fn tenants(&self) -> Answer<'_, Vec<TenantId>> {
        self.or_fail(self.vault.tenants())
    }

    fn health(&self) -> BoxFuture<'_, Health> {
        Box::pin(async {
            let fault = self.or_fail(Box::pin(async { Ok(()) })).await.err();
            Health { fault, ..self.vault.health().await }
        })
    }
}

impl Instance {
    fn set_away(&self, is_away: bool) {
        self.vault_is_away.store(is_away, Ordering::SeqCst);
    }

    async fn assert_waits(&self, control: &Control, id: &TenantId) {
        provision::converge(control, id).await;
        let tenant = control.tenant(id.as_str()).await.unwrap().unwrap();
        assert_eq!(tenant.last_error.as_deref(), Some("vault_unavailable"));
        let detail = crate::step::failure_sentence("vault_unavailable");
        assert!(detail.contains("secret store"), "{detail}");
    }
}

#[tokio::test]
async fn a_tenant_waits_for_the_store_and_is_made_when_it_is_back() {
    let instance = Instance::new().await;
    let control = instance.start().await;
    instance.set_away(true);
    let tenant = instance.request(&control, "shop").await;
    for _ in 0..2 {
        instance.assert_waits(&control, &tenant.id).await;
    }
    instance.set_away(false);
    provision::converge(&control, &tenant.id).await;
    instance.assert_made(&tenant).await;

    // A start asks for the secret again.
    let control = instance.start().await;
    instance.set_away(true);
    instance.assert_waits(&control, &tenant.id).await;
    instance.set_away(false);
    provision::converge(&control, &tenant.id).await;
    let tenant = control.tenant("shop").await.unwrap().unwrap();
    assert_eq!((tenant.state, tenant.last_error.as_deref()), (TenantState::Running, None));

    assert!(control.remove_tenant(&tenant.id).await.unwrap());
    instance.set_away(true);
    instance.assert_waits(&control, &tenant.id).await;
    instance.set_away(false);
    provision::converge(&control, &tenant.id).await;
    instance.assert_gone(&tenant).await;
}

#[tokio::test]
async fn a_new_secret_in_settings_is_refused_and_nothing_is_changed() {
    let instance = Instance::new().await;
    let control = instance.start().await;
    let tenant = instance.tenant(&control, "shop").await;
    let local = control.router(CallerKind::LocalOperator);
    let change = json!({ "social": { "providers": [{ "id": "google", "client_secret": "s" }] } });
    let request = || {
        let request = Request::patch("/v1/tenants/shop/settings").header("content-type", "application/json");
        request.body(Body::from(change.to_string())).unwrap()
    };
    assert_eq!(
        get(&local, "/v1/vault").await.json(),
        json!({ "driver": "sealed-files", "is_available": true })
    );
    instance.set_away(true);
    let refused = send(&local, request()).await;
    assert_eq!(refused.problem(), (503, "vault_unavailable".to_owned()));
    let unchanged = control.tenant("shop").await.unwrap().unwrap();
    assert_eq!(unchanged.settings_version, tenant.settings_version);
    let health = get(&local, "/v1/vault").await.json();
    assert_eq!((&health["is_available"], &health["is_temporary"]), (&json!(false), &json!(true)));
    assert_eq!(health["reason"], "the secret store cannot be reached (no connection)");
}
