//! Files of results: the JSON of simulations, rehearsals and evaluations, and the tables of sweeps.

mod error;
mod evaluation;
mod run;

pub use error::ResultsError;
pub use evaluation::{EvaluatedModel, Evaluation};
pub use run::{Cost, Rehearsal, SimulatedSeed, Simulation};

use crate::ReportError;
use serde::de::DeserializeOwned;
use serde_json::Value;
use silenzio::files::{MAX_PLAIN_BYTES, read_text};
use silenzio::sweep::Table;
use std::path::Path;

/// The results in a file.
#[derive(Debug)]
pub enum Results {
    /// A simulation with some seeds.
    Simulation(Simulation),
    /// A training on ciphertexts.
    Rehearsal(Box<Rehearsal>),
    /// An evaluation of models on the same samples.
    Evaluation(Evaluation),
    /// A sweep.
    Sweep(Table),
}

impl Results {
    /// Reads a file of results of any kind.
    ///
    /// # Errors
    /// [`ReportError::File`] if it cannot be read, and [`ReportError::Results`] if it is of no known kind, or not valid.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, ReportError> {
        let path = path.as_ref();
        let text = read_text(path, MAX_PLAIN_BYTES)?;
        Self::parse(&text).map_err(|error| ReportError::Results { path: path.into(), error })
    }

    /// Parses results of any kind.
    ///
    /// # Errors
    /// If the text is of no known kind, or a field is missing or impossible.
    pub fn parse(text: &str) -> Result<Self, ResultsError> {
        if Table::begins(text) {
            return Ok(Self::Sweep(Table::parse(text)?));
        }
        if !text.trim_start().starts_with('{') {
            return Err(ResultsError::UnknownKind);
        }
        let json: Value =
            serde_json::from_str(text).map_err(|error| ResultsError::new(format!("not JSON: {error}")))?;
        if json.get("r2").is_some() {
            let problem = "the evaluation of a regression, of which there are no pages: make them of its simulation or \
                           rehearsal";
            return Err(ResultsError::new(problem));
        }
        if json.get("seeds").is_some() {
            let simulation: Simulation = decode(json, "a simulation")?;
            simulation.check()?;
            Ok(Self::Simulation(simulation))
        } else if json.get("models").is_some() {
            let evaluation: Evaluation = decode(json, "an evaluation")?;
            evaluation.check()?;
            Ok(Self::Evaluation(evaluation))
        } else {
            let rehearsal: Rehearsal = decode(json, "a rehearsal")?;
            rehearsal.check()?;
            Ok(Self::Rehearsal(Box::new(rehearsal)))
        }
    }
}

fn decode<T: DeserializeOwned>(json: Value, kind: &str) -> Result<T, ResultsError> {
    serde_json::from_value(json)
        .map_err(|error| ResultsError::new(format!("not the result of {kind}: {error}")))
}
