//! Problems of text files.

use super::MAX_RECORD;
use crate::shown::listed;

/// A problem of a text file. Lines are numbered from 1, columns from 0.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// The file has no line with samples.
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
        /// The error of the parser.
        problem: String,
    },
    /// A quote is never closed.
    #[error(
        "line {line}: a quote is opened here and never closed; close it, or double the quotes within a cell and quote \
         the whole cell"
    )]
    OpenQuote {
        /// The line.
        line: u64,
    },
    /// A record is too long.
    #[error("line {line}: is longer than {MAX_RECORD} bytes; is this a table?")]
    TooLong {
        /// The line.
        line: u64,
    },
    /// A line has more or fewer cells than the first.
    #[error("line {line}: has {found} cells, but the first line has {expected}{}", hint(*.delimiter))]
    Ragged {
        /// The line.
        line: u64,
        /// The number of its cells.
        found: usize,
        /// The number of cells of the first line.
        expected: usize,
        /// The delimiter that was stated or detected.
        delimiter: char,
    },
    /// All lines have one cell more than the header.
    #[error(
        "the first line has {header} names, but the lines below have {cells} cells: this is how R writes row names; \
         begin the first line with a name for that column, such as \"row\", and leave the column out with \
         data.drop = [0]"
    )]
    RowNames {
        /// The number of names in the first line.
        header: usize,
        /// The number of cells in the other lines.
        cells: usize,
    },
    /// The table has one column.
    #[error(
        "the first line has only one column, but features and a label are needed; cells are assumed to be separated \
         by {delimiter}: if they are not, set data.delimiter"
    )]
    OneColumn {
        /// The delimiter that was stated or detected, in words.
        delimiter: &'static str,
    },
    /// The table has more columns than is sensible for encrypted training.
    #[error("the first line has {found} columns, but at most {limit} features are possible")]
    TooManyColumns {
        /// The number of columns.
        found: usize,
        /// The largest number of features.
        limit: usize,
    },
    /// No column has the name of the label column or of a target.
    #[error("{field}: no column is called {name:?} in the first line; the columns are {}", listed(columns))]
    UnknownColumn {
        /// The field of the plan with the name.
        field: &'static str,
        /// The name.
        name: String,
        /// The names in the file.
        columns: Vec<String>,
    },
    /// The plan names the label column or a target, but states that the columns have no names.
    #[error("{field}: {name:?} needs a header, but data.header = false; give the column's number")]
    NameWithoutHeader {
        /// The field of the plan with the name.
        field: &'static str,
        /// The name.
        name: String,
    },
    /// The plan states that there is no header, but the first line looks like one.
    #[error(
        "first line, column {column} (from 0): data.header = false, but \"{cell}\" is not a number, unlike the cells \
         below; if the first line names the columns, set data.header = true"
    )]
    HeaderDenied {
        /// The column.
        column: usize,
        /// The cell of the first line.
        cell: String,
    },
    /// The first line could be a sample or the names of the columns.
    #[error(
        "line 1: {why}: it may name the columns, or be a sample; set data.header to true if it names them, or to false \
         if it is a sample"
    )]
    Ambiguous {
        /// Why it cannot be decided.
        why: &'static str,
    },
    /// The first line may be a comment.
    #[error(
        "line 1: begins with {mark:?}, like a comment; set data.comment = {mark:?} if it is one, or remove the mark if \
         the line names the columns"
    )]
    Comment {
        /// The first character of the line.
        mark: char,
    },
    /// The first line of rows for a model names none of its features.
    #[error(
        "line 1: \"{cell}\" is neither the name of a feature nor a number; the features of the training file are {}",
        listed(features)
    )]
    NoSuchNames {
        /// The first cell of the line that is neither.
        cell: String,
        /// The names of the features.
        features: Vec<String>,
    },
    /// The header of an ARFF file cannot be read.
    #[error("line {line}: {problem}")]
    Arff {
        /// The line.
        line: u64,
        /// The problem, and what to do.
        problem: String,
    },
}

/// A hint that the delimiter may be wrong.
fn hint(delimiter: char) -> String {
    match delimiter {
        ' ' => {
            "; cells are assumed to be separated by spaces: quote cells that contain spaces, or set data.delimiter"
                .into()
        }
        _ => format!(
            "; cells are assumed to be separated by {delimiter:?}: if they are not, set data.delimiter"
        ),
    }
}
