//! The keyswitch to a partial key of a ring.
//!
//! The small key's bits are the first n coefficients of a polynomial z with N' coefficients, and the others are zero. The key of a
//! value, s, is cut into polynomials s_p of N' bits, and the mask a of a value likewise. `Σ a_i s_i` is coefficient 0 of
//! `Σ_p a'_p(X) s_p(X)`, for `a'_0 = a_0` and `a'_(N'-i) = -a_i`. The digits of the a'_p times RLWE ciphertexts of the s_p under z
//! make an RLWE ciphertext (A, B) of that sum, and its coefficient 0 is the LWE with the body B_0 and the mask
//! `A_0, -A_(N'-1), -A_(N'-2), …`, of which the first n elements count. It is subtracted from the body of the value. Its noise
//! is that of an LWE keyswitch with the same gadget.
//!
//! Digits have a mean of 1/2 (see [`digits`](crate::ring::digits)), which the noise of the key turns into a constant error, with a fifth
//! of the noise's standard deviation: it would be the same in all values that are ever switched with a key, so that a training
//! would drift. So half of the masks are decomposed with the opposite sign, which changes the sign of that error and of nothing
//! else.
//!
//! Partial keys and this keyswitch by Fourier transforms are due to Bergerat, Chillotti, Ligier, Orfila, Roux-Langlois and
//! Tap (ePrint 2023/979).

use super::round_to_32_bits;
use crate::ring::Lanes;
use crate::ring::key_product::{KeyProduct, ProductBuffers};
use crate::ring::lanes::put_mask;
use crate::ring::sign::Sign;
use crate::torus::Torus;
use aligned_vec::avec;

/// The keyswitching key from values to a partial key.
#[derive(Debug)]
pub(crate) struct RingKeyswitch {
    /// n, the number of coefficients of the partial key that may be 1.
    dimension: usize,
    /// The rows: RLWE ciphertexts whose elements are multiples of 2^-32.
    key: KeyProduct,
}

impl RingKeyswitch {
    /// A key with the rows of RLWE ciphertexts under a key of which the first `dimension` coefficients may be 1.
    pub(crate) const fn new(dimension: usize, key: KeyProduct) -> Self {
        Self { dimension, key }
    }

    /// The size of the key in memory, in bytes.
    pub(crate) const fn size_bytes(&self) -> usize {
        self.key.shape().key_bytes()
    }

    /// Switches LWE ciphertexts, each a mask (empty for a trivial one) and a body, to the small key: at most one per lane.
    pub(super) fn keyswitch(&self, inputs: &[(&[u64], Torus)]) -> Vec<Vec<u32>> {
        let (size, polynomials) = (self.key.shape().size, self.key.shape().inputs);
        let lanes = Lanes::for_count(inputs.len());
        let count = lanes.count();
        let mut masks = avec![0u64; polynomials * size * count];
        let signs: Vec<_> = inputs.iter().map(|&(_, body)| Sign::of(body.0)).collect();
        for (lane, (&(mask, _), sign)) in inputs.iter().zip(&signs).enumerate() {
            for (polynomial, mask) in masks.chunks_exact_mut(size * count).zip(mask.chunks(size)) {
                put_mask(lanes, lane, mask.iter().map(|&a| sign.times(a)), polynomial);
            }
        }
        let mut sums = avec![0u64; 2 * size * count];
        self.key.add_to(lanes, &mut ProductBuffers::new(), &masks, &mut sums);
        let (mask, body) = sums.split_at(size * count);
        let switched = inputs.iter().zip(&signs).enumerate().map(|(lane, (&(_, input), sign))| {
            let upper = |&x: &u64| (sign.times(x) >> u32::BITS) as u32;
            let mut elements = mask.iter().skip(lane).step_by(count).map(upper);
            let first = elements.next().map(u32::wrapping_neg);
            let body = body.get(lane).map_or(0, upper);
            let body = round_to_32_bits(input.0).wrapping_sub(body);
            first.into_iter().chain(elements.rev()).take(self.dimension).chain([body]).collect()
        });
        switched.collect()
    }
}
