//! Errors of the library.

#[cfg(feature = "simulator")]
use crate::sweep::{GridError, TableError};
#[cfg(feature = "client")]
use silenzio_client::ClientError;
use silenzio_core::EngineError;
use silenzio_core::plan::PlanError;
use silenzio_data::{DataError, DatasetError};
use silenzio_files::FileError;
#[cfg(feature = "server")]
use silenzio_server::ServerError;
#[cfg(feature = "simulator")]
use silenzio_suite::InapplicableSwitch;
use silenzio_suite::PlanProblem;
use std::io;
use std::path::{Path, PathBuf};

/// An error of the library. Its message says what went wrong, and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file, or what it describes, has an error.
    #[error("{}: {error}", path.display())]
    At {
        /// The file.
        path: PathBuf,
        /// The error.
        error: Box<Error>,
    },
    /// A file cannot be read.
    #[error("{0}")]
    Read(io::Error),
    /// A file cannot be written.
    #[error("cannot be written: {0}")]
    Write(io::Error),
    /// A plan is not TOML, or has unknown or missing fields.
    #[error(
        "not a valid plan{}\n{error}{}",
        if *changed { " with the changed fields" } else { "" },
        if *backslash { "write paths with /, or with \\ between single quotes" } else { "" }
    )]
    Toml {
        /// Whether fields were overridden.
        changed: bool,
        /// Whether the line of the error has a backslash.
        backslash: bool,
        /// The error of the parser, with its place.
        error: Box<toml::de::Error>,
    },
    /// A plan has a field with an impossible value.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A plan cannot be carried out on its data.
    #[error(transparent)]
    Task(#[from] PlanProblem),
    /// A training cannot begin with a public model.
    #[error("{problem}")]
    Initial {
        /// What is wrong, and what to do.
        problem: String,
    },
    /// The data cannot be used.
    #[error(transparent)]
    Data(Box<DataError>),
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// An operation failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// An operation of the client failed.
    #[cfg(feature = "client")]
    #[error(transparent)]
    Client(#[from] ClientError),
    /// An operation of the server failed.
    #[cfg(feature = "server")]
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The plan's engine does not have a setting of the simulator.
    #[cfg(feature = "simulator")]
    #[error(transparent)]
    Switch(#[from] InapplicableSwitch),
    /// The encrypted and the simulated training differ.
    #[error("after {steps} steps {differing} of {weights} decrypted weights differ from the simulator's")]
    Mismatch {
        /// The steps done.
        steps: u64,
        /// The number of weights that differ.
        differing: usize,
        /// The number of all weights.
        weights: usize,
    },
    /// A grid asks for something impossible.
    #[cfg(feature = "simulator")]
    #[error(transparent)]
    Grid(#[from] GridError),
    /// A point of a grid is not a valid plan.
    #[error("point {number}: {error}")]
    Point {
        /// The number of the point, from 1.
        number: usize,
        /// The error.
        error: Box<Error>,
    },
    /// A table of results cannot be used.
    #[cfg(feature = "simulator")]
    #[error(transparent)]
    Table(#[from] TableError),
    /// The threads cannot be started.
    #[error("the threads cannot be started: {0}")]
    Threads(String),
    /// A result cannot be written in the format of its file.
    #[error("the result cannot be encoded: {0}")]
    Encode(String),
    /// The work was cancelled.
    #[error("cancelled")]
    Cancelled,
}

impl Error {
    /// Adds the name of a file to the error, unless it names one already.
    #[must_use]
    pub fn at(self, path: impl AsRef<Path>) -> Self {
        match self {
            Self::File(_) => self,
            error => Self::At { path: path.as_ref().into(), error: Box::new(error) },
        }
    }

    /// The error without the names of files and points.
    pub fn root(&self) -> &Self {
        match self {
            Self::At { error, .. } | Self::Point { error, .. } => error.root(),
            root => root,
        }
    }
}

impl From<DatasetError> for Error {
    fn from(error: DatasetError) -> Self {
        Self::from(DataError::from(error))
    }
}

impl From<DataError> for Error {
    fn from(error: DataError) -> Self {
        Self::Data(Box::new(error))
    }
}
