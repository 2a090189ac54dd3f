//! Files of results, read back: what `simulate` and `train` print for machines, and the tables of sweeps.

mod run;

pub use run::{Confusion, SimulatedSeed, Simulation, Training};

use crate::error::CliError;
use crate::sweep::Table;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::path::Path;

/// What a file of results holds.
pub enum Results {
    /// Of `simulate --json`.
    Simulation(Simulation),
    /// Of `train --json`.
    Training(Box<Training>),
    /// Of `sweep`.
    Sweep(Table),
}

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

impl Results {
    /// Reads a file of results of any kind.
    ///
    /// # Errors
    /// If it cannot be read, or is of no kind.
    pub fn read(path: &Path) -> Result<Self, CliError> {
        let text =
            std::fs::read_to_string(path).map_err(|error| CliError::Read { path: path.into(), error })?;
        Self::parse(&text).map_err(|error| CliError::Results { path: path.into(), error })
    }

    fn parse(text: &str) -> Result<Self, ResultsError> {
        if Table::begins(text) {
            return Table::parse(text).map(Self::Sweep);
        }
        if !text.trim_start().starts_with('{') {
            return Err(ResultsError::new(
                "neither the JSON of `silenzio simulate --json` or `silenzio train --json`, nor the CSV of \
                 `silenzio sweep`",
            ));
        }
        let json: Value =
            serde_json::from_str(text).map_err(|error| ResultsError::new(format!("not JSON: {error}")))?;
        if json.get("seeds").is_some() {
            let simulation: Simulation = decode(json, "silenzio simulate --json")?;
            simulation.check()?;
            Ok(Self::Simulation(simulation))
        } else {
            let training: Training = decode(json, "silenzio train --json")?;
            training.check()?;
            Ok(Self::Training(Box::new(training)))
        }
    }
}

fn decode<T: DeserializeOwned>(json: Value, command: &str) -> Result<T, ResultsError> {
    serde_json::from_value(json)
        .map_err(|error| ResultsError::new(format!("not a result of `{command}`: {error}")))
}
