//! The Merkle tree of RFC 6962 §2.1 over SHA-256: roots, and proofs that an entry is in a tree and that one tree is the
//! beginning of another.

mod compact;
mod plan;
#[cfg(test)]
mod tests;
mod verify;

use kiavi_crypto::{sha256, sha256_of};

pub use compact::{CompactRange, InvalidRange};
pub use plan::{OutOfRange, ProofPlan};
pub use verify::{InvalidProof, verify_consistency, verify_inclusion};

/// A hash of the tree.
pub type Hash = [u8; 32];

/// The root of the tree without entries: the hash of nothing (RFC 6962 §2.1).
pub const EMPTY_ROOT: Hash = [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27,
    0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
];

/// The hash of an entry: SHA-256(0x00 ‖ entry).
pub fn leaf_hash(entry: &[u8]) -> Hash {
    sha256_of(&[&[0], entry])
}

/// The hash over two subtrees: SHA-256(0x01 ‖ left ‖ right).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut node = [1; 65];
    node[1..33].copy_from_slice(left);
    node[33..].copy_from_slice(right);
    sha256(&node)
}

/// The root over hashes that are side by side, as the tree has them: the left part is the largest power of two that leaves
/// something to the right (RFC 6962 §2.1).
pub(crate) fn root_of(hashes: &[Hash]) -> Hash {
    let mut range = CompactRange::default();
    for hash in hashes {
        range.append(*hash);
    }
    range.root()
}
