//! What the program says when it cannot go on.

use silenzio_core::plan::PlanError;
use silenzio_core::{BackendError, EngineError};
use silenzio_nn::data::DataError;
use std::path::PathBuf;

/// A failure of a command.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// A file cannot be read.
    #[error("{}: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// A plan is not TOML, or has unknown or missing fields.
    #[error("{}: not a valid plan\n{error}", path.display())]
    Toml {
        /// The plan.
        path: PathBuf,
        /// Where and why.
        error: Box<toml::de::Error>,
    },
    /// A plan has a field with an impossible value.
    #[error("{}: {error}", path.display())]
    Plan {
        /// The plan.
        path: PathBuf,
        /// The field and why.
        error: PlanError,
    },
    /// The data cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The plan cannot be carried out, or an operation failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A backend operation failed.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// The threads cannot be started.
    #[error("--threads: {0}")]
    Threads(String),
    /// Encrypted and simulated training differ.
    #[error("after {steps} steps {differing} of {weights} decrypted weights differ from the simulator's")]
    Mismatch {
        /// The steps done.
        steps: u64,
        /// Differing weights.
        differing: usize,
        /// All weights.
        weights: usize,
    },
    /// The result cannot be written.
    #[error("cannot write the result: {0}")]
    Output(String),
}
