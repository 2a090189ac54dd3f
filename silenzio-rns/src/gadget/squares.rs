//! The squares gadget: one look-up per multiplication.
//!
//! In Z_m with m odd, `2xw = (x + w)² - x² - w²`. The squares of the operands take one look-up per element, the squares
//! of the sums one per multiplication, and sums are free:
//!
//! ```text
//! sum_k x_k w_k = sum_k h(x_k + w_k) - sum_k h(x_k) - sum_k h(w_k),   h(t) = t² / 2
//! ```
//!
//! A public factor on the whole product is folded into the table of h.

use super::{ProductShape, each_output};
use ndarray::{Array2, ArrayView1, ArrayView2};
use silenzio_core::{Backend, BackendError, Lut, LutCounts, Modulus, Value};

/// `factor * X W mod m`.
///
/// # Errors
/// If a residue is not modulo `m`, or a backend operation fails.
pub fn product<B: Backend>(
    backend: &B,
    m: Modulus,
    factor: i64,
    x: ArrayView2<'_, Value<B::Types>>,
    w: ArrayView2<'_, Value<B::Types>>,
) -> Result<Array2<Value<B::Types>>, BackendError> {
    let half = i64::from(m).midpoint(1);
    let square = Lut::signed(m, m, |t| factor * half % i64::from(m) * (t * t));
    let negated_square = Lut::signed(m, m, |t| -(factor * half % i64::from(m) * (t * t)));
    let sums_of_squares = |lanes: Vec<ArrayView1<'_, Value<B::Types>>>| {
        let elements: Vec<Value<B::Types>> = lanes.iter().flatten().cloned().collect();
        let squares = backend.lut(&elements, &negated_square)?;
        let lanes = squares.chunks(x.ncols().max(1));
        lanes.map(|lane| backend.sum(m, lane)).collect::<Result<Vec<_>, _>>()
    };
    let rows = sums_of_squares(x.rows().into_iter().collect())?;
    let columns = sums_of_squares(w.columns().into_iter().collect())?;

    each_output(x, w, |i, j| {
        let mut sums = x.row(i).to_vec();
        for (sum, w) in sums.iter_mut().zip(w.column(j)) {
            backend.add_assign(sum, w)?;
        }
        let mut terms = backend.lut(&sums, &square)?;
        terms.extend([rows[i].clone(), columns[j].clone()]);
        backend.sum(m, &terms)
    })
}

/// The look-ups of one product: one per multiplication and one per element of each operand.
pub fn lut_counts(m: Modulus, ProductShape { a, b, c }: ProductShape) -> LutCounts {
    LutCounts::of(m, (a * b * c + a * b + b * c) as u64)
}
