//! The gadget decomposition of accumulators, and the first step of the digits' transforms.
//!
//! A torus element x is rounded to l log2 B bits and written as Σ d_i B^-i with balanced digits -B/2 <= d_i < B/2,
//! i = 1 ..= l. Adding B/2 at the place of every digit makes them plain bit fields, and a field with the exponent of 2^52
//! above it is the floating-point number 2^52 + field. So a digit takes a shift, a mask and a subtraction, and no
//! conversion from 64-bit integers, which AVX2 lacks.
//!
//! A digit that is uniform over its values has a mean square of (B² + 2)/12; the rounding error has variance B^-2l / 12. The
//! mean of a digit is -1/2, and a polynomial whose coefficients are all -1/2 has a transform that is large exactly where that
//! of a binary key is, at the lowest frequencies. Rounding errors of products would be large there: in all four times as large
//! with a base of 4. So **signs alternate**: the digits at odd places are those of -x, negated, with a mean of 1/2. Then the
//! means are at the highest frequency, where a binary key is not larger than elsewhere, and the digits of zero are still zero.

use super::complex::Complex;
use super::lanes::{map_u64s, quarters, quarters_mut, rows_mut};
use super::transform::{Transform, split};
use pulp::{Simd, WithSimd};
use silenzio_core::noise::GadgetShape;

/// 2^52, whose last place is 1.
const TWO_52: f64 = (1u64 << 52) as f64;

/// The positions of the digits of a torus element, for `V` levels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<const V: usize> {
    /// The number whose addition rounds, and makes bit fields of balanced digits.
    offset: u64,
    /// The shift of each field, the least significant first.
    shifts: [u32; V],
    mask: u64,
    /// 2^52 + B/2.
    bias: f64,
}

impl<const V: usize> Fields<V> {
    /// The fields of `V` levels of a gadget, from `first` on, counted from the least significant.
    pub(crate) fn new(gadget: GadgetShape, first: usize) -> Self {
        let GadgetShape { base_log, levels } = gadget;
        let half_base = 1u64 << (base_log - 1);
        let half_unit = 1u64 << (u64::BITS as usize - base_log * levels - 1);
        let shift = |level: usize| (u64::BITS as usize - base_log * (levels - level)) as u32;
        let offset = (0..levels).fold(half_unit, |sum, level| sum.wrapping_add(half_base << shift(level)));
        let shifts = std::array::from_fn(|v| shift(first + v));
        Self { offset, shifts, mask: 2 * half_base - 1, bias: TWO_52 + half_base as f64 }
    }

    /// Prepares `x`, at an even or an odd place, for [`digit`](Self::digit).
    #[inline(always)]
    fn prepare<S: Simd, const ODD: bool>(&self, simd: S, x: S::u64s) -> S::u64s {
        let offset = simd.splat_u64s(self.offset);
        if ODD { simd.sub_u64s(offset, x) } else { simd.add_u64s(offset, x) }
    }

    /// Digit `v` of a prepared x, counted from the least significant.
    #[inline(always)]
    fn digit<S: Simd, const ODD: bool>(&self, simd: S, prepared: S::u64s, v: usize) -> S::f64s {
        let (shift, mask) = (self.shifts[v], self.mask);
        let field = map_u64s::<S>(prepared, |x| ((x >> shift) & mask) | TWO_52.to_bits());
        let (field, bias) = (simd.transmute_f64s_u64s(field), simd.splat_f64s(self.bias));
        if ODD { simd.sub_f64s(bias, field) } else { simd.sub_f64s(field, bias) }
    }

    /// The digits of four coefficients, at even or odd places, of the real and of the imaginary half, indexed by level.
    #[inline(always)]
    fn digits<S: Simd, const ODD: bool>(
        &self,
        simd: S,
        coefficients: [[S::u64s; 2]; 4],
    ) -> [[Complex<S::f64s>; 4]; V] {
        // These are loops, since the compiler does not always inline the methods of arrays.
        let mut prepared = coefficients;
        for x in prepared.as_flattened_mut() {
            *x = self.prepare::<S, ODD>(simd, *x);
        }
        let mut digits = [[[simd.splat_f64s(0.0); 2]; 4]; V];
        for (v, level) in digits.iter_mut().enumerate() {
            for (digit, &x) in level.as_flattened_mut().iter_mut().zip(prepared.as_flattened()) {
                *digit = self.digit::<S, ODD>(simd, x, v);
            }
        }
        digits
    }
}

/// Decomposes accumulators of `C` polynomials to `V` levels of digits, and does the first step of their transforms.
pub(crate) struct Decompose<'a, const C: usize, const V: usize> {
    pub(crate) transform: &'a Transform,
    pub(crate) fields: Fields<V>,
    /// The accumulators, indexed by polynomial and coefficient.
    pub(crate) accumulators: &'a [u64],
    /// The V C rows of digits, indexed by level, the least significant first, and polynomial.
    pub(crate) digits: &'a mut [f64],
}

impl<const C: usize, const V: usize> WithSimd for Decompose<'_, C, V> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let points = self.transform.points();
        let root = self.transform.root();
        let levels = levels_mut::<S, C, V>(self.digits, points);
        let polynomials = S::as_simd_u64s(self.accumulators).0.chunks_exact(2 * points);
        for (polynomial, rows) in polynomials.zip(levels) {
            let (re, im) = polynomial.split_at(points);
            let (re, im) = (quarters(re, points / 4), quarters(im, points / 4));
            let mut rows = rows.map(|row| quarters_mut(row, points / 4));
            for i in 0..points / 4 {
                let coefficients = std::array::from_fn(|q| [re[q][i], im[q][i]]);
                let digits = if i % 2 == 0 {
                    self.fields.digits::<S, false>(simd, coefficients)
                } else {
                    self.fields.digits::<S, true>(simd, coefficients)
                };
                for (row, digits) in rows.iter_mut().zip(digits) {
                    for (quarter, result) in row.iter_mut().zip(split(simd, digits, root)) {
                        quarter[i] = result;
                    }
                }
            }
        }
    }
}

/// The rows of each polynomial, indexed by level.
#[inline(always)]
fn levels_mut<S: Simd, const C: usize, const V: usize>(
    digits: &mut [f64],
    points: usize,
) -> [[&mut [Complex<S::f64s>]; V]; C] {
    let per_level = digits.len() / V;
    let mut levels = digits.chunks_exact_mut(per_level);
    let mut by_level: [[&mut [Complex<S::f64s>]; C]; V] =
        std::array::from_fn(|_| rows_mut::<S, C>(levels.next().unwrap_or_default(), points));
    std::array::from_fn(|c| {
        let mut by_level = by_level.iter_mut();
        std::array::from_fn(|_| {
            by_level.next().map(|level| std::mem::take(&mut level[c])).unwrap_or_default()
        })
    })
}
