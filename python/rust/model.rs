//! Decrypted models.

use crate::errors::{MismatchError, raised};
use crate::inputs::Inputs;
use crate::places::Container;
use ndarray::{Array1, Array2};
use numpy::{IntoPyArray, PyArray1, PyArray2, PyReadonlyArray2};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use silenzio::client::safetensors::{parse_model, read_model, to_bytes};
use silenzio::client::{self, npz, predictions};
use silenzio::data::unscaled;
use silenzio::files::Source;
use std::path::PathBuf;

/// A network with everything needed to use it.
#[pyclass(frozen, module = "silenzio._silenzio")]
pub struct Model {
    pub model: client::Model,
}

type Layer<'py> = (Bound<'py, PyArray2<f32>>, Bound<'py, PyArray1<f32>>);

#[pymethods]
impl Model {
    /// Reads a model from a safetensors file, or its bytes.
    #[staticmethod]
    fn read(file: Container) -> PyResult<Self> {
        let model = match file.source("model") {
            Source::File(path) => read_model(&path),
            Source::Bytes { name, bytes } => parse_model(&bytes, &name),
        };
        Ok(Self { model: model.map_err(raised)? })
    }

    /// The average of models of one training.
    #[staticmethod]
    fn average(models: Vec<Py<Self>>) -> PyResult<Self> {
        let models: Vec<client::Model> = models.iter().map(|model| model.get().model.clone()).collect();
        let refused = |(number, problem): (usize, &str)| {
            MismatchError::new_err(format!("model {number} (from 0) {problem}"))
        };
        Ok(Self { model: client::Model::average(&models).map_err(refused)? })
    }

    /// The bytes of a safetensors file.
    fn to_safetensors<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &to_bytes(&self.model).map_err(raised)?))
    }

    /// The bytes of a NumPy archive.
    fn to_npz<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &npz::to_bytes(&self.model).map_err(raised)?))
    }

    /// The weights, inputs x outputs, and the biases of each layer.
    fn layers<'py>(&self, py: Python<'py>) -> Vec<Layer<'py>> {
        let layer = |layer: &Array2<f32>| {
            let (weights, bias) = layer.view().split_at(ndarray::Axis(0), layer.nrows().saturating_sub(1));
            let bias: Array1<f32> = bias.iter().copied().collect();
            (weights.to_owned().into_pyarray(py), bias.into_pyarray(py))
        };
        self.model.network.weights.iter().map(layer).collect()
    }

    /// The values at which the activations of each hidden layer saturate.
    #[getter]
    fn activation_limits(&self) -> Vec<f32> {
        self.model.network.activation_limits.clone()
    }

    /// The names of the classes.
    #[getter]
    fn classes(&self) -> Vec<String> {
        self.model.preprocessing.classes.clone()
    }

    /// The names of the targets of a regression.
    #[getter]
    fn targets(&self) -> Vec<String> {
        self.model.preprocessing.targets.iter().map(|target| target.name.clone()).collect()
    }

    /// Outputs of the network, samples x targets, in the units of the targets of a regression.
    fn unscaled<'py>(
        &self,
        py: Python<'py>,
        outputs: PyReadonlyArray2<'py, f32>,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let (targets, outputs) = (&self.model.preprocessing.targets, outputs.as_array());
        if outputs.ncols() != targets.len() {
            let problem = format!("{} outputs are not those of {} targets", outputs.ncols(), targets.len());
            return Err(MismatchError::new_err(problem));
        }
        Ok(unscaled(targets, outputs).into_pyarray(py))
    }

    /// The names of the inputs.
    #[getter]
    fn features(&self) -> Vec<String> {
        self.model.preprocessing.encoding.features()
    }

    /// The engine that trained it.
    #[getter]
    fn engine(&self) -> String {
        self.model.origin.engine.to_string()
    }

    /// The training steps.
    #[getter]
    fn steps(&self) -> u64 {
        self.model.origin.steps
    }

    /// The SHA-256 of the encrypted training samples, or "in memory".
    #[getter]
    fn data(&self) -> String {
        self.model.origin.data.clone()
    }

    /// The steps to multiples of which the weights of each layer were rounded, if they were.
    #[getter]
    fn weight_steps(&self) -> Option<Vec<f32>> {
        self.model.origin.weight_steps.clone()
    }

    /// Scales inputs for the network.
    fn scaled<'py>(&self, py: Python<'py>, inputs: Inputs<'py>) -> PyResult<Bound<'py, PyArray2<f32>>> {
        let scaled = inputs.encoded(py, &self.model.preprocessing.encoding).map_err(raised)?;
        Ok(scaled.into_pyarray(py))
    }

    /// The logits, samples x classes, of inputs, samples x features.
    fn logits<'py>(&self, py: Python<'py>, inputs: Inputs<'py>) -> PyResult<Bound<'py, PyArray2<f32>>> {
        let scaled = inputs.encoded(py, &self.model.preprocessing.encoding).map_err(raised)?;
        let network = &self.model.network;
        Ok(py.detach(|| network.forward(&scaled)).into_pyarray(py))
    }

    /// The logits, rows x classes, of the rows of a table.
    fn table_logits<'py>(&self, py: Python<'py>, table: PathBuf) -> PyResult<Bound<'py, PyArray2<f32>>> {
        let model = &self.model;
        let rows = py.detach(|| model.preprocessing.load(&table)).map_err(raised)?;
        Ok(py.detach(|| model.logits(&rows)).into_pyarray(py))
    }
}

/// The probabilities of classes, samples x classes, from logits.
#[pyfunction]
pub fn probabilities<'py>(py: Python<'py>, logits: PyReadonlyArray2<'py, f32>) -> Bound<'py, PyArray2<f64>> {
    predictions::probabilities(&logits.as_array().to_owned()).into_pyarray(py)
}
