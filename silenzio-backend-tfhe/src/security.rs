//! The security of an LWE key as a relation between its dimension and its noise.

use tfhe::core_crypto::prelude::StandardDev;

/// The least noise that a binary key of `dimension` bits needs for 128 bits of security: that of
/// [`minimal_std`](silenzio_core::noise::minimal_std).
pub fn minimal_noise(dimension: usize) -> StandardDev {
    StandardDev(silenzio_core::noise::minimal_std(dimension))
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
