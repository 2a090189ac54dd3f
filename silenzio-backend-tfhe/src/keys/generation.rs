//! Generation of the evaluation keys, in parallel and in blocks.

use super::ClassKey;
use super::client::{ClientKey, encryption_generator, gaussian};
use crate::parameters::{Decomposition, VALUE_DIMENSION};
use crate::security::minimal_noise;
use crate::shrink::{self, ShrinkKey};
use rayon::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use tfhe::core_crypto::commons::math::random::Uniform;
use tfhe::core_crypto::commons::numeric::CastInto;
use tfhe::core_crypto::prelude::{
    CiphertextModulus, Encryptable, Fft, FourierLweBootstrapKey, FourierLweBootstrapKeyOwned, Gaussian,
    GlweSecretKey, LweBootstrapKey, LweDimension, LweKeyswitchKey, LweKeyswitchKeyOwned, LweSecretKey,
    PolynomialSize, StandardDev, generate_lwe_keyswitch_key,
    par_convert_standard_lwe_bootstrap_key_to_fourier, par_generate_lwe_bootstrap_key,
};

/// How many key bits are encrypted at once: what bounds the memory beside the finished keys.
const BLOCK: usize = 64;

/// How far the generation of a server key has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// Bytes of keys that are made.
    pub done: usize,
    /// Bytes of keys in all.
    pub total: usize,
}

/// Reports progress in bytes to a callback.
pub(super) struct Meter<'a> {
    done: AtomicUsize,
    total: usize,
    report: &'a (dyn Fn(Progress) + Sync),
}

impl<'a> Meter<'a> {
    pub(super) fn new(client: &ClientKey, report: &'a (dyn Fn(Progress) + Sync)) -> Self {
        Self { done: AtomicUsize::new(0), total: client.plan.server_key_bytes(), report }
    }

    fn add(&self, bytes: usize) {
        let done = self.done.fetch_add(bytes, Ordering::Relaxed) + bytes;
        (self.report)(Progress { done, total: self.total });
    }
}

/// The evaluation keys of every class of `client`.
pub(super) fn class_keys(client: &ClientKey, meter: &Meter<'_>) -> Vec<ClassKey> {
    let values_key = &client.master()[..VALUE_DIMENSION];
    client
        .classes()
        .map(|(set, small)| ClassKey {
            parameters: set,
            keyswitch: keyswitch_key(values_key, small, set.keyswitch, set.lwe_noise(), &|bytes| {
                meter.add(bytes)
            }),
            bootstrap: bootstrap_key(
                small,
                &client.master()[..set.output_dimension()],
                set.polynomial_size,
                set.bootstrap,
                set.glwe_noise(),
                &|bytes| meter.add(bytes),
            ),
            fft: Fft::new(set.polynomial_size),
        })
        .collect()
}

/// The shrinking key, where a class needs one.
pub(super) fn shrink_key(client: &ClientKey, meter: &Meter<'_>) -> Option<ShrinkKey> {
    let (values_key, beyond) = client.master().split_at(VALUE_DIMENSION);
    let noise = minimal_noise(VALUE_DIMENSION);
    let made = |bytes| meter.add(bytes);
    (!beyond.is_empty())
        .then(|| ShrinkKey::new(keyswitch_key(beyond, values_key, shrink::DECOMPOSITION, noise, &made)))
}

/// Encryptions of the bits of `from`, times the powers of the base, under `to`. `made` is told how many bytes are made.
pub(crate) fn keyswitch_key<T>(
    from: &[u64],
    to: &[T],
    decomposition: Decomposition,
    noise: StandardDev,
    made: &(dyn Fn(usize) + Sync),
) -> LweKeyswitchKeyOwned<T>
where
    T: Encryptable<Uniform, Gaussian<f64>> + Send + Sync,
    u64: CastInto<T>,
{
    let Decomposition { base_log, levels } = decomposition;
    let to = LweSecretKey::from_container(to);
    let modulus = CiphertextModulus::new_native();
    let mut key = LweKeyswitchKey::new(
        T::ZERO,
        base_log,
        levels,
        LweDimension(from.len()),
        to.lwe_dimension(),
        modulus,
    );
    let (size, row) = (key.output_lwe_size(), key.input_key_element_encrypted_size());
    from.par_chunks(BLOCK).zip(key.as_mut().par_chunks_mut(BLOCK * row)).for_each(|(bits, rows)| {
        let bytes = size_of_val(rows);
        let mut rows = LweKeyswitchKey::from_container(rows, base_log, levels, size, modulus);
        let bits = LweSecretKey::from_container(bits);
        generate_lwe_keyswitch_key(&bits, &to, &mut rows, gaussian(noise), &mut encryption_generator());
        made(bytes);
    });
    key
}

/// GGSW encryptions of the bits of `small` under the GLWE key with the bits `glwe_bits`, in Fourier form. `made` is
/// told how many bytes are made.
pub(crate) fn bootstrap_key(
    small: &[u32],
    glwe_bits: &[u64],
    size: PolynomialSize,
    decomposition: Decomposition,
    noise: StandardDev,
    made: &(dyn Fn(usize) + Sync),
) -> FourierLweBootstrapKeyOwned {
    let Decomposition { base_log, levels } = decomposition;
    let glwe_key = GlweSecretKey::from_container(glwe_bits, size);
    let glwe_size = glwe_key.glwe_dimension().to_glwe_size();
    let mut key = FourierLweBootstrapKey::new(LweDimension(small.len()), glwe_size, size, base_log, levels);
    let mut elements = key.as_mut_view().data();
    let per_bit = elements.len() / small.len();
    for bits in small.chunks(BLOCK) {
        let dimension = LweDimension(bits.len());
        let modulus = CiphertextModulus::new_native();
        let mut block = LweBootstrapKey::new(0, glwe_size, size, base_log, levels, dimension, modulus);
        par_generate_lwe_bootstrap_key(
            &LweSecretKey::from_container(bits),
            &glwe_key,
            &mut block,
            gaussian(noise),
            &mut encryption_generator(),
        );
        let (fourier, rest) = elements.split_at_mut(bits.len() * per_bit);
        elements = rest;
        made(size_of_val(fourier));
        let mut fourier =
            FourierLweBootstrapKey::from_container(fourier, dimension, glwe_size, size, base_log, levels);
        par_convert_standard_lwe_bootstrap_key_to_fourier(&block, &mut fourier);
    }
    key
}
