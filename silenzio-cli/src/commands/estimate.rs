//! `silenzio estimate`: what an encrypted training would take.

use super::{context, print_json};
use crate::arguments::{EstimateOptions, GlobalOptions};
use crate::error::CliError;
use crate::report;
use indicatif::DecimalBytes;
use silenzio::{Estimate, Run, StepOperations};
use silenzio_report::text::{duration, grouped};

/// Runs the command.
///
/// # Errors
/// If the plan or its data cannot be used.
pub fn run(options: &EstimateOptions, global: &GlobalOptions) -> Result<(), CliError> {
    let experiment = options.plan.open()?;
    let run = experiment.run(0)?;
    let estimate = run.estimate(&context(global)?)?;
    if global.json {
        return print_json(&estimate);
    }
    report::print_data(&experiment, &run);
    report::print_formats(&run, &[]);
    print(&run, &estimate);
    Ok(())
}

fn print(run: &Run, estimate: &Estimate) {
    match &estimate.operations {
        StepOperations::Exact { bootstraps_per_step: luts } => {
            println!("bootstraps  {} a step", report::luts(luts));
            print_total(luts.total(), estimate.steps);
        }
        StepOperations::Approximate { operations_per_step: counts } => {
            println!(
                "bootstraps  {} coarse, {} fine a step, beside {} external products and {} automorphisms",
                grouped(counts.coarse_bootstraps),
                grouped(counts.fine_bootstraps),
                grouped(counts.external_products),
                grouped(counts.automorphisms)
            );
            print_total(counts.bootstraps(), estimate.steps);
        }
    }
    let bytes = |bytes: usize| DecimalBytes(bytes as u64);
    println!("keys        {} for the server", bytes(estimate.key_file_bytes));
    println!("upload      {} for {} samples", bytes(estimate.upload_bytes), run.split.train.len());
    println!("memory      about {} on the server", bytes(estimate.server_memory_bytes));
    println!(
        "time        {} a step, {} in all, on {} threads of this machine",
        duration(estimate.seconds_per_step),
        duration(estimate.seconds),
        estimate.threads
    );
}

fn print_total(per_step: u64, steps: u64) {
    // A short last batch of an epoch counts as a whole one.
    println!("            {} in {} steps", grouped(per_step * steps), grouped(steps));
}
