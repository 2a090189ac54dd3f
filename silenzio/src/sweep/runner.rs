//! Runs sweeps: several points at the same time, each on one thread.

use super::error::GridError;
use super::grid::Grid;
use super::point::Point;
use super::shard::Shard;
use super::table::{Outcome, Row};
use super::writer::{Writer, values};
use crate::{Context, Error, Run, Stage};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, mpsc};
use std::time::Instant;

/// Computes the missing rows, and returns their number.
///
/// Each point runs on one thread, so that the simulators always draw faults and noise in the same order, and rows do not
/// depend on the number of threads.
///
/// # Errors
/// If results cannot be written, or the work is cancelled. Rows that are done are kept. A point that fails is no error, but
/// a row that says why.
pub fn run(grid: &Grid, results: &mut Writer, context: &Context) -> Result<usize, Error> {
    run_shard(grid, Shard::WHOLE, results, context)
}

/// Computes the missing rows of a shard, as [`run`] does for the whole sweep.
///
/// # Errors
/// The errors of [`run`].
pub fn run_shard(grid: &Grid, shard: Shard, results: &mut Writer, context: &Context) -> Result<usize, Error> {
    let seed_of = |point: usize, offset| seed(&grid.points[point - 1], offset);
    let missing: Vec<(usize, u64)> = (1..=grid.points.len())
        .flat_map(|point| (0..grid.seeds).map(move |offset| (point, offset)))
        .enumerate()
        .filter(|&(row, _)| shard.holds(row))
        .map(|(_, of_row)| of_row)
        .filter(|&(point, offset)| !results.has(point, seed_of(point, offset)))
        .collect();
    let references = References::default();
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    let total = missing.len() as u64;
    context.progress(Stage::Sweep, 0, total);
    std::thread::scope(|scope| {
        for _ in 0..context.threads().min(missing.len()) {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
            let pool = pool.map_err(|error| Error::Threads(error.to_string()))?;
            let (sender, missing, next, references) = (sender.clone(), &missing, &next, &references);
            scope.spawn(move || {
                while let Some(&(point, offset)) = missing.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let row = pool.install(|| row(grid, point, offset, references, context));
                    if context.cancel_token().is_cancelled() {
                        break;
                    }
                    // The receiver is gone if the results cannot be written.
                    if sender.send(row).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        for (done, row) in (1..).zip(receiver) {
            results.append(&row)?;
            context.progress(Stage::Sweep, done, total);
        }
        context.check()?;
        Ok(missing.len())
    })
}

fn seed(point: &Point, offset: u64) -> u64 {
    point.experiment.plan.training.seed.wrapping_add(offset)
}

fn row(grid: &Grid, number: usize, offset: u64, references: &References, context: &Context) -> Row {
    let point = &grid.points[number - 1];
    let outcome = simulate(point, offset, references, context).map_err(|error| error.to_string());
    Row { point: number, seed: seed(point, offset), values: values(grid, number), outcome }
}

fn simulate(
    point: &Point,
    offset: u64,
    references: &References,
    context: &Context,
) -> Result<Outcome, Error> {
    let run = point.experiment.run(offset)?;
    let one_thread = Context::new().cancelled_by(context.cancel_token().clone());
    let measure = point.measure();
    let float_scores = references.scores(point, &run)?;
    let start = Instant::now();
    let simulator = point.switches.simulator(run.plan.task.training.seed);
    let simulated = run.simulate(simulator, None, &one_thread)?;
    let simulated_scores = measure.in_course(&simulated.course());
    // A table cannot hold the scores of a training that diverged.
    for scores in [&float_scores, &simulated_scores] {
        measure.check(scores).map_err(|problem| {
            Error::Grid(GridError::new(
                "training.learning_rate",
                format!("the training diverged, {problem}: use a lower rate"),
            ))
        })?;
    }
    Ok(Outcome {
        measured_on: run.measured_on.to_owned(),
        float_scores,
        simulated_scores,
        wrapped_products: simulated.observed.wrapped.len(),
        bootstraps: simulated.observed.operations.bootstraps,
        steps: simulated.steps,
        seconds: start.elapsed().as_secs_f64(),
    })
}

/// The float reference of points that share data, network, training and seed is trained once.
#[derive(Default)]
struct References(Mutex<HashMap<String, Arc<OnceLock<Vec<f64>>>>>);

impl References {
    fn scores(&self, point: &Point, run: &Run) -> Result<Vec<f64>, Error> {
        let plan = &point.experiment.plan;
        let key = serde_json::to_string(&(&plan.data, &plan.model, &run.plan.task.training))
            .map_err(|error| Error::Encode(error.to_string()))?;
        let known = Arc::clone(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default());
        let train = || point.measure().in_course(&run.float_course(&Context::new()));
        Ok(known.get_or_init(train).clone())
    }
}
