//! Public randomness: every random choice that is not secret.
//!
//! Initial weights, shuffles, splits and the dither of stochastic rounding are derived from the seed of a plan. Each
//! has a ChaCha stream of its own, addressed by purpose, step and layer. So runs are reproducible, plain and encrypted
//! runs agree, and a resumed run needs no generator state. Secrets never come from these streams.

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rand_distr::{Distribution, StandardNormal};

/// The purpose of a stream. Streams of different purposes are independent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Purpose {
    /// Splitting a data set into a training and a test part.
    Split = 1,
    /// Initial weights.
    InitialWeights = 2,
    /// The order of the samples in an epoch.
    Shuffle = 3,
    /// The dither of the forward product.
    ForwardDither = 4,
    /// The dither of the delta product.
    DeltaDither = 5,
    /// The dither of the gradient product.
    GradientDither = 6,
    /// The dither of the loss gradient.
    LossDither = 7,
    /// Failures of look-ups, in simulators.
    Faults = 8,
    /// Values in tests.
    Tests = 9,
    /// The dither of updates at a learning rate that has fallen.
    UpdateDither = 10,
    /// The points of a random sweep.
    Sweep = 11,
    /// Splitting off a validation part from the training part.
    Validation = 12,
    /// Noise, in simulators.
    Noise = 13,
}

/// The public seed of a run, from which all streams derive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seed(pub u64);

impl Seed {
    /// The stream for `purpose` at `step` (below 2^48) and `layer` (below 256).
    pub fn stream(self, purpose: Purpose, step: u64, layer: usize) -> Stream {
        let mut rng = ChaCha12Rng::seed_from_u64(self.0);
        rng.set_stream((purpose as u64) << 56 | (layer as u64 & 0xff) << 48 | (step & 0xffff_ffff_ffff));
        Stream(rng)
    }
}

/// A stream of public random numbers.
pub struct Stream(ChaCha12Rng);

impl Stream {
    /// A number in `0..n`, uniform up to a bias of n / 2^32; 0 where `n` is 0.
    pub fn below(&mut self, n: u32) -> u32 {
        ((u64::from(self.0.next_u32()) * u64::from(n)) >> 32) as u32
    }

    /// A real number in `[0, 1)`, a multiple of 2^-53.
    pub fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A standard normal number.
    pub fn normal(&mut self) -> f64 {
        StandardNormal.sample(&mut self.0)
    }

    /// Skips `count` numbers of [`below`](Self::below).
    pub fn skip(&mut self, count: usize) {
        for _ in 0..count {
            self.0.next_u32();
        }
    }

    /// Puts `items` in random order (Fisher–Yates shuffle).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u32 + 1) as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(seed: u64, purpose: Purpose, step: u64, layer: usize) -> u32 {
        Seed(seed).stream(purpose, step, layer).below(u32::MAX)
    }

    #[test]
    fn streams_are_reproducible_and_distinct() {
        let reference = first(1, Purpose::Shuffle, 5, 2);
        assert_eq!(reference, first(1, Purpose::Shuffle, 5, 2));
        for other in [
            first(2, Purpose::Shuffle, 5, 2),
            first(1, Purpose::Split, 5, 2),
            first(1, Purpose::Shuffle, 6, 2),
            first(1, Purpose::Shuffle, 5, 3),
        ] {
            assert_ne!(reference, other);
        }
    }

    #[test]
    fn a_shuffle_is_a_permutation() {
        let mut items: Vec<_> = (0..100).collect();
        Seed(7).stream(Purpose::Shuffle, 0, 0).shuffle(&mut items);
        assert_ne!(items, (0..100).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..100).collect::<Vec<_>>());
    }
}
