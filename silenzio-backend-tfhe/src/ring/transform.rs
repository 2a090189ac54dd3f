//! The Fourier transform of real polynomials modulo X^N + 1, in vector lanes.
//!
//! A real polynomial modulo X^N + 1 is determined by its residue modulo X^M - i, with M = N/2: the complex polynomial
//! whose coefficient j is p_j + i p_(j+M). A polynomial modulo X^(2m) - c² is determined by its residues modulo X^m - c
//! and modulo X^m + c. Repeated splits lead to its values at the M roots of X^M = i. Neither a twist before nor a
//! permutation after is needed, since a node of the tree has one c for all its coefficients. This is the transform of
//! number-theoretic libraries (Seiler, ePrint 2018/039), over the complex numbers.
//!
//! With e(t) = exp(2πi t), the root is X^M - e(1/4), and the node X^(2m) - e(t) has the children X^m - e(t/2) and
//! X^m - e(t/2 + 1/2). So place p holds the value at `X = e((1 + 4 r(p)) / (2N))`, where r reverses the log2 M bits of p.
//!
//! Two splits at a time (radix 4) cost 12 multiplications and 16 additions of four complex numbers. The first radix-4 step
//! over all coefficients is done where they are made ([`digits`](super::digits)), the last inverse one where they are
//! used ([`accumulate`](super::accumulate)). The others stay within a quarter of the coefficients: 32 KiB of eight
//! lanes for N = 2048, which fit in the first-level cache.
//!
//! The inverse multiplies by M; the key is divided by it, which is exact. Rounding errors are at most a few units
//! in the last place of the largest value, and grow with log2 M; a test compares products with exact arithmetic.

use super::complex::{Complex, add, add_i, mul, sub, sub_i};
use super::lanes::{Lanes, quarters_mut, row_vectors};
use aligned_vec::{AVec, avec};
use pulp::{Simd, WithSimd};
use std::f64::consts::PI;

/// The factors of a node X^(4m) - c^4: c², c and c³.
pub(crate) type Twiddles = [[f64; 2]; 3];

/// The transform for one N.
#[derive(Debug)]
pub(crate) struct Transform {
    /// M, the number of places.
    points: usize,
    /// The factors of the root of the tree.
    root: Twiddles,
    /// The factors of all nodes of every further radix-4 step, from the root down.
    steps: Vec<Vec<Twiddles>>,
    /// The c of each node X² - c² before the leaves; empty if radix-4 steps reach the leaves.
    pairs: Vec<[f64; 2]>,
}

/// e(`turns`), by a sine that is the same on all platforms.
fn unit(turns: f64) -> [f64; 2] {
    let (im, re) = libm::sincos(2.0 * PI * turns);
    [re, im]
}

/// The lowest `bits` bits of `x` in reverse.
pub(crate) const fn reverse_bits(x: usize, bits: u32) -> usize {
    if bits == 0 { 0 } else { x.reverse_bits() >> (usize::BITS - bits) }
}

impl Transform {
    /// The transform of polynomials with `size` coefficients, a power of two that is at least 8.
    pub(crate) fn new(size: usize) -> Self {
        let points = size / 2;
        // The angle of node `node` of level `level`, which is modulo X^(points / 2^level) - e(angle).
        let angle =
            |level: u32, node: usize| (0.25 + reverse_bits(node, level) as f64) / f64::from(level).exp2();
        let twiddles = |level, node| {
            let angle = angle(level, node);
            [unit(angle / 2.0), unit(angle / 4.0), unit(angle * 0.75)]
        };
        let levels = points.ilog2();
        let step = |level| (0..1usize << level).map(|node| twiddles(level, node)).collect();
        let pair = |node| unit(angle(levels - 1, node) / 2.0);
        Self {
            points,
            root: twiddles(0, 0),
            steps: (2..levels - 1).step_by(2).map(step).collect(),
            pairs: if levels.is_multiple_of(2) { Vec::new() } else { (0..points / 2).map(pair).collect() },
        }
    }

    /// M, the number of places.
    pub(crate) const fn points(&self) -> usize {
        self.points
    }

    /// The factors of the first step.
    pub(crate) const fn root(&self) -> &Twiddles {
        &self.root
    }

    /// All steps but the first.
    #[inline(always)]
    pub(crate) fn forward_in_quarters<S: Simd>(&self, simd: S, x: &mut [Complex<S::f64s>]) {
        for (q, quarter) in x.chunks_exact_mut(self.points / 4).enumerate() {
            for step in &self.steps {
                let nodes = part(step, q);
                if 4 * nodes.len() == quarter.len() {
                    for (node, twiddles) in quarter.as_chunks_mut::<4>().0.iter_mut().zip(nodes) {
                        *node = split(simd, *node, twiddles);
                    }
                } else {
                    let length = quarter.len() / nodes.len();
                    for (node, twiddles) in quarter.chunks_exact_mut(length).zip(nodes) {
                        let [a, b, c, d] = quarters_mut(node, length / 4);
                        for (((a, b), c), d) in a.iter_mut().zip(b).zip(c).zip(d) {
                            [*a, *b, *c, *d] = split(simd, [*a, *b, *c, *d], twiddles);
                        }
                    }
                }
            }
            for (pair, &w) in quarter.as_chunks_mut::<2>().0.iter_mut().zip(part(&self.pairs, q)) {
                let y = mul(simd, pair[1], w);
                *pair = [add(simd, pair[0], y), sub(simd, pair[0], y)];
            }
        }
    }

    /// All inverse steps but the last.
    #[inline(always)]
    pub(crate) fn inverse_in_quarters<S: Simd>(&self, simd: S, x: &mut [Complex<S::f64s>]) {
        for (q, quarter) in x.chunks_exact_mut(self.points / 4).enumerate() {
            for (pair, &w) in quarter.as_chunks_mut::<2>().0.iter_mut().zip(part(&self.pairs, q)) {
                let y = sub(simd, pair[0], pair[1]);
                *pair = [add(simd, pair[0], pair[1]), mul(simd, y, conjugate(w))];
            }
            for step in self.steps.iter().rev() {
                let nodes = part(step, q);
                if 4 * nodes.len() == quarter.len() {
                    for (node, twiddles) in quarter.as_chunks_mut::<4>().0.iter_mut().zip(nodes) {
                        *node = merge(simd, *node, twiddles);
                    }
                } else {
                    let length = quarter.len() / nodes.len();
                    for (node, twiddles) in quarter.chunks_exact_mut(length).zip(nodes) {
                        let [a, b, c, d] = quarters_mut(node, length / 4);
                        for (((a, b), c), d) in a.iter_mut().zip(b).zip(c).zip(d) {
                            [*a, *b, *c, *d] = merge(simd, [*a, *b, *c, *d], twiddles);
                        }
                    }
                }
            }
        }
    }
}

/// Quarter `q` of a step's nodes.
#[inline(always)]
fn part<T>(nodes: &[T], q: usize) -> &[T] {
    let length = nodes.len() / 4;
    &nodes[q * length..][..length]
}

#[inline(always)]
fn conjugate([re, im]: [f64; 2]) -> [f64; 2] {
    [re, -im]
}

/// Reduces a + b X^m + c X^2m + d X^3m modulo X^4m - w^4 to its residues modulo X^m - w, X^m + w, X^m - i w and X^m + i w.
#[inline(always)]
pub(crate) fn split<S: Simd>(
    simd: S,
    [a, b, c, d]: [Complex<S::f64s>; 4],
    &[w2, w1, w3]: &Twiddles,
) -> [Complex<S::f64s>; 4] {
    let (b, c, d) = (mul(simd, b, w1), mul(simd, c, w2), mul(simd, d, w3));
    let (s, t) = (add(simd, a, c), sub(simd, a, c));
    let (u, v) = (add(simd, b, d), sub(simd, b, d));
    [add(simd, s, u), sub(simd, s, u), add_i(simd, t, v), sub_i(simd, t, v)]
}

/// Four times the inverse of [`split`].
#[inline(always)]
pub(crate) fn merge<S: Simd>(
    simd: S,
    [a, b, c, d]: [Complex<S::f64s>; 4],
    &[w2, w1, w3]: &Twiddles,
) -> [Complex<S::f64s>; 4] {
    let (s, u) = (add(simd, a, b), sub(simd, a, b));
    let (t, v) = (add(simd, c, d), sub(simd, c, d));
    [
        add(simd, s, t),
        mul(simd, sub_i(simd, u, v), conjugate(w1)),
        mul(simd, sub(simd, s, t), conjugate(w2)),
        mul(simd, add_i(simd, u, v), conjugate(w3)),
    ]
}

/// Does all steps of the transform but the first, on every row of `numbers`.
pub(crate) struct ForwardInQuarters<'a> {
    pub(crate) transform: &'a Transform,
    pub(crate) numbers: &'a mut [f64],
}

impl WithSimd for ForwardInQuarters<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let points = self.transform.points;
        for row in S::as_mut_simd_f64s(self.numbers).0.chunks_exact_mut(row_vectors(points)) {
            self.transform.forward_in_quarters(simd, &mut row.as_chunks_mut().0[..points]);
        }
    }
}

/// Transforms polynomials of integers modulo 2^64 (taken as signed) times `unit`, as many at a time as there are lanes. Values
/// are divided by the number of places, by which the inverse multiplies. `store` gets each polynomial's number and its values.
pub(crate) fn for_each_transform(
    transform: &Transform,
    unit: f64,
    polynomials: &[u64],
    mut store: impl FnMut(usize, &mut dyn Iterator<Item = [f64; 2]>),
) {
    let (lanes, size) = (Lanes::widest(), 2 * transform.points);
    let count = lanes.count();
    let unit = unit / transform.points as f64;
    let mut coefficients: AVec<f64> = avec![0.0; size * count];
    let mut transformed: AVec<f64> = avec![0.0; size * count];
    for (first, polynomials) in polynomials.chunks(size * count).enumerate().map(|(i, p)| (i * count, p)) {
        for (lane, polynomial) in polynomials.chunks_exact(size).enumerate() {
            for (place, &element) in coefficients.iter_mut().skip(lane).step_by(count).zip(polynomial) {
                *place = element as i64 as f64 * unit;
            }
        }
        lanes.run(ForwardReal { transform, coefficients: &coefficients, values: &mut transformed });
        for lane in 0..polynomials.len() / size {
            let values = transformed.chunks_exact(2 * count).map(|value| [value[lane], value[count + lane]]);
            store(first + lane, &mut { values });
        }
    }
}

/// Transforms one polynomial in each lane.
struct ForwardReal<'a> {
    transform: &'a Transform,
    /// The N coefficients, in each lane those of one polynomial.
    coefficients: &'a [f64],
    /// The M complex values.
    values: &'a mut [f64],
}

impl WithSimd for ForwardReal<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Transform { points, root, .. } = self.transform;
        let (re, im) = S::as_simd_f64s(self.coefficients).0.split_at(*points);
        let values = &mut S::as_mut_simd_f64s(self.values).0.as_chunks_mut::<2>().0[..*points];
        for ((value, &re), &im) in values.iter_mut().zip(re).zip(im) {
            *value = [re, im];
        }
        let [a, b, c, d] = quarters_mut(values, points / 4);
        for (((a, b), c), d) in a.iter_mut().zip(b).zip(c).zip(d) {
            [*a, *b, *c, *d] = split(simd, [*a, *b, *c, *d], root);
        }
        self.transform.forward_in_quarters(simd, values);
    }
}
