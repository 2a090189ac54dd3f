//! What is to be trained: shapes and numbers, and nothing of the data.

use crate::plan::{EnginePlan, PlanError, TrainingPlan, check};
use serde::{Deserialize, Serialize};

/// The public part of a plan, with the shapes of the data. It decides the whole training but for the samples and for the
/// number formats that a planner chooses for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// Inputs, hidden layers, outputs: classes, or the targets of a regression.
    pub widths: Vec<usize>,
    /// The number of training samples.
    pub samples: usize,
    /// The optimiser.
    pub training: TrainingPlan,
    /// How the integers are computed.
    pub engine: EnginePlan,
}

/// The most weights that a network can have: a network of more would take a server's memory before it takes a step.
pub const MOST_WEIGHTS: usize = 1 << 26;

impl Task {
    /// The number of weights of the network, biases included.
    pub fn weights(&self) -> usize {
        let of_layer =
            |pair: &[usize]| pair.iter().product::<usize>().saturating_add(pair.iter().skip(1).sum());
        self.widths.windows(2).map(of_layer).fold(0, usize::saturating_add)
    }

    /// Checks every field that can be judged without an engine: a plan may come from a stranger.
    ///
    /// # Errors
    /// The first field with an impossible value.
    pub fn validate(&self) -> Result<(), PlanError> {
        let fits =
            (2..=34).contains(&self.widths.len()) && self.widths.iter().all(|w| (1..=65_536).contains(w));
        check("widths", format!("{:?}", self.widths), fits, "needs 2 to 34 widths from 1 to 65536")?;
        check(
            "widths",
            format!("{:?}, a network of {} weights", self.widths, self.weights()),
            self.weights() <= MOST_WEIGHTS,
            "at most 67108864 weights are possible: use fewer or narrower hidden layers",
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
