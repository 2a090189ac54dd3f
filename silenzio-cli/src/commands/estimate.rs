//! `silenzio estimate`: what an encrypted training would take.

use super::print_json;
use crate::arguments::{EstimateOptions, GlobalOptions};
use crate::error::CliError;
use crate::experiment::{Experiment, Run};
use crate::{approximate, report};
use serde::Serialize;
use silenzio_approximate::ApproximateNetwork;
use silenzio_backend_tfhe::approximate::{
    ApproximateClientKey, ApproximateServerKey, CompressedApproximateServerKey,
};
use silenzio_backend_tfhe::{Ciphertext, ClientKey, KeyPlan, ServerKey};
use silenzio_core::approximate::ApproximateCounts;
use silenzio_core::{Backend, BackendError, Client, Lut, LutCounts, Modulus};
use silenzio_rns::ExactNetwork;
use silenzio_suite::{Network, exact, lut_cost};
use std::time::Instant;

/// The seed of a list of ciphertexts.
const SEED_BYTES: usize = 16;

/// Look-ups that are timed, per thread.
const TIMED: usize = 32;

/// The expected cost of a whole training.
#[derive(Serialize)]
struct Estimate {
    network: String,
    steps: u64,
    samples: usize,
    #[serde(flatten)]
    operations: Operations,
    /// The file of the server key.
    key_file_bytes: usize,
    /// The server key in memory.
    server_key_bytes: usize,
    upload_bytes: usize,
    server_memory_bytes: usize,
    threads: usize,
    seconds_per_step: f64,
    seconds: f64,
}

/// What a step with a full batch consists of.
#[derive(Serialize)]
#[serde(untagged)]
enum Operations {
    Exact { bootstraps_per_step: LutCounts },
    Approximate { operations_per_step: ApproximateCounts },
}

/// What the engines differ in.
struct EngineEstimate {
    operations: Operations,
    key_file_bytes: usize,
    server_key_bytes: usize,
    /// As uploaded.
    bytes_per_sample: usize,
    held_bytes: usize,
    core_seconds_per_step: f64,
}

/// Runs the command.
///
/// # Errors
/// If the plan or its data cannot be used.
pub fn run(options: &EstimateOptions, global: &GlobalOptions) -> Result<(), CliError> {
    let run = Experiment::open(&options.plan)?.run(0)?;
    let engine = match &run.network {
        Network::Exact(network) => exact_estimate(&run, network)?,
        Network::Approximate(network) => approximate_estimate(&run, network)?,
    };
    let estimate = whole(&run, engine);
    if global.json {
        return print_json(&estimate);
    }
    report::print_data(&run);
    match &run.network {
        Network::Exact(network) => report::print_products(&run, network, &Default::default()),
        Network::Approximate(network) => report::print_approximate(network),
    }
    print(&run, &estimate);
    Ok(())
}

fn whole(run: &Run, engine: EngineEstimate) -> Estimate {
    let threads = rayon::current_num_threads();
    let schedule = run.schedule(None);
    let seconds_per_step = engine.core_seconds_per_step / threads as f64;
    let (plan, train) = (&run.plan.training, run.split.train.len());
    Estimate {
        network: run.shape(),
        steps: schedule.steps(),
        samples: plan.epochs * train,
        operations: engine.operations,
        key_file_bytes: engine.key_file_bytes,
        server_key_bytes: engine.server_key_bytes,
        upload_bytes: train * engine.bytes_per_sample,
        server_memory_bytes: engine.server_key_bytes + engine.held_bytes,
        threads,
        seconds_per_step,
        seconds: seconds_per_step * schedule.steps() as f64,
    }
}

fn print(run: &Run, estimate: &Estimate) {
    match &estimate.operations {
        Operations::Exact { bootstraps_per_step: luts } => {
            println!("bootstraps  {} a step", report::luts(luts));
            print_total(luts.total(), estimate.steps);
        }
        Operations::Approximate { operations_per_step: counts } => {
            println!(
                "bootstraps  {} coarse, {} fine a step, beside {} external products and {} automorphisms",
                report::grouped(counts.coarse_bootstraps),
                report::grouped(counts.fine_bootstraps),
                report::grouped(counts.external_products),
                report::grouped(counts.automorphisms)
            );
            print_total(counts.bootstraps(), estimate.steps);
        }
    }
    let gigabytes = |bytes: usize| bytes as f64 / 1e9;
    println!("keys        {:.2} GB for the server", gigabytes(estimate.key_file_bytes));
    println!("upload      {:.3} GB for {} samples", gigabytes(estimate.upload_bytes), run.split.train.len());
    println!("memory      about {:.2} GB on the server", gigabytes(estimate.server_memory_bytes));
    println!(
        "time        {} a step, {} in all, on {} threads of this machine",
        report::duration(estimate.seconds_per_step),
        report::duration(estimate.seconds),
        estimate.threads
    );
}

fn print_total(per_step: u64, steps: u64) {
    // A short last batch of an epoch counts as a whole one.
    println!("            {} in {} steps", report::grouped(per_step * steps), report::grouped(steps));
}

fn exact_estimate(run: &Run, network: &ExactNetwork) -> Result<EngineEstimate, CliError> {
    let batch = run.plan.training.batch.min(run.split.train.len());
    let luts = exact::luts_per_step(network, batch)?;
    let widest = |bits: u32| Modulus::new((1 << bits) - 1).ok();
    let milliseconds: f64 =
        luts.classes().map(|(bits, count)| count as f64 * widest(bits).map_or(0.0, lut_cost)).sum();
    let key_plan = exact::key_plan(network)?;
    let seeds = network.input_moduli(0).len() + network.label_moduli().len();
    Ok(EngineEstimate {
        operations: Operations::Exact { bootstraps_per_step: luts },
        key_file_bytes: key_plan.compressed_key_bytes(),
        server_key_bytes: key_plan.server_key_bytes(),
        bytes_per_sample: network.values_per_sample() * size_of::<u64>() + seeds * SEED_BYTES,
        held_bytes: network.values_held(run.plan.training.batch) * Ciphertext::VALUE_BYTES,
        core_seconds_per_step: slowness()? * milliseconds / 1000.0,
    })
}

/// Times four-bit look-ups on all threads and compares them with the costs that plans are made with.
fn slowness() -> Result<f64, CliError> {
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

fn approximate_estimate(run: &Run, network: &ApproximateNetwork) -> Result<EngineEstimate, CliError> {
    let counts = approximate::simulate(run, network, Some(1), |_| ())?.counts;
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
        operations: Operations::Approximate { operations_per_step: counts },
        key_file_bytes: CompressedApproximateServerKey::bytes(network.parameters()),
        server_key_bytes: server_key.size_bytes(),
        bytes_per_sample,
        // Ready for computing, a factor has the mask that its seed stands for.
        held_bytes: 2 * run.plan.training.batch * bytes_per_sample + 2 * weights * polynomial_bytes,
        core_seconds_per_step: core_seconds,
    })
}
