//! What can be wrong with a text file.

use super::MAX_RECORD;
use crate::shown::listed;

/// What can be wrong with a text file. Lines count from 1, columns from 0.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
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
    /// A record does not end.
    #[error(
        "line {line}: a quote is opened here and never closed; close it, or double the quotes within a cell and put the \
         cell between quotes"
    )]
    OpenQuote {
        /// The line.
        line: u64,
    },
    /// A record is too long.
    #[error("line {line}: goes on for more than {MAX_RECORD} bytes; is this a table?")]
    TooLong {
        /// The line.
        line: u64,
    },
    /// A line has more or fewer cells than the first.
    #[error("line {line}: has {found} cells, but the first line has {expected}{}", hint(*.delimiter))]
    Ragged {
        /// The line.
        line: u64,
        /// Its cells.
        found: usize,
        /// The cells of the first line.
        expected: usize,
        /// What was taken for the delimiter.
        delimiter: char,
    },
    /// All lines have a cell more than the header.
    #[error(
        "the first line has {header} names, but the lines below have {cells} cells: R writes names of the rows so; \
         begin the first line with a name for that column, such as \"row\", and leave the column out by \
         data.drop = [0]"
    )]
    RowNames {
        /// The names of the first line.
        header: usize,
        /// The cells of the others.
        cells: usize,
    },
    /// The table has one column.
    #[error(
        "the first line has only one column, but needs features and a label; the cells are taken to be separated \
         by {delimiter}: if they are not, set data.delimiter"
    )]
    OneColumn {
        /// What was taken for the delimiter, in words.
        delimiter: &'static str,
    },
    /// There are more columns than can be sensible for encrypted training.
    #[error("the first line has {found} columns, but at most {limit} features are possible")]
    TooManyColumns {
        /// The columns.
        found: usize,
        /// The most features.
        limit: usize,
    },
    /// No column has the name of the label column or of a target.
    #[error("{field}: no column is called {name:?} in the first line; the columns are {}", listed(columns))]
    UnknownColumn {
        /// The field of the plan that names it.
        field: &'static str,
        /// The name.
        name: String,
        /// The names that exist.
        columns: Vec<String>,
    },
    /// The label column or a target has a name, but the columns have none.
    #[error("{field}: {name:?} needs a header, but data.header = false; give the column's number")]
    NameWithoutHeader {
        /// The field of the plan that names it.
        field: &'static str,
        /// The name.
        name: String,
    },
    /// There should be no header, but the first line is one.
    #[error(
        "first line, column {column} (from 0): data.header = false, but \"{cell}\" is not a number as in the lines below; \
         if the first line names the columns, set data.header = true"
    )]
    HeaderDenied {
        /// The column.
        column: usize,
        /// Its cell.
        cell: String,
    },
    /// The first line may be a sample or the names of the columns.
    #[error(
        "line 1: {why}: it may name the columns, or be a sample; set data.header to true if it names them, or to false"
    )]
    Ambiguous {
        /// What speaks for both.
        why: &'static str,
    },
    /// The first line may be a comment.
    #[error(
        "line 1: begins with {mark:?}, as comments do; set data.comment = {mark:?} if it is one, or remove \
         the mark if the line names the columns"
    )]
    Comment {
        /// What it begins with.
        mark: char,
    },
    /// The first line of rows for a model names none of its features.
    #[error(
        "line 1: \"{cell}\" is neither the name of a feature nor a number; the features of the training file are {}",
        listed(features)
    )]
    NoSuchNames {
        /// A cell of the line.
        cell: String,
        /// The features.
        features: Vec<String>,
    },
    /// The header of an ARFF file cannot be read.
    #[error("line {line}: {problem}")]
    Arff {
        /// The line.
        line: u64,
        /// What is wrong.
        problem: String,
    },
}

/// Other cells that the delimiter may have caused.
fn hint(delimiter: char) -> String {
    match delimiter {
        ' ' => {
            "; the cells are taken to be separated by spaces: put cells with spaces between quotes, or set \
                data.delimiter"
                .into()
        }
        _ => format!(
            "; the cells are taken to be separated by {delimiter:?}: if they are not, set data.delimiter"
        ),
    }
}
