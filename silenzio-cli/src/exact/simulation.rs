//! A training on the simulator.

use crate::error::CliError;
use crate::experiment::Run;
use crate::training::{Trained, train};
use ndarray::Array2;
use silenzio_backend_plain::{PlainBackend, PlainClient, PlainValue};
use silenzio_core::{Backend, Client, LutCounts, Value};
use silenzio_nn::trainer::Progress;
use silenzio_rns::weights::WeightDigits;
use silenzio_rns::{ExactClient, ExactEngine, ExactNetwork, ObservedRange, ProductName, RangeRecorder};
use std::collections::BTreeMap;

/// What a simulated training came to.
pub struct Simulated {
    pub trained: Trained<WeightDigits<PlainValue>>,
    /// The weights, layer by layer, as the integers that they are.
    pub integers: Vec<Array2<i64>>,
    /// The largest values that each matrix product came to.
    pub ranges: BTreeMap<ProductName, ObservedRange>,
    /// All look-ups.
    pub luts: LutCounts,
    /// The look-ups of the first step.
    pub luts_of_first_step: LutCounts,
}

/// Trains on `backend` for the whole plan, or for at most `steps` steps. `after_step` sees the progress.
///
/// # Errors
/// As the engine's operations.
pub fn simulate(
    run: &Run,
    network: &ExactNetwork,
    backend: &PlainBackend,
    steps: Option<u64>,
    mut after_step: impl FnMut(Progress),
) -> Result<Simulated, CliError> {
    let ranges = RangeRecorder::new(|value: &PlainValue| value.residue().into());
    let engine = ExactEngine::new(backend, network).observed_by(&ranges);
    let client = ExactClient::new(&PlainClient, network);
    let before = backend.lut_counts();
    let mut luts_of_first_step = None;
    let trained = train(run, &engine, &client, steps, |progress| {
        luts_of_first_step.get_or_insert_with(|| backend.lut_counts() - before);
        after_step(progress);
    })?;
    Ok(Simulated {
        integers: decrypt_integers(&client, &trained.weights)?,
        trained,
        ranges: ranges.ranges(),
        luts: backend.lut_counts() - before,
        luts_of_first_step: luts_of_first_step.unwrap_or_default(),
    })
}

/// Decrypts weights to the integers that they are, layer by layer.
///
/// # Errors
/// If the weights do not belong to this client.
pub fn decrypt_integers<C: Client>(
    client: &ExactClient<'_, C>,
    weights: &[WeightDigits<Value<C::Types>>],
) -> Result<Vec<Array2<i64>>, CliError> {
    let decrypted = weights.iter().enumerate().map(|(layer, w)| Ok(client.decrypt_integers(layer, w)?));
    decrypted.collect()
}
