//! A description of how a table was read, for people to check.

use crate::shown::{counted, joined, listed, shown};
use crate::source::Source;
use crate::targets::TargetColumn;
use serde::Serialize;
use std::fmt;
use std::path::PathBuf;

/// How a table was read, for people to check.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Reading {
    /// The files, and how each was read.
    pub files: Vec<Described>,
    /// The number of rows of all files.
    pub rows: usize,
    /// The number of rows that are left out because they have missing cells.
    pub dropped: usize,
    /// The number of features of the network. A column of text has one for each category.
    pub features: usize,
    /// The columns from which the features are made.
    pub columns: Vec<ReadColumn>,
    /// The columns that are left out.
    pub left_out: Vec<String>,
    /// The label column, with its number from 0, in words.
    pub label: Option<String>,
    /// The target columns, with their ranges over all rows; empty if samples have classes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<TargetColumn>,
    /// The classes, and the number of samples in each.
    pub classes: Vec<(String, usize)>,
    /// Warnings about the data.
    pub warnings: Vec<String>,
}

/// A column that becomes features.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReadColumn {
    /// The name of the column.
    pub name: String,
    /// The kind and range of its values.
    #[serde(flatten)]
    pub range: Range,
    /// The number of missing cells.
    pub missing: usize,
}

/// The values of a column.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Range {
    /// Numbers.
    Number {
        /// The least number.
        low: f64,
        /// The largest number.
        high: f64,
    },
    /// Categories.
    Category {
        /// The different values.
        values: Vec<String>,
    },
}

/// A file, and how it was read.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Described {
    /// The path of the file; `-` for standard input.
    pub file: PathBuf,
    /// The format of the file.
    pub format: &'static str,
    /// The compression formats, outermost first.
    pub packed: Vec<&'static str>,
    /// The number of rows.
    pub rows: usize,
    /// The delimiter of a text file, in words.
    pub delimiter: Option<&'static str>,
    /// Whether the decimal sign is a comma.
    pub decimal_comma: bool,
    /// Where the names of the columns are from, in a text file.
    pub header: Option<Header>,
}

/// Where the names of the columns are from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Header {
    /// The first line names the columns.
    FirstLine,
    /// The columns have no names, and the first line is a sample.
    None,
}

impl Described {
    pub(crate) fn of(source: &Source, format: &'static str, rows: usize) -> Self {
        Self {
            file: source.file.clone(),
            format,
            packed: source.packed.clone(),
            rows,
            delimiter: None,
            decimal_comma: false,
            header: None,
        }
    }
}

impl fmt::Display for Described {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.file.to_str() {
            Some("-") => f.write_str("standard input")?,
            _ => f.write_str(&shown(&self.file.to_string_lossy()))?,
        }
        write!(f, ": {}", self.format)?;
        for packing in self.packed.iter().rev() {
            write!(f, ", compressed with {packing}")?;
        }
        if let Some(delimiter) = self.delimiter {
            write!(f, ", separated by {delimiter}")?;
        }
        if self.decimal_comma {
            f.write_str(", with decimal commas")?;
        }
        match self.header {
            Some(Header::FirstLine) => f.write_str(", line 1 names the columns"),
            Some(Header::None) => f.write_str(", line 1 is a sample: columns have no names"),
            None => Ok(()),
        }
    }
}

/// Writes sections of aligned text, like all output of the program.
impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 10;
        for (number, file) in self.files.iter().take(SHOWN).enumerate() {
            writeln!(f, "{:<12}{file}", if number == 0 { "data" } else { "" })?;
        }
        if self.files.len() > SHOWN {
            writeln!(f, "            and {} more files", self.files.len() - SHOWN)?;
        }
        write!(f, "            {}, {}", counted(self.rows, "row"), counted(self.features, "feature"))?;
        if self.features != self.columns.len() {
            write!(f, " from {}", counted(self.columns.len(), "column"))?;
        }
        if self.dropped > 0 {
            write!(f, "; {} with missing cells left out", counted(self.dropped, "row"))?;
        }
        if !self.left_out.is_empty() {
            write!(f, "; without {}", listed(&self.left_out))?;
        }
        for (number, TargetColumn { name, low, high, .. }) in self.targets.iter().enumerate() {
            let section = if number == 0 { "targets" } else { "" };
            write!(f, "\n{section:<12}{}: numbers from {low} to {high}", shown(name))?;
        }
        if let Some(label) = &self.label {
            write!(f, "\nlabels      {label}")?;
            let classes = self.classes.iter().map(|(class, count)| format!("{} ({count})", shown(class)));
            write!(f, "\n            {}: {}", counted(self.classes.len(), "class"), joined(classes))?;
        }
        Ok(())
    }
}

impl Reading {
    /// Lists the columns that become features, one per line.
    pub fn columns_in_lines(&self) -> String {
        let width = self.columns.iter().map(|column| shown(&column.name).chars().count()).max().unwrap_or(0);
        let line = |(number, column): (usize, &ReadColumn)| {
            let range = match &column.range {
                Range::Number { low, high } => format!("numbers from {low} to {high}"),
                Range::Category { values } => format!("{} categories: {}", values.len(), listed(values)),
            };
            let missing =
                if column.missing > 0 { format!("; {} missing", column.missing) } else { String::new() };
            let section = if number == 0 { "columns" } else { "" };
            format!("{section:<12}{:<width$}  {range}{missing}", shown(&column.name))
        };
        let lines: Vec<String> = self.columns.iter().enumerate().map(line).collect();
        lines.join("\n")
    }
}
