//! The two verifications, step by step as RFC 9162 has them.

use super::{EMPTY_ROOT, Hash, node_hash};

/// The proof does not show what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the proof does not verify")]
pub struct InvalidProof;

/// Whether `leaf` is the hash of entry `index` in the tree of `size` entries whose root is `root`.
///
/// # Errors
/// When the proof does not show it.
pub fn verify_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), InvalidProof> {
    // RFC 9162 §2.1.3.2 step 1
    if index >= size {
        return Err(InvalidProof);
    }
    // Steps 2 and 3.
    let (mut fn_, mut sn) = (index, size - 1);
    let mut r = *leaf;
    // Step 4.
    for p in proof {
        if sn == 0 {
            return Err(InvalidProof);
        }
        if fn_ & 1 == 1 || fn_ == sn {
            r = node_hash(p, &r);
            shift_to_a_right_child(&mut fn_, &mut sn);
        } else {
            r = node_hash(&r, p);
        }
        fn_ >>= 1;
        sn >>= 1;
    }
    // Step 5.
    if sn == 0 && r == *root { Ok(()) } else { Err(InvalidProof) }
}

/// Whether the tree of `old_size` entries with root `old_root` is the beginning of the tree of `size` entries with root
/// `root`. The proof is empty for two trees of one size, and for the empty tree, which every tree begins with (C2SP
/// tlog-witness, add-checkpoint).
///
/// # Errors
/// When the proof does not show it.
pub fn verify_consistency(
    old_size: u64,
    old_root: &Hash,
    size: u64,
    root: &Hash,
    proof: &[Hash],
) -> Result<(), InvalidProof> {
    let verified = match old_size {
        0 => proof.is_empty() && *old_root == EMPTY_ROOT && (size > 0 || *root == EMPTY_ROOT),
        _ if old_size == size => proof.is_empty() && old_root == root,
        _ if old_size > size => false,
        // RFC 9162 §2.1.4.2 step 2: a power of two is a subtree, whose root the proof leaves out.
        _ if old_size.is_power_of_two() => grows(old_size, old_root, size, root, *old_root, proof),
        // Step 1.
        _ => proof
            .split_first()
            .is_some_and(|(first, rest)| grows(old_size, old_root, size, root, *first, rest)),
    };
    if verified { Ok(()) } else { Err(InvalidProof) }
}

/// Steps 3 to 7, `first` being the first hash of the path.
fn grows(old_size: u64, old_root: &Hash, size: u64, root: &Hash, first: Hash, path: &[Hash]) -> bool {
    // Steps 3 and 4.
    let (mut fn_, mut sn) = (old_size - 1, size - 1);
    let shift = fn_.trailing_ones();
    fn_ >>= shift;
    sn >>= shift;
    // Step 5.
    let (mut fr, mut sr) = (first, first);
    // Step 6.
    for c in path {
        if sn == 0 {
            return false;
        }
        if fn_ & 1 == 1 || fn_ == sn {
            fr = node_hash(c, &fr);
            sr = node_hash(c, &sr);
            shift_to_a_right_child(&mut fn_, &mut sn);
        } else {
            sr = node_hash(&sr, c);
        }
        fn_ >>= 1;
        sn >>= 1;
    }
    // Step 7.
    fr == *old_root && sr == *root && sn == 0
}

/// "Until either LSB(fn) is set or fn is 0": a node at the right edge moves up where it has no sibling.
fn shift_to_a_right_child(fn_: &mut u64, sn: &mut u64) {
    while *fn_ & 1 == 0 && *fn_ != 0 {
        *fn_ >>= 1;
        *sn >>= 1;
    }
}
