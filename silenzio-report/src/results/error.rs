//! Errors in files of results.

use silenzio::sweep::TableError;

/// An error in a file of results.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResultsError {
    /// The file is of no known kind.
    #[error("is neither the JSON of a simulation, a rehearsal or an evaluation, nor the CSV of a sweep")]
    UnknownKind,
    /// The file is not a valid table of a sweep.
    #[error(transparent)]
    Table(#[from] TableError),
    /// A field is missing or impossible.
    #[error("{0}")]
    Invalid(String),
}

impl ResultsError {
    pub(super) fn new(problem: impl Into<String>) -> Self {
        Self::Invalid(problem.into())
    }
}
