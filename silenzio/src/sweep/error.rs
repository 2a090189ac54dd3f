//! What is wrong with a grid.

/// A field of a grid that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct GridError {
    field: String,
    problem: String,
}

impl GridError {
    /// `field` has this problem.
    pub fn new(field: &str, problem: impl Into<String>) -> Self {
        Self { field: field.to_owned(), problem: problem.into() }
    }
}
