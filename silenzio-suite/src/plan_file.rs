//! Public plans as TOML files.

use crate::PublicPlan;
use silenzio_files::{FileError, MAX_PLAN_BYTES, Problem, read_text};
use std::path::Path;

/// Reads a public plan from its TOML form, and checks it.
///
/// # Errors
/// If the file cannot be read or is not a valid public plan.
pub fn read_plan(path: &Path) -> Result<PublicPlan, FileError> {
    let failed = |problem| FileError { path: path.into(), problem };
    let text = read_text(path, MAX_PLAN_BYTES)?;
    let plan: PublicPlan = toml::from_str(&text).map_err(|error| failed(Problem::Plan(error.to_string())))?;
    plan.network().map_err(|error| failed(Problem::Plan(error.to_string())))?;
    Ok(plan)
}

/// The TOML form of a public plan.
///
/// # Errors
/// If a number cannot be written as TOML, such as a seed of 2^63 or more.
pub fn to_toml(plan: &PublicPlan) -> Result<String, toml::ser::Error> {
    let fields = toml::to_string(plan)?;
    Ok(format!("# Shapes and numbers that a server learns; nothing else of the data.\n\n{fields}"))
}
