//! Numbers that are missing below the greatest one that was sealed.
//!
//! An event gets its number when it is written and is there for others when its transaction has ended. So a missing number
//! is a transaction that is still open, or one that was rolled back. Each range of them is remembered and looked at again,
//! until it is so old that nothing can still be open.

use jiff::Timestamp;

/// A range of missing numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gap {
    /// The first.
    pub(crate) first: i64,
    /// The last.
    pub(crate) last: i64,
    /// Since when they are known to be missing; `None`: since now.
    pub(crate) since: Option<Timestamp>,
}

/// What is missing after `watermark` of numbers that were found in order.
pub(crate) fn between(watermark: i64, found: impl IntoIterator<Item = i64>) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let mut last = watermark;
    for number in found {
        if number > last + 1 {
            gaps.push(Gap { first: last + 1, last: number - 1, since: None });
        }
        last = number;
    }
    gaps
}

/// What is left of a gap once these numbers of it were found, in order.
pub(crate) fn remaining(gap: Gap, found: impl IntoIterator<Item = i64>) -> Vec<Gap> {
    let end = gap.last.checked_add(1);
    let mut left = between(gap.first - 1, found.into_iter().chain(end));
    left.iter_mut().for_each(|part| part.since = gap.since);
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(gaps: &[Gap]) -> Vec<(i64, i64)> {
        gaps.iter().map(|gap| (gap.first, gap.last)).collect()
    }

    #[test]
    fn what_is_missing_is_remembered_as_ranges() {
        assert_eq!(between(0, [1, 2, 3]), []);
        assert_eq!(between(0, []), []);
        assert_eq!(ranges(&between(0, [3, 4, 8])), [(1, 2), (5, 7)]);
        assert_eq!(ranges(&between(7, [i64::MAX])), [(8, i64::MAX - 1)], "however wide");
    }

    #[test]
    fn what_is_found_later_leaves_the_rest() {
        let gap = Gap { first: 5, last: 9, since: Some(Timestamp::UNIX_EPOCH) };
        assert_eq!(ranges(&remaining(gap, [5, 6, 7, 8, 9])), []);
        assert_eq!(ranges(&remaining(gap, [5])), [(6, 9)]);
        assert_eq!(ranges(&remaining(gap, [7, 9])), [(5, 6), (8, 8)]);
        assert!(remaining(gap, [7]).iter().all(|part| part.since == gap.since));
    }
}
