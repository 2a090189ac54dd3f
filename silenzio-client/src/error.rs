//! Errors of the client.

use silenzio_core::EngineError;
use silenzio_data::DataError;
use silenzio_files::{Digest, FileError, KeyId, MAX_PLAIN_BYTES, read_plain};
use std::path::{Path, PathBuf};

/// An error of the client.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// A container or a destination cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// Samples cannot be used.
    #[error(transparent)]
    Data(Box<DataError>),
    /// Samples or weights do not fit the network.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A plain file is not valid.
    #[error("{}: {problem}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// A key is not the one that a data set was encrypted with.
    #[error(
        "the secret key is key {found}, but the data set was encrypted with key {expected}: use that key"
    )]
    OtherKey {
        /// The key in use.
        found: KeyId,
        /// The key of the data set.
        expected: KeyId,
    },
    /// A result was made by another plan.
    #[error(
        "{}: was made by a plan with another {difference} than the one that was agreed on: ask for a result of that \
         plan, or use the preprocessing of the other data set",
        path.display()
    )]
    OtherPlan {
        /// The file.
        path: PathBuf,
        /// The first part that differs.
        difference: &'static str,
    },
    /// A result was made from another data set.
    #[error(
        "{}: was made from another data set, SHA-256 {found} instead of {expected}: use the preprocessing of that data set",
        path.display()
    )]
    OtherData {
        /// The file.
        path: PathBuf,
        /// The data set that it was made from.
        found: Digest,
        /// The data set that it should be made from.
        expected: Digest,
    },
    /// A decrypted result is not made of finite numbers.
    #[error("{}: {what} is not a finite number: the file is not a result of this plan", path.display())]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// What is not finite.
        what: String,
    },
    /// The operating system has no randomness.
    #[error("the operating system gives no randomness: {0}")]
    Randomness(#[from] getrandom::Error),
    /// A result cannot be written in the format of its file.
    #[error("the result cannot be encoded: {0}")]
    Encode(String),
}

impl ClientError {
    /// The error of a plain file.
    pub(crate) fn invalid(path: &Path, problem: impl Into<String>) -> Self {
        Self::Invalid { path: path.into(), problem: problem.into() }
    }

    /// The error of a result that cannot be encoded.
    pub(crate) fn encode(error: impl ToString) -> Self {
        Self::Encode(error.to_string())
    }
}

/// Reads a plain file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, ClientError> {
    Ok(read_plain(path, MAX_PLAIN_BYTES)?)
}

impl From<DataError> for ClientError {
    fn from(error: DataError) -> Self {
        Self::Data(Box::new(error))
    }
}
