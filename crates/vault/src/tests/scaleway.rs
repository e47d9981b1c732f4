//! The driver of the network store: what it asks, what it does when answers are lost, what it refuses to believe.

use std::time::Duration;

use kiavi_egress::EgressError;

use super::store::{Fate, Store};
use super::*;
use crate::{Account, Region, Scaleway, Unavailable};

pub(super) fn driver(store: &Arc<Store>) -> Scaleway {
    let account = Account {
        api_url: "https://api.test".to_owned(),
        region: Region::NlAms,
        project_id: "11111111-1111-1111-1111-111111111111".to_owned(),
        path: "/kiavi".to_owned(),
        secret_key: "key".to_owned().into(),
    };
    Scaleway::new(account, store.clone(), Arc::new(SeededRng::new(1)))
}

fn value(text: &str) -> SecretSlice<u8> {
    SecretSlice::from(text.as_bytes().to_vec())
}

async fn text(vault: &Scaleway, tenant: &TenantId) -> Option<String> {
    let stored = vault.get(tenant, &name("secret")).await.unwrap();
    stored.map(|secret| String::from_utf8(secret.value.expose_secret().to_vec()).unwrap())
}

async fn entries(vault: &Scaleway, tenant: &TenantId) -> Vec<(u32, bool)> {
    let versions = vault.versions(tenant, &name("secret")).await.unwrap();
    versions.iter().map(|entry| (entry.version.0, entry.is_enabled)).collect()
}

const DOWN: Fate = Fate::Lost(EgressError::Unreachable);

#[tokio::test]
async fn a_secret_has_versions_that_can_be_disabled_and_destroyed() {
    let store = Arc::new(Store::default());
    let (vault, tenant, name) = (driver(&store), tenant(1), name("secret"));
    assert_eq!(text(&vault, &tenant).await, None);
    assert!(entries(&vault, &tenant).await.is_empty());
    for (number, text) in [(1, "first"), (2, "second"), (3, "third")] {
        assert_eq!(vault.put(&tenant, &name, &value(text)).await.unwrap(), Version(number));
    }
    assert_eq!(text(&vault, &tenant).await.as_deref(), Some("third"));
    for _ in 0..2 {
        vault.set_enabled(&tenant, &name, Version(3), false).await.unwrap();
    }
    assert_eq!(text(&vault, &tenant).await.as_deref(), Some("second"));
    assert!(vault.get_version(&tenant, &name, Version(3)).await.unwrap().is_none());
    vault.destroy_version(&tenant, &name, Version(2)).await.unwrap();
    assert_eq!(entries(&vault, &tenant).await, [(1, true), (3, false)]);
    let missing = vault.set_enabled(&tenant, &name, Version(2), true).await;
    assert!(matches!(missing, Err(VaultError::NoSuchVersion)));
    assert!(vault.get_version(&tenant, &name, Version(2)).await.unwrap().is_none());
    assert!(vault.get_version(&tenant, &name, Version(9)).await.unwrap().is_none());
    vault.set_enabled(&tenant, &name, Version(3), true).await.unwrap();
    let third = vault.get_version(&tenant, &name, Version(3)).await.unwrap().unwrap();
    assert_eq!(third.value.expose_secret(), b"third");
    assert!(vault.health().await.fault.is_none());
}

#[tokio::test]
async fn tenants_and_names_are_kept_apart() {
    let store = Arc::new(Store::default());
    let vault = driver(&store);
    for seed in 1..4 {
        for secret in ["secret", "settings-a"] {
            vault.put(&tenant(seed), &name(secret), &value(&format!("{secret}{seed}"))).await.unwrap();
        }
    }
    let mut all = [tenant(1), tenant(2), tenant(3)];
    all.sort();
    assert_eq!(vault.tenants().await.unwrap(), all);
    assert_eq!(vault.names(&tenant(2)).await.unwrap(), [name("secret"), name("settings-a")]);
    vault.destroy(&tenant(1), &name("secret")).await.unwrap();
    vault.destroy_tenant(&tenant(2)).await.unwrap();
    vault.destroy_tenant(&tenant(9)).await.unwrap();
    assert_eq!(vault.names(&tenant(1)).await.unwrap(), [name("settings-a")]);
    assert!(vault.names(&tenant(2)).await.unwrap().is_empty());
    assert_eq!(text(&vault, &tenant(3)).await.as_deref(), Some("secret3"));
}

#[tokio::test]
async fn more_than_a_page_is_read_to_its_end() {
    let store = Arc::new(Store::default());
    let vault = driver(&store);
    for seed in 0..105 {
        vault.put(&tenant(seed), &name("secret"), &value("a")).await.unwrap();
    }
    assert_eq!(vault.tenants().await.unwrap().len(), 105);
    for _ in 0..104 {
        vault.put(&tenant(1), &name("secret"), &value("a")).await.unwrap();
    }
    assert_eq!(entries(&vault, &tenant(1)).await.len(), 105);
}

#[tokio::test(start_paused = true)]
async fn what_passes_is_tried_again_a_few_times() {
    for fate in [
        DOWN,
        Fate::Lost(EgressError::Deadline),
        Fate::Lost(EgressError::Protocol),
        Fate::Refused(500, "", None),
        Fate::Refused(503, "unavailable", None),
        Fate::Refused(429, "too_many_requests", None),
        Fate::Refused(409, "transient_state", None),
    ] {
        let store = Arc::new(Store::default());
        let (vault, tenant) = (driver(&store), tenant(1));
        vault.put(&tenant, &name("secret"), &value("text")).await.unwrap();
        store.then(&[fate; 3]);
        assert_eq!(text(&vault, &tenant).await.as_deref(), Some("text"), "{fate:?}");
        store.then(&[fate; 4]);
        let error = vault.get(&tenant, &name("secret")).await.unwrap_err();
        assert!(error.is_temporary(), "{fate:?}: {error}");
        store.seen();
        vault.get(&tenant, &name("secret")).await.unwrap();
        assert_eq!(store.seen().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn what_does_not_pass_is_told_at_once() {
    for (status, kind) in
        [(401, "denied_authentication"), (403, "permissions_denied"), (403, "quotas_exceeded")]
    {
        let store = Arc::new(Store::default());
        let (vault, tenant) = (driver(&store), tenant(1));
        store.then(&[Fate::Refused(status, kind, None)]);
        let error = vault.get(&tenant, &name("secret")).await.unwrap_err();
        assert!(!error.is_temporary());
        assert_eq!(error.to_string(), format!("the secret store refused with status {status} ({kind})"));
        assert_eq!(store.seen().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn pauses_grow_are_spread_and_are_the_stores_to_ask_for() {
    let store = Arc::new(Store::default());
    let (vault, tenant) = (driver(&store), tenant(1));
    let paused = async || {
        let began = tokio::time::Instant::now();
        let _ = vault.get(&tenant, &name("secret")).await;
        began.elapsed()
    };
    store.then(&[DOWN; 4]);
    let all = paused().await;
    // 125–250, 250–500 and 500–1000 ms.
    assert!((Duration::from_millis(875)..=Duration::from_millis(1760)).contains(&all), "{all:?}");
    store.then(&[Fate::Refused(429, "", Some("3"))]);
    assert_eq!(paused().await.as_secs(), 3);
    store.then(&[Fate::Refused(503, "", Some("86400"))]);
    assert_eq!(paused().await.as_secs(), 5, "who waits longer is better told");
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_makes_nothing_twice() {
    for lost_at in 0..4 {
        let store = Arc::new(Store::default());
        let (vault, tenant) = (driver(&store), tenant(1));
        let mut fates = vec![Fate::Fine; lost_at];
        fates.push(Fate::AnswerLost);
        store.then(&fates);
        assert_eq!(
            vault.put(&tenant, &name("secret"), &value("text")).await.unwrap(),
            Version(1),
            "{lost_at}"
        );
        assert_eq!(entries(&vault, &tenant).await, [(1, true)], "{lost_at}: {:?}", store.seen());
        assert_eq!(vault.names(&tenant).await.unwrap().len(), 1);
        assert_eq!(text(&vault, &tenant).await.as_deref(), Some("text"));
        // The same value again is a version of its own.
        assert_eq!(vault.put(&tenant, &name("secret"), &value("text")).await.unwrap(), Version(2));
    }
    let store = Arc::new(Store::default());
    let (vault, tenant) = (driver(&store), tenant(1));
    vault.put(&tenant, &name("secret"), &value("text")).await.unwrap();
    for lost_at in 1..3 {
        let mut fates = vec![Fate::Fine; lost_at];
        fates.push(Fate::AnswerLost);
        store.then(&fates);
        vault.destroy_tenant(&tenant).await.unwrap();
        assert!(vault.names(&tenant).await.unwrap().is_empty());
        vault.put(&tenant, &name("secret"), &value("text")).await.unwrap();
    }
}

#[tokio::test]
async fn an_answer_that_does_not_add_up_is_not_believed() {
    let store = Arc::new(Store::default());
    let (vault, tenant) = (driver(&store), tenant(1));
    vault.put(&tenant, &name("secret"), &value("text")).await.unwrap();
    for garbage in ["", "{}", "[]", r#"{"revision":1,"data":"not base64"}"#, r#"{"revision":-1,"data":""}"#] {
        store.then(&[Fate::Garbage(garbage)]);
        let error = vault.get(&tenant, &name("secret")).await.unwrap_err();
        assert!(matches!(error, VaultError::Protocol { .. }), "{garbage}: {error}");
    }
    store.lock().spoil();
    let error = vault.get(&tenant, &name("secret")).await.unwrap_err();
    assert!(matches!(error, VaultError::Protocol { .. }), "{error}");
    store.then(&[Fate::Lost(EgressError::Refused)]);
    assert!(!vault.get(&tenant, &name("secret")).await.unwrap_err().is_temporary());
}

#[tokio::test(start_paused = true)]
async fn health_tells_what_is_wrong_after_one_question() {
    let store = Arc::new(Store::default());
    let vault = driver(&store);
    store.then(&[Fate::Refused(503, "", None)]);
    let fault = vault.health().await.fault.unwrap();
    assert!(matches!(fault, VaultError::Unavailable { reason: Unavailable::Erred(503) }));
    assert_eq!(store.seen(), ["GET /secrets"]);
}
