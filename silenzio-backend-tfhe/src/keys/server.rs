//! The server's evaluation keys, which hold nothing secret.

use super::ClassKey;
use crate::counters::Counters;
use crate::noise::{self, NoiseVariance};
use crate::parameters::{ParameterSet, VALUE_DIMENSION};
use crate::phases::Stopwatches;
use crate::shrink::ShrinkKey;
use silenzio_core::{BackendError, LutCounts, Modulus};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Evaluation keys for the size classes of a [`KeyPlan`](super::KeyPlan), with counters and stopwatches for the operations
/// done with them.
///
/// A clone shares the keys; its counters and stopwatches start at zero.
pub struct ServerKey {
    keys: Arc<EvaluationKeys>,
    pub(crate) counters: Counters,
    pub(crate) stopwatches: Stopwatches,
}

/// The keys that all clones share.
struct EvaluationKeys {
    id: u128,
    /// The keys of each class, narrowest first.
    classes: Vec<ClassKey>,
    /// The shrinking key, if the output of a class is longer than a value.
    shrink: Option<ShrinkKey>,
}

impl ServerKey {
    /// Makes a key of its parts: the classes, narrowest first, and the shrinking key that fits them.
    pub(super) fn from_parts(id: u128, classes: Vec<ClassKey>, shrink: Option<ShrinkKey>) -> Self {
        Self::sharing(Arc::new(EvaluationKeys { id, classes, shrink }))
    }

    /// Wraps shared keys with new counters and stopwatches.
    fn sharing(keys: Arc<EvaluationKeys>) -> Self {
        Self { keys, counters: Counters::default(), stopwatches: Stopwatches::default() }
    }

    /// The id of the client key that it belongs to.
    pub fn id(&self) -> u128 {
        self.keys.id
    }

    /// The size of all keys in memory, in bytes.
    pub fn size_bytes(&self) -> usize {
        let classes: usize = self.keys.classes.iter().map(ClassKey::size_bytes).sum();
        classes + self.keys.shrink.as_ref().map_or(0, ShrinkKey::size_bytes)
    }

    /// The parameter sets of the classes that have keys, narrowest first.
    pub fn parameter_sets(&self) -> impl Iterator<Item = &'static ParameterSet> + '_ {
        self.keys.classes.iter().map(|class| class.parameters)
    }

    /// The numbers of keyswitches so far, by size class of the input's modulus. An input takes one, however many tables are
    /// looked up.
    pub fn keyswitch_counts(&self) -> LutCounts {
        self.counters.keyswitches()
    }

    /// The time that all threads together have spent in each phase of look-ups so far: keyswitch, rotation, shrinking.
    pub fn phases(&self) -> Vec<(&'static str, Duration)> {
        self.stopwatches.read()
    }

    /// The largest noise that an input of modulus `m` may have.
    ///
    /// # Errors
    /// [`BackendError::MissingKey`] if there is no key for `m`.
    pub fn noise_budget(&self, m: Modulus) -> Result<NoiseVariance, BackendError> {
        Ok(noise::budget(self.class(m)?.parameters, m))
    }

    /// The narrowest class whose look-ups take modulus `m`.
    pub(crate) fn class(&self, m: Modulus) -> Result<&ClassKey, BackendError> {
        let class = self.keys.classes.iter().find(|class| class.parameters.holds(m));
        class.ok_or(BackendError::MissingKey(m))
    }

    /// Brings a bootstrap's output (the mask, then the body) to the dimension of values.
    pub(crate) fn shrink(&self, lwe: Vec<u64>) -> Vec<u64> {
        match &self.keys.shrink {
            Some(key) if lwe.len() > VALUE_DIMENSION + 1 => key.shrink(&lwe),
            _ => lwe,
        }
    }
}

impl Clone for ServerKey {
    fn clone(&self) -> Self {
        Self::sharing(Arc::clone(&self.keys))
    }
}

impl fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerKey").field("size_bytes", &self.size_bytes()).finish_non_exhaustive()
    }
}
