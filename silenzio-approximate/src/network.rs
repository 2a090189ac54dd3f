//! A whole network: the layouts, amplitudes, integer units and look-up tables of a format.
//!
//! A real number r is represented on the torus as r A, for some *amplitude* A. Factors are integers, in steps of a
//! *unit*.
//!
//! - The weights of a layer whose inputs have the unit u enter products at the amplitude `weight_amplitude` = A_z u, so
//!   that pre-activations have the amplitude A_z, at which a quarter of the torus is twice the range in the plan.
//! - Master weights, in which the noise of all updates accumulates, have the same amplitude or, in a *refreshed* layer,
//!   the larger `master_amplitude`, at which a quarter of the torus is 1.5 times the range in the plan. One bootstrap
//!   per weight and step then makes the weights that enter products.
//! - One operand of a layer's gradient is packed, and the other one is a factor with some unit u: in the lowest trained
//!   layer the deltas are packed, and above it the inputs, which are factors in the forward product alone. Packed operands
//!   have the amplitude (η / batch) u `master_amplitude`, so that activations times deltas are the update itself.
//! - Deltas as factors have a unit of their own. It is chosen so that the propagated delta, whose amplitude is
//!   `weight_amplitude` / unit, fits an eighth of the torus.

use crate::circuit_bootstrapping::{Function, gadget_rows};
use crate::format::{ApproximateFormat, LayerNumbers, WeightForm};
use crate::layout::Layout;
use crate::loss::LossGradient;
use crate::softmax::LossScales;
use silenzio_core::approximate::{ApproximateParameters, ByPrecision, Precision, RealLut};
use silenzio_core::plan::{ApproximatePlan, Rounding, TrainingPlan};
use silenzio_core::random::{Purpose, Seed};
use silenzio_core::{BackendError, EngineError, Mode, StepContext, shapes};
use std::ops::Range;

/// What an open gate adds to a propagated delta: the delta then lies within an eighth of the torus around this value
/// instead of around zero.
pub const OPEN_GATE: f64 = 0.25;

/// What is subtracted from a gated delta, so that deltas with an open and with a closed gate both lie within a quarter
/// of the torus around zero.
pub const GATE_CENTRE: f64 = 0.125;

/// The factor by which a propagated delta can exceed the range in the plan before it wraps.
pub(crate) const DELTA_MARGIN: f64 = 6.0;

/// The factors by which a pre-activation exceeds the range in the plan where the gate opens again, to push the
/// pre-activation back. They end well below the margin of pre-activations, since a gate that wraps has the wrong sign.
const PUSHED: Range<f64> = 1.25..1.75;

/// What the push adds to a gated delta, with the sign of the pre-activation: a delta of the size of `engine.range.deltas`.
const PUSH: f64 = GATE_CENTRE / DELTA_MARGIN;

/// The numbers and tables with which one layer is computed.
#[derive(Clone, PartialEq, Debug)]
pub struct LayerFormat {
    /// The layout of the weights in polynomials.
    pub layout: Layout,
    /// The real value of a step of an input.
    pub input_unit: f64,
    /// The largest input, in steps.
    pub input_alpha: i64,
    /// The constant input of the bias, in steps.
    pub bias_input: i64,
    /// The amplitude of the weights in products, torus per unit.
    pub weight_amplitude: f64,
    /// The amplitude of the master weights, torus per unit.
    pub master_amplitude: f64,
    /// The step to which decrypted weights are rounded.
    pub weight_step: f64,
    /// The table that makes weights in products of master weights; `None` if they enter products as they are.
    pub(crate) refresh: Option<RealLut>,
    /// The ReLU of a hidden layer.
    pub(crate) relu: Option<ReluTable>,
    /// The table of the deltas at the outputs.
    pub(crate) delta: DeltaTable,
}

/// The table of a ReLU. Its outputs are the gadget rows of the activation, the activation at the amplitude of the gradient
/// if that takes it packed, and the gate.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct ReluTable {
    pub(crate) lut: RealLut,
    /// The precision of the bootstrap.
    pub(crate) precision: Precision,
    /// The amplitude for the gradient if that takes activations packed, torus per unit.
    pub(crate) gradient: Option<f64>,
}

impl ReluTable {
    /// The table for a learning rate of `rate` times the plan's, which is part of the amplitude of what is packed for a
    /// gradient.
    fn at(&self, rate: f64) -> Self {
        let mut table = self.clone();
        if let Some(gradient) = &mut table.gradient {
            *gradient *= rate;
            table.lut.scale(self.lut.outputs() - 2, rate);
        }
        table
    }
}

/// The table of the deltas at the outputs of a layer. Its outputs are the delta at the amplitude of the gradient if that
/// takes it packed, and gadget rows in layers above the lowest trained one.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct DeltaTable {
    pub(crate) lut: RealLut,
    /// The precision of the bootstrap.
    pub(crate) precision: Precision,
    /// Whether the gradient takes deltas packed.
    pub(crate) packed: bool,
}

impl LayerFormat {
    /// The amplitude of the master weights of input `input`. For the bias, it makes up for a constant input that is not
    /// exactly 1.
    pub fn amplitude_of(&self, input: usize) -> f64 {
        if input + 1 == self.layout.inputs {
            self.master_amplitude / self.bias_value()
        } else {
            self.master_amplitude
        }
    }

    /// The real value of the constant input of the bias, which is close to 1.
    pub(crate) fn bias_value(&self) -> f64 {
        self.bias_input as f64 * self.input_unit
    }

    /// The table of deltas for a learning rate of `rate` times the plan's.
    fn delta_at(&self, rate: f64) -> RealLut {
        let mut lut = self.delta.lut.clone();
        if self.delta.packed {
            lut.scale(0, rate);
        }
        lut
    }

    /// Whether the weights are bootstrapped at every step, from master weights that fill the torus.
    pub const fn is_refreshed(&self) -> bool {
        self.refresh.is_some()
    }

    /// The amplitude of the pre-activations.
    pub fn output_amplitude(&self) -> f64 {
        self.weight_amplitude / self.input_unit
    }
}

/// A network, ready to be trained by an [`ApproximateEngine`](crate::ApproximateEngine). Client and server compute with
/// the same [`ApproximateFormat`].
#[derive(Clone, PartialEq, Debug)]
pub struct ApproximateNetwork {
    parameters: &'static ApproximateParameters,
    format: ApproximateFormat,
    /// The number of samples in a batch, for which the amplitudes of gradients are made.
    batch: usize,
    layers: Vec<LayerFormat>,
    /// The layers that are trained, in ascending order.
    trained: Vec<usize>,
    loss: LossGradient,
    /// The width of the dither on the torus, which is the step of the loss's deltas as factors; `None` without dither.
    loss_dither: Option<f64>,
    seed: Seed,
}

impl ApproximateNetwork {
    /// Makes the network of a format, which may be from a file, for these widths, plans and parameters.
    ///
    /// # Errors
    /// [`EngineError::Shape`] if the format does not belong to the widths, or this version cannot compute with it.
    pub fn of_format(
        widths: &[usize],
        training: &TrainingPlan,
        plan: &ApproximatePlan,
        parameters: &'static ApproximateParameters,
        format: ApproximateFormat,
    ) -> Result<Self, EngineError> {
        let trained = training.train.numbers(format.layers.len());
        format.check(widths, parameters, trained.first().copied().unwrap_or(0))?;
        let last = shapes::layer(&format.layers, format.layers.len().saturating_sub(1))?;
        let scales = LossScales {
            input_amplitude: last.weight_amplitude / last.input_unit,
            logit_range: format.logit_range,
            logit_amplitude: format.loss_amplitude,
            delta_amplitude: format.delta_amplitude,
        };
        let loss = LossGradient::new(
            last.layout.outputs,
            scales,
            parameters.table_size(Precision::Coarse),
            training,
        )?;
        let tables = Tables { format: &format, parameters, loss: &loss };
        let layers = (0..format.layers.len()).map(|layer| tables.layer(layer)).collect::<Result<_, _>>()?;
        let dithered = plan.rounding == Rounding::Dither;
        let loss_dither = last.delta_unit.filter(|_| dithered).map(|unit| unit * format.delta_amplitude);
        let (batch, seed) = (training.batch, Seed(training.seed));
        Ok(Self { parameters, format, batch, layers, trained, loss, loss_dither, seed })
    }

    /// The parameters for which the network is planned.
    pub const fn parameters(&self) -> &'static ApproximateParameters {
        self.parameters
    }

    /// The number formats.
    pub const fn format(&self) -> &ApproximateFormat {
        &self.format
    }

    /// The layers, from the inputs up.
    pub fn layers(&self) -> &[LayerFormat] {
        &self.layers
    }

    /// The number of factors in one encrypted sample for each block of inputs: one for the pre-activations and, if the
    /// first layer is trained, one for its gradient.
    pub fn factors_per_block(&self) -> usize {
        1 + usize::from(self.is_trained(0))
    }

    /// The layers that are trained, in ascending order.
    pub fn trained_layers(&self) -> &[usize] {
        &self.trained
    }

    /// Whether layer `layer` is trained, and thus has a gradient.
    pub(crate) fn is_trained(&self, layer: usize) -> bool {
        self.trained.contains(&layer)
    }

    /// Whether deltas are computed at the outputs of layer `layer`, which is the case from the lowest trained layer up.
    pub(crate) fn has_deltas(&self, layer: usize) -> bool {
        self.trained.first().is_some_and(|&lowest| layer >= lowest)
    }

    pub(crate) fn layers_mut(&mut self) -> &mut [LayerFormat] {
        &mut self.layers
    }

    /// The format of layer `layer`.
    ///
    /// # Errors
    /// [`EngineError::Shape`] if there is no such layer.
    pub fn layer(&self, layer: usize) -> Result<&LayerFormat, EngineError> {
        shapes::layer(&self.layers, layer)
    }

    /// The number of the last layer, whose outputs are the logits.
    pub fn last(&self) -> usize {
        self.layers.len().saturating_sub(1)
    }

    /// The gradient of the loss.
    pub const fn loss(&self) -> &LossGradient {
        &self.loss
    }

    /// The ReLU of a layer. In training it includes the step's learning rate like [`delta_lut`](Self::delta_lut); all
    /// inferences have the same table, so that logits do not depend on how many samples are computed together.
    ///
    /// # Errors
    /// [`EngineError::Shape`] if there is no such layer, or it is the last one.
    pub(crate) fn relu(&self, at: StepContext, mode: Mode) -> Result<ReluTable, EngineError> {
        let Some(relu) = &self.layer(at.layer)?.relu else {
            return Err(EngineError::Shape {
                what: "layer with a ReLU",
                expected: "a hidden layer".into(),
                found: at.layer.to_string(),
            });
        };
        Ok(match mode {
            Mode::Train => relu.at(at.rate_on_mean(self.batch)),
            Mode::Infer => relu.clone(),
        })
    }

    /// The table of the deltas at the outputs of layer `layer` at a step. It includes the step's learning rate, divided
    /// by the number of samples in the step, which may be less than a batch.
    ///
    /// # Errors
    /// [`EngineError::Shape`] if there is no such layer.
    pub(crate) fn delta_lut(&self, at: StepContext, layer: usize) -> Result<RealLut, EngineError> {
        Ok(self.layer(layer)?.delta_at(at.rate_on_mean(self.batch)))
    }

    /// The dither that is added to the deltas of the loss for a share of a batch, so that they are rounded to factors
    /// stochastically. For activations and propagated deltas, the noise of the bootstrap's input has the same effect.
    pub fn loss_dither(&self, at: StepContext) -> impl Iterator<Item = f64> {
        let mut stream = self.seed.stream(Purpose::LossDither, at.step, at.layer);
        let classes = self.layers.last().map_or(0, |layer| layer.layout.outputs);
        for _ in 0..at.first * classes {
            stream.unit();
        }
        let width = self.loss_dither;
        std::iter::from_fn(move || Some((stream.unit() - 0.5) * width?))
    }

    /// The real value at which the activations of each hidden layer saturate.
    pub fn activation_limits(&self) -> Vec<f32> {
        vec![self.format.activation_range as f32; self.layers.len().saturating_sub(1)]
    }

    /// The numbers of bootstraps for `samples` samples in `steps` steps.
    pub fn bootstraps(&self, steps: u64, samples: u64) -> ByPrecision<u64> {
        self.format.bootstraps(self.loss.kind(), steps, samples)
    }
}

/// Samples the tables of the bootstraps from the numbers of a format.
struct Tables<'a> {
    format: &'a ApproximateFormat,
    parameters: &'a ApproximateParameters,
    loss: &'a LossGradient,
}

impl Tables<'_> {
    fn layer(&self, layer: usize) -> Result<LayerFormat, EngineError> {
        let numbers = shapes::layer(&self.format.layers, layer)?;
        let above = self.format.layers.get(layer + 1);
        Ok(LayerFormat {
            layout: numbers.layout,
            input_unit: numbers.input_unit,
            input_alpha: numbers.input_alpha,
            bias_input: numbers.bias_input,
            weight_amplitude: numbers.weight_amplitude,
            master_amplitude: numbers.master_amplitude,
            weight_step: numbers.weight_step,
            refresh: self.refresh(numbers)?,
            relu: above.map(|above| self.relu(numbers, above)).transpose()?,
            delta: match above {
                // The gate is closed below zero.
                Some(_) => self.delta(numbers, |x| if x < 0.0 { 0.0 } else { x - GATE_CENTRE })?,
                None => self.delta(numbers, |x| self.loss.delta(x))?,
            },
        })
    }

    fn refresh(&self, numbers: &LayerNumbers) -> Result<Option<RealLut>, BackendError> {
        if numbers.weight_form() == WeightForm::Kept {
            return Ok(None);
        }
        let factor = numbers.weight_amplitude / numbers.master_amplitude;
        let refreshed: Function<'_> = Box::new(move |x| x * factor);
        self.sample("weights", Precision::Coarse, &[refreshed]).map(Some)
    }

    /// The table of the ReLU. Its gate also closes where the activation saturates, so that a unit outside of the range
    /// is not pushed further. Farther out, on both sides, it opens again with an additional delta that pushes the unit
    /// back before its pre-activation wraps.
    fn relu(&self, numbers: &LayerNumbers, above: &LayerNumbers) -> Result<ReluTable, BackendError> {
        let range = self.format.activation_range;
        let amplitude = numbers.weight_amplitude / numbers.input_unit;
        let activation = |x: f64| (x / amplitude).clamp(0.0, range);
        let gate = |x: f64| match x / amplitude / range {
            z if (0.0..1.0).contains(&z) => OPEN_GATE,
            z if PUSHED.contains(&z.abs()) => OPEN_GATE + PUSH.copysign(z),
            _ => 0.0,
        };
        let precision = above.input_precision;
        let gradient = (!above.gradient_factors.is_inputs()).then_some(above.gradient_amplitude);
        let unit = above.input_unit;
        let integer = move |x| (activation(x) / unit).round() as i64;
        let mut functions = gadget_rows(self.parameters.factor(precision), integer);
        if let Some(gradient) = gradient {
            functions.push(Box::new(move |x| activation(x) * gradient));
        }
        functions.push(Box::new(gate));
        let lut = self.sample("activations", precision, &functions)?;
        Ok(ReluTable { lut, precision, gradient })
    }

    /// The table of the deltas at the outputs of a layer. `value` maps the input of the bootstrap to the delta at the same
    /// amplitude.
    fn delta(
        &self,
        numbers: &LayerNumbers,
        value: impl Fn(f64) -> f64 + Copy,
    ) -> Result<DeltaTable, BackendError> {
        let LayerNumbers { delta_amplitude, gradient_amplitude, delta_precision: precision, .. } = *numbers;
        let delta = move |x: f64| value(x) / delta_amplitude;
        let packed = numbers.gradient_factors.is_inputs();
        let alpha = self.format.delta_alpha;
        let mut functions: Vec<Function<'_>> = vec![];
        if packed {
            functions.push(Box::new(move |x| delta(x) * gradient_amplitude));
        }
        if let Some(unit) = numbers.delta_unit {
            let integer = move |x: f64| ((delta(x) / unit).round() as i64).clamp(-alpha, alpha);
            functions.extend(gadget_rows(self.parameters.factor(precision), integer));
        }
        Ok(DeltaTable { lut: self.sample("deltas", precision, &functions)?, precision, packed })
    }

    fn sample(
        &self,
        name: &'static str,
        precision: Precision,
        functions: &[Function<'_>],
    ) -> Result<RealLut, BackendError> {
        let functions: Vec<&dyn Fn(f64) -> f64> = functions.iter().map(|function| &**function).collect();
        Ok(RealLut::new(self.parameters.table_size(precision), &functions)?.named(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use silenzio_core::approximate::parameters::N2048;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        /// A gated delta is the delta where the unit is active, and 0 where it is not, or saturates. Where the
        /// pre-activation leaves its range, there is another delta with its sign, which pushes it back.
        #[test]
        fn gates_push_back_what_leaves_the_range(z in -1.99..1.99_f64, delta in -1.0..1.0_f64) {
            let (training, engine) = (TrainingPlan::default(), ApproximatePlan::default());
            let network = ApproximateNetwork::new(&[3, 4, 2], &training, &engine, &N2048, &[]).unwrap();
            let (format, layer) = (network.format(), &network.layers()[0]);
            // Away from the edges of the pieces, so that steps of the tables make no difference.
            prop_assume!([0.0, 1.0, PUSHED.start, PUSHED.end].iter().all(|edge| (z.abs() - edge).abs() > 0.03));

            let relu = layer.relu.as_ref().unwrap();
            let gate = relu.lut.at(relu.lut.outputs() - 1, z * format.activation_range * layer.output_amplitude());
            // Far less than the room that is left beside the push.
            let delta = delta * PUSH;
            let gated = layer.delta.lut.at(0, delta + gate - GATE_CENTRE);
            let expected = match z {
                z if (0.0..1.0).contains(&z) => delta,
                z if PUSHED.contains(&z.abs()) => delta + PUSH.copysign(z),
                _ => 0.0,
            };
            let numbers = &format.layers[0];
            let error = gated / numbers.gradient_amplitude * numbers.delta_amplitude - expected;
            prop_assert!(error.abs() <= 1.0 / layer.delta.lut.steps() as f64, "{gated} for {expected}");
        }

        /// A lower learning rate scales what is packed for a gradient, and none of the gadget rows nor the gate.
        #[test]
        fn a_fallen_rate_scales_the_update_alone(rate in 0.0..=1.0, phase in -0.25..0.25) {
            let (training, engine) = (TrainingPlan::default(), ApproximatePlan::default());
            let network = ApproximateNetwork::new(&[3, 4, 2], &training, &engine, &N2048, &[]).unwrap();
            let scaled_alone = |scaled: &RealLut, table: &RealLut, packed: Option<usize>| {
                prop_assert_eq!(scaled.outputs(), table.outputs());
                for output in 0..table.outputs() {
                    let factor = if packed == Some(output) { rate } else { 1.0 };
                    prop_assert_eq!(scaled.at(output, phase), table.at(output, phase) * factor);
                }
                Ok(())
            };
            let [first, last] = network.layers() else { unreachable!("two layers") };
            scaled_alone(&first.delta_at(rate), &first.delta.lut, Some(0))?;
            scaled_alone(&last.delta_at(rate), &last.delta.lut, None)?;
            let relu = first.relu.as_ref().unwrap();
            scaled_alone(&relu.at(rate).lut, &relu.lut, Some(relu.lut.outputs() - 2))?;
        }

        /// Inputs of an inference can be divided into shares at will, since their tables are the same in all.
        #[test]
        fn all_inferences_have_the_same_relu(samples in 1..100_usize) {
            let (training, engine) = (TrainingPlan::default(), ApproximatePlan::default());
            let network = ApproximateNetwork::new(&[3, 4, 2], &training, &engine, &N2048, &[]).unwrap();
            let at = StepContext::whole(0, 1.0, samples);
            prop_assert_eq!(&Some(network.relu(at, Mode::Infer).unwrap()), &network.layers()[0].relu);
        }
    }
}
