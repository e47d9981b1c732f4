use ct_merkle::{RootHash, mem_backed_tree::MemoryBackedTree};
use kiavi_crypto::sha256;
use proptest::prelude::*;
use sha2::Sha256;

use super::*;
use crate::{Appender, TileSet};

fn hash_of(hex: &str) -> Hash {
    let byte = |at: usize| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap();
    std::array::from_fn(byte)
}

/// The entries that implementations of RFC 6962 test themselves with (transparency-dev/merkle).
const ENTRIES: [&[u8]; 8] = [
    b"",
    &[0x00],
    &[0x10],
    &[0x20, 0x21],
    &[0x30, 0x31],
    &[0x40, 0x41, 0x42, 0x43],
    &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
    &[0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f],
];

/// The roots over the first 0 to 8 of them.
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

/// RFC 6962 §2.1 to the letter: MTH of hashes of entries.
fn naive_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => sha256(b""),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(naive_split(leaves.len()));
            node_hash(&naive_root(left), &naive_root(right))
        }
    }
}

fn naive_split(count: usize) -> usize {
    let mut k = 1;
    while k * 2 < count {
        k *= 2;
    }
    k
}

/// §2.1.1: PATH(m, D[n]).
fn naive_path(m: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(naive_split(leaves.len()));
    let (mut path, other) = match m.checked_sub(left.len()) {
        None => (naive_path(m, left), right),
        Some(m) => (naive_path(m, right), left),
    };
    path.push(naive_root(other));
    path
}

/// §2.1.2: SUBPROOF(m, D[n], b).
fn naive_subproof(m: usize, leaves: &[Hash], is_whole: bool) -> Vec<Hash> {
    if m == leaves.len() {
        return if is_whole { Vec::new() } else { vec![naive_root(leaves)] };
    }
    let (left, right) = leaves.split_at(naive_split(leaves.len()));
    let (mut proof, other) = match m.checked_sub(left.len()) {
        None | Some(0) => (naive_subproof(m, left, is_whole), right),
        Some(m) => (naive_subproof(m, right, false), left),
    };
    proof.push(naive_root(other));
    proof
}

fn leaves(count: usize) -> Vec<Hash> {
    (0..count).map(|number| leaf_hash(&number.to_le_bytes())).collect()
}

/// All tiles of the tree, and its root.
fn tiles(leaves: &[Hash]) -> (TileSet, Hash) {
    let (mut appender, mut set) = (Appender::default(), TileSet::default());
    for leaf in leaves {
        for (tile, bytes) in appender.append(*leaf) {
            set.insert(tile, &bytes).unwrap();
        }
    }
    for (tile, bytes) in appender.partial_tiles() {
        set.insert(tile, &bytes).unwrap();
    }
    (set, appender.root())
}

fn inclusion(index: usize, size: usize, tiles: &TileSet) -> Vec<Hash> {
    ProofPlan::inclusion(index as u64, size as u64).unwrap().resolve(tiles).unwrap()
}

fn consistency(old: usize, size: usize, tiles: &TileSet) -> Vec<Hash> {
    ProofPlan::consistency(old as u64, size as u64).unwrap().resolve(tiles).unwrap()
}

#[test]
fn roots_are_those_of_rfc_6962() {
    let mut range = CompactRange::default();
    assert_eq!(EMPTY_ROOT, sha256(b""));
    assert_eq!(range.root(), hash_of(ROOTS[0]));
    for (entry, root) in ENTRIES.iter().zip(&ROOTS[1..]) {
        range.append(leaf_hash(entry));
        assert_eq!(range.root(), hash_of(root));
        let kept = CompactRange::from_parts(range.size(), range.peaks().to_vec());
        assert_eq!(kept.as_ref(), Ok(&range));
    }
    assert_eq!(CompactRange::from_parts(3, vec![[0; 32]]), Err(InvalidRange { size: 3, given: 1 }));
}

/// AU-8: sizes 1 to 16, all indexes, all pairs of an older and a newer tree.
#[test]
fn small_trees_prove_everything_as_the_standard_says() {
    for size in 1..=16 {
        let leaves = leaves(size);
        let (set, root) = tiles(&leaves);
        assert_eq!(root, naive_root(&leaves), "{size}");
        for (index, leaf) in leaves.iter().enumerate() {
            let proof = inclusion(index, size, &set);
            assert_eq!(proof, naive_path(index, &leaves), "{index} of {size}");
            assert_eq!(verify_inclusion(leaf, index as u64, size as u64, &proof, &root), Ok(()));
            refuses_every_other_inclusion(leaf, index as u64, size as u64, &proof, &root);
        }
        for old in 0..=size {
            let old_root = naive_root(&leaves[..old]);
            let proof = consistency(old, size, &set);
            if old > 0 {
                assert_eq!(proof, naive_subproof(old, &leaves, true), "{old} to {size}");
            }
            assert_eq!(verify_consistency(old as u64, &old_root, size as u64, &root, &proof), Ok(()));
            refuses_every_other_consistency((old as u64, old_root), (size as u64, root), &proof);
        }
    }
}

fn variations(proof: &[Hash]) -> Vec<Vec<Hash>> {
    let mut all = vec![[proof, &[[7; 32]]].concat(), [&[[7; 32]], proof].concat()];
    for at in 0..proof.len() {
        let mut changed = proof.to_vec();
        changed[at][at % 32] ^= 1;
        all.push(changed);
        let mut shorter = proof.to_vec();
        shorter.remove(at);
        all.push(shorter);
    }
    all
}

fn refuses_every_other_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) {
    let refused = |leaf: &Hash, index, size, proof: &[Hash], root: &Hash| {
        assert_eq!(verify_inclusion(leaf, index, size, proof, root), Err(InvalidProof));
    };
    for changed in variations(proof) {
        refused(leaf, index, size, &changed, root);
    }
    for other in (0..size + 2).filter(|other| *other != index) {
        refused(leaf, other, size, proof, root);
    }
    refused(&[7; 32], index, size, proof, root);
    refused(leaf, index, size, proof, &[7; 32]);
    refused(leaf, index, 0, proof, root);
}

fn refuses_every_other_consistency(old: (u64, Hash), new: (u64, Hash), proof: &[Hash]) {
    let refused = |old: (u64, Hash), new: (u64, Hash), proof: &[Hash]| {
        assert_eq!(verify_consistency(old.0, &old.1, new.0, &new.1, proof), Err(InvalidProof), "{old:?}");
    };
    for changed in variations(proof) {
        refused(old, new, &changed);
    }
    refused((old.0, [7; 32]), new, proof);
    refused((new.0 + 1, old.1), new, proof);
    if old.0 > 0 {
        refused(old, (new.0, [7; 32]), proof);
        refused((0, old.1), new, proof);
    }
}

#[test]
fn there_is_no_proof_of_what_is_not_there() {
    assert_eq!(ProofPlan::inclusion(3, 3), Err(OutOfRange { size: 3, wanted: 4 }));
    assert_eq!(ProofPlan::consistency(4, 3), Err(OutOfRange { size: 3, wanted: 4 }));
    let plan = ProofPlan::inclusion(300, 1000).unwrap();
    assert!(plan.resolve(&TileSet::default()).is_err(), "a tile is missing");
    assert!(ProofPlan::inclusion(u64::MAX - 1, u64::MAX).unwrap().tiles().len() < 64);
    assert_eq!(ProofPlan::root(0).resolve(&TileSet::default()), Ok(vec![EMPTY_ROOT]));
}

/// Somebody else's implementation makes the same roots and proofs, and takes ours.
#[test]
fn ct_merkle_agrees() {
    let mut theirs = MemoryBackedTree::<Sha256, Vec<u8>>::new();
    for size in 1..=600_usize {
        theirs.push((size - 1).to_le_bytes().to_vec());
        if size > 20 && size % 97 != 0 && size % 256 > 1 {
            continue;
        }
        let leaves = leaves(size);
        let (set, root) = tiles(&leaves);
        assert_eq!(theirs.root().as_bytes().as_slice(), root, "{size}");
        let ours = RootHash::<Sha256>::new(root.into(), size as u64);
        for index in (0..size).step_by(1 + size / 20) {
            let proof = inclusion(index, size, &set);
            let expected = theirs.prove_inclusion(index);
            assert_eq!(expected.as_bytes(), proof.concat(), "{index} of {size}");
            let proof = ct_merkle::InclusionProof::from_bytes(proof.concat());
            assert!(ours.verify_inclusion(&index.to_le_bytes(), index as u64, &proof).is_ok());
        }
        for old in (1..=size).step_by(1 + size / 20) {
            let proof = consistency(old, size, &set);
            assert_eq!(theirs.prove_consistency(size - old).as_bytes(), proof.concat(), "{old} to {size}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_tree_of_any_size_is_the_naive_one(size in 1usize..10_000, at: prop::sample::Index, old: prop::sample::Index) {
        let leaves = leaves(size);
        let (set, root) = tiles(&leaves);
        prop_assert_eq!(root, naive_root(&leaves));
        prop_assert_eq!(ProofPlan::root(size as u64).resolve(&set).unwrap(), vec![root]);
        let (index, old) = (at.index(size), old.index(size) + 1);
        let proof = inclusion(index, size, &set);
        prop_assert_eq!(&proof, &naive_path(index, &leaves));
        prop_assert_eq!(verify_inclusion(&leaves[index], index as u64, size as u64, &proof, &root), Ok(()));
        let proof = consistency(old, size, &set);
        prop_assert_eq!(&proof, &naive_subproof(old, &leaves, true));
        let old_root = naive_root(&leaves[..old]);
        prop_assert_eq!(verify_consistency(old as u64, &old_root, size as u64, &root, &proof), Ok(()));
        // Only the tiles that the plan names are needed.
        let plan = ProofPlan::consistency(old as u64, size as u64).unwrap();
        let mut few = TileSet::default();
        for tile in plan.tiles() {
            few.insert(tile, &set.hashes(tile).unwrap().concat()).unwrap();
        }
        prop_assert_eq!(plan.resolve(&few).unwrap(), proof);
    }

    #[test]
    fn no_proof_panics(index: u64, size: u64, hashes: Vec<Hash>, root: Hash) {
        let _ = verify_inclusion(&root, index, size, &hashes, &root);
        let _ = verify_consistency(index, &root, size, &root, &hashes);
        let _ = ProofPlan::inclusion(index, size).map(|plan| plan.tiles());
        let _ = ProofPlan::consistency(index, size).map(|plan| plan.tiles());
    }
}
