//! Which column is the label, and whether the first line names the columns.

use super::{Column, CsvError};
use crate::data::MAX_FEATURES;
use csv::StringRecord;
use silenzio_core::plan::LabelColumn;

/// What the columns of a CSV file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// How many columns there are, with the label.
    pub columns: usize,
    /// The label column, from 0.
    pub label: usize,
    /// Whether the first line is a header.
    pub header: bool,
}

impl Layout {
    /// The layout of a training file with the given first line, from the fields of the plan.
    pub fn find(
        first: &StringRecord,
        label: Option<&LabelColumn>,
        header: Option<bool>,
    ) -> Result<Self, CsvError> {
        let columns = first.len();
        check_count(columns)?;
        let (label, header) = match label {
            None => (columns - 1, header),
            Some(&LabelColumn::Number(number)) if number < columns => (number, header),
            Some(&LabelColumn::Number(number)) => return Err(CsvError::ColumnNumber { number, columns }),
            Some(LabelColumn::Name(name)) if header == Some(false) => {
                return Err(CsvError::NameWithoutHeader { name: name.clone() });
            }
            Some(LabelColumn::Name(name)) => (find_name(first, name)?, Some(true)),
        };
        Ok(Self { columns, label, header: has_header(first, label, header)? })
    }

    /// The layout of a test file with the given first line: that of the training file, `like`, but it may
    /// have a header of its own.
    pub fn find_like(first: &StringRecord, like: Self, header: Option<bool>) -> Result<Self, CsvError> {
        let (found, expected) = (first.len(), like.columns);
        if found != expected {
            return Err(CsvError::OtherColumns { found, expected });
        }
        Ok(Self { header: has_header(first, like.label, header)?, ..like })
    }
}

fn check_count(columns: usize) -> Result<(), CsvError> {
    match columns {
        0 | 1 => Err(CsvError::OneColumn),
        _ if columns - 1 > MAX_FEATURES => {
            Err(CsvError::TooManyColumns { found: columns, limit: MAX_FEATURES })
        }
        _ => Ok(()),
    }
}

fn find_name(first: &StringRecord, name: &str) -> Result<usize, CsvError> {
    first
        .iter()
        .position(|cell| cell.trim() == name.trim())
        .ok_or_else(|| CsvError::UnknownColumn { name: name.to_string(), columns: list(first) })
}

/// The cells of a line for a message, cut where there are many.
fn list(cells: &StringRecord) -> String {
    const SHOWN: usize = 40;
    let shown: Vec<&str> = cells.iter().take(SHOWN).map(str::trim).collect();
    let more = if cells.len() > SHOWN { ", ..." } else { "" };
    shown.join(", ") + more
}

/// Whether the first line is a header: as stated, or else if a feature in it is not a number.
fn has_header(first: &StringRecord, label: usize, stated: Option<bool>) -> Result<bool, CsvError> {
    let is_name = |cell: &str| cell.trim().parse::<f32>().is_err();
    let name = first.iter().enumerate().find(|&(number, cell)| number != label && is_name(cell));
    match (stated, name) {
        (Some(false), Some((number, cell))) => Err(CsvError::HeaderDenied {
            column: Column { number, name: None },
            cell: cell.trim().to_string(),
        }),
        (stated, name) => Ok(stated.unwrap_or(name.is_some())),
    }
}
