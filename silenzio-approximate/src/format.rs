//! The number formats of a network, which are planned once and then used by the client and the server.
//!
//! A format is part of the headers of files, and holds all that a reader needs, so that nothing is ever planned twice.

use crate::layout::Layout;
use crate::loss;
use serde::{Deserialize, Serialize};
use silenzio_core::approximate::{ApproximateParameters, ByPrecision, Precision};
use silenzio_core::plan::Loss;
use silenzio_core::{EngineError, shapes};

/// The number formats of a whole network.
///
/// A real number r is represented on the torus as r A, for some *amplitude* A. Factors are integers, in steps of a
/// *unit*.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApproximateFormat {
    /// The layers, from the inputs up.
    pub layers: Vec<LayerNumbers>,
    /// The real value at which the activations of hidden layers saturate.
    pub activation_range: f64,
    /// The real value at which logits are clamped before the loss. With the squared loss, the differences of outputs
    /// and targets are clamped instead.
    pub logit_range: f64,
    /// The amplitude of clamped logits in the loss, torus per unit.
    pub loss_amplitude: f64,
    /// The amplitude of the deltas of the loss and of labels, torus per unit.
    pub delta_amplitude: f64,
    /// The largest delta as a factor, in steps.
    pub delta_alpha: i64,
}

/// The number formats of a layer.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerNumbers {
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
    /// The amplitude of the master weights, torus per unit. If it differs from `weight_amplitude`, weights are
    /// refreshed at every step.
    pub master_amplitude: f64,
    /// The amplitude of the deltas at the outputs before they are bootstrapped, torus per unit.
    pub delta_amplitude: f64,
    /// The amplitude of the operand that is packed for the gradient, torus per unit: the deltas at the outputs or the
    /// inputs, whichever are not factors.
    pub gradient_amplitude: f64,
    /// The real value of a step of the deltas at the outputs as factors; `None` in the lowest trained layer and below
    /// it.
    pub delta_unit: Option<f64>,
    /// The precision of the bootstrap that computes the deltas at the outputs. It has to be fine for deltas that become
    /// factors, but not for those that are only packed.
    #[serde(default = "fine", skip_serializing_if = "is_fine")]
    pub delta_precision: Precision,
    /// The precision of the bootstrap that computes the inputs, if they are activations. It has to be fine for those that
    /// are factors in the gradient.
    #[serde(default = "fine", skip_serializing_if = "is_fine")]
    pub input_precision: Precision,
    /// Which operands of the gradient are factors.
    #[serde(default, skip_serializing_if = "GradientFactors::is_inputs")]
    pub gradient_factors: GradientFactors,
    /// The step to which decrypted weights are rounded: a power of two, a fraction of the noise that the whole
    /// training leaves in them.
    pub weight_step: f64,
}

/// Which operands of a gradient are factors. The others are packed.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GradientFactors {
    /// The inputs, as in the forward product.
    #[default]
    Inputs,
    /// The deltas at the outputs, as in the product that propagates them.
    Deltas,
}

impl GradientFactors {
    /// Whether the inputs are factors.
    pub const fn is_inputs(&self) -> bool {
        matches!(self, Self::Inputs)
    }
}

impl ApproximateFormat {
    /// The lowest trained layer. In the layers above it, deltas are factors.
    fn lowest(&self) -> usize {
        let above = self.layers.iter().position(|layer| layer.delta_unit.is_some());
        above.unwrap_or(self.layers.len()).saturating_sub(1)
    }

    /// The numbers of bootstraps for `samples` samples in `steps` steps.
    ///
    /// Each sample takes one bootstrap per hidden unit, another one per hidden unit with a delta, one per output and,
    /// with the softmax cross entropy of c classes, 3c - 1 more. Each step takes one bootstrap per weight that is
    /// refreshed.
    pub fn bootstraps(&self, loss: Loss, steps: u64, samples: u64) -> ByPrecision<u64> {
        let outputs = self.layers.last().map_or(0, |layer| layer.layout.outputs as u64);
        let mut bootstraps = ByPrecision::default();
        bootstraps[Precision::Coarse] += samples * loss::bootstraps(loss, outputs);
        for (number, layer) in self.layers.iter().enumerate() {
            if number >= self.lowest() {
                bootstraps[layer.delta_precision] += samples * layer.layout.outputs as u64;
            }
            let weights = steps * layer.layout.weights() as u64;
            match layer.weight_form() {
                WeightForm::Kept => {}
                WeightForm::Refreshed => bootstraps[Precision::Coarse] += weights,
            }
            if number > 0 {
                let units = layer.layout.inputs as u64 - 1;
                bootstraps[layer.input_precision] += samples * units;
            }
        }
        bootstraps
    }

    /// The first layer whose encrypted weights mean different numbers in another format of a network with the same
    /// widths; `None` if weights can be taken from one format to the other.
    pub fn other_weights(&self, other: &Self) -> Option<usize> {
        let numbers = |numbers: &LayerNumbers| {
            let bias_value = numbers.bias_input as f64 * numbers.input_unit;
            (numbers.layout, numbers.master_amplitude, bias_value)
        };
        self.layers.iter().zip(&other.layers).position(|(a, b)| numbers(a) != numbers(b))
    }

    /// Checks that a format belongs to a network with these widths, whose lowest trained layer is `lowest`.
    ///
    /// # Errors
    /// [`EngineError::Shape`] if the number of layers or the shape of a layer differs, or a number is out of range.
    pub(crate) fn check(
        &self,
        widths: &[usize],
        parameters: &ApproximateParameters,
        lowest: usize,
    ) -> Result<(), EngineError> {
        let largest_message = parameters.largest_message();
        shapes::check_count("layers of a format", widths.len().saturating_sub(1), self.layers.len())?;
        for (name, number) in [
            ("activation_range", self.activation_range),
            ("logit_range", self.logit_range),
            ("loss_amplitude", self.loss_amplitude),
            ("delta_amplitude", self.delta_amplitude),
        ] {
            shapes::check_format(name, positive(number), number)?;
        }
        shapes::check_format(
            "delta_alpha",
            (1..=largest_message).contains(&self.delta_alpha),
            self.delta_alpha,
        )?;
        for (layer, (numbers, (below, units))) in
            self.layers.iter().zip(shapes::of_layers(widths)).enumerate()
        {
            let Layout { inputs, outputs, .. } = numbers.layout;
            shapes::check_matrix("layer of a format", (below + 1, units), (inputs, outputs))?;
            numbers.layout.check_consistent(parameters.polynomial_size)?;
            numbers.check(layer > lowest, largest_message)?;
        }
        Ok(())
    }
}

impl LayerNumbers {
    /// How the weights enter products.
    pub fn weight_form(&self) -> WeightForm {
        if self.master_amplitude == self.weight_amplitude { WeightForm::Kept } else { WeightForm::Refreshed }
    }

    /// The precision of the bootstrap that computes the operand that is packed for the gradient.
    pub(crate) fn packed_precision(&mut self) -> &mut Precision {
        match self.gradient_factors {
            GradientFactors::Inputs => &mut self.delta_precision,
            GradientFactors::Deltas => &mut self.input_precision,
        }
    }

    fn check(&self, propagates: bool, largest_message: i64) -> Result<(), EngineError> {
        for (name, number) in [
            ("input_unit", self.input_unit),
            ("weight_amplitude", self.weight_amplitude),
            ("master_amplitude", self.master_amplitude),
            ("delta_amplitude of a layer", self.delta_amplitude),
            ("gradient_amplitude", self.gradient_amplitude),
            ("delta_unit", self.delta_unit.unwrap_or(1.0)),
            ("weight_step", self.weight_step),
        ] {
            shapes::check_format(name, positive(number), number)?;
        }
        shapes::check_format("weight_step", is_power_of_two(self.weight_step), self.weight_step)?;
        shapes::check_format(
            "delta_unit",
            self.delta_unit.is_some() == propagates,
            format!("{:?}", self.delta_unit),
        )?;
        shapes::check_format(
            "delta_precision",
            self.delta_precision == Precision::Fine || self.delta_unit.is_none(),
            self.delta_precision.name(),
        )?;
        shapes::check_format(
            "deltas as factors of a gradient",
            propagates || self.gradient_factors.is_inputs(),
            propagates,
        )?;
        shapes::check_format(
            "input_alpha",
            (1..=largest_message).contains(&self.input_alpha),
            self.input_alpha,
        )?;
        shapes::check_format("bias_input", (1..=self.input_alpha).contains(&self.bias_input), self.bias_input)
    }
}

/// How the weights of a layer enter products.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WeightForm {
    /// The master weights enter products as they are. The inputs are factors.
    Kept,
    /// The master weights have a larger amplitude, far above the noise, and are bootstrapped to the amplitude of
    /// products at every step. The inputs are factors.
    Refreshed,
}

const fn fine() -> Precision {
    Precision::Fine
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_fine(precision: &Precision) -> bool {
    *precision == Precision::Fine
}

/// Whether a number is a possible amplitude or unit: positive, and far from under- and overflow.
fn positive(number: f64) -> bool {
    (1e-30..1e30).contains(&number)
}

fn is_power_of_two(number: f64) -> bool {
    number.is_normal() && number.to_bits() << 12 == 0
}
