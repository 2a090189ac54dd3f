//! Errors of the library as exceptions, by kind.

use pyo3::prelude::*;
use silenzio::Error;
#[cfg(feature = "client")]
use silenzio::client::ClientError;
use silenzio::core::EngineError;
use silenzio::files::{FileError, Problem};
use silenzio::server::ServerError;
use silenzio::suite::PlanProblem;

pyo3::import_exception!(silenzio.exceptions, DataError);
pyo3::import_exception!(silenzio.exceptions, EngineFailure);
pyo3::import_exception!(silenzio.exceptions, FileFormatError);
pyo3::import_exception!(silenzio.exceptions, MismatchError);
pyo3::import_exception!(silenzio.exceptions, PlanError);
pyo3::import_exception!(silenzio.exceptions, SilenzioError);
pyo3::import_exception!(silenzio.exceptions, SilenzioWarning);

/// The kinds of exceptions.
#[derive(Clone, Copy)]
enum Kind {
    Plan,
    Data,
    File,
    Mismatch,
    Engine,
    Exists,
    Missing,
    Interrupted,
    Other,
}

/// The exception of an error, with the library's message.
pub fn exception(error: &Error) -> PyErr {
    let text = error.to_string();
    match kind(error.root()) {
        Kind::Plan => PlanError::new_err(text),
        Kind::Data => DataError::new_err(text),
        Kind::File => FileFormatError::new_err(text),
        Kind::Mismatch => MismatchError::new_err(text),
        Kind::Engine => EngineFailure::new_err(text),
        Kind::Exists => pyo3::exceptions::PyFileExistsError::new_err(text),
        Kind::Missing => pyo3::exceptions::PyFileNotFoundError::new_err(text),
        Kind::Interrupted => pyo3::exceptions::PyKeyboardInterrupt::new_err(text),
        Kind::Other => SilenzioError::new_err(text),
    }
}

/// The exception of anything that can be turned into an error of the library.
pub fn raised(error: impl Into<Error>) -> PyErr {
    exception(&error.into())
}

fn kind(error: &Error) -> Kind {
    match error {
        Error::Toml { .. } | Error::Plan(_) => Kind::Plan,
        Error::Task(problem) => of_plan(problem),
        Error::Data(_) => Kind::Data,
        Error::Read(error) | Error::Write(error) => of_io(error),
        Error::File(error) => of_file(error),
        Error::Engine(error) => of_engine(error),
        Error::Server(error) => of_server(error),
        #[cfg(feature = "client")]
        Error::Client(error) => of_client(error),
        #[cfg(feature = "client")]
        Error::Switch(_) | Error::Grid(_) => Kind::Plan,
        #[cfg(feature = "client")]
        Error::Table(_) => Kind::File,
        Error::Cancelled => Kind::Interrupted,
        _ => Kind::Other,
    }
}

fn of_plan(problem: &PlanProblem) -> Kind {
    match problem {
        PlanProblem::Engine(error) => of_engine(error),
        _ => Kind::Plan,
    }
}

fn of_engine(error: &EngineError) -> Kind {
    match error {
        EngineError::Field(_) | EngineError::Plan { .. } => Kind::Plan,
        EngineError::Shape { .. } => Kind::Mismatch,
        EngineError::Backend(_) => Kind::Engine,
    }
}

fn of_io(error: &std::io::Error) -> Kind {
    match error.kind() {
        std::io::ErrorKind::NotFound => Kind::Missing,
        _ => Kind::File,
    }
}

fn of_file(error: &FileError) -> Kind {
    match &error.problem {
        Problem::Exists => Kind::Exists,
        Problem::Read(error) => of_io(error),
        Problem::WrongKey { .. } | Problem::WrongKind { .. } => Kind::Mismatch,
        _ => Kind::File,
    }
}

fn of_server(error: &ServerError) -> Kind {
    match error {
        ServerError::File(error) => of_file(error),
        ServerError::Engine(error) => of_engine(error),
        ServerError::CheckpointExists { .. } => Kind::Exists,
        ServerError::Remove { .. } => Kind::File,
        _ => Kind::Mismatch,
    }
}

#[cfg(feature = "client")]
fn of_client(error: &ClientError) -> Kind {
    match error {
        ClientError::File(error) => of_file(error),
        ClientError::Data(_) => Kind::Data,
        ClientError::Engine(error) => of_engine(error),
        ClientError::Invalid { .. } => Kind::File,
        ClientError::OtherKey { .. }
        | ClientError::OtherPlan { .. }
        | ClientError::OtherData { .. }
        | ClientError::NotFinite { .. } => Kind::Mismatch,
        _ => Kind::Other,
    }
}
