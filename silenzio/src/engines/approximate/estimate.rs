//! What an encrypted training would take.

use super::simulate;
use crate::estimate::{EngineEstimate, StepOperations};
use crate::{Context, Error, Operations, Run, Simulator};
use silenzio_approximate::ApproximateNetwork;
use silenzio_backend_tfhe::approximate::{
    ApproximateClientKey, ApproximateServerKey, CompressedApproximateServerKey,
};
use silenzio_core::approximate::ApproximateCounts;

/// The seed of a list of ciphertexts.
const SEED_BYTES: usize = 16;

/// The cost of a step, and the sizes of everything.
///
/// # Errors
/// If an operation of the engine fails.
pub fn estimate(run: &Run, network: &ApproximateNetwork, context: &Context) -> Result<EngineEstimate, Error> {
    let one_step = Simulator { steps: Some(1), ..Simulator::default() };
    let counts = match simulate(run, network, one_step, context)?.operations {
        Operations::Approximate { operations, .. } => operations,
        Operations::Exact { .. } => ApproximateCounts::default(),
    };
    let server_key = ApproximateServerKey::new(&ApproximateClientKey::generate(network.parameters()));
    let bare = server_key.calibrate();
    let core_seconds = counts.coarse_bootstraps as f64 * bare.coarse.as_secs_f64()
        + counts.fine_bootstraps as f64 * bare.fine.as_secs_f64();
    let polynomial_bytes = network.parameters().polynomial_size * size_of::<u64>();
    // Two factors for each block of inputs, of two polynomials a level and a seed.
    let layouts = || network.layers().iter().map(|layer| &layer.layout);
    let blocks = layouts().next().map_or(0, |layout| layout.input_blocks());
    let factor_bytes = 2 * network.parameters().fresh.levels * polynomial_bytes + SEED_BYTES;
    let label_bytes =
        layouts().next_back().map_or(0, |layout| layout.outputs * size_of::<u64>() + SEED_BYTES);
    let bytes_per_sample = 2 * blocks * factor_bytes + label_bytes;
    let weights: usize = layouts().map(|layout| layout.input_blocks() * layout.output_blocks()).sum();
    Ok(EngineEstimate {
        operations: StepOperations::Approximate { operations_per_step: counts },
        key_file_bytes: CompressedApproximateServerKey::bytes(network.parameters()),
        server_key_bytes: server_key.size_bytes(),
        bytes_per_sample,
        // Ready for computing, a factor has the mask that its seed stands for.
        held_bytes: 2 * run.public.training.batch * bytes_per_sample + 2 * weights * polynomial_bytes,
        core_seconds_per_step: core_seconds,
    })
}
