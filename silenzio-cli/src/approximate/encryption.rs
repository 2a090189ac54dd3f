//! An approximate training on ciphertexts, with keys made on the spot.

use crate::error::CliError;
use crate::experiment::Run;
use crate::progress::while_watched;
use crate::training::{Effort, train};
use serde::Serialize;
use silenzio_approximate::{ApproximateEngine, ApproximateEngineClient, ApproximateNetwork};
use silenzio_backend_tfhe::approximate::{ApproximateBareCost, ApproximateClientKey, ApproximateServerKey};
use silenzio_core::approximate::{ApproximateBackend, ApproximateCounts};
use silenzio_nn::reference::Mlp;
use std::time::Instant;

/// What an encrypted training came to.
pub struct Encrypted {
    /// The decrypted model.
    pub model: Mlp,
    /// Test accuracy after each epoch, and after the last step.
    pub accuracies: Vec<f64>,
    /// What it cost.
    pub cost: Cost,
}

/// The cost of an encrypted training.
#[derive(Serialize)]
pub struct Cost {
    #[serde(flatten)]
    pub effort: Effort,
    pub counts: ApproximateCounts,
    /// A bare TFHE-rs keyswitch and bootstrap, measured in this run: milliseconds on one core.
    pub bare_coarse_ms: f64,
    pub bare_fine_ms: f64,
    /// Core-seconds of the training over those of its bare bootstraps and keyswitches.
    pub overhead: f64,
}

/// Trains on ciphertexts for the whole plan, or for at most `steps` steps.
///
/// # Errors
/// As the engine's operations.
pub fn train_encrypted(
    run: &Run,
    network: &ApproximateNetwork,
    steps: Option<u64>,
) -> Result<Encrypted, CliError> {
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
    let trained =
        while_watched("bootstraps", bootstraps, done, || train(run, &engine, &client, steps, |_| ()))?;

    let counts = server_key.counts() - before;
    let (bare_coarse_ms, bare_fine_ms) = mean_milliseconds(bare_before, server_key.calibrate());
    let effort = Effort::new(&trained, key_seconds, server_key.size_bytes());
    let bare_ms =
        counts.coarse_bootstraps as f64 * bare_coarse_ms + counts.fine_bootstraps as f64 * bare_fine_ms;
    Ok(Encrypted {
        cost: Cost {
            counts,
            bare_coarse_ms,
            bare_fine_ms,
            overhead: 1000.0 * effort.core_seconds() / bare_ms,
            effort,
        },
        model: trained.model,
        accuracies: trained.accuracies,
    })
}

/// The machine's speed drifts: the mean of a measurement before and one after.
fn mean_milliseconds(before: ApproximateBareCost, after: ApproximateBareCost) -> (f64, f64) {
    let mean = |a: std::time::Duration, b: std::time::Duration| 500.0 * (a + b).as_secs_f64();
    (mean(before.coarse, after.coarse), mean(before.fine, after.fine))
}
