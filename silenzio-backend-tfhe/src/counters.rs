//! Counters of a server's operations, shared between threads.

use silenzio_core::{LutCounts, Modulus};
use std::sync::atomic::{AtomicU64, Ordering};

/// The numbers of operations, by the size class of the input's modulus.
#[derive(Default)]
pub(crate) struct Counters {
    bootstraps: ByClass,
    keyswitches: ByClass,
}

impl Counters {
    /// Counts a look-up of `tables` tables on each of `inputs` inputs of modulus `m`.
    pub(crate) fn count(&self, m: Modulus, inputs: usize, tables: usize) {
        self.keyswitches.add(m, inputs);
        self.bootstraps.add(m, inputs * tables);
    }

    pub(crate) fn bootstraps(&self) -> LutCounts {
        self.bootstraps.get()
    }

    pub(crate) fn keyswitches(&self) -> LutCounts {
        self.keyswitches.get()
    }
}

/// One count for each number of bits of a modulus, 0 to 8.
#[derive(Default)]
struct ByClass([AtomicU64; 9]);

impl ByClass {
    fn add(&self, m: Modulus, count: usize) {
        if let Some(counter) = self.0.get(m.bits() as usize) {
            counter.fetch_add(count as u64, Ordering::Relaxed);
        }
    }

    fn get(&self) -> LutCounts {
        let counts = self.0.iter().enumerate().filter_map(|(bits, count)| {
            let widest = Modulus::new((1 << bits) - 1).ok()?;
            Some(LutCounts::of(widest, count.load(Ordering::Relaxed)))
        });
        counts.sum()
    }
}
