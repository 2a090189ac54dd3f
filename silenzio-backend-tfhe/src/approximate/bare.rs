//! The cost of the bare TFHE-rs bootstraps of the approximate parameters.

use super::keys::ApproximateServerKey;
use crate::bare::{BareCost, measure_bare};
use silenzio_core::approximate::Precision;
use std::time::Duration;
use tfhe::core_crypto::prelude::{
    DecompositionBaseLog, DecompositionLevelCount, FourierLweBootstrapKey, FourierLweBootstrapKeyOwned,
    GlweSize, LweDimension, PolynomialSize,
};

impl ApproximateServerKey {
    /// The time on one core of one bootstrap to a precision, keyswitch included, called straight from TFHE-rs on one
    /// ciphertext after the other, while every thread of the current Rayon pool does the same: for about a second.
    ///
    /// It has this key's n, N, base and number of levels, and k = 1, which is how TFHE-rs is fastest: TFHE-rs knows no
    /// blocks of key bits. The yardstick for whole computations.
    pub fn bare_bootstrap(&self, precision: Precision) -> Duration {
        let key = self.key_that_encrypts_nothing(precision);
        let costs = rayon::broadcast(|_| measure_bare(&self.keys.keyswitch, &key, &self.keys.fft));
        let total: Duration =
            costs.iter().map(|&BareCost { keyswitch, bootstrap }| keyswitch + bootstrap).sum();
        total / u32::try_from(costs.len()).unwrap_or(1)
    }

    /// What a bootstrap takes does not depend on what the key encrypts.
    fn key_that_encrypts_nothing(&self, precision: Precision) -> FourierLweBootstrapKeyOwned {
        let parameters = &self.keys.parameters;
        let gadget = parameters.bootstrap(precision).gadget();
        let mut key = FourierLweBootstrapKey::new(
            LweDimension(parameters.lwe_dimension),
            GlweSize(2),
            PolynomialSize(parameters.polynomial_size),
            DecompositionBaseLog(gadget.base_log),
            DecompositionLevelCount(gadget.levels),
        );
        for (i, value) in key.as_mut_view().data().iter_mut().enumerate() {
            let fraction = (i as f64 * 0.618_034).fract() - 0.5;
            (value.re, value.im) = (fraction, 0.25 - fraction);
        }
        key
    }
}
