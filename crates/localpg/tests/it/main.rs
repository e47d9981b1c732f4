//! Real clusters, in both modes. Tests that need root say so and pass without it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "tests")]

mod bootstrap;
mod crashes;
mod hardening;
mod host;
mod peer;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use kiavi_localpg::{Cluster, ClusterConfig};

/// The program that becomes the server.
const HOST: &str = env!("CARGO_BIN_EXE_kiavi-localpg-test-host");

/// A folder of one test, removed with it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("kiavi-localpg-{}-{number}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Whether this test can run; says why if not.
fn needs_root(test: &str) -> bool {
    if !is_root() {
        eprintln!("{test} is skipped: only root can give the server its own account and namespaces");
    }
    is_root()
}

/// A cluster in this process, in the mode that its user allows.
async fn start(folder: &Folder) -> Cluster {
    Cluster::start(ClusterConfig::new(folder.path(), is_root(), HOST)).await.unwrap()
}
