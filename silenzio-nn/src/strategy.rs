//! How the work of a training step is shared out among processes.

use crate::communicator::{CommunicationError, Communicator};
use silenzio_core::{Engine, EngineError, Mode, StepContext};
use std::ops::{ControlFlow, Range};

/// Who computes which gradients of a batch, who bootstraps which weights, and how they meet. The training loop asks it, and
/// no engine knows of it.
///
/// All processes of a training run the same loop on the same weights, and have to come to the same gradients.
pub trait Strategy<E: Engine> {
    /// What can go wrong.
    type Error: From<EngineError>;

    /// The weights of a layer, ready for the products of one step or of any number of inferences.
    ///
    /// # Errors
    /// As [`Engine::refresh`] and [`Engine::prepare`], and if results cannot be exchanged.
    fn prepare(
        &self,
        engine: &E,
        layer: usize,
        weights: &E::Weights,
        mode: Mode,
    ) -> Result<E::Prepared, Self::Error>;

    /// The places in a batch of `batch` samples whose gradients this process computes; none, if there are too few.
    ///
    /// # Errors
    /// As [`Engine::share_unit`].
    fn share(&self, engine: &E, batch: usize) -> Result<Range<usize>, EngineError>;

    /// The gradients of the whole batch, trained layer by trained layer, from those of this process's share, if it has one.
    ///
    /// # Errors
    /// If gradients cannot be exchanged, or as [`Engine::add_gradient`].
    fn all_reduce(
        &self,
        engine: &E,
        gradients: Option<Vec<E::Gradient>>,
    ) -> Result<Vec<E::Gradient>, Self::Error>;

    /// One step of a layer's weights down their gradient over a whole batch.
    ///
    /// # Errors
    /// As [`Engine::apply`], and if results cannot be exchanged.
    fn apply(
        &self,
        engine: &E,
        at: StepContext,
        weights: &mut E::Weights,
        gradient: E::Gradient,
    ) -> Result<(), Self::Error>;

    /// Whether all processes go on after a step, as the one says that decides.
    ///
    /// # Errors
    /// If that cannot be exchanged.
    fn agree(&self, flow: ControlFlow<()>) -> Result<ControlFlow<()>, Self::Error>;
}

/// One process computes everything, on all of its threads.
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
        let blocks = 0..engine.weight_blocks(layer)?.count;
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
        engine.apply(at, weights, gradient, 0..engine.weight_blocks(at.layer)?.count)
    }

    fn agree(&self, flow: ControlFlow<()>) -> Result<ControlFlow<()>, EngineError> {
        Ok(flow)
    }
}

/// A rank without others.
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
