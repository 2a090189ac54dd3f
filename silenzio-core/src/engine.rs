//! The interface of an engine to the training loop: the operations of a multilayer perceptron, on values that the
//! training loop cannot read.
//!
//! Layers are numbered from 0. Each layer has a weight matrix of `inputs + 1` rows (the last one is the bias) and
//! `outputs` columns. An engine is made for one public network and plan: it knows all shapes, scales and the learning
//! rate, and derives all dither from the plan's seed and the [`StepContext`] of an operation, so that operations are
//! pure functions of their arguments and a resumed training repeats the same numbers.

use crate::{BackendError, Target};
use ndarray::{Array2, ArrayView2};
use std::ops::Range;

/// The place of an operation in a training. The step, the layer and the positions of the samples address the dither.
///
/// The samples of an operation are a share of a batch that begins at `first`. However a batch is divided into shares,
/// every sample gets the same dither as if the batch were computed at once.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct StepContext {
    /// The number of the SGD step, from 0, over all epochs.
    pub step: u64,
    /// The layer, from 0.
    pub layer: usize,
    /// The learning rate at this step, as a fraction of the plan's, in (0, 1].
    pub rate: f64,
    /// The position in its batch of the first sample of the share.
    pub first: usize,
    /// The number of samples in the whole batch, over which the gradient is a mean. The last batch of an epoch may have
    /// fewer than the plan says.
    pub batch: usize,
}

impl StepContext {
    /// The context of the whole batch of a step, at layer 0.
    pub const fn whole(step: u64, rate: f64, batch: usize) -> Self {
        Self { step, layer: 0, rate, first: 0, batch }
    }

    /// The same step for the share of the batch that begins with sample `first`.
    #[must_use]
    pub const fn from(self, first: usize) -> Self {
        Self { first, ..self }
    }

    /// The same step at another layer.
    #[must_use]
    pub const fn at_layer(self, layer: usize) -> Self {
        Self { layer, ..self }
    }

    /// The factor on the plan's learning rate for gradients that are divided by `planned` samples. It gives the rate at
    /// this step on the mean over the samples that the batch really has.
    pub fn rate_on_mean(self, planned: usize) -> f64 {
        self.rate * (planned as f64 / self.batch.max(1) as f64)
    }
}

/// What a pass through the network is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// A training step, which also computes what the backward pass needs.
    Train,
    /// Inference, which computes only what the logits need.
    Infer,
}

/// How the work on the weights of a layer, which does not depend on the number of samples, can be divided.
///
/// An [update](Engine::apply) and a [refresh](Engine::refresh) consist of blocks, which need not be the same. Blocks that
/// are done separately have the same bytes as if all were done at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WeightBlocks {
    /// The number of blocks of an update.
    pub updated: usize,
    /// Whether an update takes bootstraps. Without them it is cheaper than sending its results.
    pub update_bootstraps: bool,
    /// The number of blocks of a refresh. It is 0 if a refresh takes no bootstraps: then there is nothing to refresh.
    pub refreshed: usize,
}

/// The server side of an engine: one operation for each part of a training step.
///
/// A step computes the [gradients](Self::gradient) of samples, [adds them up](Self::add_gradient), and
/// [applies](Self::apply) the sum to the weights. The gradients of the samples of a batch are independent of each
/// other, and can be added up in any order: any division of a batch into shares of whole [units](Self::share_unit)
/// gives the same sum, and the same bytes of updated weights.
pub trait Engine: Sync {
    /// One encrypted sample as the client sends it, in which a seed replaces most of the randomness.
    type Upload: Send + Sync;
    /// One encrypted sample, expanded for computing: its inputs and, for training, its label.
    type Sample: Send + Sync;
    /// The master weights of a layer, which persist over the whole training.
    type Weights: Clone + Send + Sync;
    /// The results of the bootstraps of some of a layer's weights, once per step.
    type Refreshed: Send + Sync;
    /// A layer's weights, prepared once per step for the products of this step.
    type Prepared: Send + Sync;
    /// The pre-activations of a batch; those of the last layer are the logits.
    type PreActivations: Send + Sync;
    /// The activations of a batch, with what [`propagate`](Self::propagate) needs to know of the ReLU's derivative.
    type Activations: Send + Sync;
    /// The deltas of a batch: the derivatives of the loss with respect to the pre-activations.
    type Deltas: Send + Sync;
    /// A weight gradient, summed over any number of samples.
    type Gradient: Send + Sync;

    /// The number of layers with weights.
    fn layers(&self) -> usize;

    /// The layers that are trained, in ascending order: at least one. The weights of all others are frozen: they have
    /// no gradients, and below the first trained layer no deltas.
    fn trained_layers(&self) -> &[usize];

    /// The number of consecutive samples, in a batch of `batch` samples, that must be in the same share: a share begins
    /// at a multiple of it, and ends at another or with the batch.
    ///
    /// # Errors
    /// If a backend operation fails.
    fn share_unit(&self, batch: usize) -> Result<usize, EngineError> {
        let _ = batch;
        Ok(1)
    }

    /// Expands a sample, so that it can be computed with. For [`Mode::Infer`] it expands only what the logits need:
    /// neither the label nor what gradients need.
    ///
    /// # Errors
    /// If the sample was encrypted for another plan.
    fn expand(&self, upload: &Self::Upload, mode: Mode) -> Result<Self::Sample, EngineError>;

    /// The largest absolute value that a weight of a layer can have. Larger values cannot be represented.
    ///
    /// # Errors
    /// If there is no such layer.
    fn largest_weight(&self, layer: usize) -> Result<f64, EngineError>;

    /// Converts public initial weights to (trivially encrypted) master weights.
    ///
    /// # Errors
    /// [`EngineError::Shape`] if the shape is not the layer's.
    fn initial_weights(
        &self,
        layer: usize,
        weights: ArrayView2<'_, f32>,
    ) -> Result<Self::Weights, EngineError>;

    /// The blocks of a layer's weights.
    ///
    /// # Errors
    /// If there is no such layer.
    fn weight_blocks(&self, layer: usize) -> Result<WeightBlocks, EngineError>;

    /// Performs the bootstraps that some [blocks](Self::weight_blocks) of a layer's weights need before one step, or
    /// before any number of inferences.
    ///
    /// # Errors
    /// If there are no such blocks, or a backend operation fails.
    fn refresh(
        &self,
        layer: usize,
        weights: &Self::Weights,
        blocks: Range<usize>,
        mode: Mode,
    ) -> Result<Self::Refreshed, EngineError>;

    /// Prepares a layer's weights for products. `refreshed` has the [results of the bootstraps](Self::refresh) of all
    /// blocks, in their order.
    ///
    /// # Errors
    /// If `refreshed` does not cover all blocks, or a backend operation fails.
    fn prepare(
        &self,
        layer: usize,
        weights: &Self::Weights,
        refreshed: Vec<Self::Refreshed>,
    ) -> Result<Self::Prepared, EngineError>;

    /// The inputs of a batch as activations of "layer -1", including the constant input of the bias.
    ///
    /// # Errors
    /// If a sample was encrypted for another plan.
    fn inputs(&self, batch: &[&Self::Sample]) -> Result<Self::Activations, EngineError>;

    /// The product of activations and weights.
    ///
    /// # Errors
    /// If a backend operation fails.
    fn linear(
        &self,
        at: StepContext,
        activations: &Self::Activations,
        weights: &Self::Prepared,
    ) -> Result<Self::PreActivations, EngineError>;

    /// The ReLU of a hidden layer. For [`Mode::Infer`] the activations serve only as inputs of the next layer.
    ///
    /// # Errors
    /// If a backend operation fails.
    fn relu(
        &self,
        at: StepContext,
        pre: Self::PreActivations,
        mode: Mode,
    ) -> Result<Self::Activations, EngineError>;

    /// The gradient of the loss with respect to the logits.
    ///
    /// # Errors
    /// If a sample has no label, or a backend operation fails.
    fn loss_gradient(
        &self,
        at: StepContext,
        logits: Self::PreActivations,
        batch: &[&Self::Sample],
    ) -> Result<Self::Deltas, EngineError>;

    /// The deltas of the layer below layer `at.layer`: deltas times transposed weights, times the derivative of the
    /// ReLU whose results are `activations`, the inputs of layer `at.layer`.
    ///
    /// # Errors
    /// If `at.layer` is the first layer, or a backend operation fails.
    fn propagate(
        &self,
        at: StepContext,
        deltas: &Self::Deltas,
        weights: &Self::Prepared,
        activations: &Self::Activations,
    ) -> Result<Self::Deltas, EngineError>;

    /// The gradient of layer `at.layer`: transposed activations times deltas, summed over these samples.
    ///
    /// # Errors
    /// If a backend operation fails.
    fn gradient(
        &self,
        at: StepContext,
        activations: &Self::Activations,
        deltas: &Self::Deltas,
    ) -> Result<Self::Gradient, EngineError>;

    /// `sum += other` for gradients of layer `layer` from different samples of one batch. The order of additions does
    /// not matter.
    ///
    /// # Errors
    /// If the shapes differ, or a backend operation fails.
    fn add_gradient(
        &self,
        layer: usize,
        sum: &mut Self::Gradient,
        other: &Self::Gradient,
    ) -> Result<(), EngineError>;

    /// Updates some [blocks](Self::weight_blocks) of weights in place, by one step along the gradient of a whole batch.
    /// The other blocks stay as they are.
    ///
    /// # Errors
    /// If the shapes differ, there are no such blocks, or a backend operation fails.
    fn apply(
        &self,
        at: StepContext,
        weights: &mut Self::Weights,
        gradient: Self::Gradient,
        blocks: Range<usize>,
    ) -> Result<(), EngineError>;
}

/// The client side of an engine: the only side that sees plain data and plain weights.
pub trait EngineClient {
    /// One encrypted sample, as the server side expects it.
    type Upload;
    /// The master weights of a layer, as the server side returns them.
    type Weights;
    /// The logits of a batch, as the server side returns them.
    type Logits;

    /// Encrypts one sample: its inputs, scaled to `[0, 1]`, and for training its target.
    ///
    /// # Errors
    /// If the number of inputs or the target does not fit the network and its loss, or an input is not in `[0, 1]`.
    fn encrypt_sample(&self, inputs: &[f32], target: Option<Target<'_>>)
    -> Result<Self::Upload, EngineError>;

    /// Decrypts the master weights of a layer to real numbers, (inputs + 1) x outputs, bias last.
    ///
    /// # Errors
    /// If the weights do not belong to this key or plan.
    fn decrypt_weights(&self, layer: usize, weights: &Self::Weights) -> Result<Array2<f32>, EngineError>;

    /// The resolution of the decrypted weights of a layer, as a real number: the step of exact ones, or a fraction of the noise of
    /// approximate ones.
    ///
    /// # Errors
    /// If there is no such layer.
    fn weight_step(&self, layer: usize) -> Result<f32, EngineError>;

    /// Decrypts the logits of a batch to real numbers, samples x outputs.
    ///
    /// # Errors
    /// If the logits do not belong to this key or plan.
    fn decrypt_logits(&self, logits: &Self::Logits) -> Result<Array2<f32>, EngineError>;

    /// The real values at which the activations of the hidden layers saturate, from the first hidden layer on. Layers
    /// without an entry do not saturate.
    fn activation_limits(&self) -> Vec<f32> {
        Vec::new()
    }
}

/// An error of an engine.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EngineError {
    /// A backend operation failed.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// A field of a plan has an invalid value.
    #[error(transparent)]
    Field(#[from] crate::plan::PlanError),
    /// A plan cannot be carried out.
    #[error("{field}: {problem}")]
    Plan {
        /// The field of the plan.
        field: String,
        /// What is wrong with it, and what to do.
        problem: String,
    },
    /// An operand does not have the shape that the network requires.
    #[error("{what}: expected {expected}, found {found}")]
    Shape {
        /// The operand.
        what: &'static str,
        /// The expected shape or range.
        expected: String,
        /// The shape or value that was found.
        found: String,
    },
}
