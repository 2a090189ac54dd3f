//! An approximate training on the simulator, with the noise that the model predicts.

use crate::training::train;
use crate::{Context, Error, Operations, Run, SimulatedTraining, Simulator, Stage};
use silenzio_approximate::{ApproximateEngine, ApproximateEngineClient, ApproximateNetwork};
use silenzio_backend_plain::approximate::{PlainApproximateBackend, PlainApproximateClient};
use silenzio_core::approximate::ApproximateBackend;
use silenzio_core::random::Seed;
use std::time::Instant;

/// Trains on the simulator.
///
/// # Errors
/// If the simulator has an option of the exact engine, or an operation of the engine fails.
pub fn simulate(
    run: &Run,
    network: &ApproximateNetwork,
    simulator: Simulator,
    context: &Context,
) -> Result<SimulatedTraining, Error> {
    if simulator.faults > 0.0 || simulator.look_up_by_look_up {
        return Err(Error::ExactOnly);
    }
    let seed = run.public.training.seed;
    let backend = if simulator.noise {
        PlainApproximateBackend::new(network.parameters(), Seed(seed))
    } else {
        PlainApproximateBackend::exact(network.parameters())
    };
    let client = PlainApproximateClient::new(network.parameters());
    let engine = ApproximateEngine::new(&backend, network);
    let client = ApproximateEngineClient::new(&client, network);
    let start = Instant::now();
    context.progress(Stage::Simulation, 0, run.schedule(simulator.steps).steps());
    let trained = train(run, &engine, &client, simulator.steps, context, |progress| {
        context.progress(Stage::Simulation, progress.steps_done, progress.steps);
    })?;
    let simulated_seconds = start.elapsed().as_secs_f64();
    let operations = Operations::Approximate {
        operations: backend.counts(),
        parameters: network.parameters().name.to_owned(),
        largest_input: backend.largest_input(),
    };
    if operations.wrapped() > 0 {
        context.warn("an input of a bootstrap wrapped: raise engine.range");
    }
    Ok(SimulatedTraining {
        seed,
        simulated_accuracies: trained.accuracies,
        steps: trained.steps,
        simulated_seconds,
        operations,
        confusion: run.confusion(&trained.model).into(),
        model: trained.model,
        integers: None,
    })
}
