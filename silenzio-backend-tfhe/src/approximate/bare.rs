//! The cost of the bare TFHE-rs bootstraps of the approximate parameters.

use super::keys::{ApproximateServerKey, keyswitch_shape};
use crate::bare::{BareCost, measure_bare};
use crate::rotation::RotationParameters;
use silenzio_core::approximate::Precision;
use std::time::Duration;

impl ApproximateServerKey {
    /// Measures for about a second what TFHE-rs alone takes on one core for one bootstrap to a precision, keyswitch included:
    /// one ciphertext after the other, while every thread of the current Rayon pool does the same.
    ///
    /// The bootstrap has this key's n, N, base and number of levels, and k = 1, with which TFHE-rs is fastest. It does not
    /// use the blocks of the key, which TFHE-rs does not support. Whole computations are compared with this time.
    pub fn bare_bootstrap(&self, precision: Precision) -> Duration {
        let rotation = RotationParameters {
            glwe_dimension: 1,
            polynomial_size: self.keys.parameters.polynomial_size,
            ..*self.keys.rotations.to(precision).parameters()
        };
        let BareCost { keyswitch, bootstrap } =
            measure_bare(&keyswitch_shape(&self.keys.parameters).lwe(), &rotation);
        keyswitch + bootstrap
    }
}
