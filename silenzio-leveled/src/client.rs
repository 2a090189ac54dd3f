//! The client side: encrypting samples, decrypting weights.

use crate::lifting::Factor;
use crate::network::LeveledNetwork;
use ndarray::Array2;
use silenzio_core::leveled::LeveledClient;
use silenzio_core::{EngineClient, EngineError};
use std::sync::Arc;

/// The client side of the leveled engine.
#[derive(Clone, Copy, Debug)]
pub struct LeveledEngineClient<'a, C> {
    client: &'a C,
    network: &'a LeveledNetwork,
}

/// One encrypted sample: its inputs as factors, one for each block of them, and its label.
#[derive(Clone, Debug)]
pub struct Sample<G, L> {
    pub(crate) inputs: Arc<Vec<Factor<G>>>,
    pub(crate) label: Vec<L>,
}

/// The weights of a layer: a polynomial for each block of inputs and each block of outputs.
#[derive(Clone, Debug)]
pub struct Weights<G>(pub(crate) Vec<Vec<G>>);

impl<'a, C: LeveledClient> LeveledEngineClient<'a, C> {
    /// The client of a network.
    pub const fn new(client: &'a C, network: &'a LeveledNetwork) -> Self {
        Self { client, network }
    }
}

impl<C: LeveledClient> EngineClient for LeveledEngineClient<'_, C> {
    type Sample = Sample<C::Ggsw, C::Lwe>;
    type Weights = Weights<C::Glwe>;

    fn encrypt_sample(&self, inputs: &[f32], class: usize) -> Result<Self::Sample, EngineError> {
        let format = self.network.layer(0)?;
        let layout = &format.layout;
        if inputs.len() + 1 != layout.inputs {
            return Err(EngineError::Shape {
                what: "sample inputs",
                expected: (layout.inputs - 1).to_string(),
                found: inputs.len().to_string(),
            });
        }
        let label = self.network.softmax().label(class);
        if class >= label.len() {
            return Err(EngineError::Shape {
                what: "class of a sample",
                expected: format!("below {}", label.len()),
                found: class.to_string(),
            });
        }
        let alpha = format.input_alpha as f64;
        let integer = |&x: &f32| (f64::from(x).clamp(0.0, 1.0) * alpha).round() as i64;
        let integers: Vec<i64> = inputs.iter().map(integer).chain([format.bias_input]).collect();
        let factor = |block: usize| {
            let terms: Vec<_> =
                layout.inputs_of(block).map(|k| (layout.input_place(k), integers[k])).collect();
            Ok(Factor {
                forward: Some(self.client.encrypt_ggsw(&terms)?),
                inverted: self.client.encrypt_ggsw(&layout.inverted(&terms))?,
            })
        };
        let inputs = (0..layout.input_blocks()).map(factor).collect::<Result<_, EngineError>>()?;
        let label = label.into_iter().map(|y| self.client.encrypt_lwe(y)).collect();
        Ok(Sample { inputs: Arc::new(inputs), label })
    }

    fn decrypt_weights(&self, layer: usize, weights: &Self::Weights) -> Result<Array2<f32>, EngineError> {
        let format = self.network.layer(layer)?;
        let layout = &format.layout;
        layout.check(&weights.0)?;
        let mut real = Array2::zeros((layout.inputs, layout.outputs));
        for (input_block, row) in weights.0.iter().enumerate() {
            for (output_block, polynomial) in row.iter().enumerate() {
                let coefficients = self.client.decrypt_glwe(polynomial)?;
                for k in layout.inputs_of(input_block) {
                    for j in layout.outputs_of(output_block) {
                        let coefficient = coefficients[layout.input_place(k) + layout.output_place(j)];
                        real[(k, j)] = (coefficient / format.amplitude_of(k)) as f32;
                    }
                }
            }
        }
        Ok(real)
    }
}
