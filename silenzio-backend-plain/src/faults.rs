//! Look-ups that fail, as a bootstrap fails whose noise leaves its box.

use silenzio_core::random::{Purpose, Seed, Stream};
use silenzio_core::{Lut, Modulus};
use std::sync::atomic::{AtomicU64, Ordering};

/// Lets every look-up fail with a given probability.
///
/// A failing TFHE look-up lands in the neighbouring box of the test polynomial. Boxes belong alternately to
/// a value and to the antipode of another one, so that x is looked up as `-f(x + (m ± 1) / 2)`.
#[derive(Debug)]
pub struct Faults {
    probability: f64,
    seed: Seed,
    batches: AtomicU64,
}

impl Faults {
    /// Faults with the given probability per look-up (clamped to `[0, 1]`), drawn from `seed`. With several
    /// threads the order of batches, and so the place of the faults, varies from run to run.
    pub fn new(probability: f64, seed: Seed) -> Self {
        Self { probability: probability.clamp(0.0, 1.0), seed, batches: AtomicU64::new(0) }
    }

    /// The faults of the next batch of look-ups.
    pub(crate) fn next_batch(&self) -> BatchFaults {
        let batch = self.batches.fetch_add(1, Ordering::Relaxed);
        BatchFaults { probability: self.probability, stream: self.seed.stream(Purpose::Faults, batch, 0) }
    }
}

/// The faults of one batch, look-up by look-up.
pub(crate) struct BatchFaults {
    probability: f64,
    stream: Stream,
}

impl BatchFaults {
    /// The table's result at residue `x`, or a wrong one if this look-up fails.
    pub(crate) fn look_up(&mut self, lut: &Lut, x: u8) -> u8 {
        if self.stream.unit() >= self.probability {
            return lut.at(x.into());
        }
        let half = i64::from(lut.input().get() / 2) + i64::from(self.stream.below(2));
        negate(lut.output(), lut.at(i64::from(x) + half))
    }
}

fn negate(m: Modulus, residue: u8) -> u8 {
    m.reduce(-i64::from(residue))
}
