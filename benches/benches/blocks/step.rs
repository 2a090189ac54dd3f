//! Whole training steps of both engines.

use silenzio_approximate::{ApproximateEngine, ApproximateEngineClient, ApproximateNetwork};
use silenzio_benches::server::lut_cost;
use silenzio_benches::training::{Training, shape};
use silenzio_benches::{Approximate, Case, Exact, Failure, Server, Suite, sides};
use silenzio_core::Engine;
use silenzio_core::approximate::parameters::N2048_BLOCKS;
use silenzio_core::plan::{ApproximatePlan, ExactPlan, TrainingPlan};
use silenzio_rns::{ExactClient, ExactEngine, ExactNetwork};

const IRIS: [usize; 3] = [4, 8, 3];
const TINY: [usize; 3] = [2, 2, 2];

pub fn bench(suite: &mut Suite) -> Result<(), Failure> {
    exact(suite, &sides::plain(), &IRIS, 8)?;
    exact(suite, &sides::plain(), &TINY, 2)?;
    exact(suite, &sides::tfhe(&[15, 31])?, &TINY, 2)?;
    approximate(suite, &sides::plain_approximate(), &IRIS, 4)?;
    approximate(suite, &sides::tfhe_approximate(&N2048_BLOCKS)?, &IRIS, 4)
}

fn exact<S: Exact>(suite: &mut Suite, sides: &S, widths: &[usize], batch: usize) -> Result<(), Failure> {
    let training = TrainingPlan { batch, ..TrainingPlan::default() };
    let network = ExactNetwork::new(widths, &training, &ExactPlan::default(), lut_cost)?;
    let (server, client) = (sides.server(), ExactClient::new(sides.client(), &network));
    let training = Training::new(ExactEngine::new(server, &network), &client, widths, batch)?;
    measure(suite, server, "exact", widths, batch, &training)
}

fn approximate<S: Approximate>(
    suite: &mut Suite,
    sides: &S,
    widths: &[usize],
    batch: usize,
) -> Result<(), Failure> {
    let training = TrainingPlan { batch, ..TrainingPlan::default() };
    let server = sides.server();
    let network =
        ApproximateNetwork::new(widths, &training, &ApproximatePlan::default(), &N2048_BLOCKS, &[])?;
    let client = ApproximateEngineClient::new(sides.client(), &network);
    let training = Training::new(ApproximateEngine::new(server, &network), &client, widths, batch)?;
    measure(suite, server, "approximate", widths, batch, &training)
}

fn measure<E: Engine>(
    suite: &mut Suite,
    server: &impl Server,
    engine: &str,
    widths: &[usize],
    batch: usize,
    training: &Training<E>,
) -> Result<(), Failure> {
    let name = format!("{engine}, {}, batch {batch}", shape(widths));
    let case = Case { group: "step", name: &name, count: batch, of: "sample" };
    suite.measure(server, case, || training.step())
}
