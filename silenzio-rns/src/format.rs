//! The number formats of a network, which a planner chooses once, and which all computations and decryptions use.
//!
//! A format is part of the headers of files and has everything that a reader needs, so that no reader plans again.
//! Numbers that follow from others are checked when a format is read: a version of this crate that would derive them
//! differently refuses the file, instead of reading wrong numbers from it.

use crate::product_name::{ProductKind, ProductName};
use crate::scaled_product::ScaledProduct;
use crate::softmax::SoftmaxGradient;
use crate::weights::WeightFormat;
use serde::{Deserialize, Serialize};
use silenzio_core::plan::{Gadget, SmallKeys, TrainingPlan};
use silenzio_core::{EngineError, Modulus, shapes};

/// The number formats of a layer.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerFormat {
    /// The number of inputs, without the constant input of the bias.
    pub inputs: usize,
    /// The number of outputs.
    pub outputs: usize,
    /// The product of activations and weights.
    pub forward: ScaledProduct,
    /// The product of deltas and transposed weights; `None` for the first layer.
    pub delta: Option<ScaledProduct>,
    /// The product of transposed activations and deltas.
    pub gradient: ScaledProduct,
    /// The digits of the weights.
    pub weights: WeightFormat,
    /// The largest integer of an input.
    pub input_alpha: i64,
    /// The integer of the constant input of the bias.
    pub bias_input: i64,
    /// The real value of a step of an input.
    pub input_unit: f64,
    /// The real value of a step of a weight.
    pub weight_unit: f64,
    /// The real value of a step of a pre-activation.
    pub output_unit: f64,
    /// The real value of a step of a delta at the outputs.
    pub delta_unit: f64,
    /// The learning rate that results from the gradient's divisor.
    pub learning_rate: f64,
}

/// The number formats of a whole network.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExactFormat {
    /// The distribution of the small keys.
    #[serde(default = "binary", skip_serializing_if = "is_binary")]
    pub small_keys: SmallKeys,
    /// The layers, from the inputs to the logits.
    pub layers: Vec<LayerFormat>,
    /// The loss.
    pub softmax: SoftmaxGradient,
    /// The integer at which activations saturate and the gates of deltas close.
    pub activation_alpha: i64,
    /// The integer at which propagated deltas saturate.
    pub delta_alpha: i64,
}

/// The kind of small keys in formats that do not name it.
const fn binary() -> SmallKeys {
    SmallKeys::Binary
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_binary(small_keys: &SmallKeys) -> bool {
    *small_keys == SmallKeys::Binary
}

impl ExactFormat {
    /// The first layer whose weights are represented differently in another format of a network with the same widths;
    /// `None` if weights of one format are valid in the other.
    pub fn other_weights(&self, other: &Self) -> Option<usize> {
        let numbers = |format: &LayerFormat| (format.weights, format.weight_unit, format.bias_value());
        self.layers.iter().zip(&other.layers).position(|(a, b)| numbers(a) != numbers(b))
    }

    /// Checks that the format belongs to a network with these widths and this gadget.
    ///
    /// # Errors
    /// If the number of layers or the shape of one differs, a number is out of its range, or numbers contradict each
    /// other.
    pub(crate) fn check(
        &self,
        widths: &[usize],
        training: &TrainingPlan,
        gadget: Gadget,
    ) -> Result<(), EngineError> {
        shapes::check_count("layers of a format", widths.len().saturating_sub(1), self.layers.len())?;
        for (name, alpha) in [("activation_alpha", self.activation_alpha), ("delta_alpha", self.delta_alpha)]
        {
            shapes::check_format(name, (1..=Modulus::MAX.alpha()).contains(&alpha), alpha)?;
        }
        for (layer, (format, widths)) in self.layers.iter().zip(shapes::of_layers(widths)).enumerate() {
            let shape = (format.inputs, format.outputs);
            shapes::check_matrix("layer of a format", widths, shape)?;
            format.check(layer, gadget)?;
        }
        let last = shapes::layer(&self.layers, self.layers.len().saturating_sub(1))?;
        self.softmax.check(last.outputs, last.output_unit, self.delta_alpha, training)
    }
}

impl LayerFormat {
    /// The shape of the weights, (inputs + 1) x outputs.
    pub const fn weight_shape(&self) -> (usize, usize) {
        (self.inputs + 1, self.outputs)
    }

    /// The real value of the constant input of the bias, which is as close to 1 as an integer of the inputs allows.
    pub(crate) fn bias_value(&self) -> f64 {
        self.bias_input as f64 * self.input_unit
    }

    /// The moduli of the delta product; empty for the first layer.
    pub(crate) fn delta_moduli(&self) -> &[Modulus] {
        self.delta.as_ref().map_or(&[], ScaledProduct::moduli)
    }

    fn check(&self, layer: usize, gadget: Gadget) -> Result<(), EngineError> {
        let products = [
            (ProductKind::Forward, Some(&self.forward)),
            (ProductKind::Delta, self.delta.as_ref()),
            (ProductKind::Gradient, Some(&self.gradient)),
        ];
        for (kind, product) in products {
            let expected = ProductName { layer, kind };
            let fits = match product {
                Some(product) => product.name == expected && product.gadget == gadget,
                None => layer == 0,
            };
            shapes::check_format("product of a format", fits, expected)?;
        }
        shapes::check_format(
            "product of a format",
            (layer > 0) == self.delta.is_some(),
            "a delta product of the first layer",
        )?;
        for (name, unit) in [
            ("input_unit", self.input_unit),
            ("weight_unit", self.weight_unit),
            ("output_unit", self.output_unit),
            ("delta_unit", self.delta_unit),
            ("learning_rate", self.learning_rate),
        ] {
            shapes::check_format(name, unit.is_finite() && unit > 0.0, unit)?;
        }
        shapes::check_format("input_alpha", (1..=255).contains(&self.input_alpha), self.input_alpha)?;
        shapes::check_format(
            "bias_input",
            (1..=self.input_alpha).contains(&self.bias_input),
            self.bias_input,
        )?;
        self.weights.check()
    }
}
