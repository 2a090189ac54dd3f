//! The cost of the exact engine.

use crate::look_ups::LookUps;
use crate::network::Network;
use crate::{Cost, How};
use cpu_time::ProcessTime;
use silenzio_benches::server::{lut_cost, parameters};
use silenzio_benches::training::Training;
use silenzio_benches::{Exact, Failure, sides};
use silenzio_core::plan::{ExactPlan, Gadget};
use silenzio_core::{Backend, LutCounts};
use silenzio_rns::{ExactClient, ExactEngine, ExactNetwork};
use std::time::Duration;

/// Steps that would take longer than this on all cores are extrapolated.
const LONGEST_STEP: Duration = Duration::from_secs(60);

/// The cost of a step with the plan's batch, which is measured if that does not take too long.
pub fn cost(network: &Network, gadget: Gadget, look_ups: &mut LookUps) -> Result<Cost, Failure> {
    let (widths, (training, engine)) = (&network.widths, &network.exact);
    let engine = ExactPlan { gadget, ..engine.clone() };
    let formats = ExactNetwork::new(widths, training, &engine, lut_cost)?;
    let batch = training.batch;

    let (_, counted) = step(&sides::plain(), &formats, widths, batch)?;
    let extrapolated = look_ups.core_seconds(&counted)?;
    let (core_seconds, luts, how) =
        if extrapolated < LONGEST_STEP.as_secs_f64() * rayon::current_num_threads() as f64 {
            let moduli: Vec<u8> = counted.classes().map(|(bits, _)| parameters(bits).widest).collect();
            let (core_seconds, luts) = step(&sides::tfhe(&moduli)?, &formats, widths, batch)?;
            let extrapolated = Some(extrapolated / batch as f64);
            (core_seconds, luts, How::Measured { extrapolated })
        } else {
            (extrapolated, counted, How::Extrapolated)
        };
    Ok(Cost {
        core_seconds_per_sample: core_seconds / batch as f64,
        bootstraps_per_sample: luts.total() as f64 / batch as f64,
        batch,
        how,
    })
}

/// The core-seconds and the look-ups of a step.
fn step<S: Exact>(
    sides: &S,
    formats: &ExactNetwork,
    widths: &[usize],
    batch: usize,
) -> Result<(f64, LutCounts), Failure> {
    let (server, client) = (sides.server(), ExactClient::new(sides.client(), formats));
    let training = Training::new(ExactEngine::new(server, formats), &client, widths, batch)?;
    let (start, before) = (ProcessTime::now(), server.lut_counts());
    training.step()?;
    Ok((start.elapsed().as_secs_f64(), server.lut_counts() - before))
}
