//! The keyswitch from values to a small key.
//!
//! There are two kinds. `lwe` is that of TFHE-rs, in blocks: its key of tens of megabytes has an LWE ciphertext for each digit
//! of a value, which is multiplied by it. The key of `ring` has an RLWE ciphertext for a thousand digits, and products are
//! computed by Fourier transforms, in a fortieth of the time and a thousandth of the memory. It assumes that RLWE with a
//! *partial* key, a secret polynomial of which all but the first n coefficients are zero, is as hard as LWE with those n bits.
//! Block-binary sets, which make an assumption anyway, use `ring`; sets with plain binary keys use `lwe`.

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
/// The small key's noise is far above 2^-32, so its ciphertexts and this key have 32 bits, which halves the memory traffic.
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

    /// Switches `inputs` to the small key on all threads, as exponents of a rotation with 2^`log_outputs` interleaved tables.
    /// `parts` gives the mask (empty for a trivial one) and the body of an input; `stopwatch` adds up the time of all threads.
    ///
    /// # Errors
    /// [`BackendError::WrongShape`] if the small key has another dimension than that of the rotation, or there are too many
    /// tables.
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

    /// The largest number of values that are switched together.
    fn max_block(&self) -> usize {
        match self {
            Self::Lwe(_) => lwe::MAX_BLOCK,
            Self::Ring(_) => Lanes::widest().count(),
        }
    }
}

/// The upper 32 bits of `x`, rounded.
const fn round_to_32_bits(x: u64) -> u32 {
    (x.wrapping_add(1 << 31) >> u32::BITS) as u32
}
