//! Carries out a sweep: points beside each other, each on one thread.

use super::grid::Grid;
use super::point::Point;
use super::table::{Outcome, Row, Writer, values};
use crate::error::CliError;
use crate::experiment::Run;
use crate::progress::Progress;
use crate::{approximate, exact, report};
use silenzio_backend_plain::Faults;
use silenzio_backend_plain::approximate::PlainApproximateBackend;
use silenzio_core::random::Seed;
use silenzio_protocol::Network;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, mpsc};
use std::time::Instant;

/// Adds the rows that are missing; how many these were.
///
/// One thread per point: the order in which the exact simulator draws faults is then always the same, and so are the
/// rows.
///
/// # Errors
/// If results cannot be written. A point that fails is a row that says why.
pub fn run(grid: &Grid, results: &mut Writer) -> Result<usize, CliError> {
    let seed_of = |point: usize, offset| seed(&grid.points[point - 1], offset);
    let missing: Vec<(usize, u64)> = (1..=grid.points.len())
        .flat_map(|point| (0..grid.seeds).map(move |offset| (point, offset)))
        .filter(|&(point, offset)| !results.has(point, seed_of(point, offset)))
        .collect();
    let references = References::default();
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    let mut bar = Progress::new("sweep", missing.len() as u64);
    std::thread::scope(|scope| {
        for _ in 0..rayon::current_num_threads().min(missing.len()) {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
            let pool = pool.map_err(|error| CliError::Threads(error.to_string()))?;
            let (sender, missing, next, references) = (sender.clone(), &missing, &next, &references);
            scope.spawn(move || {
                while let Some(&(point, offset)) = missing.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let row = pool.install(|| row(grid, point, offset, references));
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
            bar.set(done);
        }
        Ok(missing.len())
    })
}

fn seed(point: &Point, offset: u64) -> u64 {
    point.experiment.plan.training.seed.wrapping_add(offset)
}

fn row(grid: &Grid, number: usize, offset: u64, references: &References) -> Row {
    let point = &grid.points[number - 1];
    let outcome = simulate(point, offset, references).map_err(|error| error.to_string());
    Row { point: number, seed: seed(point, offset), values: values(grid, number), outcome }
}

fn simulate(point: &Point, offset: u64, references: &References) -> Result<Outcome, CliError> {
    let run = point.experiment.run(offset)?;
    let float_accuracies = references.accuracies(&run)?;
    let start = Instant::now();
    let seed = Seed(run.plan.training.seed);
    let outcome = match &run.network {
        Network::Exact(network) => {
            let mut backend = exact::simulator();
            if point.switches.faults > 0.0 {
                backend = backend.with_faults(Faults::new(point.switches.faults, seed));
            }
            let simulated = exact::simulate(&run, network, &backend, None, |_| ())?;
            let by_kind = simulated.luts.classes().map(|(bits, count)| (format!("{bits}-bit"), count));
            Outcome {
                simulated_accuracies: simulated.trained.accuracies,
                steps: simulated.trained.steps,
                bootstraps: by_kind.collect(),
                wrapped_products: report::wrapped(network, &simulated.ranges).count(),
                ..Outcome::default()
            }
        }
        Network::Approximate(network) => {
            let backend = if point.switches.noise {
                PlainApproximateBackend::new(network.parameters(), seed)
            } else {
                PlainApproximateBackend::exact(network.parameters())
            };
            let simulated = approximate::simulate_on(&backend, &run, network, None, |_| ())?;
            let counts = simulated.counts;
            Outcome {
                wrapped_products: usize::from(simulated.wraps()),
                simulated_accuracies: simulated.trained.accuracies,
                steps: simulated.trained.steps,
                bootstraps: BTreeMap::from([
                    ("coarse".to_owned(), counts.coarse_bootstraps),
                    ("fine".to_owned(), counts.fine_bootstraps),
                ]),
                ..Outcome::default()
            }
        }
    };
    let measured_on = run.plan.data.measured_on().to_owned();
    Ok(Outcome { measured_on, float_accuracies, seconds: start.elapsed().as_secs_f64(), ..outcome })
}

/// The float reference of points that share data, network, training and seed is trained once.
#[derive(Default)]
struct References(Mutex<HashMap<String, Arc<OnceLock<Vec<f64>>>>>);

impl References {
    fn accuracies(&self, run: &Run) -> Result<Vec<f64>, CliError> {
        let plan = &run.plan;
        let key = serde_json::to_string(&(&plan.data, &plan.model, &plan.training))
            .map_err(|error| CliError::Output(error.to_string()))?;
        let known = Arc::clone(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default());
        Ok(known.get_or_init(|| run.float_accuracies(|| ())).clone())
    }
}
