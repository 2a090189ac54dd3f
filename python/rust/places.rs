//! Sources and destinations of containers: paths, or bytes.

use crate::errors::raised;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;
use silenzio::files::{Destination, Overwrite, Source};
use std::path::PathBuf;

/// A file, or bytes.
#[derive(FromPyObject)]
pub enum Container {
    /// The bytes of a container.
    #[pyo3(transparent)]
    Bytes(PyBackedBytes),
    /// The path of a file.
    #[pyo3(transparent)]
    File(PathBuf),
}

impl Container {
    /// Errors call bytes by this name.
    pub fn source(self, name: &str) -> Source {
        match self {
            Self::Bytes(bytes) => Source::bytes(name, &*bytes),
            Self::File(path) => path.into(),
        }
    }
}

/// Whether files may be replaced.
pub const fn overwrite(force: bool) -> Overwrite {
    if force { Overwrite::Replace } else { Overwrite::Refuse }
}

/// A file, or memory if no path is given.
pub fn destination(path: Option<PathBuf>, name: &str, force: bool) -> PyResult<Destination> {
    match path {
        Some(path) => Destination::new(path, overwrite(force)).map_err(raised),
        None => Ok(Destination::memory(name)),
    }
}

/// The bytes that were written to memory; `None` for a file.
pub fn taken<'py>(py: Python<'py>, destination: &Destination) -> Option<Bound<'py, PyBytes>> {
    destination.take().map(|bytes| PyBytes::new(py, &bytes))
}
