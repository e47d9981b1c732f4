//! Memory that a process has freed and its allocator keeps.
#![allow(unsafe_code, reason = "the allocator has no safe way to be told")]

/// Gives back to the kernel what the allocator keeps for later, for a process that rests: `malloc_trim(3)`. It takes
/// microseconds for each MiB of heap, and calls nothing that a sealed process may not call.
pub fn release_free_memory() {
    // SAFETY: the allocator's own locks make it safe to call at any time.
    #[cfg(target_env = "gnu")]
    unsafe {
        libc::malloc_trim(0);
    }
}
