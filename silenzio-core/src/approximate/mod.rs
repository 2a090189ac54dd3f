//! The interface between the approximate engine and its backends: backend traits, parameters, noise and real look-up
//! tables.
//!
//! An approximate backend works on three kinds of ciphertexts of the torus R/Z, whose elements are written here as
//! real numbers in [-1/2, 1/2):
//!
//! - an **LWE** holds one torus element,
//! - a **GLWE** holds a polynomial of N torus elements, in Z\[X\] / (X^N + 1),
//! - a **GGSW** holds a polynomial with small *integer* coefficients, and multiplies GLWEs.
//!
//! All results are approximate, since ciphertexts carry noise, which [`noise`] predicts.

pub mod backend;
#[allow(clippy::indexing_slicing, reason = "a suite of assertions panics where a backend fails it")]
pub mod conformance;
pub mod noise;
pub mod packing;
pub mod parameters;
pub mod precision;
pub mod real_lut;
pub mod rotation;

pub use backend::{
    ApproximateBackend, ApproximateClient, ApproximateCounters, ApproximateCounts, ApproximateTypes,
};
pub use noise::RowNoise;
pub use parameters::ApproximateParameters;
pub use precision::{ByPrecision, Precision};
pub use real_lut::RealLut;
pub use rotation::RotationShape;
