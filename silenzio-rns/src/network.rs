//! A whole network in integers: the formats that the planner chose, with the public randomness of the plan.

use crate::format::{ExactFormat, LayerFormat};
use crate::residues::union;
use crate::softmax::SoftmaxGradient;
use silenzio_core::plan::{ExactPlan, Rounding, TrainingPlan};
use silenzio_core::random::{Purpose, Seed, Stream};
use silenzio_core::{EngineError, Mode, Modulus, StepContext, shapes};

/// A network for an [`ExactEngine`](crate::ExactEngine) and its [`ExactClient`](crate::ExactClient), which use the same
/// [`ExactFormat`].
#[derive(Clone, PartialEq, Debug)]
pub struct ExactNetwork {
    format: ExactFormat,
    rounding: Rounding,
    /// The number of samples for which the divisors of gradients were planned.
    batch: usize,
    /// The layers that are trained, in ascending order.
    trained: Vec<usize>,
    seed: Seed,
}

impl ExactNetwork {
    /// The network of a format, for example from a file, which is checked against the widths and plans.
    ///
    /// # Errors
    /// If the format does not belong to the widths and plans, or this version does not support it.
    pub fn of_format(
        widths: &[usize],
        training: &TrainingPlan,
        plan: &ExactPlan,
        format: ExactFormat,
    ) -> Result<Self, EngineError> {
        format.check(widths, training, plan.gadget)?;
        let trained = training.train.numbers(format.layers.len());
        Ok(Self {
            format,
            rounding: plan.rounding,
            batch: training.batch,
            trained,
            seed: Seed(training.seed),
        })
    }

    /// The network whose formats are the cheapest at the given costs of look-ups.
    ///
    /// # Errors
    /// The errors of [`ExactFormat::planned`].
    pub fn new(
        widths: &[usize],
        training: &TrainingPlan,
        plan: &ExactPlan,
        lut_cost: impl Fn(Modulus) -> f64,
    ) -> Result<Self, EngineError> {
        Self::of_format(widths, training, plan, ExactFormat::planned(widths, training, plan, lut_cost)?)
    }

    /// The number formats.
    pub const fn format(&self) -> &ExactFormat {
        &self.format
    }

    /// The layers, from the inputs to the logits.
    pub fn layers(&self) -> &[LayerFormat] {
        &self.format.layers
    }

    /// The format of layer `layer`.
    ///
    /// # Errors
    /// If there is no such layer.
    pub fn layer(&self, layer: usize) -> Result<&LayerFormat, EngineError> {
        shapes::layer(&self.format.layers, layer)
    }

    /// The number of the last layer, whose outputs are the logits.
    pub fn last(&self) -> usize {
        self.format.layers.len().saturating_sub(1)
    }

    /// The layers that are trained, in ascending order. The formats of frozen layers are planned as if they were
    /// trained, so that weights have the same format in plans with and without frozen layers.
    pub fn trained_layers(&self) -> &[usize] {
        &self.trained
    }

    /// Whether layer `layer` is trained, and so has a gradient.
    pub(crate) fn is_trained(&self, layer: usize) -> bool {
        self.trained.contains(&layer)
    }

    /// Whether there are deltas at the outputs of layer `layer`, as there are from the lowest trained layer on.
    pub(crate) fn has_deltas(&self, layer: usize) -> bool {
        self.trained.first().is_some_and(|&lowest| layer >= lowest)
    }

    /// The moduli of the gradient product of a layer, if it is trained.
    fn gradient_moduli(&self, layer: usize) -> &[Modulus] {
        let format = self.format.layers.get(layer).filter(|_| self.is_trained(layer));
        format.map_or(&[], |format| format.gradient.moduli())
    }

    /// The moduli of the delta product of a layer, if the layer below has deltas.
    fn propagation_moduli(&self, layer: usize) -> &[Modulus] {
        let below = layer.checked_sub(1).filter(|&below| self.has_deltas(below));
        let format = self.format.layers.get(layer).filter(|_| below.is_some());
        format.map_or(&[], LayerFormat::delta_moduli)
    }

    /// The loss.
    pub const fn softmax(&self) -> &SoftmaxGradient {
        &self.format.softmax
    }

    /// The integer at which activations saturate and the gates of deltas close.
    pub const fn activation_alpha(&self) -> i64 {
        self.format.activation_alpha
    }

    /// The real value at which the activations of each hidden layer saturate.
    pub fn activation_limits(&self) -> Vec<f32> {
        let hidden = self.format.layers.iter().take(self.format.layers.len().saturating_sub(1));
        hidden.map(|format| (self.format.activation_alpha as f64 * format.output_unit) as f32).collect()
    }

    /// The integer at which propagated deltas saturate.
    pub const fn delta_alpha(&self) -> i64 {
        self.format.delta_alpha
    }

    /// The modulus of a value that holds a delta together with the bit of its gate.
    ///
    /// # Errors
    /// If they do not fit in eight bits.
    pub fn gated_delta(&self) -> Result<Modulus, EngineError> {
        Ok(holding(2 * (2 * self.format.delta_alpha + 1))?)
    }

    /// The moduli in which the inputs of layer `layer` are needed.
    pub fn input_moduli(&self, layer: usize) -> Vec<Modulus> {
        self.format
            .layers
            .get(layer)
            .map_or_else(Vec::new, |l| union([l.forward.moduli(), self.gradient_moduli(layer)]))
    }

    /// The moduli in which the weights of layer `layer` are needed.
    pub fn weight_moduli(&self, layer: usize) -> Vec<Modulus> {
        self.format
            .layers
            .get(layer)
            .map_or_else(Vec::new, |l| union([l.forward.moduli(), self.propagation_moduli(layer)]))
    }

    /// The moduli in which the weights of a layer are needed for training, or for inference.
    ///
    /// # Errors
    /// If there is no such layer.
    pub(crate) fn prepared_moduli(&self, layer: usize, mode: Mode) -> Result<Vec<Modulus>, EngineError> {
        let format = self.layer(layer)?;
        Ok(match mode {
            Mode::Train => self.weight_moduli(layer),
            Mode::Infer => format.forward.moduli().to_vec(),
        })
    }

    /// The moduli in which the deltas at the outputs of layer `layer` are needed.
    pub fn delta_moduli(&self, layer: usize) -> Vec<Modulus> {
        union([self.gradient_moduli(layer), self.propagation_moduli(layer)])
    }

    /// The moduli in which labels are needed.
    pub fn label_moduli(&self) -> Vec<Modulus> {
        self.delta_moduli(self.last())
    }

    /// The number of values of an encrypted training sample.
    pub fn values_per_sample(&self) -> usize {
        let (inputs, classes) = (
            self.format.layers.first().map_or(0, |l| l.inputs),
            self.format.layers.last().map_or(0, |l| l.outputs),
        );
        inputs * self.input_moduli(0).len() + classes * self.label_moduli().len()
    }

    /// The approximate number of values that a server holds during a step on `batch` samples: weights, and the residues
    /// of weights, activations and deltas.
    pub fn values_held(&self, batch: usize) -> usize {
        let of_layer = |(layer, l): (usize, &LayerFormat)| {
            let weights = (l.inputs + 1) * l.outputs * (2 + self.weight_moduli(layer).len());
            let activations = batch * (l.inputs + 1) * self.input_moduli(layer).len();
            weights + activations + batch * l.outputs * self.delta_moduli(layer).len()
        };
        self.format.layers.iter().enumerate().map(of_layer).sum()
    }

    /// The factor on a scaled gradient: the rate at a step, on the mean over the samples that the batch really has.
    pub fn update_rate(&self, at: StepContext) -> f64 {
        at.rate_on_mean(self.batch)
    }

    /// The dither of an operation; `None` if the plan rounds to nearest.
    pub fn dither(&self, purpose: Purpose, at: StepContext) -> Option<Stream> {
        (self.rounding == Rounding::Dither).then(|| self.seed.stream(purpose, at.step, at.layer))
    }
}

fn holding(levels: i64) -> Result<Modulus, silenzio_core::BackendError> {
    Ok(Modulus::holding(u32::try_from(levels).unwrap_or(u32::MAX))?)
}
