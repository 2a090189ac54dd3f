//! The cost of the bare TFHE-rs bootstraps of the approximate parameters.

use super::keys::{ApproximateServerKey, keyswitch_shape};
use crate::bare::{BareCost, measure_bare};
use crate::rotation::RotationParameters;
use silenzio_core::approximate::Precision;
use std::time::Duration;

impl ApproximateServerKey {
    /// The time on one core of one bootstrap to a precision, keyswitch included, called straight from TFHE-rs on one
    /// ciphertext after the other, while every thread of the current Rayon pool does the same: for about a second.
    ///
    /// It has this key's n, N, base and number of levels, and k = 1, which is how TFHE-rs is fastest: TFHE-rs knows no
    /// blocks of key bits. The yardstick for whole computations.
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
