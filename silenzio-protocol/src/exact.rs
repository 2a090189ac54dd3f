//! The look-ups of an exact training, and the keys for them.

use crate::lut_cost;
use ndarray::Array2;
use silenzio_backend_plain::{PlainBackend, PlainClient};
use silenzio_backend_tfhe::KeyPlan;
use silenzio_core::{Backend, BackendError, Engine, EngineClient, EngineError, LutCounts, Modulus};
use silenzio_nn::trainer::train_step;
use silenzio_rns::{ExactClient, ExactEngine, ExactNetwork};

/// The simulator with the look-up costs of TFHE.
pub fn simulator() -> PlainBackend {
    PlainBackend::new(lut_cost)
}

/// The look-ups of a training step on so many samples. They do not depend on values: one step on zeros counts them.
///
/// # Errors
/// As the engine's operations.
pub fn luts_per_step(network: &ExactNetwork, samples: usize) -> Result<LutCounts, EngineError> {
    let backend = simulator();
    let engine = ExactEngine::new(&backend, network);
    let inputs = network.layer(0)?.inputs;
    let upload = ExactClient::new(&PlainClient, network).encrypt_sample(&vec![0.0; inputs], Some(0))?;
    let sample = engine.expand(&upload)?;
    let weights = network.layers().iter().enumerate();
    let weights = weights
        .map(|(layer, format)| engine.initial_weights(layer, Array2::zeros(format.weight_shape()).view()));
    let mut weights = weights.collect::<Result<Vec<_>, _>>()?;
    train_step(&engine, &mut weights, &vec![&sample; samples], 0, 1.0)?;
    Ok(backend.lut_counts())
}

/// The size classes that a training needs keys for: those of a step on one sample.
///
/// # Errors
/// As the engine's operations.
pub fn key_plan(network: &ExactNetwork) -> Result<KeyPlan, EngineError> {
    let luts = luts_per_step(network, 1)?;
    let widest = luts.classes().map(|(bits, _)| Modulus::new((1 << bits) - 1));
    Ok(KeyPlan::for_moduli(widest.collect::<Result<Vec<_>, _>>().map_err(BackendError::from)?))
}
