//! A training on TFHE ciphertexts, with keys made on the spot.

use super::simulation::decrypt_integers;
use crate::error::CliError;
use crate::experiment::Run;
use crate::progress::while_watched;
use crate::training::{Effort, train};
use ndarray::Array2;
use serde::Serialize;
use silenzio_backend_tfhe::{BareCost, ClientKey, ServerKey};
use silenzio_core::{Backend, LutCounts, Modulus};
use silenzio_nn::reference::Mlp;
use silenzio_rns::{ExactClient, ExactEngine, ExactNetwork};
use silenzio_suite::exact::key_plan;
use std::time::{Duration, Instant};

/// What an encrypted training came to.
pub struct Encrypted {
    /// The decrypted weights, layer by layer, as the integers that they are.
    pub integers: Vec<Array2<i64>>,
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
    pub bootstraps: LutCounts,
    pub keyswitches: LutCounts,
    pub bare: Vec<BareClass>,
    /// Core-seconds of the training over those of its bare bootstraps and keyswitches.
    pub overhead: f64,
}

/// The bare TFHE-rs operations of a size class, measured in this run: milliseconds on one core.
#[derive(Serialize)]
pub struct BareClass {
    pub widest_modulus: u8,
    pub keyswitch_ms: f64,
    pub bootstrap_ms: f64,
}

/// Trains `steps` steps on ciphertexts, of which a simulation counted `luts` look-ups.
///
/// # Errors
/// As the engine's operations.
pub fn train_encrypted(
    run: &Run,
    network: &ExactNetwork,
    steps: u64,
    luts: u64,
) -> Result<Encrypted, CliError> {
    let start = Instant::now();
    let client_key = ClientKey::generate(&key_plan(network)?);
    let server_key = ServerKey::new(&client_key);
    let key_seconds = start.elapsed().as_secs_f64();
    let bare_before = bare_costs(&server_key)?;

    let engine = ExactEngine::new(&server_key, network);
    let client = ExactClient::new(&client_key, network);
    let trained = while_watched(
        "bootstraps",
        luts,
        || server_key.lut_counts().total(),
        || train(run, &engine, &client, Some(steps), |_| ()),
    )?;

    let (bootstraps, keyswitches) = (server_key.lut_counts(), server_key.keyswitch_counts());
    let bare = mean_costs(bare_before, bare_costs(&server_key)?);
    let effort = Effort::new(&trained, key_seconds, server_key.size_bytes());
    Ok(Encrypted {
        integers: decrypt_integers(&client, &trained.weights)?,
        cost: Cost {
            overhead: effort.core_seconds() / bare_seconds(&bare, &bootstraps, &keyswitches),
            effort,
            bootstraps,
            keyswitches,
            bare,
        },
        model: trained.model,
        accuracies: trained.accuracies,
    })
}

fn bare_costs(server_key: &ServerKey) -> Result<Vec<BareClass>, CliError> {
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
