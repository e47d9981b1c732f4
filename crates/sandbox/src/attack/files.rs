//! Files: by name, by descriptor, by handle, through `/proc`.

use super::{Attempt, HERE, Outcome, Targets, address, attempt_call, call, path, room};

const READ: usize = libc::O_RDONLY as usize;

pub(super) const ATTEMPTS: &[Attempt] = &[
    Attempt::new("file.open", |t| open(&t.file, READ)),
    #[cfg(target_arch = "x86_64")]
    Attempt::new("file.open-legacy", |t| call(libc::SYS_open, [address(&path(&t.file)[..]), READ])),
    Attempt::new("file.openat2", |t| {
        let how = [0u64; 3];
        call(libc::SYS_openat2, [HERE, address(&path(&t.file)[..]), address(&how), size_of_val(&how)])
    }),
    Attempt::new("file.open-for-place-only", |t| open(&t.file, libc::O_PATH as usize)),
    Attempt::new("file.climb", |t| open(&format!("../../../../../../../..{}", t.file), READ)),
    Attempt::new("file.create", |_| create("/kiavi-escape")),
    Attempt::new("file.create-unnamed", |_| open("/", (libc::O_TMPFILE | libc::O_RDWR) as usize)),
    Attempt::new("file.own-memory", |_| open("/proc/self/mem", libc::O_RDWR as usize)),
    Attempt::new("file.own-descriptors", |_| open("/proc/self/fd", READ)),
    Attempt::new("file.command-line-of-another", |t| open(&format!("/proc/{}/cmdline", t.victim), READ)),
    Attempt::new("file.environment-of-another", |t| open(&format!("/proc/{}/environ", t.victim), READ)),
    Attempt::new("file.memory-of-another", |t| open(&format!("/proc/{}/mem", t.victim), READ)),
    Attempt::new("file.device", |_| open("/dev/null", libc::O_RDWR as usize)),
    Attempt::new("file.stat", |t| call(libc::SYS_newfstatat, [HERE, address(&path(&t.file)[..]), room(256)])),
    Attempt::new("file.statx", |t| {
        call(libc::SYS_statx, [HERE, address(&path(&t.file)[..]), 0, 0x7ff, room(256)])
    }),
    Attempt::new("file.access", |t| call(libc::SYS_faccessat, [HERE, address(&path(&t.file)[..]), 0])),
    Attempt::new("file.readlink", |_| {
        call(libc::SYS_readlinkat, [HERE, address(c"/proc/self/exe".to_bytes_with_nul()), room(256), 256])
    }),
    Attempt::new("file.statfs", |t| call(libc::SYS_statfs, [address(&path(&t.file)[..]), room(256)])),
    Attempt::new("file.change-mode", |t| {
        call(libc::SYS_fchmodat, [HERE, address(&path(&t.file)[..]), 0o666])
    }),
    Attempt::new("file.change-owner", |t| {
        call(libc::SYS_fchownat, [HERE, address(&path(&t.file)[..]), 1, 1, 0])
    }),
    Attempt::new("file.truncate", |t| call(libc::SYS_truncate, [address(&path(&t.file)[..]), 0])),
    Attempt::new("file.touch", |t| call(libc::SYS_utimensat, [HERE, address(&path(&t.file)[..]), 0, 0])),
    Attempt::new("file.set-attribute", |t| {
        let (name, value) = (c"user.kiavi".to_bytes_with_nul(), b"x");
        call(libc::SYS_setxattr, [address(&path(&t.file)[..]), address(name), address(value), 1, 0])
    }),
    Attempt::new("file.link", |t| {
        let to = path(&format!("{}-link", t.file));
        call(libc::SYS_linkat, [HERE, address(&path(&t.file)[..]), HERE, address(&to[..]), 0])
    }),
    Attempt::new("file.symlink", |t| {
        let to = path(&format!("{}-symlink", t.file));
        call(libc::SYS_symlinkat, [address(&path(&t.file)[..]), HERE, address(&to[..])])
    }),
    Attempt::new("file.rename", |t| {
        let to = path(&format!("{}-renamed", t.file));
        call(libc::SYS_renameat2, [HERE, address(&path(&t.file)[..]), HERE, address(&to[..]), 0])
    }),
    Attempt::new("file.unlink", |t| call(libc::SYS_unlinkat, [HERE, address(&path(&t.file)[..]), 0])),
    Attempt::new("file.make-folder", |t| {
        call(libc::SYS_mkdirat, [HERE, address(&path(&format!("{}-folder", t.file))[..]), 0o700])
    }),
    Attempt::new("file.make-device", |t| {
        let to = path(&format!("{}-device", t.file));
        call(libc::SYS_mknodat, [HERE, address(&to[..]), (libc::S_IFCHR | 0o600) as usize, 0x103])
    }),
    Attempt::new("file.watch", |t| match attempt_call(libc::SYS_inotify_init1, [0]) {
        Ok(fd) => call(libc::SYS_inotify_add_watch, [fd, address(&path(&t.file)[..]), 0x1]),
        Err(errno) => Outcome::Refused(errno),
    }),
    Attempt::new("file.watch-all", |_| call(libc::SYS_fanotify_init, [0, 0])),
    Attempt::new("file.handle", |t| {
        handle(t).map_or_else(Outcome::Refused, |_| Outcome::Escaped("a handle".into()))
    }),
    Attempt::new("file.open-by-handle", |t| {
        // The handle is taken where it can be, and made up where not: the call itself has to be refused.
        let handle = handle(t).unwrap_or([0; 136]);
        call(libc::SYS_open_by_handle_at, [HERE, address(&handle), READ])
    }),
    Attempt::new("file.open-by-made-up-handle", |_| {
        call(libc::SYS_open_by_handle_at, [HERE, address(&[8u8; 136]), READ])
    }),
    Attempt::new("file.change-folder", |_| {
        call(libc::SYS_chdir, [address(c"/proc/self".to_bytes_with_nul())])
    }),
    Attempt::new("file.open-beside-any-descriptor", |_| {
        beside_every_descriptor(|fd| {
            attempt_call(libc::SYS_openat, [fd, address(c"..".to_bytes_with_nul()), READ])
        })
    }),
    Attempt::new("file.enter-any-descriptor", |_| {
        beside_every_descriptor(|fd| attempt_call(libc::SYS_fchdir, [fd]))
    }),
];

fn open(name: &str, flags: usize) -> Outcome {
    call(libc::SYS_openat, [HERE, address(&path(name)[..]), flags, 0o600])
}

fn create(name: &str) -> Outcome {
    let outcome = open(name, (libc::O_CREAT | libc::O_WRONLY) as usize);
    if matches!(outcome, Outcome::Escaped(_)) {
        let _ = call(libc::SYS_unlinkat, [HERE, address(&path(name)[..]), 0]);
    }
    outcome
}

/// `struct file_handle` with room for 128 bytes.
fn handle(targets: &Targets) -> Result<[u8; 136], i32> {
    let mut handle = [0u8; 136];
    handle[..4].copy_from_slice(&128u32.to_ne_bytes());
    let name = path(&targets.file);
    let arguments = [HERE, address(&name[..]), handle.as_mut_ptr() as usize, room(4), 0];
    attempt_call(libc::SYS_name_to_handle_at, arguments)?;
    Ok(handle)
}

fn beside_every_descriptor(attempt: impl Fn(usize) -> Result<usize, i32>) -> Outcome {
    let mut refusal = libc::EBADF;
    for fd in 0..1_024 {
        match attempt(fd) {
            Ok(_) => return Outcome::Escaped(format!("by descriptor {fd}")),
            Err(libc::EBADF) => {}
            Err(errno) => refusal = errno,
        }
    }
    Outcome::Refused(refusal)
}
