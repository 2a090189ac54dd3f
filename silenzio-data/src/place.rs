//! The places of a table's rows in their files, for error messages.

use std::fmt;
use std::path::{Path, PathBuf};

/// The place of a sample in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The line of a text file, from 1.
    Line(u64),
    /// The item of a binary file, from 0.
    Item(usize),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Item(item) => write!(f, "item {item} (from 0)"),
        }
    }
}

/// The places of the rows of a table.
#[derive(Clone, Debug, Default)]
pub struct Places {
    files: Vec<Rows>,
}

/// The rows of one file.
#[derive(Clone, Debug)]
struct Rows {
    file: PathBuf,
    /// The first row of the table that is from this file.
    first: usize,
    /// The lines of the rows; `None` for binary files.
    lines: Option<Lines>,
}

impl Places {
    /// Adds a file, whose rows begin at row `first` of the table.
    pub fn add(&mut self, file: &Path, first: usize, lines: Option<Lines>) {
        self.files.push(Rows { file: file.into(), first, lines });
    }

    /// Adds the files of another table, whose rows begin at row `first` of this table.
    pub fn append(&mut self, first: usize, more: Self) {
        self.files.extend(more.files.into_iter().map(|rows| Rows { first: rows.first + first, ..rows }));
    }

    /// The file of a row, and the place of the row in it.
    pub fn of(&self, row: usize) -> (PathBuf, Place) {
        let Some(rows) = self.files.iter().rev().find(|rows| rows.first <= row) else {
            return (PathBuf::new(), Place::Item(row));
        };
        let within = row - rows.first;
        let place = rows.lines.as_ref().map_or(Place::Item(within), |lines| Place::Line(lines.of(within)));
        (rows.file.clone(), place)
    }
}

/// The lines of the records of a text file. Only gaps between records are stored.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    /// The numbers and lines of the records that do not follow the previous one directly.
    jumps: Vec<(usize, u64)>,
    records: usize,
}

impl Lines {
    /// Adds the next record, which begins in this line.
    pub fn push(&mut self, line: u64) {
        if self.records == 0 || self.of(self.records) != line {
            self.jumps.push((self.records, line));
        }
        self.records += 1;
    }

    /// The line of a record.
    pub fn of(&self, record: usize) -> u64 {
        let jump = self.jumps.partition_point(|&(first, _)| first <= record).checked_sub(1);
        let (first, line) = jump.and_then(|jump| self.jumps.get(jump)).copied().unwrap_or((0, 1));
        line + (record - first) as u64
    }

    /// The number of records.
    pub fn len(&self) -> usize {
        self.records
    }

    /// Removes the first record, which is a header.
    pub fn skip_first(&mut self) {
        let second = self.of(1);
        self.jumps.retain(|&(first, _)| first > 1);
        self.jumps.iter_mut().for_each(|(first, _)| *first -= 1);
        self.jumps.insert(0, (0, second));
        self.records = self.records.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn lines_come_back(gaps in prop::collection::vec(prop_oneof![4 => Just(1u64), 1 => 2u64..9], 2..30)) {
            let mut line = 0;
            let expected: Vec<u64> = gaps.iter().map(|gap| { line += gap; line }).collect();
            let mut lines = Lines::default();
            expected.iter().for_each(|&line| lines.push(line));
            prop_assert!(expected.iter().enumerate().all(|(record, &line)| lines.of(record) == line));
            lines.skip_first();
            prop_assert!(expected[1..].iter().enumerate().all(|(record, &line)| lines.of(record) == line));
            prop_assert_eq!(lines.len(), expected.len() - 1);
        }
    }
}
