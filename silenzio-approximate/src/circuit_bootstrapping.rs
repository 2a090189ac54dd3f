//! Small integers as factors.
//!
//! A factor m is circuit-bootstrapped from its gadget rows m / B, m / B², …, each of which is an output of the bootstrap
//! that makes m: a function of the same rounded input, so that all rows agree on m.

use silenzio_core::approximate::ApproximateBackend;
use silenzio_core::approximate::backend::{Ggsw, Glwe, Lwe};
use silenzio_core::noise::GadgetShape;
use silenzio_core::{BackendError, EngineError};

/// A function from a torus element to a real number.
pub type Function<'a> = Box<dyn Fn(f64) -> f64 + 'a>;

/// The gadget rows of an integer function.
pub fn gadget_rows<'a>(gadget: GadgetShape, integer: impl Fn(f64) -> i64 + Copy + 'a) -> Vec<Function<'a>> {
    let row = |level: usize| -> Function<'a> {
        let scale = gadget.base().powi(-(level as i32));
        Box::new(move |x| integer(x) as f64 * scale)
    };
    (1..=gadget.levels).map(row).collect()
}

/// The gadget rows of the constant `m`.
pub fn constant_rows<B: ApproximateBackend>(backend: &B, m: i64) -> Vec<Lwe<B::Types>> {
    let gadget = backend.parameters().circuit;
    gadget_rows(gadget, move |_| m).iter().map(|row| backend.trivial_lwe(row(0.0))).collect()
}

/// Values at their coefficients: for each, one LWE per gadget level.
pub type Rows<'a, L> = Vec<(usize, Vec<&'a L>)>;

/// The values of one gadget level; none if a value lacks it.
fn row<'a, L>(values: &Rows<'a, L>, level: usize) -> Option<Vec<(usize, &'a L)>> {
    values.iter().map(|(place, rows)| Some((*place, *rows.get(level)?))).collect()
}

/// Polynomials, given by the gadget rows of their values: for each polynomial one packed row per gadget level.
///
/// # Errors
/// If a value lacks gadget rows, or two are at one coefficient.
pub fn pack_rows<B: ApproximateBackend>(
    backend: &B,
    polynomials: &[Rows<'_, Lwe<B::Types>>],
) -> Result<Vec<Glwe<B::Types>>, EngineError> {
    let levels = backend.parameters().circuit.levels;
    let rows = polynomials.iter().flat_map(|values| (0..levels).map(move |level| row(values, level)));
    let rows: Option<Vec<_>> = rows.collect();
    let rows = rows.ok_or_else(|| BackendError::WrongShape("a value lacks gadget rows".into()))?;
    Ok(backend.pack(&rows)?)
}

/// The factors p(1/X), from the packed rows of p(X).
///
/// # Errors
/// As the backend's operations.
pub fn inverted<B: ApproximateBackend>(
    backend: &B,
    rows: &[Glwe<B::Types>],
) -> Result<Vec<Ggsw<B::Types>>, EngineError> {
    Ok(backend.scheme_switch(&backend.automorphism_minus_one(rows)?)?)
}
