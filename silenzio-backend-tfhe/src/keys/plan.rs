//! Which size classes keys are made for.

use crate::parameters::{ALL, ParameterSet, VALUE_DIMENSION};
use crate::shrink;
use silenzio_core::Modulus;

/// The size classes that a computation needs keys for.
#[derive(Clone, PartialEq, Debug)]
pub struct KeyPlan {
    sets: Vec<&'static ParameterSet>,
}

impl KeyPlan {
    /// Keys for look-ups on all of `moduli`, and none more.
    pub fn for_moduli(moduli: impl IntoIterator<Item = Modulus>) -> Self {
        let needed: Vec<_> = moduli.into_iter().map(ParameterSet::for_modulus).collect();
        Self { sets: ALL.into_iter().filter(|set| needed.contains(set)).collect() }
    }

    /// Keys for the classes with exactly these widest moduli, in order; `None` where there are no such classes.
    pub(super) fn for_widest_moduli(widest: &[u8]) -> Option<Self> {
        let sets: Vec<_> = ALL.into_iter().filter(|set| widest.contains(&set.widest)).collect();
        sets.iter().map(|set| set.widest).eq(widest.iter().copied()).then_some(Self { sets })
    }

    /// The parameter sets of the classes, narrowest first.
    pub fn parameter_sets(&self) -> &[&'static ParameterSet] {
        &self.sets
    }

    /// The size of the server's keys, in bytes.
    pub fn server_key_bytes(&self) -> usize {
        let class_bytes = |set: &&ParameterSet| set.keyswitch_key_bytes() + set.bootstrap_key_bytes();
        let shrunk = self.master_dimension() - VALUE_DIMENSION;
        let shrink_bytes = shrunk * shrink::DECOMPOSITION.levels.0 * (VALUE_DIMENSION + 1) * size_of::<u64>();
        self.sets.iter().map(class_bytes).sum::<usize>() + shrink_bytes
    }

    /// How many bits the master key needs.
    pub(crate) fn master_dimension(&self) -> usize {
        self.sets.iter().map(|set| set.output_dimension()).fold(VALUE_DIMENSION, usize::max)
    }
}
