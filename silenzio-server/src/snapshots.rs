//! Models on the way of a training, in files beside the model.

use crate::ServerError;
use crate::checkpoint::Identity;
use crate::train::{TrainRequest, beside, require_replaceable};
use silenzio_core::StoredEngine;
use silenzio_files::{Contents, Destination, FileError, Kind, Overwrite, Problem, remove_if_there};
use silenzio_nn::snapshots::{SnapshotPolicy, Snapshots};
use silenzio_nn::trainer::Schedule;
use std::path::{Path, PathBuf};
use tracing::info;

/// The files of the snapshots of a training. The model in the end has a name of its own.
pub(crate) struct SnapshotFiles {
    snapshots: Snapshots,
    steps: u64,
    model: PathBuf,
}

impl SnapshotFiles {
    pub(crate) fn new(policy: SnapshotPolicy, model: &Path, schedule: &Schedule) -> Self {
        Self { snapshots: Snapshots::new(policy, schedule), steps: schedule.steps(), model: model.into() }
    }

    /// Refuses to write over what was there before: a training that is resumed may only meet its own snapshots, and one
    /// that replaces files only those of their kind.
    pub(crate) fn check(&self, request: &TrainRequest, identity: &Identity) -> Result<(), ServerError> {
        for path in self.snapshots.all().filter_map(|steps| self.path(steps)).filter(|path| path.exists()) {
            if request.force {
                require_replaceable(&path, Kind::Model)?;
            } else if !request.resume || !identity.is_model(&path) {
                return Err(FileError { path, problem: Problem::Exists }.into());
            }
        }
        Ok(())
    }

    pub(crate) fn is_due(&self, steps_done: u64) -> bool {
        self.snapshots.is_due(steps_done)
    }

    /// Writes the model after so many steps, and removes the one that it is kept instead of.
    pub(crate) fn write<E: StoredEngine>(
        &self,
        steps_done: u64,
        identity: &Identity,
        engine: &E,
        weights: &[E::Weights],
    ) -> Result<(), ServerError> {
        let Some(path) = self.path(steps_done) else { return Ok(()) };
        let destination = Destination::new(path, Overwrite::Replace)?;
        identity.write(&destination, Contents::Model { steps: steps_done }, engine, weights)?;
        info!(steps_done, path = %destination.path().display(), "snapshot written");
        self.remove_expired(steps_done)
    }

    /// Removes the snapshot that the model in the end is kept instead of; what is left.
    pub(crate) fn finish(&self) -> Result<Vec<PathBuf>, ServerError> {
        self.remove_expired(self.steps)?;
        let kept = self.snapshots.kept(self.steps).filter_map(|steps| self.path(steps));
        Ok(kept.filter(|path| path.exists()).collect())
    }

    fn remove_expired(&self, steps_done: u64) -> Result<(), ServerError> {
        let expired = self.snapshots.expired(steps_done).and_then(|steps| self.path(steps));
        let Some(path) = expired else { return Ok(()) };
        remove_if_there(&path).map_err(|error| ServerError::Remove { path, error })
    }

    /// The file of a snapshot, in whose name all steps have equally many digits; none of the model in the end.
    fn path(&self, steps_done: u64) -> Option<PathBuf> {
        let digits = self.steps.to_string().len();
        (steps_done < self.steps).then(|| beside(&self.model, &format!(".snapshot-{steps_done:0digits$}")))
    }
}
