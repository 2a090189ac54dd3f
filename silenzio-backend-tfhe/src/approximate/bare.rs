//! The cost of the bare TFHE-rs bootstraps of the approximate parameters.

use super::keys::ApproximateServerKey;
use crate::bare::{BareCost, key_that_encrypts_nothing, measure_bare};
use silenzio_core::approximate::Precision;
use std::time::Duration;
use tfhe::core_crypto::prelude::{GlweDimension, LweDimension, PolynomialSize};

impl ApproximateServerKey {
    /// The time on one core of one bootstrap to a precision, keyswitch included, called straight from TFHE-rs on one
    /// ciphertext after the other, while every thread of the current Rayon pool does the same: for about a second.
    ///
    /// It has this key's n, N, base and number of levels, and k = 1, which is how TFHE-rs is fastest: TFHE-rs knows no
    /// blocks of key bits. The yardstick for whole computations.
    pub fn bare_bootstrap(&self, precision: Precision) -> Duration {
        let parameters = &self.keys.parameters;
        let key = key_that_encrypts_nothing(
            LweDimension(parameters.lwe_dimension),
            GlweDimension(1),
            PolynomialSize(parameters.polynomial_size),
            parameters.bootstrap(precision).gadget(),
        );
        let costs = rayon::broadcast(|_| measure_bare(&self.keys.keyswitch, &key, &self.keys.fft));
        let total: Duration =
            costs.iter().map(|&BareCost { keyswitch, bootstrap }| keyswitch + bootstrap).sum();
        total / u32::try_from(costs.len()).unwrap_or(1)
    }
}
