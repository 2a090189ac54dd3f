//! TFHE-rs's blind rotation under the same key, for comparison.

use super::CompressedRotationKey;
use crate::fft::fft;
use tfhe::core_crypto::prelude::{
    CiphertextModulus, DecompositionBaseLog, DecompositionLevelCount, FourierLweBootstrapKey, GlweCiphertext,
    GlweSize, LweBootstrapKey, LweCiphertext, LweDimension, PolynomialSize, blind_rotate_assign,
    lwe_ciphertext_modulus_switch, par_convert_standard_lwe_bootstrap_key_to_fourier,
};

/// Rotates `table` by the phases of small ciphertexts in multiples of 1/(2N).
pub(super) fn rotate(key: &CompressedRotationKey, exponents: &[Vec<u32>], table: &[u64]) -> Vec<Vec<u64>> {
    let parameters = key.parameters();
    let (size, glwe_size) = (PolynomialSize(parameters.polynomial_size), GlweSize(parameters.columns()));
    let base_log = DecompositionBaseLog(parameters.gadget.base_log);
    let levels = DecompositionLevelCount(parameters.gadget.levels);
    let modulus = CiphertextModulus::new_native();
    let blocks: Vec<u64> = key.seeded.standard_blocks().flat_map(LweBootstrapKey::into_container).collect();
    let standard = LweBootstrapKey::from_container(blocks, glwe_size, size, base_log, levels, modulus);
    let dimension = LweDimension(parameters.lwe_dimension);
    let mut fourier = FourierLweBootstrapKey::new(dimension, glwe_size, size, base_log, levels);
    // This fixes the algorithm of the transform.
    fft(size);
    par_convert_standard_lwe_bootstrap_key_to_fourier(&standard, &mut fourier);
    let unit = u64::BITS - 1 - size.0.ilog2();
    let rotated = |exponents: &Vec<u32>| {
        let lwe: Vec<u64> = exponents.iter().map(|&a| u64::from(a) << unit).collect();
        let lwe = LweCiphertext::from_container(lwe, modulus);
        let mut accumulator = GlweCiphertext::new(0, glwe_size, size, modulus);
        accumulator.get_mut_body().as_mut().copy_from_slice(table);
        let lwe = lwe_ciphertext_modulus_switch(lwe, size.to_blind_rotation_input_modulus_log());
        blind_rotate_assign(&lwe, &mut accumulator, &fourier);
        accumulator.into_container()
    };
    exponents.iter().map(rotated).collect()
}
