//! Files of results, read back: what `simulate` and `train` print for machines, and the tables of sweeps.

/// What is wrong with a file of results.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ResultsError(String);

impl ResultsError {
    /// This problem.
    pub fn new(problem: impl Into<String>) -> Self {
        Self(problem.into())
    }

    /// The problem, with its line.
    #[must_use]
    pub fn at_line(self, line: u64) -> Self {
        Self(format!("line {line}: {}", self.0))
    }

    /// The problem, with a way out for a sweep.
    #[must_use]
    pub fn or_start_anew(self) -> Self {
        Self(format!("{}; name another file with --out, or start anew with --force", self.0))
    }
}
