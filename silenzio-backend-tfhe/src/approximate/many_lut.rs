//! Many-LUT bootstraps: several real functions of one input from one blind rotation.
//!
//! The test polynomials of 2^t functions are interleaved, and the input is rounded to multiples of 2^t / (2N). The
//! rotation then brings one value of each function to the first 2^t coefficients (Chillotti et al., ePrint
//! 2021/729).

use super::ciphertext::ApproximateLwe;
use super::keys::ApproximateServerKey;
use crate::rotation::RotationJob;
use crate::torus::Torus;
use silenzio_core::BackendError;
use silenzio_core::approximate::{Precision, RealLut};

/// The coefficients of the test polynomial of `lut`.
pub(super) fn interleave(lut: &RealLut, size: usize) -> Vec<u64> {
    let outputs = 1 << lut.log_outputs();
    let coefficient = |i: usize| {
        let sample = lut.samples(i % outputs).get(i / outputs);
        sample.map_or(0, |&x| Torus::from_real(x).0)
    };
    (0..size).map(coefficient).collect()
}

impl ApproximateServerKey {
    /// Evaluates all functions of `lut` at all inputs: one vector of results per function.
    ///
    /// # Errors
    /// [`BackendError::WrongShape`] if the table was sampled for other parameters.
    pub(super) fn many_lut(
        &self,
        precision: Precision,
        inputs: &[ApproximateLwe],
        lut: &RealLut,
    ) -> Result<Vec<Vec<ApproximateLwe>>, BackendError> {
        let key = self.keys.rotations.to(precision);
        let table = interleave(lut, key.parameters().polynomial_size);
        let (keyswitch, rotation) = (&self.keys.keyswitch, key.parameters());
        let exponents =
            keyswitch.exponents(&self.stopwatches.keyswitch, rotation, lut.log_outputs(), inputs, |lwe| {
                (lwe.mask(), lwe.body())
            })?;
        let jobs: Vec<_> =
            exponents.iter().map(|exponents| RotationJob { exponents, table: &table }).collect();
        let mut by_output = vec![Vec::with_capacity(inputs.len()); lut.outputs()];
        for outputs in key.timed_bootstrap(&self.stopwatches.rotation, &jobs, lut.outputs())? {
            for (all, output) in by_output.iter_mut().zip(outputs) {
                all.push(ApproximateLwe(output));
            }
        }
        Ok(by_output)
    }
}
