//! Small integers as factors.
//!
//! A factor m is circuit-bootstrapped from its gadget rows m / B, m / B², …, each of which is an output of the bootstrap
//! that makes m: a function of the same rounded input, so that all rows agree on m.

use silenzio_core::approximate::ApproximateBackend;
use silenzio_core::approximate::backend::{Ggsw, Lwe};
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

/// The polynomials p(X) and p(1/X) as factors.
#[derive(Debug)]
pub struct Factor<G> {
    /// p(X), where it is needed.
    pub forward: Option<G>,
    /// p(1/X).
    pub inverted: G,
}

/// Values at their coefficients: for each, one LWE per gadget level.
pub type Rows<'a, L> = Vec<(usize, Vec<&'a L>)>;

/// The values of one gadget level; none if a value lacks it.
fn row<'a, L>(values: &Rows<'a, L>, level: usize) -> Option<Vec<(usize, &'a L)>> {
    values.iter().map(|(place, rows)| Some((*place, *rows.get(level)?))).collect()
}

/// The factors of polynomials, given by the gadget rows of their values. Only the inverted ones are made unless `both`
/// are asked for.
///
/// # Errors
/// If a value lacks gadget rows, or two are at one coefficient.
pub fn circuit_bootstrap<B: ApproximateBackend>(
    backend: &B,
    polynomials: &[Rows<'_, Lwe<B::Types>>],
    both: bool,
) -> Result<Vec<Factor<Ggsw<B::Types>>>, EngineError> {
    let levels = backend.parameters().circuit.levels;
    let rows = polynomials.iter().flat_map(|values| (0..levels).map(move |level| row(values, level)));
    let rows: Option<Vec<_>> = rows.collect();
    let rows = rows.ok_or_else(|| BackendError::WrongShape("a value lacks gadget rows".into()))?;
    let packed = backend.pack(&rows)?;
    let inverted = backend.scheme_switch(&backend.automorphism_minus_one(&packed)?)?;
    let forward: Vec<Option<_>> = if both {
        backend.scheme_switch(&packed)?.into_iter().map(Some).collect()
    } else {
        inverted.iter().map(|_| None).collect()
    };
    Ok(forward.into_iter().zip(inverted).map(|(forward, inverted)| Factor { forward, inverted }).collect())
}
