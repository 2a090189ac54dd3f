//! The client of a network, whatever its engine.

use ndarray::Array2;
use silenzio_core::wire::misuse;
use silenzio_core::{BackendError, EngineClient, EngineError, StoredClient, Target};
use std::io::{self, Read};

/// The client of a network, whatever its engine: plain values on one side, binary forms on the other.
pub trait NetworkClient: Sync {
    /// Encrypts one sample: inputs scaled to `[0, 1]`, and for training its target.
    ///
    /// # Errors
    /// If the sample does not fit the network.
    fn encrypt(&self, inputs: &[f32], target: Option<Target<'_>>) -> Result<Vec<u8>, EngineError>;

    /// The length of an encrypted sample, in bytes.
    ///
    /// # Errors
    /// If the network has no layers.
    fn upload_len(&self, labelled: bool) -> io::Result<u64>;

    /// Reads and decrypts the weights of a layer, (inputs + 1) x outputs, bias last.
    ///
    /// # Errors
    /// If the reader fails, or the bytes are not the weights of this layer.
    fn decrypt_weights(&self, from: &mut dyn Read, layer: usize) -> io::Result<Array2<f32>>;

    /// Reads and decrypts the logits of a sample.
    ///
    /// # Errors
    /// If the reader fails, or the bytes are not logits of this network.
    fn decrypt_logits(&self, from: &mut dyn Read) -> io::Result<Array2<f32>>;

    /// The step to multiples of which decrypted weights of a layer are rounded.
    ///
    /// # Errors
    /// If there is no such layer.
    fn weight_step(&self, layer: usize) -> Result<f32, EngineError>;

    /// The values at which the activations of the hidden layers saturate.
    fn activation_limits(&self) -> Vec<f32>;
}

impl<C: StoredClient + Sync> NetworkClient for C {
    fn encrypt(&self, inputs: &[f32], target: Option<Target<'_>>) -> Result<Vec<u8>, EngineError> {
        let upload = self.encrypt_sample(inputs, target)?;
        let mut bytes = Vec::new();
        self.write_upload(&mut bytes, &upload)
            .map_err(|error| BackendError::WrongShape(error.to_string()))?;
        Ok(bytes)
    }

    fn upload_len(&self, labelled: bool) -> io::Result<u64> {
        StoredClient::upload_len(self, labelled)
    }

    fn decrypt_weights(&self, from: &mut dyn Read, layer: usize) -> io::Result<Array2<f32>> {
        let weights = self.read_weights(from, layer)?;
        EngineClient::decrypt_weights(self, layer, &weights).map_err(misuse)
    }

    fn decrypt_logits(&self, from: &mut dyn Read) -> io::Result<Array2<f32>> {
        let logits = self.read_logits(from, 1)?;
        EngineClient::decrypt_logits(self, &logits).map_err(misuse)
    }

    fn weight_step(&self, layer: usize) -> Result<f32, EngineError> {
        EngineClient::weight_step(self, layer)
    }

    fn activation_limits(&self) -> Vec<f32> {
        EngineClient::activation_limits(self)
    }
}
