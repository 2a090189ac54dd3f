//! The noise that training leaves in the weights, predicted before anything is computed.

use crate::network::{ApproximateNetwork, LayerFormat};
use silenzio_core::EngineError;
use silenzio_core::approximate::{ApproximateParameters, Precision};
use silenzio_core::noise::NoiseVariance;

/// The mean square of an integer that is uniform in `0 ..= alpha`, in parts of alpha².
const UNIFORM: f64 = 1.0 / 3.0;

impl ApproximateNetwork {
    /// For each layer the noise that the gradients of `samples` samples leave in a weight (standard deviation), as a part
    /// of a typical weight, 1 / √inputs. Samples that are visited again count again.
    pub fn weight_noise(&self, samples: u64) -> Vec<f64> {
        let relative = |(layer, format): (usize, &LayerFormat)| {
            self.noise_of(layer, format, samples) * (format.layout.inputs as f64).sqrt()
        };
        self.layers().iter().enumerate().map(relative).collect()
    }

    /// The power of two next above the noise that the whole training leaves in a weight of a layer: digits below it say
    /// nothing about the model, but something about the secret key.
    ///
    /// # Errors
    /// If there is no such layer.
    pub fn weight_step(&self, layer: usize) -> Result<f64, EngineError> {
        let noise = self.noise_of(layer, self.layer(layer)?, self.visited().max(1));
        Ok(noise.log2().ceil().exp2())
    }

    /// The standard deviation of the noise of a weight, in its unit.
    fn noise_of(&self, layer: usize, format: &LayerFormat, samples: u64) -> f64 {
        let parameters = self.parameters();
        let noise = parameters.accumulated_noise(gradient_noise(parameters, layer, format), samples);
        noise.standard_deviation() / format.master_amplitude
    }
}

/// The noise of a coefficient of one sample's gradient: activations as a factor, times packed deltas.
fn gradient_noise(parameters: &ApproximateParameters, layer: usize, format: &LayerFormat) -> NoiseVariance {
    let layout = &format.layout;
    let (inputs, outputs) = (layout.inputs_of(0).len(), layout.outputs_of(0).len());
    let packing = |stride: usize, values: usize| parameters.packing_noise(stride.ilog2(), values);
    let value = parameters.bootstrap_noise(Precision::Fine);
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
    product + (value + deltas.wanted) * square
}
