//! Programmable bootstraps in batches.

use crate::keyswitch::SmallCiphertext;
use std::cell::RefCell;
use tfhe::core_crypto::prelude::{
    CiphertextCount, CiphertextModulus, ComputationBuffers, Fft, FourierLweBootstrapKeyOwned, GlweCiphertext,
    GlweCiphertextListMutView, GlweCiphertextView, LweCiphertext,
    batch_programmable_bootstrap_lwe_ciphertext_mem_optimized_requirement, lwe_ciphertext_modulus_switch,
};

/// The most bootstraps that pass through the key together.
///
/// A bootstrapping key exceeds the cache, and a batch reads it once: eight at a time take 0.7 (narrow classes) to
/// 0.9 (wide ones) of the time of eight alone. More gain little, and spread work over fewer cores.
pub(crate) const MAX_BATCH: usize = 8;

/// One bootstrap of a batch.
pub(crate) struct Job<'a> {
    pub(crate) input: &'a SmallCiphertext,
    /// The coefficients of the test polynomial, as torus elements.
    pub(crate) table: &'a [u64],
}

thread_local! {
    static BUFFERS: RefCell<Buffers> = RefCell::default();
}

/// What a thread reuses from batch to batch.
#[derive(Default)]
struct Buffers {
    accumulators: Vec<u64>,
    scratch: ComputationBuffers,
}

/// Bootstraps a batch of jobs with one key and passes each accumulator, its test polynomial rotated by the phase of
/// its input, to `finish`.
pub(crate) fn bootstrap_batch<T>(
    key: &FourierLweBootstrapKeyOwned,
    fft: &Fft,
    jobs: &[Job<'_>],
    finish: impl Fn(&GlweCiphertextView<'_, u64>) -> T,
) -> Vec<T> {
    BUFFERS.with_borrow_mut(|buffers| {
        buffers.load(key, jobs);
        buffers.rotate(key, fft, jobs);
        let (size, modulus) = (key.polynomial_size(), CiphertextModulus::new_native());
        let accumulators = buffers.accumulators.chunks_exact(key.glwe_size().0 * size.0);
        accumulators.map(|glwe| finish(&GlweCiphertext::from_container(glwe, size, modulus))).collect()
    })
}

impl Buffers {
    fn load(&mut self, key: &FourierLweBootstrapKeyOwned, jobs: &[Job<'_>]) {
        self.accumulators.clear();
        for job in jobs {
            let mask = key.output_lwe_dimension().0;
            self.accumulators.resize(self.accumulators.len() + mask, 0);
            self.accumulators.extend_from_slice(job.table);
        }
    }

    fn rotate(&mut self, key: &FourierLweBootstrapKeyOwned, fft: &Fft, jobs: &[Job<'_>]) {
        let (glwe_size, size, fft) = (key.glwe_size(), key.polynomial_size(), fft.as_view());
        self.scratch.resize(
            batch_programmable_bootstrap_lwe_ciphertext_mem_optimized_requirement::<u64>(
                glwe_size,
                size,
                CiphertextCount(jobs.len()),
                fft,
            )
            .unaligned_bytes_required(),
        );
        let inputs: Vec<_> = jobs
            .iter()
            .map(|job| {
                let input = LweCiphertext::from_container(job.input.as_ref(), job.input.ciphertext_modulus());
                lwe_ciphertext_modulus_switch(input, size.to_blind_rotation_input_modulus_log())
            })
            .collect();
        let modulus = CiphertextModulus::new_native();
        let accumulators = GlweCiphertextListMutView::from_container(
            self.accumulators.as_mut_slice(),
            glwe_size,
            size,
            modulus,
        );
        key.as_view().batch_blind_rotate_assign(accumulators, &inputs, fft, self.scratch.stack());
    }
}
