//! `silenzio rehearse`: trains on ciphertexts, with both parties in one process.

use super::{begun, context, print_json};
use crate::arguments::{GlobalOptions, RehearseOptions};
use crate::error::CliError;
use crate::report;
use indicatif::DecimalBytes;
use serde::Serialize;
use silenzio::core::plan::Plan;
use silenzio::nn::metrics::{RegressionScores, TargetScores};
use silenzio::{Confusion, Context, Cost, EncryptedTraining, Run, Score};
use silenzio_report::text::{duration, grouped, percent};
use std::num::NonZeroU64;

/// The result for machines.
#[derive(Serialize)]
struct Outcome<'a> {
    plan: &'a Plan,
    network: String,
    /// Whether every decrypted weight equals the simulator's, which is true for every exact training that ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    weights_equal_to_simulated: Option<bool>,
    /// Of a classification, as are the next two.
    #[serde(skip_serializing_if = "Option::is_none")]
    test_accuracy: Option<f64>,
    /// Test accuracy after each epoch, and after the last step.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    accuracies: Vec<f64>,
    /// Test accuracy of the average of the snapshots, if there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    averaged_accuracy: Option<f64>,
    /// Of a regression, as are the next two: the scores on the test samples.
    #[serde(skip_serializing_if = "Option::is_none")]
    test_scores: Option<RegressionScores>,
    /// After each epoch, and after the last step.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scores: Vec<RegressionScores>,
    /// Of the average of the snapshots, if there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    averaged_scores: Option<RegressionScores>,
    steps_per_epoch: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    confusion: Option<Confusion>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    targets: Vec<TargetScores>,
    cost: Cost,
}

/// Runs the command.
///
/// # Errors
/// If the plan or its data cannot be used, or if any decrypted weight of the exact engine differs from the
/// simulator's.
pub fn run(options: &RehearseOptions, global: &GlobalOptions) -> Result<(), CliError> {
    let experiment = options.plan.open()?;
    let mut run = begun(experiment.run(0)?, options.initial.as_deref())?;
    run.snapshots = options.snapshots.policy();
    if !global.json {
        report::print_data(&run);
    }
    let steps = options.steps.map(NonZeroU64::get);
    let encrypted = rehearse(&run, steps, global.json, &context(global)?)?;
    if !global.json {
        return Ok(());
    }
    print_outcome(&run, &experiment.plan, encrypted)
}

/// Prints the result for machines.
///
/// # Errors
/// If it cannot be written.
pub fn print_outcome(run: &Run, plan: &Plan, encrypted: EncryptedTraining) -> Result<(), CliError> {
    let score = run.judge(&encrypted.model);
    print_json(&Outcome {
        plan,
        network: run.shape(),
        weights_equal_to_simulated: encrypted.equals_simulated.then_some(true),
        test_accuracy: score.accuracy(),
        accuracies: encrypted.course.accuracies,
        averaged_accuracy: encrypted.averaged.and_then(Score::accuracy),
        test_scores: score.regression(),
        scores: encrypted.course.scores,
        averaged_scores: encrypted.averaged.and_then(Score::regression),
        steps_per_epoch: run.schedule(None).steps_per_epoch(),
        confusion: (!run.is_regression()).then(|| run.confusion(&encrypted.model).into()),
        targets: run.target_scores(&encrypted.model),
        cost: encrypted.cost,
    })
}

/// Trains on ciphertexts, and prints the cost.
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
        if let Some(simulated) = rehearsal.simulated() {
            let bootstraps = report::bootstraps(&simulated.observed.operations);
            outln!("encrypting  {} steps: {bootstraps} bootstraps", simulated.steps);
        }
    }
    let encrypted = rehearsal.train(context)?;
    if !quiet {
        print(run, &encrypted);
    }
    Ok(encrypted)
}

fn print(run: &Run, encrypted: &EncryptedTraining) {
    let cost = &encrypted.cost;
    let equal = match encrypted.equals_simulated {
        true => {
            let weights: usize = encrypted.model.weights.iter().map(|layer| layer.len()).sum();
            format!(": all {weights} decrypted weights equal the simulator's")
        }
        false => String::new(),
    };
    outln!("encrypted   {} steps, {} samples{equal}", cost.steps, cost.samples);
    let measure = if run.is_regression() { "scores" } else { "accuracy" };
    outln!(
        "            decrypted {} {measure} after each epoch, and in the end: {}",
        run.measured_on,
        report::course(&encrypted.course)
    );
    if run.is_regression() {
        outln!("            in the end {}", report::score(run.judge(&encrypted.model)));
    }
    if let Some(averaged) = encrypted.averaged {
        outln!("            average of the snapshots: {}", report::score(averaged));
    }
    outln!(
        "keys        {}, made in {:.1} s; samples encrypted in {:.2} s",
        DecimalBytes(cost.key_bytes as u64),
        cost.key_seconds,
        cost.encryption_seconds
    );
    outln!(
        "cost        {} in all, {:.1} s a step, {:.2} s a sample on {} threads",
        duration(cost.training_seconds),
        cost.training_seconds / cost.steps.max(1) as f64,
        cost.training_seconds / cost.samples.max(1) as f64,
        cost.threads
    );
    outln!(
        "            bootstraps: {}, in all {}",
        report::bootstraps(&cost.operations),
        grouped(cost.operations.total_bootstraps())
    );
    if !cost.operations.others.is_empty() {
        outln!("            beside {}", report::others(&cost.operations));
    }
    let core_seconds: f64 = cost.phases.iter().map(|phase| phase.core_seconds).sum();
    let phases: Vec<String> = cost
        .phases
        .iter()
        .map(|phase| format!("{} {}", phase.phase, percent(phase.core_seconds / core_seconds)))
        .collect();
    outln!("            of {core_seconds:.1} core-seconds: {}", phases.join(", "));
    for bare in &cost.bare {
        let keyswitch = match bare.keyswitch_ms {
            0.0 => " with keyswitch".to_owned(),
            milliseconds => format!(", keyswitch {milliseconds:.1} ms"),
        };
        outln!("            bare TFHE-rs {} bootstrap {:.1} ms{keyswitch}", bare.class, bare.bootstrap_ms);
    }
    outln!("            core-seconds over those of the bare operations: {:.2}", cost.overhead);
}
