//! The results of a sweep: a CSV file with one row per point and seed.

use crate::Measure;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, HashSet};

/// The columns before the swept fields.
pub(super) const BEFORE: [&str; 3] = ["grid", "point", "seed"];

/// The number of columns after the swept fields.
const BEHIND: usize = 11;

/// The columns after the swept fields, of which scores are named after their measure.
pub(super) fn behind(measure: Measure) -> [String; BEHIND] {
    let (one, list) = (measure.field(), measure.list_field());
    [
        "measured_on".to_owned(),
        format!("float_{one}"),
        format!("simulated_{one}"),
        format!("float_{list}"),
        format!("simulated_{list}"),
        "steps".to_owned(),
        "bootstraps".to_owned(),
        "bootstraps_by_kind".to_owned(),
        "wrapped_products".to_owned(),
        "seconds".to_owned(),
        "error".to_owned(),
    ]
}

/// An error in a table of results.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// A line is not one of a sweep.
    #[error("{}{problem}", line.map_or_else(String::new, |line| format!("line {line}: ")))]
    Invalid {
        /// The number of the line, from 1, if it is known.
        line: Option<u64>,
        /// What is wrong with it.
        problem: String,
    },
    /// The file has the results of another grid.
    #[error("has the results of another grid, or of other data")]
    OtherGrid,
}

impl TableError {
    pub(super) fn new(problem: impl Into<String>) -> Self {
        Self::Invalid { line: None, problem: problem.into() }
    }

    fn at_line(self, line: u64) -> Self {
        match self {
            Self::Invalid { problem, .. } => Self::Invalid { line: Some(line), problem },
            other => other,
        }
    }
}

/// One point with one seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The point, from 1.
    pub point: usize,
    /// The seed of its plan.
    pub seed: u64,
    /// The values of the swept fields.
    pub values: Vec<String>,
    /// The outcome, or the error of the point.
    pub outcome: Result<Outcome, String>,
}

/// The outcome of a simulation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// The samples that scores are measured on, "test" or "validation".
    pub measured_on: String,
    /// The score of the float reference after each epoch, in the measure of the sweep.
    pub float_scores: Vec<f64>,
    /// The score after each epoch.
    pub simulated_scores: Vec<f64>,
    /// Training steps.
    pub steps: u64,
    /// The bootstraps of an encrypted training, by kind.
    pub bootstraps: BTreeMap<String, u64>,
    /// The number of products in which values beyond the covered range occurred.
    pub wrapped_products: usize,
    /// The time of the simulation, in seconds.
    pub seconds: f64,
}

impl Outcome {
    /// The score of the float reference at the end.
    pub fn float_score(&self) -> f64 {
        self.float_scores.last().copied().unwrap_or(0.0)
    }

    /// The score at the end.
    pub fn simulated_score(&self) -> f64 {
        self.simulated_scores.last().copied().unwrap_or(0.0)
    }
}

/// The rows of a file of results.
#[derive(Clone, Debug)]
pub struct Table {
    /// The swept fields.
    pub fields: Vec<String>,
    /// What the scores are.
    pub measure: Measure,
    /// The rows, in the order in which they were done.
    pub rows: Vec<Row>,
    /// The digests of the rows' grids, without repetition.
    pub(super) grids: HashSet<String>,
}

impl Table {
    /// Whether a text begins like a file of results.
    pub fn begins(text: &str) -> bool {
        text.starts_with(&BEFORE.join(","))
    }

    /// Reads the complete rows, since a sweep may still be writing the last one.
    ///
    /// # Errors
    /// The first line that is not a row of a sweep.
    pub fn parse(text: &str) -> Result<Self, TableError> {
        let mut reader = csv::Reader::from_reader(complete(text).as_bytes());
        let header = reader.headers().map_err(|error| TableError::new(error.to_string()))?.clone();
        let header: Vec<&str> = header.iter().collect();
        let (fields, measure) = header
            .strip_prefix(&BEFORE)
            .and_then(|rest| {
                let with = |measure| {
                    let behind = behind(measure);
                    let (fields, last) = rest.split_at_checked(rest.len().checked_sub(behind.len())?)?;
                    (last == behind.as_slice()).then_some((fields, measure))
                };
                Measure::RANKING.into_iter().find_map(with)
            })
            .ok_or_else(|| TableError::new("not the columns of a sweep").at_line(1))?;
        let fields: Vec<String> = fields.iter().map(|&field| field.to_owned()).collect();
        let (mut rows, mut grids) = (Vec::new(), HashSet::new());
        for record in reader.records() {
            let record = record.map_err(|error| TableError::new(error.to_string()))?;
            let line = record.position().map_or(0, csv::Position::line);
            rows.push(Row::parse(&record, fields.len(), measure).map_err(|error| error.at_line(line))?);
            grids.insert(record.get(0).unwrap_or_default().to_owned());
        }
        Ok(Self { fields, measure, rows, grids })
    }

    /// Adds the rows of another table of the same sweep that this one does not have. If it is from another sweep, nothing is
    /// added, and the result is `false`.
    pub fn absorb(&mut self, other: &Self) -> bool {
        let same = (&self.fields, self.measure) == (&other.fields, other.measure)
            && (other.rows.is_empty() || self.grids == other.grids);
        if same {
            let here: HashSet<_> = self.rows.iter().map(|row| (row.point, row.seed)).collect();
            let missing = other.rows.iter().filter(|row| !here.contains(&(row.point, row.seed)));
            self.rows.extend(missing.cloned());
        }
        same
    }
}

/// The part of the text up to its last line break.
pub(super) fn complete(text: &str) -> &str {
    text.rfind('\n').map_or("", |end| &text[..=end])
}

impl Row {
    fn parse(record: &csv::StringRecord, fields: usize, measure: Measure) -> Result<Self, TableError> {
        let columns = behind(measure);
        let text = |column: &str| {
            let place = columns.iter().position(|name| name == column);
            let cell = place.and_then(|place| record.get(BEFORE.len() + fields + place));
            (column.to_owned(), cell.unwrap_or_default().to_owned())
        };
        let scores = |kind: &str| scores(measure, text(&format!("{kind}_{}", measure.list_field())));
        let before =
            |place: usize| (BEFORE[place].to_owned(), record.get(place).unwrap_or_default().to_owned());
        let outcome = match text("error").1 {
            error if !error.is_empty() => Err(error),
            _ => Ok(Outcome {
                measured_on: measured_on(text("measured_on"))?,
                float_scores: scores("float")?,
                simulated_scores: scores("simulated")?,
                steps: json(text("steps"))?,
                bootstraps: json(text("bootstraps_by_kind"))?,
                wrapped_products: json(text("wrapped_products"))?,
                seconds: json(text("seconds"))?,
            }),
        };
        Ok(Self {
            point: json(before(1))?,
            seed: json(before(2))?,
            values: record.iter().skip(BEFORE.len()).take(fields).map(str::to_owned).collect(),
            outcome,
        })
    }

    pub(super) fn cells(&self, digest: &str) -> Result<Vec<String>, serde_json::Error> {
        let mut cells = vec![digest.to_owned(), self.point.to_string(), self.seed.to_string()];
        cells.extend(self.values.iter().map(|value| one_line(value)));
        match &self.outcome {
            Ok(outcome) => cells.extend([
                one_line(&outcome.measured_on),
                outcome.float_score().to_string(),
                outcome.simulated_score().to_string(),
                serde_json::to_string(&outcome.float_scores)?,
                serde_json::to_string(&outcome.simulated_scores)?,
                outcome.steps.to_string(),
                outcome.bootstraps.values().sum::<u64>().to_string(),
                serde_json::to_string(&outcome.bootstraps)?,
                outcome.wrapped_products.to_string(),
                format!("{:.3}", outcome.seconds),
                String::new(),
            ]),
            Err(error) => {
                cells.extend(vec![String::new(); BEHIND - 1]);
                cells.push(one_line(error));
            }
        }
        Ok(cells)
    }
}

fn json<T: DeserializeOwned>((column, text): (String, String)) -> Result<T, TableError> {
    serde_json::from_str(&text).map_err(|error| TableError::new(format!("{column} = `{text}`: {error}")))
}

fn measured_on((column, text): (String, String)) -> Result<String, TableError> {
    if ["test", "validation"].contains(&text.as_str()) {
        Ok(text)
    } else {
        Err(TableError::new(format!("{column} = `{text}`: must be test or validation")))
    }
}

fn scores(measure: Measure, (column, text): (String, String)) -> Result<Vec<f64>, TableError> {
    let scores: Vec<f64> = json((column.clone(), text))?;
    measure.check(&scores).map_err(|problem| TableError::new(format!("{column}: {problem}")))?;
    Ok(scores)
}

/// Replaces line breaks, so that a row is one line, and an incomplete row can be detected.
pub(super) fn one_line(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}
