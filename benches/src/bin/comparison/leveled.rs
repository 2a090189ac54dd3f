//! The cost of the leveled engine.

use crate::network::Network;
use crate::{Cost, How};
use cpu_time::ProcessTime;
use silenzio_benches::training::Training;
use silenzio_benches::{Failure, Leveled};
use silenzio_core::leveled::LeveledBackend;
use silenzio_leveled::{LeveledEngine, LeveledEngineClient, LeveledNetwork};

/// Samples of the step that is measured: enough for full blocks of bootstraps.
const SAMPLES: usize = 4;

/// Measures a step.
pub fn cost<S: Leveled>(network: &Network, sides: &S) -> Result<Cost, Failure> {
    let (widths, plan) = (&network.widths, &network.plan);
    let server = sides.server();
    let formats = LeveledNetwork::new(widths, &plan.training, &plan.engine, server.parameters())?;
    let client = LeveledEngineClient::new(sides.client(), &formats);
    let training = Training::new(LeveledEngine::new(server, &formats), &client, widths, SAMPLES)?;
    let (start, before) = (ProcessTime::now(), server.counts());
    training.step()?;
    let core_seconds = start.elapsed().as_secs_f64();
    Ok(Cost {
        core_seconds_per_sample: core_seconds / SAMPLES as f64,
        bootstraps_per_sample: (server.counts() - before).bootstraps() as f64 / SAMPLES as f64,
        batch: SAMPLES,
        how: How::Measured { extrapolated: None },
    })
}
