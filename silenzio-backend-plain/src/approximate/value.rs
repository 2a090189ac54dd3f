//! The "ciphertexts" of the simulator.

use super::polynomial::{Polynomial, Terms};
use silenzio_core::approximate::RowNoise;
use silenzio_core::approximate::backend::ApproximateTypes;
use silenzio_core::noise::{GadgetShape, NoiseVariance};

/// The types of the approximate simulator.
#[derive(Clone, Copy, Debug)]
pub struct PlainApproximate;

impl ApproximateTypes for PlainApproximate {
    type Lwe = PlainLwe;
    type Glwe = PlainGlwe;
    type Ggsw = PlainGgsw;
    type SeededLwes = PlainLwes;
    type SeededGgsw = PlainTerms;
}

/// A torus element, noise included.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PlainLwe {
    pub(super) value: f64,
    /// Addresses noise; zero for public constants.
    pub(super) mask: u64,
}

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
    /// Noise, on every coefficient, that is still to be drawn.
    pub(super) pending: Pending,
    /// Addresses noise; zero for public constants.
    pub(super) mask: u64,
    /// How the polynomial was packed, if it was.
    pub(super) packed: Option<Packing>,
}

/// The variance of noise that is still to be drawn, in units of 2^-128: sums are the same in any order.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Pending(pub(super) u128);

impl Pending {
    const UNIT: f64 = 1.0 / (1u128 << 127) as f64 / 2.0;

    pub(super) const NONE: Self = Self(0);

    pub(super) fn new(variance: NoiseVariance) -> Self {
        Self((variance.0 / Self::UNIT) as u128)
    }

    pub(super) fn variance(self) -> NoiseVariance {
        NoiseVariance(self.0 as f64 * Self::UNIT)
    }

    pub(super) const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
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
    /// Addresses noise.
    pub(super) mask: u64,
}

impl PlainGgsw {
    /// The squared norm of the message.
    pub(super) fn norm2(&self) -> f64 {
        self.terms.iter().map(|&(_, m)| (m as f64).powi(2)).sum()
    }
}

/// The representative in [-1/2, 1/2).
pub(super) fn centred(x: f64) -> f64 {
    x - (x + 0.5).floor()
}

/// One step of the torus of polynomials, 2^-64.
const STEP: f64 = 1.0 / (1u128 << 64) as f64;

/// The multiple of 2^-64 that is next to a torus element.
pub(super) fn to_steps(x: f64) -> i64 {
    (centred(x) / STEP).round() as i64
}

/// The torus element of a multiple of 2^-64.
pub(super) fn from_steps(steps: i64) -> f64 {
    steps as f64 * STEP
}
