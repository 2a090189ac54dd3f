//! What an engine offers to the training loop: the operations of a multi-layer perceptron, on values that
//! the training loop cannot read.
//!
//! Layers are numbered from 0. A network with widths d, h, …, c has for layer `l` a weight matrix of
//! `inputs + 1` rows (the last one is the bias) and `outputs` columns. An engine is made for one public
//! network and plan: it knows all shapes, scales and the learning rate, and derives all dither from the
//! plan's seed and the [`StepContext`] of an operation, so that operations are pure functions of their
//! arguments and a resumed training repeats the same numbers.

use crate::{BackendError, Target};
use ndarray::{Array2, ArrayView2};
use std::ops::Range;

/// Where in a training an operation happens: step, layer and the places of the samples address the dither.
///
/// The samples of an operation are a share of a batch: those from `first` on. Whoever computes the gradients of the
/// other shares, every sample meets the same dither as if the batch were computed at once.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct StepContext {
    /// The number of the SGD step, from 0, over all epochs.
    pub step: u64,
    /// The layer, from 0.
    pub layer: usize,
    /// The learning rate at this step as a part of the plan's, in (0, 1].
    pub rate: f64,
    /// The place in its batch of the first sample that is computed.
    pub first: usize,
    /// The samples of the whole batch, over which the gradient is a mean: fewer than in the plan in a short last batch.
    pub batch: usize,
}

impl StepContext {
    /// The whole batch of a step, at layer 0.
    pub const fn whole(step: u64, rate: f64, batch: usize) -> Self {
        Self { step, layer: 0, rate, first: 0, batch }
    }

    /// The share of the batch that begins with sample `first`.
    #[must_use]
    pub const fn from(self, first: usize) -> Self {
        Self { first, ..self }
    }

    /// The same at another layer.
    #[must_use]
    pub const fn at_layer(self, layer: usize) -> Self {
        Self { layer, ..self }
    }

    /// What the learning rate of the plan is multiplied with, for gradients that are divided by `planned` samples: the
    /// rate at this step, on the mean over the samples that are really there.
    pub fn rate_on_mean(self, planned: usize) -> f64 {
        self.rate * (planned as f64 / self.batch.max(1) as f64)
    }
}

/// What a pass through the network is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// A training step: what the backward pass needs is made as well.
    Train,
    /// Inference: only what logits need is made.
    Infer,
}

/// How the work on the weights of a layer, which takes as long for any number of samples, can be shared out.
///
/// Weights consist of blocks. Whoever [updates](Engine::apply) or [refreshes](Engine::refresh) some of them comes to the
/// same bytes as if all were done at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WeightBlocks {
    /// How many blocks there are.
    pub count: usize,
    /// Whether an update takes bootstraps. Otherwise it takes less than sending its results.
    pub update_bootstraps: bool,
    /// Whether there is anything to refresh.
    pub refreshed: bool,
}

/// The server side of an engine: one operation for each thing that training does.
///
/// A training step is three things: the [gradients](Self::gradient) of samples, their
/// [sum](Self::add_gradient), and its [application](Self::apply). The samples of a batch are independent of each other
/// until they are added up, which can be done in any order: any split of a batch into shares of whole
/// [units](Self::share_unit) gives the same sum, and the same bytes of the weights that it is applied to.
pub trait Engine: Sync {
    /// One encrypted sample as the client sends it: most of it is the seed of what is random in it.
    type Upload: Send + Sync;
    /// One encrypted sample, ready for computing: its inputs and, for training, its label.
    type Sample: Send + Sync;
    /// The master weights of a layer, which live as long as the training.
    type Weights: Clone + Send + Sync;
    /// The results of the bootstraps of some of a layer's weights, once per step.
    type Refreshed: Send + Sync;
    /// A layer's weights, made ready once per step for the products of this step.
    type Prepared: Send + Sync;
    /// The pre-activations of a batch; those of the last layer are the logits.
    type PreActivations: Send + Sync;
    /// The activations of a batch, with what [`propagate`](Self::propagate) needs of the derivative.
    type Activations: Send + Sync;
    /// The delta (the derivative of the loss by the pre-activations) of a batch.
    type Deltas: Send + Sync;
    /// A weight gradient, added up over any number of samples.
    type Gradient: Send + Sync;

    /// The number of layers with weights.
    fn layers(&self) -> usize;

    /// The layers that are trained, in ascending order: at least one. The weights of all others are frozen: they have no
    /// gradients, and below the first trained layer no deltas.
    fn trained_layers(&self) -> &[usize];

    /// How many neighbours of a batch of `batch` samples belong together: a share begins at a multiple of it, and ends at
    /// one or with the batch.
    ///
    /// # Errors
    /// As the backend's operations.
    fn share_unit(&self, batch: usize) -> Result<usize, EngineError> {
        let _ = batch;
        Ok(1)
    }

    /// Makes a sample ready for computing. For [`Mode::Infer`], only what logits need: neither its label nor what a
    /// gradient takes.
    ///
    /// # Errors
    /// If it was encrypted for another plan.
    fn expand(&self, upload: &Self::Upload, mode: Mode) -> Result<Self::Sample, EngineError>;

    /// The largest absolute value that a weight of a layer can have; larger ones are not what they seem.
    ///
    /// # Errors
    /// If there is no such layer.
    fn largest_weight(&self, layer: usize) -> Result<f64, EngineError>;

    /// Public initial weights as (trivially encrypted) master weights.
    ///
    /// # Errors
    /// If the shape is not the layer's.
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

    /// The bootstraps that some [blocks](Self::weight_blocks) of a layer's weights take before one step, or before any number
    /// of inferences.
    ///
    /// # Errors
    /// If there are no such blocks, and as the backend's operations.
    fn refresh(
        &self,
        layer: usize,
        weights: &Self::Weights,
        blocks: Range<usize>,
        mode: Mode,
    ) -> Result<Self::Refreshed, EngineError>;

    /// A layer's weights, ready for products, with the [results of the bootstraps](Self::refresh) of neighbouring blocks in
    /// their order.
    ///
    /// # Errors
    /// If these are not all blocks, and as the backend's operations.
    fn prepare(
        &self,
        layer: usize,
        weights: &Self::Weights,
        refreshed: Vec<Self::Refreshed>,
    ) -> Result<Self::Prepared, EngineError>;

    /// The inputs of a batch as activations of "layer -1", constant bias input included.
    ///
    /// # Errors
    /// If a sample was encrypted for another plan.
    fn inputs(&self, batch: &[&Self::Sample]) -> Result<Self::Activations, EngineError>;

    /// Activations times weights.
    ///
    /// # Errors
    /// As the backend's operations.
    fn linear(
        &self,
        at: StepContext,
        activations: &Self::Activations,
        weights: &Self::Prepared,
    ) -> Result<Self::PreActivations, EngineError>;

    /// The ReLU behind a hidden layer. For [`Mode::Infer`], activations that only the layer above can use.
    ///
    /// # Errors
    /// As the backend's operations.
    fn relu(
        &self,
        at: StepContext,
        pre: Self::PreActivations,
        mode: Mode,
    ) -> Result<Self::Activations, EngineError>;

    /// The gradient of the loss by the logits of the last layer.
    ///
    /// # Errors
    /// As the backend's operations, and if a sample has no label.
    fn loss_gradient(
        &self,
        at: StepContext,
        logits: Self::PreActivations,
        batch: &[&Self::Sample],
    ) -> Result<Self::Deltas, EngineError>;

    /// The delta of the layer below layer `at.layer`: deltas times transposed weights, through the derivative
    /// of the ReLU that made `activations`, the inputs of layer `at.layer`.
    ///
    /// # Errors
    /// As the backend's operations.
    fn propagate(
        &self,
        at: StepContext,
        deltas: &Self::Deltas,
        weights: &Self::Prepared,
        activations: &Self::Activations,
    ) -> Result<Self::Deltas, EngineError>;

    /// The gradient of layer `at.layer`: transposed activations times deltas, added up over these samples.
    ///
    /// # Errors
    /// As the backend's operations.
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
    /// If the shapes differ, and as the backend's operations.
    fn add_gradient(
        &self,
        layer: usize,
        sum: &mut Self::Gradient,
        other: &Self::Gradient,
    ) -> Result<(), EngineError>;

    /// One step of some [blocks](Self::weight_blocks) of weights down the gradient of a whole batch, in place. The other
    /// blocks stay as they are.
    ///
    /// # Errors
    /// If the shapes differ, there are no such blocks, and as the backend's operations.
    fn apply(
        &self,
        at: StepContext,
        weights: &mut Self::Weights,
        gradient: Self::Gradient,
        blocks: Range<usize>,
    ) -> Result<(), EngineError>;
}

/// The client side of an engine: the only place that sees plain data and plain weights.
pub trait EngineClient {
    /// One encrypted sample, as the server side takes it.
    type Upload;
    /// The master weights of a layer, as the server side gives them.
    type Weights;
    /// The logits of a batch, as the server side gives them.
    type Logits;

    /// Encrypts one sample: inputs scaled to `[0, 1]`, and for training its target.
    ///
    /// # Errors
    /// If the number of inputs or the target does not fit the network and its loss.
    fn encrypt_sample(&self, inputs: &[f32], target: Option<Target<'_>>)
    -> Result<Self::Upload, EngineError>;

    /// Decrypts the master weights of a layer to real numbers, (inputs + 1) x outputs, bias last.
    ///
    /// # Errors
    /// If the weights do not belong to this key or plan.
    fn decrypt_weights(&self, layer: usize, weights: &Self::Weights) -> Result<Array2<f32>, EngineError>;

    /// The step of the weights of a layer, as a real number: between multiples of it there is only rounding or noise.
    ///
    /// # Errors
    /// If there is no such layer.
    fn weight_step(&self, layer: usize) -> Result<f32, EngineError>;

    /// Decrypts the logits of a batch to real numbers, samples x outputs.
    ///
    /// # Errors
    /// If the logits do not belong to this key or plan.
    fn decrypt_logits(&self, logits: &Self::Logits) -> Result<Array2<f32>, EngineError>;

    /// The real values at which the activations of the hidden layers saturate; none for layers that do not.
    fn activation_limits(&self) -> Vec<f32> {
        Vec::new()
    }
}

/// What can go wrong in an engine.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EngineError {
    /// A backend operation failed.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// A field of a plan has an impossible value.
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
    /// An operand does not have the shape that the network gives it.
    #[error("{what}: expected {expected}, found {found}")]
    Shape {
        /// Which operand.
        what: &'static str,
        /// The expected shape or range.
        expected: String,
        /// The shape or value that was found.
        found: String,
    },
}
