//! The public training plan: everything that client and server agree on, read from a TOML file.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;

/// A whole plan. Every field but `data.file` has a default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Where the samples come from.
    pub data: DataPlan,
    /// The network.
    #[serde(default)]
    pub model: ModelPlan,
    /// The optimiser.
    #[serde(default)]
    pub training: TrainingPlan,
    /// How the integers are computed.
    #[serde(default)]
    pub engine: EnginePlan,
}

/// Where the samples come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataPlan {
    /// A CSV file, or an IDX file of images (gzip allowed). Relative paths start at the plan's folder.
    pub file: PathBuf,
    /// The IDX file of the labels of `file`.
    pub labels: Option<PathBuf>,
    /// A test set of its own; without it a part of `file` is held back.
    pub test_file: Option<PathBuf>,
    /// The IDX file of the labels of `test_file`.
    pub test_labels: Option<PathBuf>,
    /// The label column of a CSV file, by name or by number from 0; the last one if not given.
    pub label_column: Option<LabelColumn>,
    /// Whether the first line of a CSV file names the columns; found out from its cells if not given.
    pub header: Option<bool>,
    /// The part of the samples that is held back for testing where there is no `test_file`.
    #[serde(default = "default_test_fraction")]
    pub test_fraction: f64,
    /// The part of the training samples that is held back to tune on. Where it is not 0, accuracies are measured on
    /// them, and test samples are left alone.
    #[serde(default)]
    pub validation_fraction: f64,
    /// Use at most this many training samples.
    pub limit: Option<usize>,
}

impl DataPlan {
    /// What accuracies are measured on: "test" or "validation" samples.
    pub fn measured_on(&self) -> &'static str {
        if self.validation_fraction > 0.0 { "validation" } else { "test" }
    }

    /// The plan for one file, with the defaults of all other fields.
    pub fn of_file(file: impl Into<PathBuf>) -> Self {
        Self {
            file: file.into(),
            labels: None,
            test_file: None,
            test_labels: None,
            label_column: None,
            header: None,
            test_fraction: default_test_fraction(),
            validation_fraction: 0.0,
            limit: None,
        }
    }
}

/// A column of a CSV file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum LabelColumn {
    /// By its number, from 0.
    Number(usize),
    /// By its name in the header.
    Name(String),
}

fn default_test_fraction() -> f64 {
    0.2
}

/// The network between the inputs and the classes, which come from the data.
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
    /// Passes over the training set.
    pub epochs: usize,
    /// Samples per step.
    pub batch: usize,
    /// The learning rate on the mean gradient of a batch.
    pub learning_rate: f64,
    /// The part of the learning rate that is left in the end, to which it falls along a line, step by step.
    pub learning_rate_end_factor: f64,
    /// The part of the probability that the target spreads over all classes.
    pub label_smoothing: f64,
    /// What each logit adds to its own delta, which keeps logits within their range.
    pub logit_penalty: f64,
    /// The seed of everything public and random.
    pub seed: u64,
}

impl Default for TrainingPlan {
    fn default() -> Self {
        Self {
            epochs: 20,
            batch: 8,
            learning_rate: 0.2,
            learning_rate_end_factor: 1.0,
            label_smoothing: 0.1,
            logit_penalty: 0.02,
            seed: 1,
        }
    }
}

/// How the integers are computed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EnginePlan {
    /// Which engine.
    pub kind: EngineKind,
    /// The parameter set of the approximate engine; the cheapest that keeps `weight_noise` if not given.
    pub parameters: Option<String>,
    /// The noise that the approximate engine may leave in a weight by the end of a training (standard deviation), as a part
    /// of a typical weight, 1 / √inputs.
    pub weight_noise: f64,
    /// How the exact engine multiplies two encrypted residues.
    pub gadget: Gadget,
    /// How block scaling rounds.
    pub rounding: Rounding,
    /// What the residue number system of a product has to cover.
    pub cover: Cover,
    /// Gamma: the most significant bits that block scaling keeps, per kind of tensor.
    pub bits: Bits,
    /// The real value that the largest integer stands for, per kind of tensor.
    pub range: Ranges,
}

impl Default for EnginePlan {
    fn default() -> Self {
        Self {
            kind: EngineKind::default(),
            parameters: None,
            weight_noise: 0.5,
            gadget: Gadget::default(),
            rounding: Rounding::default(),
            cover: Cover::default(),
            bits: Bits::default(),
            range: Ranges::default(),
        }
    }
}

/// The engines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EngineKind {
    /// Exact small integers, by table look-ups: the published scheme.
    #[default]
    Exact,
    /// Approximate real numbers, by external products: a bootstrap or two per unit instead of several per weight.
    Approximate,
}

impl fmt::Display for EngineKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Exact => "exact",
            Self::Approximate => "approximate",
        })
    }
}

/// The gadgets for a product of two encrypted residues.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gadget {
    /// 2xw = (x+w)² - x² - w²: one look-up per multiplication and modulus.
    #[default]
    Squares,
    /// The published gadget: a residue split in a high and a low part, partial products of at most 8 bits.
    Karatsuba,
}

/// How block scaling rounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rounding {
    /// Stochastically: a public, seeded dither is added before the floor.
    #[default]
    Dither,
    /// To the nearest: the same half step is added everywhere.
    Nearest,
}

/// What the residue number system of a product has to cover.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cover {
    /// The largest value that any inputs could give.
    WorstCase,
    /// This many times the value at which the scaled result saturates.
    Margin(f64),
}

impl Default for Cover {
    fn default() -> Self {
        Self::Margin(6.0)
    }
}

/// Bits per kind of tensor, 2 to 8.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Bits {
    /// Inputs, unsigned.
    pub inputs: u32,
    /// Activations of hidden layers, signed before the ReLU.
    pub activations: u32,
    /// Logits, signed.
    pub logits: u32,
    /// Deltas of all layers, signed.
    pub deltas: u32,
    /// Weight gradients, signed.
    pub gradients: u32,
    /// Master weights, signed.
    pub weights: u32,
}

impl Default for Bits {
    fn default() -> Self {
        Self { inputs: 4, activations: 4, logits: 4, deltas: 4, gradients: 4, weights: 8 }
    }
}

/// Real values that the largest integers stand for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ranges {
    /// Activations of hidden layers.
    pub activations: f64,
    /// Logits.
    pub logits: f64,
    /// Deltas of hidden layers (those of the output layer are in [-1, 1]).
    pub deltas: f64,
    /// Weights: one number for all layers, or one per layer.
    pub weights: Vec<f64>,
}

impl Default for Ranges {
    fn default() -> Self {
        Self { activations: 4.0, logits: 6.0, deltas: 0.5, weights: vec![2.0] }
    }
}

impl Ranges {
    /// The weight range of a layer.
    pub fn weights_of(&self, layer: usize) -> f64 {
        self.weights.get(layer).or(self.weights.last()).copied().unwrap_or(2.0)
    }
}

/// A field of a plan with an impossible value.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{field} = {value}: {problem}")]
pub struct PlanError {
    /// The field, as in the file.
    pub field: &'static str,
    /// Its value.
    pub value: String,
    /// What it has to be.
    pub problem: &'static str,
}

impl Plan {
    /// Checks every field that can be judged without the data.
    ///
    /// # Errors
    /// The first field with an impossible value.
    pub fn validate(&self) -> Result<(), PlanError> {
        let d = &self.data;
        for (field, fraction) in
            [("data.test_fraction", d.test_fraction), ("data.validation_fraction", d.validation_fraction)]
        {
            check(field, fraction, (0.0..1.0).contains(&fraction), "has to be in [0, 1)")?;
        }
        if let Some(limit) = d.limit {
            check("data.limit", limit, limit > 0, "has to be at least 1")?;
        }
        check(
            "model.hidden",
            format!("{:?}", self.model.hidden),
            self.model.hidden.len() <= 32,
            "at most 32 layers",
        )?;
        for &width in &self.model.hidden {
            check("model.hidden", width, (1..=65_536).contains(&width), "a width has to be in 1 to 65536")?;
        }
        self.training.validate()?;
        self.engine.validate()
    }
}

impl TrainingPlan {
    /// The learning rate at step `step` of `steps`, as a part of the first one.
    pub fn rate_at(&self, step: u64, steps: u64) -> f64 {
        1.0 + (self.learning_rate_end_factor - 1.0) * step as f64 / steps.max(1) as f64
    }

    pub(crate) fn validate(&self) -> Result<(), PlanError> {
        check(
            "training.epochs",
            self.epochs,
            (1..=1_000_000).contains(&self.epochs),
            "has to be in 1 to 1000000",
        )?;
        check("training.batch", self.batch, (1..=65_536).contains(&self.batch), "has to be in 1 to 65536")?;
        check(
            "training.learning_rate",
            self.learning_rate,
            positive(self.learning_rate),
            "has to be a positive number",
        )?;
        let end = self.learning_rate_end_factor;
        check("training.learning_rate_end_factor", end, (0.0..=1.0).contains(&end), "has to be in 0 to 1")?;
        let smoothing = self.label_smoothing;
        check(
            "training.label_smoothing",
            smoothing,
            (0.0..=0.5).contains(&smoothing),
            "has to be in 0 to 0.5",
        )?;
        let penalty = self.logit_penalty;
        check("training.logit_penalty", penalty, (0.0..=1.0).contains(&penalty), "has to be in 0 to 1")
    }
}

impl EnginePlan {
    pub(crate) fn validate(&self) -> Result<(), PlanError> {
        let b = &self.bits;
        for (field, bits, from, to, problem) in [
            ("engine.bits.inputs", b.inputs, 1, 8, "has to be in 1 to 8"),
            ("engine.bits.activations", b.activations, 2, 8, "has to be in 2 to 8"),
            (
                "engine.bits.logits",
                b.logits,
                2,
                6,
                "has to be in 2 to 6: the softmax compares differences of logits in 8 bits",
            ),
            (
                "engine.bits.deltas",
                b.deltas,
                2,
                7,
                "has to be in 2 to 7: a delta and its gate share one 8-bit value",
            ),
            ("engine.bits.gradients", b.gradients, 2, 8, "has to be in 2 to 8"),
            ("engine.bits.weights", b.weights, 5, 8, "has to be in 5 to 8"),
        ] {
            check(field, bits, (from..=to).contains(&bits), problem)?;
        }
        if let Cover::Margin(margin) = self.cover {
            check("engine.cover.margin", margin, (1.0..=1e6).contains(&margin), "has to be in 1 to 1000000")?;
        }
        check(
            "engine.weight_noise",
            self.weight_noise,
            positive(self.weight_noise),
            "has to be a positive number",
        )?;
        let r = &self.range;
        for (field, range) in [
            ("engine.range.activations", r.activations),
            ("engine.range.logits", r.logits),
            ("engine.range.deltas", r.deltas),
        ] {
            check(field, range, positive(range), "has to be a positive number")?;
        }
        check(
            "engine.range.weights",
            "[]",
            !r.weights.is_empty(),
            "needs a number for all layers, or one per layer",
        )?;
        for &range in &r.weights {
            check("engine.range.weights", range, positive(range), "has to be a positive number")?;
        }
        Ok(())
    }
}

fn positive(x: f64) -> bool {
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
