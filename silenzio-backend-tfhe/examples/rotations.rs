//! Measures blind rotations against TFHE-rs's batch of eight, alternating in one run, in CPU time of one thread.
//!
//! `cargo run --release -p silenzio-backend-tfhe --example rotations`
//!
//! Both have a small key of 760 bits, the same base and the same number of levels. TFHE-rs always has k = 1 and N = 2048,
//! also where ours has k = 2 and N = 1024.

use cpu_time::ThreadTime;
use silenzio_backend_tfhe::rotation::{
    CompressedRotationKey, Lanes, RotationJob, RotationKey, RotationParameters, small_key,
};
use silenzio_core::BackendError;
use silenzio_core::noise::GadgetShape;
use std::error::Error;
use tfhe::core_crypto::prelude::{
    CiphertextCount, CiphertextModulus, ComputationBuffers, DecompositionBaseLog, DecompositionLevelCount,
    Fft, FourierLweBootstrapKey, FourierLweBootstrapKeyOwned, GlweCiphertextListMutView, GlweSize,
    LweCiphertext, LweDimension, PolynomialSize,
    batch_programmable_bootstrap_lwe_ciphertext_mem_optimized_requirement, lwe_ciphertext_modulus_switch,
};

/// n, the dimension of the small key.
const DIMENSION: usize = 760;
/// The block length of the small key: this many of its bits share digits.
const BLOCK: usize = 4;
/// The number of ciphertexts in one of TFHE-rs's batches.
const BATCH: usize = 8;
/// The number of rounds. The fastest one counts, since other work on the machine can only add time.
const ROUNDS: usize = 5;

/// The measured rotations: k, N, log2 of the base, number of levels.
const CLASSES: [(usize, usize, usize, usize); 6] = [
    (1, 2048, 8, 5),
    (1, 2048, 11, 3),
    (1, 2048, 15, 2),
    (1, 2048, 23, 1),
    (2, 1024, 15, 2),
    (2, 1024, 23, 1),
];

fn main() -> Result<(), Box<dyn Error>> {
    let lanes = Lanes::available();
    for (glwe_dimension, polynomial_size, base_log, levels) in CLASSES {
        let gadget = GadgetShape { base_log, levels };
        let key = |block| {
            key(RotationParameters {
                lwe_dimension: DIMENSION,
                block,
                glwe_dimension,
                polynomial_size,
                gadget,
            })
        };
        let (blocks, bits) = (key(BLOCK)?, key(1)?);
        let mut tfhe = Tfhe::new(gadget);
        let mut best = vec![f64::INFINITY; lanes.len() + 2];
        for _ in 0..ROUNDS {
            let mut times = vec![tfhe.milliseconds()?, milliseconds(&bits, Lanes::widest())?];
            for &lanes in lanes.iter().filter(|lanes| lanes.count() > 1) {
                times.push(milliseconds(&blocks, lanes)?);
            }
            for (best, time) in best.iter_mut().zip(times) {
                *best = best.min(time);
            }
        }
        let [theirs, bits, ..] = best[..] else { continue };
        println!("k {glwe_dimension}, N {polynomial_size}, base 2^{base_log}, {levels} levels:");
        println!("  TFHE-rs, batch of {BATCH}: {theirs:.2} ms");
        let show = |block, lanes, time| {
            println!("  blocks of {block}, {lanes} lanes: {time:.2} ms, {:.2} times cheaper", theirs / time);
        };
        show(1, Lanes::widest().count(), bits);
        for (lanes, &time) in lanes.iter().zip(&best[2..]) {
            if lanes.count() > 1 {
                show(BLOCK, lanes.count(), time);
            }
        }
    }
    Ok(())
}

fn key(parameters: RotationParameters) -> Result<RotationKey, BackendError> {
    let small = small_key(DIMENSION, parameters.block)?;
    let glwe: Vec<u64> = small_key(parameters.output_dimension(), 1)?.iter().map(|&bit| bit.into()).collect();
    CompressedRotationKey::generate(parameters, &small, &glwe, &|_| ())?.expand()
}

/// The time of one of our rotations with all lanes in use, in milliseconds.
fn milliseconds(key: &RotationKey, lanes: Lanes) -> Result<f64, BackendError> {
    let parameters = key.parameters();
    let (size, steps) = (parameters.polynomial_size, parameters.steps());
    let table: Vec<u64> = (0..size as u64).map(scrambled).collect();
    let exponents = |job: usize| {
        (0..=DIMENSION).map(|i| scrambled((job * 1000 + i) as u64) as u32 % steps as u32).collect::<Vec<_>>()
    };
    let exponents: Vec<_> = (0..BATCH).map(exponents).collect();
    let jobs: Vec<_> = exponents.iter().map(|exponents| RotationJob { exponents, table: &table }).collect();
    let start = ThreadTime::now();
    std::hint::black_box(key.rotate_in(lanes, &jobs)?);
    Ok(start.elapsed().as_secs_f64() * 1e3 / BATCH as f64)
}

/// A pseudorandom number.
const fn scrambled(i: u64) -> u64 {
    let x = (i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (x ^ (x >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) ^ (x >> 32)
}

/// TFHE-rs with an all-zero key: the time of a rotation does not depend on what the key encrypts.
struct Tfhe {
    key: FourierLweBootstrapKeyOwned,
    fft: Fft,
    scratch: ComputationBuffers,
}

impl Tfhe {
    const GLWE_SIZE: GlweSize = GlweSize(2);
    const SIZE: PolynomialSize = PolynomialSize(2048);

    fn new(gadget: GadgetShape) -> Self {
        let mut key = FourierLweBootstrapKey::new(
            LweDimension(DIMENSION),
            Self::GLWE_SIZE,
            Self::SIZE,
            DecompositionBaseLog(gadget.base_log),
            DecompositionLevelCount(gadget.levels),
        );
        for (i, value) in key.as_mut_view().data().iter_mut().enumerate() {
            let x = scrambled(i as u64) as i64 as f64 * (-64f64).exp2();
            (value.re, value.im) = (x, 0.3 - x);
        }
        Self { key, fft: Fft::new(Self::SIZE), scratch: ComputationBuffers::new() }
    }

    /// The time of one rotation in a batch, in milliseconds.
    fn milliseconds(&mut self) -> Result<f64, BackendError> {
        let modulus = CiphertextModulus::new_native();
        let lwe =
            |job: usize| (0..=DIMENSION).map(|i| scrambled((job * 1000 + i) as u64)).collect::<Vec<u64>>();
        let lwes: Vec<_> = (0..BATCH).map(|job| LweCiphertext::from_container(lwe(job), modulus)).collect();
        let inputs: Vec<_> = lwes
            .iter()
            .map(|lwe| {
                lwe_ciphertext_modulus_switch(lwe.as_view(), Self::SIZE.to_blind_rotation_input_modulus_log())
            })
            .collect();
        let fft = self.fft.as_view();
        let requirement = batch_programmable_bootstrap_lwe_ciphertext_mem_optimized_requirement::<u64>(
            Self::GLWE_SIZE,
            Self::SIZE,
            CiphertextCount(BATCH),
            fft,
        );
        self.scratch.resize(requirement.unaligned_bytes_required());
        let mut accumulators: Vec<u64> =
            (0..BATCH * Self::GLWE_SIZE.0 * Self::SIZE.0).map(|i| scrambled(i as u64)).collect();
        let start = ThreadTime::now();
        let list = GlweCiphertextListMutView::from_container(
            accumulators.as_mut_slice(),
            Self::GLWE_SIZE,
            Self::SIZE,
            modulus,
        );
        self.key.as_view().batch_blind_rotate_assign(list, &inputs, fft, self.scratch.stack());
        Ok(start.elapsed().as_secs_f64() * 1e3 / BATCH as f64)
    }
}
