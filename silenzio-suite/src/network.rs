//! The network of a public plan.

use crate::approximate::Approximate;
use crate::exact::Exact;
use crate::suite::{Each, Suite, each};
use crate::{Parameters, PlanProblem};
use serde::Serialize;
use silenzio_approximate::ApproximateNetwork;
use silenzio_core::plan::EngineKind;
use silenzio_core::{EngineError, Task};
use silenzio_rns::ExactNetwork;

/// The network of a public plan, in the number formats of its engine.
#[derive(Clone, PartialEq, Debug)]
pub struct Network(pub(crate) Each<Box<ExactNetwork>, Box<ApproximateNetwork>>);

impl Network {
    /// Chooses the number formats of a task. That is for the client alone: everybody else reads them from the
    /// [`PublicPlan`](crate::PublicPlan).
    ///
    /// # Errors
    /// If the task is invalid or cannot be carried out.
    pub fn plan(task: &Task) -> Result<Self, PlanProblem> {
        task.validate()?;
        Ok(Self(match task.engine.kind() {
            EngineKind::Exact => Each::Exact(Box::new(Exact::plan(task)?)),
            EngineKind::Approximate => Each::Approximate(Box::new(Approximate::plan(task)?)),
        }))
    }

    /// Which engine it is for.
    pub const fn engine(&self) -> EngineKind {
        self.0.engine()
    }

    /// The parameters of the keys that it needs.
    ///
    /// # Errors
    /// If there are none for its numbers.
    pub fn parameters(&self) -> Result<Parameters, EngineError> {
        Ok(Parameters(match &self.0 {
            Each::Exact(network) => Each::Exact(Exact::parameters(network)?),
            Each::Approximate(network) => Each::Approximate(Approximate::parameters(network)?),
        }))
    }

    /// Whether decrypted weights equal those of a simulation, to the last digit.
    pub const fn is_exact(&self) -> bool {
        matches!(self.0, Each::Exact(_))
    }

    /// The same network, whose decrypted weights are rounded above this noise, for each layer as a fraction of a typical
    /// weight; where the training by itself leaves more, above that. Exact weights have none.
    #[must_use]
    pub fn with_weight_noise(self, relative: &[f64]) -> Self {
        Self(match self.0 {
            Each::Exact(network) => Each::Exact(network),
            Each::Approximate(network) => Each::Approximate(Box::new(network.with_weight_noise(relative))),
        })
    }

    /// What people want to know of it.
    pub fn describe(&self) -> Description {
        each!(&self.0, network, S => S::describe(network))
    }
}

/// What people want to know of a network: what does not exist in its engine is empty.
#[derive(Clone, PartialEq, Default, Debug, Serialize)]
pub struct Description {
    /// The matrix products, layer by layer.
    pub products: Vec<ProductDescription>,
    /// The learning rate that each layer's integers really give.
    pub learning_rates: Vec<f64>,
    /// The bootstraps of a sample, where that is a whole number.
    pub bootstraps_per_sample: Option<u64>,
    /// The bootstraps of a step, however many samples it has, beside those of its samples.
    pub bootstraps_per_step: Option<u64>,
    /// For each layer the noise that the gradient of one sample leaves in a weight (standard deviation), as a fraction of a
    /// typical weight, 1 / √inputs. After so many samples it is the square root of their number times as large.
    pub weight_noise_per_sample: Vec<f64>,
}

/// A matrix product in a residue number system.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ProductDescription {
    /// "layer 1 forward".
    pub name: String,
    /// The base.
    pub moduli: Vec<u8>,
    /// What block scaling divides by.
    pub divisor: i64,
    /// The largest absolute value that does not wrap.
    pub covered: i64,
}

/// The error of a task for another engine.
pub(crate) fn other_engine(expected: EngineKind, task: &Task) -> EngineError {
    EngineError::Plan {
        field: "engine.kind".into(),
        problem: format!("{expected} number formats cannot be those of the {} engine", task.engine.kind()),
    }
}
