//! How the numbers of a training are computed: one plan for each engine.

use super::{PlanError, check, positive};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How the numbers of a training are computed. In a file, `kind` says which plan it is, and only the fields of that
/// plan may be there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Fields", into = "Fields")]
pub enum EnginePlan {
    /// Exact small integers, by table look-ups: the published scheme.
    Exact(ExactPlan),
    /// Approximate real numbers, by external products: a bootstrap or two per unit instead of several per weight.
    Approximate(ApproximatePlan),
}

/// How small keys are drawn, under which values are bootstrapped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmallKeys {
    /// Blocks of bits of which at most one is 1, which makes bootstraps about three times cheaper.
    #[default]
    Blocks,
    /// Independent bits: no assumption beside that of learning with errors with binary keys.
    Binary,
}

impl SmallKeys {
    /// Its name in a plan.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Blocks => "blocks",
            Self::Binary => "binary",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Blocks, Self::Binary].into_iter().find(|kind| kind.name() == name)
    }
}

/// The plan of the exact engine.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExactPlan {
    /// How the small keys are drawn, under which values are bootstrapped. `parameters` in a file.
    pub small_keys: SmallKeys,
    /// How two encrypted residues are multiplied.
    pub gadget: Gadget,
    /// How block scaling rounds.
    pub rounding: Rounding,
    /// What the residue number system of a product has to cover.
    pub cover: Cover,
    /// Gamma: the most significant bits that block scaling keeps, per kind of tensor.
    pub bits: ExactBits,
    /// The real value that the largest integer stands for, per kind of tensor.
    pub range: Ranges,
}

/// The plan of the approximate engine.
#[derive(Clone, Debug, PartialEq)]
pub struct ApproximatePlan {
    /// The parameter set; the cheapest that keeps `weight_noise` if not given.
    pub parameters: Option<String>,
    /// The noise that may be left in a weight by the end of a training (standard deviation), as a fraction of a typical
    /// weight, 1 / √inputs.
    pub weight_noise: f64,
    /// How the deltas of the loss are rounded to integers.
    pub rounding: Rounding,
    /// The bits of the integers that are factors of external products.
    pub bits: ApproximateBits,
    /// The real values that are certain to be represented, per kind of tensor.
    pub range: Ranges,
}

impl Default for ApproximatePlan {
    fn default() -> Self {
        Self {
            parameters: None,
            weight_noise: 0.5,
            rounding: Rounding::default(),
            bits: ApproximateBits::default(),
            range: Ranges::default(),
        }
    }
}

/// The exact engine with all its defaults.
impl Default for EnginePlan {
    fn default() -> Self {
        Self::Exact(ExactPlan::default())
    }
}

impl EnginePlan {
    /// The defaults of an engine.
    pub fn of(kind: EngineKind) -> Self {
        match kind {
            EngineKind::Exact => Self::Exact(ExactPlan::default()),
            EngineKind::Approximate => Self::Approximate(ApproximatePlan::default()),
        }
    }

    /// Which engine it is for.
    pub const fn kind(&self) -> EngineKind {
        match self {
            Self::Exact(_) => EngineKind::Exact,
            Self::Approximate(_) => EngineKind::Approximate,
        }
    }

    /// The real values that the tensors reach.
    pub const fn range(&self) -> &Ranges {
        match self {
            Self::Exact(plan) => &plan.range,
            Self::Approximate(plan) => &plan.range,
        }
    }

    /// Checks every field, for a network with this number of layers of weights.
    ///
    /// # Errors
    /// The first field with an impossible value.
    pub fn validate(&self, layers: usize) -> Result<(), PlanError> {
        match self {
            Self::Exact(plan) => plan.validate(layers),
            Self::Approximate(plan) => plan.validate(layers),
        }
    }
}

/// The engines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
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

/// How values are rounded.
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

/// Bits per kind of tensor of the exact engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExactBits {
    /// Inputs, unsigned, 1 to 8.
    pub inputs: u32,
    /// Activations of hidden layers, signed before the ReLU, 2 to 8.
    pub activations: u32,
    /// Logits, signed, 2 to 6.
    pub logits: u32,
    /// Deltas of all layers, signed, 2 to 7.
    pub deltas: u32,
    /// Weight gradients, signed, 2 to 8.
    pub gradients: u32,
    /// Master weights, signed, 5 to 8.
    pub weights: u32,
}

impl Default for ExactBits {
    fn default() -> Self {
        Self { inputs: 4, activations: 4, logits: 4, deltas: 4, gradients: 4, weights: 8 }
    }
}

/// Bits of the factors of the approximate engine, 1 or 2 to 8. What fits depends on the parameter set too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApproximateBits {
    /// Inputs, unsigned, 1 to 8.
    pub inputs: u32,
    /// Activations of hidden layers, unsigned, 2 to 8.
    pub activations: u32,
    /// Deltas, signed, with a sign bit of their own, 2 to 8.
    pub deltas: u32,
}

impl Default for ApproximateBits {
    fn default() -> Self {
        Self { inputs: 4, activations: 4, deltas: 4 }
    }
}

/// Real values that the largest integers stand for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ranges {
    /// Activations of hidden layers.
    pub activations: f64,
    /// Logits; with the squared loss, differences of outputs and targets.
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

    fn validate(&self, layers: usize) -> Result<(), PlanError> {
        for (field, range) in [
            ("engine.range.activations", self.activations),
            ("engine.range.logits", self.logits),
            ("engine.range.deltas", self.deltas),
        ] {
            check(field, range, positive(range), "must be a positive number")?;
        }
        for &range in &self.weights {
            check("engine.range.weights", range, positive(range), "must be a positive number")?;
        }
        check(
            "engine.range.weights",
            format!("{:?}", self.weights),
            [1, layers].contains(&self.weights.len()),
            "needs one number for all layers, or one for each layer of weights",
        )
    }
}

impl ExactPlan {
    /// Checks every field, for a network with this number of layers of weights.
    ///
    /// # Errors
    /// The first field with an impossible value.
    pub fn validate(&self, layers: usize) -> Result<(), PlanError> {
        let b = &self.bits;
        for (field, bits, from, to, problem) in [
            ("engine.bits.inputs", b.inputs, 1, 8, "must be between 1 and 8"),
            ("engine.bits.activations", b.activations, 2, 8, "must be between 2 and 8"),
            (
                "engine.bits.logits",
                b.logits,
                2,
                6,
                "must be between 2 and 6: the softmax compares differences of logits in 8 bits",
            ),
            (
                "engine.bits.deltas",
                b.deltas,
                2,
                7,
                "must be between 2 and 7: a delta and its gate share one 8-bit value",
            ),
            ("engine.bits.gradients", b.gradients, 2, 8, "must be between 2 and 8"),
            ("engine.bits.weights", b.weights, 5, 8, "must be between 5 and 8"),
        ] {
            check(field, bits, (from..=to).contains(&bits), problem)?;
        }
        if let Cover::Margin(margin) = self.cover {
            check(
                "engine.cover.margin",
                margin,
                (1.0..=1e6).contains(&margin),
                "must be between 1 and 1000000",
            )?;
        }
        self.range.validate(layers)
    }
}

impl ApproximatePlan {
    /// Checks every field, for a network with this number of layers of weights.
    ///
    /// # Errors
    /// The first field with an impossible value.
    pub fn validate(&self, layers: usize) -> Result<(), PlanError> {
        let b = &self.bits;
        for (field, bits, from, problem) in [
            ("engine.bits.inputs", b.inputs, 1, "must be between 1 and 8"),
            ("engine.bits.activations", b.activations, 2, "must be between 2 and 8"),
            ("engine.bits.deltas", b.deltas, 2, "must be between 2 and 8"),
        ] {
            check(field, bits, (from..=8).contains(&bits), problem)?;
        }
        check(
            "engine.weight_noise",
            self.weight_noise,
            positive(self.weight_noise),
            "must be a positive number",
        )?;
        self.range.validate(layers)
    }
}

/// The fields of either plan, as a file has them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Fields {
    kind: EngineKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    weight_noise: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gadget: Option<Gadget>,
    rounding: Rounding,
    #[serde(skip_serializing_if = "Option::is_none")]
    cover: Option<Cover>,
    bits: BitFields,
    range: Ranges,
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct BitFields {
    #[serde(skip_serializing_if = "Option::is_none")]
    inputs: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    activations: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logits: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deltas: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gradients: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    weights: Option<u32>,
}

/// Why fields make no plan.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
enum Unusable {
    /// A field of one engine's plan in the other's.
    #[error(
        "{field} is not a field of the {kind} engine: remove it, or set engine.kind to the engine that it is for"
    )]
    Inapplicable { field: &'static str, kind: EngineKind },
    /// The exact engine knows its small keys by kind.
    #[error("engine.parameters of the exact engine are \"blocks\" or \"binary\", not {0:?}")]
    UnknownSmallKeys(String),
}

impl TryFrom<Fields> for EnginePlan {
    type Error = Unusable;

    fn try_from(fields: Fields) -> Result<Self, Unusable> {
        let Fields { kind, parameters, weight_noise, gadget, rounding, cover, bits, range } = fields;
        let given: &[(&'static str, bool)] = match kind {
            EngineKind::Exact => &[("engine.weight_noise", weight_noise.is_some())],
            EngineKind::Approximate => &[
                ("engine.gadget", gadget.is_some()),
                ("engine.cover", cover.is_some()),
                ("engine.bits.logits", bits.logits.is_some()),
                ("engine.bits.gradients", bits.gradients.is_some()),
                ("engine.bits.weights", bits.weights.is_some()),
            ],
        };
        if let Some(&(field, _)) = given.iter().find(|(_, given)| *given) {
            return Err(Unusable::Inapplicable { field, kind });
        }
        Ok(match kind {
            EngineKind::Exact => {
                let defaults = ExactBits::default();
                let small_keys = match parameters {
                    None => SmallKeys::default(),
                    Some(name) => SmallKeys::named(&name).ok_or(Unusable::UnknownSmallKeys(name))?,
                };
                Self::Exact(ExactPlan {
                    small_keys,
                    gadget: gadget.unwrap_or_default(),
                    rounding,
                    cover: cover.unwrap_or_default(),
                    bits: ExactBits {
                        inputs: bits.inputs.unwrap_or(defaults.inputs),
                        activations: bits.activations.unwrap_or(defaults.activations),
                        logits: bits.logits.unwrap_or(defaults.logits),
                        deltas: bits.deltas.unwrap_or(defaults.deltas),
                        gradients: bits.gradients.unwrap_or(defaults.gradients),
                        weights: bits.weights.unwrap_or(defaults.weights),
                    },
                    range,
                })
            }
            EngineKind::Approximate => {
                let defaults = ApproximatePlan::default();
                Self::Approximate(ApproximatePlan {
                    parameters,
                    weight_noise: weight_noise.unwrap_or(defaults.weight_noise),
                    rounding,
                    bits: ApproximateBits {
                        inputs: bits.inputs.unwrap_or(defaults.bits.inputs),
                        activations: bits.activations.unwrap_or(defaults.bits.activations),
                        deltas: bits.deltas.unwrap_or(defaults.bits.deltas),
                    },
                    range,
                })
            }
        })
    }
}

impl From<EnginePlan> for Fields {
    fn from(plan: EnginePlan) -> Self {
        let kind = plan.kind();
        match plan {
            EnginePlan::Exact(ExactPlan { small_keys, gadget, rounding, cover, bits, range }) => Self {
                kind,
                parameters: (small_keys != SmallKeys::default()).then(|| small_keys.name().into()),
                gadget: Some(gadget),
                rounding,
                cover: Some(cover),
                bits: BitFields {
                    inputs: Some(bits.inputs),
                    activations: Some(bits.activations),
                    logits: Some(bits.logits),
                    deltas: Some(bits.deltas),
                    gradients: Some(bits.gradients),
                    weights: Some(bits.weights),
                },
                range,
                ..Self::default()
            },
            EnginePlan::Approximate(ApproximatePlan { parameters, weight_noise, rounding, bits, range }) => {
                Self {
                    kind,
                    parameters,
                    weight_noise: Some(weight_noise),
                    rounding,
                    bits: BitFields {
                        inputs: Some(bits.inputs),
                        activations: Some(bits.activations),
                        deltas: Some(bits.deltas),
                        ..BitFields::default()
                    },
                    range,
                    ..Self::default()
                }
            }
        }
    }
}
