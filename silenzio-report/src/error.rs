//! Errors of reports.

use crate::ResultsError;
use silenzio::files::FileError;
use std::io;
use std::path::PathBuf;

/// An error of a report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file does not hold usable results.
    #[error("{}: {error}", path.display())]
    Results {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: ResultsError,
    },
    /// The folder cannot be created.
    #[error("{}: cannot be written: {error}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        error: io::Error,
    },
    /// A plot cannot be drawn.
    #[error("a plot cannot be drawn: {0}")]
    Plot(String),
}
