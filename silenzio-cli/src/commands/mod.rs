//! One module per command.

pub mod decrypt;
pub mod demo;
pub mod encrypt;
pub mod estimate;
pub mod evaluate;
pub mod export;
pub mod infer;
pub mod inspect;
pub mod keygen;
pub mod parameters;
pub mod predict;
pub mod rehearse;
pub mod report;
pub mod simulate;
pub mod sweep;
pub mod train;

use crate::error::CliError;
use serde::Serialize;

/// Prints a result for machines.
fn print_json(result: &impl Serialize) -> Result<(), CliError> {
    let text = serde_json::to_string_pretty(result).map_err(|error| CliError::Output(error.to_string()))?;
    println!("{text}");
    Ok(())
}
