//! Descriptions of trainings, without their data.

use crate::plan::{EnginePlan, PlanError, TrainingPlan, check};
use serde::{Deserialize, Serialize};

/// The public part of a plan, with the shapes of the data. It determines the whole training, except for the samples and
/// for the number formats that a planner chooses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// The widths of the inputs, the hidden layers and the outputs (classes, or the targets of a regression).
    pub widths: Vec<usize>,
    /// The number of training samples.
    pub samples: usize,
    /// The optimiser.
    pub training: TrainingPlan,
    /// The engine and its settings.
    pub engine: EnginePlan,
}

/// The largest number of weights of a network. A larger one would exhaust a server's memory before its first step.
pub const MOST_WEIGHTS: usize = 1 << 26;

impl Task {
    /// The number of weights of the network, biases included.
    pub fn weights(&self) -> usize {
        let of_layer =
            |pair: &[usize]| pair.iter().product::<usize>().saturating_add(pair.iter().skip(1).sum());
        self.widths.windows(2).map(of_layer).fold(0, usize::saturating_add)
    }

    /// Checks every field that can be checked without an engine, since a task may come from an untrusted file.
    ///
    /// # Errors
    /// The first field that has an invalid value.
    pub fn validate(&self) -> Result<(), PlanError> {
        let fits =
            (2..=34).contains(&self.widths.len()) && self.widths.iter().all(|w| (1..=65_536).contains(w));
        check("widths", format!("{:?}", self.widths), fits, "must be 2 to 34 widths from 1 to 65536")?;
        check(
            "widths",
            format!("{:?}, a network of {} weights", self.widths, self.weights()),
            self.weights() <= MOST_WEIGHTS,
            "a network can have at most 67108864 weights: use fewer or narrower hidden layers",
        )?;
        check(
            "samples",
            self.samples,
            (1..=1_000_000_000).contains(&self.samples),
            "must be between 1 and 10^9",
        )?;
        let layers = self.widths.len() - 1;
        self.training.validate(layers)?;
        self.engine.validate(layers)?;
        self.training.loss.check_engine(&self.engine)
    }
}
