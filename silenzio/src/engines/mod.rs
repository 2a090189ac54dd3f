//! Every place of the library that tells engines apart.

#[cfg(feature = "simulator")]
mod approximate;
#[cfg(feature = "simulator")]
mod exact;

#[cfg(feature = "simulator")]
pub(crate) use dispatch::*;

#[cfg(feature = "simulator")]
mod dispatch {
    use super::{approximate, exact};
    use crate::{Context, Description, Error, Run, SimulatedTraining, Simulator};
    use silenzio_suite::Network;

    impl Run {
        /// The number formats that the engine chose.
        pub fn describe(&self) -> Description {
            match &self.network {
                Network::Exact(network) => exact::describe(network),
                Network::Approximate(network) => approximate::describe(network),
            }
        }
    }

    pub(crate) fn simulate(
        run: &Run,
        simulator: Simulator,
        context: &Context,
    ) -> Result<SimulatedTraining, Error> {
        match &run.network {
            Network::Exact(network) => exact::simulate(run, network, simulator, context),
            Network::Approximate(network) => approximate::simulate(run, network, simulator, context),
        }
    }

    /// Whether ciphertexts come to the same integers as the simulator.
    #[cfg(feature = "client")]
    pub(crate) fn is_exact(run: &Run) -> bool {
        matches!(run.network, Network::Exact(_))
    }

    #[cfg(feature = "client")]
    pub(crate) fn rehearse(
        run: &Run,
        simulated: Option<&SimulatedTraining>,
        steps: Option<u64>,
        context: &Context,
    ) -> Result<crate::EncryptedTraining, Error> {
        match &run.network {
            Network::Exact(network) => exact::rehearse(run, network, simulated, steps, context),
            Network::Approximate(network) => approximate::rehearse(run, network, steps, context),
        }
    }

    #[cfg(feature = "client")]
    pub(crate) fn estimate(run: &Run, context: &Context) -> Result<crate::estimate::EngineEstimate, Error> {
        match &run.network {
            Network::Exact(network) => exact::estimate(run, network, context),
            Network::Approximate(network) => approximate::estimate(run, network, context),
        }
    }
}
