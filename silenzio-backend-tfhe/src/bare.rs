//! The cost of the bare TFHE-rs operations, with which whole computations are compared.

use crate::fft::fft;
use crate::keys::{KeyswitchShape, ServerKey};
use crate::parameters::{Decomposition, VALUE_DIMENSION};
use crate::rotation::RotationParameters;
use silenzio_core::{BackendError, Modulus};
use std::time::{Duration, Instant};
use tfhe::core_crypto::prelude::{
    CiphertextModulus, ComputationBuffers, DecompositionBaseLog, DecompositionLevelCount, Fft,
    FourierLweBootstrapKey, FourierLweBootstrapKeyOwned, GlweCiphertext, GlweDimension, LweCiphertext,
    LweCiphertextOwned, LweDimension, LweKeyswitchKey, LweKeyswitchKeyOwned, LweSize, PolynomialSize,
    keyswitch_lwe_ciphertext_with_scalar_change, programmable_bootstrap_lwe_ciphertext_mem_optimized,
    programmable_bootstrap_lwe_ciphertext_mem_optimized_requirement,
};

/// The least time for which each operation is repeated.
const MEASURED: Duration = Duration::from_millis(400);

/// What TFHE-rs alone takes on one core for the operations of a look-up: on one ciphertext after the other, with buffers
/// already allocated, while all cores do the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BareCost {
    /// One keyswitch to the small key.
    pub keyswitch: Duration,
    /// One programmable bootstrap.
    pub bootstrap: Duration,
}

impl ServerKey {
    /// Measures the bare operations of the class that takes modulus `m`, on every thread of the current Rayon pool
    /// at once, for about a second.
    ///
    /// # Errors
    /// [`BackendError::MissingKey`] if there is no key for `m`.
    pub fn calibrate(&self, m: Modulus) -> Result<BareCost, BackendError> {
        let key = self.class(m)?;
        Ok(measure_bare(&key.parameters.keyswitch_shape().lwe(), key.rotation.parameters()))
    }
}

/// Measures a keyswitch and the bootstrap of a rotation, on every thread of the current Rayon pool at once.
pub(crate) fn measure_bare(keyswitch: &KeyswitchShape, rotation: &RotationParameters) -> BareCost {
    let key = key_that_encrypts_nothing(rotation);
    let keyswitch = keyswitching_key_that_encrypts_nothing(keyswitch);
    let fft = fft(key.polynomial_size());
    let costs = rayon::broadcast(|_| measure_on_this_thread(&keyswitch, &key, &fft));
    let mean = |part: fn(&BareCost) -> Duration| {
        costs.iter().map(part).sum::<Duration>() / u32::try_from(costs.len()).unwrap_or(1)
    };
    BareCost { keyswitch: mean(|cost| cost.keyswitch), bootstrap: mean(|cost| cost.bootstrap) }
}

/// An all-zero bootstrapping key of TFHE-rs: the time of a bootstrap does not depend on what the key encrypts.
fn key_that_encrypts_nothing(rotation: &RotationParameters) -> FourierLweBootstrapKeyOwned {
    let mut key = FourierLweBootstrapKey::new(
        LweDimension(rotation.lwe_dimension),
        GlweDimension(rotation.glwe_dimension).to_glwe_size(),
        PolynomialSize(rotation.polynomial_size),
        DecompositionBaseLog(rotation.gadget.base_log),
        DecompositionLevelCount(rotation.gadget.levels),
    );
    for (i, value) in key.as_mut_view().data().iter_mut().enumerate() {
        let fraction = (i as f64 * 0.618_034).fract() - 0.5;
        (value.re, value.im) = (fraction, 0.25 - fraction);
    }
    key
}

/// An all-zero keyswitching key of TFHE-rs.
fn keyswitching_key_that_encrypts_nothing(shape: &KeyswitchShape) -> LweKeyswitchKeyOwned<u32> {
    let KeyswitchShape { from, to, decomposition: Decomposition { base_log, levels } } = *shape;
    let (from, to, native) = (LweDimension(from), LweDimension(to), CiphertextModulus::new_native());
    let mut key = LweKeyswitchKey::new(0u32, base_log, levels, from, to, native);
    let elements = (1u32..).map(|i| i.wrapping_mul(0x9e37_79b9));
    key.as_mut().iter_mut().zip(elements).for_each(|(place, element)| *place = element);
    key
}

/// Measures a keyswitch and a bootstrap with these keys on the current thread.
fn measure_on_this_thread(
    keyswitch: &LweKeyswitchKeyOwned<u32>,
    key: &FourierLweBootstrapKeyOwned,
    fft: &Fft,
) -> BareCost {
    let native = CiphertextModulus::new_native();
    let input = arbitrary_ciphertext();
    let mut small = LweCiphertext::new(0u32, keyswitch.output_lwe_size(), native);
    let keyswitch = repeat(|| keyswitch_lwe_ciphertext_with_scalar_change(keyswitch, &input, &mut small));

    let (glwe_size, size, fft) = (key.glwe_size(), key.polynomial_size(), fft.as_view());
    let requirement = programmable_bootstrap_lwe_ciphertext_mem_optimized_requirement::<u64>;
    let mut scratch = ComputationBuffers::new();
    scratch.resize(requirement(glwe_size, size, fft).unaligned_bytes_required());
    let native = CiphertextModulus::new_native();
    let accumulator = GlweCiphertext::new(1u64 << 60, glwe_size, size, native);
    let mut output = LweCiphertext::new(0u64, LweSize(key.output_lwe_dimension().0 + 1), native);
    let bootstrap = repeat(|| {
        programmable_bootstrap_lwe_ciphertext_mem_optimized(
            &small,
            &mut output,
            &accumulator,
            key,
            fft,
            scratch.stack(),
        );
    });
    BareCost { keyswitch, bootstrap }
}

/// A ciphertext of a value's dimension without zeros in its mask, which a bootstrap would skip.
fn arbitrary_ciphertext() -> LweCiphertextOwned<u64> {
    let elements = (1..=VALUE_DIMENSION as u64 + 1).map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    LweCiphertext::from_container(elements.collect(), CiphertextModulus::new_native())
}

/// Repeats `operation` and returns its mean time.
fn repeat(mut operation: impl FnMut()) -> Duration {
    let start = Instant::now();
    let mut count = 0;
    loop {
        operation();
        count += 1;
        if start.elapsed() >= MEASURED {
            return start.elapsed() / count;
        }
    }
}
