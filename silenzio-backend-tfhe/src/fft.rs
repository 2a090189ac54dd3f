//! The Fourier transform of TFHE-rs, with the same algorithm in every process.
//!
//! TFHE-rs picks the algorithm that is fastest in a measurement of ten milliseconds, which is not always the same one.
//! Algorithms round differently: a repeated computation gives the same bytes only if the algorithm is fixed.

use std::sync::Once;
use tfhe::core_crypto::fft_impl::fft64::math::fft::{FftAlgo, Method, Plan, setup_custom_fft_plan};
use tfhe::core_crypto::prelude::{Fft, PolynomialSize};

/// log2 of the smallest and of the largest polynomial size.
const LOG_SIZES: std::ops::RangeInclusive<usize> = 9..=16;

/// The transform of polynomials with `size` coefficients.
pub(crate) fn fft(size: PolynomialSize) -> Fft {
    static FIXED: Once = Once::new();
    FIXED.call_once(|| LOG_SIZES.map(|log_size| plan(1 << log_size)).for_each(setup_custom_fft_plan));
    Fft::new(size)
}

/// The algorithm for polynomials with `size` coefficients, which become half as many complex numbers.
///
/// These are the ones that measurements pick: Dif4 while a transform fits in the first-level cache, and Dif8 on parts of
/// 512 numbers above that.
fn plan(size: usize) -> Plan {
    let numbers = size / 2;
    let (base_algo, base_n) = if numbers <= 1024 { (FftAlgo::Dif4, numbers) } else { (FftAlgo::Dif8, 512) };
    Plan::new(numbers, Method::UserProvided { base_algo, base_n })
}

#[cfg(test)]
mod tests {
    use super::*;
    use silenzio_core::approximate;

    #[test]
    fn every_polynomial_size_has_a_fixed_algorithm() {
        for size in approximate::parameters::ALL.iter().map(|set| set.polynomial_size) {
            assert!(LOG_SIZES.contains(&(size.ilog2() as usize)), "{size}");
            let (found, expected) = (format!("{:?}", fft(PolynomialSize(size))), format!("{:?}", plan(size)));
            assert!(found.contains(&expected), "{expected}, not the measured one");
        }
    }
}
