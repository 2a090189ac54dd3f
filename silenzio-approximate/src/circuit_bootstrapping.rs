//! Small integers as factors.
//!
//! A factor m is circuit-bootstrapped from its gadget rows m / B, m / B², …, each of which is an output of the bootstrap
//! that makes m: a function of the same rounded input, so that all rows agree on m.

use rayon::prelude::*;
use silenzio_core::approximate::ApproximateBackend;
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
pub fn constant_rows<B: ApproximateBackend>(backend: &B, m: i64) -> Vec<B::Lwe> {
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

/// Lifts values at their coefficients: for each, one LWE per gadget level. Only the inverted factor is made unless
/// `both` are asked for.
///
/// # Errors
/// As the backend's operations.
pub fn circuit_bootstrap<B: ApproximateBackend>(
    backend: &B,
    values: &[(usize, Vec<B::Lwe>)],
    both: bool,
) -> Result<Factor<B::Ggsw>, EngineError> {
    let levels = backend.parameters().circuit.levels;
    let rows: Vec<(B::Glwe, B::Glwe)> = (0..levels)
        .into_par_iter()
        .map(|level| {
            let of_level: Option<Vec<_>> =
                values.iter().map(|(place, rows)| Some((*place, rows.get(level)?.clone()))).collect();
            let of_level =
                of_level.ok_or_else(|| BackendError::WrongShape("a value lacks gadget rows".into()))?;
            let packed = backend.pack(&of_level)?;
            let inverted = backend.automorphism_minus_one(&packed)?;
            Ok((packed, inverted))
        })
        .collect::<Result<_, BackendError>>()?;
    let (packed, inverted): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
    let forward = both.then(|| backend.scheme_switch(&packed)).transpose()?;
    Ok(Factor { forward, inverted: backend.scheme_switch(&inverted)? })
}
