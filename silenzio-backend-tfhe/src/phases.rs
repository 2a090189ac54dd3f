//! The time that threads spend in the phases of a computation.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The time that all threads together have spent in one phase.
#[derive(Default, Debug)]
pub(crate) struct Stopwatch(AtomicU64);

impl Stopwatch {
    /// Does `work`, which must run on this thread alone, and adds its time.
    pub(crate) fn time<T>(&self, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = work();
        let nanoseconds = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.0.fetch_add(nanoseconds, Ordering::Relaxed);
        result
    }

    fn read(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed))
    }
}

/// The phases of both engines.
#[derive(Default, Debug)]
pub(crate) struct Stopwatches {
    /// Keyswitches from values to small keys.
    pub(crate) keyswitch: Stopwatch,
    /// Blind rotations.
    pub(crate) rotation: Stopwatch,
    /// Keyswitches from the outputs of wide classes to values.
    pub(crate) shrinking: Stopwatch,
    /// Automorphisms, for packing and for inverting the variable.
    pub(crate) packing: Stopwatch,
    /// Scheme switches from packed gadget levels to GGSWs.
    pub(crate) lifting: Stopwatch,
    /// External products.
    pub(crate) products: Stopwatch,
}

impl Stopwatches {
    /// The time of all threads together in each phase that took any.
    pub(crate) fn read(&self) -> Vec<(&'static str, Duration)> {
        let Self { keyswitch, rotation, shrinking, packing, lifting, products } = self;
        let phases = [
            ("keyswitch", keyswitch),
            ("rotation", rotation),
            ("shrinking", shrinking),
            ("packing", packing),
            ("lifting", lifting),
            ("products", products),
        ];
        phases
            .map(|(name, stopwatch)| (name, stopwatch.read()))
            .into_iter()
            .filter(|(_, time)| !time.is_zero())
            .collect()
    }
}
