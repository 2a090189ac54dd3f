//! Errors of grids.

/// A field of a grid that is not valid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct GridError {
    field: String,
    problem: String,
}

impl GridError {
    /// The error of `field` with this problem.
    pub fn new(field: &str, problem: impl Into<String>) -> Self {
        Self { field: field.to_owned(), problem: problem.into() }
    }
}
