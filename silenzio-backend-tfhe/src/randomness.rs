//! Secret randomness, from the operating system.
//!
//! By itself, TFHE-rs takes seeds from the processor's RDSEED alone if there is one. The operating system mixes that with
//! other sources, so that no single source has to be trusted.

use tfhe::core_crypto::commons::math::random::{Seed, Seeder};

/// Seeds from the operating system.
pub(crate) struct SystemSeeder;

impl Seeder for SystemSeeder {
    /// # Panics
    /// If the operating system has no randomness, since nothing can be encrypted safely then.
    #[expect(clippy::expect_used, reason = "the trait has no room for an error")]
    fn seed(&mut self) -> Seed {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).expect("the operating system gives no randomness");
        Seed(u128::from_le_bytes(bytes))
    }

    fn is_available() -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_differ() {
        assert_ne!(SystemSeeder.seed(), SystemSeeder.seed());
    }
}
