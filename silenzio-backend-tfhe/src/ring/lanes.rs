//! Vector lanes: the number of polynomials that lie side by side, and the instruction set that works on them.
//!
//! Element i of eight polynomials is one AVX-512 vector, of four polynomials an AVX2 vector, of two a NEON vector. Nothing is
//! ever exchanged between lanes, and twiddle factors and key elements are the same number in all of them.
//!
//! Code is compiled for an instruction set only as far as it is inlined into [`Lanes::run`]: everything that works on
//! vectors is `#[inline(always)]`, and there is no recursion.

use super::complex::Complex;
use aligned_vec::{AVec, avec};
use pulp::{Arch, Simd, WithSimd, bytemuck};

/// An instruction set of this processor, with the number of its lanes.
#[derive(Clone, Copy, Debug)]
pub struct Lanes(Arch);

impl Lanes {
    /// The widest instruction set of this processor.
    pub fn widest() -> Self {
        Self(Arch::new())
    }

    /// All instruction sets of this processor, the widest first. Results do not depend on which of them is used.
    pub fn available() -> Vec<Self> {
        let widest = Arch::new();
        let mut all = vec![Self(widest)];
        #[cfg(target_arch = "x86_64")]
        if matches!(widest, Arch::V4(_)) {
            all.extend(pulp::x86::V3::try_new().map(|v3| Self(Arch::V3(v3))));
        }
        if !matches!(widest, Arch::Scalar) {
            all.push(Self(Arch::Scalar));
        }
        all
    }

    /// The narrowest instruction set with at least `count` lanes, or else the widest. Empty lanes cost as much as full ones.
    pub fn for_count(count: usize) -> Self {
        let narrower = Self::available().into_iter().rev().filter(|lanes| lanes.count() > 1);
        narrower.into_iter().find(|lanes| lanes.count() >= count).unwrap_or_else(Self::widest)
    }

    /// The number of lanes.
    pub fn count(self) -> usize {
        struct Count;
        impl WithSimd for Count {
            type Output = usize;

            #[inline(always)]
            fn with_simd<S: Simd>(self, _: S) -> usize {
                S::F64_LANES
            }
        }
        self.run(Count)
    }

    /// A single lane, which every processor has.
    #[cfg(any(test, feature = "client"))]
    pub(crate) const fn single() -> Self {
        Self(Arch::Scalar)
    }

    /// Runs `operation`, compiled for this instruction set.
    pub(crate) fn run<T: WithSimd>(self, operation: T) -> T::Output {
        self.0.dispatch(operation)
    }
}

/// Lays vectors of numbers side by side, one in each lane; lanes that are left over get zeros.
pub(crate) fn in_lanes<'a>(lanes: Lanes, vectors: impl Iterator<Item = &'a [u64]> + Clone) -> AVec<u64> {
    let length = vectors.clone().next().map_or(0, <[u64]>::len);
    let mut numbers = avec![0; length * lanes.count()];
    for (lane, vector) in vectors.enumerate() {
        for (place, &number) in numbers.iter_mut().skip(lane).step_by(lanes.count()).zip(vector) {
            *place = number;
        }
    }
    numbers
}

/// Writes a' to one lane of a polynomial of zeros, such that `Σ a_i s_i` is coefficient 0 of `a'(X) s(X)`: `a'_0 = a_0` and
/// `a'_(N-i) = -a_i`. If the mask has fewer than N elements, the others stay zero.
pub(crate) fn put_mask(lanes: Lanes, lane: usize, mask: impl Iterator<Item = u64>, polynomial: &mut [u64]) {
    let mut places = polynomial.iter_mut().skip(lane).step_by(lanes.count());
    let mut mask = mask;
    if let (Some(place), Some(first)) = (places.next(), mask.next()) {
        *place = first;
    }
    for (place, element) in places.rev().zip(mask) {
        *place = element.wrapping_neg();
    }
}

/// The numbers of the first `count` lanes.
pub(crate) fn of_lanes(lanes: Lanes, numbers: &[u64], count: usize) -> Vec<Vec<u64>> {
    let mut vectors = vec![Vec::with_capacity(numbers.len() / lanes.count()); count];
    for side_by_side in numbers.chunks_exact(lanes.count()) {
        for (vector, &number) in vectors.iter_mut().zip(side_by_side) {
            vector.push(number);
        }
    }
    vectors
}

/// The number of unused vectors between one row of complex numbers and the next: rows at a distance of a power of two would
/// fall into the same few sets of the cache.
const PADDING: usize = 10;

/// The length of a row of `points` complex numbers, in vectors.
pub(crate) const fn row_vectors(points: usize) -> usize {
    2 * points + PADDING
}

/// The first `R` rows of `points` complex numbers.
#[inline(always)]
pub(crate) fn rows<S: Simd, const R: usize>(numbers: &[f64], points: usize) -> [&[Complex<S::f64s>]; R] {
    let mut rest = S::as_simd_f64s(numbers).0;
    std::array::from_fn(|_| {
        let (row, tail) = rest.split_at(row_vectors(points));
        rest = tail;
        &row.as_chunks().0[..points]
    })
}

/// The first `R` rows of `points` complex numbers, mutable.
#[inline(always)]
pub(crate) fn rows_mut<S: Simd, const R: usize>(
    numbers: &mut [f64],
    points: usize,
) -> [&mut [Complex<S::f64s>]; R] {
    let mut rest = S::as_mut_simd_f64s(numbers).0;
    std::array::from_fn(|_| {
        let (row, tail) = std::mem::take(&mut rest).split_at_mut(row_vectors(points));
        rest = tail;
        &mut row.as_chunks_mut().0[..points]
    })
}

/// Four equal parts of the first `4 length` elements.
#[inline(always)]
pub(crate) fn quarters<T>(x: &[T], length: usize) -> [&[T]; 4] {
    let (a, x) = x.split_at(length);
    let (b, x) = x.split_at(length);
    let (c, x) = x.split_at(length);
    [a, b, c, &x[..length]]
}

/// Four equal parts of the first `4 length` elements, mutable.
#[inline(always)]
pub(crate) fn quarters_mut<T>(x: &mut [T], length: usize) -> [&mut [T]; 4] {
    let (a, x) = x.split_at_mut(length);
    let (b, x) = x.split_at_mut(length);
    let (c, x) = x.split_at_mut(length);
    [a, b, c, &mut x[..length]]
}

/// Maps the integer in every lane. The vector trait has no shifts of 64 bits; the compiler turns this loop over a register
/// into one instruction.
#[inline(always)]
pub(crate) fn map_u64s<S: Simd>(mut x: S::u64s, map: impl Fn(u64) -> u64) -> S::u64s {
    for lane in bytemuck::cast_slice_mut::<S::u64s, u64>(std::slice::from_mut(&mut x)) {
        *lane = map(*lane);
    }
    x
}

/// Prefetches what lies 8 KiB ahead of `numbers` to the first-level cache, since the processor's own prefetching stops at
/// every page. It is a hint: the address need not be valid.
#[inline(always)]
#[cfg_attr(
    not(target_arch = "x86_64"),
    expect(unused_variables, reason = "no other instruction set has the hint")
)]
pub(crate) fn prefetch(numbers: &[f64]) {
    #[cfg(target_arch = "x86_64")]
    if let Some(sse) = pulp::core_arch::x86::Sse::try_new() {
        const AHEAD: usize = 8192 / size_of::<f64>();
        const LINE: usize = 64 / size_of::<f64>();
        /// The hint that prefetches to all levels of the cache.
        const T0: i32 = 3;
        for line in 0..numbers.len().div_ceil(LINE) {
            sse._mm_prefetch::<T0>(numbers.as_ptr().wrapping_add(AHEAD + LINE * line).cast());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_takes_the_narrowest_lanes_that_hold_it() {
        let widest = Lanes::widest().count();
        for count in 1..=2 * widest {
            let lanes = Lanes::for_count(count).count();
            assert!(lanes >= count.min(widest));
            assert!(
                Lanes::available()
                    .iter()
                    .all(|other| { other.count() == 1 || other.count() >= lanes || other.count() < count })
            );
        }
    }
}
