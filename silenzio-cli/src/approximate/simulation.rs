//! An approximate training on the simulator, with the noise that the model predicts.

use crate::error::CliError;
use crate::experiment::Run;
use crate::training::{Trained, train};
use silenzio_approximate::client::Weights;
use silenzio_approximate::{ApproximateEngine, ApproximateEngineClient, ApproximateNetwork};
use silenzio_backend_plain::approximate::{PlainApproximateBackend, PlainApproximateClient, PlainGlwe};
use silenzio_core::approximate::{ApproximateBackend, ApproximateCounts};
use silenzio_core::random::Seed;
use silenzio_nn::trainer::Progress;

/// What a simulated training came to.
pub struct Simulated {
    pub trained: Trained<Weights<PlainGlwe>>,
    /// All operations.
    pub counts: ApproximateCounts,
    /// The largest absolute input of a bootstrap.
    pub largest_input: f64,
}

impl Simulated {
    /// Whether an input of a bootstrap left the quarters of the torus around zero, in which functions are given.
    pub fn wraps(&self) -> bool {
        self.largest_input >= 0.25
    }
}

/// Trains for the whole plan, or for at most `steps` steps. `after_step` sees the progress.
///
/// # Errors
/// As the engine's operations.
pub fn simulate(
    run: &Run,
    network: &ApproximateNetwork,
    steps: Option<u64>,
    after_step: impl FnMut(Progress),
) -> Result<Simulated, CliError> {
    let backend = PlainApproximateBackend::new(network.parameters(), Seed(run.plan.training.seed));
    simulate_on(&backend, run, network, steps, after_step)
}

/// As [`simulate`], on a backend that may be without noise.
///
/// # Errors
/// As the engine's operations.
pub fn simulate_on(
    backend: &PlainApproximateBackend,
    run: &Run,
    network: &ApproximateNetwork,
    steps: Option<u64>,
    after_step: impl FnMut(Progress),
) -> Result<Simulated, CliError> {
    let client = PlainApproximateClient::new(network.parameters());
    let engine = ApproximateEngine::new(backend, network);
    let trained = train(run, &engine, &ApproximateEngineClient::new(&client, network), steps, after_step)?;
    Ok(Simulated { trained, counts: backend.counts(), largest_input: backend.largest_input() })
}
