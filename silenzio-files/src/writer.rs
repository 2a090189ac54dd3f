//! Writing a file: all of it, or nothing.

use crate::{Digest, Encoder, FileError, Header, Problem};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use tempfile::{Builder, NamedTempFile};

/// What to do with a file that exists already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Overwrite {
    /// Refuse.
    Refuse,
    /// Replace it, once the new one is complete.
    Replace,
}

/// Where a file will be written.
pub struct Destination {
    path: PathBuf,
    folder: PathBuf,
    overwrite: Overwrite,
}

impl Destination {
    /// Checks, before a long job, that its result can be written. A symbolic link is replaced, not followed.
    ///
    /// # Errors
    /// If the path exists and is not to be replaced, or is no regular file, or its folder cannot be written to.
    pub fn new(path: impl AsRef<Path>, overwrite: Overwrite) -> Result<Self, FileError> {
        let path = path.as_ref();
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let destination = Self { path: path.into(), folder: folder.into(), overwrite };
        destination.check().map_err(|problem| destination.error(problem))?;
        Ok(destination)
    }

    /// The path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Begins to write. Until [`FileWriter::finish`] there is only a temporary file in the same folder.
    ///
    /// # Errors
    /// As [`new`](Self::new), and if the header is too long or has impossible lengths.
    pub fn create(&self, header: &Header) -> Result<FileWriter<'_>, FileError> {
        self.check().map_err(|problem| self.error(problem))?;
        let file = self.temporary(header.contents.kind().is_secret());
        let file = file.map_err(|error| self.error(Problem::Write(error)))?;
        let encoder = Encoder::new(file, header).map_err(|error| self.write_error(error))?;
        Ok(FileWriter { encoder, destination: self })
    }

    /// Writes a file that is no container: all of it, or nothing.
    ///
    /// # Errors
    /// As [`new`](Self::new), and if the file cannot be written.
    pub fn write(&self, bytes: &[u8]) -> Result<(), FileError> {
        self.check().map_err(|problem| self.error(problem))?;
        let file = self.temporary(false).and_then(|mut file| file.write_all(bytes).map(|()| file));
        let file = file.map_err(|error| self.error(Problem::Write(error)))?;
        self.publish(file).map_err(|problem| self.error(problem))
    }

    fn check(&self) -> Result<(), Problem> {
        match self.path.symlink_metadata() {
            Ok(_) if self.overwrite == Overwrite::Refuse => return Err(Problem::Exists),
            Ok(found) if !found.is_file() && !found.is_symlink() => return Err(Problem::NotAFile),
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(Problem::Write(error)),
            _ => (),
        }
        // Vanishes at once.
        self.temporary(true).map(drop).map_err(Problem::Write)
    }

    fn temporary(&self, secret: bool) -> io::Result<NamedTempFile> {
        let mut builder = Builder::new();
        builder.prefix(".silenzio-").suffix(".tmp");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = if secret { 0o600 } else { 0o666 };
            builder.permissions(std::fs::Permissions::from_mode(mode)); // less the umask
        }
        #[cfg(not(unix))]
        let _ = secret;
        builder.tempfile_in(&self.folder)
    }

    /// Gives the temporary file its name, when all of it is on the disk.
    fn publish(&self, file: NamedTempFile) -> Result<(), Problem> {
        file.as_file().sync_all().map_err(Problem::Write)?;
        match self.overwrite {
            Overwrite::Refuse => file.persist_noclobber(&self.path),
            Overwrite::Replace => file.persist(&self.path),
        }
        .map_err(|failure| match failure.error.kind() {
            ErrorKind::AlreadyExists => Problem::Exists,
            _ => Problem::Write(failure.error),
        })?;
        sync_folder(&self.folder).map_err(Problem::Sync)
    }

    fn error(&self, problem: Problem) -> FileError {
        FileError::new(&self.path, problem)
    }

    /// Ours is the only `InvalidData`: what does not fit the header.
    fn write_error(&self, error: io::Error) -> FileError {
        self.error(match error.kind() {
            ErrorKind::InvalidData => Problem::Encode(error),
            _ => Problem::Write(error),
        })
    }
}

/// A file that is being written. It vanishes unless it is [finished](Self::finish).
#[must_use]
pub struct FileWriter<'a> {
    encoder: Encoder<NamedTempFile>,
    destination: &'a Destination,
}

impl FileWriter<'_> {
    /// Appends to the payload what `encode` writes.
    ///
    /// # Errors
    /// As `encode`, and if the file cannot be written or gets longer than the header says.
    pub fn encode(&mut self, encode: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), FileError> {
        encode(&mut self.encoder).map_err(|error| self.destination.write_error(error))
    }

    /// Brings the file to the disk under its own name, and gives its identity.
    ///
    /// # Errors
    /// If the payload is shorter than the header says, if the file cannot be written, or if one of its name has come
    /// into being that is not to be replaced.
    pub fn finish(self) -> Result<Digest, FileError> {
        let (file, digest) = self.encoder.finish().map_err(|error| self.destination.write_error(error))?;
        self.destination.publish(file).map_err(|problem| self.destination.error(problem))?;
        Ok(digest)
    }
}

/// Makes the new name outlive a power failure.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
