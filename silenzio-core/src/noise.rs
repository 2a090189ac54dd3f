//! Noise of TFHE ciphertexts: variances, and the closed formulas on which the parameters of both engines are based.
//!
//! Noise is an error of mean zero on the phase of a ciphertext. It is close to normal, and is measured by its variance
//! relative to the torus (1 = 2^64). The noises of different values are taken as independent, so variances add. The
//! formulas follow Chillotti et al. (TFHE, ePrint 2018/421) and Bergerat et al. (ePrint 2022/704), for binary keys.

use serde::{Deserialize, Serialize};
use std::ops::{Add, AddAssign, Mul};

/// The number of bits of a 64-bit torus element that a 53-bit mantissa cannot hold.
const LOST_BITS: f64 = 64.0 - 53.0;

/// The variance of a noise, relative to the torus.
#[derive(Clone, Copy, PartialEq, PartialOrd, Default, Debug, Serialize, Deserialize)]
pub struct NoiseVariance(pub f64);

impl NoiseVariance {
    /// The variance of a trivial ciphertext, which has no noise.
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

/// The base and the number of levels of a signed gadget decomposition.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct GadgetShape {
    /// log2 of the base.
    pub base_log: usize,
    /// The number of digits that are kept.
    pub levels: usize,
}

impl GadgetShape {
    /// The base.
    pub fn base(self) -> f64 {
        (self.base_log as f64).exp2()
    }

    /// The number of bits that are kept.
    pub const fn bits(self) -> usize {
        self.base_log * self.levels
    }

    /// The mean square of a balanced digit: B²/12 + 1/6.
    pub fn digit_power(self) -> f64 {
        self.base().powi(2) / 12.0 + 1.0 / 6.0
    }

    /// The variance of the rounding error of the digits: B^-2l / 12.
    pub fn rounding(self) -> f64 {
        (-2.0 * self.bits() as f64).exp2() / 12.0
    }
}

/// The standard deviation below which noise would vanish in 64-bit arithmetic: four units of 2^-64.
const FLOOR: f64 = 1.0 / (1u64 << 62) as f64;

/// The least noise that a binary key of `dimension` bits needs for 128 bits of security, as a standard
/// deviation relative to the torus.
///
/// It follows the line `log2(std) = -0.0249 d + 2.66`, on which the 128-bit parameter sets of TFHE-rs lie, plus a floor
/// of 2^-62, where the variances add. The noise formulas of TFHE-rs, which fit estimates of 132 bits, are nowhere more
/// than 0.02 bits above it. A GLWE key of dimension k and polynomial size N counts as k N bits.
pub fn minimal_std(dimension: usize) -> f64 {
    let line = line(dimension).exp2();
    // Far above the floor, its contribution is too small to be measured.
    if line > FLOOR * 1024.0 { line } else { (line * line + FLOOR * FLOOR).sqrt() }
}

/// log2 of [`minimal_std`]. Well above the floor it is the same number on every machine.
pub fn minimal_log2_std(dimension: usize) -> f64 {
    let line = line(dimension);
    if line > FLOOR.log2() + 10.0 { line } else { minimal_std(dimension).log2() }
}

/// log2 of the standard deviation on the line.
fn line(dimension: usize) -> f64 {
    -0.0249 * dimension as f64 + 2.66
}

/// The number of additional bits that a key in blocks of four needs, compared with a binary key with the same noise.
const BLOCK_BINARY_SURPLUS: usize = 24;

/// The least noise that a block-binary key of `dimension` bits needs for 128 bits of security, as a standard deviation
/// relative to the torus; `None` for block lengths without estimates.
///
/// In a block-binary key at most one bit of each block is 1. For blocks of 4 bits the least noise is that of a binary
/// key ([`minimal_std`]) with 24 bits less, according to the lattice-estimator's costs of primal, dual and hybrid
/// attacks, in which whole blocks are guessed (`docs/security.md`). Blocks of one bit are a binary key.
pub fn minimal_block_std(dimension: usize, block: usize) -> Option<f64> {
    equally_noisy(dimension, block).map(minimal_std)
}

/// log2 of [`minimal_block_std`]. Well above the floor it is the same number on every machine.
pub fn minimal_block_log2_std(dimension: usize, block: usize) -> Option<f64> {
    equally_noisy(dimension, block).map(minimal_log2_std)
}

/// The dimension of a binary key with the same noise.
const fn equally_noisy(dimension: usize, block: usize) -> Option<usize> {
    match block {
        1 => Some(dimension),
        4 => Some(dimension.saturating_sub(BLOCK_BINARY_SURPLUS)),
        _ => None,
    }
}

/// The noise that a keyswitch of `dimension` mask elements adds, with a key of noise `std`.
///
/// It is D l s² (B²/12 + 1/6) for the noise s of the key times balanced digits, and D/24 B^-2l for the rounding error
/// of the digits, which counts for the half of the D key bits that are 1.
pub fn key_switch(dimension: usize, gadget: GadgetShape, std: f64) -> NoiseVariance {
    let key = gadget.levels as f64 * std * std * gadget.digit_power();
    NoiseVariance(dimension as f64 * (key + gadget.rounding() / 2.0))
}

/// The noise that the rounding errors of a Fourier transform with 53-bit mantissas add in one external product: the fit
/// of Bergerat et al. with the constants of TFHE-rs.
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

/// The noise that a modulus switch to multiples of `1 / steps` adds to an LWE ciphertext of `dimension` under a
/// block-binary key, with the mask's mean error subtracted.
///
/// Each of the n mask elements is rounded to a multiple of 1/steps, with an error of variance 1/12 in that unit. The
/// error is multiplied by s_i - 1/(l+1), of variance l/(l+1)², for a key bit s_i that is 1 with probability 1/(l+1) in
/// blocks of l. The rounding of the body counts in full. The sum is (n l / (12 (l+1)²) + 1/12) / steps².
pub fn block_modulus_switch(dimension: usize, block: usize, steps: f64) -> NoiseVariance {
    let (dimension, block) = (dimension as f64, block as f64);
    let mask = dimension * block / (12.0 * (block + 1.0).powi(2));
    NoiseVariance((mask + 1.0 / 12.0) / (steps * steps))
}

/// The noise of the result of a bootstrap that shares digits among the bits of a block, with a GLWE key of noise `std`.
/// It does not depend on the noise of the input.
///
/// It is that of n external products: the noise of the key times the digits, the rounding error of the digits, and the
/// rounding errors of the Fourier transform. The digits are those of the accumulator, and are multiplied by X^a - 1
/// afterwards, so everything counts twice. The rounding error of the digits counts where the key bit is 1, which has
/// the probability 1/(l+1) in blocks of l. The rounding errors of the Fourier transform count four times: the product
/// with X^a - 1 is in the Fourier domain, too, and twice the [fit](fourier), which is of another transform, is less
/// than what is measured.
///
/// A smooth test polynomial adds about as much noise as 200 key bits, whatever the number of key bits: before the first
/// block the accumulator is not random, and its transform is large at the lowest frequencies, as is that of a binary
/// key.
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
    // In units of B^-2l: the rounding error of the mask counts for the half of the GLWE key that is 1.
    let rounding = 12.0 * gadget.rounding() * (k * size / 24.0 + 1.0 / 12.0) / (block as f64 + 1.0);
    let one = fourier(glwe_dimension, polynomial_size, gadget) * 2.0 + NoiseVariance(key + rounding);
    one * (2.0 * lwe_dimension as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_one_bit_are_binary_keys() {
        // A key bit differs from its mean by ±1/2.
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
