//! The client: the secret key, and the record of a data set.

use crate::errors::{DataError, MismatchError, PlanError, SilenzioError, raised};
use crate::fit::{HowToTrain, Samples, Targets};
use crate::inputs::Inputs;
use crate::model::Model;
use crate::places::{Container, destination, overwrite, taken};
use crate::work::run;
use numpy::{IntoPyArray, PyArray2, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use silenzio::client::{
    self, Digits, Preprocessing, SecretKey, Sent, decrypt_logits, decrypt_model, evaluation_key, generate_key,
};
use silenzio::core::Task;
use silenzio::core::plan::Loss;
use silenzio::data::Dataset;
use silenzio::files::{Destination, Outputs, Source};
use silenzio::suite::to_toml;
use silenzio::{Experiment, PublicPlan};
use std::path::PathBuf;

/// A secret key with the plan and the preprocessing of a data set.
#[pyclass(module = "silenzio._silenzio")]
pub struct Client {
    key: SecretKey,
    plan: PublicPlan,
    preprocessing: Preprocessing,
    /// The samples that can be encrypted; `None` for a client that was opened for an encrypted data set.
    train: Option<Dataset>,
    sent: Option<Sent>,
}

#[pymethods]
impl Client {
    /// A client with samples from arrays, and a new or an existing key.
    #[new]
    fn new(
        py: Python<'_>,
        inputs: Inputs<'_>,
        labels: PyReadonlyArray1<'_, i64>,
        classes: Vec<String>,
        names: Vec<String>,
        plan: &str,
        key: Option<Container>,
    ) -> PyResult<Self> {
        let HowToTrain { model, training, engine } = HowToTrain::parse(plan)?;
        let Samples { train, preprocessing } =
            Samples::new(py, &inputs, &Targets::Labels(labels), classes, &names)?;
        let widths = [&[train.inputs.ncols()], model.hidden.as_slice(), &[train.classes.len()]].concat();
        let task = Task { widths, samples: train.len(), training, engine };
        let plan = PublicPlan::new(task).map_err(raised)?;
        Self::with(plan, preprocessing, train, key)
    }

    /// A client with the training samples of a plan's files.
    #[staticmethod]
    fn of_plan(path: PathBuf, changes: &str, key: Option<Container>) -> PyResult<Self> {
        let experiment = crate::experiments::open(Some(path), None, changes)?;
        if experiment.plan.training.loss == Loss::Squared {
            let problem = "training.loss = \"squared\": the client in Python encrypts classes alone: use the command line";
            return Err(PlanError::new_err(problem));
        }
        Self::of_experiment(&experiment, key)
    }

    /// A client of a data set that was sent.
    #[staticmethod]
    fn open(key: Container, sent: Container) -> PyResult<Self> {
        let key = SecretKey::open(key.source("client key")).map_err(raised)?;
        let sent = match sent.source("preprocessing") {
            Source::File(path) => Sent::read(&path),
            Source::Bytes { name, bytes } => Sent::parse(&bytes, &name),
        };
        let sent = sent.map_err(raised)?;
        if !sent.preprocessing.targets.is_empty() {
            let problem = "the data set is of a regression, which the client in Python cannot decrypt: use the command line";
            return Err(MismatchError::new_err(problem));
        }
        sent.require_key(key.name()).map_err(raised)?;
        let (plan, preprocessing) = (sent.plan.clone(), sent.preprocessing.clone());
        Ok(Self { key, plan, preprocessing, train: None, sent: Some(sent) })
    }

    /// The id of the key.
    #[getter]
    fn key_id(&self) -> String {
        self.key.name().id.to_string()
    }

    /// The public plan as JSON.
    #[getter]
    fn plan(&self) -> PyResult<String> {
        serde_json::to_string(&self.plan).map_err(|error| SilenzioError::new_err(error.to_string()))
    }

    /// The names of the classes.
    #[getter]
    fn classes(&self) -> Vec<String> {
        self.preprocessing.classes.clone()
    }

    /// The record that is needed to decrypt results, as JSON.
    fn kept<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.sent()?.to_json().map_err(raised)?))
    }

    /// Writes the secret key and the record, readable by their owner only, and the public plan as TOML: all of them, or none.
    fn save(&self, key: PathBuf, kept: PathBuf, public_plan: Option<PathBuf>, force: bool) -> PyResult<()> {
        let sent = self.sent()?;
        let no_inputs: [PathBuf; 0] = [];
        let mut outputs = Outputs::new(overwrite(force), no_inputs);
        let kept = outputs.private(kept).map_err(raised)?;
        let plan = public_plan.map(|path| outputs.file(path)).transpose().map_err(raised)?;
        let key = outputs.file(key).map_err(raised)?;
        self.key.write(&key).map_err(raised)?;
        kept.write(&sent.to_json().map_err(raised)?).map_err(raised)?;
        if let Some(plan) = plan {
            let toml = to_toml(&self.plan).map_err(|error| SilenzioError::new_err(error.to_string()))?;
            plan.write(toml.as_bytes()).map_err(raised)?;
        }
        outputs.commit().map_err(raised)?;
        Ok(())
    }

    /// The bytes of the secret key.
    fn secret_key<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let to = Destination::memory("client key");
        self.key.write(&to).map_err(raised)?;
        Ok(PyBytes::new(py, &to.take().unwrap_or_default()))
    }

    /// Generates the server's keys.
    fn server_key<'py>(
        &self,
        py: Python<'py>,
        path: Option<PathBuf>,
        force: bool,
        threads: usize,
        progress: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let to = destination(path, "server key", force)?;
        let make = |context: &_| {
            evaluation_key(&self.key, context).write(&to)?;
            Ok(())
        };
        run(py, threads, progress, make)?.complete()?;
        Ok(taken(py, &to))
    }

    /// Encrypts the training samples, shuffled or in their own order.
    fn encrypt<'py>(
        &mut self,
        py: Python<'py>,
        path: Option<PathBuf>,
        keep_order: bool,
        force: bool,
        threads: usize,
        progress: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let Some(train) = &self.train else {
            let problem =
                "this client was opened for a data set that is encrypted already: make one with samples";
            return Err(PlanError::new_err(problem));
        };
        let to = destination(path, "data set", force)?;
        let encrypt = |context: &_| {
            let shuffled = if keep_order { None } else { Some(client::shuffled(train)?) };
            let samples = client::Samples::from(shuffled.as_ref().unwrap_or(train));
            client::encrypt(&self.key, &self.plan, samples, &to, context)
        };
        let data = run(py, threads, progress, encrypt)?.complete()?;
        let (plan, preprocessing) = (self.plan.clone(), self.preprocessing.clone());
        self.sent = Some(Sent { key_id: self.key.name().id, data, plan, preprocessing, others: vec![] });
        Ok(taken(py, &to))
    }

    /// Encrypts further training samples, with the names of their classes, like those that were encrypted before.
    #[expect(clippy::too_many_arguments, reason = "samples, and how work is done")]
    fn encrypt_more<'py>(
        &mut self,
        py: Python<'py>,
        inputs: Inputs<'py>,
        labels: Vec<String>,
        path: Option<PathBuf>,
        keep_order: bool,
        force: bool,
        threads: usize,
        progress: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let (sent, classes) = (self.sent()?, &self.preprocessing.classes);
        let number = |label: &String| {
            let unknown = || DataError::new_err(format!("{label:?} is not one of the classes {classes:?}"));
            classes.iter().position(|class| class == label).ok_or_else(unknown)
        };
        let labels = labels.iter().map(number).collect::<PyResult<Vec<usize>>>()?;
        let encoding = &self.preprocessing.encoding;
        let inputs = inputs.encoded(py, encoding).map_err(raised)?;
        let samples = Dataset::new(inputs, labels, classes.clone(), encoding.features()).map_err(raised)?;
        let plan = sent.plan.for_samples(samples.len());
        let to = destination(path, "data set", force)?;
        let encrypt = |context: &_| {
            let shuffled = if keep_order { None } else { Some(client::shuffled(&samples)?) };
            let samples = client::Samples::from(shuffled.as_ref().unwrap_or(&samples));
            client::encrypt(&self.key, &plan, samples, &to, context)
        };
        let data = run(py, threads, progress, encrypt)?.complete()?;
        self.sent = Some(sent.followed_by(data, samples.len()));
        Ok(taken(py, &to))
    }

    /// Encrypts inputs for a trained model.
    fn encrypt_inputs<'py>(
        &self,
        py: Python<'py>,
        inputs: Inputs<'py>,
        path: Option<PathBuf>,
        force: bool,
        threads: usize,
        progress: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let inputs = inputs.encoded(py, &self.preprocessing.encoding).map_err(raised)?;
        let to = destination(path, "inputs", force)?;
        let encrypt = |context: &_| {
            let samples = client::Samples { inputs: inputs.view(), targets: None };
            client::encrypt(&self.key, &self.plan, samples, &to, context)
        };
        run(py, threads, progress, encrypt)?.complete()?;
        Ok(taken(py, &to))
    }

    /// Decrypts a model.
    fn decrypt_model(&self, model: Container) -> PyResult<Model> {
        let model = decrypt_model(model.source("model"), &self.key, self.sent()?, Digits::Rounded);
        Ok(Model { model: model.map_err(raised)? })
    }

    /// Decrypts logits, samples x classes.
    fn decrypt_logits<'py>(&self, py: Python<'py>, logits: Container) -> PyResult<Bound<'py, PyArray2<f32>>> {
        let logits = decrypt_logits(logits.source("logits"), &self.key, self.sent()?);
        Ok(logits.map_err(raised)?.into_pyarray(py))
    }
}

impl Client {
    fn with(
        plan: PublicPlan,
        preprocessing: Preprocessing,
        train: Dataset,
        key: Option<Container>,
    ) -> PyResult<Self> {
        let key = match key {
            Some(key) => {
                let key = SecretKey::open(key.source("client key")).map_err(raised)?;
                // A key for other parameters is refused now, not when something is encrypted.
                key.client_of(&plan.network().map_err(raised)?).map(drop).map_err(raised)?;
                key
            }
            None => generate_key(&plan).map_err(raised)?,
        };
        Ok(Self { key, plan, preprocessing, train: Some(train), sent: None })
    }

    fn of_experiment(experiment: &Experiment, key: Option<Container>) -> PyResult<Self> {
        let (_, split) = experiment.split(0).map_err(raised)?;
        let plan = experiment.public_plan(&split).map_err(raised)?;
        let preprocessing = Preprocessing::of(&split, &experiment.plan.data.file);
        Self::with(plan, preprocessing, split.train, key)
    }

    fn sent(&self) -> PyResult<&Sent> {
        self.sent.as_ref().ok_or_else(|| PlanError::new_err("nothing is encrypted yet: call encrypt() first"))
    }
}
