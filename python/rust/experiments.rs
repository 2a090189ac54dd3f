//! Simulations, estimates and sweeps of plans. Results are JSON, or a table in a file.

use crate::errors::{PlanError, SilenzioError, raised};
use crate::work::run;
use pyo3::prelude::*;
use serde::Serialize;
use silenzio::core::plan::EnginePlan;
use silenzio::nn::metrics::RegressionScores;
use silenzio::sweep::{self as sweeps, Grid, Writer};
use silenzio::{Context, Description, Estimate, Experiment, Override, SimulatedTraining};
use std::path::{Path, PathBuf};

/// One seed of a simulation.
#[derive(Serialize)]
struct Seed {
    measured_on: &'static str,
    network: String,
    formats: Description,
    /// The number of training samples, and the limit of the noise of weights as a fraction of a typical weight, if they have any.
    samples: usize,
    weight_noise: Option<f64>,
    /// Of a classification; those of a regression are the next ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    float_accuracies: Vec<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    float_scores: Vec<RegressionScores>,
    #[serde(flatten)]
    simulated: SimulatedTraining,
}

/// An estimate, with the number formats.
#[derive(Serialize)]
struct Estimated {
    formats: Description,
    #[serde(flatten)]
    estimate: Estimate,
}

/// The experiment of a plan's file or of its JSON form, with fields changed by a JSON object of dotted names.
pub fn open(path: Option<PathBuf>, json: Option<&str>, changes: &str) -> PyResult<Experiment> {
    let invalid = |error: serde_json::Error| PlanError::new_err(format!("not a valid plan: {error}"));
    let changes: std::collections::BTreeMap<String, toml::Value> =
        serde_json::from_str(changes).map_err(invalid)?;
    let changes = changes.into_iter().map(|(field, value)| Override::new(&field, value));
    let changes = changes.collect::<Result<Vec<_>, _>>().map_err(PlanError::new_err)?;
    match (path, json) {
        (Some(path), _) => Experiment::open(path, &changes).map_err(raised),
        (None, Some(json)) => {
            let fields: toml::Table = serde_json::from_str(json).map_err(invalid)?;
            Experiment::of_fields(fields, &changes, Path::new("")).map_err(raised)
        }
        (None, None) => Err(PlanError::new_err("a plan is a path or a mapping")),
    }
}

/// Simulates a plan for some seeds: a JSON list.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "a plan, and how work is done")]
pub fn simulate(
    py: Python<'_>,
    path: Option<PathBuf>,
    json: Option<&str>,
    changes: &str,
    seeds: u64,
    steps: Option<u64>,
    threads: usize,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<String> {
    let experiment = open(path, json, changes)?;
    let simulate = |context: &Context| {
        let seed = |offset| {
            let run = experiment.run(offset)?;
            let float = context.install(|| run.float_course(context));
            let simulated = run.simulate(run.simulator(), steps, context)?;
            Ok(Seed {
                measured_on: run.measured_on,
                network: run.shape(),
                formats: run.describe(),
                samples: run.train.len(),
                weight_noise: match &run.plan.task.engine {
                    EnginePlan::Approximate(plan) => Some(plan.weight_noise),
                    EnginePlan::Exact(_) => None,
                },
                float_accuracies: float.accuracies,
                float_scores: float.scores,
                simulated,
            })
        };
        (0..seeds).map(seed).collect::<Result<Vec<_>, silenzio::Error>>()
    };
    encode(&run(py, threads, progress, simulate)?.complete()?)
}

/// Estimates what an encrypted training of a plan takes on this machine: a JSON object.
#[pyfunction]
pub fn estimate(
    py: Python<'_>,
    path: Option<PathBuf>,
    json: Option<&str>,
    changes: &str,
    threads: usize,
) -> PyResult<String> {
    let experiment = open(path, json, changes)?;
    let estimate = |context: &_| {
        let run = experiment.run(0)?;
        Ok(Estimated { formats: run.describe(), estimate: run.estimate(context)? })
    };
    encode(&run(py, threads, None, estimate)?.complete()?)
}

/// Simulates a plan at all points of a grid, which is a file or a JSON object, and adds the rows that are missing to a
/// table.
#[pyfunction]
pub fn sweep(
    py: Python<'_>,
    path: Option<PathBuf>,
    json: Option<&str>,
    table: PathBuf,
    force: bool,
    threads: usize,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<usize> {
    let grid = match (path, json) {
        (Some(path), _) => Grid::read(path).map_err(raised)?,
        (None, Some(json)) => {
            let invalid = |problem: String| PlanError::new_err(format!("not a valid grid: {problem}"));
            let fields: toml::Table =
                serde_json::from_str(json).map_err(|error| invalid(error.to_string()))?;
            let text = toml::to_string(&fields).map_err(|error| invalid(error.to_string()))?;
            Grid::parse(&text, Path::new("")).map_err(raised)?
        }
        (None, None) => return Err(PlanError::new_err("a grid is a path or a mapping")),
    };
    let work = |context: &_| {
        let mut writer = Writer::open(&table, &grid, force)?;
        sweeps::run(&grid, &mut writer, context)
    };
    run(py, threads, progress, work)?.complete()
}

fn encode(result: &impl Serialize) -> PyResult<String> {
    serde_json::to_string(result).map_err(|error| SilenzioError::new_err(error.to_string()))
}
