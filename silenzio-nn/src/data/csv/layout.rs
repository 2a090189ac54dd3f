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
    /// The label column, from 0, if there are labels.
    pub label: Option<usize>,
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
        Ok(Self { columns, label: Some(label), header: has_header(first, Some(label), header)? })
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

    /// The layout of a file of rows with these features, whose labels, if it has any, are in column `label` as in the
    /// training file. Its first line is a header if it names the features, or has a feature that is not a number.
    pub fn find_rows(first: &StringRecord, features: &[String], label: usize) -> Result<Self, CsvError> {
        let (found, expected) = (first.len(), features.len());
        let label = match found.checked_sub(expected) {
            Some(0) => None,
            Some(1) => Some(label.min(expected)),
            _ => return Err(CsvError::RowColumns { found, expected }),
        };
        let cells = first.iter().enumerate().filter(|&(number, _)| Some(number) != label);
        let names_features = cells.map(|(_, cell)| cell.trim()).eq(features.iter().map(String::as_str));
        let header = names_features || has_header(first, label, None)?;
        Ok(Self { columns: found, label, header })
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
fn has_header(first: &StringRecord, label: Option<usize>, stated: Option<bool>) -> Result<bool, CsvError> {
    let is_name = |cell: &str| cell.trim().parse::<f32>().is_err();
    let name = first.iter().enumerate().find(|&(number, cell)| Some(number) != label && is_name(cell));
    match (stated, name) {
        (Some(false), Some((number, cell))) => Err(CsvError::HeaderDenied {
            column: Column { number, name: None },
            cell: cell.trim().to_string(),
        }),
        (stated, name) => Ok(stated.unwrap_or(name.is_some())),
    }
}
