//! The public training plan: everything that client and server agree on, read from a TOML file.

mod data;
mod engine;
mod loss;
mod trained_layers;

pub use data::{ColumnName, DataFiles, DataPlan, MissingPolicy};
pub use engine::{
    ApproximateBits, ApproximatePlan, Cover, EngineKind, EnginePlan, ExactBits, ExactPlan, Gadget, Ranges,
    Rounding, SmallKeys,
};
pub use loss::Loss;
pub use trained_layers::{LayerName, LayerPlace, TrainedLayers};

use serde::{Deserialize, Serialize};

/// A training plan. Every field except `data.file` has a default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The source of the samples.
    pub data: DataPlan,
    /// The network.
    #[serde(default)]
    pub model: ModelPlan,
    /// The optimiser.
    #[serde(default)]
    pub training: TrainingPlan,
    /// The engine and its settings.
    #[serde(default)]
    pub engine: EnginePlan,
}

/// The network. Its numbers of inputs and outputs come from the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ModelPlan {
    /// The widths of the hidden layers.
    pub hidden: Vec<usize>,
}

impl Default for ModelPlan {
    fn default() -> Self {
        Self { hidden: vec![8] }
    }
}

/// Stochastic gradient descent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrainingPlan {
    /// The loss that is minimised.
    #[serde(skip_serializing_if = "Loss::is_cross_entropy")]
    pub loss: Loss,
    /// The number of passes over the training set.
    pub epochs: usize,
    /// The number of samples per step.
    pub batch: usize,
    /// The learning rate, on the mean gradient of a batch.
    pub learning_rate: f64,
    /// The fraction of the learning rate that is left at the end; it falls linearly, step by step.
    pub learning_rate_end_factor: f64,
    /// The fraction of the target probability that is spread over all classes.
    pub label_smoothing: f64,
    /// The fraction of each logit that is added to its own delta, which keeps logits within their range.
    pub logit_penalty: f64,
    /// The layers that are trained; all others are frozen.
    #[serde(skip_serializing_if = "TrainedLayers::is_all")]
    pub train: TrainedLayers,
    /// The seed of all public randomness.
    pub seed: u64,
}

impl Default for TrainingPlan {
    fn default() -> Self {
        Self {
            loss: Loss::CrossEntropy,
            epochs: 20,
            batch: 8,
            learning_rate: 0.2,
            learning_rate_end_factor: 1.0,
            label_smoothing: 0.1,
            logit_penalty: 0.02,
            train: TrainedLayers::All,
            seed: 1,
        }
    }
}

/// An invalid value of a field of a plan.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{field} = {value}: {problem}")]
pub struct PlanError {
    /// The full name of the field, such as `training.batch`.
    pub field: &'static str,
    /// Its value.
    pub value: String,
    /// What is wrong with the value, or what it must be.
    pub problem: &'static str,
}

impl Plan {
    /// Checks every field that can be checked without the data.
    ///
    /// # Errors
    /// The first field that has an invalid value.
    pub fn validate(&self) -> Result<(), PlanError> {
        self.data.validate()?;
        check(
            "model.hidden",
            format!("{:?}", self.model.hidden),
            self.model.hidden.len() <= 32,
            "must have at most 32 layers",
        )?;
        for &width in &self.model.hidden {
            check(
                "model.hidden",
                width,
                (1..=65_536).contains(&width),
                "every width must be between 1 and 65536",
            )?;
        }
        let layers = self.model.hidden.len() + 1;
        self.training.validate(layers)?;
        self.engine.validate(layers)?;
        self.training.loss.check_data(&self.data)?;
        self.training.loss.check_engine(&self.engine)
    }
}

impl TrainingPlan {
    /// The learning rate at step `step` of `steps`, as a fraction of that at step 0.
    pub fn rate_at(&self, step: u64, steps: u64) -> f64 {
        1.0 + (self.learning_rate_end_factor - 1.0) * step as f64 / steps.max(1) as f64
    }

    /// Checks every field, for a network with this number of layers of weights.
    ///
    /// # Errors
    /// The first field that has an invalid value.
    pub fn validate(&self, layers: usize) -> Result<(), PlanError> {
        check(
            "training.epochs",
            self.epochs,
            (1..=1_000_000).contains(&self.epochs),
            "must be between 1 and 1000000",
        )?;
        check(
            "training.batch",
            self.batch,
            (1..=65_536).contains(&self.batch),
            "must be between 1 and 65536",
        )?;
        check(
            "training.learning_rate",
            self.learning_rate,
            positive(self.learning_rate),
            "must be a positive number",
        )?;
        let end = self.learning_rate_end_factor;
        check(
            "training.learning_rate_end_factor",
            end,
            (0.0..=1.0).contains(&end),
            "must be between 0 and 1",
        )?;
        let smoothing = self.label_smoothing;
        check(
            "training.label_smoothing",
            smoothing,
            (0.0..=0.5).contains(&smoothing),
            "must be between 0 and 0.5",
        )?;
        let penalty = self.logit_penalty;
        check("training.logit_penalty", penalty, (0.0..=1.0).contains(&penalty), "must be between 0 and 1")?;
        self.loss.check_training(self)?;
        check(
            "training.train",
            &self.train,
            self.train.fits(layers),
            "must list at least one layer of weights: by its number, which is 0 at the inputs and at most the number of \
             hidden layers, or as \"last\"",
        )
    }
}

pub(crate) fn positive(x: f64) -> bool {
    x.is_finite() && x > 0.0 && x < 1e9
}

pub(crate) fn check(
    field: &'static str,
    value: impl ToString,
    holds: bool,
    problem: &'static str,
) -> Result<(), PlanError> {
    if holds { Ok(()) } else { Err(PlanError { field, value: value.to_string(), problem }) }
}
