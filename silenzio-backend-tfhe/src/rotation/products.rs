//! The external products of one block of key bits, at every place of the transform.

use super::monomials::{Monomials, Roots};
use crate::ring::complex::{add, mul_add, mul_lanes};
use crate::ring::lanes::{prefetch, row_vectors, rows_mut};
use pulp::{Simd, WithSimd};

/// Computes Σ_j (X^(a_j) - 1) Σ_r d_r K_(j,r), for the digits d of the accumulators in R rows and the key K of a block,
/// a GGSW with `C` columns for each key bit j.
///
/// At each place it takes R C complex multiplications for each key bit, and C more for its monomial. The loop over rows is
/// not unrolled, since R is no constant here: with 16 registers, C = 3 columns leave room for the sums of one row and no more.
pub(super) struct Products<'a, const C: usize> {
    /// M, the number of places.
    pub(super) points: usize,
    /// ℓ, the number of key bits of the block.
    pub(super) block: usize,
    /// The key, indexed by place, key bit, row and column, which is read from beginning to end.
    pub(super) key: &'a [f64],
    /// The R rows of digits.
    pub(super) digits: &'a [f64],
    pub(super) roots: &'a Roots,
    pub(super) monomials: &'a Monomials,
    /// The C rows of the result.
    pub(super) sums: &'a mut [f64],
}

impl<const C: usize> WithSimd for Products<'_, C> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { points, block, .. } = self;
        let digits = S::as_simd_f64s(self.digits).0.chunks_exact(row_vectors(points));
        let mut sums = rows_mut::<S, C>(self.sums, points);
        let low_bits = self.roots.low_bits();
        let high = S::as_simd_f64s(&self.monomials.high).0.as_chunks::<2>().0;
        let low = S::as_simd_f64s(&self.monomials.low).0.as_chunks::<2>().0;
        let (zero, minus_one) = (simd.splat_f64s(0.0), simd.splat_f64s(-1.0));
        let keys = self.key.as_chunks::<2>().0.as_chunks::<C>().0;
        for (place, keys) in keys.chunks_exact(block * digits.len()).enumerate().take(points) {
            let high = &high[(place >> low_bits) * block..][..block];
            let low = &low[(place & ((1 << low_bits) - 1)) * block..][..block];
            let mut sum = [[zero; 2]; C];
            for ((key, &high), &low) in keys.chunks_exact(digits.len()).zip(high).zip(low) {
                let rotation = add(simd, mul_lanes(simd, high, low), [minus_one, zero]);
                // The four real products of two complex numbers have sums of their own, so that none waits for another.
                let mut products = [[zero; 4]; C];
                for (digits, columns) in digits.clone().zip(key) {
                    prefetch(columns.as_flattened());
                    let (x, y) = (digits[2 * place], digits[2 * place + 1]);
                    for (product, &[re, im]) in products.iter_mut().zip(columns) {
                        let (re, im) = (simd.splat_f64s(re), simd.splat_f64s(im));
                        product[0] = simd.mul_add_f64s(x, re, product[0]);
                        product[1] = simd.mul_add_f64s(y, im, product[1]);
                        product[2] = simd.mul_add_f64s(x, im, product[2]);
                        product[3] = simd.mul_add_f64s(y, re, product[3]);
                    }
                }
                for (sum, product) in sum.iter_mut().zip(products) {
                    let re = simd.sub_f64s(product[0], product[1]);
                    let im = simd.add_f64s(product[2], product[3]);
                    *sum = mul_add(simd, [re, im], rotation, *sum);
                }
            }
            for (row, sum) in sums.iter_mut().zip(sum) {
                row[place] = sum;
            }
        }
    }
}
