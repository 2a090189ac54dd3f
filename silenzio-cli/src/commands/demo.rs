//! `silenzio demo`: the whole way on the Iris data set that is built in.

use super::rehearse::{simulate_exact, train_approximate, train_exact};
use crate::arguments::{DemoOptions, GlobalOptions, PlanOptions, RehearseOptions};
use crate::error::CliError;
use crate::experiment::Experiment;
use crate::{approximate, report};
use silenzio_suite::Network;
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
        return super::rehearse::run(&RehearseOptions { plan, steps: Some(options.steps) }, global);
    }

    let run = Experiment::open(&plan)?.run(0)?;
    report::print_data(&run);
    let float = run.float_accuracies(|| ());
    println!("float       test accuracy {}", last(&float));
    if let Network::Exact(network) = &run.network {
        println!(
            "\n== exact engine: the first steps of the training on ciphertexts, equal to the simulator's"
        );
        let whole = simulate_exact(&run, network, None)?;
        println!("simulated   test accuracy {} after the whole training", last(&whole.trained.accuracies));
        train_exact(&run, network, Some(options.steps.get()), false)?;
    }
    println!("\n== approximate engine: the whole training on ciphertexts");
    let run = Experiment::open(&PlanOptions { plan: approximate, set: vec![] })?.run(0)?;
    report::print_data(&run);
    if let Network::Approximate(network) = &run.network {
        let simulated = approximate::simulate(&run, network, None, |_| ())?;
        println!("simulated   test accuracy {}", last(&simulated.trained.accuracies));
        let encrypted = train_approximate(&run, network, None, false)?;
        println!("\n{}", run.confusion(&encrypted.model));
    }
    Ok(())
}

fn last(accuracies: &[f64]) -> String {
    report::percent(accuracies.last().copied().unwrap_or(0.0))
}

fn write(path: &Path, text: &str) -> Result<(), CliError> {
    let failed = |error| CliError::Read { path: path.into(), error };
    fs::create_dir_all(path.parent().unwrap_or(path)).map_err(failed)?;
    fs::write(path, text).map_err(failed)
}
