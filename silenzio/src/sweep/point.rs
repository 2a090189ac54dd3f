//! One point of a sweep.

use super::error::GridError;
use super::switches::Switches;
use crate::{Error, Experiment, Measure, Override};
use std::path::Path;
use toml::Value;

/// A plan with some fields changed.
#[derive(Debug)]
pub struct Point {
    /// The values of the swept fields, in the grid's order.
    pub values: Vec<Value>,
    /// The changed plan.
    pub experiment: Experiment,
    /// The settings of the simulator.
    pub switches: Switches,
}

impl Point {
    /// Reads the plan at `plan`, and sets `fields` to these values.
    ///
    /// # Errors
    /// If the plan cannot be read, or is not valid with these values.
    pub fn new(plan: &Path, fields: &[String], values: Vec<Value>) -> Result<Self, Error> {
        let (mut set, mut switches) = (Vec::new(), Switches::default());
        for (field, value) in fields.iter().zip(&values) {
            if field.starts_with(Switches::PREFIX) {
                switches.set(field, value)?;
            } else {
                let changed = Override::new(field, value.clone());
                set.push(changed.map_err(|problem| GridError::new(field, problem))?);
            }
        }
        let experiment = Experiment::open(plan, &set)?;
        if experiment.reads_standard_input() {
            let problem = "a sweep reads its data again, so that it can be resumed: name a file instead of -";
            return Err(GridError::new("data", problem).into());
        }
        switches.check(experiment.plan.engine.kind())?;
        Ok(Self { values, experiment, switches })
    }

    /// What the point is compared by.
    pub fn measure(&self) -> Measure {
        Measure::of(self.experiment.plan.training.loss)
    }
}

/// A value as a cell of a table: strings without quotes, everything else as in TOML.
pub fn cell(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
