//! Packing of LWEs into the coefficients of one GLWE.
//!
//! An LWE is coefficient 0 of a GLWE whose other coefficients are garbage. The trace, the sum over all N
//! automorphisms of the ring, multiplies coefficient 0 by N and cancels all others. It is computed in log2 N steps
//! `p + p(X^t)`, t = 2^l + 1. Values share these steps in a binary tree on the bits of their coefficients (Chen, Dai,
//! Kim and Song, ePrint 2020/015), in which node l joins
//!
//! ```text
//! (even + X^(N/2^l) odd) + (even - X^(N/2^l) odd)(X^(2^l + 1)).
//! ```
//!
//! The factor N is cancelled beforehand, by shifting the ciphertext right by log2 N bits: a modulus switch.
//!
//! Polynomials with values at the same coefficients, or at coefficients that are moved by an [offset](packing::offset), have
//! the same tree: they are packed side by side, in vector lanes, and then moved.
//!
//! Half of the polynomials are packed with the opposite sign, so that the mean of digits makes no error that is common to all
//! packed polynomials.

use super::automorphism::Mover;
use super::ciphertext::{ApproximateGlwe, ApproximateLwe};
use super::keys::ApproximateServerKey;
use crate::ring::Lanes;
use crate::ring::lanes::{of_lanes, put_mask};
use crate::ring::sign::Sign;
use aligned_vec::{AVec, avec};
use silenzio_core::approximate::backend::Terms;
use silenzio_core::approximate::packing;

impl ApproximateServerKey {
    /// Packs polynomials that have their values at the same coefficients from their offsets, which must be below N and differ;
    /// at most one polynomial per lane.
    pub(super) fn pack_alike(
        &self,
        polynomials: &[Terms<'_, super::ApproximateTfhe>],
    ) -> Vec<ApproximateGlwe> {
        let size = self.keys.parameters.polynomial_size;
        let log_size = self.keys.parameters.log_size();
        let offset = |terms: &Terms<'_, super::ApproximateTfhe>| {
            packing::offset(log_size, terms.iter().map(|&(place, _)| place))
        };
        let first = polynomials.first();
        let offset_of_first = first.map_or(0, offset);
        let places = first.into_iter().flatten().map(|&(place, _)| place - offset_of_first);
        let values: Vec<_> = places.enumerate().map(|(value, place)| Value { place, value }).collect();
        let lanes = Lanes::for_count(polynomials.len());
        let mut packer = Packer {
            mover: Mover::new(self, lanes),
            log_size,
            polynomials,
            signs: polynomials.iter().map(|terms| sign_of(terms)).collect(),
            free: Vec::new(),
            automorphisms: 0,
        };
        let packed = packer.node(log_size as usize, &values);
        self.counters.automorphisms(packer.automorphisms * polynomials.len());
        match packed {
            Some(packed) => {
                let packed = of_lanes(lanes, &packed, polynomials.len()).into_iter();
                let packed = packed.zip(&packer.signs).map(|(packed, sign)| {
                    ApproximateGlwe(packed.into_iter().map(|x| sign.times(x)).collect())
                });
                packed.zip(polynomials).map(|(packed, terms)| packed.times_monomial(offset(terms))).collect()
            }
            None => vec![ApproximateGlwe::zero(size); polynomials.len()],
        }
    }
}

/// The sign with which a polynomial is packed.
fn sign_of(terms: &Terms<'_, super::ApproximateTfhe>) -> Sign {
    Sign::of(terms.iter().fold(0, |bits, (_, lwe)| bits ^ lwe.body().0))
}

/// One value of each polynomial, all at the same coefficient.
#[derive(Clone, Copy)]
struct Value {
    /// The coefficient, divided by the strides of the nodes above.
    place: usize,
    /// The number of the value among the terms of the polynomials.
    value: usize,
}

/// Packs polynomials that lie side by side.
struct Packer<'a> {
    mover: Mover<'a>,
    log_size: u32,
    polynomials: &'a [Terms<'a, super::ApproximateTfhe>],
    /// The sign with which each polynomial is packed.
    signs: Vec<Sign>,
    /// The buffers of nodes that are no longer needed.
    free: Vec<AVec<u64>>,
    automorphisms: usize,
}

impl Packer<'_> {
    /// The node of the values at these places below 2^`level`; `None` if there are no values.
    fn node(&mut self, level: usize, values: &[Value]) -> Option<AVec<u64>> {
        let first = values.first()?;
        // The levels at which nothing is joined, because all values are at even places, down to `joint`.
        let even_levels = values.iter().fold(level, |levels, &Value { place, .. }| {
            if place == 0 { levels } else { levels.min(place.trailing_zeros() as usize) }
        });
        let joint = level - even_levels;
        let mut glwe = if joint == 0 {
            self.leaf(first.value)
        } else {
            let shifted =
                values.iter().map(|&Value { place, value }| Value { place: place >> even_levels, value });
            self.join(joint, &shifted.collect::<Vec<_>>())?
        };
        // The highest level comes first, so that the noise of cancelled coefficients is not amplified.
        for step in (joint + 1..=level).rev() {
            self.mover.add_own_automorphism(step - 1, &mut glwe);
            self.automorphisms += 1;
        }
        Some(glwe)
    }

    /// Joins the node of the values at even places and the node of those at odd places; some values are at odd places.
    fn join(&mut self, level: usize, values: &[Value]) -> Option<AVec<u64>> {
        let half = |bit: usize| -> Vec<_> {
            let of_bit = values.iter().filter(|value| value.place & 1 == bit);
            of_bit.map(|&Value { place, value }| Value { place: place >> 1, value }).collect()
        };
        let degree = (1 << self.log_size) >> level;
        let even = self.node(level - 1, &half(0));
        let odd = self.node(level - 1, &half(1))?;
        let mut difference = self.memory();
        self.mover.move_all(1, degree, &odd, &mut difference);
        let mut sum = odd;
        match even {
            Some(even) => {
                for ((sum, difference), even) in sum.iter_mut().zip(difference.iter_mut()).zip(even.iter()) {
                    let odd = *difference;
                    *sum = even.wrapping_add(odd);
                    *difference = even.wrapping_sub(odd);
                }
                self.free.push(even);
            }
            None => {
                for (sum, difference) in sum.iter_mut().zip(difference.iter_mut()) {
                    *sum = *difference;
                    *difference = difference.wrapping_neg();
                }
            }
        }
        self.mover.add_automorphism(level - 1, &difference, &mut sum);
        self.automorphisms += 1;
        self.free.push(difference);
        Some(sum)
    }

    /// The leaf of a value: GLWEs with the value divided by N at coefficient 0, and garbage at the others.
    fn leaf(&mut self, value: usize) -> AVec<u64> {
        let (size, lanes, shift) = (1usize << self.log_size, self.mover.lanes, self.log_size);
        // x is taken as a signed number, so that the mean of masks is 0.
        let divide = |x: u64| ((x as i64).wrapping_add(1 << (shift - 1)) >> shift) as u64;
        let mut glwe = self.memory();
        glwe.fill(0);
        for (lane, (terms, sign)) in self.polynomials.iter().zip(&self.signs).enumerate() {
            let lwe: &ApproximateLwe = terms[value].1;
            let (mask, body) = glwe.split_at_mut(size * lanes.count());
            let leaf = |x| sign.times(divide(x));
            put_mask(lanes, lane, lwe.mask().iter().map(|&a| leaf(a)), mask);
            body[lane] = leaf(lwe.body().0);
        }
        glwe
    }

    /// A buffer for a node, whose content is arbitrary.
    fn memory(&mut self) -> AVec<u64> {
        let polynomial = self.mover.polynomial();
        self.free.pop().unwrap_or_else(|| avec![0; 2 * polynomial])
    }
}
