//! The results of a sweep: a CSV file with one row per point and seed.

use super::grid::Grid;
use super::point::cell;
use crate::error::CliError;
use crate::results::ResultsError;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, HashSet};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The columns before the swept fields.
const BEFORE: [&str; 3] = ["grid", "point", "seed"];

/// The columns behind them.
const BEHIND: [&str; 11] = [
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

/// One point with one seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The point, from 1.
    pub point: usize,
    pub seed: u64,
    /// The values of the swept fields.
    pub values: Vec<String>,
    /// What came out, or why nothing did.
    pub outcome: Result<Outcome, String>,
}

/// What a simulation came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// The samples that accuracies are measured on, "test" or "validation".
    pub measured_on: String,
    /// Accuracy of the float reference after each epoch.
    pub float_accuracies: Vec<f64>,
    /// Accuracy after each epoch.
    pub simulated_accuracies: Vec<f64>,
    pub steps: u64,
    /// The bootstraps that encrypted training would take, by kind.
    pub bootstraps: BTreeMap<String, u64>,
    /// Products that met values beyond what they cover.
    pub wrapped_products: usize,
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

/// All rows of a file.
#[derive(Debug)]
pub struct Table {
    /// The swept fields.
    pub fields: Vec<String>,
    pub rows: Vec<Row>,
    /// The digests of the rows' grids, without repetition.
    grids: HashSet<String>,
}

impl Table {
    /// Whether a text begins like a table of results.
    pub fn begins(text: &str) -> bool {
        text.starts_with(&BEFORE.join(","))
    }

    /// Reads the rows that are complete: a sweep may be at work on the last one.
    ///
    /// # Errors
    /// The first line that is no row of a sweep.
    pub fn parse(text: &str) -> Result<Self, ResultsError> {
        let mut reader = csv::Reader::from_reader(complete(text).as_bytes());
        let header = reader.headers().map_err(|error| ResultsError::new(error.to_string()))?.clone();
        let header: Vec<&str> = header.iter().collect();
        let fields = header
            .strip_prefix(&BEFORE)
            .and_then(|rest| rest.strip_suffix(&BEHIND))
            .ok_or_else(|| ResultsError::new("line 1: not the columns of a sweep"))?;
        let fields: Vec<String> = fields.iter().map(|&field| field.to_owned()).collect();
        let (mut rows, mut grids) = (Vec::new(), HashSet::new());
        for record in reader.records() {
            let record = record.map_err(|error| ResultsError::new(error.to_string()))?;
            let line = record.position().map_or(0, csv::Position::line);
            rows.push(Row::parse(&record, fields.len()).map_err(|error| error.at_line(line))?);
            grids.insert(record.get(0).unwrap_or_default().to_owned());
        }
        Ok(Self { fields, rows, grids })
    }
}

/// The text up to its last line break.
fn complete(text: &str) -> &str {
    text.rfind('\n').map_or("", |end| &text[..=end])
}

impl Row {
    fn parse(record: &csv::StringRecord, fields: usize) -> Result<Self, ResultsError> {
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

    fn cells(&self, digest: &str) -> Result<Vec<String>, serde_json::Error> {
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

fn json<T: DeserializeOwned>((column, text): (String, String)) -> Result<T, ResultsError> {
    serde_json::from_str(&text).map_err(|error| ResultsError::new(format!("{column} = `{text}`: {error}")))
}

fn measured_on((column, text): (String, String)) -> Result<String, ResultsError> {
    if ["test", "validation"].contains(&text.as_str()) {
        Ok(text)
    } else {
        Err(ResultsError::new(format!("{column} = `{text}`: has to be test or validation")))
    }
}

fn accuracies((column, text): (String, String)) -> Result<Vec<f64>, ResultsError> {
    let accuracies: Vec<f64> = json((column.clone(), text))?;
    match accuracies.iter().find(|accuracy| !(0.0..=1.0).contains(*accuracy)) {
        Some(accuracy) => Err(ResultsError::new(format!("{column}: {accuracy} is no accuracy, 0 to 1"))),
        None => Ok(accuracies),
    }
}

/// A row is one line, so that a torn one can be told from the others.
fn one_line(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A file of results that rows are added to. It is locked as long as this lives.
pub struct Writer {
    path: PathBuf,
    file: File,
    digest: String,
    /// The points and seeds that are there.
    done: HashSet<(usize, u64)>,
}

impl Writer {
    /// Opens the results of a sweep, or makes the file. A last line that was not written to its end is removed.
    /// `anew` removes everything.
    ///
    /// # Errors
    /// If the file has the results of another grid, is no file of results, is in use, or cannot be written.
    pub fn open(path: &Path, grid: &Grid, anew: bool) -> Result<Self, CliError> {
        let failed = |error| CliError::Write { path: path.into(), error };
        let refused = |error| CliError::Results { path: path.into(), error };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(failed)?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => refused(ResultsError::new("another sweep is writing to it")),
            TryLockError::Error(error) => failed(error),
        })?;
        let mut text = String::new();
        if anew {
            file.set_len(0).map_err(failed)?;
        } else {
            file.read_to_string(&mut text).map_err(|error| CliError::Read { path: path.into(), error })?;
        }

        let header = line(header(grid)).map_err(refused)?;
        let mut writer = Self { path: path.into(), file, digest: grid.digest()?, done: HashSet::new() };
        if header.starts_with(&text) && text != header {
            writer.cut(0).map_err(failed)?;
            writer.write(&header)?;
        } else {
            let table = Table::parse(&text).map_err(|error| refused(error.or_start_anew()))?;
            let same = table.fields == grid.fields && table.grids.iter().all(|known| *known == writer.digest);
            if !same {
                return Err(refused(ResultsError::new("has the results of another grid").or_start_anew()));
            }
            writer.cut(complete(&text).len() as u64).map_err(failed)?;
            writer.done = table.rows.iter().map(|row| (row.point, row.seed)).collect();
        }
        Ok(writer)
    }

    /// Whether this point and seed are there.
    pub fn has(&self, point: usize, seed: u64) -> bool {
        self.done.contains(&(point, seed))
    }

    /// The rows that are there.
    pub fn rows(&self) -> usize {
        self.done.len()
    }

    /// Adds a row, and sees to it that it is on the disk.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn append(&mut self, row: &Row) -> Result<(), CliError> {
        let cells = row.cells(&self.digest).map_err(|error| CliError::Output(error.to_string()))?;
        let text = line(cells).map_err(|error| CliError::Results { path: self.path.clone(), error })?;
        self.write(&text)?;
        self.done.insert((row.point, row.seed));
        Ok(())
    }

    fn write(&mut self, text: &str) -> Result<(), CliError> {
        let written = self.file.write_all(text.as_bytes()).and_then(|()| self.file.sync_data());
        written.map_err(|error| CliError::Write { path: self.path.clone(), error })
    }

    fn cut(&mut self, length: u64) -> std::io::Result<()> {
        self.file.set_len(length)?;
        self.file.seek(SeekFrom::End(0)).map(|_| ())
    }
}

fn header(grid: &Grid) -> Vec<String> {
    let fields = grid.fields.iter().map(String::as_str);
    BEFORE.into_iter().chain(fields).chain(BEHIND).map(str::to_owned).collect()
}

/// The values of a point as cells.
pub fn values(grid: &Grid, point: usize) -> Vec<String> {
    grid.points[point - 1].values.iter().map(|value| one_line(&cell(value))).collect()
}

fn line(cells: Vec<String>) -> Result<String, ResultsError> {
    let failed = |error: &dyn std::fmt::Display| ResultsError::new(error.to_string());
    let mut writer = csv::Writer::from_writer(vec![]);
    writer.write_record(cells).map_err(|error| failed(&error))?;
    let bytes = writer.into_inner().map_err(|error| failed(&error))?;
    String::from_utf8(bytes).map_err(|error| failed(&error))
}
