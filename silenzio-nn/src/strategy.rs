//! The distribution of the work of a training step among processes.

use crate::communicator::{CommunicationError, Communicator};
use silenzio_core::{Engine, EngineError, Mode, StepContext};
use std::ops::{ControlFlow, Range};

/// Decides which process computes which gradients of a batch and bootstraps which weights, and exchanges the results.
/// The training loop uses it; engines do not know of it.
///
/// All processes of a training run the same loop on the same weights, and must get the same gradients.
pub trait Strategy<E: Engine> {
    /// The errors of the engine, and of exchanging results.
    type Error: From<EngineError>;

    /// Prepares the weights of a layer for the products of one step, or of any number of inferences.
    ///
    /// # Errors
    /// The errors of [`Engine::refresh`] and [`Engine::prepare`]; also if results cannot be exchanged.
    fn prepare(
        &self,
        engine: &E,
        layer: usize,
        weights: &E::Weights,
        mode: Mode,
    ) -> Result<E::Prepared, Self::Error>;

    /// The positions in a batch of `batch` samples whose gradients this process computes. The range is empty if there
    /// are too few samples for all processes.
    ///
    /// # Errors
    /// The errors of [`Engine::share_unit`].
    fn share(&self, engine: &E, batch: usize) -> Result<Range<usize>, EngineError>;

    /// The gradients of the whole batch, one for each trained layer, from those of this process's share; `None` stands
    /// for an empty share.
    ///
    /// # Errors
    /// The errors of [`Engine::add_gradient`]; also if gradients cannot be exchanged.
    fn all_reduce(
        &self,
        engine: &E,
        gradients: Option<Vec<E::Gradient>>,
    ) -> Result<Vec<E::Gradient>, Self::Error>;

    /// Updates a layer's weights by one step along their gradient over a whole batch.
    ///
    /// # Errors
    /// The errors of [`Engine::apply`]; also if results cannot be exchanged.
    fn apply(
        &self,
        engine: &E,
        at: StepContext,
        weights: &mut E::Weights,
        gradient: E::Gradient,
    ) -> Result<(), Self::Error>;

    /// Whether the training continues after a step. One process decides, by its `flow`, and all get its decision.
    ///
    /// # Errors
    /// If the decision cannot be exchanged.
    fn agree(&self, flow: ControlFlow<()>) -> Result<ControlFlow<()>, Self::Error>;
}

/// A single process, which computes everything on all of its threads.
#[derive(Clone, Copy, Debug)]
pub struct SingleProcess;

impl<E: Engine> Strategy<E> for SingleProcess {
    type Error = EngineError;

    fn prepare(
        &self,
        engine: &E,
        layer: usize,
        weights: &E::Weights,
        mode: Mode,
    ) -> Result<E::Prepared, EngineError> {
        let blocks = 0..engine.weight_blocks(layer)?.refreshed;
        engine.prepare(layer, weights, vec![engine.refresh(layer, weights, blocks, mode)?])
    }

    fn share(&self, _: &E, batch: usize) -> Result<Range<usize>, EngineError> {
        Ok(0..batch)
    }

    fn all_reduce(
        &self,
        _: &E,
        gradients: Option<Vec<E::Gradient>>,
    ) -> Result<Vec<E::Gradient>, EngineError> {
        Ok(gradients.unwrap_or_default())
    }

    fn apply(
        &self,
        engine: &E,
        at: StepContext,
        weights: &mut E::Weights,
        gradient: E::Gradient,
    ) -> Result<(), EngineError> {
        engine.apply(at, weights, gradient, 0..engine.weight_blocks(at.layer)?.updated)
    }

    fn agree(&self, flow: ControlFlow<()>) -> Result<ControlFlow<()>, EngineError> {
        Ok(flow)
    }
}

/// The only rank.
impl Communicator for SingleProcess {
    fn rank(&self) -> usize {
        0
    }

    fn size(&self) -> usize {
        1
    }

    fn send(&self, to: usize, _: &[u8]) -> Result<(), CommunicationError> {
        Err(CommunicationError::Gone { rank: to })
    }

    fn receive(&self, from: usize) -> Result<Vec<u8>, CommunicationError> {
        Err(CommunicationError::Gone { rank: from })
    }

    fn exchange(&self, to: usize, _: &[u8], _: usize) -> Result<Vec<u8>, CommunicationError> {
        Err(CommunicationError::Gone { rank: to })
    }
}
