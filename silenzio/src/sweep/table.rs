//! The results of a sweep: a CSV file with one row per point and seed.

use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, HashSet};

/// The columns before the swept fields.
pub(super) const BEFORE: [&str; 3] = ["grid", "point", "seed"];

/// The columns after the swept fields.
pub(super) const BEHIND: [&str; 11] = [
    "measured_on",
    "float_accuracy",
    "simulated_accuracy",
    "float_accuracies",
    "simulated_accuracies",
    "steps",
    "bootstraps",
    "bootstraps_by_kind",
    "wrapped_products",
    "seconds",
    "error",
];

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
    /// The samples that accuracies are measured on, "test" or "validation".
    pub measured_on: String,
    /// Accuracy of the float reference after each epoch.
    pub float_accuracies: Vec<f64>,
    /// Accuracy after each epoch.
    pub simulated_accuracies: Vec<f64>,
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
    /// The accuracy of the float reference at the end.
    pub fn float_accuracy(&self) -> f64 {
        self.float_accuracies.last().copied().unwrap_or(0.0)
    }

    /// The accuracy at the end.
    pub fn simulated_accuracy(&self) -> f64 {
        self.simulated_accuracies.last().copied().unwrap_or(0.0)
    }
}

/// The rows of a file of results.
#[derive(Clone, Debug)]
pub struct Table {
    /// The swept fields.
    pub fields: Vec<String>,
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
        let fields = header
            .strip_prefix(&BEFORE)
            .and_then(|rest| rest.strip_suffix(&BEHIND))
            .ok_or_else(|| TableError::new("not the columns of a sweep").at_line(1))?;
        let fields: Vec<String> = fields.iter().map(|&field| field.to_owned()).collect();
        let (mut rows, mut grids) = (Vec::new(), HashSet::new());
        for record in reader.records() {
            let record = record.map_err(|error| TableError::new(error.to_string()))?;
            let line = record.position().map_or(0, csv::Position::line);
            rows.push(Row::parse(&record, fields.len()).map_err(|error| error.at_line(line))?);
            grids.insert(record.get(0).unwrap_or_default().to_owned());
        }
        Ok(Self { fields, rows, grids })
    }

    /// Adds the rows of another table of the same sweep that this one does not have. If it is from another sweep, nothing is
    /// added, and the result is `false`.
    pub fn absorb(&mut self, other: &Self) -> bool {
        let same = self.fields == other.fields && (other.rows.is_empty() || self.grids == other.grids);
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
    fn parse(record: &csv::StringRecord, fields: usize) -> Result<Self, TableError> {
        let behind = BEFORE.len() + fields;
        let text = |column: &str| {
            let place = BEHIND.iter().position(|name| *name == column).map(|place| behind + place);
            (column.to_owned(), place.and_then(|place| record.get(place)).unwrap_or_default().to_owned())
        };
        let before =
            |place: usize| (BEFORE[place].to_owned(), record.get(place).unwrap_or_default().to_owned());
        let outcome = match text("error").1 {
            error if !error.is_empty() => Err(error),
            _ => Ok(Outcome {
                measured_on: measured_on(text("measured_on"))?,
                float_accuracies: accuracies(text("float_accuracies"))?,
                simulated_accuracies: accuracies(text("simulated_accuracies"))?,
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
                outcome.float_accuracy().to_string(),
                outcome.simulated_accuracy().to_string(),
                serde_json::to_string(&outcome.float_accuracies)?,
                serde_json::to_string(&outcome.simulated_accuracies)?,
                outcome.steps.to_string(),
                outcome.bootstraps.values().sum::<u64>().to_string(),
                serde_json::to_string(&outcome.bootstraps)?,
                outcome.wrapped_products.to_string(),
                format!("{:.3}", outcome.seconds),
                String::new(),
            ]),
            Err(error) => {
                cells.extend(vec![String::new(); BEHIND.len() - 1]);
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

fn accuracies((column, text): (String, String)) -> Result<Vec<f64>, TableError> {
    let accuracies: Vec<f64> = json((column.clone(), text))?;
    match accuracies.iter().find(|accuracy| !(0.0..=1.0).contains(*accuracy)) {
        Some(accuracy) => {
            Err(TableError::new(format!("{column}: {accuracy} is not an accuracy between 0 and 1")))
        }
        None => Ok(accuracies),
    }
}

/// Replaces line breaks, so that a row is one line, and an incomplete row can be detected.
pub(super) fn one_line(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}
