//! Adding rows to a file of results.

use super::grid::Grid;
use super::point::cell;
use super::table::{BEFORE, Row, Table, TableError, behind, complete, one_line};
use crate::Error;
use silenzio_files::{Lock, MAX_PLAIN_BYTES, Outputs, Overwrite, read_text};
use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// A file of results to which rows are added. It is locked as long as this lives.
#[derive(Debug)]
pub struct Writer {
    path: PathBuf,
    file: File,
    _lock: Lock,
    digest: String,
    /// The points and seeds whose rows exist.
    done: HashSet<(usize, u64)>,
}

impl Writer {
    /// Opens the file of results of a sweep, or creates it. An incomplete last line is removed. With `anew`, an existing file is
    /// replaced.
    ///
    /// # Errors
    /// If the file has the results of another grid, is not a file of results, is one of the files that the sweep reads, is in
    /// use, or cannot be written.
    pub fn open(path: impl AsRef<Path>, grid: &Grid, anew: bool) -> Result<Self, Error> {
        let path = path.as_ref();
        Self::of_file(path, grid, anew).map_err(|error| error.at(path))
    }

    fn of_file(path: &Path, grid: &Grid, anew: bool) -> Result<Self, Error> {
        // Rows that are kept are read first.
        let mut outputs = Outputs::new(Overwrite::Replace, grid.files());
        let beginning = outputs.file(path)?;
        let lock = Lock::take(path)?;
        let (header, digest) = (line(header(grid))?, grid.digest()?);
        let text = if anew || !path.exists() { String::new() } else { read_text(path, MAX_PLAIN_BYTES)? };
        let (mut kept, mut done) = (complete(&text).len(), HashSet::new());
        // The file is empty, or does not have the whole first line.
        if header.starts_with(&text) && text != header {
            beginning.write(header.as_bytes())?;
            outputs.commit()?;
            kept = header.len();
        } else {
            let table = Table::parse(&text)?;
            require_same(&table, grid, &digest)?;
            done = table.rows.iter().map(|row| (row.point, row.seed)).collect();
        }
        let file = OpenOptions::new().append(true).open(path).map_err(Error::Write)?;
        file.set_len(kept as u64).map_err(Error::Write)?;
        Ok(Self { path: path.into(), file, _lock: lock, digest, done })
    }

    /// Adds the rows of another file of the same sweep that this one does not have, and returns their number.
    ///
    /// # Errors
    /// If the other file cannot be read, has the results of another grid, or is not a file of results; or if this file cannot be
    /// written.
    pub fn include(&mut self, path: impl AsRef<Path>, grid: &Grid) -> Result<usize, Error> {
        let read = || {
            let text = read_text(path.as_ref(), MAX_PLAIN_BYTES)?;
            let table = Table::parse(&text)?;
            require_same(&table, grid, &self.digest)?;
            Ok(table)
        };
        let table = read().map_err(|error: Error| error.at(&path))?;
        let missing = table.rows.iter().filter(|row| !self.has(row.point, row.seed));
        let missing: Vec<_> = missing.cloned().collect();
        missing.iter().try_for_each(|row| self.append(row))?;
        Ok(missing.len())
    }

    /// Whether the row of this point and seed exists.
    pub fn has(&self, point: usize, seed: u64) -> bool {
        self.done.contains(&(point, seed))
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.done.len()
    }

    /// Adds a row, and makes sure that it is on the disk.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn append(&mut self, row: &Row) -> Result<(), Error> {
        let cells = row.cells(&self.digest).map_err(|error| Error::Encode(error.to_string()))?;
        let written = line(cells).map_err(Error::from).and_then(|text| self.write(&text));
        written.map_err(|error| error.at(&self.path))?;
        self.done.insert((row.point, row.seed));
        Ok(())
    }

    fn write(&mut self, text: &str) -> Result<(), Error> {
        let written = self.file.write_all(text.as_bytes()).and_then(|()| self.file.sync_data());
        written.map_err(Error::Write)
    }
}

/// Checks that a table has rows of this sweep.
fn require_same(table: &Table, grid: &Grid, digest: &str) -> Result<(), TableError> {
    let same = table.fields == grid.fields
        && table.measure == grid.measure
        && table.grids.iter().all(|known| known == digest);
    if same { Ok(()) } else { Err(TableError::OtherGrid) }
}

fn header(grid: &Grid) -> Vec<String> {
    let before = BEFORE.into_iter().map(str::to_owned);
    before.chain(grid.fields.iter().cloned()).chain(behind(grid.measure)).collect()
}

/// The values of a point as cells.
pub fn values(grid: &Grid, point: usize) -> Vec<String> {
    grid.points[point - 1].values.iter().map(|value| one_line(&cell(value))).collect()
}

fn line(cells: Vec<String>) -> Result<String, TableError> {
    let failed = |error: &dyn std::fmt::Display| TableError::new(error.to_string());
    let mut writer = csv::Writer::from_writer(vec![]);
    writer.write_record(cells).map_err(|error| failed(&error))?;
    let bytes = writer.into_inner().map_err(|error| failed(&error))?;
    String::from_utf8(bytes).map_err(|error| failed(&error))
}
