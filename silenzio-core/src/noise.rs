//! Noise of TFHE ciphertexts: variances, and the closed formulas that every engine's parameters build on.
//!
//! Noise is an error of mean zero on the phase of a ciphertext, close to normal, and measured by its variance
//! relative to the torus (1 = 2^64). The noises of different values are taken as independent, so variances
//! add. Formulas follow Chillotti et al. (TFHE, ePrint 2018/421) and Bergerat et al. (ePrint 2022/704), for
//! binary keys.

use serde::{Deserialize, Serialize};
use std::ops::{Add, AddAssign, Mul};

/// log2 of what a 53-bit mantissa cuts from a 64-bit torus element.
const LOST_BITS: f64 = 64.0 - 53.0;

/// The variance of a noise, relative to the torus.
#[derive(Clone, Copy, PartialEq, PartialOrd, Default, Debug, Serialize, Deserialize)]
pub struct NoiseVariance(pub f64);

impl NoiseVariance {
    /// No noise: that of a trivial ciphertext.
    pub const ZERO: Self = Self(0.0);

    /// The variance of a noise of the given standard deviation.
    pub const fn from_standard_deviation(std: f64) -> Self {
        Self(std * std)
    }

    /// The standard deviation, relative to the torus.
    pub fn standard_deviation(self) -> f64 {
        self.0.sqrt()
    }

    /// log2 of the standard deviation.
    pub fn log2_std(self) -> f64 {
        self.0.log2() / 2.0
    }
}

impl Add for NoiseVariance {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl AddAssign for NoiseVariance {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Mul<f64> for NoiseVariance {
    type Output = Self;

    fn mul(self, factor: f64) -> Self {
        Self(self.0 * factor)
    }
}

/// A base and a number of levels of a signed gadget decomposition.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct GadgetShape {
    /// log2 of the base.
    pub base_log: usize,
    /// How many digits are kept.
    pub levels: usize,
}

impl GadgetShape {
    /// The base.
    pub fn base(self) -> f64 {
        (self.base_log as f64).exp2()
    }

    /// How many bits are kept.
    pub const fn bits(self) -> usize {
        self.base_log * self.levels
    }

    /// The mean square of a balanced digit: B²/12 + 1/6.
    pub fn digit_power(self) -> f64 {
        self.base().powi(2) / 12.0 + 1.0 / 6.0
    }

    /// The variance of what the digits round away: B^-2l / 12.
    pub fn rounding(self) -> f64 {
        (-2.0 * self.bits() as f64).exp2() / 12.0
    }
}

/// The standard deviation below which noise would vanish in 64-bit arithmetic: four units of 2^-64.
const FLOOR: f64 = 1.0 / (1u64 << 62) as f64;

/// The least noise that a binary key of `dimension` bits needs for 128 bits of security, as a standard
/// deviation relative to the torus.
///
/// It is the line `log2(std) = -0.0249 d + 2.66`, on which the 128-bit parameter sets of TFHE-rs lie, plus a
/// floor of 2^-62, whose variances add. The noise formulas of TFHE-rs, which fit estimates of 132 bits, are nowhere
/// more than 0.02 bits above it. A GLWE key of dimension k and polynomial size N counts as k N bits.
pub fn minimal_std(dimension: usize) -> f64 {
    let line = line(dimension).exp2();
    // Far above the floor, the floor changes nothing that a measurement could tell.
    if line > FLOOR * 1024.0 { line } else { (line * line + FLOOR * FLOOR).sqrt() }
}

/// log2 of [`minimal_std`]. Above the floor it is the same number on every machine.
pub fn minimal_log2_std(dimension: usize) -> f64 {
    let line = line(dimension);
    if line > FLOOR.log2() + 10.0 { line } else { minimal_std(dimension).log2() }
}

/// log2 of the noise on the line.
fn line(dimension: usize) -> f64 {
    -0.0249 * dimension as f64 + 2.66
}

/// How many bits more a block-binary key of blocks of four takes than a binary key with the same noise.
const BLOCK_BINARY_SURPLUS: usize = 24;

/// The least noise that a block-binary key of `dimension` bits needs for 128 bits of security, as a standard deviation
/// relative to the torus; none for block lengths without estimates.
///
/// In a block-binary key at most one bit of each block is 1. For blocks of 4 bits it is that of a binary key
/// ([`minimal_std`]) with 24 bits less, by the lattice-estimator's costs of primal, dual and hybrid attacks, where a guess
/// is one of whole blocks (`docs/security.md`). A block of one bit is a binary key.
pub fn minimal_block_std(dimension: usize, block: usize) -> Option<f64> {
    equally_noisy(dimension, block).map(minimal_std)
}

/// log2 of [`minimal_block_std`]. Above the floor it is the same number on every machine.
pub fn minimal_block_log2_std(dimension: usize, block: usize) -> Option<f64> {
    equally_noisy(dimension, block).map(minimal_log2_std)
}

/// The dimension of the binary key with the same noise.
const fn equally_noisy(dimension: usize, block: usize) -> Option<usize> {
    match block {
        1 => Some(dimension),
        4 => Some(dimension.saturating_sub(BLOCK_BINARY_SURPLUS)),
        _ => None,
    }
}

/// What a keyswitch of `dimension` mask elements adds, with a key of noise `std`.
///
/// D l s² (B²/12 + 1/6) for the noise s of the key times balanced digits, and D/24 B^-2l for what the digits
/// round away, on the half of the D key bits that are one.
pub fn key_switch(dimension: usize, gadget: GadgetShape, std: f64) -> NoiseVariance {
    let key = gadget.levels as f64 * std * std * gadget.digit_power();
    NoiseVariance(dimension as f64 * (key + gadget.rounding() / 2.0))
}

/// What the rounding errors of the Fourier transform, in 53-bit mantissas, add in one external product: the fit
/// of Bergerat et al. in the constants of TFHE-rs.
pub fn fourier(glwe_dimension: usize, polynomial_size: usize, gadget: GadgetShape) -> NoiseVariance {
    let (k, size) = (glwe_dimension as f64, polynomial_size as f64);
    NoiseVariance(
        0.00705
            * (gadget.base() * (LOST_BITS - 64.0).exp2()).powi(2)
            * (gadget.levels as f64 * (k + 1.0)).powf(1.01827)
            * k.powf(1.22003)
            * size.powf(2.22003),
    )
}

/// What the switch of an LWE ciphertext of `dimension` under a block-binary key to multiples of `1 / steps` adds, with
/// the mask's mean error subtracted.
///
/// Each of the n mask elements is rounded to a multiple of 1/steps, an error of variance 1/12 in that unit. It counts by
/// s_i - 1/(l+1), of variance l/(l+1)², for a key bit s_i that is 1 with probability 1/(l+1) in blocks of l; the body's own
/// rounding counts in full: (n l / (12 (l+1)²) + 1/12) / steps².
pub fn block_modulus_switch(dimension: usize, block: usize, steps: f64) -> NoiseVariance {
    let (dimension, block) = (dimension as f64, block as f64);
    let mask = dimension * block / (12.0 * (block + 1.0).powi(2));
    NoiseVariance((mask + 1.0 / 12.0) / (steps * steps))
}

/// The noise of the result of a bootstrap that shares digits among the bits of a block, whatever the noise of its
/// input, with a GLWE key of noise `std`.
///
/// That of n external products: the noise of the key times the digits, what the digits round away, and the rounding errors of
/// the Fourier transform. The digits are of the accumulator, and are multiplied by X^a - 1 afterwards: everything counts
/// twice. What the digits round away counts where the key bit is 1, with probability 1/(l+1) in blocks of l. The
/// rounding errors of the Fourier transform count four times: the product with X^a - 1 is in the Fourier domain too,
/// and twice the [fit](fourier) for another transform falls short of what is measured.
///
/// A smooth test polynomial adds about as much as 200 key bits do, whatever their number: before the first block the accumulator
/// is not random, and its transform is large where that of a binary key is, at the lowest frequencies.
pub fn block_bootstrap(
    lwe_dimension: usize,
    block: usize,
    glwe_dimension: usize,
    polynomial_size: usize,
    gadget: GadgetShape,
    std: f64,
) -> NoiseVariance {
    let (k, size) = (glwe_dimension as f64, polynomial_size as f64);
    let key = gadget.levels as f64 * (k + 1.0) * size * std * std * gadget.digit_power();
    // Relative to B^-2l: a rounded mask counts by the half of the GLWE key that is one.
    let rounding = 12.0 * gadget.rounding() * (k * size / 24.0 + 1.0 / 12.0) / (block as f64 + 1.0);
    let one = fourier(glwe_dimension, polynomial_size, gadget) * 2.0 + NoiseVariance(key + rounding);
    one * (2.0 * lwe_dimension as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_one_bit_are_binary_keys() {
        // Key bits that are 1/2 ± 1/2.
        let binary = NoiseVariance((800.0 / 48.0 + 1.0 / 12.0) / (4096.0 * 4096.0));
        assert_eq!(block_modulus_switch(800, 1, 4096.0), binary);
        assert_eq!(minimal_block_std(800, 1), Some(minimal_std(800)));
        assert_eq!(minimal_block_std(800, 7), None);
    }

    #[test]
    fn longer_blocks_have_less_noise_and_more_key_bits() {
        let gadget = GadgetShape { base_log: 15, levels: 2 };
        let noise = |block| block_bootstrap(760, block, 2, 1024, gadget, minimal_std(2048));
        assert!(noise(4) < noise(1));
        assert!(block_modulus_switch(760, 4, 2048.0) < block_modulus_switch(760, 1, 2048.0));
        assert_eq!(minimal_block_std(784, 4), Some(minimal_std(760)));
    }

    #[test]
    fn orders_of_magnitude_of_block_bootstraps() {
        for ((k, size), (base_log, levels), log2) in [
            ((1, 2048), (23, 1), -14.6),
            ((1, 2048), (15, 2), -22.0),
            ((1, 2048), (8, 5), -28.6),
            ((2, 1024), (23, 1), -14.9),
            ((2, 1024), (15, 2), -22.2),
        ] {
            let gadget = GadgetShape { base_log, levels };
            let noise = block_bootstrap(760, 4, k, size, gadget, minimal_std(2048));
            assert!((noise.log2_std() - log2).abs() < 0.2, "2^{:.2} instead of 2^{log2}", noise.log2_std());
        }
    }
}
