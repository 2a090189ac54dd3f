//! Packing: LWEs into the coefficients of one GLWE.
//!
//! An LWE is the coefficient 0 of a GLWE whose other coefficients are garbage. The trace, the sum over all
//! automorphisms of the ring, multiplies coefficient 0 by N and cancels all others. As a product of the N
//! automorphisms it takes log2 N steps `p + p(X^t)`, t = 2^l + 1, and values share them: a binary tree on the bits
//! of their coefficients (Chen, Dai, Kim and Song, ePrint 2020/015), where node l joins
//!
//! ```text
//! (even + X^(N/2^l) odd) + (even - X^(N/2^l) odd)(X^(2^l + 1)).
//! ```
//!
//! The factor N is undone beforehand: by shifting the ciphertext right by log2 N bits, a modulus switch.

use super::automorphism::multiply_by_monomial;
use super::ciphertext::{ApproximateGlwe, ApproximateLwe};
use super::keys::ApproximateServerKey;

impl ApproximateServerKey {
    /// The GLWE of `values`, each at its coefficient; the coefficients are below N and differ.
    pub(super) fn pack_values(&self, values: &[(usize, &ApproximateLwe)]) -> ApproximateGlwe {
        let log_size = self.keys.parameters.log_size() as usize;
        self.node(log_size, values)
            .unwrap_or_else(|| ApproximateGlwe::zero(self.keys.parameters.polynomial_size))
    }

    /// The node of the values at these places below 2^`level`; none without values.
    fn node(&self, level: usize, values: &[(usize, &ApproximateLwe)]) -> Option<ApproximateGlwe> {
        if values.is_empty() {
            return None;
        }
        // The levels at which nothing is joined, because all values are at even places, down to `joint`.
        let even_levels = values.iter().fold(level, |levels, (place, _)| {
            if *place == 0 { levels } else { levels.min(place.trailing_zeros() as usize) }
        });
        let joint = level - even_levels;
        let places: Vec<_> = values.iter().map(|&(place, lwe)| (place >> even_levels, lwe)).collect();
        let mut glwe = if joint == 0 {
            places.first().map(|(_, lwe)| self.leaf(lwe))
        } else {
            self.join(joint, &places)
        }?;
        // From the highest down: it keeps the noise of the cancelled coefficients from being amplified.
        for step in (joint + 1..=level).rev() {
            let moved = self.automorphism(step - 1, &glwe);
            glwe.add(&moved);
        }
        Some(glwe)
    }

    /// Joins the nodes of the values at even and at odd places.
    fn join(&self, level: usize, values: &[(usize, &ApproximateLwe)]) -> Option<ApproximateGlwe> {
        let half = |bit: usize| -> Vec<_> {
            let of_bit = values.iter().filter(|(place, _)| place & 1 == bit);
            of_bit.map(|&(place, lwe)| (place >> 1, lwe)).collect()
        };
        let degree = self.keys.parameters.polynomial_size >> level;
        let even = self.node(level - 1, &half(0));
        let odd = self.node(level - 1, &half(1))?.map(|from, to| multiply_by_monomial(degree, from, to));
        let mut sum = even.unwrap_or_else(|| ApproximateGlwe::zero(self.keys.parameters.polynomial_size));
        let mut difference = sum.clone();
        sum.add(&odd);
        difference.sub(&odd);
        sum.add(&self.automorphism(level - 1, &difference));
        Some(sum)
    }

    /// A GLWE with the value at coefficient 0, divided by N, and garbage at the others.
    ///
    /// Σ a_i s_i is coefficient 0 of a'(X) s(X) for a'_0 = a_0 and a'_(N-i) = -a_i.
    fn leaf(&self, lwe: &ApproximateLwe) -> ApproximateGlwe {
        let parameters = &self.keys.parameters;
        let (size, shift) = (parameters.polynomial_size, parameters.log_size());
        let divide = |x: u64| x.wrapping_add(1 << (shift - 1)) >> shift;
        let mut glwe = ApproximateGlwe::zero(size);
        let (mask, body) = glwe.0.split_at_mut(size);
        for (i, &a) in lwe.mask().iter().enumerate() {
            if i == 0 {
                mask[0] = divide(a);
            } else {
                mask[size - i] = divide(a).wrapping_neg();
            }
        }
        body[0] = divide(lwe.body().0);
        glwe
    }
}
