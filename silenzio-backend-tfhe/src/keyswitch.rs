//! The keyswitch from values to a small key, in blocks.

use crate::look_up::share_of_a_core;
use crate::rotation::RotationParameters;
use crate::torus::Torus;
use pulp::NullaryFnOnce;
use rayon::prelude::*;
use silenzio_core::BackendError;
use tfhe::core_crypto::prelude::{
    CiphertextModulus, LweCiphertext, LweCiphertextOwned, LweKeyswitchKeyOwned, SignedDecomposer,
};

/// The most values that pass through the key together.
///
/// The key exceeds the cache, and a block reads it once. With the widest vector instructions that the processor
/// has, a block of 16 takes a quarter of the time of 16 calls to TFHE-rs.
const MAX_BLOCK: usize = 16;

/// A value under a small key, ready for the bootstrap.
///
/// The small key's noise is far above 2^-32, so its ciphertexts and the keyswitching key take 32 bits: half the
/// memory traffic.
type SmallCiphertext = LweCiphertextOwned<u32>;

/// `inputs`, of which `parts` gives the mask (empty for a trivial one) and the body, under the small key that `key`
/// switches to, as exponents of a rotation with 2^`log_outputs` interleaved tables; on all threads.
///
/// # Errors
/// If `key` does not switch to the small key of the rotation, or there are too many tables.
pub(crate) fn exponents<L: Sync>(
    key: &LweKeyswitchKeyOwned<u32>,
    rotation: &RotationParameters,
    log_outputs: u32,
    inputs: &[L],
    parts: impl Fn(&L) -> (&[u64], Torus) + Sync,
) -> Result<Vec<Vec<u32>>, BackendError> {
    let of_block = |block: &[L]| {
        let small = keyswitch_lwes(key, &block.iter().map(&parts).collect::<Vec<_>>());
        small.into_iter().map(|lwe| rotation.exponents(lwe.as_ref(), log_outputs))
    };
    let block = share_of_a_core(inputs.len()).clamp(1, MAX_BLOCK);
    inputs.par_chunks(block).flat_map_iter(of_block).collect()
}

/// LWE ciphertexts, each a mask (empty for a trivial one) and a body, under the small key that `key` switches to.
fn keyswitch_lwes(key: &LweKeyswitchKeyOwned<u32>, inputs: &[(&[u64], Torus)]) -> Vec<SmallCiphertext> {
    let size = key.output_lwe_size().0;
    let mut outputs: Vec<Vec<u32>> = inputs.iter().map(|&(_, body)| trivial(body, size)).collect();
    let masks = inputs.iter().map(|&(mask, _)| mask).collect();
    pulp::Arch::new().dispatch(SubtractMasks { key, masks, outputs: &mut outputs });
    let small = |lwe| LweCiphertext::from_container(lwe, CiphertextModulus::new_native());
    outputs.into_iter().map(small).collect()
}

/// `body`, rounded to 32 bits, behind a mask of zeros.
fn trivial(body: Torus, size: usize) -> Vec<u32> {
    let mut lwe = vec![0; size];
    if let Some(last) = lwe.last_mut() {
        *last = (body.0.wrapping_add(1 << 31) >> u32::BITS) as u32;
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

    // Inlined into the function that is compiled for the processor's vector instructions.
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
    use super::*;
    use crate::{Ciphertext, ClientKey, KeyPlan, ServerKey};
    use silenzio_core::plan::SmallKeys;
    use silenzio_core::{Backend, Client, Modulus};
    use tfhe::core_crypto::prelude::keyswitch_lwe_ciphertext_with_scalar_change;

    #[test]
    fn a_block_equals_single_keyswitches_of_tfhe_rs() -> Result<(), BackendError> {
        let m = Modulus::new(15)?;
        let client = ClientKey::generate(&KeyPlan::for_moduli(SmallKeys::Blocks, [m]));
        let server = ServerKey::new(&client)?;
        let key = server.class(m)?;
        let mut inputs = server.expand(&client.encrypt(m, &[1, -5, 7])?)?;
        inputs.push(Ciphertext::trivial(m, 3));
        let lwes: Vec<_> = inputs.iter().map(|input| (input.mask(), input.body())).collect();
        for (input, output) in inputs.iter().zip(keyswitch_lwes(&key.keyswitch, &lwes)) {
            let mut expected = LweCiphertext::new(0, output.lwe_size(), CiphertextModulus::new_native());
            if input.is_trivial() {
                *expected.get_mut_body().data = ((input.body().0 + (1 << 31)) >> 32) as u32;
            } else {
                let lwe = [input.mask(), &[input.body().0]].concat();
                let input = LweCiphertext::from_container(lwe, CiphertextModulus::new_native());
                keyswitch_lwe_ciphertext_with_scalar_change(&key.keyswitch, &input, &mut expected);
            }
            assert_eq!(output, expected);
        }
        Ok(())
    }
}
