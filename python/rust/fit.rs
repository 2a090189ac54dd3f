//! Training on arrays in memory.

use crate::errors::{DataError, PlanError, raised};
use crate::inputs::Inputs;
use crate::model::Model;
use crate::work::run;
use numpy::{PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use serde::Deserialize;
use silenzio::arrays::{target_columns, with_targets};
use silenzio::client::{self, Origin, Preprocessing};
use silenzio::core::plan::{DataFiles, EnginePlan, ModelPlan, TrainingPlan};
use silenzio::data::{Dataset, RealTargets};
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

/// What samples are to be predicted as.
#[derive(FromPyObject)]
pub enum Targets<'py> {
    /// The number of the class of each sample.
    #[pyo3(transparent)]
    Labels(PyReadonlyArray1<'py, i64>),
    /// Numbers, samples x targets.
    #[pyo3(transparent)]
    Values(PyReadonlyArray2<'py, f64>),
}

/// Scaled samples from arrays, with their scaling.
pub struct Samples {
    pub train: Dataset,
    pub preprocessing: Preprocessing,
}

impl Samples {
    /// Scales samples with their targets, whose classes or columns have names. Features may have names.
    pub fn new(
        py: Python<'_>,
        inputs: &Inputs<'_>,
        targets: &Targets<'_>,
        classes: Vec<String>,
        names: &[String],
    ) -> PyResult<Self> {
        let encoding = inputs.scaling(py, names);
        let scaled = inputs.encoded(py, &encoding).map_err(raised)?;
        let source = DataFiles::from("in memory");
        let labels = match targets {
            Targets::Labels(labels) => labels,
            Targets::Values(values) => {
                let values = values.as_array();
                let columns = target_columns(scaled.ncols(), values, &classes).map_err(raised)?;
                let values = RealTargets::of(&columns, values);
                let train = Dataset::of_values(scaled, values, encoding.features()).map_err(raised)?;
                let encoding = with_targets(encoding, columns.len());
                let preprocessing = Preprocessing { source, classes: vec![], targets: columns, encoding };
                return Ok(Self { train, preprocessing });
            }
        };
        let label = |&label: &i64| {
            usize::try_from(label)
                .map_err(|_| DataError::new_err(format!("label {label} is not the number of a class")))
        };
        let labels = labels.as_array().iter().map(label).collect::<PyResult<Vec<usize>>>()?;
        let train = Dataset::new(scaled, labels, classes.clone(), encoding.features());
        let train = train.map_err(raised)?;
        Ok(Self { train, preprocessing: Preprocessing { source, classes, targets: vec![], encoding } })
    }
}

/// The result of a training.
#[pyclass(frozen, module = "silenzio._silenzio")]
pub struct Fitted {
    model: Py<Model>,
    /// The loss of the training samples after each epoch.
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
    targets: Targets<'_>,
    classes: Vec<String>,
    names: Vec<String>,
    plan: &str,
    encrypted: bool,
    threads: usize,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Fitted> {
    let HowToTrain { model, training, engine } = HowToTrain::parse(plan)?;
    let Samples { train, preprocessing } = Samples::new(py, &inputs, &targets, classes, &names)?;
    let test = train.select(&[]);
    let arithmetic = if encrypted { Arithmetic::Encrypted } else { Arithmetic::Simulated };
    let mut losses = Vec::new();
    let done = run(py, threads, progress, |context| {
        let run = Run::new(&model, &training, &engine, train, test)?;
        run.fit(arithmetic, context, &mut |network| losses.push(run.training_loss(network)))
    })?;
    let fitted = done.output.map_err(raised)?;
    let origin = Origin {
        engine: engine.kind(),
        steps: fitted.steps,
        data: "in memory".into(),
        weight_steps: Some(fitted.weight_steps),
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
