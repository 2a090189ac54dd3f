//! A whole network: layouts, amplitudes, integer units and functions, from the public plan.
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
use crate::layout::Layout;
use crate::softmax::SoftmaxGradient;
use silenzio_core::approximate::{ApproximateParameters, RealLut};
use silenzio_core::plan::{EnginePlan, Rounding, TrainingPlan};
use silenzio_core::random::{Purpose, Seed};
use silenzio_core::{EngineError, StepContext, shapes};

/// How many times the range in the plan a pre-activation can be before it wraps. From once on it saturates; above
/// the margin, activation and gate are 0.
const PRE_ACTIVATION_MARGIN: f64 = 2.0;

/// How many times the range in the plan a refreshed weight can be before it wraps.
const WEIGHT_MARGIN: f64 = 1.5;

/// How many times the range in the plan a propagated delta can be before it wraps.
const DELTA_MARGIN: f64 = 6.0;

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
    /// From master weights to weights in products, where their amplitudes differ.
    pub(crate) refresh: Option<RealLut>,
    /// The ReLU behind a hidden layer: gadget rows of the activations, then the gate.
    pub(crate) relu: Option<RealLut>,
    /// Deltas at the outputs, from what they are made of: the one for the gradient, then, for all layers but the
    /// first, gadget rows.
    pub(crate) delta: RealLut,
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

/// A network, ready to be trained by a [`ApproximateEngine`](crate::ApproximateEngine). Client and server derive the same
/// one from the public plan.
#[derive(Clone, PartialEq, Debug)]
pub struct ApproximateNetwork {
    parameters: &'static ApproximateParameters,
    /// The samples that the whole training visits, where it is known.
    visited: u64,
    /// The samples that the amplitudes of gradients are for.
    batch: usize,
    layers: Vec<LayerFormat>,
    softmax: SoftmaxGradient,
    activation_range: f64,
    /// The step of the loss's deltas as factors, on the torus: the width of the dither, where there is one.
    loss_dither: Option<f64>,
    seed: Seed,
}

impl ApproximateNetwork {
    /// The format of a network with the given widths (inputs, hidden layers, classes) for a backend's parameters. The
    /// weights of the layers in `refreshed` are refreshed at every step.
    ///
    /// # Errors
    /// If there is no layer, or a factor of the plan's bits does not fit the gadget.
    pub fn new(
        widths: &[usize],
        training: &TrainingPlan,
        engine: &EnginePlan,
        parameters: &'static ApproximateParameters,
        refreshed: &[usize],
    ) -> Result<Self, EngineError> {
        let (Some(&classes), true) = (widths.last(), widths.len() >= 2 && widths.iter().all(|&w| w > 0))
        else {
            return Err(EngineError::Shape {
                what: "widths",
                expected: "at least inputs and classes, none of them 0".into(),
                found: format!("{widths:?}"),
            });
        };
        for (field, bits) in [
            ("engine.bits.inputs", engine.bits.inputs),
            ("engine.bits.activations", engine.bits.activations),
            ("engine.bits.deltas", engine.bits.deltas),
        ] {
            if largest(bits) > parameters.largest_message() {
                let problem = format!("integers up to {} do not fit", largest(bits));
                return Err(EngineError::Plan { field: field.into(), problem });
            }
        }
        let range = &engine.range;
        let logit_amplitude = 0.25 / (PRE_ACTIVATION_MARGIN * range.logits);
        let size = parameters.polynomial_size;
        let softmax = SoftmaxGradient::new(classes, logit_amplitude, range.logits, size, training);
        let planner = Planner { training, engine, parameters };
        let mut layers: Vec<LayerFormat> = vec![];
        let mut delta_source = DeltaSource::default();
        for layer in 0..widths.len() - 1 {
            let last = layer + 2 == widths.len();
            let scales = planner.scales(layer, last, refreshed.contains(&layer));
            if let Some(below) = layers.last_mut() {
                // Deltas of the layer below come through these weights.
                let unit = planner.delta_unit(scales.weight_amplitude, last);
                let amplitude = scales.weight_amplitude / unit;
                below.delta = planner.gated_delta_lut(&delta_source, amplitude);
                delta_source.factor_unit = Some(unit);
            }
            delta_source.gradient_amplitude =
                training.learning_rate / training.batch as f64 * scales.input_unit * scales.master_amplitude;
            let rows = widths[layer] + 1;
            let layout =
                if layer == 0 { Layout::first } else { Layout::hidden }(size, rows, widths[layer + 1]);
            layers.push(LayerFormat {
                layout,
                input_unit: scales.input_unit,
                input_alpha: scales.input_alpha,
                bias_input: ((1.0 / scales.input_unit).round() as i64).clamp(1, scales.input_alpha),
                weight_amplitude: scales.weight_amplitude,
                master_amplitude: scales.master_amplitude,
                refresh: refreshed.contains(&layer).then(|| planner.refresh_lut(&scales)),
                relu: (!last).then(|| planner.relu_lut(scales.output_amplitude)),
                delta: planner.loss_delta_lut(&delta_source, softmax.delta_amplitude()),
            });
        }
        let dithered = engine.rounding == Rounding::Dither;
        let loss_dither =
            delta_source.factor_unit.filter(|_| dithered).map(|unit| unit * softmax.delta_amplitude());
        let seed = Seed(training.seed);
        let activation_range = range.activations;
        let batch = training.batch;
        Ok(Self { parameters, visited: 0, batch, layers, softmax, activation_range, loss_dither, seed })
    }

    /// The parameters that it is planned for.
    pub const fn parameters(&self) -> &'static ApproximateParameters {
        self.parameters
    }

    /// The samples that the whole training visits, counting again those that are visited again; 0 if that is not known.
    pub const fn visited(&self) -> u64 {
        self.visited
    }

    /// The same network, for a training that visits so many samples.
    pub(crate) const fn visiting(mut self, samples: u64) -> Self {
        self.visited = samples;
        self
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
        vec![self.activation_range as f32; self.layers.len() - 1]
    }

    /// The bootstraps that `samples` samples in `steps` steps take: for each sample two per hidden unit and four per
    /// class but for one, and for each step one per refreshed weight.
    pub fn bootstraps(&self, steps: u64, samples: u64) -> Bootstraps {
        let outputs = |layer: &LayerFormat| layer.layout.outputs as u64;
        let classes = self.layers.last().map_or(0, outputs);
        let hidden = self.layers.iter().map(outputs).sum::<u64>() - classes;
        let refreshed = self.layers.iter().filter(|layer| layer.refresh.is_some());
        let weights: u64 = refreshed.map(|layer| layer.layout.weights() as u64).sum();
        Bootstraps {
            fine: samples * (2 * hidden + classes),
            coarse: samples * (3 * classes - 1) + steps * weights,
        }
    }
}

/// Numbers of bootstraps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bootstraps {
    /// To [`Precision::Fine`](silenzio_core::approximate::Precision::Fine).
    pub fine: u64,
    /// To [`Precision::Coarse`](silenzio_core::approximate::Precision::Coarse).
    pub coarse: u64,
}

impl Bootstraps {
    /// Of either precision.
    pub const fn total(&self) -> u64 {
        self.fine + self.coarse
    }
}

/// What the deltas at a layer's outputs are made for.
#[derive(Default)]
struct DeltaSource {
    gradient_amplitude: f64,
    /// The unit of the deltas as factors, for all layers but the first.
    factor_unit: Option<f64>,
}

struct Scales {
    input_unit: f64,
    input_alpha: i64,
    output_amplitude: f64,
    weight_amplitude: f64,
    master_amplitude: f64,
}

struct Planner<'a> {
    training: &'a TrainingPlan,
    engine: &'a EnginePlan,
    parameters: &'a ApproximateParameters,
}

/// The largest integer of `bits` bits.
fn largest(bits: u32) -> i64 {
    (1 << bits) - 1
}

impl Planner<'_> {
    fn scales(&self, layer: usize, last: bool, refreshed: bool) -> Scales {
        let (bits, range) = (&self.engine.bits, &self.engine.range);
        let (input_alpha, input_range) = if layer == 0 {
            (largest(bits.inputs), 1.0)
        } else {
            (largest(bits.activations), range.activations)
        };
        let input_unit = input_range / input_alpha as f64;
        let output_range = if last { range.logits } else { range.activations };
        let output_amplitude = 0.25 / (PRE_ACTIVATION_MARGIN * output_range);
        let weight_amplitude = output_amplitude * input_unit;
        let master_amplitude =
            if refreshed { 0.25 / (WEIGHT_MARGIN * range.weights_of(layer)) } else { weight_amplitude };
        Scales { input_unit, input_alpha, output_amplitude, weight_amplitude, master_amplitude }
    }

    fn refresh_lut(&self, scales: &Scales) -> RealLut {
        let factor = scales.weight_amplitude / scales.master_amplitude;
        RealLut::new(self.parameters.polynomial_size, &[&|x| x * factor])
    }

    /// The unit of the deltas above weights of this amplitude: as fine as the bits and the range of the propagated
    /// delta allow.
    fn delta_unit(&self, weight_amplitude: f64, last: bool) -> f64 {
        let largest_delta =
            if last { self.largest_loss_delta() } else { DELTA_MARGIN * self.engine.range.deltas };
        let by_bits = largest_delta / largest(self.engine.bits.deltas) as f64;
        let by_range = weight_amplitude * DELTA_MARGIN * self.engine.range.deltas / GATE_CENTRE;
        by_bits.max(by_range)
    }

    fn largest_loss_delta(&self) -> f64 {
        1.0 + self.training.logit_penalty * self.engine.range.logits
    }

    /// The ReLU of pre-activations. The gate closes where the activation saturates: a unit that left the range is
    /// not pushed on.
    fn relu_lut(&self, amplitude: f64) -> RealLut {
        let range = self.engine.range.activations;
        let unit = range / largest(self.engine.bits.activations) as f64;
        let activation = |x: f64| ((x / amplitude).clamp(0.0, range) / unit).round() as i64;
        let gate = |x: f64| if (0.0..range).contains(&(x / amplitude)) { OPEN_GATE } else { 0.0 };
        let mut functions = gadget_rows(self.parameters.circuit, activation);
        functions.push(Box::new(gate));
        self.sample(&functions)
    }

    /// The deltas of the last layer, from the loss.
    fn loss_delta_lut(&self, source: &DeltaSource, amplitude: f64) -> RealLut {
        self.delta_lut(source, |x| x / amplitude)
    }

    /// The deltas of a hidden layer, from propagated deltas with their gates. Below zero the gate is closed.
    fn gated_delta_lut(&self, source: &DeltaSource, amplitude: f64) -> RealLut {
        self.delta_lut(source, |x| if x < 0.0 { 0.0 } else { (x - GATE_CENTRE) / amplitude })
    }

    fn delta_lut(&self, source: &DeltaSource, delta: impl Fn(f64) -> f64 + Copy) -> RealLut {
        let alpha = largest(self.engine.bits.deltas);
        let mut functions: Vec<Function<'_>> = vec![Box::new(move |x| delta(x) * source.gradient_amplitude)];
        if let Some(unit) = source.factor_unit {
            let integer = move |x: f64| ((delta(x) / unit).round() as i64).clamp(-alpha, alpha);
            functions.extend(gadget_rows(self.parameters.circuit, integer));
        }
        self.sample(&functions)
    }

    fn sample(&self, functions: &[Function<'_>]) -> RealLut {
        let functions: Vec<&dyn Fn(f64) -> f64> = functions.iter().map(|function| &**function).collect();
        RealLut::new(self.parameters.polynomial_size, &functions)
    }
}
