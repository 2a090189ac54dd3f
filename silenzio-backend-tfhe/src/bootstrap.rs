//! Programmable bootstraps in batches.

use crate::keys::ClassKey;
use crate::keyswitch::SmallCiphertext;
use crate::test_polynomial::TestPolynomial;
use std::cell::RefCell;
use tfhe::core_crypto::prelude::{
    CiphertextCount, CiphertextModulus, ComputationBuffers, GlweCiphertextList, LweCiphertextList, LweSize,
    batch_programmable_bootstrap_lwe_ciphertext_mem_optimized,
    batch_programmable_bootstrap_lwe_ciphertext_mem_optimized_requirement,
};

/// The most bootstraps that pass through the key together.
///
/// A bootstrapping key exceeds the cache, and a batch reads it once: eight at a time take 0.7 (narrow classes) to
/// 0.9 (wide ones) of the time of eight alone. More gain little, and spread work over fewer cores.
pub(crate) const MAX_BATCH: usize = 8;

/// One bootstrap of a batch.
pub(crate) struct Job<'a> {
    pub(crate) input: &'a SmallCiphertext,
    pub(crate) table: &'a TestPolynomial,
}

thread_local! {
    static BUFFERS: RefCell<Buffers> = RefCell::default();
}

/// What a thread reuses from batch to batch.
#[derive(Default)]
struct Buffers {
    inputs: Vec<u32>,
    accumulators: Vec<u64>,
    outputs: Vec<u64>,
    scratch: ComputationBuffers,
}

/// Bootstraps a batch of jobs of one class and passes each output (the mask, then the body) to `finish`.
pub(crate) fn bootstrap_batch<T>(key: &ClassKey, jobs: &[Job<'_>], finish: impl Fn(&[u64]) -> T) -> Vec<T> {
    BUFFERS.with_borrow_mut(|buffers| {
        buffers.load(key, jobs);
        buffers.run(key, jobs.len());
        buffers.outputs.chunks_exact(output_size(key).0).map(finish).collect()
    })
}

impl Buffers {
    fn load(&mut self, key: &ClassKey, jobs: &[Job<'_>]) {
        self.inputs.clear();
        self.accumulators.clear();
        for job in jobs {
            self.inputs.extend_from_slice(job.input.as_ref());
            let mask = key.parameters.output_dimension();
            self.accumulators.resize(self.accumulators.len() + mask, 0);
            self.accumulators.extend_from_slice(job.table.coefficients());
        }
        self.outputs.resize(jobs.len() * output_size(key).0, 0);
    }

    fn run(&mut self, key: &ClassKey, count: usize) {
        let set = key.parameters;
        let (small_size, glwe_size) = (set.lwe_dimension.to_lwe_size(), set.glwe_dimension.to_glwe_size());
        let (native_32, native_64) = (CiphertextModulus::new_native(), CiphertextModulus::new_native());
        let fft = key.fft.as_view();
        self.scratch.resize(
            batch_programmable_bootstrap_lwe_ciphertext_mem_optimized_requirement::<u64>(
                glwe_size,
                set.polynomial_size,
                CiphertextCount(count),
                fft,
            )
            .unaligned_bytes_required(),
        );
        let inputs = LweCiphertextList::from_container(self.inputs.as_slice(), small_size, native_32);
        let accumulators = GlweCiphertextList::from_container(
            self.accumulators.as_slice(),
            glwe_size,
            set.polynomial_size,
            native_64,
        );
        let mut outputs =
            LweCiphertextList::from_container(self.outputs.as_mut_slice(), output_size(key), native_64);
        batch_programmable_bootstrap_lwe_ciphertext_mem_optimized(
            &inputs,
            &mut outputs,
            &accumulators,
            &key.bootstrap,
            fft,
            self.scratch.stack(),
        );
    }
}

const fn output_size(key: &ClassKey) -> LweSize {
    LweSize(key.parameters.output_dimension() + 1)
}
