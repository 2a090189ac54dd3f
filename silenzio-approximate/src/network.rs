//! A whole network: layouts, amplitudes, integer units and functions, as a format says.
//!
//! A real number r is on the torus at some *amplitude* A as r A. Factors are integers, in steps of a *unit*.
//!
//! - Weights of a layer with inputs in steps of u enter products at the amplitude `weight_amplitude` = A_z u, so that
//!   pre-activations have the amplitude A_z, at which the quarter of the torus holds twice the range in the plan.
//! - Master weights, which gather the noise of all updates, have the same amplitude or, in a *refreshed* layer, the
//!   larger `master_amplitude`, at which the quarter of the torus holds one and a half of the range in the plan. One
//!   bootstrap per weight and step then makes the weights that enter products.
//! - Deltas have, where they are packed for a layer's gradient, the amplitude (η / batch) u `master_amplitude`, so that
//!   activations times deltas are the update itself.
//! - Deltas as factors have a unit of their own, such that the propagated delta, which comes at the amplitude
//!   `weight_amplitude` / unit, fits an eighth of the torus.

use crate::circuit_bootstrapping::{Function, gadget_rows};
use crate::format::{ApproximateFormat, LayerNumbers};
use crate::layout::Layout;
use crate::softmax::{LossScales, SoftmaxGradient};
use silenzio_core::approximate::{ApproximateParameters, Precision, RealLut};
use silenzio_core::plan::{ApproximatePlan, Rounding, TrainingPlan};
use silenzio_core::random::{Purpose, Seed};
use silenzio_core::{BackendError, EngineError, StepContext, shapes};

/// What an open gate adds to a propagated delta: it moves it from the eighths around zero to those around it.
pub const OPEN_GATE: f64 = 0.25;

/// What is subtracted from a gated delta, so that both kinds are in the quarters around zero.
pub const GATE_CENTRE: f64 = 0.125;

/// How one layer is computed.
#[derive(Clone, PartialEq, Debug)]
pub struct LayerFormat {
    /// Where its weights are.
    pub layout: Layout,
    /// The real value of a step of an input.
    pub input_unit: f64,
    /// The largest input integer.
    pub input_alpha: i64,
    /// The integer at the constant bias input.
    pub bias_input: i64,
    /// Of the weights in products, torus per unit.
    pub weight_amplitude: f64,
    /// Of the master weights, torus per unit.
    pub master_amplitude: f64,
    /// The step of decrypted weights.
    pub weight_step: f64,
    /// From master weights to weights in products, where their amplitudes differ.
    pub(crate) refresh: Option<RealLut>,
    /// The ReLU behind a hidden layer: gadget rows of the activations, then the gate.
    pub(crate) relu: Option<RealLut>,
    /// Deltas at the outputs, from what they are made of: the one for the gradient, then, for all layers but the
    /// first, gadget rows.
    pub(crate) delta: RealLut,
    /// Of the bootstrap that makes the deltas.
    pub(crate) delta_precision: Precision,
}

impl LayerFormat {
    /// The amplitude of the master weights of input `input`: those of the bias make up for its input not being
    /// exactly 1.
    pub fn amplitude_of(&self, input: usize) -> f64 {
        if input + 1 == self.layout.inputs {
            self.master_amplitude / (self.bias_input as f64 * self.input_unit)
        } else {
            self.master_amplitude
        }
    }

    /// The table of deltas for a learning rate that has fallen to a part of the plan's.
    fn delta_at(&self, rate: f64) -> RealLut {
        let mut lut = self.delta.clone();
        lut.scale(0, rate);
        lut
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
    /// The samples that the amplitudes of gradients are for.
    batch: usize,
    layers: Vec<LayerFormat>,
    softmax: SoftmaxGradient,
    /// The step of the loss's deltas as factors, on the torus: the width of the dither, where there is one.
    loss_dither: Option<f64>,
    seed: Seed,
}

impl ApproximateNetwork {
    /// The network of a format that was planned for these widths, plans and parameters, or claims to be.
    ///
    /// # Errors
    /// If the format does not belong to the widths, or is none that this version computes with.
    pub fn of_format(
        widths: &[usize],
        training: &TrainingPlan,
        plan: &ApproximatePlan,
        parameters: &'static ApproximateParameters,
        format: ApproximateFormat,
    ) -> Result<Self, EngineError> {
        format.check(widths, parameters)?;
        let last = shapes::layer(&format.layers, format.layers.len().saturating_sub(1))?;
        let scales = LossScales {
            input_amplitude: last.weight_amplitude / last.input_unit,
            logit_range: format.logit_range,
            logit_amplitude: format.loss_amplitude,
            delta_amplitude: format.delta_amplitude,
        };
        let softmax = SoftmaxGradient::new(
            last.layout.outputs,
            scales,
            parameters.table_size(Precision::Coarse),
            training,
        )?;
        let tables = Tables { format: &format, parameters };
        let layers = (0..format.layers.len()).map(|layer| tables.layer(layer)).collect::<Result<_, _>>()?;
        let dithered = plan.rounding == Rounding::Dither;
        let loss_dither = last.delta_unit.filter(|_| dithered).map(|unit| unit * format.delta_amplitude);
        let (batch, seed) = (training.batch, Seed(training.seed));
        Ok(Self { parameters, format, batch, layers, softmax, loss_dither, seed })
    }

    /// The parameters that it is planned for.
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

    pub(crate) fn layers_mut(&mut self) -> &mut [LayerFormat] {
        &mut self.layers
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

    /// The table of the deltas at the outputs of layer `layer` at a step: at its learning rate, on the mean over the
    /// samples that are there.
    ///
    /// # Errors
    /// If there is no such layer.
    pub(crate) fn delta_lut(&self, at: StepContext, layer: usize) -> Result<RealLut, EngineError> {
        Ok(self.layer(layer)?.delta_at(at.rate_on_mean(self.batch)))
    }

    /// What is added to the deltas of the loss of a share of a batch, so that their rounding to factors is stochastic. The noise of
    /// a bootstrap's input does the same for activations and propagated deltas.
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

    /// The bootstraps that `samples` samples in `steps` steps take: for each sample two per hidden unit and four per
    /// class but for one, and for each step one per refreshed weight.
    pub fn bootstraps(&self, steps: u64, samples: u64) -> Bootstraps {
        let outputs = |layer: &LayerFormat| layer.layout.outputs as u64;
        let classes = self.layers.last().map_or(0, outputs);
        let hidden = self.layers.iter().map(outputs).sum::<u64>() - classes;
        let deltas_to = |precision| {
            self.layers.iter().filter(|layer| layer.delta_precision == precision).map(outputs).sum::<u64>()
        };
        let refreshed = self.layers.iter().filter(|layer| layer.refresh.is_some());
        let weights: u64 = refreshed.map(|layer| layer.layout.weights() as u64).sum();
        Bootstraps {
            fine: samples * (hidden + deltas_to(Precision::Fine)),
            medium: samples * deltas_to(Precision::Medium),
            coarse: samples * (3 * classes - 1 + deltas_to(Precision::Coarse)) + steps * weights,
        }
    }
}

/// Numbers of bootstraps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bootstraps {
    /// To [`Precision::Fine`].
    pub fine: u64,
    /// To [`Precision::Medium`].
    pub medium: u64,
    /// To [`Precision::Coarse`].
    pub coarse: u64,
}

impl Bootstraps {
    /// Of all precisions.
    pub const fn total(&self) -> u64 {
        self.fine + self.medium + self.coarse
    }

    /// To `precision`.
    pub const fn to(&self, precision: Precision) -> u64 {
        match precision {
            Precision::Coarse => self.coarse,
            Precision::Medium => self.medium,
            Precision::Fine => self.fine,
        }
    }
}

/// Makes the tables of the bootstraps from the numbers of a format.
struct Tables<'a> {
    format: &'a ApproximateFormat,
    parameters: &'a ApproximateParameters,
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
            refresh: numbers.is_refreshed().then(|| self.refresh(numbers)).transpose()?,
            relu: above.map(|above| self.relu(numbers, above)).transpose()?,
            delta_precision: numbers.delta_precision,
            delta: match above {
                // Below zero the gate is closed.
                Some(_) => self.delta(numbers, |x| if x < 0.0 { 0.0 } else { x - GATE_CENTRE })?,
                None => self.delta(numbers, |x| x)?,
            },
        })
    }

    fn refresh(&self, numbers: &LayerNumbers) -> Result<RealLut, BackendError> {
        let factor = numbers.weight_amplitude / numbers.master_amplitude;
        RealLut::new(self.parameters.table_size(Precision::Coarse), &[&|x| x * factor])
    }

    /// The ReLU of pre-activations. The gate closes where the activation saturates: a unit that left the range is
    /// not pushed on.
    fn relu(&self, numbers: &LayerNumbers, above: &LayerNumbers) -> Result<RealLut, BackendError> {
        let (range, unit) = (self.format.activation_range, above.input_unit);
        let amplitude = numbers.weight_amplitude / numbers.input_unit;
        let activation = |x: f64| ((x / amplitude).clamp(0.0, range) / unit).round() as i64;
        let gate = |x: f64| if (0.0..range).contains(&(x / amplitude)) { OPEN_GATE } else { 0.0 };
        let mut functions = gadget_rows(self.parameters.circuit, activation);
        functions.push(Box::new(gate));
        self.sample(Precision::Fine, &functions)
    }

    /// The deltas at the outputs of a layer, from what comes at their amplitude.
    fn delta(
        &self,
        numbers: &LayerNumbers,
        value: impl Fn(f64) -> f64 + Copy,
    ) -> Result<RealLut, BackendError> {
        let alpha = self.format.delta_alpha;
        let LayerNumbers { delta_amplitude, gradient_amplitude, .. } = *numbers;
        let delta = move |x: f64| value(x) / delta_amplitude;
        let mut functions: Vec<Function<'_>> = vec![Box::new(move |x| delta(x) * gradient_amplitude)];
        if let Some(unit) = numbers.delta_unit {
            let integer = move |x: f64| ((delta(x) / unit).round() as i64).clamp(-alpha, alpha);
            functions.extend(gadget_rows(self.parameters.circuit, integer));
        }
        self.sample(numbers.delta_precision, &functions)
    }

    fn sample(&self, precision: Precision, functions: &[Function<'_>]) -> Result<RealLut, BackendError> {
        let functions: Vec<&dyn Fn(f64) -> f64> = functions.iter().map(|function| &**function).collect();
        RealLut::new(self.parameters.table_size(precision), &functions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use silenzio_core::approximate::parameters::N2048;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        /// A learning rate that has fallen scales what becomes the update, and no delta that goes on as a factor.
        #[test]
        fn a_fallen_rate_scales_the_update_alone(rate in 0.0..=1.0, phase in -0.25..0.25) {
            let (training, engine) = (TrainingPlan::default(), ApproximatePlan::default());
            let network = ApproximateNetwork::new(&[3, 4, 2], &training, &engine, &N2048, &[]).unwrap();
            for layer in network.layers() {
                let scaled = layer.delta_at(rate);
                prop_assert_eq!(scaled.outputs(), layer.delta.outputs());
                prop_assert_eq!(scaled.at(0, phase), layer.delta.at(0, phase) * rate);
                for row in 1..scaled.outputs() {
                    prop_assert_eq!(scaled.at(row, phase), layer.delta.at(row, phase));
                }
            }
        }
    }
}
