//! One master key takes over from another, and is killed at every point.

use kiavi_crypto::PassphraseCost;

use super::*;
use crate::{
    KeyFile, MasterKey, Passphrase, Rotation, check_key,
    envelope::{Place, lock_of_format_1},
    files::interruption,
    inspect,
};

/// Runs `work` again and again, killed after 0, 1, 2 … changes of the disk, each time in a world of its own.
fn killed_everywhere<T>(
    make: impl Fn() -> T,
    work: impl Fn(&T) -> Result<(), VaultError>,
    check: impl Fn(&T),
) {
    for points in 0.. {
        let world = make();
        interruption::after(Some(points));
        let outcome = work(&world);
        let is_whole = interruption::left() != Some(0) || outcome.is_ok();
        interruption::after(None);
        check(&world);
        if is_whole {
            assert!(points > 8, "only {points} points");
            return outcome.unwrap();
        }
    }
}

fn set_second(vault: &SealedFiles, seed: u64, is_enabled: bool) {
    let set = |tenant, name| vault.set_enabled(tenant, name, Version(2), is_enabled).now_or_never().unwrap();
    set(&tenant(seed), &name("secret")).unwrap();
}

fn filled() -> Folder {
    let folder = Folder::new();
    let vault = folder.vault();
    for seed in 1..3 {
        put(&vault, &tenant(seed), &name("secret"), "first");
        put(&vault, &tenant(seed), &name("secret"), "second");
        put(&vault, &tenant(seed), &name("settings-a"), "third");
        set_second(&vault, seed, false);
    }
    folder
}

fn assert_filled(vault: &SealedFiles) {
    for seed in 1..3 {
        assert_eq!(get(vault, &tenant(seed), &name("secret")).unwrap().as_deref(), Some("first"));
        assert_eq!(get(vault, &tenant(seed), &name("settings-a")).unwrap().as_deref(), Some("third"));
        set_second(vault, seed, true);
        assert_eq!(get(vault, &tenant(seed), &name("secret")).unwrap().as_deref(), Some("second"));
        set_second(vault, seed, false);
    }
}

fn rotate_key_file(folder: &Folder) -> Result<(), VaultError> {
    let rotation = Rotation::begin(&folder.0)?;
    let file = rotation.key_file()?;
    let candidates = file.candidates()?;
    let new = file.successor(&SystemRng)?;
    let id = new.id();
    rotation.run(candidates, new, &SystemRng)?;
    file.settle(id)
}

fn only_finished_files(folder: &Folder) {
    for file in folder.files() {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        let is_left = name.ends_with('~') && !file.parent().unwrap().parent().unwrap().ends_with("locks");
        assert!(!is_left && !name.ends_with(".new"), "{file:?}");
    }
}

#[test]
fn a_kill_at_any_point_leaves_a_vault_that_opens_and_a_rotation_that_can_be_repeated() {
    let was = |folder: &Folder| fs::read(folder.0.join("master.key")).unwrap();
    killed_everywhere(filled, rotate_key_file, |folder| {
        // An instance may start, finishing what was begun, or the operator repeat the command.
        assert_filled(&folder.vault());
        let between = was(folder);
        rotate_key_file(folder).unwrap();
        assert_filled(&folder.vault());
        assert_ne!(was(folder), between);
        only_finished_files(folder);
    });
    killed_everywhere(filled, rotate_key_file, |folder| {
        rotate_key_file(folder).unwrap();
        assert_filled(&folder.vault());
        only_finished_files(folder);
    });
}

#[test]
fn an_interrupted_start_that_finishes_a_rotation_is_no_different() {
    let half_rotated = || {
        let folder = filled();
        interruption::after(Some(8));
        rotate_key_file(&folder).unwrap_err();
        interruption::after(None);
        assert!(inspect(&folder.open()).unwrap().successor.is_some());
        folder
    };
    killed_everywhere(
        half_rotated,
        |folder| reopen(&folder.0).map(drop),
        |folder| assert_filled(&folder.vault()),
    );
}

#[test]
fn the_old_key_opens_nothing_afterwards() {
    let folder = filled();
    let old = fs::read(folder.0.join("master.key")).unwrap();
    rotate_key_file(&folder).unwrap();
    let old = || MasterKey::from_file_content(&old).unwrap();
    let opened = SealedFiles::with_master_key(folder.open(), vec![old()], Arc::new(SystemRng));
    assert!(matches!(opened, Err(VaultError::WrongMasterKey)));
    let tenant = tenant(1);
    let name = name("secret");
    let place = Place { tenant: &tenant, name: &name, version: Version(1) };
    let lock = fs::read(folder.file_of("locks", &tenant, "secret.1")).unwrap();
    assert!(crate::envelope::DataKey::unlock(&old(), &place, &lock).is_err());
    assert!(matches!(check_key(&folder.0, &[old()]), Err(VaultError::WrongMasterKey)));
    assert!(matches!(check_key(&folder.0, &[]), Err(VaultError::MasterKeyMissing)));
    let new = fs::read(folder.0.join("master.key")).unwrap();
    check_key(&folder.0, &[old(), MasterKey::from_file_content(&new).unwrap()]).unwrap();
    check_key(&folder.0.join("none"), &[]).unwrap();
}

#[test]
fn either_key_opens_a_vault_between_the_two() {
    let keys = || [MasterKey::from_bytes(&[1; 32]), MasterKey::from_bytes(&[2; 32])];
    for number in 0..2 {
        let folder = Folder::new();
        let [old, new] = keys();
        let vault = SealedFiles::with_master_key(folder.open(), vec![old], Arc::new(SystemRng)).unwrap();
        put(&vault, &tenant(1), &name("a"), "one");
        put(&vault, &tenant(1), &name("b"), "two");
        drop(vault);
        let [old, _] = keys();
        interruption::after(Some(4));
        let cut = Rotation::begin(&folder.0).unwrap().run(vec![old], new, &SystemRng);
        interruption::after(None);
        assert!(cut.is_err());
        assert!(inspect(&folder.open()).unwrap().successor.is_some());
        let either = keys().into_iter().nth(number).unwrap();
        let vault = SealedFiles::with_master_key(folder.open(), vec![either], Arc::new(SystemRng)).unwrap();
        assert_eq!(get(&vault, &tenant(1), &name("a")).unwrap().as_deref(), Some("one"));
        assert_eq!(get(&vault, &tenant(1), &name("b")).unwrap().as_deref(), Some("two"));
        assert_eq!(inspect(&folder.open()).unwrap().key, Some(MasterKey::from_bytes(&[2; 32]).id()));
    }
}

#[test]
fn a_vault_that_is_open_is_not_rotated_and_one_that_is_rotated_not_opened() {
    let folder = filled();
    let vault = folder.vault();
    assert!(matches!(Rotation::begin(&folder.0), Err(VaultError::InUse)));
    drop(vault);
    let rotation = Rotation::begin(&folder.0).unwrap();
    assert!(matches!(reopen(&folder.0), Err(VaultError::InUse)));
    drop(rotation);
    assert_filled(&folder.vault());
}

/// As the first version wrote vaults: no head, and locks that do not say whose they are.
fn of_format_1() -> Folder {
    let folder = filled();
    let key = MasterKey::from_file_content(&fs::read(folder.0.join("master.key")).unwrap()).unwrap();
    fs::remove_file(folder.0.join("head.json")).unwrap();
    for path in folder.files().into_iter().filter(|path| path.starts_with(folder.0.join("locks"))) {
        let file = path.file_name().unwrap().to_str().unwrap();
        let (secret, version) = file.trim_end_matches(".off").split_once('.').unwrap();
        let tenant: TenantId = path.parent().unwrap().file_name().unwrap().to_str().unwrap().parse().unwrap();
        let secret = name(secret);
        let place = Place { tenant: &tenant, name: &secret, version: Version(version.parse().unwrap()) };
        let lock = fs::read(&path).unwrap();
        fs::write(&path, lock_of_format_1(&key, &SystemRng, &place, &lock)).unwrap();
    }
    folder
}

#[test]
fn an_older_vault_is_brought_forward_whenever_that_is_interrupted() {
    killed_everywhere(
        of_format_1,
        |folder| reopen(&folder.0).map(drop),
        |folder| {
            assert_filled(&folder.vault());
            let locks = folder.files().into_iter().filter(|path| path.starts_with(folder.0.join("locks")));
            for lock in locks.filter(|path| !path.to_str().unwrap().ends_with('~')) {
                assert!(fs::read(&lock).unwrap().starts_with(b"KVS2"), "{lock:?}");
            }
        },
    );
    let folder = of_format_1();
    assert_eq!(inspect(&folder.open()).unwrap().format, 1);
    rotate_key_file(&folder).unwrap();
    assert_filled(&folder.vault());
    let seen = inspect(&folder.open()).unwrap();
    assert_eq!((seen.format, seen.tenants, seen.versions), (2, 2, 6));
}

#[test]
fn a_passphrase_opens_a_vault_and_another_does_not() {
    let cost = PassphraseCost { memory_kib: 8192, passes: 1, lanes: 1 };
    let passphrase = Passphrase { salt: [1; 16], cost };
    let folder = Folder::new();
    assert!(crate::passphrases(&folder.open()).unwrap().is_empty());
    let open = |text: &[u8]| {
        let known = crate::passphrases(&folder.open()).unwrap().first().copied().unwrap_or(passphrase);
        let key = MasterKey::from_passphrase(text, known).unwrap();
        SealedFiles::with_master_key(folder.open(), vec![key], Arc::new(SystemRng))
    };
    put(&open(b"correct horse").unwrap(), &tenant(1), &name("secret"), "text");
    assert!(matches!(open(b"battery staple"), Err(VaultError::WrongMasterKey)));
    assert_eq!(get(&open(b"correct horse").unwrap(), &tenant(1), &name("secret")).unwrap().unwrap(), "text");

    let known = crate::passphrases(&folder.open()).unwrap()[0];
    let old = MasterKey::from_passphrase(b"correct horse", known).unwrap();
    let new = MasterKey::from_passphrase(b"battery staple", Passphrase { salt: [2; 16], cost }).unwrap();
    Rotation::begin(&folder.0).unwrap().run(vec![old], new, &SystemRng).unwrap();
    assert!(matches!(open(b"correct horse"), Err(VaultError::WrongMasterKey)));
    assert_eq!(get(&open(b"battery staple").unwrap(), &tenant(1), &name("secret")).unwrap().unwrap(), "text");
}

#[test]
fn a_key_file_elsewhere_may_be_written_in_digits() {
    let folder = Folder::new();
    let path = folder.0.join("key");
    fs::write(&path, format!("{}\n", "0f".repeat(32))).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let keys = KeyFile::at(&path).unwrap().candidates().unwrap();
    assert_eq!(keys[0].expose(), &[0x0f; 32]);
    for content in ["0F".repeat(32), "0f".repeat(31), format!("{} ", "0f".repeat(32))] {
        fs::write(&path, content).unwrap();
        assert!(matches!(KeyFile::at(&path).unwrap().candidates(), Err(VaultError::MasterKeyDamaged)));
    }
}
