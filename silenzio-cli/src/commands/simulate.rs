//! `silenzio simulate`: training on the simulator.

use super::print_json;
use crate::arguments::{GlobalOptions, SimulateOptions};
use crate::error::CliError;
use crate::experiment::{Experiment, Run};
use crate::progress::Progress;
use crate::results::Confusion;
use crate::{approximate, exact, report};
use serde::Serialize;
use silenzio_approximate::ApproximateNetwork;
use silenzio_backend_plain::Faults;
use silenzio_core::LutCounts;
use silenzio_core::approximate::ApproximateCounts;
use silenzio_core::plan::Plan;
use silenzio_core::random::Seed;
use silenzio_nn::reference::Mlp;
use silenzio_protocol::Network;
use silenzio_rns::ExactNetwork;
use std::num::NonZeroU64;
use std::time::Instant;

/// The result for machines.
#[derive(Serialize)]
struct Outcome<'a> {
    plan: &'a Plan,
    network: String,
    seeds: Vec<SeedOutcome>,
    mean_float_accuracy: f64,
    mean_simulated_accuracy: f64,
}

/// The result of one seed.
#[derive(Serialize)]
struct SeedOutcome {
    seed: u64,
    float_accuracies: Vec<f64>,
    simulated_accuracies: Vec<f64>,
    steps: u64,
    simulated_seconds: f64,
    #[serde(flatten)]
    operations: Operations,
    confusion: Confusion,
    #[serde(skip)]
    model: Mlp,
}

/// What an encrypted training would do.
#[derive(Serialize)]
#[serde(untagged)]
enum Operations {
    Exact { luts: LutCounts, luts_of_first_step: LutCounts, ranges: Vec<RangeOutcome> },
    Approximate { operations: ApproximateCounts, parameters: &'static str, largest_input: f64 },
}

#[derive(Serialize)]
struct RangeOutcome {
    product: String,
    moduli: Vec<u32>,
    divisor: i64,
    covered: i64,
    met: i64,
}

/// Runs the command.
///
/// # Errors
/// If the plan or its data cannot be used.
pub fn run(options: &SimulateOptions, global: &GlobalOptions) -> Result<(), CliError> {
    let experiment = Experiment::open(&options.plan)?;
    let (mut seeds, mut shape) = (Vec::new(), String::new());
    for offset in 0..options.seeds.get() {
        let run = experiment.run(offset)?;
        shape = run.shape();
        let quiet = global.json || offset > 0;
        if !quiet {
            report::print_data(&run);
        }
        let float_accuracies = float_accuracies(&run);
        let seed = match &run.network {
            Network::Exact(network) => simulate_exact(&run, network, options, quiet)?,
            Network::Approximate(network) => simulate_approximate(&run, network, options, quiet)?,
        };
        let seed = SeedOutcome { float_accuracies, ..seed };
        if !global.json {
            if offset == 0 {
                println!("accuracy    on the {} set: float, simulated", run.plan.data.measured_on());
            }
            print_seed(&seed);
            if options.seeds.get() == 1 {
                println!("\n{}", run.confusion(&seed.model));
            }
        }
        seeds.push(seed);
    }

    let mean_of_last = |accuracies: fn(&SeedOutcome) -> &Vec<f64>| {
        let last: Vec<f64> = seeds.iter().filter_map(|seed| accuracies(seed).last().copied()).collect();
        report::mean(&last)
    };
    let mean_float_accuracy = mean_of_last(|seed| &seed.float_accuracies);
    let mean_simulated_accuracy = mean_of_last(|seed| &seed.simulated_accuracies);
    if global.json {
        let plan = &experiment.plan;
        return print_json(&Outcome {
            plan,
            network: shape,
            seeds,
            mean_float_accuracy,
            mean_simulated_accuracy,
        });
    }
    if seeds.len() > 1 {
        println!(
            "            mean: {}, {}",
            report::percent(mean_float_accuracy),
            report::percent(mean_simulated_accuracy)
        );
    }
    Ok(())
}

fn float_accuracies(run: &Run) -> Vec<f64> {
    let mut bar = Progress::new("float", run.plan.training.epochs as u64);
    let mut epochs = 0;
    run.float_accuracies(|| {
        epochs += 1;
        bar.set(epochs);
    })
}

fn simulate_exact(
    run: &Run,
    network: &ExactNetwork,
    options: &SimulateOptions,
    quiet: bool,
) -> Result<SeedOutcome, CliError> {
    let seed = run.plan.training.seed;
    let mut backend = exact::simulator();
    if options.look_up_by_look_up {
        backend = backend.look_up_by_look_up();
    }
    if let Some(probability) = options.faults {
        backend = backend.with_faults(Faults::new(probability, Seed(seed)));
    }
    let steps = options.steps.map(NonZeroU64::get);
    let mut bar = Progress::new("simulated", run.schedule(steps).steps());
    let start = Instant::now();
    let simulated = exact::simulate(run, network, &backend, steps, |progress| bar.set(progress.steps_done))?;
    let simulated_seconds = start.elapsed().as_secs_f64();
    drop(bar);

    let met = simulated.ranges;
    if !quiet {
        report::print_products(run, network, &met);
        println!("look-ups    {} a step", report::luts(&simulated.luts_of_first_step));
    }
    for product in report::wrapped(network, &met) {
        eprintln!("warning: values of the {product} product wrapped: raise engine.cover or engine.range");
    }
    let ranges = report::products(network).map(|product| RangeOutcome {
        product: product.name.to_string(),
        moduli: product.moduli().iter().map(|&m| m.into()).collect(),
        divisor: product.scaling.divisor(),
        covered: product.scaling.covered(),
        met: met.get(&product.name).map_or(0, |range| range.met),
    });
    Ok(SeedOutcome {
        seed,
        float_accuracies: vec![],
        simulated_accuracies: simulated.trained.accuracies,
        steps: simulated.trained.steps,
        simulated_seconds,
        operations: Operations::Exact {
            ranges: ranges.collect(),
            luts: simulated.luts,
            luts_of_first_step: simulated.luts_of_first_step,
        },
        confusion: run.confusion(&simulated.trained.model).into(),
        model: simulated.trained.model,
    })
}

fn simulate_approximate(
    run: &Run,
    network: &ApproximateNetwork,
    options: &SimulateOptions,
    quiet: bool,
) -> Result<SeedOutcome, CliError> {
    if options.faults.is_some() || options.look_up_by_look_up {
        return Err(CliError::ExactOnly);
    }
    let steps = options.steps.map(NonZeroU64::get);
    let mut bar = Progress::new("simulated", run.schedule(steps).steps());
    let start = Instant::now();
    let simulated = approximate::simulate(run, network, steps, |progress| bar.set(progress.steps_done))?;
    let simulated_seconds = start.elapsed().as_secs_f64();
    drop(bar);
    if !quiet {
        report::print_approximate(network);
        println!("            largest input of a bootstrap {:.3}, of 0.25", simulated.largest_input);
    }
    if simulated.wraps() {
        eprintln!("warning: an input of a bootstrap wrapped: raise engine.range");
    }
    Ok(SeedOutcome {
        seed: run.plan.training.seed,
        float_accuracies: vec![],
        simulated_accuracies: simulated.trained.accuracies,
        steps: simulated.trained.steps,
        simulated_seconds,
        operations: Operations::Approximate {
            operations: simulated.counts,
            parameters: network.parameters().name,
            largest_input: simulated.largest_input,
        },
        confusion: run.confusion(&simulated.trained.model).into(),
        model: simulated.trained.model,
    })
}

fn print_seed(seed: &SeedOutcome) {
    let last = |accuracies: &[f64]| report::percent(accuracies.last().copied().unwrap_or(0.0));
    println!(
        "            seed {}: {}, {} ({} steps, {:.1} s)",
        seed.seed,
        last(&seed.float_accuracies),
        last(&seed.simulated_accuracies),
        seed.steps,
        seed.simulated_seconds
    );
}
