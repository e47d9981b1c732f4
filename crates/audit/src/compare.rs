//! Two checkpoints of one log beside each other.

use crate::{Checkpoint, Distrust, SignedCheckpoint, TrustedKeys};

/// What two checkpoints say of their log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// The same.
    Same,
    /// The log had one size and two contents: it showed different things to different people. The two checkpoints
    /// together are the proof, for everybody who has the log's key.
    SplitView,
    /// They are of different sizes. Whether the one begins with the other takes a proof of consistency, or a bundle.
    Sizes,
}

/// Compares two checkpoints of one log, both signed by a key of the log that is trusted.
///
/// # Errors
/// When either of them is not, or is of another log.
pub fn compare(
    first: &SignedCheckpoint,
    second: &SignedCheckpoint,
    keys: &TrustedKeys,
) -> Result<Comparison, Distrust> {
    // What the log signed is the log's word, whether or not a witness saw it.
    let log = TrustedKeys { log: keys.log.clone(), witnesses: Vec::new() };
    let origin = &first.checkpoint().origin;
    log.vouch(first, origin)?;
    log.vouch(second, origin)?;
    Ok(match (first.checkpoint(), second.checkpoint()) {
        (Checkpoint { size: a, .. }, Checkpoint { size: b, .. }) if a != b => Comparison::Sizes,
        (Checkpoint { root: a, .. }, Checkpoint { root: b, .. }) if a != b => Comparison::SplitView,
        _ => Comparison::Same,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NoteKey;

    fn signed(origin: &str, seed: u8, size: u64, root: u8) -> SignedCheckpoint {
        let key = NoteKey::new(origin.parse().unwrap(), &[seed; 32]);
        let checkpoint = Checkpoint { origin: origin.to_owned(), size, root: [root; 32] };
        SignedCheckpoint::sign(checkpoint, &key).unwrap()
    }

    /// AU-3.
    #[test]
    fn two_roots_of_one_size_are_a_split_view() {
        let key = NoteKey::new("a".parse().unwrap(), &[1; 32]).verifier();
        let keys = TrustedKeys::from_iter([key]);
        let first = signed("a", 1, 5, 1);
        assert_eq!(compare(&first, &signed("a", 1, 5, 2), &keys), Ok(Comparison::SplitView));
        assert_eq!(compare(&first, &first, &keys), Ok(Comparison::Same));
        assert_eq!(compare(&first, &signed("a", 1, 6, 2), &keys), Ok(Comparison::Sizes));
        // Anybody can make two checkpoints; only the log's are its word.
        assert_eq!(compare(&first, &signed("a", 2, 5, 2), &keys), Err(Distrust::Log));
        assert!(matches!(compare(&first, &signed("b", 1, 5, 2), &keys), Err(Distrust::Origin { .. })));
    }
}
