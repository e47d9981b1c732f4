//! Where an instance keeps its data.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

/// The name of the control socket in [`run_folder`].
pub(crate) const CONTROL_SOCKET: &str = "control.sock";

/// Where data is kept when no folder is given: `/var/lib/kiavi` for root, else `kiavi` in the user's data folder
/// (XDG Base Directory Specification). It need not exist. A user without a home keeps data in `kiavi` where the
/// command runs.
pub(crate) fn default_folder() -> PathBuf {
    choose(rustix::process::geteuid().is_root(), |name| std::env::var_os(name))
}

fn choose(is_root: bool, variable: impl Fn(&str) -> Option<OsString>) -> PathBuf {
    if is_root {
        return PathBuf::from("/var/lib/kiavi");
    }
    // The specification has relative paths ignored.
    let absolute = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || absolute("HOME").map(|home| home.join(".local/share"));
    absolute("XDG_DATA_HOME").or_else(home).unwrap_or_default().join("kiavi")
}

/// The folder of an instance's control socket.
pub(crate) fn run_folder(data: &Path) -> PathBuf {
    data.join("run")
}

/// The folder of the vault.
pub(crate) fn vault_folder(data: &Path) -> PathBuf {
    data.join("vault")
}

/// The folder of the private cluster's socket.
pub(crate) fn postgres_run_folder(data: &Path) -> PathBuf {
    data.join("postgres/run")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(is_root: bool, variables: &[(&str, &str)]) -> String {
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
        };
        choose(is_root, variable).display().to_string()
    }

    #[test]
    fn the_default_depends_on_who_asks() {
        let home = ("HOME", "/home/a");
        assert_eq!(folder(true, &[home]), "/var/lib/kiavi");
        assert_eq!(folder(false, &[home]), "/home/a/.local/share/kiavi");
        assert_eq!(folder(false, &[home, ("XDG_DATA_HOME", "/data")]), "/data/kiavi");
        assert_eq!(folder(false, &[home, ("XDG_DATA_HOME", "data")]), "/home/a/.local/share/kiavi");
        assert_eq!(folder(false, &[]), "kiavi");
    }
}
