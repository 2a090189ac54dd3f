//! Random operands. The cost of an encrypted operation does not depend on them.

use ndarray::Array2;
use silenzio_core::random::{Purpose, Seed, Stream};

/// A stream of test values.
pub fn random(seed: u64) -> Stream {
    Seed(seed).stream(Purpose::Tests, 0, 0)
}

/// A random matrix of integers in `-alpha ..= alpha`.
pub fn matrix(stream: &mut Stream, shape: (usize, usize), alpha: i64) -> Array2<i64> {
    let levels = u32::try_from(2 * alpha + 1).unwrap_or(u32::MAX);
    Array2::from_shape_simple_fn(shape, || i64::from(stream.below(levels)) - alpha)
}
