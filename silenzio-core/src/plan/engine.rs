//! The section of a plan about the engine: one plan for each engine.

use super::{PlanError, check, positive};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The engine that computes a training, and its settings. In a file, `kind` names the engine, and only the fields of
/// its plan are allowed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Fields", into = "Fields")]
pub enum EnginePlan {
    /// Exact small integers, by table look-ups: the published scheme.
    Exact(ExactPlan),
    /// Approximate real numbers, by external products: a bootstrap or two per unit instead of several per weight.
    Approximate(ApproximatePlan),
}

/// The distribution of the small keys, under which values are bootstrapped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmallKeys {
    /// Blocks of bits, of which at most one is 1. They make bootstraps about three times cheaper.
    #[default]
    Blocks,
    /// Independent bits, which assume only the hardness of learning with errors with binary keys.
    Binary,
}

impl SmallKeys {
    /// The name in a plan.
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
    /// The distribution of the small keys. In a file this field is called `parameters`.
    pub small_keys: SmallKeys,
    /// The gadget by which two encrypted residues are multiplied.
    pub gadget: Gadget,
    /// How block scaling rounds.
    pub rounding: Rounding,
    /// The range that the residue number system of a product has to cover.
    pub cover: Cover,
    /// Γ, the number of most significant bits that block scaling keeps, per kind of tensor.
    pub bits: ExactBits,
    /// The real value that the largest integer represents, per kind of tensor.
    pub range: Ranges,
}

/// The plan of the approximate engine.
#[derive(Clone, Debug, PartialEq)]
pub struct ApproximatePlan {
    /// The name of the parameter set; by default the cheapest one that keeps `weight_noise`.
    pub parameters: Option<String>,
    /// The largest noise in a weight at the end of a training (standard deviation), as a fraction of a typical weight,
    /// 1 / √inputs.
    pub weight_noise: f64,
    /// How the deltas of the loss are rounded to integers.
    pub rounding: Rounding,
    /// The number of bits of the integer factors of external products.
    pub bits: ApproximateBits,
    /// The largest real value that is certain to be represented, per kind of tensor.
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
    /// The default plan of an engine.
    pub fn of(kind: EngineKind) -> Self {
        match kind {
            EngineKind::Exact => Self::Exact(ExactPlan::default()),
            EngineKind::Approximate => Self::Approximate(ApproximatePlan::default()),
        }
    }

    /// The engine that the plan is for.
    pub const fn kind(&self) -> EngineKind {
        match self {
            Self::Exact(_) => EngineKind::Exact,
            Self::Approximate(_) => EngineKind::Approximate,
        }
    }

    /// The ranges of the tensors.
    pub const fn range(&self) -> &Ranges {
        match self {
            Self::Exact(plan) => &plan.range,
            Self::Approximate(plan) => &plan.range,
        }
    }

    /// Checks every field, for a network with this number of layers of weights.
    ///
    /// # Errors
    /// The first field that has an invalid value.
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
    /// The published gadget: residues are split into a high and a low part, with partial products of at most 8 bits.
    Karatsuba,
}

/// How values are rounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rounding {
    /// Stochastically: a public, seeded dither is added before the floor.
    #[default]
    Dither,
    /// To the nearest integer: half a step is added before the floor.
    Nearest,
}

/// The range that the residue number system of a product has to cover.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cover {
    /// The largest value that any inputs could give.
    WorstCase,
    /// A multiple of the value at which the scaled result saturates.
    Margin(f64),
}

impl Default for Cover {
    fn default() -> Self {
        Self::Margin(6.0)
    }
}

/// The number of bits per kind of tensor of the exact engine.
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

/// The number of bits of the factors of the approximate engine. The parameter set may allow less than the limits here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApproximateBits {
    /// Inputs, unsigned, 1 to 8.
    pub inputs: u32,
    /// Activations of hidden layers, unsigned, 2 to 8.
    pub activations: u32,
    /// Deltas, signed, where the sign is not counted, 2 to 8.
    pub deltas: u32,
}

impl Default for ApproximateBits {
    fn default() -> Self {
        Self { inputs: 4, activations: 4, deltas: 4 }
    }
}

/// The real values that the largest integers represent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ranges {
    /// Activations of hidden layers.
    pub activations: f64,
    /// Logits; with the squared loss, the differences of outputs and targets.
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
            "must have one number for all layers, or one for each layer of weights",
        )
    }
}

impl ExactPlan {
    /// Checks every field, for a network with this number of layers of weights.
    ///
    /// # Errors
    /// The first field that has an invalid value.
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
    /// The first field that has an invalid value.
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

/// The fields of both plans, as in a file.
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

/// Why the fields are not a plan.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
enum Unusable {
    /// The field belongs to the plan of the other engine.
    #[error(
        "{field} is not a field of the {kind} engine: remove it, or set engine.kind to the engine that it is for"
    )]
    Inapplicable { field: &'static str, kind: EngineKind },
    /// `parameters` of the exact engine is not the name of a [`SmallKeys`].
    #[error("engine.parameters of the exact engine must be \"blocks\" or \"binary\", not {0:?}")]
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
