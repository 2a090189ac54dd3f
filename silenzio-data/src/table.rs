//! A table as its files have it: named columns of cells, before any of them is a feature or a label.

use crate::DataError;
use crate::cell::Cell;
use crate::column::Column;
use crate::place::{Place, Places};
use crate::reading::Described;
use crate::shown::shown;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The most cells that a table may have.
pub const MAX_CELLS: usize = 1 << 28;

/// The most features that a sample may have.
pub const MAX_FEATURES: usize = 1 << 20;

/// A table as its files have it.
#[derive(Debug)]
pub struct Table {
    /// Its columns, all of one length.
    pub columns: Vec<Column>,
    /// The name of each column; none where the file has no names.
    pub names: Option<Vec<String>>,
    /// The labels, where they are in a file of their own.
    pub labels: Option<Column>,
    /// Whether all columns are pixels, of one unit.
    pub pixels: bool,
    /// Where the rows stand.
    pub places: Places,
    /// The files, and how they were read.
    pub described: Vec<Described>,
    /// The file, for messages about the whole table.
    pub file: PathBuf,
    /// What is remarkable.
    pub warnings: Vec<String>,
}

impl Table {
    /// The rows.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, Column::len)
    }

    /// The name of a column, or one made of its number.
    pub fn name(&self, column: usize) -> String {
        let name = self.names.as_ref().and_then(|names| names.get(column));
        name.cloned().unwrap_or_else(|| format!("column_{column}"))
    }

    /// A column, as messages call it.
    pub fn called(&self, column: usize) -> String {
        match self.names.as_ref().and_then(|names| names.get(column)) {
            Some(name) => format!("{column} (from 0) \"{}\"", shown(name)),
            None => format!("{column} (from 0)"),
        }
    }

    /// Where a row stands, of which messages speak.
    pub fn place(&self, row: usize) -> (PathBuf, Place) {
        self.places.of(row)
    }

    /// Leaves out a column.
    pub fn remove(&mut self, column: usize) {
        if column < self.columns.len() {
            self.columns.remove(column);
            if let Some(names) = &mut self.names {
                names.remove(column);
            }
        }
    }

    /// Adds the rows of another table, whose columns are found by name where both have names, else by place.
    ///
    /// # Errors
    /// The columns are others.
    pub fn append(&mut self, mut more: Self) -> Result<(), DataError> {
        if let (Some(names), Some(others)) = (&self.names, &more.names) {
            let places: HashMap<&str, usize> = others.iter().map(String::as_str).zip(0..).collect();
            let order: Vec<Option<usize>> =
                names.iter().map(|name| places.get(name.as_str()).copied()).collect();
            let missing = names.iter().zip(&order).filter(|(_, place)| place.is_none());
            let missing: Vec<String> = missing.map(|(name, _)| name.clone()).collect();
            if !missing.is_empty() {
                return Err(DataError::OtherFeatures { file: more.file, missing, found: others.clone() });
            }
            let mut columns: Vec<Option<Column>> = more.columns.into_iter().map(Some).collect();
            let taken = order.iter().flatten().filter_map(|&place| columns.get_mut(place)?.take());
            more.columns = taken.collect();
        }
        if more.columns.len() != self.columns.len() || more.labels.is_some() != self.labels.is_some() {
            let (found, expected) = (more.columns.len(), self.columns.len());
            let needs = " and labels; files of one set need the same columns".into();
            return Err(DataError::OtherWidth { file: more.file, found, expected, needs });
        }
        let rows = self.rows();
        for (column, more) in self.columns.iter_mut().zip(more.columns) {
            column.append(more);
        }
        if let (Some(labels), Some(more)) = (&mut self.labels, more.labels) {
            labels.append(more);
        }
        self.places.append(rows, more.places);
        self.described.extend(more.described);
        self.warnings.extend(more.warnings);
        self.pixels &= more.pixels;
        check_cells(&self.file, self.rows(), self.columns.len())
    }

    /// The error that a cell, which has to be a number, is not one.
    pub fn not_a_number(&self, column: usize) -> Option<DataError> {
        let cells = self.columns.get(column)?;
        let (row, text) = cells.first_text()?;
        let texts = (0..cells.len()).filter(|&row| matches!(cells.cell(row), Cell::Text(_))).count();
        let (file, place) = self.place(row);
        Some(DataError::NotANumber {
            file,
            place,
            column: self.called(column),
            cell: shown(text),
            others: texts - 1,
        })
    }

    /// The error that a number is infinite.
    pub fn not_finite(&self, column: usize) -> Option<DataError> {
        let row = self.columns.get(column)?.first_infinite()?;
        let (file, place) = self.place(row);
        Some(DataError::NotFinite { file, place, column: self.called(column) })
    }
}

/// Refuses more cells than memory should hold.
pub fn check_cells(file: &Path, rows: usize, columns: usize) -> Result<(), DataError> {
    match rows.checked_mul(columns) {
        Some(cells) if cells <= MAX_CELLS => Ok(()),
        _ => Err(DataError::TooManyCells { file: file.into(), limit: MAX_CELLS }),
    }
}
