//! Landlock: the layer that still holds if a system call was allowed by mistake.

use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd,
    RestrictSelfError, Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetError, RulesetStatus,
    Scope,
};

use crate::{profile::Role, root};

/// The oldest Landlock that is enough: ABI 2 (Linux 5.19, so also Debian 12) covers every access to files.
const REQUIRED: ABI = ABI::V2;
/// What is added where the kernel knows it: truncation (ABI 3), TCP (4), devices (5), scopes of signals and abstract
/// sockets (6), named unix sockets (9), UDP (10). Where it does not, namespaces and seccomp stop the same attempts.
const WELCOME: ABI = ABI::V10;

#[derive(Debug, thiserror::Error)]
pub(crate) enum LandlockError {
    #[error(transparent)]
    Ruleset(#[from] RulesetError),
    #[error("cannot open {path}: {source}")]
    Path {
        path: String,
        #[source]
        source: landlock::PathFdError,
    },
    #[error("the kernel enforces the rules only in part")]
    Partial,
}

impl From<RestrictSelfError> for LandlockError {
    fn from(error: RestrictSelfError) -> Self {
        Self::Ruleset(error.into())
    }
}

/// Restricts the calling thread, which must be the only one, and whatever it starts.
///
/// `data` is the control plane's folder; `empty_root` says whether the host's files are out of sight already.
pub(crate) fn restrict(role: Role, data: Option<&Path>, empty_root: bool) -> Result<(), LandlockError> {
    let ruleset = add_rules(ruleset(role)?.create()?, role, data, empty_root)?;
    let status = ruleset.restrict_self()?;
    // Best effort applies to the welcome extras only, whose absence also counts as "partial".
    match status.ruleset {
        RulesetStatus::FullyEnforced | RulesetStatus::PartiallyEnforced if status.no_new_privs => Ok(()),
        _ => Err(LandlockError::Partial),
    }
}

fn ruleset(role: Role) -> Result<Ruleset, RulesetError> {
    Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(REQUIRED))?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(WELCOME))?
        .handle_access(network(role))?
        .scope(Scope::from_all(WELCOME))
}

/// The outbound role connects wherever it is sent, which is what it is for; it listens nowhere.
fn network(role: Role) -> BitFlags<AccessNet> {
    if role == Role::Outbound { AccessNet::BindTcp.into() } else { AccessNet::from_all(WELCOME) }
}

fn add_rules(
    mut ruleset: RulesetCreated,
    role: Role,
    data: Option<&Path>,
    empty_root: bool,
) -> Result<RulesetCreated, LandlockError> {
    if let Some(data) = data {
        ruleset = ruleset.add_rule(PathBeneath::new(open(data)?, data_rights()))?;
    }
    if role == Role::Outbound && empty_root {
        ruleset = ruleset.add_rule(PathBeneath::new(open(Path::new("/etc"))?, folder_read()))?;
    }
    if role == Role::Outbound && !empty_root {
        for path in root::HOST_NETWORK_PATHS.map(Path::new).into_iter().filter(|path| path.exists()) {
            let rights = if path.is_dir() { folder_read() } else { AccessFs::ReadFile.into() };
            ruleset = ruleset.add_rule(PathBeneath::new(open(path)?, rights))?;
        }
    }
    Ok(ruleset)
}

fn open(path: &Path) -> Result<PathFd, LandlockError> {
    PathFd::new(path).map_err(|source| LandlockError::Path { path: path.display().to_string(), source })
}

fn folder_read() -> BitFlags<AccessFs> {
    AccessFs::ReadFile | AccessFs::ReadDir
}

/// Ordinary files and folders: read, write, create, rename, delete. No device, socket, link or program.
fn data_rights() -> BitFlags<AccessFs> {
    folder_read()
        | AccessFs::WriteFile
        | AccessFs::Truncate
        | AccessFs::MakeReg
        | AccessFs::MakeDir
        | AccessFs::RemoveFile
        | AccessFs::RemoveDir
        | AccessFs::Refer
}
