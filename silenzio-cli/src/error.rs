//! The errors that the program prints.

use silenzio::client::ClientError;
use silenzio::files::{FileError, Problem};
use silenzio::server::ServerError;
use silenzio::sweep::TableError;
use silenzio_report::{ReportError, ResultsError};
use std::path::PathBuf;

/// A failure of a command.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// An operation of the library failed.
    #[error("{error}{}", hint(error))]
    Library {
        /// The error of the library.
        error: Box<silenzio::Error>,
    },
    /// A report cannot be made.
    #[error("{error}{}", report_hint(error))]
    Report {
        /// The error of the report.
        #[from]
        error: ReportError,
    },
    /// An option cannot be used with the others.
    #[error("{option}: {problem}")]
    Option {
        /// The option.
        option: &'static str,
        /// What to do.
        problem: String,
    },
    /// A file cannot be read.
    #[error("{}: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// A file cannot be written.
    #[error("{}: cannot be written: {error}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The program is one of several ranks, but cannot communicate with the others.
    #[error("{0}")]
    Ranks(String),
    /// Signals cannot be caught.
    #[error("cannot listen to signals: {0}")]
    Signals(String),
    /// A training was interrupted.
    #[error("interrupted after {steps_done} of {steps} steps: resume with the same command and --resume")]
    Stopped {
        /// The steps done.
        steps_done: u64,
        /// The steps in all.
        steps: u64,
    },
    /// A search for a plan was interrupted, after its best plan so far was printed.
    #[error("interrupted after {simulations} simulated trainings: the plan is the best one so far")]
    SearchInterrupted {
        /// The number of trainings.
        simulations: u64,
    },
    /// Work that cannot be resumed was interrupted.
    #[error("interrupted: nothing was written")]
    NothingWritten,
    /// The result cannot be written.
    #[error("cannot write the result: {0}")]
    Output(String),
}

impl CliError {
    /// Whether the user interrupted the work.
    pub fn is_interruption(&self) -> bool {
        matches!(self, Self::Stopped { .. } | Self::SearchInterrupted { .. } | Self::NothingWritten)
    }
}

impl From<silenzio::Error> for CliError {
    fn from(error: silenzio::Error) -> Self {
        Self::Library { error: Box::new(error) }
    }
}

impl From<ClientError> for CliError {
    fn from(error: ClientError) -> Self {
        silenzio::Error::from(error).into()
    }
}

impl From<FileError> for CliError {
    fn from(error: FileError) -> Self {
        silenzio::Error::from(error).into()
    }
}

/// The options that do what an error of the library advises.
fn hint(error: &silenzio::Error) -> &'static str {
    match error.root() {
        silenzio::Error::File(error) => file_hint(error),
        silenzio::Error::Client(ClientError::File(error)) => file_hint(error),
        silenzio::Error::Server(error) => match error {
            ServerError::File(error) => file_hint(error),
            ServerError::CheckpointExists { .. } => " (--resume or --force)",
            ServerError::OtherTraining { .. } => " (--checkpoint)",
            _ => "",
        },
        silenzio::Error::Table(TableError::OtherGrid | TableError::Invalid { .. }) => {
            "; name another file with --out, or start over with --force"
        }
        silenzio::Error::Switch(_) => " (--faults and --look-up-by-look-up)",
        silenzio::Error::Threads(_) => " (--threads)",
        _ => "",
    }
}

fn file_hint(error: &FileError) -> &'static str {
    match error.problem {
        Problem::Exists => " (--force)",
        _ => "",
    }
}

fn report_hint(error: &ReportError) -> &'static str {
    match error {
        ReportError::File(error) => file_hint(error),
        ReportError::Results { error: ResultsError::UnknownKind | ResultsError::Invalid(_), .. } => {
            "\n(results are what `silenzio simulate --json`, `silenzio rehearse --json` and `silenzio evaluate --json` print, \
             and the file that `silenzio sweep` writes)"
        }
        _ => "",
    }
}
