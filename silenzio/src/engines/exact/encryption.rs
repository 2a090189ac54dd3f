//! A training on TFHE ciphertexts, with keys made on the spot.

use super::simulation::decrypt_integers;
use crate::training::train;
use crate::{
    BareClass, Context, Cost, EncryptedTraining, Error, ExactCost, Operations, Run, SimulatedTraining, Stage,
};
use silenzio_backend_tfhe::{BareCost, ClientKey, ServerKey};
use silenzio_core::{Backend, LutCounts, Modulus};
use silenzio_rns::{ExactClient, ExactEngine, ExactNetwork};
use silenzio_suite::exact::key_plan;
use std::time::{Duration, Instant};

/// Trains on ciphertexts, as was simulated before.
///
/// # Errors
/// If an operation of the engine fails, or the work is cancelled.
pub fn rehearse(
    run: &Run,
    network: &ExactNetwork,
    simulated: Option<&SimulatedTraining>,
    steps: Option<u64>,
    context: &Context,
) -> Result<EncryptedTraining, Error> {
    let luts = match simulated.map(|training| &training.operations) {
        Some(Operations::Exact { luts, .. }) => luts.total(),
        _ => 0,
    };
    let start = Instant::now();
    let client_key = ClientKey::generate(&key_plan(network)?);
    let server_key = ServerKey::new(&client_key);
    let key_seconds = start.elapsed().as_secs_f64();
    let bare_before = bare_costs(&server_key)?;

    let engine = ExactEngine::new(&server_key, network);
    let client = ExactClient::new(&client_key, network);
    let done = || server_key.lut_counts().total();
    let trained = context
        .watch(Stage::Bootstraps, luts, done, || train(run, &engine, &client, steps, context, |_| ()))?;

    let (bootstraps, keyswitches) = (server_key.lut_counts(), server_key.keyswitch_counts());
    let bare = mean_costs(bare_before, bare_costs(&server_key)?);
    let effort = trained.effort(key_seconds, server_key.size_bytes());
    let overhead = effort.core_seconds() / bare_seconds(&bare, &bootstraps, &keyswitches);
    Ok(EncryptedTraining {
        integers: Some(decrypt_integers(&client, &trained.weights)?),
        cost: Cost::Exact(ExactCost { effort, bootstraps, keyswitches, bare, overhead }),
        model: trained.model,
        accuracies: trained.accuracies,
    })
}

fn bare_costs(server_key: &ServerKey) -> Result<Vec<BareClass>, Error> {
    let milliseconds = |duration: Duration| 1000.0 * duration.as_secs_f64();
    let of_class = |widest_modulus: u8| {
        let m = Modulus::new(widest_modulus.into()).map_err(silenzio_core::BackendError::from)?;
        let BareCost { keyswitch, bootstrap } = server_key.calibrate(m)?;
        let (keyswitch_ms, bootstrap_ms) = (milliseconds(keyswitch), milliseconds(bootstrap));
        Ok(BareClass { widest_modulus, keyswitch_ms, bootstrap_ms })
    };
    server_key.parameter_sets().map(|set| of_class(set.widest)).collect()
}

/// The machine's speed drifts: the mean of a measurement before and one after.
fn mean_costs(before: Vec<BareClass>, after: Vec<BareClass>) -> Vec<BareClass> {
    let mean = |(a, b): (BareClass, BareClass)| BareClass {
        widest_modulus: a.widest_modulus,
        keyswitch_ms: f64::midpoint(a.keyswitch_ms, b.keyswitch_ms),
        bootstrap_ms: f64::midpoint(a.bootstrap_ms, b.bootstrap_ms),
    };
    before.into_iter().zip(after).map(mean).collect()
}

/// The core-seconds of so many bare operations.
fn bare_seconds(bare: &[BareClass], bootstraps: &LutCounts, keyswitches: &LutCounts) -> f64 {
    let of_class = |bits: u32| bare.iter().find(|class| u32::from(class.widest_modulus) >= (1 << bits) - 1);
    let milliseconds = |counts: &LutCounts, cost: fn(&BareClass) -> f64| -> f64 {
        counts.classes().map(|(bits, count)| count as f64 * of_class(bits).map_or(0.0, cost)).sum()
    };
    (milliseconds(bootstraps, |class| class.bootstrap_ms)
        + milliseconds(keyswitches, |class| class.keyswitch_ms))
        / 1000.0
}
