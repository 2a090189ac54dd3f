//! Centring the rounding error of the modulus switch.

use tfhe::core_crypto::prelude::PolynomialSize;

/// Prepares a small LWE ciphertext (the mask, then the body) for the rounding of its elements to multiples of
/// 2^-`kept_bits`: subtracts from the body what the rounding of the mask will add to the phase on average.
///
/// Rounding mask element a_i by an error e_i changes the phase by -e_i s_i, for a key bit s_i that is one half on
/// average. Adding Σ e_i / 2 to the body leaves -Σ e_i (s_i - 1/2), of half the variance whatever the weight of
/// the key: the *centred* modulus switch of TFHE-rs, as a step before its ordinary bootstrap.
pub(crate) fn centre_modulus_switch(lwe: &mut [u32], kept_bits: u32) {
    let Some((body, mask)) = lwe.split_last_mut() else { return };
    let dropped_bits = u32::BITS - kept_bits;
    let half = 1u32 << (dropped_bits - 1);
    let below = (1u32 << dropped_bits) - 1;
    let error = |a: u32| i64::from(half) - i64::from(a.wrapping_add(half) & below);
    let sum: i64 = mask.iter().map(|&a| error(a)).sum();
    *body = body.wrapping_add((sum / 2) as u32);
}

/// log2 of the 2N steps that a blind rotation tells apart.
pub(crate) const fn rotation_bits(size: PolynomialSize) -> u32 {
    size.0.ilog2() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_errors_goes_to_the_body() {
        // 2N = 2^12: the last 20 bits are dropped; 7 is rounded down, -3 up.
        let mut lwe = [7, 0u32.wrapping_sub(3), 1 << 20, 100];
        centre_modulus_switch(&mut lwe, rotation_bits(PolynomialSize(2048)));
        assert_eq!(lwe, [7, 0u32.wrapping_sub(3), 1 << 20, 100 - 2]);
    }
}
