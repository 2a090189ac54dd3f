//! The number formats of a network: what a planner chose once, and everybody computes and decrypts with.
//!
//! A format travels in the headers of files, so it says everything that a reader needs: nobody plans again.

use crate::layout::Layout;
use crate::loss;
use serde::{Deserialize, Serialize};
use silenzio_core::approximate::{ApproximateParameters, Precision};
use silenzio_core::plan::Loss;
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
    /// The real value at which logits are clamped before the loss; with the squared loss, differences of outputs and
    /// targets.
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
    /// Of the weights in products, torus per unit; where weights are lifted, that of the products.
    pub weight_amplitude: f64,
    /// Of the master weights, torus per unit. Where it is not `weight_amplitude`, weights are refreshed or lifted at every step.
    pub master_amplitude: f64,
    /// Of the deltas at the outputs before they are bootstrapped, torus per unit.
    pub delta_amplitude: f64,
    /// Of what is packed for the gradient, torus per unit: the deltas at the outputs or, where weights are lifted, the inputs.
    pub gradient_amplitude: f64,
    /// The real value of a step of the deltas at the outputs as factors; none in the lowest trained layer and below.
    pub delta_unit: Option<f64>,
    /// Of the bootstrap that makes the deltas at the outputs. Deltas that become factors have to be fine; others are only packed.
    #[serde(default = "fine", skip_serializing_if = "is_fine")]
    pub delta_precision: Precision,
    /// Where the weights are factors, and the inputs are not: they are real numbers then, in steps of 1 as far as
    /// `input_unit` goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifted: Option<Lifted>,
    /// The step of the decrypted weights, a power of two above the noise that the whole training leaves in them.
    pub weight_step: f64,
}

/// The numbers of a layer whose weights are lifted: made factors at every step.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lifted {
    /// The real value of a step of the weights as factors.
    pub weight_unit: f64,
    /// The largest weight, and the largest delta at the outputs, as a factor, in steps.
    pub alpha: i64,
    /// Of the bootstrap that makes the inputs.
    pub input_precision: Precision,
}

impl ApproximateFormat {
    /// The lowest layer that is trained: deltas are factors above it.
    fn lowest(&self) -> usize {
        let above = self.layers.iter().position(|layer| layer.delta_unit.is_some());
        above.unwrap_or(self.layers.len()).saturating_sub(1)
    }

    /// The bootstraps that `samples` samples in `steps` steps take: for each sample one per hidden unit, another where it has
    /// deltas, one per output, and with the softmax cross entropy three more per class but for one; and for each step one
    /// per weight that is refreshed or lifted.
    pub fn bootstraps(&self, loss: Loss, steps: u64, samples: u64) -> Bootstraps {
        let outputs = self.layers.last().map_or(0, |layer| layer.layout.outputs as u64);
        let mut bootstraps = Bootstraps::default();
        bootstraps.add(Precision::Coarse, samples * loss::bootstraps(loss, outputs));
        for (number, layer) in self.layers.iter().enumerate() {
            if number >= self.lowest() {
                bootstraps.add(layer.delta_precision, samples * layer.layout.outputs as u64);
            }
            let weights = steps * layer.layout.weights() as u64;
            match layer.weight_form() {
                WeightForm::Kept => {}
                WeightForm::Refreshed => bootstraps.add(Precision::Coarse, weights),
                WeightForm::Lifted => bootstraps.add(Precision::Fine, weights),
            }
            if number > 0 {
                let units = layer.layout.inputs as u64 - 1;
                bootstraps.add(layer.input_precision(), samples * units);
            }
        }
        bootstraps
    }

    /// The first layer whose weights are other numbers in another format of a network with the same widths; none if weights
    /// of one are weights of the other.
    pub fn other_weights(&self, other: &Self) -> Option<usize> {
        let numbers = |numbers: &LayerNumbers| {
            let bias_value = numbers.bias_input as f64 * numbers.input_unit;
            (numbers.layout, numbers.master_amplitude, bias_value)
        };
        self.layers.iter().zip(&other.layers).position(|(a, b)| numbers(a) != numbers(b))
    }

    /// Refuses a format that does not belong to a network with these widths, of which layer `lowest` is the lowest that is
    /// trained.
    ///
    /// # Errors
    /// If the number or shape of a layer differs, or a number is out of its range.
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
    /// How its weights enter products.
    pub fn weight_form(&self) -> WeightForm {
        if self.lifted.is_some() {
            WeightForm::Lifted
        } else if self.master_amplitude == self.weight_amplitude {
            WeightForm::Kept
        } else {
            WeightForm::Refreshed
        }
    }

    /// Of the bootstrap that makes its inputs, where they are activations. What becomes a factor has to be fine.
    pub(crate) fn input_precision(&self) -> Precision {
        self.lifted.map_or(Precision::Fine, |lifted| lifted.input_precision)
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
        if let Some(lifted) = self.lifted {
            shapes::check_format("lifted weights of a layer", propagates, propagates)?;
            shapes::check_format("weight_unit", positive(lifted.weight_unit), lifted.weight_unit)?;
            shapes::check_format("alpha", (1..=largest_message).contains(&lifted.alpha), lifted.alpha)?;
        }
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
    /// As they are. The inputs are factors.
    Kept,
    /// Bootstrapped at every step to the amplitude of products, from a larger one that is far above the noise. The inputs are
    /// factors.
    Refreshed,
    /// As factors, circuit-bootstrapped at every step. The inputs are packed, and need no gadget rows.
    Lifted,
}

/// Numbers of bootstraps.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Bootstraps {
    /// To [`Precision::Fine`].
    pub fine: u64,
    /// To [`Precision::Medium`].
    pub medium: u64,
    /// To [`Precision::Coarse`].
    pub coarse: u64,
}

impl Bootstraps {
    const fn add(&mut self, precision: Precision, count: u64) {
        match precision {
            Precision::Coarse => self.coarse += count,
            Precision::Medium => self.medium += count,
            Precision::Fine => self.fine += count,
        }
    }

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
