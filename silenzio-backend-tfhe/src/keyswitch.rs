//! The keyswitch from a value to the small key of a size class.

use crate::ciphertext::Ciphertext;
use crate::keys::ClassKey;
use crate::modulus_switch::centre_modulus_switch;
use tfhe::core_crypto::prelude::{
    CiphertextModulus, LweCiphertext, LweCiphertextOwned, keyswitch_lwe_ciphertext_with_scalar_change,
};

/// A value under the small key of a class, in 32 bits, ready for the bootstrap.
pub(crate) type SmallCiphertext = LweCiphertextOwned<u32>;

/// `input` under the small key of `key`, centred for the modulus switch.
///
/// The small key's noise is far above 2^-32, so its ciphertexts and the keyswitching key take 32 bits: half the
/// memory traffic.
pub(crate) fn keyswitch(key: &ClassKey, input: &Ciphertext) -> SmallCiphertext {
    let small_size = key.parameters.lwe_dimension.to_lwe_size();
    let mut output = LweCiphertext::new(0, small_size, CiphertextModulus::new_native());
    if input.is_trivial() {
        *output.get_mut_body().data = (input.body().0 >> u32::BITS) as u32;
    } else {
        let input = LweCiphertext::from_container(input.lwe(), CiphertextModulus::new_native());
        keyswitch_lwe_ciphertext_with_scalar_change(&key.keyswitch, &input, &mut output);
    }
    centre_modulus_switch(output.as_mut(), key.parameters.polynomial_size);
    output
}
