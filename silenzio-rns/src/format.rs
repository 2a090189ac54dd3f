//! The number formats of a network: what a planner chose once, and everybody computes and decrypts with.
//!
//! A format travels in the headers of files, so it says everything that a reader needs: nobody plans again. Numbers
//! that follow from others are checked against them when a format is read, so that a version of this crate that
//! would derive them otherwise refuses the file instead of reading wrong numbers from it.

use crate::product_name::{ProductKind, ProductName};
use crate::scaled_product::ScaledProduct;
use crate::softmax::SoftmaxGradient;
use crate::weights::WeightFormat;
use serde::{Deserialize, Serialize};
use silenzio_core::plan::{Gadget, SmallKeys, TrainingPlan};
use silenzio_core::{EngineError, Modulus, shapes};

/// How one layer is computed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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

/// The number formats of a whole network.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExactFormat {
    /// How the small keys are drawn.
    #[serde(default = "binary", skip_serializing_if = "is_binary")]
    pub small_keys: SmallKeys,
    /// The layers, from the inputs up.
    pub layers: Vec<LayerFormat>,
    /// The loss.
    pub softmax: SoftmaxGradient,
    /// The integer at which activations saturate and their gates close.
    pub activation_alpha: i64,
    /// The integer at which propagated deltas saturate.
    pub delta_alpha: i64,
}

/// The only kind of small keys in formats that do not name it.
const fn binary() -> SmallKeys {
    SmallKeys::Binary
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_binary(small_keys: &SmallKeys) -> bool {
    *small_keys == SmallKeys::Binary
}

impl ExactFormat {
    /// The first layer whose weights are other numbers in another format of a network with the same widths; none if weights
    /// of one are weights of the other.
    pub fn other_weights(&self, other: &Self) -> Option<usize> {
        let numbers = |format: &LayerFormat| (format.weights, format.weight_unit, format.bias_value());
        self.layers.iter().zip(&other.layers).position(|(a, b)| numbers(a) != numbers(b))
    }

    /// Refuses a format that does not belong to a network with these widths, multiplied by this gadget.
    ///
    /// # Errors
    /// If the number or shape of a layer differs, a number is out of its range, or numbers contradict each other.
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

    /// The real value at the constant bias input, which is the integer nearest to one.
    pub(crate) fn bias_value(&self) -> f64 {
        self.bias_input as f64 * self.input_unit
    }

    /// The moduli of the delta product; none for the first layer.
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
            "a delta below the first layer",
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
