//! The networks of the plans.

use silenzio_benches::Failure;
use silenzio_benches::training::shape;
use silenzio_core::plan::{ApproximatePlan, EnginePlan, ExactPlan, Plan, TrainingPlan};

/// The widths of a network, and the plans by which it is trained.
pub struct Network {
    pub widths: Vec<usize>,
    pub samples: usize,
    pub exact: (TrainingPlan, ExactPlan),
    pub approximate: (TrainingPlan, ApproximatePlan),
}

/// Inputs, classes and training samples, which a plan takes from the data, and the plans.
pub struct Source {
    inputs: usize,
    classes: usize,
    samples: usize,
    exact: &'static str,
    approximate: &'static str,
}

macro_rules! source {
    ($inputs:literal, $classes:literal, $samples:literal, $name:literal) => {
        Source {
            inputs: $inputs,
            classes: $classes,
            samples: $samples,
            exact: include_str!(concat!("../../../../plans/", $name, ".toml")),
            approximate: include_str!(concat!("../../../../plans/", $name, "_approximate.toml")),
        }
    };
}

/// The networks, with the numbers of their training samples.
pub const NETWORKS: [Source; 4] = [
    source!(4, 3, 120, "iris"),
    source!(30, 2, 455, "breast_cancer"),
    source!(64, 10, 1438, "digits"),
    source!(784, 10, 60_000, "mnist"),
];

impl Network {
    /// Reads the plans.
    ///
    /// # Errors
    /// If a file cannot be read or is not a valid plan.
    pub fn open(source: &Source) -> Result<Self, Failure> {
        let (exact, approximate): (Plan, Plan) =
            (toml::from_str(source.exact)?, toml::from_str(source.approximate)?);
        let widths = [&[source.inputs], exact.model.hidden.as_slice(), &[source.classes]].concat();
        let (EnginePlan::Exact(exact_engine), EnginePlan::Approximate(approximate_engine)) =
            (exact.engine, approximate.engine)
        else {
            return Err("a plan is for another engine than its name says".into());
        };
        Ok(Self {
            widths,
            samples: source.samples,
            exact: (exact.training, exact_engine),
            approximate: (approximate.training, approximate_engine),
        })
    }

    /// The widths, as in "4-8-3".
    pub fn shape(&self) -> String {
        shape(&self.widths)
    }
}
