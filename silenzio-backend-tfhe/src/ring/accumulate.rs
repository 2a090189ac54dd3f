//! Inverse transforms, and their addition to the accumulators.
//!
//! A sum x of products with whole torus elements is a real number in units of the torus ([`Fractions`]), which must be
//! rounded to a multiple of 2^-64 modulo 1. Adding 1.5 2^(52-g) rounds x to multiples of 2^-g, and leaves x 2^g modulo 2^g
//! in the last g bits; the remainder, below 2^-g, is rounded to multiples of 2^-64 in the same way. No conversion
//! instruction is needed. With g = 13, |x| must be below 2^38, which
//! [`RotationParameters::check`](crate::rotation::RotationParameters::check) ensures.
//!
//! A sum of products with integers ([`Integers`]) below 2^51 is rounded to the nearest one by adding 1.5 2^52.

use super::lanes::{map_u64s, quarters_mut, row_vectors};
use super::transform::{Transform, merge};
use pulp::{Simd, WithSimd};

/// g, the number of bits after the point that the first rounding keeps.
const HIGH_BITS: u32 = 13;

/// log2 of the bound on the absolute value of a sum.
pub(crate) const LOG2_BOUND: f64 = (51 - HIGH_BITS) as f64;

/// 1.5 2^(52-g), whose last place is 2^-g.
const ROUND_HIGH: f64 = 1.5 * (1u64 << (52 - HIGH_BITS)) as f64;

/// 1.5 2^-12, whose last place is 2^-64.
const ROUND_LOW: f64 = 1.5 / (1u64 << 12) as f64;

/// The unit of sums of products.
pub(crate) trait Unit: Copy {
    /// Reduces `x` modulo 1 on the torus, in units of 2^-64.
    fn to_torus<S: Simd>(self, simd: S, x: S::f64s) -> S::u64s;
}

/// Sums are real numbers in units of the torus, of an absolute value below 2^[`LOG2_BOUND`].
#[derive(Clone, Copy)]
pub(crate) struct Fractions;

impl Unit for Fractions {
    #[inline(always)]
    fn to_torus<S: Simd>(self, simd: S, x: S::f64s) -> S::u64s {
        let (round_high, round_low) = (simd.splat_f64s(ROUND_HIGH), simd.splat_f64s(ROUND_LOW));
        let high = simd.add_f64s(x, round_high);
        let rest = simd.sub_f64s(x, simd.sub_f64s(high, round_high));
        let low = simd.add_f64s(rest, round_low);
        let high = map_u64s::<S>(simd.transmute_u64s_f64s(high), |bits| bits << (u64::BITS - HIGH_BITS));
        let low = simd.sub_u64s(simd.transmute_u64s_f64s(low), simd.splat_u64s(ROUND_LOW.to_bits()));
        simd.add_u64s(high, low)
    }
}

/// Sums are integers up to rounding errors, in units of 2^(`SHIFT` - 64) of the torus, of an absolute value below 2^51.
#[derive(Clone, Copy)]
pub(crate) struct Integers<const SHIFT: u32>;

/// 1.5 2^52, whose last place is 1.
const ROUND_INTEGER: f64 = 1.5 * (1u64 << 52) as f64;

impl<const SHIFT: u32> Unit for Integers<SHIFT> {
    #[inline(always)]
    fn to_torus<S: Simd>(self, simd: S, x: S::f64s) -> S::u64s {
        let rounded = simd.transmute_u64s_f64s(simd.add_f64s(x, simd.splat_f64s(ROUND_INTEGER)));
        let integer = simd.sub_u64s(rounded, simd.splat_u64s(ROUND_INTEGER.to_bits()));
        if SHIFT == 0 { integer } else { map_u64s::<S>(integer, |x| x << SHIFT) }
    }
}

/// Adds the inverse transform of row i of the sums to polynomial i of the accumulators.
pub(crate) struct Accumulate<'a, U> {
    pub(crate) transform: &'a Transform,
    pub(crate) unit: U,
    pub(crate) sums: &'a mut [f64],
    /// The accumulators, indexed by polynomial and coefficient.
    pub(crate) accumulators: &'a mut [u64],
}

impl<U: Unit> WithSimd for Accumulate<'_, U> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let points = self.transform.points();
        let rows = S::as_mut_simd_f64s(self.sums).0.chunks_exact_mut(row_vectors(points));
        let polynomials = S::as_mut_simd_u64s(self.accumulators).0.chunks_exact_mut(2 * points);
        for (row, polynomial) in rows.zip(polynomials) {
            let row = &mut row.as_chunks_mut().0[..points];
            self.transform.inverse_in_quarters(simd, row);
            let row = quarters_mut(row, points / 4);
            let (re, im) = polynomial.split_at_mut(points);
            let (re, im) = (quarters_mut(re, points / 4), quarters_mut(im, points / 4));
            for i in 0..points / 4 {
                let results =
                    merge(simd, [row[0][i], row[1][i], row[2][i], row[3][i]], self.transform.root());
                for (q, result) in results.into_iter().enumerate() {
                    re[q][i] = simd.add_u64s(re[q][i], self.unit.to_torus(simd, result[0]));
                    im[q][i] = simd.add_u64s(im[q][i], self.unit.to_torus(simd, result[1]));
                }
            }
        }
    }
}
