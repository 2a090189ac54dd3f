//! The results of the bootstraps of weights, which can be divided by columns.

use crate::layout::Layout;
use silenzio_core::approximate::ApproximateBackend;
use silenzio_core::approximate::backend::Glwe;
use silenzio_core::{EngineError, shapes};
use std::ops::Range;

/// The packed results of the bootstraps of some [columns](Layout::columns) of weights: for each polynomial in which
/// they lie one polynomial.
///
/// Each column was packed alone, with zeros at the coefficients of the others, and those of a polynomial were added up.
/// The sum over all columns has the same bytes however they were shared out.
#[derive(Clone, Debug)]
pub struct Refreshed<P> {
    pub(crate) columns: Range<usize>,
    pub(crate) polynomials: Vec<P>,
}

/// Adds up columns by polynomial. `packed` has one polynomial for each column.
pub(crate) fn add_up<B: ApproximateBackend>(
    backend: &B,
    layout: &Layout,
    columns: Range<usize>,
    packed: Vec<Glwe<B::Types>>,
) -> Refreshed<Glwe<B::Types>> {
    let mut polynomials = vec![];
    let first = layout.polynomials_of_columns(&columns).start;
    for (column, packed) in columns.clone().zip(packed) {
        add(backend, &mut polynomials, layout.polynomial_of_column(column) - first, packed);
    }
    Refreshed { columns, polynomials }
}

/// All polynomials of a layer, from parts that have all columns in their order.
///
/// # Errors
/// [`EngineError::Shape`] if parts are missing, or have another number of polynomials.
pub(crate) fn join<B: ApproximateBackend>(
    backend: &B,
    layout: &Layout,
    parts: Vec<Refreshed<Glwe<B::Types>>>,
) -> Result<Vec<Glwe<B::Types>>, EngineError> {
    let mut joined = vec![];
    let mut next = 0;
    for Refreshed { columns, polynomials } in parts {
        shapes::check_count("the first column of refreshed weights", next, columns.start)?;
        next = columns.end;
        let of_part = layout.polynomials_of_columns(&columns);
        shapes::check_count("polynomials of refreshed weights", of_part.len(), polynomials.len())?;
        for (polynomial, summand) in of_part.zip(polynomials) {
            add(backend, &mut joined, polynomial, summand);
        }
    }
    shapes::check_count("columns of refreshed weights", layout.columns(), next)?;
    Ok(joined)
}

/// Adds to the sum of a polynomial, or begins that of the next polynomial.
fn add<B: ApproximateBackend>(
    backend: &B,
    sums: &mut Vec<Glwe<B::Types>>,
    polynomial: usize,
    summand: Glwe<B::Types>,
) {
    match sums.get_mut(polynomial) {
        Some(sum) => backend.add_glwe(sum, &summand),
        None => sums.push(summand),
    }
}
