//! The client side: encryption of samples, decryption of weights and logits.

use crate::engine::PreActivations;
use crate::network::ApproximateNetwork;
use ndarray::Array2;
use silenzio_core::approximate::ApproximateClient;
use silenzio_core::approximate::backend::{Glwe, Lwe, SeededGgsw, SeededLwes};
use silenzio_core::{EngineClient, EngineError, Target, shapes};

/// The client side of the approximate engine.
#[derive(Clone, Copy, Debug)]
pub struct ApproximateEngineClient<'a, C> {
    client: &'a C,
    network: &'a ApproximateNetwork,
}

/// One encrypted sample as a client sends it.
///
/// For each block of its inputs it has the factor p(1/X) and, if the first layer is trained, the factor p(X). For
/// training it also has a label.
#[derive(Clone, Debug)]
pub struct Upload<G, L> {
    pub(crate) forward: Vec<G>,
    pub(crate) inverted: Vec<G>,
    pub(crate) label: Option<L>,
}

/// The weights of a layer: one polynomial for each pair of a block of inputs and a block of outputs.
#[derive(Clone, Debug)]
pub struct Weights<G>(pub(crate) Vec<Vec<G>>);

impl<'a, C: ApproximateClient> ApproximateEngineClient<'a, C> {
    /// Makes the client side for a network.
    pub const fn new(client: &'a C, network: &'a ApproximateNetwork) -> Self {
        Self { client, network }
    }

    pub(crate) const fn network(&self) -> &'a ApproximateNetwork {
        self.network
    }
}

impl<C: ApproximateClient> EngineClient for ApproximateEngineClient<'_, C> {
    type Upload = Upload<SeededGgsw<C::Types>, SeededLwes<C::Types>>;
    type Weights = Weights<Glwe<C::Types>>;
    type Logits = PreActivations<Lwe<C::Types>>;

    fn encrypt_sample(
        &self,
        inputs: &[f32],
        target: Option<Target<'_>>,
    ) -> Result<Self::Upload, EngineError> {
        let format = self.network.layer(0)?;
        let layout = &format.layout;
        shapes::check_inputs(inputs, layout.inputs - 1)?;
        let label = target.map(|target| self.network.loss().label(&target)).transpose()?;
        let integer = |&x: &f32| (f64::from(x) * format.input_alpha as f64).round() as i64;
        let integers: Vec<i64> = inputs.iter().map(integer).chain([format.bias_input]).collect();
        let (mut forward, mut inverted) = (vec![], vec![]);
        for block in 0..layout.input_blocks() {
            let terms: Vec<_> =
                layout.inputs_of(block).map(|k| (layout.input_place(k), integers[k])).collect();
            if self.network.is_trained(0) {
                forward.push(self.client.encrypt_ggsw(&terms)?);
            }
            inverted.push(self.client.encrypt_ggsw(&layout.inverted(&terms))?);
        }
        let label = label.map(|label| self.client.encrypt_lwes(&label));
        Ok(Upload { forward, inverted, label })
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

    fn weight_step(&self, layer: usize) -> Result<f32, EngineError> {
        Ok(self.network.layer(layer)?.weight_step as f32)
    }

    fn decrypt_logits(&self, logits: &Self::Logits) -> Result<Array2<f32>, EngineError> {
        let format = self.network.layer(self.network.last())?;
        let mut real = Array2::zeros((logits.0.len(), format.layout.outputs));
        for (sample, mut real) in logits.0.iter().zip(real.rows_mut()) {
            shapes::check_count("logits of a sample", real.len(), sample.len())?;
            for (logit, real) in sample.iter().zip(&mut real) {
                *real = (self.client.decrypt_lwe(logit)? / format.output_amplitude()) as f32;
            }
        }
        Ok(real)
    }

    fn activation_limits(&self) -> Vec<f32> {
        self.network.activation_limits()
    }
}
