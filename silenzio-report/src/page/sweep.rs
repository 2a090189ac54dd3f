//! The section about a sweep.

use super::axis::short;
use super::scores::{cell, column};
use super::section::{Section, TextTable, measured_on};
use super::spread::{PointSummary, over_bootstraps, over_field};
use crate::ReportError;
use crate::text::{mean, score};
use silenzio::Measure;
use silenzio::sweep::{Outcome, Row, Table};
use std::collections::BTreeMap;
use std::path::Path;

/// The section about a sweep, with plots whose names begin with `prefix`.
///
/// # Errors
/// [`ReportError::Plot`] if a plot cannot be drawn.
pub fn section(prefix: &str, file: &str, table: &Table) -> Result<Section, ReportError> {
    let (mut points, measure) = (summaries(table), table.measure);
    let mut figures = Vec::new();
    for (number, field) in table.fields.iter().enumerate() {
        // The number distinguishes names that differ only in characters that are not used in file names.
        let name = format!("{prefix}-{}-{}", number + 1, file_name(field));
        figures.extend(over_field(name, field, number, measure, &points)?);
    }
    figures.extend(over_bootstraps(format!("{prefix}-bootstraps"), measure, &points)?);

    points.sort_by(|a, b| b.mean.total_cmp(&a.mean));
    let failed: Vec<Vec<String>> = table.rows.iter().filter_map(failed_row).collect();
    let mut numbers = vec![
        (points.len().to_string(), "points".to_owned()),
        (table.rows.len().to_string(), "rows: a point with a seed".to_owned()),
    ];
    if let Some(best) = points.first() {
        numbers.push((score(measure, best.mean), format!("best {}, point {}", measure.name(), best.point)));
        let float = points.iter().map(|point| point.float).fold(f64::NEG_INFINITY, f64::max);
        numbers.push((score(measure, float), "best float reference".to_owned()));
    }
    if !failed.is_empty() {
        numbers.push((failed.len().to_string(), "rows with an error".to_owned()));
    }
    let columns = ["simulated", "worst", "best", "float"].map(|kind| column(measure, kind));
    let mut header = vec!["point"];
    header.extend(columns.iter().map(String::as_str));
    header.extend(table.fields.iter().map(String::as_str));
    header.extend(["seeds", "bootstraps", "seconds"]);
    let mut tables = vec![TextTable::new(
        "Points, best first",
        &header,
        points.iter().map(|point| point_row(measure, point)).collect(),
    )];
    if !failed.is_empty() {
        tables.push(TextTable::new("Errors", &["point", "seed", "error"], failed));
    }
    let mut outcomes = table.rows.iter().filter_map(|row| row.outcome.as_ref().ok());
    let validated = outcomes.any(|outcome| outcome.measured_on == "validation");
    Ok(Section {
        title: format!("Sweep {}", Path::new(file).file_stem().unwrap_or_default().to_string_lossy()),
        subtitle: format!("from {file}: {}{}", table.fields.join(", "), measured_on(validated)),
        numbers,
        figures,
        tables,
    })
}

fn summaries(table: &Table) -> Vec<PointSummary<'_>> {
    let mut by_point: BTreeMap<usize, (&[String], Vec<&Outcome>)> = BTreeMap::new();
    for row in &table.rows {
        if let Ok(outcome) = &row.outcome {
            by_point.entry(row.point).or_insert_with(|| (&row.values, vec![])).1.push(outcome);
        }
    }
    let summary = |(point, (values, outcomes)): (usize, (_, Vec<&Outcome>))| {
        let all = |of: fn(&Outcome) -> f64| outcomes.iter().map(|outcome| of(outcome)).collect::<Vec<f64>>();
        let simulated = all(Outcome::simulated_score);
        PointSummary {
            point,
            values,
            seeds: outcomes.len(),
            float: mean(&all(Outcome::float_score)),
            mean: mean(&simulated),
            low: simulated.iter().copied().fold(f64::INFINITY, f64::min),
            high: simulated.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            bootstraps: mean(&all(|outcome| outcome.bootstraps.values().map(|&count| count as f64).sum())),
            seconds: mean(&all(|outcome| outcome.seconds)),
        }
    };
    by_point.into_iter().map(summary).collect()
}

fn point_row(measure: Measure, point: &PointSummary<'_>) -> Vec<String> {
    let mut row = vec![point.point.to_string()];
    row.extend([point.mean, point.low, point.high, point.float].map(|number| cell(measure, number)));
    row.extend(point.values.iter().cloned());
    row.push(point.seeds.to_string());
    row.push(short(point.bootstraps));
    row.push(format!("{:.1}", point.seconds));
    row
}

fn failed_row(row: &Row) -> Option<Vec<String>> {
    let error = row.outcome.as_ref().err()?;
    Some(vec![row.point.to_string(), row.seed.to_string(), error.clone()])
}

/// The name of a field in a file name.
fn file_name(field: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
    field.chars().map(safe).take(60).collect()
}
