//! The server's evaluation keys, which hold nothing secret.

use super::rotations::Rotations;
use crate::approximate::ciphertext::ApproximateGgsw;
use crate::keyswitch::SmallKeyswitch;
use crate::phases::Stopwatches;
use crate::ring::key_product::KeyProduct;
use crate::rotation::RotationKey;
use silenzio_core::approximate::ApproximateParameters;
use silenzio_core::approximate::backend::ApproximateCounters;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tfhe::core_crypto::prelude::Fft;

/// The evaluation keys, with counters and stopwatches for the operations done with them.
///
/// A clone shares the keys; its counters and stopwatches start at zero.
pub struct ApproximateServerKey {
    pub(in crate::approximate) keys: Arc<EvaluationKeys>,
    pub(in crate::approximate) counters: ApproximateCounters,
    pub(in crate::approximate) stopwatches: Stopwatches,
}

/// The keys that all clones share.
pub(in crate::approximate) struct EvaluationKeys {
    pub(super) id: u128,
    pub(in crate::approximate) parameters: ApproximateParameters,
    pub(in crate::approximate) fft: Fft,
    /// The keyswitch from dimension N to dimension n.
    pub(in crate::approximate) keyswitch: SmallKeyswitch,
    pub(in crate::approximate) rotations: Rotations<RotationKey>,
    /// A GGSW of -s, which makes key rows of body rows.
    pub(in crate::approximate) minus_key: ApproximateGgsw,
    /// The automorphism keys for t = 2^l + 1, l = 1 ..= log2 N, and then for t = 2N - 1.
    pub(in crate::approximate) automorphisms: Vec<AutomorphismKey>,
}

/// The key of X -> X^t.
pub(in crate::approximate) struct AutomorphismKey {
    /// The exponent t.
    pub(in crate::approximate) exponent: usize,
    /// The rows of a gadget encryption of -s(X^t).
    pub(in crate::approximate) minus_moved_key: KeyProduct,
}

impl ApproximateServerKey {
    pub(super) fn from_keys(keys: EvaluationKeys) -> Self {
        Self::sharing(Arc::new(keys))
    }

    /// Wraps shared keys with new counters and stopwatches.
    fn sharing(keys: Arc<EvaluationKeys>) -> Self {
        Self { keys, counters: ApproximateCounters::default(), stopwatches: Stopwatches::default() }
    }

    /// The id of the client key that it belongs to.
    pub fn id(&self) -> u128 {
        self.keys.id
    }

    /// The time that all threads together have spent in each phase so far: keyswitch, rotation, packing, lifting, products.
    pub fn phases(&self) -> Vec<(&'static str, Duration)> {
        self.stopwatches.read()
    }

    /// The size of all keys in memory, in bytes.
    pub fn size_bytes(&self) -> usize {
        let keys = &self.keys;
        let ggsw = |ggsw: &ApproximateGgsw| size_of_val(ggsw.0.as_view().data());
        let rotations: usize = keys.rotations.iter().map(|key| key.parameters().key_bytes()).sum();
        let automorphisms: usize =
            keys.automorphisms.iter().map(|key| key.minus_moved_key.shape().key_bytes()).sum();
        keys.keyswitch.size_bytes() + rotations + ggsw(&keys.minus_key) + automorphisms
    }
}

impl Clone for ApproximateServerKey {
    fn clone(&self) -> Self {
        Self::sharing(Arc::clone(&self.keys))
    }
}

impl fmt::Debug for ApproximateServerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApproximateServerKey").field("size_bytes", &self.size_bytes()).finish_non_exhaustive()
    }
}
