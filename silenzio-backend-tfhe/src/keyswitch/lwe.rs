//! The keyswitch to a plain small key: digits times rows of LWE ciphertexts, in blocks.

use super::round_to_32_bits;
use crate::torus::Torus;
use pulp::NullaryFnOnce;
use tfhe::core_crypto::prelude::{LweKeyswitchKeyOwned, SignedDecomposer};

/// The largest number of values in a block.
///
/// The key exceeds the cache, and a block reads it once. With the widest vector instructions of the processor, a block of
/// 16 takes a quarter of the time of 16 calls to TFHE-rs.
pub(super) const MAX_BLOCK: usize = 16;

/// Switches LWE ciphertexts, each a mask (empty for a trivial one) and a body, to the small key of `key`.
pub(super) fn keyswitch(key: &LweKeyswitchKeyOwned<u32>, inputs: &[(&[u64], Torus)]) -> Vec<Vec<u32>> {
    let size = key.output_lwe_size().0;
    let mut outputs: Vec<Vec<u32>> = inputs.iter().map(|&(_, body)| trivial(body, size)).collect();
    let masks = inputs.iter().map(|&(mask, _)| mask).collect();
    pulp::Arch::new().dispatch(SubtractMasks { key, masks, outputs: &mut outputs });
    outputs
}

/// The trivial ciphertext of `body`: a mask of zeros, then the body.
fn trivial(body: Torus, size: usize) -> Vec<u32> {
    let mut lwe = vec![0; size];
    if let Some(last) = lwe.last_mut() {
        *last = round_to_32_bits(body.0);
    }
    lwe
}

/// Subtracts from each output the digits of its mask times the rows of the key, row by row for all outputs.
struct SubtractMasks<'a> {
    key: &'a LweKeyswitchKeyOwned<u32>,
    masks: Vec<&'a [u64]>,
    outputs: &'a mut [Vec<u32>],
}

impl NullaryFnOnce for SubtractMasks<'_> {
    type Output = ();

    // It is inlined into the function that is compiled for the processor's vector instructions.
    #[inline(always)]
    fn call(self) {
        let decomposer = SignedDecomposer::<u64>::new(
            self.key.decomposition_base_log(),
            self.key.decomposition_level_count(),
        );
        let levels = self.key.as_ref().chunks_exact(self.key.input_key_element_encrypted_size());
        for (i, levels) in levels.enumerate() {
            for (mask, output) in self.masks.iter().zip(self.outputs.iter_mut()) {
                let Some(&element) = mask.get(i) else { continue };
                for (row, digit) in levels.chunks_exact(output.len()).zip(decomposer.decompose(element)) {
                    subtract_product(output, row, digit.value() as u32);
                }
            }
        }
    }
}

#[inline(always)]
fn subtract_product(output: &mut [u32], row: &[u32], digit: u32) {
    for (output, &element) in output.iter_mut().zip(row) {
        *output = output.wrapping_sub(element.wrapping_mul(digit));
    }
}

#[cfg(test)]
mod tests {
    use crate::keyswitch::SmallKeyswitch;
    use crate::{Ciphertext, ClientKey, KeyPlan, ServerKey};
    use silenzio_core::plan::SmallKeys;
    use silenzio_core::{Backend, BackendError, Client, Modulus};
    use tfhe::core_crypto::prelude::{
        CiphertextModulus, LweCiphertext, keyswitch_lwe_ciphertext_with_scalar_change,
    };

    #[test]
    fn a_block_equals_single_keyswitches_of_tfhe_rs() -> Result<(), BackendError> {
        let m = Modulus::new(15)?;
        let client = ClientKey::generate(&KeyPlan::for_moduli(SmallKeys::Binary, [m]));
        let server = ServerKey::new(&client)?;
        let key = server.class(m)?;
        let mut inputs = server.expand(&client.encrypt(m, &[1, -5, 7])?)?;
        inputs.push(Ciphertext::trivial(m, 3));
        let lwes: Vec<_> = inputs.iter().map(|input| (input.mask(), input.body())).collect();
        let SmallKeyswitch::Lwe(keyswitch) = &key.keyswitch else { panic!("binary keys are plain") };
        for (input, output) in inputs.iter().zip(super::keyswitch(keyswitch, &lwes)) {
            let size = keyswitch.output_lwe_size();
            let mut expected = LweCiphertext::new(0, size, CiphertextModulus::new_native());
            if input.is_trivial() {
                *expected.get_mut_body().data = ((input.body().0 + (1 << 31)) >> 32) as u32;
            } else {
                let lwe = [input.mask(), &[input.body().0]].concat();
                let input = LweCiphertext::from_container(lwe, CiphertextModulus::new_native());
                keyswitch_lwe_ciphertext_with_scalar_change(keyswitch, &input, &mut expected);
            }
            assert_eq!(output, expected.into_container());
        }
        Ok(())
    }
}
