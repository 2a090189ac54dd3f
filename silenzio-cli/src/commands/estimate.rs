//! `silenzio estimate`: what an encrypted training would take.

use super::{context, print_json};
use crate::arguments::{EstimateOptions, GlobalOptions};
use crate::error::CliError;
use crate::report;
use indicatif::DecimalBytes;
use silenzio::{Estimate, Run};
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
    report::print_data(&run);
    report::print_formats(&run, &[]);
    print(&run, &estimate);
    Ok(())
}

fn print(run: &Run, estimate: &Estimate) {
    let (operations, steps) = (&estimate.operations_per_step, estimate.steps);
    outln!("bootstraps  {} a step", report::bootstraps(operations));
    if !operations.others.is_empty() {
        outln!("            beside {}", report::others(operations));
    }
    // A short last batch of an epoch counts as a whole one.
    let total = operations.total_bootstraps().saturating_mul(steps);
    outln!("            {} in {} steps", grouped(total), grouped(steps));
    let bytes = |bytes: usize| DecimalBytes(bytes as u64);
    outln!("keys        {} for the server", bytes(estimate.key_file_bytes));
    outln!("upload      {} for {} samples", bytes(estimate.upload_bytes), run.train.len());
    outln!("memory      about {} on the server", bytes(estimate.server_memory_bytes));
    outln!(
        "time        {} a step, {} in all, on {} threads of this machine",
        duration(estimate.seconds_per_step),
        duration(estimate.seconds),
        estimate.threads
    );
}
