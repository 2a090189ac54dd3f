//! `silenzio sweep`: runs the simulator at many points.

use super::{context, print_json};
use crate::arguments::{GlobalOptions, SweepOptions};
use crate::error::CliError;
use serde::Serialize;
use silenzio::Measure;
use silenzio::files::{MAX_PLAIN_BYTES, read_text};
use silenzio::sweep::{self, Grid, Shard, Table, Writer};
use silenzio_report::text::{duration, mean, score};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The result for machines.
#[derive(Serialize)]
struct Outcome {
    results: PathBuf,
    points: usize,
    seeds: u64,
    rows_before: usize,
    rows_added: usize,
    rows_failed: usize,
    seconds: f64,
    best: Option<Best>,
}

/// The point with the best mean score.
#[derive(Serialize)]
struct Best {
    point: usize,
    /// Of a classification.
    #[serde(skip_serializing_if = "Option::is_none")]
    mean_simulated_accuracy: Option<f64>,
    /// Of a regression.
    #[serde(skip_serializing_if = "Option::is_none")]
    mean_simulated_r2: Option<f64>,
    /// For people: the measure and its number.
    #[serde(skip)]
    score: String,
    values: BTreeMap<String, String>,
}

/// Runs the command.
///
/// # Errors
/// If the grid, its plan or the file of results cannot be used.
pub fn run(options: &SweepOptions, global: &GlobalOptions) -> Result<(), CliError> {
    let grid = Grid::read(&options.grid)?;
    let path = options.out.clone().unwrap_or_else(|| default_path(&options.grid, options.shard));
    let mut results = Writer::open(&path, &grid, options.force)?;
    for file in &options.include {
        results.include(file, &grid)?;
    }
    let rows_before = results.rows();
    if !global.json {
        outln!(
            "sweep       {}: {} points, {} rows, of which {rows_before} are there",
            options.grid.display(),
            grid.points.len(),
            grid.points.len() as u64 * grid.seeds
        );
    }
    let start = Instant::now();
    let rows_added = sweep::run_shard(&grid, options.shard, &mut results, &context(global)?)?;
    let seconds = start.elapsed().as_secs_f64();
    drop(results);

    let table = read(&path)?;
    let outcome = Outcome {
        points: grid.points.len(),
        seeds: grid.seeds,
        rows_before,
        rows_added,
        rows_failed: table.rows.iter().filter(|row| row.outcome.is_err()).count(),
        seconds,
        best: best(&table),
        results: path,
    };
    if global.json { print_json(&outcome) } else { print(&outcome) }
}

/// The default path of the file of results, in the current folder.
fn default_path(grid: &Path, shard: Shard) -> PathBuf {
    let mut name = grid.file_stem().unwrap_or_default().to_owned();
    if shard != Shard::WHOLE {
        name.push(format!("-{shard}"));
    }
    name.push(".csv");
    name.into()
}

fn read(path: &Path) -> Result<Table, CliError> {
    let text = read_text(path, MAX_PLAIN_BYTES)?;
    Ok(Table::parse(&text).map_err(|error| silenzio::Error::from(error).at(path))?)
}

fn best(table: &Table) -> Option<Best> {
    let mut scores: BTreeMap<usize, (Vec<f64>, &[String])> = BTreeMap::new();
    for row in &table.rows {
        if let Ok(outcome) = &row.outcome {
            let of_point = scores.entry(row.point).or_insert_with(|| (vec![], &row.values));
            of_point.0.push(outcome.simulated_score());
        }
    }
    let means = scores.into_iter().map(|(point, (scores, values))| (point, mean(&scores), values));
    let (point, mean, values) = means.max_by(|a, b| a.1.total_cmp(&b.1))?;
    let values = table.fields.iter().cloned().zip(values.iter().cloned()).collect();
    let of = |measure| (table.measure == measure).then_some(mean);
    Some(Best {
        point,
        mean_simulated_accuracy: of(Measure::Accuracy),
        mean_simulated_r2: of(Measure::R2),
        score: format!("{} {}", table.measure.name(), score(table.measure, mean)),
        values,
    })
}

fn print(outcome: &Outcome) -> Result<(), CliError> {
    outln!(
        "results     {}: {} rows added in {}, {} with an error in all",
        outcome.results.display(),
        outcome.rows_added,
        duration(outcome.seconds),
        outcome.rows_failed
    );
    if let Some(best) = &outcome.best {
        outln!("best        point {}, {}", best.point, best.score);
        for (field, value) in &best.values {
            outln!("            {field} = {value}");
        }
    }
    Ok(())
}
