//! The noise that training leaves in the weights, predicted before anything is computed.

use crate::format::LayerNumbers;
use crate::network::ApproximateNetwork;
use silenzio_core::approximate::{ApproximateParameters, Precision};
use silenzio_core::noise::NoiseVariance;

/// The mean square of an integer that is uniform in `0 ..= alpha`, in parts of alpha².
const UNIFORM: f64 = 1.0 / 3.0;

impl ApproximateNetwork {
    /// For each layer the noise that the gradients of `samples` samples leave in a weight (standard deviation), as a
    /// fraction of a typical weight, 1 / √inputs. Samples that are visited again count again.
    pub fn weight_noise(&self, samples: u64) -> Vec<f64> {
        let relative = |(layer, numbers): (usize, &LayerNumbers)| {
            relative_noise(numbers, accumulated_noise(self.parameters(), layer, numbers, samples))
        };
        self.format().layers.iter().enumerate().map(relative).collect()
    }

    /// The same network, whose decrypted weights are rounded above this noise, for each layer as a fraction of a typical
    /// weight; where the training by itself leaves more, above that.
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

/// The noise of a weight of a layer as a fraction of a typical one.
pub(crate) fn relative_noise(numbers: &LayerNumbers, noise: f64) -> f64 {
    noise * (numbers.layout.inputs as f64).sqrt()
}

/// The standard deviation of the noise of a weight after the gradients of `samples` samples, in the weight's unit.
pub(crate) fn accumulated_noise(
    parameters: &ApproximateParameters,
    layer: usize,
    numbers: &LayerNumbers,
    samples: u64,
) -> f64 {
    let noise = parameters.accumulated_noise(gradient_noise(parameters, layer, numbers), samples);
    noise.standard_deviation() / numbers.master_amplitude
}

/// The power of two next above the noise of a weight: digits below it say nothing about the model, but something about
/// the secret key.
pub(crate) fn weight_step(noise: f64) -> f64 {
    // Multiplied out: a power of two is exact, which `exp2` need not be.
    let exponent = noise.log2().ceil() as i32;
    let factor = if exponent < 0 { 0.5 } else { 2.0 };
    (0..exponent.unsigned_abs().min(1000)).fold(1.0, |power, _| power * factor)
}

/// The noise of a coefficient of one sample's gradient: activations as a factor, times packed deltas.
fn gradient_noise(parameters: &ApproximateParameters, layer: usize, format: &LayerNumbers) -> NoiseVariance {
    let layout = &format.layout;
    let (inputs, outputs) = (layout.inputs_of(0).len(), layout.outputs_of(0).len());
    let packing = |stride: usize, values: usize| parameters.packing_noise(stride.ilog2(), values);
    let value = parameters.bootstrap_noise(Precision::Fine);
    let delta = parameters.bootstrap_noise(format.delta_precision);
    let (gadget, rows) = if layer == 0 {
        (parameters.fresh, parameters.fresh_rows())
    } else {
        let activations = packing(layout.input_stride, inputs);
        (parameters.circuit, parameters.circuit_rows(value, activations, inputs))
    };
    // A coefficient is one activation times one delta, beside all other activations times empty coefficients.
    let square = (format.input_alpha as f64).powi(2) * UNIFORM;
    let norm2 = square * inputs as f64;
    let deltas = packing(layout.output_stride, outputs);
    let product = parameters.external_product_noise(gadget, rows, norm2, deltas.others);
    product + (delta + deltas.wanted) * square
}
