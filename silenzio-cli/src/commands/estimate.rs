//! `silenzio estimate`: estimates what an encrypted training takes.

use super::{context, print_json};
use crate::arguments::{EstimateOptions, GlobalOptions};
use crate::error::CliError;
use crate::report;
use indicatif::DecimalBytes;
use silenzio::{Cluster, ClusterEstimate, Estimate, Run};
use silenzio_report::text::{duration, grouped, percent};
use std::num::NonZeroUsize;
use std::thread;

/// Runs the command.
///
/// # Errors
/// If the plan or its data cannot be used.
pub fn run(options: &EstimateOptions, global: &GlobalOptions) -> Result<(), CliError> {
    let experiment = options.plan.open()?;
    let run = experiment.run(0)?;
    let Some(ranks) = options.ranks else {
        let estimate = run.estimate(&context(global)?)?;
        if global.json {
            return print_json(&estimate);
        }
        print_plan(&run);
        print(&run, &estimate);
        return Ok(());
    };
    // Cores that this machine does not have cannot be measured.
    let cores = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let threads = global.threads.unwrap_or(cores);
    let measured = GlobalOptions { threads: Some(threads.min(cores)), ..*global };
    let estimate = run.estimate(&context(&measured)?)?;
    let cluster =
        Cluster { ranks, threads, gigabits_per_second: options.network, latency: 1e-6 * options.latency };
    let on_cluster = estimate.on(&cluster);
    if global.json {
        return print_json(&on_cluster);
    }
    print_plan(&run);
    print_cluster(&on_cluster);
    Ok(())
}

fn print_plan(run: &Run) {
    report::print_data(run);
    report::print_formats(run, &[]);
}

/// Formats the time of a part of a step, which may be short.
fn step_time(seconds: f64) -> String {
    if seconds < 1.0 { format!("{:.2} ms", 1e3 * seconds) } else { duration(seconds) }
}

fn print_cluster(estimate: &ClusterEstimate) {
    let bytes = |bytes: usize| DecimalBytes(bytes as u64);
    outln!(
        "a step      {} for samples and {} for weights on {} ranks of {} threads,",
        step_time(estimate.sample_seconds),
        step_time(estimate.weight_seconds),
        estimate.ranks,
        estimate.threads
    );
    outln!(
        "            {} for messages on their way, {} for writing, reading and adding them",
        step_time(estimate.network_seconds),
        step_time(estimate.message_seconds)
    );
    outln!(
        "time        {} a step, {} in all; efficiency {}",
        step_time(estimate.seconds_per_step),
        duration(estimate.seconds),
        percent(estimate.efficiency)
    );
    outln!(
        "messages    rank 0 sends {} a step, and receives as much; a gradient has {}, refreshed weights {}",
        bytes(estimate.sent_bytes_per_step),
        bytes(estimate.gradient_bytes),
        bytes(estimate.gathered_bytes)
    );
    outln!("memory      about {} a rank", bytes(estimate.memory_bytes));
    outln!(
        "ranks       a batch has samples for {}; {} are fastest, more do not pay",
        estimate.most_ranks,
        estimate.fastest_ranks
    );
}

fn print(run: &Run, estimate: &Estimate) {
    let (operations, steps) = (&estimate.operations_per_step, estimate.steps);
    outln!("bootstraps  {} a step", report::bootstraps(operations));
    if !operations.others.is_empty() {
        outln!("            beside {}", report::others(operations));
    }
    // A short last batch of an epoch counts as a full one.
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
