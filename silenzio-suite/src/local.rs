//! Work on both sides of an engine in one process.

use silenzio_core::{EngineClient, StoredClient, StoredEngine};

/// Work that both sides of any engine do in one process, such as an experiment.
pub trait LocalWork {
    /// The result.
    type Output;

    /// Does the work. Another thread may ask `watch` about its progress.
    fn run<E, C>(self, engine: &E, client: &C, watch: Watch<'_>) -> Self::Output
    where
        E: StoredEngine,
        C: StoredClient + EngineClient<Upload = E::Upload, Weights = E::Weights, Logits = E::PreActivations>;
}

/// The progress of work, in bootstraps.
#[derive(Clone, Copy)]
pub struct Watch<'a> {
    done: &'a (dyn Fn() -> u64 + Sync),
}

impl<'a> Watch<'a> {
    #[cfg_attr(
        not(feature = "client"),
        allow(dead_code, reason = "the simulator is faster than its counters")
    )]
    pub(crate) const fn new(done: &'a (dyn Fn() -> u64 + Sync)) -> Self {
        Self { done }
    }

    /// The number of bootstraps done so far.
    pub fn bootstraps(&self) -> u64 {
        (self.done)()
    }
}

impl std::fmt::Debug for Watch<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}
