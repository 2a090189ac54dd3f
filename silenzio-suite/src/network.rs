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
    /// Chooses the number formats of a task. Only the client does that: everybody else reads them from the
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

    /// The engine of the network.
    pub const fn engine(&self) -> EngineKind {
        self.0.engine()
    }

    /// The parameters of the keys that the network needs.
    ///
    /// # Errors
    /// If no parameters fit its number formats.
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

    /// The same network, whose decrypted weights are rounded at least by this noise, which is given for each layer as a
    /// fraction of a typical weight. If the training itself adds more, they are rounded by that. Exact weights have no noise.
    #[must_use]
    pub fn with_weight_noise(self, relative: &[f64]) -> Self {
        Self(match self.0 {
            Each::Exact(network) => Each::Exact(network),
            Each::Approximate(network) => Each::Approximate(Box::new(network.with_weight_noise(relative))),
        })
    }

    /// A description of the network for people.
    pub fn describe(&self) -> Description {
        each!(&self.0, network, S => S::describe(network))
    }
}

/// A description of a network for people. What does not exist in its engine is empty.
#[derive(Clone, PartialEq, Default, Debug, Serialize)]
pub struct Description {
    /// The matrix products, layer by layer.
    pub products: Vec<ProductDescription>,
    /// The learning rate that results from the integers of each layer.
    pub learning_rates: Vec<f64>,
    /// The bootstraps of a sample, if that is a whole number.
    pub bootstraps_per_sample: Option<u64>,
    /// The bootstraps of a step, besides those of its samples.
    pub bootstraps_per_step: Option<u64>,
    /// For each layer, the noise (standard deviation) that the gradient of one sample adds to a weight, as a fraction of a
    /// typical weight, 1 / √inputs. After n samples it is √n times as large.
    pub weight_noise_per_sample: Vec<f64>,
}

/// A matrix product in a residue number system.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ProductDescription {
    /// The name, as in "layer 1 forward".
    pub name: String,
    /// The moduli of the base.
    pub moduli: Vec<u8>,
    /// The divisor of block scaling.
    pub divisor: i64,
    /// The largest absolute value that does not wrap.
    pub covered: i64,
}

/// The error of a task for another engine.
pub(crate) fn other_engine(expected: EngineKind, task: &Task) -> EngineError {
    EngineError::Plan {
        field: "engine.kind".into(),
        problem: format!(
            "the number formats are of the {expected} engine, but the task is for the {} engine",
            task.engine.kind()
        ),
    }
}
