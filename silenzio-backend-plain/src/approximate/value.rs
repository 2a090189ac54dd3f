//! The "ciphertexts" of the simulator.

use super::polynomial::{Polynomial, Terms};
use silenzio_core::approximate::RowNoise;
use silenzio_core::noise::{GadgetShape, NoiseVariance};

/// A torus element, noise included.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PlainLwe(pub(super) f64);

/// Torus elements as a client sends them: there is nothing random in them, so they are just the numbers.
#[derive(Clone, PartialEq, Debug)]
pub struct PlainLwes(pub(super) Vec<PlainLwe>);

/// A polynomial of torus elements.
///
/// Noise that is the same on all coefficients is drawn late, when a coefficient is extracted or added to a polynomial
/// that has none pending: most coefficients of a product are never looked at.
#[derive(Clone, PartialEq, Debug)]
pub struct PlainGlwe {
    pub(super) polynomial: Polynomial,
    /// The variance, on every coefficient, of noise that is still to be drawn.
    pub(super) pending: NoiseVariance,
    /// How the polynomial was packed, if it was.
    pub(super) packed: Option<Packing>,
}

/// What circuit bootstrapping has to know of a packed polynomial.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Packing {
    /// The number of values.
    pub(super) values: usize,
    /// log2 of the stride between them.
    pub(super) log_stride: u32,
}

/// A polynomial of small integers as a client sends it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlainTerms {
    /// Coefficients that are not zero.
    pub(super) terms: Vec<(usize, i64)>,
    /// The number of coefficients.
    pub(super) size: usize,
}

/// A polynomial of small integers, with the noise of its rows.
#[derive(Clone, PartialEq, Debug)]
pub struct PlainGgsw {
    pub(super) terms: Terms,
    pub(super) gadget: GadgetShape,
    pub(super) rows: RowNoise,
}

impl PlainGgsw {
    /// The squared norm of the message.
    pub(super) fn norm2(&self) -> f64 {
        self.terms.iter().map(|(_, m)| m * m).sum()
    }
}

/// The representative in [-1/2, 1/2).
pub(super) fn centred(x: f64) -> f64 {
    x - (x + 0.5).floor()
}
