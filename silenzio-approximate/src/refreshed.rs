//! The results of the bootstraps of weights, which can be divided by columns.

use crate::layout::Layout;
use silenzio_core::approximate::ApproximateBackend;
use silenzio_core::approximate::backend::Glwe;
use silenzio_core::{EngineError, shapes};
use std::ops::Range;

/// The packed results of the bootstraps of some [columns](Layout::columns) of weights: for each polynomial in which
/// they lie one polynomial for weights that are refreshed, and one for each gadget level for weights that are lifted.
///
/// Each column was packed alone, with zeros at the coefficients of the others, and those of a polynomial were added up.
/// The sum over all columns has the same bytes however they were shared out.
#[derive(Clone, Debug)]
pub struct Refreshed<P> {
    pub(crate) columns: Range<usize>,
    pub(crate) polynomials: Vec<P>,
}

/// Adds up columns by polynomial. `packed` has the polynomials of each column.
pub(crate) fn add_up<B: ApproximateBackend>(
    backend: &B,
    layout: &Layout,
    columns: Range<usize>,
    packed: impl Iterator<Item = Vec<Glwe<B::Types>>>,
) -> Refreshed<Glwe<B::Types>> {
    let mut sums: Vec<Vec<_>> = vec![];
    let first = layout.polynomials_of_columns(&columns).start;
    for (column, packed) in columns.clone().zip(packed) {
        add(backend, &mut sums, layout.polynomial_of_column(column) - first, packed);
    }
    Refreshed { columns, polynomials: sums.into_iter().flatten().collect() }
}

/// All polynomials of a layer, of which each has `levels`, from parts that have all columns in their order.
///
/// # Errors
/// [`EngineError::Shape`] if parts are missing, or have another number of polynomials.
pub(crate) fn join<B: ApproximateBackend>(
    backend: &B,
    layout: &Layout,
    levels: usize,
    parts: Vec<Refreshed<Glwe<B::Types>>>,
) -> Result<Vec<Glwe<B::Types>>, EngineError> {
    let mut sums: Vec<Vec<_>> = vec![];
    let mut next = 0;
    for Refreshed { columns, polynomials } in parts {
        shapes::check_count("the first column of refreshed weights", next, columns.start)?;
        next = columns.end;
        let of_part = layout.polynomials_of_columns(&columns);
        shapes::check_count("polynomials of refreshed weights", of_part.len() * levels, polynomials.len())?;
        let mut polynomials = polynomials.into_iter();
        for polynomial in of_part {
            add(backend, &mut sums, polynomial, polynomials.by_ref().take(levels).collect());
        }
    }
    shapes::check_count("columns of refreshed weights", layout.columns(), next)?;
    Ok(sums.into_iter().flatten().collect())
}

/// Adds to the sums of a polynomial, or begins those of the next polynomial.
fn add<B: ApproximateBackend>(
    backend: &B,
    sums: &mut Vec<Vec<Glwe<B::Types>>>,
    polynomial: usize,
    summands: Vec<Glwe<B::Types>>,
) {
    match sums.get_mut(polynomial) {
        Some(sums) => {
            sums.iter_mut().zip(&summands).for_each(|(sum, summand)| backend.add_glwe(sum, summand))
        }
        None => sums.push(summands),
    }
}
