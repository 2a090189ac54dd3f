//! The choice of bases, for one product and for a whole network.

use silenzio_benches::server::lut_cost;
use silenzio_benches::training::shape;
use silenzio_benches::{Case, Failure, Suite, sides};
use silenzio_core::plan::{ExactPlan, Gadget, TrainingPlan};
use silenzio_rns::ExactNetwork;
use silenzio_rns::base_choice::{self, Requirements};
use silenzio_rns::gadget::ProductShape;

/// The hidden layer of Iris.
pub const REQUIREMENTS: Requirements = Requirements {
    shape: ProductShape { a: 8, b: 5, c: 8 },
    gadget: Gadget::Squares,
    divisor: 416.0,
    alpha: 7,
    worst_case: 7 * 15 * 97,
    margin: Some(6.0),
    consumers: 6,
};

pub fn bench(suite: &mut Suite) -> Result<(), Failure> {
    let server = sides::plain().server;
    suite.measure(&server, case("8x5 times 5x8", "product"), || {
        base_choice::choose(&REQUIREMENTS, lut_cost).ok_or("no base covers the product")
    })?;
    for widths in [[4, 8, 3], [784, 128, 10]] {
        let name = shape(&widths);
        suite.measure(&server, case(&name, "network"), || {
            ExactNetwork::new(&widths, &TrainingPlan::default(), &ExactPlan::default(), lut_cost)
        })?;
    }
    Ok(())
}

const fn case<'a>(name: &'a str, of: &'static str) -> Case<'a> {
    Case { group: "base_choice", name, count: 1, of }
}
