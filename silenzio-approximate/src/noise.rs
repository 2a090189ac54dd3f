//! The noise that training leaves in the weights, as predicted from the plan.

use crate::format::{GradientFactors, LayerNumbers};
use crate::network::ApproximateNetwork;
use silenzio_core::approximate::{ApproximateParameters, Precision};
use silenzio_core::noise::NoiseVariance;

/// The mean square of an integer that is uniform in `0 ..= alpha`, as a fraction of alpha².
const UNIFORM: f64 = 1.0 / 3.0;

/// The mean square of a delta, as a fraction of alpha²: at the start, deltas of the loss are a third of the largest,
/// and those of hidden layers are smaller.
const DELTAS: f64 = 1.0 / 9.0;

impl ApproximateNetwork {
    /// For each layer, the noise that the gradients of `samples` samples leave in a weight (standard deviation), as a
    /// fraction of a typical weight, 1 / √inputs; 0 for a frozen layer. A sample counts once for each visit.
    pub fn weight_noise(&self, samples: u64) -> Vec<f64> {
        let alpha = self.format().delta_alpha;
        let of_layer = |(layer, numbers): (usize, &LayerNumbers)| {
            if self.is_trained(layer) {
                numbers.weight_noise(self.parameters(), layer, alpha, samples)
            } else {
                0.0
            }
        };
        self.format().layers.iter().enumerate().map(of_layer).collect()
    }

    /// Makes the network round decrypted weights by this noise, given for each layer as a fraction of a typical weight. If the
    /// training itself leaves more noise, they are rounded by that.
    #[must_use]
    pub fn with_weight_noise(mut self, relative: &[f64]) -> Self {
        for (layer, relative) in self.layers_mut().iter_mut().zip(relative) {
            let noise = relative / (layer.layout.inputs as f64).sqrt();
            if noise.is_normal() {
                layer.weight_step = layer.weight_step.max(weight_step(noise));
            }
        }
        self
    }
}

impl LayerNumbers {
    /// The noise of a weight as in [`ApproximateNetwork::weight_noise`], for layer `layer`, which must be trained.
    /// `delta_alpha` is the largest delta as a factor, in steps.
    pub(crate) fn weight_noise(
        &self,
        parameters: &ApproximateParameters,
        layer: usize,
        delta_alpha: i64,
        samples: u64,
    ) -> f64 {
        self.accumulated_noise(parameters, layer, delta_alpha, samples) * (self.layout.inputs as f64).sqrt()
    }

    /// The standard deviation of the noise of a weight after the gradients of `samples` samples, in the weight's unit.
    pub(crate) fn accumulated_noise(
        &self,
        parameters: &ApproximateParameters,
        layer: usize,
        delta_alpha: i64,
        samples: u64,
    ) -> f64 {
        let noise = self.gradient_noise(parameters, layer, delta_alpha);
        let noise = parameters.accumulated_noise(noise, samples);
        noise.standard_deviation() / self.master_amplitude
    }

    /// The noise of a coefficient of one sample's gradient, which is a factor times a packed polynomial.
    fn gradient_noise(
        &self,
        parameters: &ApproximateParameters,
        layer: usize,
        delta_alpha: i64,
    ) -> NoiseVariance {
        let layout = &self.layout;
        let packing = |stride: usize, values: usize| parameters.packing_noise(stride.ilog2(), values);
        let activations = packing(layout.input_stride, layout.inputs_of(0).len());
        let deltas = packing(layout.output_stride, layout.outputs_of(0).len());
        let square = |alpha: i64, of_largest: f64| (alpha as f64).powi(2) * of_largest;
        let (inputs, outputs) = (layout.inputs_of(0).len(), layout.outputs_of(0).len());
        let (factors, factor, square, packed, value) = match self.gradient_factors {
            GradientFactors::Inputs => {
                let square = square(self.input_alpha, UNIFORM);
                (inputs, activations, square, deltas, self.delta_precision)
            }
            GradientFactors::Deltas => {
                (outputs, deltas, square(delta_alpha, DELTAS), activations, self.input_precision)
            }
        };
        let (gadget, rows) = if layer == 0 {
            (parameters.fresh, parameters.fresh_rows())
        } else {
            let fine = parameters.bootstrap_noise(Precision::Fine);
            (parameters.circuit, parameters.circuit_rows(fine, factor, factors))
        };
        // A coefficient is the product of one of the factor's values and one packed value, plus the products of all its
        // other values and empty coefficients.
        let product = parameters.external_product_noise(gadget, rows, square * factors as f64, packed.others);
        product + (parameters.bootstrap_noise(value) + packed.wanted) * square
    }
}

/// The largest part of the predicted noise that a step of decrypted weights may be. The prediction is an upper estimate, and
/// rounding comes after a training, which cannot make up for it as for noise that gathers on the way.
const STEP_OF_NOISE: f64 = 0.25;

/// The largest power of two below [`STEP_OF_NOISE`] of the noise of a weight. Digits below it carry hardly any information about
/// the model, but some about the secret key.
pub(crate) fn weight_step(noise: f64) -> f64 {
    // Multiplication of powers of two is exact, which `exp2` need not be.
    let exponent = (STEP_OF_NOISE * noise).log2().floor() as i32;
    let factor = if exponent < 0 { 0.5 } else { 2.0 };
    (0..exponent.unsigned_abs().min(1000)).fold(1.0, |power, _| power * factor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn steps_are_an_eighth_to_a_quarter_of_the_noise(noise in 1e-9..1e9_f64) {
            let step = weight_step(noise);
            prop_assert!((0.125..=0.25).contains(&(step / noise)), "{step} for {noise}");
            prop_assert_eq!(step.log2().fract(), 0.0);
        }
    }
}
