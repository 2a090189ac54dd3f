//! What client and server agree on: shapes and numbers, and nothing of the data.

use crate::plan::{EnginePlan, PlanError, TrainingPlan, check};
use serde::{Deserialize, Serialize};

/// The public part of a plan, with the shapes of the data. It decides the whole training but for the samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicPlan {
    /// Inputs, hidden layers, classes.
    pub widths: Vec<usize>,
    /// The number of training samples.
    pub samples: usize,
    /// The optimiser.
    pub training: TrainingPlan,
    /// How the integers are computed.
    pub engine: EnginePlan,
}

impl PublicPlan {
    /// Checks every field that can be judged without an engine: a plan may come from a stranger.
    ///
    /// # Errors
    /// The first field with an impossible value.
    pub fn validate(&self) -> Result<(), PlanError> {
        let fits =
            (2..=34).contains(&self.widths.len()) && self.widths.iter().all(|w| (1..=65_536).contains(w));
        check("widths", format!("{:?}", self.widths), fits, "needs 2 to 34 widths from 1 to 65536")?;
        check(
            "samples",
            self.samples,
            (1..=1_000_000_000).contains(&self.samples),
            "has to be in 1 to 10^9",
        )?;
        self.training.validate()?;
        self.engine.validate()
    }
}
