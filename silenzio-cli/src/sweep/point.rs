//! One point of a sweep.

use super::grid::GridError;
use super::switches::Switches;
use crate::arguments::PlanOptions;
use crate::error::CliError;
use crate::experiment::Experiment;
use crate::overrides::Override;
use std::path::Path;
use toml::Value;

/// A plan with some fields changed.
pub struct Point {
    /// The values of the swept fields, in the grid's order.
    pub values: Vec<Value>,
    /// The changed plan.
    pub experiment: Experiment,
    /// How the simulator behaves.
    pub switches: Switches,
}

impl Point {
    /// The plan at `plan` with these values of `fields`.
    ///
    /// # Errors
    /// If that is no valid plan. `in_grid` makes an error of the grid.
    pub fn new(
        plan: &Path,
        fields: &[String],
        values: Vec<Value>,
        in_grid: impl Fn(GridError) -> CliError,
    ) -> Result<Self, CliError> {
        let (mut set, mut switches) = (Vec::new(), Switches::default());
        for (field, value) in fields.iter().zip(&values) {
            if field.starts_with(Switches::PREFIX) {
                switches.set(field, value).map_err(&in_grid)?;
            } else {
                let changed = Override::new(field, value.clone());
                set.push(changed.map_err(|problem| in_grid(GridError::new(field, problem)))?);
            }
        }
        let experiment = Experiment::open(&PlanOptions { plan: plan.into(), set })?;
        switches.check(experiment.plan.engine.kind).map_err(in_grid)?;
        Ok(Self { values, experiment, switches })
    }
}

/// A value as a cell of a table: strings without quotes, everything else as in TOML.
pub fn cell(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
