//! What the program says when it cannot go on.

use crate::results::ResultsError;
use crate::sweep::GridError;
use silenzio_client::ClientError;
use silenzio_core::plan::PlanError;
use silenzio_core::{BackendError, EngineError};
use silenzio_files::{FileError, Problem};
use silenzio_nn::data::DataError;
use silenzio_protocol::NetworkError;
use silenzio_server::ServerError;
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
    #[error("{}: not a valid plan{}\n{error}", path.display(), if *changed { " with the changed fields" } else { "" })]
    Toml {
        /// The plan.
        path: PathBuf,
        /// Whether the command line or a sweep changed fields.
        changed: bool,
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
    /// A plan cannot be carried out on its data.
    #[error("{}: {error}", path.display())]
    Network {
        /// The plan.
        path: PathBuf,
        /// The field and why.
        error: NetworkError,
    },
    /// Something at the client failed.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// An option does not go with the others.
    #[error("{option}: {problem}")]
    Option {
        /// The option.
        option: &'static str,
        /// What to do.
        problem: String,
    },
    /// The data cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// An operation failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A backend operation failed.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// An option of the exact engine was given to another one.
    #[error(
        "--faults and --look-up-by-look-up are for engine.kind = \"exact\": the approximate engine has no look-ups that are exact"
    )]
    ExactOnly,
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
    /// A grid asks for something impossible.
    #[error("{}: {error}", path.display())]
    Grid {
        /// The grid.
        path: PathBuf,
        /// The field and why.
        error: GridError,
    },
    /// A point of a grid is no valid plan.
    #[error("{}: point {number}: {error}", path.display())]
    Point {
        /// The grid.
        path: PathBuf,
        /// The point, from 1.
        number: usize,
        /// Why.
        error: Box<CliError>,
    },
    /// A file of results cannot be used.
    #[error("{}: {error}", path.display())]
    Results {
        /// The file.
        path: PathBuf,
        /// Where and why.
        error: ResultsError,
    },
    /// A file cannot be written.
    #[error("{}: cannot be written: {error}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Something at the server failed.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// Signals cannot be caught.
    #[error("cannot listen to signals: {0}")]
    Signals(String),
    /// A training was interrupted.
    #[error("interrupted after {steps_done} of {steps} steps: the same command with --resume goes on")]
    Stopped {
        /// The steps done.
        steps_done: u64,
        /// The steps in all.
        steps: u64,
    },
    /// Work that cannot go on later was interrupted.
    #[error("interrupted: nothing was written")]
    NothingWritten,
    /// The result cannot be written.
    #[error("cannot write the result: {0}")]
    Output(String),
}

impl CliError {
    /// The option of this program that helps, where there is one: the libraries know nothing of options.
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::File(error)
            | Self::Client(ClientError::File(error))
            | Self::Server(ServerError::File(error)) => match error.problem {
                Problem::Exists => Some("--force replaces existing files"),
                _ => None,
            },
            Self::Server(ServerError::CheckpointExists { .. }) => {
                Some("--resume resumes the training, --force starts over")
            }
            Self::Server(ServerError::OtherTraining { .. }) => Some("--checkpoint gives another path"),
            _ => None,
        }
    }

    /// Whether it is the user who ended the work.
    pub fn is_interruption(&self) -> bool {
        matches!(self, Self::Stopped { .. } | Self::NothingWritten)
    }
}
