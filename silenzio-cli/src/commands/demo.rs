//! `silenzio demo`: a training on ciphertexts, from start to end, on the Iris data set that is built in.

use super::context;
use super::rehearse::{print_outcome, rehearse};
use crate::arguments::{DemoOptions, GlobalOptions};
use crate::error::CliError;
use crate::report;
use silenzio::{Context, Experiment, Run};
use silenzio_report::text::percent;
use std::fs;
use std::path::Path;

const EXACT: &str = include_str!("../../../plans/iris.toml");
const APPROXIMATE: &str = include_str!("../../../plans/iris_approximate.toml");
const DATA: &str = include_str!("../../../data/iris.csv");

/// The epochs of the short training: the fewest with which the model reaches its best accuracy.
const EPOCHS: usize = 7;

/// Runs the command.
///
/// # Errors
/// If a temporary folder cannot be written, or if any decrypted weight of the exact engine differs from the
/// simulator's.
pub fn run(options: &DemoOptions, global: &GlobalOptions) -> Result<(), CliError> {
    let failed = |error| CliError::Read { path: std::env::temp_dir(), error };
    let folder = tempfile::tempdir().map_err(failed)?;
    let at = |name: &str| folder.path().join(name);
    write(&at("plans/iris.toml"), EXACT)?;
    write(&at("plans/iris_approximate.toml"), APPROXIMATE)?;
    write(&at("data/iris.csv"), DATA)?;
    let mut approximate = Experiment::open(at("plans/iris_approximate.toml"), &[])?;
    if !options.full {
        approximate.plan.training.epochs = EPOCHS;
    }
    let context = context(global)?;
    if global.json {
        let run = approximate.run(0)?;
        return print_outcome(&run, &approximate.plan, rehearse(&run, None, true, &context)?);
    }
    if options.full {
        outln!("== exact engine: the first steps of the training on ciphertexts, equal to the simulator's");
        let run = simulated(&Experiment::open(at("plans/iris.toml"), &[])?, &context)?;
        rehearse(&run, Some(options.steps.get()), false, &context)?;
        outln!("\n== approximate engine: the whole training on ciphertexts");
    }
    let run = simulated(&approximate, &context)?;
    let encrypted = rehearse(&run, None, false, &context)?;
    outln!("\n{}", run.confusion(&encrypted.model));
    Ok(())
}

/// Reads the data, and prints the accuracy of the whole training in the clear.
fn simulated(experiment: &Experiment, context: &Context) -> Result<Run, CliError> {
    let run = experiment.run(0)?;
    report::print_data(&run);
    let float = context.install(|| run.float_accuracies(&Context::new()));
    outln!("float       test accuracy {}", last(&float));
    let simulated = run.simulate(run.simulator(), None, context)?;
    outln!("simulated   test accuracy {}", last(&simulated.simulated_accuracies));
    Ok(run)
}

fn last(accuracies: &[f64]) -> String {
    percent(accuracies.last().copied().unwrap_or(0.0))
}

fn write(path: &Path, text: &str) -> Result<(), CliError> {
    let failed = |error| CliError::Read { path: path.into(), error };
    fs::create_dir_all(path.parent().unwrap_or(path)).map_err(failed)?;
    fs::write(path, text).map_err(failed)
}
