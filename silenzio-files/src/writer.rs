//! Writing a container to a file or to memory: all of it, or nothing.

use crate::outputs::Staged;
use crate::temporary::{Audience, Complete, sync_folder, temporary};
use crate::{Digest, Encoder, FileError, Header, Problem};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

/// What to do with a file that exists already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Overwrite {
    /// Refuse to replace it.
    Refuse,
    /// Replace it, once the new one is complete. A client key is moved aside instead, under a dated name.
    Replace,
}

/// The destination of a container: a file, or memory. Clones of one in memory share its bytes.
#[derive(Clone, Debug)]
pub struct Destination {
    path: PathBuf,
    place: Place,
}

#[derive(Clone, Debug)]
enum Place {
    File { folder: PathBuf, overwrite: Overwrite, audience: Audience, staged: Option<Staged> },
    Memory(Arc<Mutex<Option<Bytes>>>),
}

/// Bytes in memory, which may be those of a secret key.
type Bytes = Zeroizing<Vec<u8>>;

impl Destination {
    /// A destination in a file. It checks, before a long job, that the result can be written. A symbolic link is replaced, not
    /// followed.
    ///
    /// # Errors
    /// [`Problem::Exists`] if the path exists and may not be replaced, [`Problem::NotAFile`] if it is not a regular file, and
    /// [`Problem::Write`] if its folder cannot be written to.
    pub fn new(path: impl AsRef<Path>, overwrite: Overwrite) -> Result<Self, FileError> {
        Self::file(path.as_ref(), overwrite, Audience::Everybody, None)
    }

    pub(crate) fn file(
        path: &Path,
        overwrite: Overwrite,
        audience: Audience,
        staged: Option<Staged>,
    ) -> Result<Self, FileError> {
        let place = Place::File { folder: folder_of(path).into(), overwrite, audience, staged };
        let destination = Self { path: path.into(), place };
        destination.check().map_err(|problem| destination.error(problem))?;
        Ok(destination)
    }

    /// A destination in memory, for a container or any other file, which errors call by this name.
    pub fn memory(name: impl Into<PathBuf>) -> Self {
        Self { path: name.into(), place: Place::Memory(Arc::default()) }
    }

    /// Takes the bytes that were written to memory; `None` if there are none, or if this is a file.
    pub fn take(&self) -> Option<Zeroizing<Vec<u8>>> {
        match &self.place {
            Place::File { .. } => None,
            Place::Memory(bytes) => bytes.lock().unwrap_or_else(PoisonError::into_inner).take(),
        }
    }

    /// Removes what was written, if anything.
    ///
    /// # Errors
    /// If there is a file that cannot be removed.
    pub fn remove(&self) -> io::Result<()> {
        match &self.place {
            Place::File { .. } => remove_if_there(&self.path),
            Place::Memory(_) => {
                drop(self.take());
                Ok(())
            }
        }
    }

    /// The path, or the name of a destination in memory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Begins to write a container. Until [`FileWriter::finish`], there is only a temporary file in the same folder.
    ///
    /// # Errors
    /// The errors of [`new`](Self::new), and [`Problem::Encode`] if the header is too long or has impossible lengths.
    pub fn create(&self, header: &Header) -> Result<FileWriter<'_>, FileError> {
        self.check().map_err(|problem| self.error(problem))?;
        let secret = header.contents.kind().is_secret();
        let file = match &self.place {
            Place::File { folder, audience, .. } => {
                let file = temporary(folder, if secret { Audience::Owner } else { *audience });
                Sink::File(file.map_err(|error| self.error(Problem::Write(error)))?)
            }
            // The vector is allocated at its full size, since one that grows would leave copies of a secret behind.
            Place::Memory(_) => Sink::Memory(Zeroizing::new(Vec::with_capacity(
                usize::try_from(header.payload.total_len()).unwrap_or(0).saturating_add(HEADER_ROOM),
            ))),
        };
        let encoder = Encoder::new(file, header).map_err(|error| self.write_error(error))?;
        Ok(FileWriter { encoder, destination: self, secret })
    }

    /// Writes a file that is not a container: all of it, or nothing.
    ///
    /// # Errors
    /// The errors of [`new`](Self::new), and [`Problem::Write`] if the file cannot be written.
    pub fn write(&self, bytes: &[u8]) -> Result<(), FileError> {
        self.check().map_err(|problem| self.error(problem))?;
        let written = match &self.place {
            Place::File { folder, audience, .. } => temporary(folder, *audience)
                .and_then(|mut file| file.write_all(bytes).map(|()| Sink::File(file))),
            Place::Memory(_) => Ok(Sink::Memory(Zeroizing::new(bytes.to_vec()))),
        };
        let written = written.map_err(|error| self.error(Problem::Write(error)))?;
        self.publish(written, false).map_err(|problem| self.error(problem))
    }

    fn check(&self) -> Result<(), Problem> {
        let Place::File { folder, overwrite, .. } = &self.place else { return Ok(()) };
        match self.path.symlink_metadata() {
            Ok(_) if *overwrite == Overwrite::Refuse => return Err(Problem::Exists),
            Ok(found) if !found.is_file() && !found.is_symlink() => return Err(Problem::NotAFile),
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(Problem::Write(error)),
            _ => (),
        }
        // The temporary file is removed at once.
        temporary(folder, Audience::Owner).map(drop).map_err(Problem::Write)
    }

    /// Gives the complete file its name.
    fn publish(&self, written: Sink, secret: bool) -> Result<(), Problem> {
        match (&self.place, written) {
            (Place::File { folder, overwrite, staged, .. }, Sink::File(file)) => {
                file.as_file().sync_all().map_err(Problem::Write)?;
                let complete = Complete { file, path: self.path.clone(), overwrite: *overwrite, secret };
                match staged {
                    Some(staged) => staged.add(complete),
                    None => {
                        complete.publish()?;
                        sync_folder(folder).map_err(Problem::Sync)?;
                    }
                }
                Ok(())
            }
            (Place::Memory(bytes), Sink::Memory(written)) => {
                *bytes.lock().unwrap_or_else(PoisonError::into_inner) = Some(written);
                Ok(())
            }
            _ => Err(Problem::Write(io::Error::other("was written for another destination"))),
        }
    }

    fn error(&self, problem: Problem) -> FileError {
        FileError::new(&self.path, problem)
    }

    /// The error of a write. `InvalidData` can only be our own, for a payload that does not fit the header.
    fn write_error(&self, error: io::Error) -> FileError {
        self.error(match error.kind() {
            ErrorKind::InvalidData => Problem::Encode(error),
            _ => Problem::Write(error),
        })
    }
}

/// The room for a header in memory, in bytes: more than any header takes.
const HEADER_ROOM: usize = 64 << 10;

/// What a container is written to.
enum Sink {
    File(NamedTempFile),
    Memory(Bytes),
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.write(bytes),
            Self::Memory(vector) => vector.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(file) => file.flush(),
            Self::Memory(_) => Ok(()),
        }
    }
}

/// Removes a file, if there is one.
///
/// # Errors
/// If there is a file that cannot be removed.
pub fn remove_if_there(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The folder of the file that a path names.
pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// A container that is being written. It is removed unless it is [finished](Self::finish).
#[must_use]
pub struct FileWriter<'a> {
    encoder: Encoder<Sink>,
    destination: &'a Destination,
    secret: bool,
}

impl FileWriter<'_> {
    /// Appends to the payload what `encode` writes.
    ///
    /// # Errors
    /// If `encode` fails, if the file cannot be written, or if the payload gets longer than the header says.
    pub fn encode(&mut self, encode: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), FileError> {
        encode(&mut self.encoder).map_err(|error| self.destination.write_error(error))
    }

    /// Brings the file to the disk under its own name, and returns its digest. One of several [outputs](crate::Outputs) gets
    /// its name together with the others.
    ///
    /// # Errors
    /// [`Problem::Encode`] if the payload is shorter than the header says, [`Problem::Write`] if the file cannot be written,
    /// and [`Problem::Exists`] if another program has meanwhile made a file of its name that may not be replaced.
    pub fn finish(self) -> Result<Digest, FileError> {
        let (file, digest) = self.encoder.finish().map_err(|error| self.destination.write_error(error))?;
        self.destination.publish(file, self.secret).map_err(|problem| self.destination.error(problem))?;
        Ok(digest)
    }
}
