//! The look-ups of training in closed form, from which the size classes of keys and the costs of steps follow.

use crate::format::LayerFormat;
use crate::gadget::ProductShape;
use crate::network::ExactNetwork;
use silenzio_core::{EngineError, LutCounts, Modulus};

impl ExactNetwork {
    /// The look-ups of a training step on `samples` samples. They do not depend on values. Refreshes of partial sums,
    /// which depend on noise, are not counted.
    ///
    /// # Errors
    /// If a delta and its gate do not fit in eight bits.
    pub fn step_luts(&self, samples: usize) -> Result<LutCounts, EngineError> {
        let mut luts = LutCounts::default();
        for (layer, format) in self.layers().iter().enumerate() {
            let forward = ProductShape { a: samples, b: format.inputs + 1, c: format.outputs };
            luts += format.forward.lut_counts(forward);
            luts += self.activation_luts(layer, format, samples);
            luts += self.delta_luts(layer, format, samples)?;
            if self.is_trained(layer) {
                luts += self.weight_luts(layer, samples)?;
            }
        }
        Ok(luts)
    }

    /// The look-ups that prepare the weights of all frozen layers for products, once in a training.
    pub fn frozen_luts(&self) -> LutCounts {
        let mut luts = LutCounts::default();
        for (layer, format) in self.layers().iter().enumerate().filter(|&(layer, _)| !self.is_trained(layer))
        {
            luts += self.preparation_luts(layer, format);
        }
        luts
    }

    /// The look-ups of a training step on the weights of a trained layer: weights are prepared for products, their
    /// gradients over `samples` samples are computed, and they are updated. With 0 samples, these are the look-ups that
    /// every step takes.
    ///
    /// # Errors
    /// If there is no such layer.
    pub fn weight_luts(&self, layer: usize, samples: usize) -> Result<LutCounts, EngineError> {
        let format = self.layer(layer)?;
        let gradient = ProductShape { a: format.inputs + 1, b: samples, c: format.outputs };
        Ok(self.preparation_luts(layer, format)
            + format.gradient.lut_counts(gradient)
            + format.weights.update_luts(weights_of(format), format.gradient.scaling.container()))
    }

    /// The look-ups that prepare the weights of a layer for products.
    fn preparation_luts(&self, layer: usize, format: &LayerFormat) -> LutCounts {
        format.weights.residue_luts(weights_of(format), self.weight_moduli(layer).len())
    }

    /// The widest modulus of each size class that has look-ups in training or inference. Keys are made for these
    /// moduli.
    ///
    /// # Errors
    /// If a delta and its gate do not fit in eight bits.
    pub fn look_up_classes(&self) -> Result<Vec<Modulus>, EngineError> {
        let luts = self.step_luts(1)? + self.frozen_luts();
        let widest = luts.classes().map(|(bits, _)| Modulus::new((1 << bits) - 1));
        Ok(widest.collect::<Result<_, _>>().map_err(silenzio_core::BackendError::from)?)
    }

    /// The look-ups of the operations on the pre-activations of a layer: ReLU and gate, or the loss.
    fn activation_luts(&self, layer: usize, format: &LayerFormat, samples: usize) -> LutCounts {
        let container = format.forward.scaling.container();
        if layer == self.last() {
            return self.softmax().luts(samples as u64, container, self.delta_moduli(layer).len());
        }
        let tables = self.input_moduli(layer + 1).len() + usize::from(self.has_deltas(layer));
        LutCounts::of(container, (samples * format.outputs * tables) as u64)
    }

    /// The look-ups of the deltas of the layer below `layer`. There are none below the lowest trained layer.
    fn delta_luts(
        &self,
        layer: usize,
        format: &LayerFormat,
        samples: usize,
    ) -> Result<LutCounts, EngineError> {
        let below = layer.checked_sub(1).filter(|&below| self.has_deltas(below));
        let (Some(product), Some(below)) = (&format.delta, below) else { return Ok(LutCounts::default()) };
        let shape = ProductShape { a: samples, b: format.outputs, c: format.inputs };
        let (outputs, moduli) = (shape.outputs(), self.delta_moduli(below).len() as u64);
        Ok(product.lut_counts(shape)
            + LutCounts::of(product.scaling.container(), outputs)
            + LutCounts::of(self.gated_delta()?, outputs * moduli))
    }
}

fn weights_of(format: &LayerFormat) -> u64 {
    let (inputs, outputs) = format.weight_shape();
    (inputs * outputs) as u64
}
