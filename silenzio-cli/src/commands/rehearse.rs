//! `silenzio rehearse`: the whole training on ciphertexts with keys made on the spot.

use super::{context, print_json};
use crate::arguments::{GlobalOptions, RehearseOptions};
use crate::error::CliError;
use crate::report;
use serde::Serialize;
use silenzio::core::plan::Plan;
use silenzio::{ApproximateCost, Confusion, Context, Cost, EncryptedTraining, ExactCost, Operations, Run};
use silenzio_report::text::{duration, grouped, percent};
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

/// Runs the command.
///
/// # Errors
/// If the plan or its data cannot be used, or if any decrypted weight of the exact engine differs from the
/// simulator's.
pub fn run(options: &RehearseOptions, global: &GlobalOptions) -> Result<(), CliError> {
    let experiment = options.plan.open()?;
    let run = experiment.run(0)?;
    if !global.json {
        report::print_data(&experiment, &run);
    }
    let steps = options.steps.map(NonZeroU64::get);
    let encrypted = rehearse(&run, steps, global.json, &context(global)?)?;
    if !global.json {
        return Ok(());
    }
    print_json(&Outcome {
        plan: &experiment.plan,
        network: run.shape(),
        weights_equal_to_simulated: encrypted.integers.is_some().then_some(true),
        test_accuracy: run.test_accuracy(&encrypted.model),
        steps_per_epoch: run.schedule(None).steps_per_epoch(),
        confusion: run.confusion(&encrypted.model).into(),
        accuracies: encrypted.accuracies,
        cost: encrypted.cost,
    })
}

/// Trains on ciphertexts, and prints what it took.
///
/// # Errors
/// If any decrypted weight of the exact engine differs from the simulator's.
pub fn rehearse(
    run: &Run,
    steps: Option<u64>,
    quiet: bool,
    context: &Context,
) -> Result<EncryptedTraining, CliError> {
    let rehearsal = run.rehearsal(steps, context)?;
    if !quiet {
        report::print_formats(run, &[]);
        if let Some(simulated) = rehearsal.simulated()
            && let Operations::Exact { luts, .. } = &simulated.operations
        {
            println!("encrypting  {} steps: {} look-ups", simulated.steps, report::luts(luts));
        }
    }
    let encrypted = rehearsal.train(context)?;
    match &encrypted.cost {
        _ if quiet => {}
        Cost::Exact(cost) => print_exact(run, &encrypted, cost),
        Cost::Approximate(cost) => print_approximate(run, &encrypted, cost),
    }
    Ok(encrypted)
}

fn print_exact(run: &Run, encrypted: &EncryptedTraining, cost: &ExactCost) {
    let effort = &cost.effort;
    println!(
        "encrypted   {} steps, {} samples: all {} decrypted weights equal the simulator's",
        effort.steps,
        effort.samples,
        encrypted.integers.iter().flatten().map(|layer| layer.len()).sum::<usize>()
    );
    let accuracy = percent(run.test_accuracy(&encrypted.model));
    println!("            {} accuracy {accuracy} so far", run.measured_on);
    report::print_effort(effort);
    let per_step = effort.training_seconds / effort.steps.max(1) as f64;
    println!("cost        {per_step:.1} s a step on {} threads", effort.threads);
    println!(
        "            bootstraps: {}, in all {}",
        report::luts(&cost.bootstraps),
        grouped(cost.bootstraps.total())
    );
    for class in &cost.bare {
        println!(
            "            bare TFHE-rs up to modulus {}: bootstrap {:.1} ms, keyswitch {:.1} ms",
            class.widest_modulus, class.bootstrap_ms, class.keyswitch_ms
        );
    }
    println!("            core-seconds over those of the bare operations: {:.2}", cost.overhead);
}

fn print_approximate(run: &Run, encrypted: &EncryptedTraining, cost: &ApproximateCost) {
    let effort = &cost.effort;
    let accuracies: Vec<String> = encrypted.accuracies.iter().map(|&accuracy| percent(accuracy)).collect();
    println!("encrypted   {} steps, {} samples", effort.steps, effort.samples);
    println!(
        "            decrypted {} accuracy after each epoch: {}",
        run.measured_on,
        accuracies.join(", ")
    );
    report::print_effort(effort);
    let samples = effort.samples.max(1) as f64;
    println!(
        "cost        {} in all, {:.2} s a sample on {} threads",
        duration(effort.training_seconds),
        effort.training_seconds / samples,
        effort.threads
    );
    println!(
        "            {:.1} bootstraps a sample ({} coarse, {} fine in all), {} external products",
        cost.counts.bootstraps() as f64 / samples,
        grouped(cost.counts.coarse_bootstraps),
        grouped(cost.counts.fine_bootstraps),
        grouped(cost.counts.external_products)
    );
    println!(
        "            bare TFHE-rs bootstrap with keyswitch: coarse {:.1} ms, fine {:.1} ms",
        cost.bare_coarse_ms, cost.bare_fine_ms
    );
    println!("            core-seconds over those of the bare operations: {:.2}", cost.overhead);
}
