//! What is written into a group's files.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{Share, Version};

/// The shares of version 1 have 1,024 where the weights of version 2 have 100.
pub(super) const SHARES: u64 = 1_024;
pub(super) const WEIGHT: u64 = 100;

/// Writes a share into a group: into one folder, or into one for each controller.
pub(super) fn write(version: Version, folders: &[PathBuf], share: &Share) -> io::Result<()> {
    match (version, folders) {
        (Version::V2, [folder]) => write_v2(folder, share),
        (Version::V1, [memory, cpu, pids]) => write_v1(memory, cpu, pids, share),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

fn write_v2(folder: &Path, share: &Share) -> io::Result<()> {
    let bound = |limit: Option<u64>| limit.map_or_else(|| "max".to_owned(), |limit| limit.to_string());
    fs::write(folder.join("memory.max"), bound(share.memory_bytes))?;
    if share.memory_bytes.is_some() {
        // A kernel without swap accounting has no such file, and then nothing of the tenant's is counted as swap.
        let _ = fs::write(folder.join("memory.swap.max"), "0");
    }
    let quota = format!("{} {}", bound(share.cpu_microseconds), Share::PERIOD_MICROSECONDS);
    fs::write(folder.join("cpu.max"), quota)?;
    fs::write(folder.join("cpu.weight"), share.cpu_weight.to_string())?;
    fs::write(folder.join("pids.max"), bound(share.pids))
}

fn write_v1(memory: &Path, cpu: &Path, pids: &Path, share: &Share) -> io::Result<()> {
    let bound =
        |limit: Option<u64>, none: &str| limit.map_or_else(|| none.to_owned(), |limit| limit.to_string());
    // Memory and swap together must never be less than memory: out of the way first, then equal, so that nothing is swapped
    // out. A kernel without swap accounting has no such file.
    let with_swap = memory.join("memory.memsw.limit_in_bytes");
    let _ = fs::write(&with_swap, "-1");
    let bytes = bound(share.memory_bytes, "-1");
    fs::write(memory.join("memory.limit_in_bytes"), &bytes)?;
    let _ = fs::write(with_swap, bytes);
    fs::write(cpu.join("cpu.cfs_period_us"), Share::PERIOD_MICROSECONDS.to_string())?;
    fs::write(cpu.join("cpu.cfs_quota_us"), bound(share.cpu_microseconds, "-1"))?;
    fs::write(cpu.join("cpu.shares"), (share.cpu_weight * SHARES / WEIGHT).max(2).to_string())?;
    fs::write(pids.join("pids.max"), bound(share.pids, "max"))
}
