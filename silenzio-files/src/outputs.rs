//! The outputs of one command: all of them, or none.

use crate::journal::Journal;
use crate::temporary::{Audience, Complete, Prepared, Published, sync_folder};
use crate::writer::folder_of;
use crate::{Destination, FileError, Overwrite, Problem};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The outputs of one command. They are written beside their names first, and get them all at once.
///
/// Outputs that are dropped without [`commit`](Self::commit) leave everything as it was. A kill in the middle of it
/// does so, too, as soon as a command names one of them again; but a client key stays that has its name.
#[derive(Debug)]
pub struct Outputs {
    overwrite: Overwrite,
    taken: Vec<PathBuf>,
    /// Without repetition, in the order in which they were named.
    folders: Vec<PathBuf>,
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
        Self { overwrite, taken, folders: Vec::new(), staged: Staged::default() }
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
        self.take_back(&places).map_err(|error| FileError::new(path, Problem::Undo(error)))?;
        self.taken.extend(places);
        Destination::file(path, self.overwrite, audience, Some(self.staged.clone()))
    }

    /// Takes back what a killed command left at a place, whose journal is in the folder of the first output.
    fn take_back(&mut self, places: &[PathBuf]) -> io::Result<()> {
        let Some(file) = places.first() else { return Ok(()) };
        let folder = folder_of(file);
        if !self.folders.iter().any(|known| known == folder) {
            self.folders.push(folder.into());
        }
        self.folders.iter().try_for_each(|folder| Journal::take_back(folder, file))
    }

    /// Gives all that was written their names, in the order in which it was written; where client keys are that had
    /// one of the names before.
    ///
    /// # Errors
    /// If one of them cannot get its name: then everything is as it was before.
    pub fn commit(self) -> Result<Vec<Aside>, FileError> {
        let pending = std::mem::take(&mut *self.staged.0.lock().unwrap_or_else(PoisonError::into_inner));
        let prepare = |complete: Complete| {
            let path = complete.path.clone();
            complete.prepare().map_err(|problem| FileError::new(&path, problem))
        };
        let prepared: Vec<Prepared> = pending.into_iter().map(prepare).collect::<Result<_, _>>()?;
        let folders: BTreeSet<PathBuf> =
            prepared.iter().map(|output| folder_of(output.path()).to_path_buf()).collect();
        let journal = self.journal(&prepared)?;
        let mut published: Vec<(PathBuf, Published)> = Vec::with_capacity(prepared.len());
        for output in prepared {
            let path = output.path().to_path_buf();
            match output.publish() {
                Ok(done) => published.push((path, done)),
                Err(problem) => {
                    for (path, done) in published.into_iter().rev() {
                        done.undo().map_err(|error| FileError::new(&path, Problem::Undo(error)))?;
                    }
                    // One that stays finds nothing to take back.
                    let _ = journal.map(Journal::end);
                    return Err(FileError::new(&path, problem));
                }
            }
        }
        for folder in &folders {
            sync_folder(folder).map_err(|error| FileError::new(folder, Problem::Sync(error)))?;
        }
        if let Some(journal) = journal {
            let path = journal.path().to_path_buf();
            journal.end().map_err(|error| FileError::new(&path, Problem::Sync(error)))?;
        }
        let asides = published.into_iter().filter_map(|(from, done)| Some(Aside { to: done.keep()?, from }));
        Ok(asides.collect())
    }

    /// A journal in the folder of the first output, where a kill could leave a part: one name is given at once.
    fn journal(&self, outputs: &[Prepared]) -> Result<Option<Journal>, FileError> {
        let Some(folder) = self.folders.first() else { return Ok(None) };
        if outputs.iter().filter(|output| !output.is_secret()).count() < 2 {
            return Ok(None);
        }
        let journal = Journal::begin(folder, outputs);
        journal.map(Some).map_err(|error| FileError::new(folder, Problem::Write(error)))
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
