//! The vault in a real folder: what survives, what is noticed, what is gone.

mod cached;
mod rotation;
mod scaleway;
mod store;

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use futures_util::FutureExt;
use kiavi_base::{ExposeSecret, SecretSlice, SeededRng, TenantId};
use kiavi_crypto::SystemRng;

use crate::{MAX_SECRET_LENGTH, SealedFiles, SecretName, Vault, VaultError, Version};

/// A folder of this test's own, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("kiavi-vault-{}", TenantId::random(&SystemRng)));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn vault(&self) -> SealedFiles {
        SealedFiles::open(&self.0, Arc::new(SystemRng)).unwrap()
    }

    fn open(&self) -> std::os::fd::OwnedFd {
        fs::File::open(&self.0).unwrap().into()
    }

    fn files(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.0.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { found.push(path) }
            }
        }
        found
    }

    fn file_of(&self, part: &str, tenant: &TenantId, file: &str) -> PathBuf {
        self.0.join(part).join(tenant.as_str()).join(file)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn tenant(seed: u64) -> TenantId {
    TenantId::random(&SeededRng::new(seed))
}

fn name(text: &str) -> SecretName {
    text.parse().unwrap()
}

fn put(vault: &dyn Vault, tenant: &TenantId, name: &SecretName, text: &str) -> Version {
    let value = SecretSlice::from(text.as_bytes().to_vec());
    vault.put(tenant, name, &value).now_or_never().unwrap().unwrap()
}

fn get(vault: &dyn Vault, tenant: &TenantId, name: &SecretName) -> Result<Option<String>, VaultError> {
    let stored = vault.get(tenant, name).now_or_never().unwrap()?;
    Ok(stored.map(|secret| String::from_utf8(secret.value.expose_secret().to_vec()).unwrap()))
}

fn versions(vault: &dyn Vault, tenant: &TenantId, name: &SecretName) -> Vec<(u32, bool)> {
    let versions = vault.versions(tenant, name).now_or_never().unwrap().unwrap();
    versions.iter().map(|entry| (entry.version.0, entry.is_enabled)).collect()
}

#[test]
fn a_version_can_be_disabled_enabled_and_destroyed() {
    let folder = Folder::new();
    let (tenant, name) = (tenant(1), name("secret"));
    let vault = folder.vault();
    put(&vault, &tenant, &name, "first");
    put(&vault, &tenant, &name, "second");
    let enable = |version, is_enabled| {
        vault.set_enabled(&tenant, &name, Version(version), is_enabled).now_or_never().unwrap()
    };
    for _ in 0..2 {
        enable(2, false).unwrap();
        assert_eq!(versions(&vault, &tenant, &name), [(1, true), (2, false)]);
    }
    assert_eq!(get(&vault, &tenant, &name).unwrap().as_deref(), Some("first"));
    assert!(vault.get_version(&tenant, &name, Version(2)).now_or_never().unwrap().unwrap().is_none());
    assert_eq!(put(&vault, &tenant, &name, "third"), Version(3), "a number is not used twice");
    enable(2, true).unwrap();
    assert_eq!(versions(&vault, &tenant, &name), [(1, true), (2, true), (3, true)]);
    assert!(matches!(enable(4, true), Err(VaultError::NoSuchVersion)));
    assert!(matches!(enable(4, false), Err(VaultError::NoSuchVersion)));

    enable(3, false).unwrap();
    for version in [3, 2, 9] {
        vault.destroy_version(&tenant, &name, Version(version)).now_or_never().unwrap().unwrap();
    }
    assert_eq!(versions(&vault, &tenant, &name), [(1, true)]);
    assert!(matches!(enable(2, true), Err(VaultError::NoSuchVersion)));
    assert_eq!(put(&vault, &tenant, &name, "fourth"), Version(4), "nor that of a destroyed one");
    put(&vault, &tenant, &self::name("other"), "a");
    let names = vault.names(&tenant).now_or_never().unwrap().unwrap();
    assert_eq!(names.iter().map(SecretName::as_str).collect::<Vec<_>>(), ["other", "secret"]);
    let health = vault.health().now_or_never().unwrap();
    assert!(health.fault.is_none() && health.driver == "sealed-files");
}

#[test]
fn a_secret_goes_sealed_to_another_vault_of_the_same_key_and_to_no_other() {
    let (folder, same, other) = (Folder::new(), Folder::new(), Folder::new());
    let (tenant, name) = (tenant(1), name("secret"));
    let vault = folder.vault();
    let sealed = |vault: &dyn Vault| vault.sealed(&tenant, &name).now_or_never().unwrap().unwrap();
    let take = |vault: &dyn Vault, name: &SecretName, sealed: &[u8]| {
        vault.take_sealed(&tenant, name, sealed).now_or_never().unwrap()
    };
    assert_eq!(sealed(&vault), None);
    put(&vault, &tenant, &name, "first");
    put(&vault, &tenant, &name, "second");
    let sealed = sealed(&vault).unwrap();
    assert!(!sealed.windows(6).any(|bytes| bytes == b"second"));
    fs::copy(folder.0.join("master.key"), same.0.join("master.key")).unwrap();
    let same = same.vault();
    put(&same, &tenant, &name, "made at the first start");
    let check = |vault: &dyn Vault| vault.check_sealed(&tenant, &name, &sealed).now_or_never().unwrap();
    check(&same).unwrap();
    assert_eq!(get(&same, &tenant, &name).unwrap().as_deref(), Some("made at the first start"));
    assert!(matches!(check(&other.vault()), Err(VaultError::Damaged)));
    take(&same, &name, &sealed).unwrap();
    assert_eq!(get(&same, &tenant, &name).unwrap().as_deref(), Some("second"));
    assert!(matches!(take(&other.vault(), &name, &sealed), Err(VaultError::Damaged)));
    assert!(
        matches!(take(&same, &self::name("other"), &sealed), Err(VaultError::Damaged)),
        "bound to its name"
    );
    for length in [0, 5, 6, 40, sealed.len() - 1] {
        assert!(matches!(take(&same, &name, &sealed[..length]), Err(VaultError::Damaged)), "{length} bytes");
    }
}

#[test]
fn a_secret_outlives_the_process_and_each_version_stays() {
    let folder = Folder::new();
    let (tenant, name) = (tenant(1), name("secret"));
    assert_eq!(put(&folder.vault(), &tenant, &name, "first"), Version(1));
    assert_eq!(put(&folder.vault(), &tenant, &name, "second"), Version(2));

    let vault = folder.vault();
    assert_eq!(get(&vault, &tenant, &name).unwrap().as_deref(), Some("second"));
    let first = vault.get_version(&tenant, &name, Version(1)).now_or_never().unwrap().unwrap().unwrap();
    assert_eq!(first.value.expose_secret(), b"first");
    assert_eq!(versions(&vault, &tenant, &name), [(1, true), (2, true)]);
    assert_eq!(vault.tenants().now_or_never().unwrap().unwrap(), [tenant]);
}

#[test]
fn nothing_on_disk_shows_the_secret_or_is_open_to_others() {
    let folder = Folder::new();
    put(&folder.vault(), &tenant(1), &name("secret"), "correct horse battery staple");
    let files = folder.files();
    assert_eq!(files.len(), 4, "a head, a key, a lock and a value: {files:?}");
    for path in files {
        let content = fs::read(&path).unwrap();
        assert!(!content.windows(7).any(|part| part == b"battery"), "{path:?}");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{path:?}");
    }
}

#[test]
fn a_destroyed_secret_does_not_come_back_with_its_values() {
    let folder = Folder::new();
    let (tenant, name) = (tenant(1), name("secret"));
    let vault = folder.vault();
    put(&vault, &tenant, &name, "old");
    put(&vault, &tenant, &self::name("secret-2"), "kept");
    let value = folder.file_of("values", &tenant, "secret.1");
    let backup = fs::read(&value).unwrap();

    vault.destroy(&tenant, &name).now_or_never().unwrap().unwrap();
    assert_eq!(get(&vault, &tenant, &name).unwrap(), None);
    assert_eq!(get(&vault, &tenant, &self::name("secret-2")).unwrap().as_deref(), Some("kept"));
    fs::write(&value, backup).unwrap();
    assert_eq!(get(&vault, &tenant, &name).unwrap(), None, "the lock is gone");
    assert_eq!(put(&vault, &tenant, &name, "new"), Version(2), "the number in use is passed over");
    vault.destroy(&tenant, &name).now_or_never().unwrap().unwrap();
    vault.destroy(&tenant, &name).now_or_never().unwrap().unwrap();
}

#[test]
fn earlier_versions_go_and_the_newest_stays() {
    let folder = Folder::new();
    let (tenant, name) = (tenant(1), name("secret"));
    let vault = folder.vault();
    for text in ["first", "second", "third"] {
        put(&vault, &tenant, &name, text);
    }
    put(&vault, &tenant, &self::name("secret-2"), "kept");
    for _ in 0..2 {
        vault.destroy_earlier(&tenant, &name).now_or_never().unwrap().unwrap();
        assert_eq!(versions(&vault, &tenant, &name), [(3, true)]);
        assert_eq!(get(&vault, &tenant, &name).unwrap().as_deref(), Some("third"));
    }
    assert_eq!(get(&vault, &tenant, &self::name("secret-2")).unwrap().as_deref(), Some("kept"));
    let left: Vec<_> = folder.files().into_iter().filter(|path| path.ends_with("secret.1")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_destroyed_tenant_leaves_no_file() {
    let folder = Folder::new();
    let vault = folder.vault();
    put(&vault, &tenant(1), &name("secret"), "a");
    put(&vault, &tenant(1), &name("oauth-google"), "b");
    put(&vault, &tenant(2), &name("secret"), "c");
    vault.destroy_tenant(&tenant(1)).now_or_never().unwrap().unwrap();
    vault.destroy_tenant(&tenant(3)).now_or_never().unwrap().unwrap();
    assert_eq!(vault.tenants().now_or_never().unwrap().unwrap(), [tenant(2)]);
    assert!(folder.files().iter().all(|path| !path.to_str().unwrap().contains(tenant(1).as_str())));
}

#[test]
fn an_interruption_before_the_lock_leaves_no_version() {
    let folder = Folder::new();
    let (tenant, name) = (tenant(1), name("secret"));
    let vault = folder.vault();
    put(&vault, &tenant, &name, "first");
    put(&vault, &tenant, &name, "lost");
    fs::remove_file(folder.file_of("locks", &tenant, "secret.2")).unwrap();
    fs::write(folder.file_of("locks", &tenant, "secret.3.00000000000000ff~"), b"half").unwrap();
    assert_eq!(get(&vault, &tenant, &name).unwrap().as_deref(), Some("first"));
    assert_eq!(put(&vault, &tenant, &name, "third"), Version(3));
    assert_eq!(get(&vault, &tenant, &name).unwrap().as_deref(), Some("third"));
}

#[test]
fn a_file_moved_swapped_or_removed_is_noticed() {
    let folder = Folder::new();
    let (a, b, name) = (tenant(1), tenant(2), name("secret"));
    let vault = folder.vault();
    put(&vault, &a, &name, "of a");
    put(&vault, &b, &name, "of b");
    for part in ["locks", "values"] {
        fs::copy(folder.file_of(part, &a, "secret.1"), folder.file_of(part, &b, "secret.1")).unwrap();
    }
    assert!(matches!(get(&vault, &b, &name), Err(VaultError::Damaged)));
    fs::remove_file(folder.file_of("values", &a, "secret.1")).unwrap();
    assert!(matches!(get(&vault, &a, &name), Err(VaultError::Damaged)));
}

#[test]
fn a_symbolic_link_is_not_followed() {
    let folder = Folder::new();
    let (tenant, name) = (tenant(1), name("secret"));
    let vault = folder.vault();
    put(&vault, &tenant, &name, "text");
    let lock = folder.file_of("locks", &tenant, "secret.1");
    fs::rename(&lock, folder.0.join("elsewhere")).unwrap();
    std::os::unix::fs::symlink(folder.0.join("elsewhere"), &lock).unwrap();
    assert!(matches!(get(&vault, &tenant, &name), Err(VaultError::Io { .. })));
}

fn reopen(path: &Path) -> Result<SealedFiles, VaultError> {
    SealedFiles::open(path, Arc::new(SystemRng))
}

#[test]
fn the_master_key_must_be_private_whole_and_there() {
    let folder = Folder::new();
    put(&folder.vault(), &tenant(1), &name("secret"), "text");
    let key = folder.0.join("master.key");

    fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(reopen(&folder.0), Err(VaultError::MasterKeyExposed)));
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let whole = fs::read(&key).unwrap();
    for content in [&whole[..31], &[whole.as_slice(), b"x"].concat()] {
        fs::write(&key, content).unwrap();
        assert!(matches!(reopen(&folder.0), Err(VaultError::MasterKeyDamaged)));
    }
    fs::remove_file(&key).unwrap();
    assert!(matches!(reopen(&folder.0), Err(VaultError::MasterKeyMissing)));
    fs::write(&key, [0; 32]).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(matches!(reopen(&folder.0), Err(VaultError::WrongMasterKey)));
}

#[test]
fn writers_at_the_same_time_get_different_versions() {
    let folder = Folder::new();
    let (tenant, name) = (tenant(1), name("secret"));
    let versions: std::collections::BTreeSet<_> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..8)
            .map(|number| {
                let (folder, tenant, name) = (&folder, &tenant, &name);
                scope.spawn(move || put(&folder.vault(), tenant, name, &number.to_string()))
            })
            .collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    });
    assert_eq!(versions.len(), 8);
    let vault = folder.vault();
    assert_eq!(vault.versions(&tenant, &name).now_or_never().unwrap().unwrap().len(), 8);
}

#[test]
fn a_secret_that_is_too_long_is_refused_and_the_longest_is_kept() {
    let folder = Folder::new();
    let vault = folder.vault();
    let (tenant, name) = (tenant(1), name("secret"));
    let longest = SecretSlice::from(vec![7; MAX_SECRET_LENGTH]);
    vault.put(&tenant, &name, &longest).now_or_never().unwrap().unwrap();
    let stored = vault.get(&tenant, &name).now_or_never().unwrap().unwrap().unwrap();
    assert_eq!(stored.value.expose_secret(), longest.expose_secret());
    let longer = SecretSlice::from(vec![7; MAX_SECRET_LENGTH + 1]);
    assert!(matches!(vault.put(&tenant, &name, &longer).now_or_never().unwrap(), Err(VaultError::TooLong)));
}

#[test]
fn no_debug_text_shows_a_value() {
    let folder = Folder::new();
    let vault = folder.vault();
    put(&vault, &tenant(1), &name("secret"), "hunter2");
    let stored = vault.get(&tenant(1), &name("secret")).now_or_never().unwrap();
    let value = format!("{:?}", b"hunter2".as_slice());
    assert!(!format!("{stored:?} {vault:?}").contains(value.trim_matches(['[', ']'])));
}
