//! Training on arrays in memory.

use crate::errors::{DataError, PlanError, raised};
use crate::inputs::Inputs;
use crate::model::Model;
use crate::work::run;
use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use serde::Deserialize;
use silenzio::client::{self, Origin, Preprocessing};
use silenzio::core::plan::{DataFiles, EnginePlan, ModelPlan, TrainingPlan};
use silenzio::data::{Dataset, Encoding};
use silenzio::nn::metrics::cross_entropy;
use silenzio::{Arithmetic, Operations, Run};

/// The sections of a plan without its data.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HowToTrain {
    #[serde(default)]
    pub model: ModelPlan,
    #[serde(default)]
    pub training: TrainingPlan,
    #[serde(default)]
    pub engine: EnginePlan,
}

impl HowToTrain {
    /// Reads the JSON form.
    pub fn parse(plan: &str) -> PyResult<Self> {
        serde_json::from_str(plan).map_err(|error| PlanError::new_err(error.to_string()))
    }
}

/// Scaled samples from arrays, with their scaling.
pub struct Samples {
    pub train: Dataset,
    pub preprocessing: Preprocessing,
}

impl Samples {
    /// Scales samples, with the number of the class of each. Features may have names.
    pub fn new(
        py: Python<'_>,
        inputs: &Inputs<'_>,
        labels: &PyReadonlyArray1<'_, i64>,
        classes: Vec<String>,
        names: &[String],
    ) -> PyResult<Self> {
        let encoding: Encoding = inputs.scaling(py, names);
        let scaled = inputs.encoded(py, &encoding).map_err(raised)?;
        let label = |&label: &i64| {
            usize::try_from(label)
                .map_err(|_| DataError::new_err(format!("label {label} is not the number of a class")))
        };
        let labels = labels.as_array().iter().map(label).collect::<PyResult<Vec<usize>>>()?;
        let train = Dataset::new(scaled, labels, classes.clone(), encoding.features());
        let train = train.map_err(raised)?;
        let source = DataFiles::from("in memory");
        Ok(Self { train, preprocessing: Preprocessing { source, classes, targets: vec![], encoding } })
    }
}

/// The result of a training.
#[pyclass(frozen, module = "silenzio._silenzio")]
pub struct Fitted {
    model: Py<Model>,
    /// The cross entropy of the training samples after each epoch, in nats.
    #[pyo3(get)]
    losses: Vec<f64>,
    /// The number of steps done.
    #[pyo3(get)]
    steps: u64,
    /// Whether all steps are done.
    #[pyo3(get)]
    finished: bool,
    operations: Operations,
    interruption: Option<PyErr>,
}

#[pymethods]
impl Fitted {
    /// The network.
    #[getter]
    fn model(&self, py: Python<'_>) -> Py<Model> {
        self.model.clone_ref(py)
    }

    /// Bootstraps by class.
    #[getter]
    fn bootstraps(&self) -> std::collections::BTreeMap<String, u64> {
        self.operations.bootstraps.clone()
    }

    /// Raises the exception that interrupted the training, if any.
    fn check(&self, py: Python<'_>) -> PyResult<()> {
        match &self.interruption {
            Some(interruption) => Err(interruption.clone_ref(py)),
            None => Ok(()),
        }
    }
}

/// Trains on arrays, on the simulator or on ciphertexts.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "samples, plan, and how work is done")]
pub fn fit(
    py: Python<'_>,
    inputs: Inputs<'_>,
    labels: PyReadonlyArray1<'_, i64>,
    classes: Vec<String>,
    names: Vec<String>,
    plan: &str,
    encrypted: bool,
    threads: usize,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Fitted> {
    let HowToTrain { model, training, engine } = HowToTrain::parse(plan)?;
    let Samples { train, preprocessing } = Samples::new(py, &inputs, &labels, classes, &names)?;
    let test = train.select(&[]);
    let arithmetic = if encrypted { Arithmetic::Encrypted } else { Arithmetic::Simulated };
    let mut losses = Vec::new();
    let done = run(py, threads, progress, |context| {
        let run = Run::new(&model, &training, &engine, train, test)?;
        let (inputs, labels) = (&run.train.inputs, &run.train.labels);
        run.fit(arithmetic, context, &mut |network| {
            losses.push(cross_entropy(&network.forward(inputs), labels));
        })
    })?;
    let fitted = done.output.map_err(raised)?;
    let origin = Origin {
        engine: engine.kind(),
        steps: fitted.steps,
        data: "in memory".into(),
        weight_steps: None,
        averaged: Vec::new(),
    };
    let model = Model { model: client::Model { network: fitted.network, origin, preprocessing } };
    Ok(Fitted {
        model: Py::new(py, model)?,
        losses,
        steps: fitted.steps,
        finished: fitted.finished,
        operations: fitted.operations,
        interruption: done.interruption,
    })
}
