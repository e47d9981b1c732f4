//! The operating system's randomness.

use kiavi_base::Rng;

/// AWS-LC's DRBG, seeded by the kernel.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRng;

impl Rng for SystemRng {
    #[allow(clippy::disallowed_methods, reason = "the one place that draws system randomness")]
    #[allow(
        clippy::expect_used,
        reason = "AWS-LC aborts rather than return weak bytes; there is nothing to degrade to"
    )]
    fn fill(&self, buffer: &mut [u8]) {
        aws_lc_rs::rand::fill(buffer).expect("the kernel's random source never fails once initialised");
    }
}
