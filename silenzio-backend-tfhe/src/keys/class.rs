//! The evaluation keys of one size class.

use crate::parameters::ParameterSet;
use tfhe::core_crypto::prelude::{Fft, FourierLweBootstrapKeyOwned, LweKeyswitchKeyOwned};

/// What the server needs for the look-ups of one size class.
pub(crate) struct ClassKey {
    pub(crate) parameters: &'static ParameterSet,
    /// From values to the small key.
    pub(crate) keyswitch: LweKeyswitchKeyOwned<u32>,
    /// From the small key to the class's prefix of the master key.
    pub(crate) bootstrap: FourierLweBootstrapKeyOwned,
    pub(crate) fft: Fft,
}

impl ClassKey {
    pub(crate) fn size_bytes(&self) -> usize {
        size_of_val(self.keyswitch.as_ref()) + size_of_val(self.bootstrap.as_view().data())
    }
}
