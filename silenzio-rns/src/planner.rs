//! The choice of number formats for a network: the bases, scales and shapes of all products, from the plan.

use crate::base_choice::{self, Requirements};
use crate::block_scaling::BlockScaling;
use crate::format::{ExactFormat, LayerFormat};
use crate::gadget::ProductShape;
use crate::product_name::{ProductKind, ProductName};
use crate::scaled_product::ScaledProduct;
use crate::softmax::SoftmaxGradient;
use crate::weights::WeightFormat;
use silenzio_core::plan::{Cover, ExactPlan, TrainingPlan};
use silenzio_core::{EngineError, Modulus, shapes};

/// The number of look-ups of a scaled pre-activation of a hidden layer, on which the choice of its container depends:
/// about the number of moduli to which it is converted.
const CONSUMERS_OF_ACTIVATIONS: u64 = 6;

impl ExactFormat {
    /// The cheapest formats, at the given costs of look-ups, of a network with the given widths (inputs, hidden layers,
    /// classes).
    ///
    /// # Errors
    /// If a field of the plan has an invalid value, or no base covers the range of a product. The error names the field
    /// of the plan to change.
    pub fn planned(
        widths: &[usize],
        training: &TrainingPlan,
        plan: &ExactPlan,
        lut_cost: impl Fn(Modulus) -> f64,
    ) -> Result<Self, EngineError> {
        let layers = widths.len().saturating_sub(1);
        training.validate(layers)?;
        plan.validate(layers)?;
        let planner = Planner { training, engine: plan, lut_cost };
        let forward = planner.forward(widths)?;
        let classes = widths.last().copied().unwrap_or(0);
        let logit_unit = forward.last().map_or(1.0, |layer| layer.output_unit);
        let (logit_alpha, delta_alpha) = (signed_alpha(plan.bits.logits), signed_alpha(plan.bits.deltas));
        let softmax = SoftmaxGradient::new(classes, logit_unit, logit_alpha, delta_alpha, training)?;
        Ok(Self {
            small_keys: plan.small_keys,
            layers: planner.backward(forward, &softmax)?,
            softmax,
            activation_alpha: signed_alpha(plan.bits.activations),
            delta_alpha,
        })
    }
}

/// The largest integer of a signed tensor of `bits` bits. With eight bits it is 105, which leaves room to detect
/// overflows.
pub fn signed_alpha(bits: u32) -> i64 {
    if bits >= 8 { 105 } else { (1 << (bits.max(2) - 1)) - 1 }
}

/// The format of a layer before the backward pass is planned.
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
    engine: &'a ExactPlan,
    lut_cost: Cost,
}

impl<Cost: Fn(Modulus) -> f64> Planner<'_, Cost> {
    fn forward(&self, widths: &[usize]) -> Result<Vec<ForwardFormat>, EngineError> {
        let bits = &self.engine.bits;
        let largest_input = (1 << bits.inputs) - 1;
        let (mut input_alpha, mut input_unit) = (largest_input, 1.0 / largest_input as f64);
        let mut layers = Vec::new();
        for (layer, (inputs, outputs)) in shapes::of_layers(widths).enumerate() {
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

    /// The requirements that all products share. Each product sets the others.
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
                "no base of moduli up to 31 covers the {name} product: its integers, of up to {:.1e}, have to be \
                 divided by {:.3e} to give results of up to {}; lower engine.cover or engine.bits, or bring the \
                 divisor between 1 and the largest integer by engine.range{}",
                needs.worst_case as f64,
                needs.divisor,
                needs.alpha,
                if name.kind == ProductKind::Gradient { " or training.learning_rate" } else { "" }
            ),
        })?;
        Ok(ScaledProduct { name, gadget: needs.gadget, scaling })
    }
}
