//! `silenzio train`: training on ciphertexts, checked against the simulator.

use super::print_json;
use crate::arguments::{GlobalOptions, TrainOptions};
use crate::encryption::{Cost, Encrypted, train_encrypted};
use crate::error::CliError;
use crate::experiment::{Experiment, Run};
use crate::progress::Progress;
use crate::report;
use crate::simulation::{Simulated, simulate, simulator};
use serde::Serialize;
use silenzio_core::plan::Plan;
use std::num::NonZeroU64;

/// The result for machines.
#[derive(Serialize)]
struct Outcome<'a> {
    plan: &'a Plan,
    network: String,
    weights_equal_to_simulated: bool,
    test_accuracy: f64,
    cost: &'a Cost,
}

/// Runs the command.
///
/// # Errors
/// If the plan or its data cannot be used, or if any decrypted weight differs from the simulator's.
pub fn run(options: &TrainOptions, global: &GlobalOptions) -> Result<(), CliError> {
    let run = Experiment::open(&options.plan)?.run(0)?;
    if !global.json {
        report::print_data(&run);
    }
    let simulated = simulate_steps(&run, options.steps.map(NonZeroU64::get))?;
    if !global.json {
        report::print_products(&run, &Default::default());
    }
    let encrypted = train_encrypted(&run, simulated.trained.steps, &simulated.luts)?;
    compare(&simulated, &encrypted)?;
    if global.json {
        return print_json(&Outcome {
            plan: &run.plan,
            network: run.shape(),
            weights_equal_to_simulated: true,
            test_accuracy: run.test_accuracy(&encrypted.model),
            cost: &encrypted.cost,
        });
    }
    print_encrypted(&run, &simulated, &encrypted);
    Ok(())
}

/// The same training on the simulator: what the encrypted one is compared with.
pub fn simulate_steps(run: &Run, steps: Option<u64>) -> Result<Simulated, CliError> {
    let mut bar = Progress::new("simulated", run.schedule(steps).steps());
    simulate(run, &simulator(), steps, |progress| bar.set(progress.steps_done))
}

/// Compares encrypted and simulated weights, integer for integer.
///
/// # Errors
/// If any differs.
pub fn compare(simulated: &Simulated, encrypted: &Encrypted) -> Result<(), CliError> {
    let pairs = simulated.integers.iter().flatten().zip(encrypted.integers.iter().flatten());
    let differing = pairs.filter(|(simulated, encrypted)| simulated != encrypted).count();
    let weights = simulated.integers.iter().map(|layer| layer.len()).sum();
    if differing == 0 {
        Ok(())
    } else {
        Err(CliError::Mismatch { steps: simulated.trained.steps, differing, weights })
    }
}

/// Prints an encrypted training that equals the simulated one.
pub fn print_encrypted(run: &Run, simulated: &Simulated, encrypted: &Encrypted) {
    let cost = &encrypted.cost;
    let weights: usize = simulated.integers.iter().map(|layer| layer.len()).sum();
    println!(
        "encrypted   {} steps, {} samples: all {weights} decrypted weights equal the simulator's",
        cost.steps, cost.samples
    );
    println!("            test accuracy {} so far", report::percent(run.test_accuracy(&encrypted.model)));
    println!(
        "keys        {:.0} MB, made in {:.1} s; samples encrypted in {:.2} s",
        cost.key_bytes as f64 / 1e6,
        cost.key_seconds,
        cost.encryption_seconds
    );
    let per_step = cost.training_seconds / cost.steps.max(1) as f64;
    println!("cost        {per_step:.1} s a step on {} cores", cost.threads);
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
