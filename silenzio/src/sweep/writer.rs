//! Adding rows to a table of results.

use super::grid::Grid;
use super::point::cell;
use super::table::{BEFORE, BEHIND, Row, Table, TableError, complete, one_line};
use crate::Error;
use std::collections::HashSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// A file of results that rows are added to. It is locked as long as this lives.
#[derive(Debug)]
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
    pub fn open(path: impl AsRef<Path>, grid: &Grid, anew: bool) -> Result<Self, Error> {
        let path = path.as_ref();
        Self::of_file(path, grid, anew).map_err(|error| error.at(path))
    }

    fn of_file(path: &Path, grid: &Grid, anew: bool) -> Result<Self, Error> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(Error::Write)?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => TableError::InUse.into(),
            TryLockError::Error(error) => Error::Write(error),
        })?;
        let mut text = String::new();
        if anew {
            file.set_len(0).map_err(Error::Write)?;
        } else {
            file.read_to_string(&mut text).map_err(Error::Read)?;
        }

        let header = line(header(grid))?;
        let mut writer = Self { path: path.into(), file, digest: grid.digest()?, done: HashSet::new() };
        if header.starts_with(&text) && text != header {
            writer.cut(0).map_err(Error::Write)?;
            writer.write(&header)?;
        } else {
            let table = Table::parse(&text)?;
            writer.require_same(&table, &grid.fields)?;
            writer.cut(complete(&text).len() as u64).map_err(Error::Write)?;
            writer.done = table.rows.iter().map(|row| (row.point, row.seed)).collect();
        }
        Ok(writer)
    }

    /// Adds the rows of another file of the same sweep that are not here yet; how many these were.
    ///
    /// # Errors
    /// If that has the results of another grid or is no file of results, or this file cannot be written.
    pub fn include(&mut self, path: impl AsRef<Path>, grid: &Grid) -> Result<usize, Error> {
        let read = || {
            let text = std::fs::read_to_string(&path).map_err(Error::Read)?;
            let table = Table::parse(&text)?;
            self.require_same(&table, &grid.fields)?;
            Ok(table)
        };
        let table = read().map_err(|error: Error| error.at(&path))?;
        let missing = table.rows.iter().filter(|row| !self.has(row.point, row.seed));
        let missing: Vec<_> = missing.cloned().collect();
        missing.iter().try_for_each(|row| self.append(row))?;
        Ok(missing.len())
    }

    fn require_same(&self, table: &Table, fields: &[String]) -> Result<(), TableError> {
        let same = table.fields == fields && table.grids.iter().all(|known| *known == self.digest);
        if same { Ok(()) } else { Err(TableError::OtherGrid) }
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

fn line(cells: Vec<String>) -> Result<String, TableError> {
    let failed = |error: &dyn std::fmt::Display| TableError::new(error.to_string());
    let mut writer = csv::Writer::from_writer(vec![]);
    writer.write_record(cells).map_err(|error| failed(&error))?;
    let bytes = writer.into_inner().map_err(|error| failed(&error))?;
    String::from_utf8(bytes).map_err(|error| failed(&error))
}
