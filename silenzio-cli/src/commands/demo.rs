//! `silenzio demo`: the whole way on the Iris data set that is built in.

use super::train::{compare, print_encrypted, simulate_steps};
use crate::arguments::{DemoOptions, GlobalOptions, PlanOptions, TrainOptions};
use crate::encryption::train_encrypted;
use crate::error::CliError;
use crate::experiment::Experiment;
use crate::report;
use std::fs;
use std::path::Path;

const PLAN: &str = include_str!("../../../plans/iris.toml");
const DATA: &str = include_str!("../../../data/iris.csv");

/// Runs the command.
///
/// # Errors
/// If a temporary folder cannot be written, or if any decrypted weight differs from the simulator's.
pub fn run(options: &DemoOptions, global: &GlobalOptions) -> Result<(), CliError> {
    let failed = |error| CliError::Read { path: std::env::temp_dir(), error };
    let folder = tempfile::tempdir().map_err(failed)?;
    let path = folder.path().join("plans/iris.toml");
    write(&path, PLAN)?;
    write(&folder.path().join("data/iris.csv"), DATA)?;
    let plan = PlanOptions { plan: path, set: vec![] };
    if global.json {
        return super::train::run(&TrainOptions { plan, steps: Some(options.steps) }, global);
    }

    let run = Experiment::open(&plan)?.run(0)?;
    report::print_data(&run);
    report::print_products(&run, &Default::default());
    let float = run.float_accuracies(|| ());
    let whole = simulate_steps(&run, None)?;
    println!(
        "accuracy    on the test set, after {} epochs: float {}, simulated {}",
        run.plan.training.epochs,
        report::percent(float.last().copied().unwrap_or(0.0)),
        report::percent(whole.trained.accuracies.last().copied().unwrap_or(0.0))
    );
    let simulated = simulate_steps(&run, Some(options.steps.get()))?;
    println!("encrypting  {} steps: {} look-ups", simulated.trained.steps, report::luts(&simulated.luts));
    let encrypted = train_encrypted(&run, simulated.trained.steps, &simulated.luts)?;
    compare(&simulated, &encrypted)?;
    print_encrypted(&run, &simulated, &encrypted);
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), CliError> {
    let failed = |error| CliError::Read { path: path.into(), error };
    fs::create_dir_all(path.parent().unwrap_or(path)).map_err(failed)?;
    fs::write(path, text).map_err(failed)
}
