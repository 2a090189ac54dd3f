//! The number formats of a network: what a planner chose once, and everybody computes and decrypts with.
//!
//! A format travels in the headers of files, so it says everything that a reader needs: nobody plans again.

use crate::layout::Layout;
use serde::{Deserialize, Serialize};
use silenzio_core::approximate::{ApproximateParameters, Precision};
use silenzio_core::{EngineError, shapes};

/// The number formats of a whole network.
///
/// A real number r is on the torus at some *amplitude* A as r A; factors are integers, in steps of a *unit*.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApproximateFormat {
    /// The layers, from the inputs up.
    pub layers: Vec<LayerNumbers>,
    /// The real value at which the activations of hidden layers saturate.
    pub activation_range: f64,
    /// The real value at which logits are clamped before the loss.
    pub logit_range: f64,
    /// The amplitude of clamped logits in the loss, torus per unit.
    pub loss_amplitude: f64,
    /// The amplitude of the deltas that come out of the loss, and of labels, torus per unit.
    pub delta_amplitude: f64,
    /// The largest delta as a factor, in steps.
    pub delta_alpha: i64,
}

/// The number formats of a layer.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerNumbers {
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
    /// Of the master weights, torus per unit. Where it is not `weight_amplitude`, weights are refreshed at every step.
    pub master_amplitude: f64,
    /// Of the deltas at the outputs before they are bootstrapped, torus per unit.
    pub delta_amplitude: f64,
    /// Of the deltas at the outputs as they are packed for the gradient, torus per unit.
    pub gradient_amplitude: f64,
    /// The real value of a step of the deltas at the outputs as factors; none in the first layer.
    pub delta_unit: Option<f64>,
    /// Of the bootstrap that makes the deltas at the outputs. Deltas that become factors have to be fine; others are only packed.
    #[serde(default = "fine", skip_serializing_if = "is_fine")]
    pub delta_precision: Precision,
    /// The step of the decrypted weights, a power of two above the noise that the whole training leaves in them.
    pub weight_step: f64,
}

impl ApproximateFormat {
    /// The first layer whose weights are other numbers in another format of a network with the same widths; none if weights
    /// of one are weights of the other.
    pub fn other_weights(&self, other: &Self) -> Option<usize> {
        let numbers = |numbers: &LayerNumbers| {
            let bias_value = numbers.bias_input as f64 * numbers.input_unit;
            (numbers.layout, numbers.master_amplitude, bias_value)
        };
        self.layers.iter().zip(&other.layers).position(|(a, b)| numbers(a) != numbers(b))
    }

    /// Refuses a format that does not belong to a network with these widths.
    ///
    /// # Errors
    /// If the number or shape of a layer differs, or a number is out of its range.
    pub(crate) fn check(
        &self,
        widths: &[usize],
        parameters: &ApproximateParameters,
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
            numbers.check(layer, largest_message)?;
        }
        Ok(())
    }
}

impl LayerNumbers {
    /// Whether master weights are brought to the amplitude of products at every step.
    pub fn is_refreshed(&self) -> bool {
        self.master_amplitude != self.weight_amplitude
    }

    fn check(&self, layer: usize, largest_message: i64) -> Result<(), EngineError> {
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
            self.delta_unit.is_some() == (layer > 0),
            format!("{:?}", self.delta_unit),
        )?;
        shapes::check_format(
            "delta_precision",
            self.delta_precision == Precision::Fine || self.delta_unit.is_none(),
            self.delta_precision.name(),
        )?;
        shapes::check_format(
            "input_alpha",
            (1..=largest_message).contains(&self.input_alpha),
            self.input_alpha,
        )?;
        shapes::check_format("bias_input", (1..=self.input_alpha).contains(&self.bias_input), self.bias_input)
    }
}

const fn fine() -> Precision {
    Precision::Fine
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_fine(precision: &Precision) -> bool {
    *precision == Precision::Fine
}

/// A number that amplitudes and units can have.
fn positive(number: f64) -> bool {
    (1e-30..1e30).contains(&number)
}

fn is_power_of_two(number: f64) -> bool {
    number.is_normal() && number.to_bits() << 12 == 0
}
