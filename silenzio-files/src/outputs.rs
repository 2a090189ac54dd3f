//! The outputs of one command: all of them, or none.

use crate::journal::Journal;
use crate::temporary::{Audience, Complete, Prepared, Published, sync_folder};
use crate::writer::folder_of;
use crate::{Destination, FileError, Overwrite, Problem};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The outputs of one command. They are first written to temporary files beside their paths, and get their names together.
///
/// Outputs that are dropped without [`commit`](Self::commit) leave everything as it was. After a kill during `commit`, the
/// next command that names one of the outputs restores what was there; only a client key that has its name stays.
#[derive(Debug)]
pub struct Outputs {
    overwrite: Overwrite,
    taken: Vec<PathBuf>,
    /// The folders of the outputs, without repetition, in the order in which they were named.
    folders: Vec<PathBuf>,
    staged: Staged,
}

/// A client key that was renamed to make room for another one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Aside {
    /// Its path before.
    pub from: PathBuf,
    /// Its path now.
    pub to: PathBuf,
}

impl Outputs {
    /// Outputs of a command that reads these inputs, which outputs never replace.
    pub fn new<P: AsRef<Path>>(overwrite: Overwrite, inputs: impl IntoIterator<Item = P>) -> Self {
        let taken = inputs.into_iter().flat_map(|input| places(input.as_ref())).collect();
        Self { overwrite, taken, folders: Vec::new(), staged: Staged::default() }
    }

    /// Adds an output.
    ///
    /// # Errors
    /// [`Problem::SamePath`] if it is the file of an input or of another output; also the errors of [`Destination::new`].
    pub fn file(&mut self, path: impl AsRef<Path>) -> Result<Destination, FileError> {
        self.add(path.as_ref(), Audience::Everybody)
    }

    /// Adds an output that only its owner may read.
    ///
    /// # Errors
    /// The errors of [`file`](Self::file).
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

    /// Takes back what a killed command left at these places. Its journal is in the folder of its first output.
    fn take_back(&mut self, places: &[PathBuf]) -> io::Result<()> {
        let Some(file) = places.first() else { return Ok(()) };
        let folder = folder_of(file);
        if !self.folders.iter().any(|known| known == folder) {
            self.folders.push(folder.into());
        }
        self.folders.iter().try_for_each(|folder| Journal::take_back(folder, file))
    }

    /// Gives all written outputs their names, in the order in which they were written. Returns the client keys that had to be
    /// renamed.
    ///
    /// # Errors
    /// If an output cannot get its name. Then everything is as it was before.
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
                    // A journal that cannot be removed does no harm: there is nothing left to take back.
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

    /// A journal in the folder of the first output, unless there is only one, which gets its name atomically.
    fn journal(&self, outputs: &[Prepared]) -> Result<Option<Journal>, FileError> {
        let Some(folder) = self.folders.first() else { return Ok(None) };
        if outputs.iter().filter(|output| !output.is_secret()).count() < 2 {
            return Ok(None);
        }
        let journal = Journal::begin(folder, outputs);
        journal.map(Some).map_err(|error| FileError::new(folder, Problem::Write(error)))
    }
}

/// Refuses paths if two of them name the same file.
///
/// # Errors
/// [`Problem::SamePath`] for the first path that names the file of an earlier one.
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

/// The places that a path names: the link itself, and the target of the link.
fn places(path: &Path) -> Vec<PathBuf> {
    let folder = folder_of(path);
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
    let mut places = vec![folder.join(path.file_name().unwrap_or_default())];
    places.extend(path.canonicalize().ok().filter(|place| !places.contains(place)));
    places
}

/// The outputs that are written and have no name yet.
#[derive(Clone, Default, Debug)]
pub(crate) struct Staged(Arc<Mutex<Vec<Complete>>>);

impl Staged {
    pub(crate) fn add(&self, complete: Complete) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(complete);
    }
}
