//! The evaluation keys of one size class.

use crate::keyswitch::SmallKeyswitch;
use crate::parameters::ParameterSet;
use crate::rotation::RotationKey;

/// What the server needs for the look-ups of one size class.
pub(crate) struct ClassKey {
    pub(crate) parameters: &'static ParameterSet,
    /// From values to the small key.
    pub(crate) keyswitch: SmallKeyswitch,
    /// From the small key to the class's prefix of the master key.
    pub(crate) rotation: RotationKey,
}

impl ClassKey {
    pub(crate) fn size_bytes(&self) -> usize {
        self.keyswitch.size_bytes() + self.rotation.parameters().key_bytes()
    }
}
