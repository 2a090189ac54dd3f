//! Automorphisms X -> X^t of the ring, on ciphertexts.

use super::ciphertext::ApproximateGlwe;
use super::external_product::add_external_product;
use super::keys::ApproximateServerKey;

/// `p(X^t)` for odd t: coefficient i moves to i t modulo 2N, and X^N = -1.
pub(super) fn substitute(t: usize, from: &[u64], to: &mut [u64]) {
    let size = from.len();
    let mut place = 0;
    for &coefficient in from {
        if place < size {
            to[place] = coefficient;
        } else {
            to[place - size] = coefficient.wrapping_neg();
        }
        place = (place + t) % (2 * size);
    }
}

/// `p(X) X^degree` for a degree below 2N.
pub(super) fn multiply_by_monomial(degree: usize, from: &[u64], to: &mut [u64]) {
    let size = from.len();
    for (i, &coefficient) in from.iter().enumerate() {
        let place = (i + degree) % (2 * size);
        if place < size {
            to[place] = coefficient;
        } else {
            to[place - size] = coefficient.wrapping_neg();
        }
    }
}

impl ApproximateServerKey {
    /// The message of `glwe` at X^t, for one of the t that there are keys for.
    ///
    /// (a(X^t), b(X^t)) decrypts under s(X^t). So b(X^t) stays, and a(X^t) is multiplied, as the body of a trivial
    /// GLWE, by a GGSW of -s(X^t).
    pub(super) fn automorphism(&self, step: usize, glwe: &ApproximateGlwe) -> ApproximateGlwe {
        let key = &self.keys.automorphisms[step];
        self.counters.automorphisms(1);
        let mut moved = glwe.map(|from, to| substitute(key.exponent, from, to));
        let size = self.keys.parameters.polynomial_size;
        let mut mask = ApproximateGlwe::zero(size);
        mask.0[size..].copy_from_slice(&moved.0[..size]);
        moved.0[..size].fill(0);
        add_external_product(&self.keys.fft, &key.minus_moved_key, &mask, &mut moved);
        moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn monomials_and_substitutions_are_negacyclic() {
        let mut to = [0; 4];
        multiply_by_monomial(3, &[1, 2, 3, 4], &mut to);
        assert_eq!(to, [2u64.wrapping_neg(), 3u64.wrapping_neg(), 4u64.wrapping_neg(), 1]);
        // X^1 -> X^3, X^2 -> X^6 = -X^2, X^3 -> X^9 = X.
        substitute(3, &[1, 2, 3, 4], &mut to);
        assert_eq!(to, [1, 4, 3u64.wrapping_neg(), 2]);
    }
}
