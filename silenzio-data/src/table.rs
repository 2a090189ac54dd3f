//! A table as it is in its files: columns of cells, which do not have roles yet.

use crate::DataError;
use crate::cell::Cell;
use crate::column::Column;
use crate::place::{Place, Places};
use crate::reading::Described;
use crate::shown::shown;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The largest number of cells of a table.
pub const MAX_CELLS: usize = 1 << 28;

/// The largest number of features of a sample.
pub const MAX_FEATURES: usize = 1 << 20;

/// A table as it is in its files.
#[derive(Debug)]
pub struct Table {
    /// The columns, which have the same length.
    pub columns: Vec<Column>,
    /// The name of each column; `None` if the file has no names.
    pub names: Option<Vec<String>>,
    /// The labels, if they are in a file or an array of their own.
    pub labels: Option<Column>,
    /// Whether all columns are pixels, which have one unit.
    pub pixels: bool,
    /// The places of the rows in their files.
    pub places: Places,
    /// The files, and how they were read.
    pub described: Vec<Described>,
    /// The first file, for messages about the whole table.
    pub file: PathBuf,
    /// Warnings about the table.
    pub warnings: Vec<String>,
}

impl Table {
    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, Column::len)
    }

    /// The name of a column, or a name made from its number if it has none.
    pub fn name(&self, column: usize) -> String {
        let name = self.names.as_ref().and_then(|names| names.get(column));
        name.cloned().unwrap_or_else(|| format!("column_{column}"))
    }

    /// The number and the name of a column, for messages.
    pub fn called(&self, column: usize) -> String {
        match self.names.as_ref().and_then(|names| names.get(column)) {
            Some(name) => format!("{column} (from 0) \"{}\"", shown(name)),
            None => format!("{column} (from 0)"),
        }
    }

    /// The file and the place of a row, for messages.
    pub fn place(&self, row: usize) -> (PathBuf, Place) {
        self.places.of(row)
    }

    /// Removes a column.
    pub fn remove(&mut self, column: usize) {
        if column < self.columns.len() {
            self.columns.remove(column);
            if let Some(names) = &mut self.names {
                names.remove(column);
            }
        }
    }

    /// Adds the rows of another table. Its columns are found by name if both tables have names, otherwise by place.
    ///
    /// # Errors
    /// [`DataError::OtherFeatures`] or [`DataError::OtherWidth`] if it has other columns, and
    /// [`DataError::TooManyCells`].
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

    /// The error for the first cell of a column that is not a number; `None` if there is no such cell.
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

    /// The error for the first infinite number of a column; `None` if there is none.
    pub fn not_finite(&self, column: usize) -> Option<DataError> {
        let row = self.columns.get(column)?.first_infinite()?;
        let (file, place) = self.place(row);
        Some(DataError::NotFinite { file, place, column: self.called(column) })
    }
}

/// Checks the size of a table.
///
/// # Errors
/// [`DataError::TooManyCells`] if it has more than [`MAX_CELLS`] cells.
pub fn check_cells(file: &Path, rows: usize, columns: usize) -> Result<(), DataError> {
    match rows.checked_mul(columns) {
        Some(cells) if cells <= MAX_CELLS => Ok(()),
        _ => Err(DataError::TooManyCells { file: file.into(), limit: MAX_CELLS }),
    }
}
