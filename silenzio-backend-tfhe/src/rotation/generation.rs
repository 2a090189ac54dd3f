//! Generation of the keys of a blind rotation, which takes the secret keys.

use super::key::CompressedRotationKey;
use super::parameters::RotationParameters;
use crate::keys::{SeededBootstrap, binary_key};
use crate::randomness::SystemSeeder;
use crate::security::minimal_noise;
use silenzio_core::BackendError;
use tfhe::core_crypto::commons::math::random::Seeder;
use zeroize::Zeroizing;

/// Draws the bits of a new small key: in every block, one of the ℓ bits or none is 1, each with the same probability.
///
/// Blocks of one bit make a binary key.
///
/// # Errors
/// [`BackendError::WrongShape`] if the dimension is not a multiple of the block length, or that is not between 1 and 64.
pub fn small_key(dimension: usize, block: usize) -> Result<Zeroizing<Vec<u32>>, BackendError> {
    if !(1..=64).contains(&block) || !dimension.is_multiple_of(block) {
        return Err(BackendError::WrongShape(format!(
            "a small key of {dimension} bits is not made of whole blocks of 1 to 64 bits, such as {block}"
        )));
    }
    Ok(random_blocks(dimension, block))
}

/// Draws the bits of a new small key, which must consist of whole blocks of 1 to 64 bits.
pub(crate) fn random_blocks(dimension: usize, block: usize) -> Zeroizing<Vec<u32>> {
    if block == 1 {
        return binary_key(dimension);
    }
    let mut key = Zeroizing::new(vec![0; dimension]);
    let mut random = Bytes::new();
    for bits in key.chunks_exact_mut(block) {
        // The number `block` stands for a block without a 1.
        if let Some(bit) = bits.get_mut(random.below(block + 1)) {
            *bit = 1;
        }
    }
    key
}

/// Random bytes from the operating system, sixteen at a time.
struct Bytes {
    bytes: Zeroizing<[u8; 16]>,
    used: usize,
}

impl Bytes {
    fn new() -> Self {
        Self { bytes: Zeroizing::new([0; 16]), used: 16 }
    }

    fn next(&mut self) -> u8 {
        loop {
            if let Some(&byte) = self.bytes.get(self.used) {
                self.used += 1;
                return byte;
            }
            *self.bytes = SystemSeeder.seed().0.to_le_bytes();
            self.used = 0;
        }
    }

    /// Draws a number below `bound`, which is at most 256, all with the same probability: bytes that would favour some of them
    /// are rejected.
    fn below(&mut self, bound: usize) -> usize {
        let limit = 256 - 256 % bound;
        loop {
            let byte = usize::from(self.next());
            if byte < limit {
                return byte % bound;
            }
        }
    }
}

impl CompressedRotationKey {
    /// Generates the key from the bits `small` to the GLWE key with the bits `glwe`, its k polynomials one after the other.
    /// `made` is told the bytes generated.
    ///
    /// # Errors
    /// [`BackendError::WrongShape`] if there is no rotation with these parameters, if the keys have other lengths, or if a block
    /// of `small` has more than one 1.
    pub fn generate(
        parameters: RotationParameters,
        small: &[u32],
        glwe: &[u64],
        made: &(dyn Fn(usize) + Sync),
    ) -> Result<Self, BackendError> {
        parameters.check()?;
        for (what, length, expected) in [
            ("a small key", small.len(), parameters.lwe_dimension),
            ("a GLWE key", glwe.len(), parameters.output_dimension()),
        ] {
            if length != expected {
                return Err(BackendError::WrongShape(format!(
                    "{what} has {length} bits instead of {expected}"
                )));
            }
        }
        if small.chunks_exact(parameters.block).any(|bits| bits.iter().sum::<u32>() > 1) {
            return Err(BackendError::WrongShape("a block of a small key has more than one 1".into()));
        }
        Ok(Self::encrypt(parameters, small, glwe, made))
    }

    /// Does what [`generate`](Self::generate) does, for keys that are known to fit the parameters.
    pub(crate) fn encrypt(
        parameters: RotationParameters,
        small: &[u32],
        glwe: &[u64],
        made: &(dyn Fn(usize) + Sync),
    ) -> Self {
        let noise = minimal_noise(parameters.output_dimension());
        let seeded = SeededBootstrap::generate(parameters.shape(), small, glwe, noise, made);
        Self { parameters, seeded }
    }

    /// The key in the form in which it is sent.
    #[cfg(test)]
    pub(crate) const fn seeded(&self) -> &SeededBootstrap {
        &self.seeded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_of_a_block_is_equally_likely() {
        const BLOCKS: usize = 20_000;
        for block in [2, 4, 8] {
            let key = small_key(block * BLOCKS, block).unwrap();
            let mut counts = vec![0usize; block + 1];
            for bits in key.chunks_exact(block) {
                assert!(bits.iter().all(|&bit| bit <= 1) && bits.iter().sum::<u32>() <= 1);
                counts[bits.iter().position(|&bit| bit == 1).unwrap_or(block)] += 1;
            }
            // The tolerance is six standard deviations.
            let p = 1.0 / (block + 1) as f64;
            let (mean, deviation) = (BLOCKS as f64 * p, (BLOCKS as f64 * p * (1.0 - p)).sqrt());
            assert!(counts.iter().all(|&count| (count as f64 - mean).abs() < 6.0 * deviation), "{counts:?}");
        }
        assert!(small_key(10, 4).is_err() && small_key(0, 0).is_err());
        let ones: u32 = small_key(4000, 1).unwrap().iter().sum();
        assert!((1800..2200).contains(&ones));
    }

    #[test]
    fn keys_that_do_not_fit_are_refused() {
        let parameters = RotationParameters {
            lwe_dimension: 4,
            block: 2,
            glwe_dimension: 1,
            polynomial_size: 512,
            gadget: silenzio_core::noise::GadgetShape { base_log: 8, levels: 2 },
        };
        let glwe = vec![1; 512];
        let generate =
            |small: &[u32], glwe: &[u64]| CompressedRotationKey::generate(parameters, small, glwe, &|_| ());
        assert!(generate(&[1, 0, 0, 1], &glwe).is_ok());
        assert!(generate(&[1, 1, 0, 0], &glwe).is_err());
        assert!(generate(&[1, 0], &glwe).is_err());
        assert!(generate(&[1, 0, 0, 1], &glwe[1..]).is_err());
    }
}
