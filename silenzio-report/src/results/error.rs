//! What is wrong with a file of results.

use silenzio::sweep::TableError;

/// What is wrong with a file of results.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResultsError {
    /// It is of no known kind.
    #[error("neither the JSON of a simulation, a rehearsal or an evaluation, nor the CSV of a sweep")]
    UnknownKind,
    /// It is not the table of a sweep.
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
