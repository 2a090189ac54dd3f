//! Binary forms of an engine's ciphertexts, for files and messages.

use crate::{Engine, EngineClient, Mode};
use std::io::{self, Read, Write};
use std::ops::Range;

/// The format of an encrypted sample.
#[derive(Clone, Copy, Debug)]
pub struct UploadFormat<'a, Network> {
    /// The network.
    pub network: &'a Network,
    /// Whether the sample has a label.
    pub labelled: bool,
}

/// The format of the master weights of a layer.
#[derive(Clone, Copy, Debug)]
pub struct WeightsFormat<'a, Network> {
    /// The network.
    pub network: &'a Network,
    /// The layer, from 0.
    pub layer: usize,
}

/// The format of the gradient of a layer, which does not depend on the number of samples.
#[derive(Clone, Copy, Debug)]
pub struct GradientFormat<'a, Network> {
    /// The network.
    pub network: &'a Network,
    /// The layer, from 0.
    pub layer: usize,
}

/// The format of the logits of a batch.
#[derive(Clone, Copy, Debug)]
pub struct LogitsFormat<'a, Network> {
    /// The network.
    pub network: &'a Network,
    /// The number of samples.
    pub samples: usize,
}

/// An engine whose ciphertexts have a binary form. All lengths follow from the engine's network and parameters.
pub trait StoredEngine: Engine {
    /// Reads a sample that a client encrypted.
    ///
    /// # Errors
    /// If the reader fails, or the bytes are not such a sample.
    fn read_upload(&self, from: &mut dyn Read, labelled: bool) -> io::Result<Self::Upload>;

    /// The length of the master weights of a layer, in bytes.
    ///
    /// # Errors
    /// If there is no such layer.
    fn weights_len(&self, layer: usize) -> io::Result<u64>;

    /// Writes the master weights of a layer.
    ///
    /// # Errors
    /// If the writer fails.
    fn write_weights(&self, to: &mut dyn Write, weights: &Self::Weights) -> io::Result<()>;

    /// Reads the master weights of a layer.
    ///
    /// # Errors
    /// If the reader fails, or the bytes are not such weights.
    fn read_weights(&self, from: &mut dyn Read, layer: usize) -> io::Result<Self::Weights>;

    /// Writes some [blocks](Engine::weight_blocks) of the master weights of a layer, for processes that did not update
    /// them.
    ///
    /// # Errors
    /// If the writer fails, or there are no such blocks.
    fn write_weight_blocks(
        &self,
        to: &mut dyn Write,
        weights: &Self::Weights,
        blocks: Range<usize>,
    ) -> io::Result<()>;

    /// Reads some [blocks](Engine::weight_blocks) of the master weights of a layer, and replaces those of `weights`.
    ///
    /// # Errors
    /// If the reader fails, the bytes are not such weights, or there are no such blocks.
    fn read_weight_blocks(
        &self,
        from: &mut dyn Read,
        layer: usize,
        weights: &mut Self::Weights,
        blocks: Range<usize>,
    ) -> io::Result<()>;

    /// Writes the results of bootstraps of weights, for processes that did not compute them.
    ///
    /// # Errors
    /// If the writer fails.
    fn write_refreshed(&self, to: &mut dyn Write, refreshed: &Self::Refreshed) -> io::Result<()>;

    /// Reads the results of the bootstraps of some [blocks](Engine::weight_blocks) of the weights of a layer.
    ///
    /// # Errors
    /// If the reader fails, or the bytes are not such weights.
    fn read_refreshed(
        &self,
        from: &mut dyn Read,
        layer: usize,
        blocks: Range<usize>,
        mode: Mode,
    ) -> io::Result<Self::Refreshed>;

    /// The length of the logits of a batch of `samples`, in bytes.
    ///
    /// # Errors
    /// If the network has no layers.
    fn logits_len(&self, samples: usize) -> io::Result<u64>;

    /// Writes the gradient of a layer, for the process that adds up those of all shares of a batch.
    ///
    /// # Errors
    /// If the writer fails.
    fn write_gradient(&self, to: &mut dyn Write, gradient: &Self::Gradient) -> io::Result<()>;

    /// Reads the gradient of a layer.
    ///
    /// # Errors
    /// If the reader fails, or the bytes are not such a gradient.
    fn read_gradient(&self, from: &mut dyn Read, layer: usize) -> io::Result<Self::Gradient>;

    /// Writes the logits of a batch.
    ///
    /// # Errors
    /// If the writer fails.
    fn write_logits(&self, to: &mut dyn Write, logits: &Self::PreActivations) -> io::Result<()>;
}

/// The client side of a [`StoredEngine`].
pub trait StoredClient: EngineClient {
    /// The length of an encrypted sample, in bytes.
    ///
    /// # Errors
    /// If the network has no layers.
    fn upload_len(&self, labelled: bool) -> io::Result<u64>;

    /// Writes an encrypted sample.
    ///
    /// # Errors
    /// If the writer fails.
    fn write_upload(&self, to: &mut dyn Write, upload: &Self::Upload) -> io::Result<()>;

    /// Reads the master weights of a layer.
    ///
    /// # Errors
    /// If the reader fails, or the bytes are not such weights.
    fn read_weights(&self, from: &mut dyn Read, layer: usize) -> io::Result<Self::Weights>;

    /// Reads the logits of a batch of `samples`.
    ///
    /// # Errors
    /// If the reader fails, or the bytes are not such logits.
    fn read_logits(&self, from: &mut dyn Read, samples: usize) -> io::Result<Self::Logits>;
}
