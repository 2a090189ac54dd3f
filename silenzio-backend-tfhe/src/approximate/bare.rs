//! The cost of the bare TFHE-rs bootstraps of the approximate parameters.

use super::keys::ApproximateServerKey;
use crate::bare::{BareCost, measure_bare};
use silenzio_core::approximate::Precision;
use std::time::Duration;

/// The time on one core of one bootstrap to each precision, keyswitch included, called straight from TFHE-rs while
/// all cores do the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ApproximateBareCost {
    /// To [`Precision::Coarse`].
    pub coarse: Duration,
    /// To [`Precision::Fine`].
    pub fine: Duration,
}

impl ApproximateServerKey {
    /// Measures the bare bootstraps, on every thread of the current Rayon pool at once, for about two seconds.
    pub fn calibrate(&self) -> ApproximateBareCost {
        let cost = |precision| {
            let keys = &self.keys;
            let costs =
                rayon::broadcast(|_| measure_bare(&keys.keyswitch, keys.bootstrap(precision), &keys.fft));
            let total: Duration =
                costs.iter().map(|&BareCost { keyswitch, bootstrap }| keyswitch + bootstrap).sum();
            total / u32::try_from(costs.len()).unwrap_or(1)
        };
        ApproximateBareCost { coarse: cost(Precision::Coarse), fine: cost(Precision::Fine) }
    }
}
