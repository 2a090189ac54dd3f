//! NumPy arrays of either precision, which are read without a copy.

use ndarray::Array2;
use numpy::PyReadonlyArray2;
use pyo3::prelude::*;
use silenzio::Error;
use silenzio::arrays::{encoded, scaling};
use silenzio::data::Encoding;

/// Inputs, samples x features, of any strides.
#[derive(FromPyObject)]
pub enum Inputs<'py> {
    /// Inputs in single precision.
    #[pyo3(transparent)]
    Single(PyReadonlyArray2<'py, f32>),
    /// Inputs in double precision.
    #[pyo3(transparent)]
    Double(PyReadonlyArray2<'py, f64>),
}

impl Inputs<'_> {
    /// The scaling that fits these inputs.
    pub fn scaling(&self, py: Python<'_>, names: &[String]) -> Encoding {
        match self {
            Self::Single(inputs) => {
                let inputs = inputs.as_array();
                py.detach(|| scaling(inputs, names))
            }
            Self::Double(inputs) => {
                let inputs = inputs.as_array();
                py.detach(|| scaling(inputs, names))
            }
        }
    }

    /// Encodes the inputs for a network, which is their only copy, in single precision.
    pub fn encoded(&self, py: Python<'_>, encoding: &Encoding) -> Result<Array2<f32>, Error> {
        match self {
            Self::Single(inputs) => {
                let inputs = inputs.as_array();
                py.detach(|| encoded(encoding, inputs))
            }
            Self::Double(inputs) => {
                let inputs = inputs.as_array();
                py.detach(|| encoded(encoding, inputs))
            }
        }
    }
}
