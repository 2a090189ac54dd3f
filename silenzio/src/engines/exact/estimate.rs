//! What an encrypted training would take.

use crate::estimate::{EngineEstimate, StepOperations};
use crate::{Context, Error, Run};
use silenzio_backend_tfhe::{Ciphertext, ClientKey, KeyPlan, ServerKey};
use silenzio_core::{Backend, BackendError, Client, Lut, Modulus};
use silenzio_rns::ExactNetwork;
use silenzio_suite::{exact, lut_cost};
use std::time::Instant;

/// The seed of a list of ciphertexts.
const SEED_BYTES: usize = 16;

/// Look-ups that are timed, per thread.
const TIMED: usize = 32;

/// The cost of a step, and the sizes of everything.
///
/// # Errors
/// If an operation of the engine fails.
pub fn estimate(run: &Run, network: &ExactNetwork, _: &Context) -> Result<EngineEstimate, Error> {
    let batch = run.public.training.batch.min(run.split.train.len());
    let luts = exact::luts_per_step(network, batch)?;
    let widest = |bits: u32| Modulus::new((1 << bits) - 1).ok();
    let milliseconds: f64 =
        luts.classes().map(|(bits, count)| count as f64 * widest(bits).map_or(0.0, lut_cost)).sum();
    let key_plan = exact::key_plan(network)?;
    let seeds = network.input_moduli(0).len() + network.label_moduli().len();
    Ok(EngineEstimate {
        operations: StepOperations::Exact { bootstraps_per_step: luts },
        key_file_bytes: key_plan.compressed_key_bytes(),
        server_key_bytes: key_plan.server_key_bytes(),
        bytes_per_sample: network.values_per_sample() * size_of::<u64>() + seeds * SEED_BYTES,
        held_bytes: network.values_held(run.public.training.batch) * Ciphertext::VALUE_BYTES,
        core_seconds_per_step: slowness()? * milliseconds / 1000.0,
    })
}

/// Times four-bit look-ups on all threads and compares them with the costs that plans are made with.
fn slowness() -> Result<f64, Error> {
    let m = Modulus::new(15).map_err(BackendError::from)?;
    let client_key = ClientKey::generate(&KeyPlan::for_moduli([m]));
    let server_key = ServerKey::new(&client_key);
    let inputs =
        server_key.expand(&client_key.encrypt(m, &vec![3; TIMED * rayon::current_num_threads()])?)?;
    let start = Instant::now();
    server_key.lut(&inputs, &Lut::embed(m, m))?;
    let milliseconds = 1000.0 * start.elapsed().as_secs_f64() / TIMED as f64;
    Ok(milliseconds / lut_cost(m))
}
