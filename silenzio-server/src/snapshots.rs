//! Snapshots, which are models after some steps of a training, in files beside the final model or in memory.

use crate::ServerError;
use crate::checkpoint::Identity;
use crate::train::{TrainRequest, beside, require_replaceable};
use silenzio_core::StoredEngine;
use silenzio_files::{Contents, Destination, FileError, Kind, Overwrite, Problem, remove_if_there};
use silenzio_nn::snapshots::{SnapshotPolicy, Snapshots};
use silenzio_nn::trainer::Schedule;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tracing::info;

/// The containers of the snapshots in memory, by the steps done. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct MemorySnapshots(Arc<Mutex<BTreeMap<u64, Vec<u8>>>>);

impl MemorySnapshots {
    pub(crate) fn take(&self) -> BTreeMap<u64, Vec<u8>> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn change(&self, change: impl FnOnce(&mut BTreeMap<u64, Vec<u8>>)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Where snapshots are kept. The final model is not one of them.
enum Place {
    /// In files beside the final model, whose path this is, with their steps in their names.
    Beside(PathBuf),
    Memory(MemorySnapshots),
}

/// Writes and removes the snapshots of a training.
pub(crate) struct KeptSnapshots {
    snapshots: Snapshots,
    steps: u64,
    place: Place,
}

impl KeptSnapshots {
    pub(crate) fn beside(model: &Path, policy: SnapshotPolicy, schedule: &Schedule) -> Self {
        Self::new(policy, schedule, Place::Beside(model.into()))
    }

    pub(crate) fn in_memory(memory: MemorySnapshots, policy: SnapshotPolicy, schedule: &Schedule) -> Self {
        Self::new(policy, schedule, Place::Memory(memory))
    }

    fn new(policy: SnapshotPolicy, schedule: &Schedule, place: Place) -> Self {
        Self { snapshots: Snapshots::new(policy, schedule), steps: schedule.steps(), place }
    }

    /// Checks that no existing file would be lost: a resumed training may replace only its own snapshots, and with
    /// `force` a training may replace only models.
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

    /// Writes the snapshot after `steps_done` steps, and removes the one that the policy no longer keeps.
    pub(crate) fn write<E: StoredEngine>(
        &self,
        steps_done: u64,
        identity: &Identity,
        engine: &E,
        weights: &[E::Weights],
    ) -> Result<(), ServerError> {
        if steps_done >= self.steps {
            return Ok(());
        }
        let destination = match self.path(steps_done) {
            Some(path) => Destination::new(path, Overwrite::Replace)?,
            None => Destination::memory("snapshot"),
        };
        identity.write(&destination, Contents::Model { steps: steps_done }, engine, weights)?;
        if let (Place::Memory(memory), Some(mut bytes)) = (&self.place, destination.take()) {
            memory.change(|kept| drop(kept.insert(steps_done, std::mem::take(&mut *bytes))));
        }
        info!(steps_done, path = %destination.path().display(), "snapshot written");
        self.remove_expired(steps_done)
    }

    /// Removes the snapshot that the policy no longer keeps beside the final model. Returns the files that are kept.
    pub(crate) fn finish(&self) -> Result<Vec<PathBuf>, ServerError> {
        self.remove_expired(self.steps)?;
        let kept = self.snapshots.kept(self.steps).filter_map(|steps| self.path(steps));
        Ok(kept.filter(|path| path.exists()).collect())
    }

    fn remove_expired(&self, steps_done: u64) -> Result<(), ServerError> {
        let Some(expired) = self.snapshots.expired(steps_done) else { return Ok(()) };
        if let Place::Memory(memory) = &self.place {
            memory.change(|kept| drop(kept.remove(&expired)));
        }
        let Some(path) = self.path(expired) else { return Ok(()) };
        remove_if_there(&path).map_err(|error| ServerError::Remove { path, error })
    }

    /// The file of a snapshot, whose name has its steps with leading zeros. `None` for the final model, and in memory.
    fn path(&self, steps_done: u64) -> Option<PathBuf> {
        let Place::Beside(model) = &self.place else { return None };
        let digits = self.steps.to_string().len();
        (steps_done < self.steps).then(|| beside(model, &format!(".snapshot-{steps_done:0digits$}")))
    }
}
