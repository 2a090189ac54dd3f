//! The approximate engine, on the simulator and on ciphertexts.

#[cfg(feature = "client")]
mod encryption;
#[cfg(feature = "client")]
mod estimate;
mod simulation;

#[cfg(feature = "client")]
pub use encryption::rehearse;
#[cfg(feature = "client")]
pub use estimate::estimate;
pub use simulation::simulate;

use crate::Description;
use silenzio_approximate::ApproximateNetwork;

pub fn describe(network: &ApproximateNetwork) -> Description {
    Description::Approximate {
        parameters: network.parameters().name.to_owned(),
        bootstraps_per_sample: network.bootstraps(0, 1).total(),
        bootstraps_per_step: network.bootstraps(1, 0).total(),
    }
}
