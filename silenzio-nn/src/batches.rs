//! The order in which an epoch visits the samples.

use silenzio_core::random::{Purpose, Seed};

/// The order of the samples in `epoch` (from 0): a permutation of `0..samples`, whose consecutive chunks are the
/// batches.
///
/// It depends only on the arguments, so that plain, encrypted and resumed runs see the same batches.
pub fn epoch_order(seed: Seed, epoch: usize, samples: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..samples).collect();
    seed.stream(Purpose::Shuffle, epoch as u64, 0).shuffle(&mut order);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_epoch_visits_every_sample_in_an_order_of_its_own() {
        let first = epoch_order(Seed(1), 0, 50);
        let second = epoch_order(Seed(1), 1, 50);
        assert_eq!(first, epoch_order(Seed(1), 0, 50));
        assert_ne!(first, second);
        for mut order in [first, second] {
            order.sort_unstable();
            assert_eq!(order, (0..50).collect::<Vec<_>>());
        }
        assert!(epoch_order(Seed(1), 0, 0).is_empty());
    }
}
