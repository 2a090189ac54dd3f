//! The options that select a plan.

use crate::error::CliError;
use clap::Args;
use silenzio::{Experiment, Override};
use std::path::PathBuf;

/// A plan, and the changes to its fields.
#[derive(Args, Debug)]
pub struct PlanOptions {
    /// The plan.
    pub plan: PathBuf,
    /// Change a field of the plan, as in `--set training.epochs=5` or `--set engine.rounding=nearest`.
    #[arg(long, value_name = "FIELD=VALUE")]
    pub set: Vec<Override>,
}

impl PlanOptions {
    /// Reads the plan, with its fields changed.
    ///
    /// # Errors
    /// If the file cannot be read or is not a valid plan.
    pub fn open(&self) -> Result<Experiment, CliError> {
        Ok(Experiment::open(&self.plan, &self.set)?)
    }
}
