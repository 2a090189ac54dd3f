//! `silenzio simulate`: trains on the simulator.

use super::{begun, context, print_json};
use crate::arguments::{GlobalOptions, SimulateOptions};
use crate::error::CliError;
use crate::report;
use serde::Serialize;
use silenzio::core::plan::Plan;
use silenzio::nn::metrics::RegressionScores;
use silenzio::{Observed, Run, Score, SimulatedTraining, Simulator};
use silenzio_report::text;
use std::num::NonZeroU64;

/// The result for machines.
#[derive(Serialize)]
struct Outcome<'a> {
    plan: &'a Plan,
    network: String,
    seeds: Vec<SeedOutcome>,
    /// Of a classification, as are the next two.
    #[serde(skip_serializing_if = "Option::is_none")]
    mean_float_accuracy: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mean_simulated_accuracy: Option<f64>,
    /// Of the averages of the snapshots, if there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    mean_averaged_accuracy: Option<f64>,
    /// Of a regression, as are the next two.
    #[serde(skip_serializing_if = "Option::is_none")]
    mean_float_scores: Option<RegressionScores>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mean_simulated_scores: Option<RegressionScores>,
    /// Of the averages of the snapshots, if there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    mean_averaged_scores: Option<RegressionScores>,
}

/// The result of one seed.
#[derive(Serialize)]
struct SeedOutcome {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    float_accuracies: Vec<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    float_scores: Vec<RegressionScores>,
    #[serde(flatten)]
    simulated: SimulatedTraining,
}

impl SeedOutcome {
    /// In the end, of the float reference.
    fn float(&self) -> Option<Score> {
        last(&self.float_accuracies, &self.float_scores)
    }

    /// In the end, of the simulator.
    fn simulated(&self) -> Option<Score> {
        last(&self.simulated.simulated_accuracies, &self.simulated.simulated_scores)
    }

    /// Of the average of the snapshots, if there are any.
    fn averaged(&self) -> Option<Score> {
        last(self.simulated.averaged_accuracy.as_slice(), self.simulated.averaged_scores.as_slice())
    }
}

/// The last of either list, of which one is empty.
fn last(accuracies: &[f64], scores: &[RegressionScores]) -> Option<Score> {
    let accuracy = accuracies.last().copied().map(Score::Accuracy);
    accuracy.or_else(|| scores.last().copied().map(Score::Regression))
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
        let float = context.install(|| run.float_course(&context));
        let simulator = Simulator {
            faults: options.faults.unwrap_or(0.0),
            look_up_by_look_up: options.look_up_by_look_up,
            ..run.simulator()
        };
        let simulated = run.simulate(simulator, steps, &context)?;
        let (float_accuracies, float_scores) = (float.accuracies, float.scores);
        let seed = SeedOutcome { float_accuracies, float_scores, simulated };
        if !global.json {
            if offset == 0 {
                print_observed(&run, &seed.simulated.observed);
                let averaged = if run.snapshots.is_some() { ", average of the snapshots" } else { "" };
                let measure = if run.is_regression() { "scores" } else { "accuracy" };
                outln!("{measure:<12}on the {} set: float, simulated{averaged}", run.measured_on);
            }
            print_seed(&seed);
            if options.seeds.get() == 1 {
                match &seed.simulated.targets[..] {
                    [] => outln!("\n{}", run.confusion(&seed.simulated.model)),
                    targets => {
                        outln!("");
                        report::print_targets(targets);
                    }
                }
            }
        }
        seeds.push(seed);
    }

    let [float, simulated, averaged] = [SeedOutcome::float, SeedOutcome::simulated, SeedOutcome::averaged]
        .map(|score| mean(&seeds.iter().filter_map(score).collect::<Vec<_>>()));
    if global.json {
        return print_json(&Outcome {
            plan: &experiment.plan,
            network: shape,
            mean_float_accuracy: float.and_then(Score::accuracy),
            mean_simulated_accuracy: simulated.and_then(Score::accuracy),
            mean_averaged_accuracy: averaged.and_then(Score::accuracy),
            mean_float_scores: float.and_then(Score::regression),
            mean_simulated_scores: simulated.and_then(Score::regression),
            mean_averaged_scores: averaged.and_then(Score::regression),
            seeds,
        });
    }
    if seeds.len() > 1 {
        outln!("            mean: {}", beside([float, simulated, averaged]));
    }
    Ok(())
}

/// The mean of scores of one kind; none of none.
fn mean(scores: &[Score]) -> Option<Score> {
    let accuracies: Vec<f64> = scores.iter().copied().filter_map(Score::accuracy).collect();
    let regressions: Vec<RegressionScores> = scores.iter().copied().filter_map(Score::regression).collect();
    match (accuracies.is_empty(), regressions.is_empty()) {
        (false, _) => Some(Score::Accuracy(text::mean(&accuracies))),
        (true, false) => Some(Score::Regression(RegressionScores::mean(&regressions))),
        (true, true) => None,
    }
}

/// Those scores that there are, in a line.
fn beside(scores: [Option<Score>; 3]) -> String {
    let several = scores.iter().flatten().any(|score| score.regression().is_some());
    let parts: Vec<String> = scores.into_iter().flatten().map(report::score).collect();
    parts.join(if several { "; " } else { ", " })
}

fn print_observed(run: &Run, observed: &Observed) {
    report::print_formats(run, &observed.products);
    for (number, inputs) in observed.inputs.iter().enumerate() {
        let title = if number == 0 { "inputs" } else { "" };
        outln!(
            "{title:<12}{:<14} {:>6.3} to {:.3}, of -0.25 to 0.25",
            inputs.of,
            inputs.least,
            inputs.largest
        );
    }
    outln!("bootstraps  {} in all", report::bootstraps(&observed.operations));
}

fn print_seed(seed: &SeedOutcome) {
    outln!(
        "            seed {}: {} ({} steps, {:.1} s)",
        seed.simulated.seed,
        beside([seed.float(), seed.simulated(), seed.averaged()]),
        seed.simulated.steps,
        seed.simulated.simulated_seconds
    );
}
