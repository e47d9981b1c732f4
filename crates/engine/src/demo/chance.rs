//! Chance that comes out the same each time: what decides the plot, and never a secret.

/// A stream of numbers (SplitMix64), one for each person and matter, so that nobody's story depends on how many others
/// there are.
#[derive(Debug, Clone)]
pub(super) struct Chance(u64);

impl Chance {
    /// The stream of one person about one matter.
    pub(super) fn of(seed: u64, matter: u8, person: u32) -> Self {
        let mut chance = Self(seed ^ (u64::from(matter) << 56) ^ (u64::from(person) << 16));
        // Neighbours begin alike.
        let mixed = chance.next();
        Self(mixed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `bound`, which is not 0.
    pub(super) fn below(&mut self, bound: u32) -> u32 {
        // The upper half of the product, which is below the bound; that some are a little likelier does not matter here.
        let product = (self.next() >> 32) * u64::from(bound);
        u32::try_from(product >> 32).unwrap_or_default()
    }

    /// True `share` times of a thousand.
    pub(super) fn is(&mut self, share: u32) -> bool {
        self.below(1_000) < share
    }

    /// One of them; the slice is not empty.
    pub(super) fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(u32::try_from(all.len()).unwrap_or(1)) as usize]
    }

    /// One of them, each as likely as its weight says; the slice is not empty.
    pub(super) fn weighted<'a, T>(&mut self, all: &'a [(u32, T)]) -> &'a T {
        let mut left = self.below(all.iter().map(|(weight, _)| weight).sum());
        for (weight, one) in all {
            match left.checked_sub(*weight) {
                Some(rest) => left = rest,
                None => return one,
            }
        }
        &all[0].1
    }
}
