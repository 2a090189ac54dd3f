//! `silenzio rehearse`: the whole training on ciphertexts with keys made on the spot.

use super::print_json;
use crate::arguments::{GlobalOptions, RehearseOptions};
use crate::error::CliError;
use crate::experiment::{Experiment, Run};
use crate::progress::Progress;
use crate::results::Confusion;
use crate::{approximate, exact, report};
use serde::Serialize;
use silenzio_approximate::ApproximateNetwork;
use silenzio_core::plan::Plan;
use silenzio_rns::ExactNetwork;
use silenzio_suite::Network;
use std::num::NonZeroU64;

/// The result for machines.
#[derive(Serialize)]
struct Outcome<'a> {
    plan: &'a Plan,
    network: String,
    /// Whether every decrypted weight equals the simulator's, which an exact training that ends has to.
    #[serde(skip_serializing_if = "Option::is_none")]
    weights_equal_to_simulated: Option<bool>,
    test_accuracy: f64,
    /// Test accuracy after each epoch, and after the last step.
    accuracies: Vec<f64>,
    steps_per_epoch: u64,
    confusion: Confusion,
    cost: Cost,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Cost {
    Exact(exact::Cost),
    Approximate(approximate::Cost),
}

/// Runs the command.
///
/// # Errors
/// If the plan or its data cannot be used, or if any decrypted weight of the exact engine differs from the
/// simulator's.
pub fn run(options: &RehearseOptions, global: &GlobalOptions) -> Result<(), CliError> {
    let run = Experiment::open(&options.plan)?.run(0)?;
    if !global.json {
        report::print_data(&run);
    }
    let steps = options.steps.map(NonZeroU64::get);
    let outcome = |weights_equal_to_simulated, model, accuracies, cost| Outcome {
        plan: &run.plan,
        network: run.shape(),
        weights_equal_to_simulated,
        test_accuracy: run.test_accuracy(model),
        accuracies,
        steps_per_epoch: run.schedule(None).steps_per_epoch(),
        confusion: run.confusion(model).into(),
        cost,
    };
    let outcome = match &run.network {
        Network::Exact(network) => {
            let exact::Encrypted { model, accuracies, cost, .. } =
                train_exact(&run, network, steps, global.json)?;
            outcome(Some(true), &model, accuracies, Cost::Exact(cost))
        }
        Network::Approximate(network) => {
            let approximate::Encrypted { model, accuracies, cost } =
                train_approximate(&run, network, steps, global.json)?;
            outcome(None, &model, accuracies, Cost::Approximate(cost))
        }
    };
    if global.json { print_json(&outcome) } else { Ok(()) }
}

/// Trains with the exact engine, and compares all weights with the simulator's.
///
/// # Errors
/// If any differs.
pub fn train_exact(
    run: &Run,
    network: &ExactNetwork,
    steps: Option<u64>,
    quiet: bool,
) -> Result<exact::Encrypted, CliError> {
    let simulated = simulate_exact(run, network, steps)?;
    if !quiet {
        report::print_products(run, network, &Default::default());
        println!("encrypting  {} steps: {} look-ups", simulated.trained.steps, report::luts(&simulated.luts));
    }
    let encrypted = exact::train_encrypted(run, network, simulated.trained.steps, simulated.luts.total())?;
    compare(&simulated, &encrypted)?;
    if !quiet {
        print_exact(run, &simulated, &encrypted);
    }
    Ok(encrypted)
}

/// The training on the simulator.
///
/// # Errors
/// As the engine's operations.
pub fn simulate_exact(
    run: &Run,
    network: &ExactNetwork,
    steps: Option<u64>,
) -> Result<exact::Simulated, CliError> {
    let mut bar = Progress::new("simulated", run.schedule(steps).steps());
    exact::simulate(run, network, &exact::simulator(), steps, |progress| bar.set(progress.steps_done))
}

/// Trains with the approximate engine.
///
/// # Errors
/// As the engine's operations.
pub fn train_approximate(
    run: &Run,
    network: &ApproximateNetwork,
    steps: Option<u64>,
    quiet: bool,
) -> Result<approximate::Encrypted, CliError> {
    if !quiet {
        report::print_approximate(network);
    }
    let encrypted = approximate::train_encrypted(run, network, steps)?;
    if !quiet {
        print_approximate(run, &encrypted);
    }
    Ok(encrypted)
}

/// Compares encrypted and simulated weights, integer for integer.
fn compare(simulated: &exact::Simulated, encrypted: &exact::Encrypted) -> Result<(), CliError> {
    let pairs = simulated.integers.iter().flatten().zip(encrypted.integers.iter().flatten());
    let differing = pairs.filter(|(simulated, encrypted)| simulated != encrypted).count();
    let weights = weights(simulated);
    let steps = simulated.trained.steps;
    if differing == 0 { Ok(()) } else { Err(CliError::Mismatch { steps, differing, weights }) }
}

fn weights(simulated: &exact::Simulated) -> usize {
    simulated.integers.iter().map(|layer| layer.len()).sum()
}

fn print_exact(run: &Run, simulated: &exact::Simulated, encrypted: &exact::Encrypted) {
    let cost = &encrypted.cost;
    let effort = &cost.effort;
    println!(
        "encrypted   {} steps, {} samples: all {} decrypted weights equal the simulator's",
        effort.steps,
        effort.samples,
        weights(simulated)
    );
    let accuracy = report::percent(run.test_accuracy(&encrypted.model));
    println!("            {} accuracy {accuracy} so far", run.plan.data.measured_on());
    report::print_effort(effort);
    let per_step = effort.training_seconds / effort.steps.max(1) as f64;
    println!("cost        {per_step:.1} s a step on {} threads", effort.threads);
    println!(
        "            bootstraps: {}, in all {}",
        report::luts(&cost.bootstraps),
        report::grouped(cost.bootstraps.total())
    );
    for class in &cost.bare {
        println!(
            "            bare TFHE-rs up to modulus {}: bootstrap {:.1} ms, keyswitch {:.1} ms",
            class.widest_modulus, class.bootstrap_ms, class.keyswitch_ms
        );
    }
    println!("            core-seconds over those of the bare operations: {:.2}", cost.overhead);
}

fn print_approximate(run: &Run, encrypted: &approximate::Encrypted) {
    let cost = &encrypted.cost;
    let effort = &cost.effort;
    let accuracies: Vec<String> =
        encrypted.accuracies.iter().map(|&accuracy| report::percent(accuracy)).collect();
    println!("encrypted   {} steps, {} samples", effort.steps, effort.samples);
    println!(
        "            decrypted {} accuracy after each epoch: {}",
        run.plan.data.measured_on(),
        accuracies.join(", ")
    );
    report::print_effort(effort);
    let samples = effort.samples.max(1) as f64;
    println!(
        "cost        {} in all, {:.2} s a sample on {} threads",
        report::duration(effort.training_seconds),
        effort.training_seconds / samples,
        effort.threads
    );
    println!(
        "            {:.1} bootstraps a sample ({} coarse, {} fine in all), {} external products",
        cost.counts.bootstraps() as f64 / samples,
        report::grouped(cost.counts.coarse_bootstraps),
        report::grouped(cost.counts.fine_bootstraps),
        report::grouped(cost.counts.external_products)
    );
    println!(
        "            bare TFHE-rs bootstrap with keyswitch: coarse {:.1} ms, fine {:.1} ms",
        cost.bare_coarse_ms, cost.bare_fine_ms
    );
    println!("            core-seconds over those of the bare operations: {:.2}", cost.overhead);
}
