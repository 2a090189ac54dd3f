//! Many-LUT bootstraps: several real functions of one input from one blind rotation.
//!
//! The test polynomials of 2^t functions are interleaved, and the input is rounded to multiples of 2^t / (2N). The
//! rotation then brings one value of each function to the first 2^t coefficients (Chillotti et al., ePrint
//! 2021/729).

use super::ciphertext::{ApproximateLwe, extract};
use super::keys::ApproximateServerKey;
use crate::bootstrap::{Job, MAX_BATCH, bootstrap_batch};
use crate::keyswitch::{MAX_BLOCK, keyswitch_lwes};
use crate::look_up::share_of_a_core;
use crate::modulus_switch::{centre_modulus_switch, rotation_bits, round_elements};
use crate::torus::Torus;
use rayon::prelude::*;
use silenzio_core::approximate::{Precision, RealLut};
use tfhe::core_crypto::prelude::PolynomialSize;

/// The coefficients of the test polynomial of `lut`.
pub(super) fn interleave(lut: &RealLut, size: PolynomialSize) -> Vec<u64> {
    let outputs = 1 << lut.log_outputs();
    let coefficient = |i: usize| {
        let sample = lut.samples(i % outputs).get(i / outputs);
        sample.map_or(0, |&x| Torus::from_real(x).0)
    };
    (0..size.0).map(coefficient).collect()
}

impl ApproximateServerKey {
    /// All functions of `lut` at all inputs: one vector per function.
    pub(super) fn many_lut(
        &self,
        precision: Precision,
        inputs: &[ApproximateLwe],
        lut: &RealLut,
    ) -> Vec<Vec<ApproximateLwe>> {
        let size = PolynomialSize(self.keys.parameters.polynomial_size);
        let table = interleave(lut, size);
        let kept_bits = rotation_bits(size) - lut.log_outputs();
        let bootstrap = self.keys.bootstrap(precision);

        let block = share_of_a_core(inputs.len()).clamp(1, MAX_BLOCK);
        let small: Vec<_> = inputs
            .par_chunks(block)
            .flat_map_iter(|block| {
                let lwes: Vec<_> = block.iter().map(|lwe| (lwe.mask(), lwe.body())).collect();
                let mut small = keyswitch_lwes(&self.keys.keyswitch, &lwes);
                for lwe in &mut small {
                    centre_modulus_switch(lwe.as_mut(), kept_bits);
                    round_elements(lwe.as_mut(), kept_bits);
                }
                small
            })
            .collect();
        let jobs: Vec<_> = small.iter().map(|input| Job { input, table: &table }).collect();
        let batch = share_of_a_core(jobs.len()).clamp(1, MAX_BATCH);
        let by_input: Vec<Vec<ApproximateLwe>> = jobs
            .par_chunks(batch)
            .flat_map_iter(|jobs| {
                bootstrap_batch(bootstrap, &self.keys.fft, jobs, |glwe| {
                    (0..lut.outputs()).map(|output| extract(glwe, output)).collect()
                })
            })
            .collect();
        let mut by_output = vec![Vec::with_capacity(inputs.len()); lut.outputs()];
        for outputs in by_input {
            for (all, output) in by_output.iter_mut().zip(outputs) {
                all.push(output);
            }
        }
        by_output
    }
}
