//! `silenzio simulate`: trains on the simulator.

use super::{begun, context, print_json};
use crate::arguments::{GlobalOptions, SimulateOptions};
use crate::error::CliError;
use crate::report;
use serde::Serialize;
use silenzio::core::plan::Plan;
use silenzio::{Observed, Run, SimulatedTraining, Simulator};
use silenzio_report::text::{mean, percent};
use std::num::NonZeroU64;

/// The result for machines.
#[derive(Serialize)]
struct Outcome<'a> {
    plan: &'a Plan,
    network: String,
    seeds: Vec<SeedOutcome>,
    mean_float_accuracy: f64,
    mean_simulated_accuracy: f64,
    /// The mean accuracy of the averages of the snapshots, if there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    mean_averaged_accuracy: Option<f64>,
}

/// The result of one seed.
#[derive(Serialize)]
struct SeedOutcome {
    float_accuracies: Vec<f64>,
    #[serde(flatten)]
    simulated: SimulatedTraining,
}

/// Runs the command.
///
/// # Errors
/// If the plan or its data cannot be used.
pub fn run(options: &SimulateOptions, global: &GlobalOptions) -> Result<(), CliError> {
    let experiment = options.plan.open()?;
    let context = context(global)?;
    let steps = options.steps.map(NonZeroU64::get);
    let (mut seeds, mut shape) = (Vec::new(), String::new());
    for offset in 0..options.seeds.get() {
        let mut run = begun(experiment.run(offset)?, options.initial.as_deref())?;
        run.snapshots = options.snapshots.policy();
        shape = run.shape();
        if !global.json && offset == 0 {
            report::print_data(&run);
        }
        let float_accuracies = context.install(|| run.float_accuracies(&context));
        let simulator = Simulator {
            faults: options.faults.unwrap_or(0.0),
            look_up_by_look_up: options.look_up_by_look_up,
            ..run.simulator()
        };
        let simulated = run.simulate(simulator, steps, &context)?;
        let seed = SeedOutcome { float_accuracies, simulated };
        if !global.json {
            if offset == 0 {
                print_observed(&run, &seed.simulated.observed);
                let averaged = if run.snapshots.is_some() { ", average of the snapshots" } else { "" };
                outln!("accuracy    on the {} set: float, simulated{averaged}", run.measured_on);
            }
            print_seed(&seed);
            if options.seeds.get() == 1 {
                outln!("\n{}", run.confusion(&seed.simulated.model));
            }
        }
        seeds.push(seed);
    }

    let mean_of_last = |accuracies: fn(&SeedOutcome) -> &Vec<f64>| {
        let last: Vec<f64> = seeds.iter().filter_map(|seed| accuracies(seed).last().copied()).collect();
        mean(&last)
    };
    let mean_float_accuracy = mean_of_last(|seed| &seed.float_accuracies);
    let mean_simulated_accuracy = mean_of_last(|seed| &seed.simulated.simulated_accuracies);
    let averaged: Option<Vec<f64>> = seeds.iter().map(|seed| seed.simulated.averaged_accuracy).collect();
    let mean_averaged_accuracy = averaged.map(|averaged| mean(&averaged));
    if global.json {
        let plan = &experiment.plan;
        return print_json(&Outcome {
            plan,
            network: shape,
            seeds,
            mean_float_accuracy,
            mean_simulated_accuracy,
            mean_averaged_accuracy,
        });
    }
    if seeds.len() > 1 {
        let averaged = also(mean_averaged_accuracy);
        outln!(
            "            mean: {}, {}{averaged}",
            percent(mean_float_accuracy),
            percent(mean_simulated_accuracy)
        );
    }
    Ok(())
}

fn print_observed(run: &Run, observed: &Observed) {
    report::print_formats(run, &observed.products);
    if let Some(largest) = observed.largest_input {
        outln!("            largest input of a bootstrap {largest:.3}, of 0.25");
    }
    outln!("bootstraps  {} in all", report::bootstraps(&observed.operations));
}

fn print_seed(seed: &SeedOutcome) {
    let last = |accuracies: &[f64]| percent(accuracies.last().copied().unwrap_or(0.0));
    outln!(
        "            seed {}: {}, {}{} ({} steps, {:.1} s)",
        seed.simulated.seed,
        last(&seed.float_accuracies),
        last(&seed.simulated.simulated_accuracies),
        also(seed.simulated.averaged_accuracy),
        seed.simulated.steps,
        seed.simulated.simulated_seconds
    );
}

/// Formats a further accuracy, if there is one.
fn also(accuracy: Option<f64>) -> String {
    accuracy.map_or_else(String::new, |accuracy| format!(", {}", percent(accuracy)))
}
