//! `silenzio report`: draws results as a page with plots.

use super::print_json;
use crate::arguments::{GlobalOptions, ReportOptions};
use crate::error::CliError;
use serde::Serialize;
use silenzio::files::Outputs;
use silenzio_report::{Results, Written, write};
use std::path::PathBuf;

/// The result for machines.
#[derive(Serialize)]
struct Outcome {
    page: PathBuf,
    plots: usize,
}

/// Runs the command.
///
/// # Errors
/// If a file is not a valid file of results, or the page cannot be written.
pub fn run(options: &ReportOptions, global: &GlobalOptions) -> Result<(), CliError> {
    let read = |path: &PathBuf| Ok((path.display().to_string(), Results::read(path)?));
    let runs = options.runs.iter().map(read).collect::<Result<Vec<_>, CliError>>()?;
    let outputs = Outputs::new(options.overwrite.overwrite(), &options.runs);
    let Written { page, plots } = write(&options.out, &runs, outputs)?;
    if global.json {
        return print_json(&Outcome { page, plots });
    }
    outln!("report      {}, and {plots} plots as SVG files beside it", page.display());
    Ok(())
}
