//! Public plans as files of their own.

use silenzio_core::PublicPlan;
use silenzio_files::{FileError, Problem};
use std::path::Path;

/// Reads a public plan from its TOML form, and checks it.
///
/// # Errors
/// If the file cannot be read or is no valid public plan.
pub fn read_plan(path: &Path) -> Result<PublicPlan, FileError> {
    let failed = |problem| FileError { path: path.into(), problem };
    let text = std::fs::read_to_string(path).map_err(|error| failed(Problem::Read(error)))?;
    let plan: PublicPlan = toml::from_str(&text).map_err(|error| failed(Problem::Plan(error.to_string())))?;
    plan.validate().map_err(|error| failed(Problem::Plan(error.to_string())))?;
    Ok(plan)
}
