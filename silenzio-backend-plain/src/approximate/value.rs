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
    /// The number from which addresses of noise are derived; zero for public constants.
    pub(super) mask: u64,
}

/// Torus elements as a client sends them: just the numbers, since nothing in them is random.
#[derive(Clone, PartialEq, Debug)]
pub struct PlainLwes(pub(super) Vec<PlainLwe>);

/// A polynomial of torus elements.
///
/// Noise of the same variance on all coefficients is drawn late, when a coefficient is extracted, or when the polynomial is
/// added to one without pending noise, since most coefficients of a product are never read.
#[derive(Clone, PartialEq, Debug)]
pub struct PlainGlwe {
    pub(super) polynomial: Polynomial,
    /// The noise on every coefficient that is still to be drawn.
    pub(super) pending: Pending,
    /// The number from which addresses of noise are derived; zero for public constants.
    pub(super) mask: u64,
    /// How the polynomial was packed; `None` if it was not.
    pub(super) packed: Option<Packing>,
}

/// The variance of noise that is still to be drawn, in units of 2^-128: an integer, so that sums are the same in any order.
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

/// What circuit bootstrapping needs to know of a packed polynomial.
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
    /// The coefficients that are not zero, with their places.
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
    /// The number from which addresses of noise are derived.
    pub(super) mask: u64,
}

impl PlainGgsw {
    /// The squared Euclidean norm of the message.
    pub(super) fn norm2(&self) -> f64 {
        self.terms.iter().map(|&(_, m)| (m as f64).powi(2)).sum()
    }
}

/// The representative of a torus element in [-1/2, 1/2).
pub(super) fn centred(x: f64) -> f64 {
    x - (x + 0.5).floor()
}

/// The step of polynomials' coefficients on the torus, 2^-64.
const STEP: f64 = 1.0 / (1u128 << 64) as f64;

/// Rounds a torus element to a multiple of 2^-64.
pub(super) fn to_steps(x: f64) -> i64 {
    (centred(x) / STEP).round() as i64
}

/// The torus element that is `steps` times 2^-64.
pub(super) fn from_steps(steps: i64) -> f64 {
    steps as f64 * STEP
}
