//! The outputs of one command: all of them, or none.

use crate::temporary::{Audience, Complete, Published, sync_folder};
use crate::writer::folder_of;
use crate::{Destination, FileError, Overwrite, Problem};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The outputs of one command. They are written beside their names first, and get them all at once.
///
/// Outputs that are dropped without [`commit`](Self::commit) leave everything as it was.
#[derive(Debug)]
pub struct Outputs {
    overwrite: Overwrite,
    taken: Vec<PathBuf>,
    staged: Staged,
}

/// A client key that was moved aside for another one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Aside {
    /// Where it was.
    pub from: PathBuf,
    /// Where it is.
    pub to: PathBuf,
}

impl Outputs {
    /// Outputs that may replace what is there, or not, but never one of these inputs.
    pub fn new<P: AsRef<Path>>(overwrite: Overwrite, inputs: impl IntoIterator<Item = P>) -> Self {
        let taken = inputs.into_iter().flat_map(|input| places(input.as_ref())).collect();
        Self { overwrite, taken, staged: Staged::default() }
    }

    /// One more output.
    ///
    /// # Errors
    /// If it is the file of an input or of another output, and as [`Destination::new`].
    pub fn file(&mut self, path: impl AsRef<Path>) -> Result<Destination, FileError> {
        self.add(path.as_ref(), Audience::Everybody)
    }

    /// One more output, for its owner alone.
    ///
    /// # Errors
    /// As [`file`](Self::file).
    pub fn private(&mut self, path: impl AsRef<Path>) -> Result<Destination, FileError> {
        self.add(path.as_ref(), Audience::Owner)
    }

    fn add(&mut self, path: &Path, audience: Audience) -> Result<Destination, FileError> {
        let places = places(path);
        if places.iter().any(|place| self.taken.contains(place)) {
            return Err(FileError::new(path, Problem::SamePath));
        }
        self.taken.extend(places);
        Destination::file(path, self.overwrite, audience, Some(self.staged.clone()))
    }

    /// Gives all that was written their names, in the order in which it was written; where client keys are that had
    /// one of the names before.
    ///
    /// # Errors
    /// If one of them cannot get its name: then everything is as it was before.
    pub fn commit(self) -> Result<Vec<Aside>, FileError> {
        let pending = std::mem::take(&mut *self.staged.0.lock().unwrap_or_else(PoisonError::into_inner));
        let mut published: Vec<(PathBuf, Published)> = Vec::with_capacity(pending.len());
        for complete in pending {
            let path = complete.path.clone();
            match complete.publish_undoably() {
                Ok(done) => published.push((path, done)),
                Err(problem) => {
                    for (path, done) in published.into_iter().rev() {
                        done.undo().map_err(|error| FileError::new(&path, Problem::Undo(error)))?;
                    }
                    return Err(FileError::new(&path, problem));
                }
            }
        }
        let folders: BTreeSet<PathBuf> =
            published.iter().map(|(path, _)| folder_of(path).to_path_buf()).collect();
        let asides = published.into_iter().filter_map(|(from, done)| Some(Aside { to: done.keep()?, from }));
        let asides = asides.collect();
        for folder in folders {
            sync_folder(&folder).map_err(|error| FileError::new(&folder, Problem::Sync(error)))?;
        }
        Ok(asides)
    }
}

/// Refuses paths of which two are one file.
///
/// # Errors
/// The first path that is the file of an earlier one.
pub fn require_distinct(paths: &[&Path]) -> Result<(), FileError> {
    let mut taken = Vec::new();
    for path in paths {
        let places = places(path);
        if places.iter().any(|place| taken.contains(place)) {
            return Err(FileError::new(path, Problem::SamePath));
        }
        taken.extend(places);
    }
    Ok(())
}

/// What a path names, as a link and as what the link leads to.
fn places(path: &Path) -> Vec<PathBuf> {
    let folder = folder_of(path);
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
    let mut places = vec![folder.join(path.file_name().unwrap_or_default())];
    places.extend(path.canonicalize().ok().filter(|place| !places.contains(place)));
    places
}

/// What is written and has no name yet.
#[derive(Clone, Default, Debug)]
pub(crate) struct Staged(Arc<Mutex<Vec<Complete>>>);

impl Staged {
    pub(crate) fn add(&self, complete: Complete) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(complete);
    }
}
