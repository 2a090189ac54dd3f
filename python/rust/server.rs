//! The server: training and inference on encrypted data.

use crate::errors::{SilenzioError, raised};
use crate::places::{Container, destination, taken};
use crate::work::{Done, run};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use silenzio::server::{
    self, CheckpointPolicy, Outcome, SnapshotPolicy, TrainRequest, TrainSources, TrainedModel,
};
use std::collections::BTreeMap;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

/// Evaluation keys that are ready for computing.
#[pyclass(frozen, module = "silenzio._silenzio")]
pub struct Server {
    server: server::Server,
}

/// The result of a training in memory: the model or the checkpoint, and whether it is finished; the steps done, and all
/// steps; the snapshots; and the exception that interrupted it.
type Trained<'py> = (Option<Bound<'py, PyBytes>>, bool, u64, u64, Vec<Bound<'py, PyBytes>>, Option<PyErr>);

/// The result of a training to files.
type TrainedFiles = (bool, u64, u64, Vec<PathBuf>, Option<PyErr>);

/// The snapshots to keep, if any.
fn policy(count: Option<usize>, every: Option<u64>) -> Option<SnapshotPolicy> {
    let count = count.and_then(NonZeroUsize::new)?;
    Some(SnapshotPolicy { count, every: every.and_then(NonZeroU64::new) })
}

#[pymethods]
impl Server {
    /// Reads evaluation keys.
    #[new]
    fn new(py: Python<'_>, key: Container, threads: usize) -> PyResult<Self> {
        let key = key.source("server key");
        let server = run(py, threads, None, |context| server::Server::open(key, context))?.complete()?;
        Ok(Self { server })
    }

    /// The id of the key.
    #[getter]
    fn key_id(&self) -> String {
        self.server.key().id.to_string()
    }

    /// Trains from memory or files to memory.
    #[expect(clippy::too_many_arguments, reason = "what is read, and how work is done")]
    fn train<'py>(
        &self,
        py: Python<'py>,
        data: Vec<Container>,
        initial: Option<Container>,
        checkpoint: Option<Container>,
        snapshots: Option<usize>,
        snapshot_steps: Option<u64>,
        threads: usize,
        progress: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Trained<'py>> {
        let sources = TrainSources {
            data: data.into_iter().map(|data| data.source("data set")).collect(),
            initial: initial.map(|initial| initial.source("initial model")),
            checkpoint: checkpoint.map(|checkpoint| checkpoint.source("checkpoint")),
            snapshots: policy(snapshots, snapshot_steps),
        };
        let Done { output, interruption } =
            run(py, threads, progress, |context| self.server.train(&sources, context))?;
        let bytes = |container: Vec<u8>| PyBytes::new(py, &container);
        let all = |kept: BTreeMap<u64, Vec<u8>>| kept.into_values().map(bytes).collect();
        Ok(match output.map_err(raised)? {
            // A finished training is returned, even if it was interrupted.
            TrainedModel::Finished { model, steps, snapshots } => {
                (Some(bytes(model)), true, steps, steps, all(snapshots), interruption)
            }
            TrainedModel::Stopped { checkpoint, steps_done, steps, snapshots } => {
                (checkpoint.map(bytes), false, steps_done, steps, all(snapshots), interruption)
            }
        })
    }

    /// Trains from file to file, with checkpoints.
    #[expect(clippy::too_many_arguments, reason = "they are the fields of a request")]
    fn train_files(
        &self,
        py: Python<'_>,
        data: Vec<PathBuf>,
        initial: Option<PathBuf>,
        model: PathBuf,
        checkpoint: Option<PathBuf>,
        public_plan: Option<PathBuf>,
        checkpoint_seconds: Option<f64>,
        checkpoint_steps: Option<u64>,
        snapshots: Option<usize>,
        snapshot_steps: Option<u64>,
        resume: bool,
        force: bool,
        threads: usize,
        progress: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<TrainedFiles> {
        let interval = checkpoint_seconds.map(Duration::try_from_secs_f64).transpose();
        let interval =
            interval.map_err(|error| SilenzioError::new_err(format!("checkpoint_seconds: {error}")))?;
        let request = TrainRequest {
            data,
            plan: public_plan,
            initial,
            model,
            checkpoint,
            policy: CheckpointPolicy { steps: checkpoint_steps.and_then(NonZeroU64::new), interval },
            snapshots: policy(snapshots, snapshot_steps),
            resume,
            force,
        };
        let done = run(py, threads, progress, |context| self.server.train_files(&request, context))?;
        let Done { output, interruption } = done;
        Ok(match output.map_err(raised)? {
            Outcome::Finished { steps, snapshots, .. } => (true, steps, steps, snapshots, interruption),
            Outcome::Stopped { steps_done, steps, .. } => (false, steps_done, steps, vec![], interruption),
        })
    }

    /// Computes the encrypted logits of encrypted inputs, to memory or a file.
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
