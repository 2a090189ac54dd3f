//! An approximate training on ciphertexts, with keys made on the spot.

use crate::training::train;
use crate::{ApproximateCost, Context, Cost, EncryptedTraining, Error, Run, Stage};
use silenzio_approximate::{ApproximateEngine, ApproximateEngineClient, ApproximateNetwork};
use silenzio_backend_tfhe::approximate::{ApproximateBareCost, ApproximateClientKey, ApproximateServerKey};
use silenzio_core::approximate::ApproximateBackend;
use std::time::Instant;

/// Trains on ciphertexts for the whole plan, or for at most `steps` steps.
///
/// # Errors
/// If an operation of the engine fails, or the work is cancelled.
pub fn rehearse(
    run: &Run,
    network: &ApproximateNetwork,
    steps: Option<u64>,
    context: &Context,
) -> Result<EncryptedTraining, Error> {
    let start = Instant::now();
    let client_key = ApproximateClientKey::generate(network.parameters());
    let server_key = ApproximateServerKey::new(&client_key);
    let key_seconds = start.elapsed().as_secs_f64();
    let bare_before = server_key.calibrate();

    let before = server_key.counts();
    let engine = ApproximateEngine::new(&server_key, network);
    let client = ApproximateEngineClient::new(&client_key, network);
    let done = || (server_key.counts() - before).bootstraps();
    let schedule = run.schedule(steps);
    let bootstraps = network.bootstraps(schedule.steps(), schedule.samples() as u64).total();
    let trained = context.watch(Stage::Bootstraps, bootstraps, done, || {
        train(run, &engine, &client, steps, context, |_| ())
    })?;

    let counts = server_key.counts() - before;
    let (bare_coarse_ms, bare_fine_ms) = mean_milliseconds(bare_before, server_key.calibrate());
    let effort = trained.effort(key_seconds, server_key.size_bytes());
    let bare_ms =
        counts.coarse_bootstraps as f64 * bare_coarse_ms + counts.fine_bootstraps as f64 * bare_fine_ms;
    let overhead = 1000.0 * effort.core_seconds() / bare_ms;
    Ok(EncryptedTraining {
        integers: None,
        cost: Cost::Approximate(ApproximateCost { counts, bare_coarse_ms, bare_fine_ms, overhead, effort }),
        model: trained.model,
        accuracies: trained.accuracies,
    })
}

/// The machine's speed drifts: the mean of a measurement before and one after.
fn mean_milliseconds(before: ApproximateBareCost, after: ApproximateBareCost) -> (f64, f64) {
    let mean = |a: std::time::Duration, b: std::time::Duration| 500.0 * (a + b).as_secs_f64();
    (mean(before.coarse, after.coarse), mean(before.fine, after.fine))
}
