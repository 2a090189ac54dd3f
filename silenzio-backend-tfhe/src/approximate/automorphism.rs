//! Automorphisms X -> X^t of the ring, on ciphertexts side by side in vector lanes.

use super::ciphertext::ApproximateGlwe;
use super::keys::ApproximateServerKey;
use crate::ring::Lanes;
use crate::ring::key_product::ProductBuffers;
use crate::ring::lanes::{in_lanes, of_lanes};
use aligned_vec::AVec;
use pulp::{Simd, WithSimd};

/// Moves coefficient i of a polynomial to place i t + d modulo 2N, in every lane; X^N = -1.
///
/// For d = 0 and odd t the result is `p(X^t)`; for t = 1 it is `p(X) X^d`.
pub(super) struct Move<'a> {
    /// The exponent t.
    pub(super) exponent: usize,
    /// The degree d.
    pub(super) degree: usize,
    /// The source, indexed by coefficient and lane.
    pub(super) from: &'a [u64],
    /// The target, of the same length.
    pub(super) to: &'a mut [u64],
}

impl WithSimd for Move<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let from = S::as_simd_u64s(self.from).0;
        let to = S::as_mut_simd_u64s(self.to).0;
        let (size, zero) = (from.len(), simd.splat_u64s(0));
        let mut place = self.degree % (2 * size);
        for &coefficient in from {
            if place < size {
                to[place] = coefficient;
            } else {
                to[place - size] = simd.sub_u64s(zero, coefficient);
            }
            place = (place + self.exponent) % (2 * size);
        }
    }
}

/// `p(X^t)` for odd t.
#[cfg(any(test, feature = "client"))]
pub(super) fn substitute(t: usize, from: &[u64], to: &mut [u64]) {
    Lanes::single().run(Move { exponent: t, degree: 0, from, to });
}

/// Moves GLWEs that lie side by side: in each lane N coefficients of the mask, then those of the body.
pub(super) struct Mover<'a> {
    key: &'a ApproximateServerKey,
    pub(super) lanes: Lanes,
    buffers: ProductBuffers,
    moved: AVec<u64>,
}

impl<'a> Mover<'a> {
    pub(super) fn new(key: &'a ApproximateServerKey, lanes: Lanes) -> Self {
        Self { key, lanes, buffers: ProductBuffers::new(), moved: AVec::new(0) }
    }

    /// The number of coefficients of one polynomial in all lanes together.
    pub(super) fn polynomial(&self) -> usize {
        self.key.keys.parameters.polynomial_size * self.lanes.count()
    }

    /// Moves the coefficients of both polynomials of `from`, without a keyswitch.
    pub(super) fn move_all(&self, exponent: usize, degree: usize, from: &[u64], to: &mut [u64]) {
        let polynomial = self.polynomial();
        for (from, to) in from.chunks_exact(polynomial).zip(to.chunks_exact_mut(polynomial)) {
            self.lanes.run(Move { exponent, degree, from, to });
        }
    }

    /// Adds to `sum` the message of `glwe` at X^t, for the t of key number `step`.
    pub(super) fn add_automorphism(&mut self, step: usize, glwe: &[u64], sum: &mut [u64]) {
        self.substitute(step, glwe);
        self.add_switched(step, sum);
    }

    /// Adds to `glwe` its own message at X^t, for the t of key number `step`.
    pub(super) fn add_own_automorphism(&mut self, step: usize, glwe: &mut [u64]) {
        self.substitute(step, glwe);
        self.add_switched(step, glwe);
    }

    /// Computes (a(X^t), b(X^t)), which decrypts under s(X^t).
    fn substitute(&mut self, step: usize, glwe: &[u64]) {
        let mut moved = std::mem::replace(&mut self.moved, AVec::new(0));
        moved.resize(glwe.len(), 0);
        self.move_all(self.key.keys.automorphisms[step].exponent, 0, glwe, &mut moved);
        self.moved = moved;
    }

    /// Adds the moved GLWE to `sum`, switched back to s: b(X^t) stays, and the digits of a(X^t) are multiplied by the rows
    /// of a gadget encryption of -s(X^t).
    fn add_switched(&mut self, step: usize, sum: &mut [u64]) {
        let (mask, body) = self.moved.split_at(self.polynomial());
        let sum_body = &mut sum[mask.len()..];
        sum_body.iter_mut().zip(body).for_each(|(sum, moved)| *sum = sum.wrapping_add(*moved));
        self.key.keys.automorphisms[step].minus_moved_key.add_to(self.lanes, &mut self.buffers, mask, sum);
    }
}

impl ApproximateServerKey {
    /// Evaluates the messages of GLWEs at X^t, for the t of key number `step`; at most one GLWE per lane.
    pub(super) fn automorphisms(&self, step: usize, glwes: &[ApproximateGlwe]) -> Vec<ApproximateGlwe> {
        let lanes = Lanes::for_count(glwes.len());
        let glwes_in_lanes = in_lanes(lanes, glwes.iter().map(|glwe| glwe.0.as_slice()));
        let mut moved: AVec<u64> = AVec::new(0);
        moved.resize(glwes_in_lanes.len(), 0);
        Mover::new(self, lanes).add_automorphism(step, &glwes_in_lanes, &mut moved);
        self.counters.automorphisms(glwes.len());
        of_lanes(lanes, &moved, glwes.len()).into_iter().map(ApproximateGlwe).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moved_polynomials_are_negacyclic() {
        for lanes in Lanes::available() {
            let count = lanes.count();
            let spread = |x: [u64; 4]| x.iter().flat_map(|&x| vec![x; count]).collect::<Vec<_>>();
            let from = spread([1, 2, 3, 4]);
            let mut to = spread([0; 4]);
            lanes.run(Move { exponent: 1, degree: 3, from: &from, to: &mut to });
            let negative = u64::wrapping_neg;
            assert_eq!(to, spread([negative(2), negative(3), negative(4), 1]));
            // X^1 -> X^3, X^2 -> X^6 = -X^2, X^3 -> X^9 = X.
            lanes.run(Move { exponent: 3, degree: 0, from: &from, to: &mut to });
            assert_eq!(to, spread([1, 4, negative(3), 2]));
        }
    }
}
