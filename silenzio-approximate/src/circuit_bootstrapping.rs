//! Circuit bootstrapping of small integers to factors.
//!
//! A factor m is made of its gadget rows m / B, m / B², …. All of them are outputs of one bootstrap, functions of the
//! same rounded input, so that they agree on m.

use silenzio_core::approximate::backend::{Glwe, Lwe};
use silenzio_core::approximate::{ApproximateBackend, Precision};
use silenzio_core::noise::GadgetShape;
use silenzio_core::{BackendError, EngineError};

/// A function from a torus element to a real number.
pub type Function<'a> = Box<dyn Fn(f64) -> f64 + 'a>;

/// The functions for the gadget rows of an integer function, lowest level (the most significant digit) first.
pub fn gadget_rows<'a>(gadget: GadgetShape, integer: impl Fn(f64) -> i64 + Copy + 'a) -> Vec<Function<'a>> {
    let row = |level: usize| -> Function<'a> {
        let scale = gadget.base().powi(-(level as i32));
        Box::new(move |x| integer(x) as f64 * scale)
    };
    (1..=gadget.levels).map(row).collect()
}

/// The gadget rows of the constant `m` for a factor of this precision, without noise.
pub fn constant_rows<B: ApproximateBackend>(backend: &B, precision: Precision, m: i64) -> Vec<Lwe<B::Types>> {
    let gadget = backend.parameters().factor(precision);
    gadget_rows(gadget, move |_| m).iter().map(|row| backend.trivial_lwe(row(0.0))).collect()
}

/// The values of a polynomial: for each, its coefficient and one LWE per gadget level.
pub type Rows<'a, L> = Vec<(usize, Vec<&'a L>)>;

/// The values of one gadget level; `None` if a value lacks it.
fn row<'a, L>(values: &Rows<'a, L>, level: usize) -> Option<Vec<(usize, &'a L)>> {
    values.iter().map(|(place, rows)| Some((*place, *rows.get(level)?))).collect()
}

/// Packs the gadget rows of the values of polynomials, for factors of this precision: the result has one GLWE per polynomial
/// and gadget level, the levels of a polynomial next to each other.
///
/// # Errors
/// [`BackendError::WrongShape`] if a value lacks gadget rows, or two values have the same coefficient.
pub fn pack_rows<B: ApproximateBackend>(
    backend: &B,
    precision: Precision,
    polynomials: &[Rows<'_, Lwe<B::Types>>],
) -> Result<Vec<Glwe<B::Types>>, EngineError> {
    let levels = backend.parameters().factor(precision).levels;
    let rows = polynomials.iter().flat_map(|values| (0..levels).map(move |level| row(values, level)));
    let rows: Option<Vec<_>> = rows.collect();
    let rows = rows.ok_or_else(|| BackendError::WrongShape("a value lacks gadget rows".into()))?;
    Ok(backend.pack(&rows)?)
}
