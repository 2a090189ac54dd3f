//! The modulus switch from small LWE ciphertexts to exponents.

use super::parameters::RotationParameters;
use silenzio_core::BackendError;

impl RotationParameters {
    /// Rounds a small LWE ciphertext (n mask elements, then the body) to multiples of 2^`log_outputs` / (2N), as exponents
    /// below 2N.
    ///
    /// Rounding mask element a_i by an error e_i changes the phase by -e_i s_i, for a key bit s_i that is 1 with
    /// probability 1/(ℓ+1). Adding Σ e_i / (ℓ+1) to the body leaves a mean of zero, and the variance of
    /// [`block_modulus_switch`](silenzio_core::noise::block_modulus_switch).
    ///
    /// # Errors
    /// [`BackendError::WrongShape`] if the ciphertext has another dimension, or `log_outputs` leaves no step of the 2N.
    pub fn exponents(&self, lwe: &[u32], log_outputs: u32) -> Result<Vec<u32>, BackendError> {
        let kept_bits = self.steps().ilog2().saturating_sub(log_outputs);
        let (Some((&body, mask)), 1..32) = (lwe.split_last(), kept_bits) else {
            return Err(BackendError::WrongShape(format!(
                "an input has no body, or 2^{log_outputs} outputs are too many"
            )));
        };
        if mask.len() != self.lwe_dimension {
            return Err(BackendError::WrongShape(format!(
                "an input has dimension {} instead of {}: it was not made for this key",
                mask.len(),
                self.lwe_dimension
            )));
        }
        let dropped_bits = u32::BITS - kept_bits;
        let half = 1u32 << (dropped_bits - 1);
        let below = (1u32 << dropped_bits) - 1;
        let error = |a: u32| i64::from(half) - i64::from(a.wrapping_add(half) & below);
        let mean = mask.iter().map(|&a| error(a)).sum::<i64>() / (self.block as i64 + 1);
        let round = |a: u32| (a.wrapping_add(half) >> dropped_bits) << log_outputs;
        Ok(mask.iter().copied().chain([body.wrapping_add(mean as u32)]).map(round).collect())
    }
}
