//! What can go wrong at the client.

use silenzio_core::EngineError;
use silenzio_files::FileError;
use silenzio_nn::data::DataError;
use std::io;
use std::path::{Path, PathBuf};

/// What can go wrong at the client.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// A container or a destination cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// Samples cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Samples or weights do not fit the network.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A plain file cannot be read.
    #[error("{}: cannot be read: {error}; check the path and its permissions", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A plain file is not what it should be.
    #[error("{}: {problem}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// A key does not go with a plan.
    #[error(
        "the key is for the parameters {found}, but the plan needs {expected}: use one plan for all files"
    )]
    OtherParameters {
        /// Those of the key.
        found: String,
        /// Those of the plan.
        expected: String,
    },
    /// The operating system has no randomness.
    #[error("the operating system gives no randomness: {0}")]
    Randomness(#[from] getrandom::Error),
    /// A result has no such form.
    #[error("the result cannot be encoded: {0}")]
    Encode(String),
}

impl ClientError {
    /// Something wrong with a plain file.
    pub(crate) fn invalid(path: &Path, problem: impl Into<String>) -> Self {
        Self::Invalid { path: path.into(), problem: problem.into() }
    }

    /// A result that cannot be encoded.
    pub(crate) fn encode(error: impl ToString) -> Self {
        Self::Encode(error.to_string())
    }
}

/// The bytes of a plain file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, ClientError> {
    std::fs::read(path).map_err(|error| ClientError::Read { path: path.into(), error })
}
