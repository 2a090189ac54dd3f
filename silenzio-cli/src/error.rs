//! What the program says when it cannot go on.

use silenzio_client::ClientError;
use silenzio_core::plan::PlanError;
use silenzio_core::{BackendError, EngineError};
use silenzio_files::FileError;
use silenzio_nn::data::DataError;
use silenzio_protocol::NetworkError;
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
    #[error("{}: not a valid plan{}\n{error}", path.display(), if *changed { " with the fields of --set" } else { "" })]
    Toml {
        /// The plan.
        path: PathBuf,
        /// Whether the command line changed fields.
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
        error: EngineError,
    },
    /// There is no network for a public plan.
    #[error("{}: {error}", path.display())]
    Public {
        /// The plan.
        path: PathBuf,
        /// The field and why.
        error: NetworkError,
    },
    /// Something at the client failed.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
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
    /// An operation failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A backend operation failed.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// An option of the exact engine was given to another one.
    #[error(
        "--faults and --look-up-by-look-up are for engine.kind = \"exact\": the leveled engine has no look-ups that are exact"
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
    /// The result cannot be written.
    #[error("cannot write the result: {0}")]
    Output(String),
}
