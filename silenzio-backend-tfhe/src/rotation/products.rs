//! The external products of one block of key bits, at every place of the transform.

use super::monomials::{Monomials, Roots};
use crate::ring::complex::{Complex, add, mul_add, mul_lanes};
use crate::ring::lanes::{prefetch, row_vectors, rows, rows_mut};
use pulp::{Simd, WithSimd};

/// Computes Σ_j (X^(a_j) - 1) Σ_r d_r K_(j,r), for the digits d of the accumulators, `V` levels of `C` polynomials, and the key K
/// of a block, a GGSW with `C` columns for each key bit j.
///
/// At each place it takes V C² complex multiplications for each key bit, and C more for its monomial.
pub(super) struct Products<'a, const C: usize, const V: usize> {
    /// M, the number of places.
    pub(super) points: usize,
    /// ℓ, the number of key bits of the block.
    pub(super) block: usize,
    /// The key, indexed by place, key bit, row and column, which is read from beginning to end.
    pub(super) key: &'a [f64],
    /// The V C rows of digits.
    pub(super) digits: &'a [f64],
    pub(super) roots: &'a Roots,
    pub(super) monomials: &'a Monomials,
    /// The C rows of the result.
    pub(super) sums: &'a mut [f64],
}

impl<const C: usize, const V: usize> WithSimd for Products<'_, C, V> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { points, block, .. } = self;
        let digits = S::as_simd_f64s(self.digits).0.chunks_exact(row_vectors(points));
        let first_level = rows::<S, C>(self.digits, points);
        let mut sums = rows_mut::<S, C>(self.sums, points);
        let low_bits = self.roots.low_bits();
        let high = S::as_simd_f64s(&self.monomials.high).0.as_chunks::<2>().0;
        let low = S::as_simd_f64s(&self.monomials.low).0.as_chunks::<2>().0;
        let (zero, minus_one) = (simd.splat_f64s(0.0), simd.splat_f64s(-1.0));
        let keys = self.key.as_chunks::<2>().0.as_chunks::<C>().0;
        // Of several levels, the compiler must not know the number of rows: see `of_levels`.
        let row_count = if V == 1 { C } else { digits.len() };
        for (place, keys) in keys.chunks_exact(block * row_count).enumerate().take(points) {
            let high = &high[(place >> low_bits) * block..][..block];
            let low = &low[(place & ((1 << low_bits) - 1)) * block..][..block];
            let mut sum = [[zero; 2]; C];
            for ((key, &high), &low) in keys.chunks_exact(row_count).zip(high).zip(low) {
                let rotation = add(simd, mul_lanes(simd, high, low), [minus_one, zero]);
                let products = if V == 1 {
                    of_one_level(simd, first_level, place, key)
                } else {
                    of_levels(simd, digits.clone(), place, key)
                };
                for (sum, product) in sum.iter_mut().zip(products) {
                    *sum = mul_add(simd, product, rotation, *sum);
                }
            }
            for (row, sum) in sums.iter_mut().zip(sum) {
                row[place] = sum;
            }
        }
    }
}

/// Σ_r d_r K_r at one place, for the C rows of one level.
#[inline(always)]
fn of_one_level<S: Simd, const C: usize>(
    simd: S,
    rows: [&[Complex<S::f64s>]; C],
    place: usize,
    key: &[[[f64; 2]; C]],
) -> [Complex<S::f64s>; C] {
    prefetch(key.as_flattened().as_flattened());
    let mut products = [[simd.splat_f64s(0.0); 2]; C];
    for (c, product) in products.iter_mut().enumerate() {
        for (digits, columns) in rows.iter().zip(key) {
            let [re, im] = columns[c];
            *product = mul_add(simd, digits[place], [simd.splat_f64s(re), simd.splat_f64s(im)], *product);
        }
    }
    products
}

/// Σ_r d_r K_r at one place, for the rows of several levels.
///
/// All columns are summed up row by row, so that a digit is read once; and the four real products of two complex numbers are summed
/// up alone, so that no sum waits for another. The number of rows is no constant here: if it were, the compiler would unroll the
/// loop, and C = 3 columns would no longer fit in sixteen registers.
#[inline(always)]
fn of_levels<'a, S: Simd, const C: usize>(
    simd: S,
    rows: impl Iterator<Item = &'a [S::f64s]>,
    place: usize,
    key: &[[[f64; 2]; C]],
) -> [Complex<S::f64s>; C]
where
    S::f64s: 'a,
{
    let mut products = [[simd.splat_f64s(0.0); 4]; C];
    for (digits, columns) in rows.zip(key) {
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
    let mut sums = [[simd.splat_f64s(0.0); 2]; C];
    for (sum, product) in sums.iter_mut().zip(products) {
        *sum = [simd.sub_f64s(product[0], product[1]), simd.add_f64s(product[2], product[3])];
    }
    sums
}
