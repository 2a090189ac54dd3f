//! Shrinking the output of a wide class to the dimension of values.

use crate::parameters::{Decomposition, VALUE_DIMENSION};
use tfhe::core_crypto::prelude::slice_algorithms::slice_wrapping_add_assign;
use tfhe::core_crypto::prelude::{
    CiphertextModulus, LweCiphertext, LweKeyswitchKey, LweKeyswitchKeyOwned, LweSize,
    keyswitch_lwe_ciphertext,
};

/// The decomposition of the shrinking key: one level, whose base balances rounding and noise.
pub(crate) const DECOMPOSITION: Decomposition = Decomposition::new(24, 1);

/// The shrinking key, a keyswitching key: encryptions of the master key's bits after the first [`VALUE_DIMENSION`], under
/// these first bits.
///
/// The GLWE key of each class is a prefix of one master key (shared-randomness keys: Bergerat et al., ePrint
/// 2023/979). So the first mask elements of a bootstrap's output stay as they are, only the others are switched,
/// and a class narrower than the widest uses a prefix of the rows.
pub(crate) struct ShrinkKey {
    rows: LweKeyswitchKeyOwned<u64>,
}

impl ShrinkKey {
    /// Makes a key of its rows, one per bit of the master key from [`VALUE_DIMENSION`] on.
    pub(crate) const fn new(rows: LweKeyswitchKeyOwned<u64>) -> Self {
        Self { rows }
    }

    pub(crate) fn size_bytes(&self) -> usize {
        size_of_val(self.rows.as_ref())
    }

    /// Switches `lwe` (the mask, then the body), of any dimension above [`VALUE_DIMENSION`] up to that of the widest class, to
    /// dimension [`VALUE_DIMENSION`].
    pub(crate) fn shrink(&self, lwe: &[u64]) -> Vec<u64> {
        let (kept, switched) = lwe.split_at(VALUE_DIMENSION);
        let rows = self.prefix(switched.len() - 1);
        let switched = LweCiphertext::from_container(switched, CiphertextModulus::new_native());
        let mut output = LweCiphertext::new(0, LweSize(VALUE_DIMENSION + 1), CiphertextModulus::new_native());
        keyswitch_lwe_ciphertext(&rows, &switched, &mut output);
        slice_wrapping_add_assign(output.get_mut_mask().as_mut(), kept);
        output.into_container()
    }

    /// The first `count` rows, without a copy.
    fn prefix(&self, count: usize) -> LweKeyswitchKey<&[u64]> {
        let elements = count * self.rows.input_key_element_encrypted_size();
        LweKeyswitchKey::from_container(
            &self.rows.as_ref()[..elements],
            DECOMPOSITION.base_log,
            DECOMPOSITION.levels,
            self.rows.output_lwe_size(),
            self.rows.ciphertext_modulus(),
        )
    }
}
