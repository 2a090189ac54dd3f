//! `silenzio simulate`: training on the simulator.

use super::print_json;
use crate::arguments::{GlobalOptions, SimulateOptions};
use crate::error::CliError;
use crate::experiment::Experiment;
use crate::progress::Progress;
use crate::report;
use crate::simulation::{simulate, simulator};
use serde::Serialize;
use silenzio_backend_plain::Faults;
use silenzio_core::LutCounts;
use silenzio_core::plan::Plan;
use silenzio_core::random::Seed;
use silenzio_nn::metrics::ConfusionMatrix;
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
    luts: LutCounts,
    luts_of_first_step: LutCounts,
    ranges: Vec<RangeOutcome>,
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
    let steps = options.steps.map(NonZeroU64::get);
    let mut seeds = Vec::new();
    for offset in 0..options.seeds.get() {
        let run = experiment.run(offset)?;
        let seed = run.plan.training.seed;
        if !global.json && offset == 0 {
            report::print_data(&run);
        }
        let mut bar = Progress::new("float", run.plan.training.epochs as u64);
        let mut epochs = 0;
        let float_accuracies = run.float_accuracies(|| {
            epochs += 1;
            bar.set(epochs);
        });
        drop(bar);

        let mut backend = simulator();
        if options.look_up_by_look_up {
            backend = backend.look_up_by_look_up();
        }
        if let Some(probability) = options.faults {
            backend = backend.with_faults(Faults::new(probability, Seed(seed)));
        }
        let mut bar = Progress::new("simulated", run.schedule(steps).steps());
        let start = Instant::now();
        let simulated = simulate(&run, &backend, steps, |progress| bar.set(progress.steps_done))?;
        let simulated_seconds = start.elapsed().as_secs_f64();
        drop(bar);

        let met = backend.observed_ranges();
        if !global.json {
            if offset == 0 {
                report::print_products(&run, &met);
                println!("look-ups    {} a step", report::luts(&simulated.luts_of_first_step));
                println!("accuracy    on the test set: float, simulated");
            }
            println!(
                "            seed {seed}: {}, {} ({} steps, {simulated_seconds:.1} s)",
                report::percent(float_accuracies.last().copied().unwrap_or(0.0)),
                report::percent(simulated.trained.accuracies.last().copied().unwrap_or(0.0)),
                simulated.trained.steps
            );
            for product in report::wrapped(&run, &met) {
                eprintln!(
                    "warning: values of the {product} product wrapped: raise engine.cover or engine.range"
                );
            }
            if options.seeds.get() == 1 {
                let test = &run.split.test;
                let predicted = simulated.trained.model.predict(&test.inputs);
                println!("\n{}", ConfusionMatrix::new(&test.classes, &predicted, &test.labels));
            }
        }
        let ranges = report::products(&run).map(|product| RangeOutcome {
            product: product.name.to_string(),
            moduli: product.moduli().iter().map(|&m| m.into()).collect(),
            divisor: product.scaling.divisor(),
            covered: product.scaling.covered(),
            met: met.get(&product.name).map_or(0, |range| range.met),
        });
        seeds.push(SeedOutcome {
            seed,
            ranges: ranges.collect(),
            float_accuracies,
            simulated_accuracies: simulated.trained.accuracies,
            steps: simulated.trained.steps,
            simulated_seconds,
            luts: simulated.luts,
            luts_of_first_step: simulated.luts_of_first_step,
        });
    }

    let last = |accuracies: fn(&SeedOutcome) -> &Vec<f64>| {
        let last: Vec<f64> = seeds.iter().filter_map(|seed| accuracies(seed).last().copied()).collect();
        report::mean(&last)
    };
    let mean_float_accuracy = last(|seed| &seed.float_accuracies);
    let mean_simulated_accuracy = last(|seed| &seed.simulated_accuracies);
    if global.json {
        let network = experiment.run(0)?.shape();
        return print_json(&Outcome {
            plan: &experiment.plan,
            network,
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
