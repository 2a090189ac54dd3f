//! The cost of the approximate engine.

use crate::network::Network;
use crate::{Cost, How};
use cpu_time::ProcessTime;
use silenzio_approximate::{ApproximateEngine, ApproximateEngineClient, ApproximateNetwork};
use silenzio_benches::training::Training;
use silenzio_benches::{Failure, sides};
use silenzio_core::EngineError;

/// The number of samples of the measured step: enough for full blocks of bootstraps.
const SAMPLES: usize = 4;

/// Measures a step. The cost of weights that are refreshed once a step is divided by the plan's batch size.
///
/// # Errors
/// If an operation of the client or the engine fails.
pub fn cost(network: &Network) -> Result<Cost, Failure> {
    let (widths, (plan, engine)) = (&network.widths, &network.approximate);
    let formats = ApproximateNetwork::planned(widths, plan, engine, network.samples)?;
    let sides = sides::tfhe_approximate(formats.parameters())?;
    let client = ApproximateEngineClient::new(&sides.client, &formats);
    let training = Training::new(ApproximateEngine::new(&sides.server, &formats), &client, widths, SAMPLES)?;
    let preparing = seconds(|| training.prepare().map(drop))?;
    let step = seconds(|| training.step().map(drop))?;
    let batch = plan.batch;
    let per_step = formats.bootstraps(1, 0).total() as f64;
    Ok(Cost {
        core_seconds_per_sample: preparing / batch as f64 + (step - preparing) / SAMPLES as f64,
        bootstraps_per_sample: per_step / batch as f64 + formats.bootstraps(0, 1).total() as f64,
        batch,
        how: How::Measured { extrapolated: None },
    })
}

fn seconds(work: impl FnOnce() -> Result<(), EngineError>) -> Result<f64, EngineError> {
    let start = ProcessTime::now();
    work()?;
    Ok(start.elapsed().as_secs_f64())
}
