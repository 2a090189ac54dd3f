//! A training on the simulator.

use super::{product, products};
use crate::training::train;
use crate::{Context, Error, Operations, ProductRange, Run, SimulatedTraining, Simulator, Stage};
use ndarray::Array2;
use silenzio_backend_plain::{Faults, PlainClient};
use silenzio_core::random::Seed;
use silenzio_core::{Backend, Client};
use silenzio_rns::weights::WeightDigits;
use silenzio_rns::{ExactClient, ExactEngine, ExactNetwork};
use silenzio_suite::exact::simulator as backend;
use std::time::Instant;

/// Trains on the simulator.
///
/// # Errors
/// If the simulator is to be without noise, or an operation of the engine fails.
pub fn simulate(
    run: &Run,
    network: &ExactNetwork,
    simulator: Simulator,
    context: &Context,
) -> Result<SimulatedTraining, Error> {
    if !simulator.noise {
        return Err(Error::ApproximateOnly);
    }
    let seed = run.public.training.seed;
    let mut backend = backend();
    if simulator.look_up_by_look_up {
        backend = backend.look_up_by_look_up();
    }
    if simulator.faults > 0.0 {
        backend = backend.with_faults(Faults::new(simulator.faults, Seed(seed)));
    }
    let engine = ExactEngine::new(&backend, network);
    let client = ExactClient::new(&PlainClient, network);
    let before = backend.lut_counts();
    let mut luts_of_first_step = None;
    let start = Instant::now();
    context.progress(Stage::Simulation, 0, run.schedule(simulator.steps).steps());
    let trained = train(run, &engine, &client, simulator.steps, context, |progress| {
        luts_of_first_step.get_or_insert_with(|| backend.lut_counts() - before);
        context.progress(Stage::Simulation, progress.steps_done, progress.steps);
    })?;
    let simulated_seconds = start.elapsed().as_secs_f64();

    let met = backend.observed_ranges();
    let range = |format| ProductRange {
        product: product(format),
        met: met.get(&format.name).map_or(0, |range| range.met),
    };
    let ranges: Vec<ProductRange> = products(network).map(range).collect();
    for ProductRange { product, .. } in ranges.iter().filter(|range| range.wraps()) {
        context.warn(format!(
            "values of the {} product wrapped: raise engine.cover or engine.range",
            product.name
        ));
    }
    Ok(SimulatedTraining {
        seed,
        integers: Some(decrypt_integers(&client, &trained.weights)?),
        simulated_accuracies: trained.accuracies,
        steps: trained.steps,
        simulated_seconds,
        operations: Operations::Exact {
            luts: backend.lut_counts() - before,
            luts_of_first_step: luts_of_first_step.unwrap_or_default(),
            ranges,
        },
        confusion: run.confusion(&trained.model).into(),
        model: trained.model,
    })
}

/// Decrypts weights to the integers that they are, layer by layer.
///
/// # Errors
/// If the weights do not belong to this client.
pub fn decrypt_integers<C: Client>(
    client: &ExactClient<'_, C>,
    weights: &[WeightDigits<C::Value>],
) -> Result<Vec<Array2<i64>>, Error> {
    let decrypted = weights.iter().enumerate().map(|(layer, w)| Ok(client.decrypt_integers(layer, w)?));
    decrypted.collect()
}
