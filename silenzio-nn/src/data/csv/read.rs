//! From the bytes of a CSV file to samples.

use super::lines::Lines;
use super::{Column, CsvError, Layout};
use crate::data::samples::{FeatureKind, Place, Samples};
use csv::{ErrorKind, ReaderBuilder, StringRecord};
use ndarray::Array2;
use silenzio_core::plan::LabelColumn;

/// Reads a CSV file, as a test file with the columns of the training file `like` if that is given.
///
/// `label` and `header` are the fields of the plan. Cells may be quoted, spaces around them and blank lines
/// do not count.
///
/// # Errors
/// The first problem, with its line and column.
pub fn read(
    bytes: &[u8],
    label: Option<&LabelColumn>,
    header: Option<bool>,
    like: Option<Layout>,
) -> Result<Samples, CsvError> {
    read_as(bytes, |first| match like {
        Some(like) => Layout::find_like(first, like, header),
        None => Layout::find(first, label, header),
    })
}

/// Reads a CSV file with these features, and perhaps with labels in column `label`.
///
/// # Errors
/// The first problem, with its line and column.
pub fn read_rows(bytes: &[u8], features: &[String], label: usize) -> Result<Samples, CsvError> {
    read_as(bytes, |first| Layout::find_rows(first, features, label))
}

fn read_as(
    bytes: &[u8],
    layout_of: impl FnOnce(&StringRecord) -> Result<Layout, CsvError>,
) -> Result<Samples, CsvError> {
    let mut lines = Lines::new(bytes);
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    let mut records = reader.records().filter(|record| !record.as_ref().is_ok_and(is_blank)).map(|record| {
        let position = record.as_ref().map_or_else(csv::Error::position, StringRecord::position);
        let line = lines.line_of(position.map_or(0, csv::Position::byte));
        record.map(|record| (line, record)).map_err(|error| unreadable(line, &error))
    });
    let (line, first) = records.next().ok_or(CsvError::NoSamples)??;
    let layout = layout_of(&first)?;

    let mut table = Table::new(layout, &first);
    if !layout.header {
        table.push(line, &first)?;
    }
    for record in records {
        let (line, record) = record?;
        table.push(line, &record)?;
    }
    table.finish()
}

/// Whether a line has only spaces; the parser skips lines without even those.
fn is_blank(record: &StringRecord) -> bool {
    record.len() == 1 && record.iter().all(|cell| cell.trim().is_empty())
}

fn unreadable(line: u64, error: &csv::Error) -> CsvError {
    match error.kind() {
        ErrorKind::Utf8 { .. } => CsvError::NotUtf8 { line },
        _ => CsvError::Unreadable { line, problem: error.to_string() },
    }
}

/// The samples read so far.
struct Table {
    layout: Layout,
    /// The name of each column, with the label, if there is a header.
    names: Option<Vec<String>>,
    values: Vec<f32>,
    labels: Vec<String>,
    places: Vec<Place>,
}

impl Table {
    fn new(layout: Layout, first: &StringRecord) -> Self {
        let names = layout.header.then(|| first.iter().map(|cell| cell.trim().to_string()).collect());
        Self { layout, names, values: vec![], labels: vec![], places: vec![] }
    }

    fn push(&mut self, line: u64, record: &StringRecord) -> Result<(), CsvError> {
        if record.len() != self.layout.columns {
            return Err(CsvError::Ragged { line, found: record.len(), expected: self.layout.columns });
        }
        for (number, cell) in record.iter().map(str::trim).enumerate() {
            if Some(number) != self.layout.label {
                self.values.push(self.number(line, number, cell)?);
            } else if cell.is_empty() {
                return Err(CsvError::NoLabel { line, column: self.column(number) });
            } else {
                self.labels.push(cell.to_string());
            }
        }
        self.places.push(Place::Line(line));
        Ok(())
    }

    fn number(&self, line: u64, number: usize, cell: &str) -> Result<f32, CsvError> {
        let column = || self.column(number);
        let value: f32 = cell.parse().map_err(|_| CsvError::NotANumber {
            line,
            column: column(),
            cell: shortened(cell),
        })?;
        if value.is_finite() {
            Ok(value)
        } else {
            Err(CsvError::NotFinite { line, column: column(), cell: shortened(cell) })
        }
    }

    fn column(&self, number: usize) -> Column {
        let name = self.names.as_ref().and_then(|names| names.get(number)).cloned();
        Column { number, name }
    }

    fn finish(self) -> Result<Samples, CsvError> {
        if self.places.is_empty() {
            return Err(CsvError::NoSamples);
        }
        let features: Vec<String> = (0..self.layout.columns)
            .filter(|&number| Some(number) != self.layout.label)
            .map(|number| self.column(number).name.unwrap_or_else(|| format!("column_{number}")))
            .collect();
        let inputs = Array2::from_shape_vec((self.places.len(), features.len()), self.values)
            .map_err(|error| CsvError::Shape(error.to_string()))?;
        let kind = FeatureKind::Columns(self.layout);
        Ok(Samples { inputs, labels: self.labels, places: self.places, features, kind })
    }
}

/// A cell for a message.
fn shortened(cell: &str) -> String {
    const SHOWN: usize = 40;
    if cell.chars().count() <= SHOWN {
        cell.to_string()
    } else {
        cell.chars().take(SHOWN).chain("...".chars()).collect()
    }
}
