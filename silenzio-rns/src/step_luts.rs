//! The look-ups of training, in closed form: what keys are made for, and what a step costs.

use crate::format::LayerFormat;
use crate::gadget::ProductShape;
use crate::network::ExactNetwork;
use silenzio_core::{EngineError, LutCounts, Modulus};

impl ExactNetwork {
    /// The look-ups of a training step on `samples` samples. They do not depend on values; refreshes of partial sums,
    /// which depend on noise, are not counted.
    ///
    /// # Errors
    /// If a delta and its gate do not fit eight bits.
    pub fn step_luts(&self, samples: usize) -> Result<LutCounts, EngineError> {
        let mut luts = LutCounts::default();
        for (layer, format) in self.layers().iter().enumerate() {
            let weights = ((format.inputs + 1) * format.outputs) as u64;
            luts += format.weights.residue_luts(weights, self.weight_moduli(layer).len());
            let forward = ProductShape { a: samples, b: format.inputs + 1, c: format.outputs };
            luts += format.forward.lut_counts(forward);
            luts += self.activation_luts(layer, format, samples);
            luts += self.delta_luts(layer, format, samples)?;
            let gradient = ProductShape { a: format.inputs + 1, b: samples, c: format.outputs };
            luts += format.gradient.lut_counts(gradient);
            luts += format.weights.update_luts(weights, format.gradient.scaling.container());
        }
        Ok(luts)
    }

    /// The widest modulus of each size class that look-ups of a training, or of inference, are in: what keys are made
    /// for.
    ///
    /// # Errors
    /// If a delta and its gate do not fit eight bits.
    pub fn look_up_classes(&self) -> Result<Vec<Modulus>, EngineError> {
        let luts = self.step_luts(1)?;
        let widest = luts.classes().map(|(bits, _)| Modulus::new((1 << bits) - 1));
        Ok(widest.collect::<Result<_, _>>().map_err(silenzio_core::BackendError::from)?)
    }

    /// The look-ups of what follows the pre-activations of a layer: ReLU and gate, or the loss.
    fn activation_luts(&self, layer: usize, format: &LayerFormat, samples: usize) -> LutCounts {
        let container = format.forward.scaling.container();
        if layer == self.last() {
            return self.softmax().luts(samples as u64, container, self.delta_moduli(layer).len());
        }
        let tables = self.input_moduli(layer + 1).len() + 1;
        LutCounts::of(container, (samples * format.outputs * tables) as u64)
    }

    /// The look-ups of the deltas below a layer; none below the first.
    fn delta_luts(
        &self,
        layer: usize,
        format: &LayerFormat,
        samples: usize,
    ) -> Result<LutCounts, EngineError> {
        let Some(product) = &format.delta else { return Ok(LutCounts::default()) };
        let shape = ProductShape { a: samples, b: format.outputs, c: format.inputs };
        let (outputs, moduli) = (shape.outputs(), self.delta_moduli(layer - 1).len() as u64);
        Ok(product.lut_counts(shape)
            + LutCounts::of(product.scaling.container(), outputs)
            + LutCounts::of(self.gated_delta()?, outputs * moduli))
    }
}
