//! Training on the simulator: the integers or the noise of an encrypted training, without encryption.

use crate::{Confusion, Context, Error, Product, Run, engines};
use ndarray::Array2;
use serde::Serialize;
use silenzio_core::LutCounts;
use silenzio_core::approximate::ApproximateCounts;
use silenzio_nn::reference::Mlp;

/// How the simulator behaves. By default it does what the ciphertexts would do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Simulator {
    /// The probability of a look-up of the exact engine to fail.
    pub faults: f64,
    /// Whether the exact engine does products look-up by look-up: the same integers, slower.
    pub look_up_by_look_up: bool,
    /// Whether the approximate engine has its noise.
    pub noise: bool,
    /// The steps after which the training ends early.
    pub steps: Option<u64>,
}

impl Default for Simulator {
    fn default() -> Self {
        Self { faults: 0.0, look_up_by_look_up: false, noise: true, steps: None }
    }
}

/// What a simulated training came to.
#[derive(Clone, Debug, Serialize)]
pub struct SimulatedTraining {
    /// The seed of the plan.
    pub seed: u64,
    /// Test accuracy after each epoch, and after the last step.
    pub simulated_accuracies: Vec<f64>,
    /// Steps done.
    pub steps: u64,
    /// The time of the training.
    pub simulated_seconds: f64,
    /// What an encrypted training would do.
    #[serde(flatten)]
    pub operations: Operations,
    /// Which class of the test samples is taken for which in the end.
    pub confusion: Confusion,
    /// The trained model.
    #[serde(skip)]
    pub model: Mlp,
    /// The weights of the exact engine, layer by layer, as the integers that they are.
    #[serde(skip)]
    pub integers: Option<Vec<Array2<i64>>>,
}

/// What an encrypted training would do.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Operations {
    /// Of the exact engine.
    Exact {
        /// All look-ups.
        luts: LutCounts,
        /// The look-ups of the first step.
        luts_of_first_step: LutCounts,
        /// The products, and what they met.
        ranges: Vec<ProductRange>,
    },
    /// Of the approximate engine.
    Approximate {
        /// All operations.
        operations: ApproximateCounts,
        /// The name of the parameter set.
        parameters: String,
        /// The largest absolute input of a bootstrap, which is given from -1/4 to 1/4.
        largest_input: f64,
    },
}

/// A product of the exact engine, and the range of values that it had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProductRange {
    /// The product.
    #[serde(flatten)]
    pub product: Product,
    /// The largest absolute value that it had.
    pub met: i64,
}

impl ProductRange {
    /// Whether values went beyond what the product can hold: its results are wrong then.
    pub fn wraps(&self) -> bool {
        self.met > self.product.covered
    }
}

impl Operations {
    /// The number of bootstraps, by kind.
    pub fn bootstraps(&self) -> Vec<(String, u64)> {
        match self {
            Self::Exact { luts, .. } => {
                luts.classes().map(|(bits, count)| (format!("{bits}-bit"), count)).collect()
            }
            Self::Approximate { operations, .. } => vec![
                ("coarse".to_owned(), operations.coarse_bootstraps),
                ("fine".to_owned(), operations.fine_bootstraps),
            ],
        }
    }

    /// Products, or all bootstraps together, that met values beyond their range.
    pub fn wrapped(&self) -> usize {
        match self {
            Self::Exact { ranges, .. } => ranges.iter().filter(|range| range.wraps()).count(),
            Self::Approximate { largest_input, .. } => usize::from(*largest_input >= 0.25),
        }
    }
}

impl Run {
    /// Trains on the simulator. Observers are told the steps done, and of values that went beyond their range.
    ///
    /// # Errors
    /// If the simulator has an option that is not for the plan's engine, an operation of the engine fails, or the work
    /// is cancelled.
    pub fn simulate(&self, simulator: Simulator, context: &Context) -> Result<SimulatedTraining, Error> {
        context.install(|| engines::simulate(self, simulator, context))
    }
}
