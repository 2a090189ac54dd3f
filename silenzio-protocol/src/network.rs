//! From a public plan to the integer formats of its engine.

use crate::{Parameters, exact};
use silenzio_approximate::ApproximateNetwork;
use silenzio_backend_tfhe::ParameterSet;
use silenzio_core::plan::{EngineKind, PlanError};
use silenzio_core::{EngineError, Modulus, PublicPlan};
use silenzio_rns::ExactNetwork;

/// The formats of a plan's engine. Client and server derive the same ones.
#[derive(Clone, PartialEq, Debug)]
pub enum Network {
    /// Of the exact engine.
    Exact(Box<ExactNetwork>),
    /// Of the approximate engine.
    Approximate(Box<ApproximateNetwork>),
}

impl Network {
    /// The formats for a plan, which may come from a stranger.
    ///
    /// # Errors
    /// If the plan is invalid or cannot be carried out.
    pub fn new(plan: &PublicPlan) -> Result<Self, NetworkError> {
        plan.validate()?;
        let PublicPlan { widths, samples, training, engine } = plan;
        Ok(match engine.kind {
            EngineKind::Exact => {
                Self::Exact(Box::new(ExactNetwork::new(widths, training, engine, lut_cost)?))
            }
            EngineKind::Approximate => {
                Self::Approximate(Box::new(ApproximateNetwork::planned(widths, training, engine, *samples)?))
            }
        })
    }

    /// The parameters of the keys that it needs.
    ///
    /// # Errors
    /// As the engine's operations.
    pub fn parameters(&self) -> Result<Parameters, EngineError> {
        Ok(match self {
            Self::Exact(network) => Parameters::Exact(exact::key_plan(network)?),
            Self::Approximate(network) => Parameters::Approximate(network.parameters()),
        })
    }
}

/// What a look-up costs under TFHE, in milliseconds of one core. All backends plan with it, so that all of
/// them choose the same bases.
pub fn lut_cost(m: Modulus) -> f64 {
    ParameterSet::for_modulus(m).cost.total()
}

/// Why there is no network for a plan.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum NetworkError {
    /// A field has an impossible value.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The plan cannot be carried out.
    #[error(transparent)]
    Engine(#[from] EngineError),
}
