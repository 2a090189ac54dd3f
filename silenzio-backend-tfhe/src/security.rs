//! The security of an LWE key as a relation between its dimension and its noise.

use tfhe::core_crypto::prelude::StandardDev;

/// The least noise that a binary key of `dimension` bits needs for 128 bits of security, as a standard
/// deviation relative to the torus.
///
/// It is the line `log2(std) = -0.0249 d + 2.66`, on which the 128-bit parameter sets of TFHE-rs lie (its noise
/// formulas fit 132 bits by a line that is nowhere more than 0.02 bits above it), down to a floor of 2^-62, below
/// which noise would vanish in 64-bit arithmetic. A GLWE key of dimension k and polynomial size N counts as k N
/// bits.
pub fn minimal_noise(dimension: usize) -> StandardDev {
    StandardDev((-0.0249 * dimension as f64 + 2.66).max(-62.0).exp2())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_points_of_the_line() {
        for (dimension, log2_std) in
            [(796, -17.2), (1096, -24.6), (2048, -48.3), (2613, -62.0), (32768, -62.0)]
        {
            assert!((minimal_noise(dimension).0.log2() - log2_std).abs() < 0.1);
        }
    }
}
