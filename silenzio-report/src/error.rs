//! What can go wrong.

use crate::ResultsError;
use silenzio::files::FileError;
use std::io;
use std::path::PathBuf;

/// What went wrong with which file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file holds no results that can be used.
    #[error("{}: {error}", path.display())]
    Results {
        /// The file.
        path: PathBuf,
        /// Where and why.
        error: ResultsError,
    },
    /// The folder cannot be made.
    #[error("{}: cannot be written: {error}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A plot cannot be drawn.
    #[error("a plot cannot be drawn: {0}")]
    Plot(String),
}
