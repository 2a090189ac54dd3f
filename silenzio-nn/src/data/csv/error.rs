//! What can be wrong with a CSV file.

use super::Column;

/// What can be wrong with a CSV file. Lines count from 1, columns from 0.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CsvError {
    /// There is no line with samples.
    #[error("has no samples")]
    NoSamples,
    /// A line is not text.
    #[error("line {line}: is not UTF-8 text; save the file as CSV in UTF-8")]
    NotUtf8 {
        /// The line.
        line: u64,
    },
    /// A line cannot be read for another reason.
    #[error("line {line}: {problem}")]
    Unreadable {
        /// The line.
        line: u64,
        /// What the parser says.
        problem: String,
    },
    /// There is only a label column.
    #[error("the first line has only one column, but needs features and a label, separated by commas")]
    OneColumn,
    /// There are more columns than can be sensible for encrypted training.
    #[error("the first line has {found} columns, but at most {limit} features are possible")]
    TooManyColumns {
        /// The columns.
        found: usize,
        /// The most features.
        limit: usize,
    },
    /// A test file has more or fewer columns than the training file.
    #[error("the first line has {found} columns, but the training file has {expected}")]
    OtherColumns {
        /// The columns of this file.
        found: usize,
        /// The columns of the training file.
        expected: usize,
    },
    /// A file of rows has more or fewer columns than the model has features.
    #[error(
        "the first line has {found} columns, but needs {expected}, one per feature, or one more with labels"
    )]
    RowColumns {
        /// The columns of this file.
        found: usize,
        /// The features.
        expected: usize,
    },
    /// A line has more or fewer cells than the first.
    #[error("line {line}: has {found} cells, but the first line has {expected}")]
    Ragged {
        /// The line.
        line: u64,
        /// Its cells.
        found: usize,
        /// The cells of the first line.
        expected: usize,
    },
    /// No column has the name of the label column.
    #[error("data.label_column: no column is called {name:?} in the first line; the columns are {columns}")]
    UnknownColumn {
        /// The name.
        name: String,
        /// The names that exist.
        columns: String,
    },
    /// The number of the label column is too large.
    #[error("data.label_column: {number} is not one of the {columns} columns, which count from 0")]
    ColumnNumber {
        /// The number.
        number: usize,
        /// How many columns there are.
        columns: usize,
    },
    /// The label column has a name, but the columns have none.
    #[error("data.label_column: {name:?} needs a header, but data.header = false; give the column's number")]
    NameWithoutHeader {
        /// The name.
        name: String,
    },
    /// There should be no header, but the first line is one.
    #[error(
        "first line, {column}: data.header = false, but {cell:?} is not a number; \
         if the first line names the columns, set data.header = true"
    )]
    HeaderDenied {
        /// The column.
        column: Column,
        /// Its cell.
        cell: String,
    },
    /// A feature is not a number.
    #[error("line {line}, {column}: {cell:?} is not a number; correct it, or remove the line or the column")]
    NotANumber {
        /// The line.
        line: u64,
        /// The column.
        column: Column,
        /// The cell.
        cell: String,
    },
    /// A feature is infinite, undefined, or too large for single precision.
    #[error(
        "line {line}, {column}: {cell:?} is not a finite number of at most 3.4e38; correct it, or remove the line"
    )]
    NotFinite {
        /// The line.
        line: u64,
        /// The column.
        column: Column,
        /// The cell.
        cell: String,
    },
    /// A label is empty.
    #[error("line {line}, {column}: the label is empty; fill it in, or remove the line")]
    NoLabel {
        /// The line.
        line: u64,
        /// The column.
        column: Column,
    },
    /// The cells do not fill a table: never seen after the checks above.
    #[error("the cells do not fill a table: {0}")]
    Shape(String),
}
