//! The evaluation keys of one size class.

use crate::keyswitch::SmallKeyswitch;
use crate::parameters::ParameterSet;
use crate::rotation::RotationKey;

/// The keys that the look-ups of one size class take.
pub(crate) struct ClassKey {
    pub(crate) parameters: &'static ParameterSet,
    /// The keyswitch from values to the small key.
    pub(crate) keyswitch: SmallKeyswitch,
    /// The blind rotation from the small key to the class's prefix of the master key.
    pub(crate) rotation: RotationKey,
}

impl ClassKey {
    pub(crate) fn size_bytes(&self) -> usize {
        self.keyswitch.size_bytes() + self.rotation.parameters().key_bytes()
    }
}
