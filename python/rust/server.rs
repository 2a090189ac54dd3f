//! The server: training and inference on encrypted data.

use crate::errors::{SilenzioError, raised};
use crate::places::{Container, destination, taken};
use crate::work::{Done, run};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use silenzio::files::Source;
use silenzio::server::{self, CheckpointPolicy, Outcome, TrainRequest, TrainedModel};
use std::path::PathBuf;
use std::time::Duration;

/// Evaluation keys that are ready for computing.
#[pyclass(frozen, module = "silenzio._silenzio")]
pub struct Server {
    server: server::Server,
}

/// How a training ended: the model, where it is not in a file, or the checkpoint; steps done, steps in all; and the
/// exception that interrupted it.
type Trained<'py> = (Option<Bound<'py, PyBytes>>, bool, u64, u64, Option<PyErr>);

#[pymethods]
impl Server {
    /// Reads evaluation keys.
    #[new]
    fn new(py: Python<'_>, key: Container, threads: usize) -> PyResult<Self> {
        let key = key.source("server key");
        let server = run(py, threads, None, |context| server::Server::open(key, context))?.complete()?;
        Ok(Self { server })
    }

    /// What files that are made with the key say of it.
    #[getter]
    fn key_id(&self) -> String {
        self.server.key().id.to_string()
    }

    /// Trains from memory or a file to memory.
    fn train<'py>(
        &self,
        py: Python<'py>,
        data: Container,
        checkpoint: Option<Container>,
        threads: usize,
        progress: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Trained<'py>> {
        let data = data.source("data set");
        let checkpoint: Option<Source> = checkpoint.map(|checkpoint| checkpoint.source("checkpoint"));
        let done =
            run(py, threads, progress, |context| self.server.train(data, checkpoint.as_ref(), context))?;
        let Done { output, interruption } = done;
        Ok(match (output.map_err(raised)?, interruption) {
            // What is finished is finished.
            (TrainedModel::Finished { model, steps }, interruption) => {
                (Some(PyBytes::new(py, &model)), true, steps, steps, interruption)
            }
            (TrainedModel::Stopped { checkpoint, steps_done, steps }, interruption) => {
                let checkpoint = checkpoint.map(|bytes| PyBytes::new(py, &bytes));
                (checkpoint, false, steps_done, steps, interruption)
            }
        })
    }

    /// Trains from file to file, with checkpoints.
    #[expect(clippy::too_many_arguments, reason = "they are the fields of a request")]
    fn train_files<'py>(
        &self,
        py: Python<'py>,
        data: PathBuf,
        model: PathBuf,
        checkpoint: Option<PathBuf>,
        public_plan: Option<PathBuf>,
        checkpoint_seconds: Option<f64>,
        checkpoint_steps: Option<u64>,
        resume: bool,
        force: bool,
        threads: usize,
        progress: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Trained<'py>> {
        let interval = checkpoint_seconds.map(Duration::try_from_secs_f64).transpose();
        let interval =
            interval.map_err(|error| SilenzioError::new_err(format!("checkpoint_seconds: {error}")))?;
        let policy =
            CheckpointPolicy { steps: checkpoint_steps.and_then(std::num::NonZeroU64::new), interval };
        let request = TrainRequest {
            plan: public_plan,
            checkpoint,
            policy,
            resume,
            force,
            ..TrainRequest::new(data, model)
        };
        let done = run(py, threads, progress, |context| self.server.train_files(&request, context))?;
        let Done { output, interruption } = done;
        Ok(match output.map_err(raised)? {
            Outcome::Finished { steps, .. } => (None, true, steps, steps, interruption),
            Outcome::Stopped { steps_done, steps, .. } => (None, false, steps_done, steps, interruption),
        })
    }

    /// The encrypted logits of encrypted inputs, to memory or a file.
    #[expect(clippy::too_many_arguments, reason = "both places and how work is done")]
    fn infer<'py>(
        &self,
        py: Python<'py>,
        model: Container,
        inputs: Container,
        logits: Option<PathBuf>,
        force: bool,
        threads: usize,
        progress: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<(Option<Bound<'py, PyBytes>>, u64)> {
        let (model, inputs) = (model.source("model"), inputs.source("inputs"));
        let logits = destination(logits, "logits", force)?;
        let infer = |context: &_| self.server.infer_to(model, inputs, &logits, context);
        let samples = run(py, threads, progress, infer)?.complete()?;
        Ok((taken(py, &logits), samples))
    }
}

/// The public plan of an encrypted data set, as JSON.
#[pyfunction]
pub fn plan_of(data: Container) -> PyResult<String> {
    let plan = server::plan_of(data.source("data set")).map_err(raised)?;
    serde_json::to_string(&plan).map_err(|error| SilenzioError::new_err(error.to_string()))
}
