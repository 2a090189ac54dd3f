//! The external products of one block of key bits, at every place of the transform.

use super::monomials::{Monomials, Roots};
use crate::ring::complex::{add, mul_add, mul_lanes};
use crate::ring::lanes::{prefetch, rows, rows_mut};
use pulp::{Simd, WithSimd};

/// Computes Σ_j (X^(a_j) - 1) Σ_r d_r K_(j,r), for the digits d of the accumulators in `R` rows and the key K of a block,
/// a GGSW with `C` columns for each key bit j.
///
/// At each place it takes R C complex multiplications for each key bit, and C more for its monomial.
pub(super) struct Products<'a, const R: usize, const C: usize> {
    /// M, the number of places.
    pub(super) points: usize,
    /// ℓ, the number of key bits of the block.
    pub(super) block: usize,
    /// The key, indexed by place, key bit, column and row, which is read from beginning to end.
    pub(super) key: &'a [f64],
    pub(super) digits: &'a [f64],
    pub(super) roots: &'a Roots,
    pub(super) monomials: &'a Monomials,
    /// The C rows of the result.
    pub(super) sums: &'a mut [f64],
}

impl<const R: usize, const C: usize> WithSimd for Products<'_, R, C> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { points, block, .. } = self;
        let digits = rows::<S, R>(self.digits, points);
        let mut sums = rows_mut::<S, C>(self.sums, points);
        let low_bits = self.roots.low_bits();
        let high = S::as_simd_f64s(&self.monomials.high).0.as_chunks::<2>().0;
        let low = S::as_simd_f64s(&self.monomials.low).0.as_chunks::<2>().0;
        let (zero, minus_one) = (simd.splat_f64s(0.0), simd.splat_f64s(-1.0));
        let keys = self.key.as_chunks::<2>().0.as_chunks::<R>().0.as_chunks::<C>().0;
        for (place, keys) in keys.chunks_exact(block).enumerate().take(points) {
            let high = &high[(place >> low_bits) * block..][..block];
            let low = &low[(place & ((1 << low_bits) - 1)) * block..][..block];
            let mut sum = [[zero; 2]; C];
            for ((key, &high), &low) in keys.iter().zip(high).zip(low) {
                prefetch(key.as_flattened().as_flattened());
                let rotation = add(simd, mul_lanes(simd, high, low), [minus_one, zero]);
                for (sum, column) in sum.iter_mut().zip(key) {
                    let mut product = [zero; 2];
                    for (digits, &[re, im]) in digits.iter().zip(column) {
                        let key = [simd.splat_f64s(re), simd.splat_f64s(im)];
                        product = mul_add(simd, digits[place], key, product);
                    }
                    *sum = mul_add(simd, product, rotation, *sum);
                }
            }
            for (row, sum) in sums.iter_mut().zip(sum) {
                row[place] = sum;
            }
        }
    }
}
