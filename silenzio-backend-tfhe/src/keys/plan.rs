//! The size classes for which keys are generated.

use super::KeyswitchShape;
use crate::parameters::{ParameterSet, VALUE_DIMENSION, of_kind};
use crate::shrink;
use silenzio_core::Modulus;
use silenzio_core::plan::SmallKeys;

/// The size classes that a computation needs keys for.
#[derive(Clone, PartialEq, Debug)]
pub struct KeyPlan {
    sets: Vec<&'static ParameterSet>,
}

impl KeyPlan {
    /// The size classes of exactly these `moduli`, with this kind of small keys.
    pub fn for_moduli(small_keys: SmallKeys, moduli: impl IntoIterator<Item = Modulus>) -> Self {
        let set_for = |m| ParameterSet::for_modulus(small_keys, m);
        let needed: Vec<_> = moduli.into_iter().map(set_for).collect();
        Self { sets: of_kind(small_keys).into_iter().filter(|set| needed.contains(set)).collect() }
    }

    /// The parameter sets of the classes, narrowest first.
    pub fn parameter_sets(&self) -> &[&'static ParameterSet] {
        &self.sets
    }

    /// The size of the server's keys in memory, in bytes.
    pub fn server_key_bytes(&self) -> usize {
        let class_bytes = |set: &&ParameterSet| set.keyswitch_shape().bytes() + set.rotation().key_bytes();
        let shrunk = self.master_dimension() - VALUE_DIMENSION;
        let shrink_bytes = shrunk * shrink::DECOMPOSITION.levels.0 * (VALUE_DIMENSION + 1) * size_of::<u64>();
        self.sets.iter().map(class_bytes).sum::<usize>() + shrink_bytes
    }

    /// The size of the server's keys as a client sends them, in bytes.
    pub fn compressed_key_bytes(&self) -> usize {
        let class_bytes = |set: &&ParameterSet| {
            set.keyswitch_shape().seeded_bytes() + set.rotation().compressed_key_bytes()
        };
        let shrink_bytes = self.shrink_shape().map_or(0, |shape| shape.seeded_bytes::<u64>());
        self.sets.iter().map(class_bytes).sum::<usize>() + shrink_bytes
    }

    /// The shape of the shrinking key; `None` if all outputs have the dimension of values.
    pub(super) fn shrink_shape(&self) -> Option<KeyswitchShape> {
        let from = self.master_dimension() - VALUE_DIMENSION;
        let decomposition = shrink::DECOMPOSITION;
        (from > 0).then_some(KeyswitchShape { from, to: VALUE_DIMENSION, decomposition })
    }

    /// The number of bits of the master key.
    pub(crate) fn master_dimension(&self) -> usize {
        self.sets.iter().map(|set| set.output_dimension()).fold(VALUE_DIMENSION, usize::max)
    }
}
