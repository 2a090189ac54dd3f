//! Data-parallel training: every rank computes the gradients of its share of a batch, and refreshes its share of the
//! weights.

use crate::communicator::{CommunicationError, Communicator};
use crate::strategy::{SingleProcess, Strategy};
use crate::trainer::add_gradients;
use silenzio_core::{EngineError, Mode, StepContext, StoredEngine, WeightBlocks};
use std::io;
use std::ops::{ControlFlow, Range};

/// Divides every batch among the ranks of a communicator, and adds up their gradients. If weights are bootstrapped,
/// each rank bootstraps its share of them, and the ranks exchange the results. Rank 0 decides when the training ends.
#[derive(Clone, Copy, Debug)]
pub struct DataParallel<'a, C: ?Sized>(pub &'a C);

/// An error of a training or inference by several ranks.
#[derive(Debug, thiserror::Error)]
pub enum ParallelError {
    /// Messages cannot be exchanged.
    #[error(transparent)]
    Communication(#[from] CommunicationError),
    /// An operation of the engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A message cannot be encoded.
    #[error("a message cannot be written: {0}")]
    Encode(io::Error),
}

/// The share of a rank in a batch of `batch` samples, in whole units of `unit` samples. All ranks get the same number
/// of units, except that the first ranks may get one more.
pub fn share(batch: usize, unit: usize, rank: usize, size: usize) -> Range<usize> {
    let (unit, size) = (unit.max(1), size.max(1));
    let units = batch.div_ceil(unit);
    let begin = |rank: usize| (rank * (units / size) + rank.min(units % size)) * unit;
    begin(rank).min(batch)..begin(rank + 1).min(batch)
}

/// The largest number of ranks that have work in a batch of `batch` samples, in whole units of `unit` samples.
pub const fn most_ranks(batch: usize, unit: usize) -> usize {
    batch.div_ceil(if unit == 0 { 1 } else { unit })
}

impl<C: Communicator + ?Sized> DataParallel<'_, C> {
    /// The blocks of a layer's weights on which a rank works.
    fn blocks(&self, count: usize, rank: usize) -> Range<usize> {
        share(count, 1, rank, self.0.size())
    }

    /// Exchanges the messages of all ranks about their blocks, and reads each by `read`, which gets the message and its
    /// blocks. Ranks without blocks are left out.
    fn gather<T>(
        &self,
        own: Vec<u8>,
        count: usize,
        mut read: impl FnMut(&mut &[u8], Range<usize>) -> io::Result<T>,
    ) -> Result<Vec<T>, CommunicationError> {
        let mut parts = vec![];
        for (rank, message) in self.0.all_gather(own)?.iter().enumerate() {
            let blocks = self.blocks(count, rank);
            if !blocks.is_empty() {
                parts.push(read_whole(rank, message, |from| read(from, blocks))?);
            }
        }
        Ok(parts)
    }
}

impl<E: StoredEngine, C: Communicator + ?Sized> Strategy<E> for DataParallel<'_, C> {
    type Error = ParallelError;

    fn prepare(
        &self,
        engine: &E,
        layer: usize,
        weights: &E::Weights,
        mode: Mode,
    ) -> Result<E::Prepared, ParallelError> {
        let WeightBlocks { refreshed: count, .. } = engine.weight_blocks(layer)?;
        if count == 0 || self.0.size() == 1 {
            return Ok(SingleProcess.prepare(engine, layer, weights, mode)?);
        }
        let (own, mut message) = (self.blocks(count, self.0.rank()), vec![]);
        if !own.is_empty() {
            let refreshed = engine.refresh(layer, weights, own, mode)?;
            engine.write_refreshed(&mut message, &refreshed).map_err(ParallelError::Encode)?;
        }
        let read = |from: &mut &[u8], blocks: Range<usize>| engine.read_refreshed(from, layer, blocks, mode);
        Ok(engine.prepare(layer, weights, self.gather(message, count, read)?)?)
    }

    fn apply(
        &self,
        engine: &E,
        at: StepContext,
        weights: &mut E::Weights,
        gradient: E::Gradient,
    ) -> Result<(), ParallelError> {
        let WeightBlocks { updated: count, update_bootstraps, .. } = engine.weight_blocks(at.layer)?;
        if !update_bootstraps || self.0.size() == 1 {
            return Ok(SingleProcess.apply(engine, at, weights, gradient)?);
        }
        let (own, mut message) = (self.blocks(count, self.0.rank()), vec![]);
        if !own.is_empty() {
            engine.apply(at, weights, gradient, own.clone())?;
            engine.write_weight_blocks(&mut message, weights, own).map_err(ParallelError::Encode)?;
        }
        let read = |from: &mut &[u8], blocks: Range<usize>| {
            engine.read_weight_blocks(from, at.layer, weights, blocks)
        };
        self.gather(message, count, read)?;
        Ok(())
    }

    fn share(&self, engine: &E, batch: usize) -> Result<Range<usize>, EngineError> {
        Ok(share(batch, engine.share_unit(batch)?, self.0.rank(), self.0.size()))
    }

    /// Adds up gradients along a binomial tree, whose root is rank 0, which then sends the sum to all ranks.
    fn all_reduce(
        &self,
        engine: &E,
        gradients: Option<Vec<E::Gradient>>,
    ) -> Result<Vec<E::Gradient>, ParallelError> {
        let (rank, size) = (self.0.rank(), self.0.size());
        let mut sum = gradients;
        let mut distance = 1;
        while distance < size {
            if rank & distance != 0 {
                self.0.send(rank - distance, &encode(engine, sum.as_deref().unwrap_or_default())?)?;
                sum = None;
                break;
            }
            if rank + distance < size {
                let other = decode(engine, rank + distance, &self.0.receive(rank + distance)?)?;
                match (&mut sum, other) {
                    (Some(sum), Some(other)) => add_gradients(engine, sum, &other)?,
                    (None, other) => sum = other,
                    (Some(_), None) => {}
                }
            }
            distance *= 2;
        }
        match sum {
            Some(sum) if size == 1 => Ok(sum),
            Some(sum) if rank == 0 => {
                self.0.broadcast(encode(engine, &sum)?)?;
                Ok(sum)
            }
            _ => Ok(decode(engine, 0, &self.0.broadcast(vec![])?)?.unwrap_or_default()),
        }
    }

    fn agree(&self, flow: ControlFlow<()>) -> Result<ControlFlow<()>, ParallelError> {
        let decided = self.0.broadcast(vec![flow.is_break().into()])?;
        Ok(if decided == [0] { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    }
}

/// A message with the gradients of all trained layers, which is empty if there are none.
fn encode<E: StoredEngine>(engine: &E, gradients: &[E::Gradient]) -> Result<Vec<u8>, ParallelError> {
    let mut message = Vec::new();
    for gradient in gradients {
        engine.write_gradient(&mut message, gradient).map_err(ParallelError::Encode)?;
    }
    Ok(message)
}

fn decode<E: StoredEngine>(
    engine: &E,
    rank: usize,
    message: &[u8],
) -> Result<Option<Vec<E::Gradient>>, CommunicationError> {
    if message.is_empty() {
        return Ok(None);
    }
    let layers = engine.trained_layers().iter();
    read_whole(rank, message, |from| layers.map(|&layer| engine.read_gradient(from, layer)).collect())
        .map(Some)
}

/// Reads the message of a rank, of which no bytes may be left over.
fn read_whole<T>(
    rank: usize,
    mut message: &[u8],
    read: impl FnOnce(&mut &[u8]) -> io::Result<T>,
) -> Result<T, CommunicationError> {
    let unusable = |problem: String| CommunicationError::Message { rank, problem };
    let value = read(&mut message).map_err(|error| unusable(error.to_string()))?;
    match message.len() {
        0 => Ok(value),
        bytes => Err(unusable(format!("{bytes} bytes are left over"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn shares_are_a_batch_in_whole_units(batch in 1usize..200, unit in 1usize..20, size in 1usize..40) {
            let shares: Vec<_> = (0..size).map(|rank| share(batch, unit, rank, size)).collect();
            prop_assert_eq!(shares[0].start, 0);
            prop_assert_eq!(shares[size - 1].end, batch);
            prop_assert!(shares.windows(2).all(|pair| pair[0].end == pair[1].start));
            prop_assert!(shares.iter().all(|share| share.start % unit == 0 || share.is_empty()));
            let working = shares.iter().filter(|share| !share.is_empty()).count();
            prop_assert_eq!(working, size.min(most_ranks(batch, unit)));
            let (most, least) = (shares[0].len(), shares.iter().map(Range::len).min().unwrap());
            prop_assert!(most - least <= 2 * unit);
        }
    }
}
