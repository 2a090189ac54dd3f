//! A whole network in integers: bases, scales and shapes of every product, from the public plan.

use crate::base_choice::{self, Requirements};
use crate::block_scaling::BlockScaling;
use crate::gadget::ProductShape;
use crate::product_name::{ProductKind, ProductName};
use crate::residues::union;
use crate::scaled_product::ScaledProduct;
use crate::softmax::SoftmaxGradient;
use crate::weights::WeightFormat;
use silenzio_core::plan::{Cover, EnginePlan, Rounding, TrainingPlan};
use silenzio_core::random::{Purpose, Seed, Stream};
use silenzio_core::{EngineError, Modulus, StepContext, shapes};

/// How one layer is computed.
#[derive(Clone, PartialEq, Debug)]
pub struct LayerFormat {
    /// Inputs, without the constant one of the bias.
    pub inputs: usize,
    /// Outputs.
    pub outputs: usize,
    /// Activations times weights.
    pub forward: ScaledProduct,
    /// Deltas times transposed weights; none for the first layer.
    pub delta: Option<ScaledProduct>,
    /// Transposed activations times deltas.
    pub gradient: ScaledProduct,
    /// The weights' digits.
    pub weights: WeightFormat,
    /// The largest input integer.
    pub input_alpha: i64,
    /// The integer at the constant bias input.
    pub bias_input: i64,
    /// The real value of an input step.
    pub input_unit: f64,
    /// The real value of a weight step.
    pub weight_unit: f64,
    /// The real value of a pre-activation step.
    pub output_unit: f64,
    /// The real value of a step of the delta at the outputs.
    pub delta_unit: f64,
    /// The learning rate that the gradient's divisor really gives.
    pub learning_rate: f64,
}

/// A network, ready to be trained by an [`ExactEngine`](crate::ExactEngine). Client and server derive the same
/// one from the public plan.
#[derive(Clone, PartialEq, Debug)]
pub struct ExactNetwork {
    layers: Vec<LayerFormat>,
    softmax: SoftmaxGradient,
    activation_alpha: i64,
    delta_alpha: i64,
    rounding: Rounding,
    /// The samples that a gradient's divisor is for.
    batch: usize,
    seed: Seed,
}

/// The look-ups that follow a scaled pre-activation of a hidden layer, on which the choice of its container
/// depends: about the number of moduli that it is converted to.
const CONSUMERS_OF_ACTIVATIONS: u64 = 6;

impl ExactNetwork {
    /// The format of a network with the given widths (inputs, hidden layers, classes), made for the backend
    /// with the given look-up costs.
    ///
    /// # Errors
    /// If a product has no base that covers its range, naming the field of the plan to change.
    pub fn new(
        widths: &[usize],
        training: &TrainingPlan,
        engine: &EnginePlan,
        lut_cost: impl Fn(Modulus) -> f64,
    ) -> Result<Self, EngineError> {
        check_size(widths)?;
        let planner = Planner { training, engine, lut_cost };
        let forward = planner.forward(widths)?;
        let classes = widths.last().copied().unwrap_or(0);
        let logit_unit = forward.last().map_or(1.0, |layer| layer.output_unit);
        let softmax = SoftmaxGradient::new(
            classes,
            logit_unit,
            signed_alpha(engine.bits.logits),
            signed_alpha(engine.bits.deltas),
            training,
        )?;
        Ok(Self {
            layers: planner.backward(forward, &softmax)?,
            softmax,
            activation_alpha: signed_alpha(engine.bits.activations),
            delta_alpha: signed_alpha(engine.bits.deltas),
            rounding: engine.rounding,
            batch: training.batch,
            seed: Seed(training.seed),
        })
    }

    /// The layers, from the inputs up.
    pub fn layers(&self) -> &[LayerFormat] {
        &self.layers
    }

    /// The format of layer `layer`.
    ///
    /// # Errors
    /// If there is no such layer.
    pub fn layer(&self, layer: usize) -> Result<&LayerFormat, EngineError> {
        shapes::layer(&self.layers, layer)
    }

    /// The number of the last layer, whose outputs are the logits.
    pub fn last(&self) -> usize {
        self.layers.len().saturating_sub(1)
    }

    /// The loss.
    pub const fn softmax(&self) -> &SoftmaxGradient {
        &self.softmax
    }

    /// The integer at which activations saturate and their gates close.
    pub const fn activation_alpha(&self) -> i64 {
        self.activation_alpha
    }

    /// The real value at which the activations of each hidden layer saturate.
    pub fn activation_limits(&self) -> Vec<f32> {
        let hidden = &self.layers[..self.layers.len().saturating_sub(1)];
        hidden.iter().map(|format| (self.activation_alpha as f64 * format.output_unit) as f32).collect()
    }

    /// The integer at which propagated deltas saturate.
    pub const fn delta_alpha(&self) -> i64 {
        self.delta_alpha
    }

    /// Holds a delta together with the bit of its gate.
    ///
    /// # Errors
    /// If that takes more than eight bits.
    pub fn gated_delta(&self) -> Result<Modulus, EngineError> {
        Ok(holding(2 * (2 * self.delta_alpha + 1))?)
    }

    /// The moduli in which the inputs of layer `layer` are needed.
    pub fn input_moduli(&self, layer: usize) -> Vec<Modulus> {
        self.layers.get(layer).map_or_else(Vec::new, |l| union([l.forward.moduli(), l.gradient.moduli()]))
    }

    /// The moduli in which the weights of layer `layer` are needed.
    pub fn weight_moduli(&self, layer: usize) -> Vec<Modulus> {
        self.layers.get(layer).map_or_else(Vec::new, |l| union([l.forward.moduli(), l.delta_moduli()]))
    }

    /// The moduli in which the deltas at the outputs of layer `layer` are needed.
    pub fn delta_moduli(&self, layer: usize) -> Vec<Modulus> {
        self.layers.get(layer).map_or_else(Vec::new, |l| union([l.gradient.moduli(), l.delta_moduli()]))
    }

    /// The moduli in which labels are needed.
    pub fn label_moduli(&self) -> Vec<Modulus> {
        self.delta_moduli(self.last())
    }

    /// The values that one encrypted sample consists of.
    pub fn values_per_sample(&self) -> usize {
        let (inputs, classes) =
            (self.layers.first().map_or(0, |l| l.inputs), self.layers.last().map_or(0, |l| l.outputs));
        inputs * self.input_moduli(0).len() + classes * self.label_moduli().len()
    }

    /// About the values that a server holds during a step on `batch` samples: weights, and the residues of
    /// weights, activations and deltas.
    pub fn values_held(&self, batch: usize) -> usize {
        let of_layer = |(layer, l): (usize, &LayerFormat)| {
            let weights = (l.inputs + 1) * l.outputs * (2 + self.weight_moduli(layer).len());
            let activations = batch * (l.inputs + 1) * self.input_moduli(layer).len();
            weights + activations + batch * l.outputs * self.delta_moduli(layer).len()
        };
        self.layers.iter().enumerate().map(of_layer).sum()
    }

    /// What a scaled gradient is multiplied with: the rate at a step, on the mean over the samples that are there.
    pub fn update_rate(&self, at: StepContext) -> f64 {
        at.rate_on_mean(self.batch)
    }

    /// The dither of an operation; none where the plan rounds to nearest.
    pub fn dither(&self, purpose: Purpose, at: StepContext) -> Option<Stream> {
        (self.rounding == Rounding::Dither).then(|| self.seed.stream(purpose, at.step, at.layer))
    }
}

impl LayerFormat {
    /// The shape of the weights, (inputs + 1) x outputs.
    pub const fn weight_shape(&self) -> (usize, usize) {
        (self.inputs + 1, self.outputs)
    }

    fn delta_moduli(&self) -> &[Modulus] {
        self.delta.as_ref().map_or(&[], ScaledProduct::moduli)
    }
}

/// The largest integer of a signed tensor of `bits` bits. Eight bits leave room to see an overflow.
pub fn signed_alpha(bits: u32) -> i64 {
    if bits >= 8 { 105 } else { (1 << (bits.max(2) - 1)) - 1 }
}

fn holding(levels: i64) -> Result<Modulus, silenzio_core::BackendError> {
    Ok(Modulus::holding(u32::try_from(levels).unwrap_or(u32::MAX))?)
}

/// Refuses networks that nobody could hold in memory.
fn check_size(widths: &[usize]) -> Result<(), EngineError> {
    const MOST_WEIGHTS: usize = 1 << 26;
    let weights =
        widths.windows(2).map(|pair| (pair[0] + 1).saturating_mul(pair[1])).fold(0, usize::saturating_add);
    if widths.len() >= 2 && weights <= MOST_WEIGHTS {
        return Ok(());
    }
    Err(EngineError::Plan {
        field: "model.hidden".into(),
        problem: format!(
            "a network of widths {widths:?} has {weights} weights; at most {MOST_WEIGHTS} are possible"
        ),
    })
}

/// What is known of a layer before the backward pass is planned.
struct ForwardFormat {
    inputs: usize,
    outputs: usize,
    forward: ScaledProduct,
    weights: WeightFormat,
    input_alpha: i64,
    bias_input: i64,
    input_unit: f64,
    weight_unit: f64,
    output_unit: f64,
}

struct Planner<'a, Cost> {
    training: &'a TrainingPlan,
    engine: &'a EnginePlan,
    lut_cost: Cost,
}

impl<Cost: Fn(Modulus) -> f64> Planner<'_, Cost> {
    fn forward(&self, widths: &[usize]) -> Result<Vec<ForwardFormat>, EngineError> {
        let bits = &self.engine.bits;
        let largest_input = (1 << bits.inputs) - 1;
        let (mut input_alpha, mut input_unit) = (largest_input, 1.0 / largest_input as f64);
        let mut layers = Vec::new();
        for (layer, pair) in widths.windows(2).enumerate() {
            let (inputs, outputs) = (pair[0], pair[1]);
            let last = layer + 2 == widths.len();
            let weights = WeightFormat::new(bits.weights, signed_alpha(bits.gradients))?;
            let weight_unit = self.engine.range.weights_of(layer) / weights.alpha() as f64;
            let bias_input = ((1.0 / input_unit).round() as i64).clamp(1, input_alpha);
            let (alpha, range) = if last {
                (signed_alpha(bits.logits), self.engine.range.logits)
            } else {
                (signed_alpha(bits.activations), self.engine.range.activations)
            };
            let step = input_unit * weight_unit;
            let forward = self.product(
                ProductName { layer, kind: ProductKind::Forward },
                Requirements {
                    shape: ProductShape { a: self.training.batch, b: inputs + 1, c: outputs },
                    divisor: range / alpha as f64 / step,
                    alpha,
                    worst_case: (inputs as i64 * input_alpha + bias_input) * weights.alpha(),
                    consumers: if last { 1 } else { CONSUMERS_OF_ACTIVATIONS },
                    ..self.requirements()
                },
            )?;
            let output_unit = forward.scaling.divisor() as f64 * step;
            layers.push(ForwardFormat {
                inputs,
                outputs,
                forward,
                weights,
                input_alpha,
                bias_input,
                input_unit,
                weight_unit,
                output_unit,
            });
            (input_alpha, input_unit) = (alpha, output_unit);
        }
        Ok(layers)
    }

    fn backward(
        &self,
        forward: Vec<ForwardFormat>,
        softmax: &SoftmaxGradient,
    ) -> Result<Vec<LayerFormat>, EngineError> {
        let delta_alpha = signed_alpha(self.engine.bits.deltas);
        let batch = self.training.batch;
        let (mut delta_unit, mut largest_delta) = (softmax.delta_unit(), softmax.largest_delta());
        let mut layers = Vec::new();
        for (layer, format) in forward.into_iter().enumerate().rev() {
            let gradient_step = format.input_unit * delta_unit / batch as f64;
            let gradient = self.product(
                ProductName { layer, kind: ProductKind::Gradient },
                Requirements {
                    shape: ProductShape { a: format.inputs + 1, b: batch, c: format.outputs },
                    divisor: format.weight_unit / (self.training.learning_rate * gradient_step),
                    alpha: signed_alpha(self.engine.bits.gradients),
                    worst_case: batch as i64 * format.input_alpha * largest_delta,
                    ..self.requirements()
                },
            )?;
            let delta = (layer > 0).then(|| {
                self.product(
                    ProductName { layer, kind: ProductKind::Delta },
                    Requirements {
                        shape: ProductShape { a: batch, b: format.outputs, c: format.inputs },
                        divisor: self.engine.range.deltas
                            / delta_alpha as f64
                            / (delta_unit * format.weight_unit),
                        alpha: delta_alpha,
                        worst_case: format.outputs as i64 * largest_delta * format.weights.alpha(),
                        ..self.requirements()
                    },
                )
            });
            let delta = delta.transpose()?;
            let delta_unit_below =
                delta.as_ref().map(|delta| delta.scaling.divisor() as f64 * delta_unit * format.weight_unit);
            layers.push(LayerFormat {
                learning_rate: format.weight_unit / (gradient.scaling.divisor() as f64 * gradient_step),
                inputs: format.inputs,
                outputs: format.outputs,
                forward: format.forward,
                delta,
                gradient,
                weights: format.weights,
                input_alpha: format.input_alpha,
                bias_input: format.bias_input,
                input_unit: format.input_unit,
                weight_unit: format.weight_unit,
                output_unit: format.output_unit,
                delta_unit,
            });
            if let Some(unit) = delta_unit_below {
                (delta_unit, largest_delta) = (unit, delta_alpha);
            }
        }
        layers.reverse();
        Ok(layers)
    }

    /// What all products share; the rest is for each product to say.
    fn requirements(&self) -> Requirements {
        Requirements {
            shape: ProductShape { a: 0, b: 0, c: 0 },
            gadget: self.engine.gadget,
            divisor: 1.0,
            alpha: 1,
            worst_case: 1,
            margin: match self.engine.cover {
                Cover::WorstCase => None,
                Cover::Margin(margin) => Some(margin),
            },
            consumers: 1,
        }
    }

    fn product(&self, name: ProductName, needs: Requirements) -> Result<ScaledProduct, EngineError> {
        let scaling: Option<BlockScaling> = base_choice::choose(&needs, &self.lut_cost);
        let scaling = scaling.ok_or_else(|| EngineError::Plan {
            field: "engine.cover".into(),
            problem: format!(
                "no base of moduli up to 31 covers the {name} product: its integers, at worst {:.1e}, have to be \
                 divided by {:.3e} to steps up to {}; lower engine.cover or engine.bits, or bring the divisor \
                 between 1 and the worst case by engine.range{}",
                needs.worst_case as f64,
                needs.divisor,
                needs.alpha,
                if name.kind == ProductKind::Gradient { " or training.learning_rate" } else { "" }
            ),
        })?;
        Ok(ScaledProduct { name, gadget: needs.gadget, scaling })
    }
}
