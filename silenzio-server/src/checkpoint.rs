//! Checkpoints, from which an interrupted training resumes.

use crate::ServerError;
use crate::error::encode_error;
use silenzio_core::StoredEngine;
use silenzio_files::{Contents, Destination, Digest, FileReader, Kind, Layout, Source};
use silenzio_suite::payload::{decode_layers, layers_len, write_layers};
use silenzio_suite::{KeyName, Trained, open};
use std::num::NonZeroU64;
use std::path::Path;
use std::time::{Duration, Instant};

/// When a training writes a checkpoint: as soon as either of these has passed since the last one. When it is stopped,
/// it writes one in any case.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CheckpointPolicy {
    /// The number of steps between checkpoints.
    pub steps: Option<NonZeroU64>,
    /// The time between checkpoints.
    pub interval: Option<Duration>,
}

/// The default is every ten minutes. This is the most work that a crash loses, and writing takes a second at most.
impl Default for CheckpointPolicy {
    fn default() -> Self {
        Self { steps: None, interval: Some(Duration::from_secs(600)) }
    }
}

/// Tells when the next checkpoint is due.
pub(crate) struct Timer {
    policy: CheckpointPolicy,
    last_step: u64,
    last_time: Instant,
    failed: bool,
}

impl Timer {
    pub(crate) fn new(policy: CheckpointPolicy, steps_done: u64) -> Self {
        Self { policy, last_step: steps_done, last_time: Instant::now(), failed: false }
    }

    /// Whether a checkpoint is due after `steps_done` steps. If it is, the steps and the time are counted anew.
    pub(crate) fn is_due(&mut self, steps_done: u64) -> bool {
        let CheckpointPolicy { steps, interval } = self.policy;
        let due = self.failed
            || steps.is_some_and(|steps| steps_done - self.last_step >= steps.get())
            || interval.is_some_and(|interval| self.last_time.elapsed() >= interval);
        if due {
            *self = Self::new(self.policy, steps_done);
        }
        due
    }

    /// Makes a checkpoint due after the next step, because the last one could not be written.
    pub(crate) fn try_again(&mut self) {
        self.failed = true;
    }
}

/// The key and the origin that the model and checkpoint files of a training record.
pub(crate) struct Identity {
    pub(crate) key: KeyName,
    pub(crate) trained: Trained,
}

impl Identity {
    /// Writes all weights to a file.
    pub(crate) fn write<E: StoredEngine>(
        &self,
        destination: &Destination,
        contents: Contents,
        engine: &E,
        weights: &[E::Weights],
    ) -> Result<Digest, ServerError> {
        let failed = |error| encode_error(destination, error);
        let bytes = layers_len(engine).map_err(failed)?;
        let header = self.key.header(contents, Layout::stream(bytes));
        let header = header.with_plan(&self.trained).map_err(|error| failed(error.into()))?;
        let mut file = destination.create(&header)?;
        file.encode(|to| write_layers(engine, to, weights))?;
        Ok(file.finish()?)
    }

    /// Opens a model or checkpoint. The inner error says how its training differs from this one.
    fn open(&self, source: &Source, kind: Kind) -> Result<Result<FileReader, &'static str>, ServerError> {
        let found = open::<Trained>(source, kind)?;
        self.key.require(&found.file)?;
        Ok(if found.origin.plan != self.trained.plan {
            Err("with another plan")
        } else if found.origin.data != self.trained.data {
            Err("on another data set")
        } else if (&found.origin.initial, &found.origin.earlier)
            != (&self.trained.initial, &self.trained.earlier)
        {
            Err("that began with other weights")
        } else {
            Ok(found.file)
        })
    }

    /// Whether the file at `path` is a model of this training, after any number of steps.
    pub(crate) fn is_model(&self, path: &Path) -> bool {
        matches!(self.open(&path.into(), Kind::Model), Ok(Ok(_)))
    }

    /// The digest of the model at `path`, if it is the result of this training after all `steps` steps.
    pub(crate) fn result(&self, path: &Path, steps: u64) -> Option<Digest> {
        let mut model = self.open(&path.into(), Kind::Model).ok()?.ok()?;
        let finished = model.header().contents == Contents::Model { steps };
        // A damaged model does not count.
        (finished && model.verify_all(|_, _| ()).is_ok()).then_some(model.digest())
    }
}

/// The checkpoint from which a training resumes.
pub(crate) struct Checkpoint {
    file: FileReader,
    pub(crate) steps_done: u64,
}

impl Checkpoint {
    /// Opens the checkpoint of a training with `steps` steps in total.
    pub(crate) fn open(source: &Source, identity: &Identity, steps: u64) -> Result<Self, ServerError> {
        let other = |difference| ServerError::OtherTraining { path: source.path().into(), difference };
        let file = identity.open(source, Kind::Checkpoint)?.map_err(other)?;
        match file.header().contents {
            Contents::Checkpoint { steps: steps_done } if steps_done <= steps => {
                Ok(Self { file, steps_done })
            }
            _ => Err(other("with more steps")),
        }
    }

    pub(crate) fn weights<E: StoredEngine>(mut self, engine: &E) -> Result<Vec<E::Weights>, ServerError> {
        Ok(decode_layers(&mut self.file, engine.layers(), |from, layer| engine.read_weights(from, layer))?)
    }
}
