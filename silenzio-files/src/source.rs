//! Sources from which containers are read.

use crate::plain::{is_container, read_plain};
use crate::{FileError, MAGIC, Problem};
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The source of a container: a file, or bytes in memory.
#[derive(Clone, Debug)]
pub enum Source {
    /// A file.
    File(PathBuf),
    /// Bytes, which may be shared.
    Bytes {
        /// The name of the bytes in errors.
        name: PathBuf,
        /// The container.
        bytes: Arc<[u8]>,
    },
}

impl Source {
    /// A container in memory, which errors call by this name.
    pub fn bytes(name: impl Into<PathBuf>, bytes: impl Into<Arc<[u8]>>) -> Self {
        Self::Bytes { name: name.into(), bytes: bytes.into() }
    }

    /// The path of the file, or the name of the bytes.
    pub fn path(&self) -> &Path {
        match self {
            Self::File(path) | Self::Bytes { name: path, .. } => path,
        }
    }

    /// Whether it begins like a container. It may be damaged nevertheless.
    ///
    /// # Errors
    /// If a file cannot be read, or is a folder, a device or a pipe.
    pub fn is_container(&self) -> Result<bool, FileError> {
        match self {
            Self::File(path) => is_container(path),
            Self::Bytes { bytes, .. } => Ok(bytes.starts_with(MAGIC.as_ref())),
        }
    }

    /// Reads a plain file, which is not a container and not longer than a limit.
    ///
    /// # Errors
    /// If it is longer, cannot be read, or is a folder, a device or a pipe.
    pub fn read_plain(&self, limit: u64) -> Result<Cow<'_, [u8]>, FileError> {
        match self {
            Self::File(path) => Ok(read_plain(path, limit)?.into()),
            Self::Bytes { name, bytes } if bytes.len() as u64 > limit => {
                Err(FileError::new(name, Problem::TooLarge { limit }))
            }
            Self::Bytes { bytes, .. } => Ok(Cow::Borrowed(bytes)),
        }
    }
}

impl From<PathBuf> for Source {
    fn from(path: PathBuf) -> Self {
        Self::File(path)
    }
}

impl From<&Path> for Source {
    fn from(path: &Path) -> Self {
        Self::File(path.into())
    }
}

impl From<&PathBuf> for Source {
    fn from(path: &PathBuf) -> Self {
        Self::File(path.clone())
    }
}

impl From<&str> for Source {
    fn from(path: &str) -> Self {
        Self::File(path.into())
    }
}

impl From<&Source> for Source {
    fn from(source: &Source) -> Self {
        source.clone()
    }
}

/// A [`Source`] that is open.
#[derive(Debug)]
pub enum Stored {
    /// A file.
    File(File),
    /// Bytes in memory.
    Bytes(Cursor<Arc<[u8]>>),
}

impl Read for Stored {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read(bytes),
            Self::Bytes(cursor) => cursor.read(bytes),
        }
    }
}

impl Seek for Stored {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Self::File(file) => file.seek(to),
            Self::Bytes(cursor) => cursor.seek(to),
        }
    }
}
