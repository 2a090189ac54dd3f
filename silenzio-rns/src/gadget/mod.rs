//! Gadgets: products of encrypted residues by look-ups and additions.

#[allow(clippy::indexing_slicing, reason = "parts and wide sums have the shapes of the product")]
pub mod karatsuba;
#[allow(clippy::indexing_slicing, reason = "rows and columns are those of the product's shape")]
pub mod squares;

use ndarray::{Array2, ArrayView2, Axis};
use rayon::prelude::*;
use silenzio_core::plan::Gadget;
use silenzio_core::{Backend, BackendError, LutCounts, Modulus, Value};

/// The shape of a matrix product: a x b times b x c.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ProductShape {
    /// The number of rows of the left operand.
    pub a: usize,
    /// The number of columns of the left operand, and of rows of the right one.
    pub b: usize,
    /// The number of columns of the right operand.
    pub c: usize,
}

impl ProductShape {
    /// The number of multiplications.
    pub const fn multiplications(self) -> u64 {
        (self.a * self.b * self.c) as u64
    }

    /// The number of elements of the product.
    pub const fn outputs(self) -> u64 {
        (self.a * self.c) as u64
    }
}

/// `factor * X W mod m` for matrices of residues modulo `m`, a x b and b x c. The backend computes it as a whole if it
/// has [modular products](Backend::modular_products); otherwise the gadget computes it by look-ups.
///
/// # Errors
/// If a residue is not modulo `m`, or a backend operation fails.
pub fn modular_product<B: Backend>(
    backend: &B,
    gadget: Gadget,
    m: Modulus,
    factor: i64,
    x: ArrayView2<'_, Value<B::Types>>,
    w: ArrayView2<'_, Value<B::Types>>,
) -> Result<Array2<Value<B::Types>>, BackendError> {
    let shape = ProductShape { a: x.nrows(), b: x.ncols(), c: w.ncols() };
    if let Some(products) = backend.modular_products() {
        return Ok(products.modular_product(m, factor, x, w, lut_counts(gadget, m, shape)));
    }
    match gadget {
        Gadget::Squares => squares::product(backend, m, factor, x, w),
        Gadget::Karatsuba => karatsuba::product(backend, m, factor, x, w),
    }
}

/// The look-ups of one modular product.
pub fn lut_counts(gadget: Gadget, m: Modulus, shape: ProductShape) -> LutCounts {
    match gadget {
        Gadget::Squares => squares::lut_counts(m, shape),
        Gadget::Karatsuba => karatsuba::lut_counts(m, shape),
    }
}

/// Computes each element (i, j) of an a x c product from row i of `x` and column j of `w`, on all cores.
fn each_output<V: Clone + Send + Sync>(
    x: ArrayView2<'_, V>,
    w: ArrayView2<'_, V>,
    element: impl Fn(usize, usize) -> Result<V, BackendError> + Sync,
) -> Result<Array2<V>, BackendError> {
    let (a, c) = (x.len_of(Axis(0)), w.len_of(Axis(1)));
    let elements: Vec<V> =
        (0..a * c).into_par_iter().map(|at| element(at / c, at % c)).collect::<Result<_, _>>()?;
    from_elements((a, c), elements)
}

/// The matrix with the given elements, row by row.
pub(crate) fn from_elements<V>(shape: (usize, usize), elements: Vec<V>) -> Result<Array2<V>, BackendError> {
    Array2::from_shape_vec(shape, elements).map_err(|error| BackendError::WrongShape(error.to_string()))
}
