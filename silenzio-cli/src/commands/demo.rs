//! `silenzio demo`: the whole way on the Iris data set that is built in.

use super::context;
use super::rehearse::rehearse;
use crate::arguments::{DemoOptions, GlobalOptions, RehearseOptions};
use crate::error::CliError;
use crate::plan_arguments::PlanOptions;
use crate::report;
use crate::snapshot_arguments::SnapshotOptions;
use silenzio::Context;
use silenzio_report::text::percent;
use std::fs;
use std::path::Path;

const PLAN: &str = include_str!("../../../plans/iris.toml");
const APPROXIMATE_PLAN: &str = include_str!("../../../plans/iris_approximate.toml");
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
    let approximate = folder.path().join("plans/iris_approximate.toml");
    write(&approximate, APPROXIMATE_PLAN)?;
    write(&folder.path().join("data/iris.csv"), DATA)?;
    let plan = PlanOptions { plan: path, set: vec![] };
    if global.json {
        return super::rehearse::run(
            &RehearseOptions {
                plan,
                steps: Some(options.steps),
                initial: None,
                snapshots: SnapshotOptions::default(),
            },
            global,
        );
    }

    let context = context(global)?;
    let experiment = plan.open()?;
    let run = experiment.run(0)?;
    report::print_data(&run);
    let float = context.install(|| run.float_accuracies(&Context::new()));
    outln!("float       test accuracy {}", last(&float));
    outln!("\n== exact engine: the first steps of the training on ciphertexts, equal to the simulator's");
    let whole = run.simulate(run.simulator(), None, &context)?;
    outln!("simulated   test accuracy {} after the whole training", last(&whole.simulated_accuracies));
    rehearse(&run, Some(options.steps.get()), false, &context)?;

    outln!("\n== approximate engine: the whole training on ciphertexts");
    let experiment = PlanOptions { plan: approximate, set: vec![] }.open()?;
    let run = experiment.run(0)?;
    report::print_data(&run);
    let simulated = run.simulate(run.simulator(), None, &context)?;
    outln!("simulated   test accuracy {}", last(&simulated.simulated_accuracies));
    let encrypted = rehearse(&run, None, false, &context)?;
    outln!("\n{}", run.confusion(&encrypted.model));
    Ok(())
}

fn last(accuracies: &[f64]) -> String {
    percent(accuracies.last().copied().unwrap_or(0.0))
}

fn write(path: &Path, text: &str) -> Result<(), CliError> {
    let failed = |error| CliError::Read { path: path.into(), error };
    fs::create_dir_all(path.parent().unwrap_or(path)).map_err(failed)?;
    fs::write(path, text).map_err(failed)
}
