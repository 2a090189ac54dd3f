//! Look-ups that fail, as a bootstrap does when noise moves its input out of its box.

use silenzio_core::random::{Purpose, Seed, Stream};
use silenzio_core::{Lut, Modulus};
use std::sync::atomic::{AtomicU64, Ordering};

/// Makes every look-up fail with a given probability.
///
/// A failing TFHE look-up lands in a neighbouring box of the test polynomial. Boxes alternate between encodings and
/// antipodes of encodings, so the look-up of x returns `-f(x + (m ± 1) / 2)`.
#[derive(Debug)]
pub struct Faults {
    probability: f64,
    seed: Seed,
    batches: AtomicU64,
}

impl Faults {
    /// Faults with the given probability per look-up (clamped to `[0, 1]`), drawn from `seed`. With several threads, the order
    /// of batches varies from run to run, and with it the look-ups that fail.
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
