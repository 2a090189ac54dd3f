//! The monomials X^a of a block of key bits, as values at the places of the transform.
//!
//! At place p, X^a is `e(a (1 + 4 r(p)) / (2N))`. Since r reverses bits, r(p) is the sum of r of the high bits of p and r
//! of its low bits. So the monomial is the product of an entry for the high bits and one for the low bits, from two short
//! tables, and no table has to hold all 2N monomials at all places. Its error is at most two units in the last place of 1.

use crate::ring::transform::reverse_bits;
use aligned_vec::AVec;
use std::f64::consts::PI;

/// The 2N-th roots of unity.
#[derive(Debug)]
pub(super) struct Roots {
    roots: Vec<[f64; 2]>,
    /// log2 of the number of places.
    bits: u32,
}

impl Roots {
    /// For polynomials with `size` coefficients, a power of two.
    pub(super) fn new(size: usize) -> Self {
        let root = |i: usize| {
            let (im, re) = libm::sincos(PI * i as f64 / size as f64);
            [re, im]
        };
        Self { roots: (0..2 * size).map(root).collect(), bits: size.ilog2() - 1 }
    }

    /// The number of low bits of a place, which is log2 of the number of entries of their table.
    pub(super) const fn low_bits(&self) -> u32 {
        self.bits / 2
    }

    /// log2 of the number of entries of the table of high bits.
    pub(super) const fn high_bits(&self) -> u32 {
        self.bits - self.low_bits()
    }
}

/// The two tables of one block, indexed by entry, key bit, real and imaginary part, and lane.
#[derive(Debug)]
pub(super) struct Monomials {
    pub(super) high: AVec<f64>,
    pub(super) low: AVec<f64>,
}

impl Monomials {
    pub(super) fn new() -> Self {
        Self { high: AVec::new(0), low: AVec::new(0) }
    }

    /// Makes room for `block` monomials in each of `lanes` lanes.
    pub(super) fn resize(&mut self, roots: &Roots, block: usize, lanes: usize) {
        self.high.resize((2 * block * lanes) << roots.high_bits(), 0.0);
        self.low.resize((2 * block * lanes) << roots.low_bits(), 0.0);
    }

    /// Fills the tables for these exponents, which are indexed by key bit and lane.
    pub(super) fn fill(&mut self, roots: &Roots, exponents: &[u32], lanes: usize) {
        let low_bits = roots.low_bits();
        fill(&mut self.high, roots, exponents, lanes, |entry| {
            1 + 4 * reverse_bits(entry << low_bits, roots.bits)
        });
        fill(&mut self.low, roots, exponents, lanes, |entry| 4 * reverse_bits(entry, roots.bits));
    }
}

/// Fills one table: entry e for exponent a is root number a `factor(e)`.
fn fill(table: &mut [f64], roots: &Roots, exponents: &[u32], lanes: usize, factor: impl Fn(usize) -> usize) {
    let order = roots.roots.len() - 1;
    for (entry, monomials) in table.chunks_exact_mut(2 * exponents.len()).enumerate() {
        let factor = factor(entry);
        for (monomial, exponents) in monomials.chunks_exact_mut(2 * lanes).zip(exponents.chunks_exact(lanes))
        {
            let (re, im) = monomial.split_at_mut(lanes);
            for ((re, im), &exponent) in re.iter_mut().zip(im).zip(exponents) {
                [*re, *im] = roots.roots[(exponent as usize).wrapping_mul(factor) & order];
            }
        }
    }
}
