//! The noise that training leaves in the weights, predicted before anything is computed.

use crate::format::LayerNumbers;
use crate::network::ApproximateNetwork;
use silenzio_core::approximate::{ApproximateParameters, Precision};
use silenzio_core::noise::NoiseVariance;

/// The mean square of an integer that is uniform in `0 ..= alpha`, in parts of alpha².
const UNIFORM: f64 = 1.0 / 3.0;

/// The mean square of a delta, in parts of alpha²: those of the loss are a third of the largest at the start, of hidden layers less.
const DELTAS: f64 = 1.0 / 9.0;

impl ApproximateNetwork {
    /// For each layer the noise that the gradients of `samples` samples leave in a weight (standard deviation), as a
    /// fraction of a typical weight, 1 / √inputs: none in a frozen layer. Samples that are visited again count again.
    pub fn weight_noise(&self, samples: u64) -> Vec<f64> {
        let of_layer = |(layer, numbers): (usize, &LayerNumbers)| {
            if self.is_trained(layer) { numbers.weight_noise(self.parameters(), layer, samples) } else { 0.0 }
        };
        self.format().layers.iter().enumerate().map(of_layer).collect()
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

impl LayerNumbers {
    /// As [`ApproximateNetwork::weight_noise`], of layer `layer`, which is trained.
    pub(crate) fn weight_noise(&self, parameters: &ApproximateParameters, layer: usize, samples: u64) -> f64 {
        self.accumulated_noise(parameters, layer, samples) * (self.layout.inputs as f64).sqrt()
    }

    /// The standard deviation of the noise of a weight after the gradients of `samples` samples, in the weight's unit.
    pub(crate) fn accumulated_noise(
        &self,
        parameters: &ApproximateParameters,
        layer: usize,
        samples: u64,
    ) -> f64 {
        let noise = parameters.accumulated_noise(self.gradient_noise(parameters, layer), samples);
        noise.standard_deviation() / self.master_amplitude
    }

    /// The noise of a coefficient of one sample's gradient: a factor, times what is packed. The factor is the activations or, where
    /// weights are lifted, the deltas.
    fn gradient_noise(&self, parameters: &ApproximateParameters, layer: usize) -> NoiseVariance {
        let layout = &self.layout;
        let packing = |stride: usize, values: usize| parameters.packing_noise(stride.ilog2(), values);
        let activations = packing(layout.input_stride, layout.inputs_of(0).len());
        let deltas = packing(layout.output_stride, layout.outputs_of(0).len());
        let square = |alpha: i64, of_largest: f64| (alpha as f64).powi(2) * of_largest;
        let (inputs, outputs) = (layout.inputs_of(0).len(), layout.outputs_of(0).len());
        let (factors, factor, square, packed, value) = match self.lifted {
            None => {
                let square = square(self.input_alpha, UNIFORM);
                (inputs, activations, square, deltas, self.delta_precision)
            }
            Some(lifted) => {
                let square = square(lifted.alpha, DELTAS);
                (outputs, deltas, square, activations, lifted.input_precision)
            }
        };
        let (gadget, rows) = if layer == 0 {
            (parameters.fresh, parameters.fresh_rows())
        } else {
            let fine = parameters.bootstrap_noise(Precision::Fine);
            (parameters.circuit, parameters.circuit_rows(fine, factor, factors))
        };
        // A coefficient is one of the factor's values times one packed value, beside all others of its values times empty
        // coefficients.
        let product = parameters.external_product_noise(gadget, rows, square * factors as f64, packed.others);
        product + (parameters.bootstrap_noise(value) + packed.wanted) * square
    }
}

/// The power of two next above the noise of a weight: digits below it say nothing about the model, but something about
/// the secret key.
pub(crate) fn weight_step(noise: f64) -> f64 {
    // Multiplied out: a power of two is exact, which `exp2` need not be.
    let exponent = noise.log2().ceil() as i32;
    let factor = if exponent < 0 { 0.5 } else { 2.0 };
    (0..exponent.unsigned_abs().min(1000)).fold(1.0, |power, _| power * factor)
}
