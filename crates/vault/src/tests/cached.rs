//! A store that is down, and what is given out meanwhile.

use std::time::Duration;

use kiavi_base::{Clock, ManualClock};
use kiavi_egress::EgressError;

use super::scaleway::driver;
use super::store::{Fate, Store};
use super::*;
use crate::Cached;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A store, the folder of what is kept of it, and the time.
struct World {
    store: Arc<Store>,
    folder: Folder,
    clock: Arc<ManualClock>,
}

impl World {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::new("2026-11-24T12:00:00Z".parse().unwrap()));
        Self { store: Arc::default(), folder: Folder::new(), clock }
    }

    /// A process that has just started.
    fn vault(&self) -> Cached {
        let store = Box::new(driver(&self.store));
        Cached::new(store, &self.folder.0, DAY, self.clock.clone(), Arc::new(SystemRng)).unwrap()
    }

    fn set_down(&self, is_down: bool) {
        self.store.lock().fate = is_down.then_some(Fate::Lost(EgressError::Unreachable));
    }

    fn pass(&self, time: Duration) {
        self.clock.advance(jiff::SignedDuration::try_from(time).unwrap());
    }
}

async fn text(vault: &Cached, tenant: &TenantId) -> Result<Option<String>, VaultError> {
    let stored = vault.get(tenant, &name("secret")).await?;
    Ok(stored.map(|secret| String::from_utf8(secret.value.expose_secret().to_vec()).unwrap()))
}

async fn put(vault: &Cached, tenant: &TenantId, text: &str) -> Version {
    let value = SecretSlice::from(text.as_bytes().to_vec());
    vault.put(tenant, &name("secret"), &value).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn while_the_store_is_down_a_secret_is_there_for_a_day() {
    let world = World::new();
    let (one, other) = (tenant(1), tenant(2));
    put(&world.vault(), &one, "text").await;
    world.vault().get_version(&one, &name("secret"), Version(1)).await.unwrap().unwrap();
    world.set_down(true);
    let vault = world.vault();
    world.pass(DAY);
    assert_eq!(text(&vault, &one).await.unwrap().as_deref(), Some("text"));
    let numbered = vault.get_version(&one, &name("secret"), Version(1)).await.unwrap().unwrap();
    assert_eq!(numbered.value.expose_secret(), b"text");
    assert!(text(&vault, &other).await.unwrap_err().is_temporary(), "it was never seen");
    let health = vault.health().await;
    assert!(health.fault.is_some_and(|fault| fault.is_temporary()));
    assert_eq!((health.unavailable_since, health.cache_age), (Some(world.clock.now()), Some(DAY)));

    world.pass(Duration::from_secs(1));
    assert!(text(&vault, &one).await.unwrap_err().is_temporary());
    world.set_down(false);
    assert_eq!(text(&vault, &one).await.unwrap().as_deref(), Some("text"));
    assert_eq!(vault.health().await.unavailable_since, None);
    world.set_down(true);
    assert!(text(&vault, &one).await.is_ok(), "the day begins anew");
    world.pass(DAY);
    world.set_down(false);
    vault.refresh().await.unwrap();
    world.set_down(true);
    world.pass(DAY);
    assert!(text(&vault, &one).await.is_ok(), "and so it does when nobody asks");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_answers_decides() {
    let world = World::new();
    let tenant = tenant(1);
    let vault = world.vault();
    put(&vault, &tenant, "text").await;
    // A refusal is not a store that is down.
    world.store.then(&[Fate::Refused(403, "permissions_denied", None)]);
    assert!(matches!(text(&vault, &tenant).await, Err(VaultError::Refused { .. })));
    // What was destroyed there goes here.
    driver(&world.store).destroy(&tenant, &name("secret")).await.unwrap();
    vault.refresh().await.unwrap();
    world.set_down(true);
    assert!(text(&vault, &tenant).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn what_is_rotated_disabled_or_destroyed_is_not_kept() {
    let world = World::new();
    let (tenant, name) = (tenant(1), name("secret"));
    let vault = world.vault();
    put(&vault, &tenant, "old").await;
    put(&vault, &tenant, "new").await;
    world.set_down(true);
    assert_eq!(text(&vault, &tenant).await.unwrap().as_deref(), Some("new"));
    world.set_down(false);

    put(&vault, &tenant, "newer").await;
    vault.destroy_earlier(&tenant, &name).await.unwrap();
    world.set_down(true);
    assert_eq!(
        text(&vault, &tenant).await.unwrap().as_deref(),
        Some("newer"),
        "it is not earlier than itself"
    );
    assert!(vault.get_version(&tenant, &name, Version(2)).await.is_err());
    world.set_down(false);
    vault.destroy(&tenant, &name).await.unwrap();
    for text in ["old", "new"] {
        put(&vault, &tenant, text).await;
    }

    vault.set_enabled(&tenant, &name, Version(2), false).await.unwrap();
    world.set_down(true);
    assert!(text(&vault, &tenant).await.is_err());
    world.set_down(false);
    assert_eq!(text(&vault, &tenant).await.unwrap().as_deref(), Some("old"));

    world.set_down(true);
    assert!(vault.destroy_version(&tenant, &name, Version(1)).await.unwrap_err().is_temporary());
    assert!(text(&vault, &tenant).await.is_err(), "not even when the store could not be told");
    world.set_down(false);
    text(&vault, &tenant).await.unwrap().unwrap();
    world.set_down(true);
    assert!(vault.destroy_tenant(&tenant).await.is_err());
    assert!(text(&vault, &tenant).await.is_err());
    let left = world.folder.files();
    assert_eq!(left.len(), 1, "the key alone: {left:?}");
}

#[tokio::test(start_paused = true)]
async fn a_rotation_that_fails_leaves_what_is_there() {
    let world = World::new();
    let tenant = tenant(1);
    let vault = world.vault();
    put(&vault, &tenant, "old").await;
    world.set_down(true);
    let value = SecretSlice::from(b"new".to_vec());
    assert!(vault.put(&tenant, &name("secret"), &value).await.unwrap_err().is_temporary());
    assert_eq!(text(&world.vault(), &tenant).await.unwrap().as_deref(), Some("old"));
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_is_sealed_and_bound_to_its_place() {
    let world = World::new();
    let (one, other) = (tenant(1), tenant(2));
    put(&world.vault(), &one, "correct horse battery staple").await;
    put(&world.vault(), &other, "other").await;
    for path in world.folder.files() {
        let content = fs::read(&path).unwrap();
        assert!(!content.windows(7).any(|part| part == b"battery"), "{path:?}");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{path:?}");
    }
    world.set_down(true);
    let file = |tenant: &TenantId| world.folder.file_of("cache", tenant, "secret.newest");
    let whole = fs::read(file(&one)).unwrap();
    fs::write(file(&one), fs::read(file(&other)).unwrap()).unwrap();
    assert!(text(&world.vault(), &one).await.is_err(), "moved");
    for bit in 0..whole.len() * 8 {
        let mut changed = whole.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        fs::write(file(&one), changed).unwrap();
        assert!(text(&world.vault(), &one).await.is_err(), "{bit}");
    }
    fs::write(file(&one), whole).unwrap();
    assert!(text(&world.vault(), &one).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_was_set_back_makes_nothing_younger() {
    let world = World::new();
    let tenant = tenant(1);
    put(&world.vault(), &tenant, "text").await;
    world.set_down(true);
    let earlier = |seconds| {
        let then = world.clock.now().checked_sub(jiff::SignedDuration::from_secs(seconds)).unwrap();
        let clock = Arc::new(ManualClock::new(then));
        let store = Box::new(driver(&world.store));
        Cached::new(store, &world.folder.0, DAY, clock, Arc::new(SystemRng)).unwrap()
    };
    assert!(text(&earlier(60), &tenant).await.is_ok());
    assert!(text(&earlier(3600), &tenant).await.is_err());
}
