//! The keyswitch from values to a small key.
//!
//! There are two kinds. `lwe` is that of TFHE-rs, in blocks: its key has an LWE ciphertext for each digit of a value, tens of
//! megabytes, and every digit is multiplied with one. `ring` has an RLWE ciphertext for a thousand digits, and multiplies by Fourier
//! transforms: a fortieth of the time, and a thousandth of the memory. It assumes that RLWE with a secret polynomial
//! of which all but the first n coefficients are zero, a *partial* key, is as hard as LWE with those n bits. Block-binary sets,
//! which make an assumption anyway, take `ring`; sets with plain binary keys take `lwe`.

mod lwe;
mod ring;

use crate::look_up::share_of_a_core;
use crate::phases::Stopwatch;
use crate::ring::Lanes;
use crate::rotation::RotationParameters;
use crate::torus::Torus;
use rayon::prelude::*;
use silenzio_core::BackendError;
use tfhe::core_crypto::prelude::LweKeyswitchKeyOwned;

pub(crate) use ring::RingKeyswitch;

/// The key from values to a small key.
///
/// The small key's noise is far above 2^-32, so its ciphertexts and this key take 32 bits: half the memory traffic.
#[derive(Debug)]
pub(crate) enum SmallKeyswitch {
    Lwe(LweKeyswitchKeyOwned<u32>),
    Ring(RingKeyswitch),
}

impl SmallKeyswitch {
    /// The size of the key in memory, in bytes.
    pub(crate) fn size_bytes(&self) -> usize {
        match self {
            Self::Lwe(key) => size_of_val(key.as_ref()),
            Self::Ring(key) => key.size_bytes(),
        }
    }

    /// `inputs`, of which `parts` gives the mask (empty for a trivial one) and the body, under the small key, as exponents of
    /// a rotation with 2^`log_outputs` interleaved tables; on all threads, whose time `stopwatch` adds up.
    ///
    /// # Errors
    /// If the small key is not that of the rotation, or there are too many tables.
    pub(crate) fn exponents<L: Sync>(
        &self,
        stopwatch: &Stopwatch,
        rotation: &RotationParameters,
        log_outputs: u32,
        inputs: &[L],
        parts: impl Fn(&L) -> (&[u64], Torus) + Sync,
    ) -> Result<Vec<Vec<u32>>, BackendError> {
        let of_block = |block: &[L]| {
            let inputs: Vec<_> = block.iter().map(&parts).collect();
            let small = stopwatch.time(|| match self {
                Self::Lwe(key) => lwe::keyswitch(key, &inputs),
                Self::Ring(key) => key.keyswitch(&inputs),
            });
            small.into_iter().map(|lwe| rotation.exponents(&lwe, log_outputs))
        };
        let block = share_of_a_core(inputs.len()).clamp(1, self.max_block());
        inputs.par_chunks(block).flat_map_iter(of_block).collect()
    }

    /// The most values that are switched together.
    fn max_block(&self) -> usize {
        match self {
            Self::Lwe(_) => lwe::MAX_BLOCK,
            Self::Ring(_) => Lanes::widest().count(),
        }
    }
}

/// The upper half of `x`, rounded.
const fn round_to_32_bits(x: u64) -> u32 {
    (x.wrapping_add(1 << 31) >> u32::BITS) as u32
}
