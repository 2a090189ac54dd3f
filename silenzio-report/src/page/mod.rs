//! A page of results: plots and tables in one self-contained file.

mod axis;
mod bars;
mod chart;
mod curves;
mod document;
mod evaluation;
#[allow(clippy::indexing_slicing, reason = "places are those of what was just found or is known to be there")]
mod experiment;
mod heat_map;
mod scores;
mod section;
#[allow(clippy::indexing_slicing, reason = "every point has a value for every field")]
mod spread;
mod sweep;
mod theme;

use crate::ReportError;
use crate::results::{Rehearsal, Results, Simulation};
use experiment::Experiment;
use silenzio::files::Outputs;
use silenzio::sweep::Table;
use std::path::{Path, PathBuf};

/// The files that were written.
#[derive(Clone, Debug)]
pub struct Written {
    /// The path of the page.
    pub page: PathBuf,
    /// The number of plots beside it.
    pub plots: usize,
}

/// Writes `index.html` and the plots of results, each with the name of its file, to `folder`: all of them, or none.
///
/// # Errors
/// [`ReportError::Plot`] if a plot cannot be drawn, and [`ReportError::File`] or [`ReportError::Write`] if a file or the
/// folder cannot be written.
pub fn write(
    folder: &Path,
    runs: &[(String, Results)],
    mut outputs: Outputs,
) -> Result<Written, ReportError> {
    let mut experiments: Vec<Experiment<'_>> = Vec::new();
    let mut evaluations = Vec::new();
    let mut sweeps: Vec<(String, Table)> = Vec::new();
    for (name, run) in runs {
        match run {
            Results::Simulation(simulation) => {
                Experiment::of(&mut experiments, &simulation.plan, &simulation.network)
                    .simulations
                    .push((name, simulation));
            }
            Results::Rehearsal(rehearsal) => {
                Experiment::of(&mut experiments, &rehearsal.plan, &rehearsal.network)
                    .rehearsals
                    .push((name, rehearsal));
            }
            Results::Evaluation(evaluation) => evaluations.push((name, evaluation)),
            // The shards of one sweep are shown as one.
            Results::Sweep(table) => {
                match sweeps.iter_mut().find_map(|(names, sweep)| sweep.absorb(table).then_some(names)) {
                    Some(names) => names.extend([", ", name]),
                    None => sweeps.push((name.clone(), table.clone())),
                }
            }
        }
    }
    let mut sections = Vec::new();
    for (number, experiment) in (1..).zip(&experiments) {
        sections.push(experiment.section(&format!("run-{number}"))?);
    }
    for (number, (name, evaluation)) in (1..).zip(evaluations) {
        sections.push(evaluation::section(&format!("evaluation-{number}"), name, evaluation)?);
    }
    for (number, (name, table)) in (1..).zip(&sweeps) {
        sections.push(sweep::section(&format!("sweep-{number}"), name, table)?);
    }

    std::fs::create_dir_all(folder).map_err(|error| ReportError::Write { path: folder.into(), error })?;
    let mut write = |path: PathBuf, text: String| {
        outputs.file(&path)?.write(text.as_bytes())?;
        Ok::<_, ReportError>(path)
    };
    let mut plots = 0;
    for figure in sections.iter().flat_map(|section| &section.figures) {
        write(folder.join(format!("{}.svg", figure.name)), figure.file())?;
        plots += 1;
    }
    let page = write(folder.join("index.html"), document::html(&sections))?;
    outputs.commit()?;
    Ok(Written { page, plots })
}
