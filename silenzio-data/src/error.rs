//! The errors of reading data.

use crate::dataset::DatasetError;
use crate::idx::IdxError;
use crate::npy::NpyError;
use crate::place::Place;
use crate::shown::{counted, listed, shown};
use crate::text::TextError;
use std::io;
use std::path::PathBuf;

/// What can be wrong with the data of a plan.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// A file does not exist.
    #[error("{field}: {file:?} does not exist{}", if file.to_string_lossy().contains(['\t', '\\']) {
        ": write paths with /, or with \\ between single quotes"
    } else { "" })]
    Missing {
        /// The field of the plan that names the file.
        field: &'static str,
        /// The file.
        file: PathBuf,
    },
    /// A file cannot be read.
    #[error("{field}: {} cannot be read: {error}", file.display())]
    Read {
        /// The field of the plan that names the file.
        field: &'static str,
        /// The file.
        file: PathBuf,
        /// The error of the operating system.
        error: io::Error,
    },
    /// A file begins like a compressed file, but cannot be decompressed.
    #[error("{}: is a damaged or truncated {packing} file ({problem}); fetch or pack it again", file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
        /// The compression format.
        packing: &'static str,
        /// The error of the decompressor.
        problem: String,
    },
    /// A file is larger than is sensible for encrypted training.
    #[error("{}: has more than {limit} bytes unpacked; reduce it, for example to fewer samples", file.display())]
    TooLarge {
        /// The file.
        file: PathBuf,
        /// The largest number of bytes.
        limit: u64,
    },
    /// The table has more cells than is sensible for encrypted training.
    #[error("{}: has more than {limit} cells; reduce it, for example to fewer samples", file.display())]
    TooManyCells {
        /// The file.
        file: PathBuf,
        /// The largest number of cells.
        limit: usize,
    },
    /// A file has no bytes.
    #[error("{}: is empty", file.display())]
    Empty {
        /// The file.
        file: PathBuf,
    },
    /// A file has a format that cannot be read.
    #[error("{field}: {}: is {found}, but must be {expected}: {advice}", file.display())]
    Foreign {
        /// The field of the plan that names the file.
        field: &'static str,
        /// The file.
        file: PathBuf,
        /// The format of the file.
        found: &'static str,
        /// The formats that can be read.
        expected: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// A text or ARFF file cannot be read as a table.
    #[error("{}: {error}", file.display())]
    Text {
        /// The file.
        file: PathBuf,
        /// The problem, with its line.
        error: TextError,
    },
    /// An IDX file cannot be read as an array.
    #[error("{}: {error}", file.display())]
    Idx {
        /// The file.
        file: PathBuf,
        /// The problem.
        error: IdxError,
    },
    /// A NumPy file cannot be read as an array.
    #[error("{}: {error}", file.display())]
    Npy {
        /// The file.
        file: PathBuf,
        /// The problem.
        error: NpyError,
    },
    /// A Parquet file cannot be read.
    #[error("{}: {problem}", file.display())]
    Parquet {
        /// The file.
        file: PathBuf,
        /// The problem, and what to do.
        problem: String,
    },
    /// A field of the plan is missing, or does not fit the other fields or the data.
    #[error("{}{field}: {problem}", file.as_ref().map(|file| format!("{}: ", file.display())).unwrap_or_default())]
    Field {
        /// The field.
        field: &'static str,
        /// The file that it does not fit, if it is about one.
        file: Option<PathBuf>,
        /// The problem, and what to do.
        problem: String,
    },
    /// A cell that must be a number is not one.
    #[error(
        "{}: {place}, column {column}: \"{cell}\" is not a number{}; correct it, leave the column out with \
         data.drop, or list it in data.categories if its values are names",
        file.display(),
        if *others > 0 { format!(" ({} like this in the column)", counted(*others + 1, "cell")) } else { String::new() }
    )]
    NotANumber {
        /// The file.
        file: PathBuf,
        /// The line or item.
        place: Place,
        /// The column.
        column: String,
        /// The content of the cell.
        cell: String,
        /// The number of other cells of the column that are not numbers.
        others: usize,
    },
    /// A number is infinite, or exceeds double precision.
    #[error("{}: {place}, column {column}: is not a finite number; correct it, or remove the line", file.display())]
    NotFinite {
        /// The file.
        file: PathBuf,
        /// The line or item.
        place: Place,
        /// The column.
        column: String,
    },
    /// Cells are missing.
    #[error(
        "{}: {place}, column {column}: the value is missing ({} in {rows} of {of} rows{}): {advice}",
        file.display(),
        counted(*cells, "missing cell"),
        if columns.len() > 1 {
            format!(" and in {} columns: {}", columns.len(), listed(columns))
        } else {
            String::new()
        }
    )]
    MissingCells {
        /// The file of the first missing cell.
        file: PathBuf,
        /// The line or item of that cell.
        place: Place,
        /// The column of that cell.
        column: Box<str>,
        /// The number of missing cells.
        cells: usize,
        /// The number of rows with missing cells.
        rows: usize,
        /// The number of all rows.
        of: usize,
        /// The columns with missing cells.
        columns: Box<[String]>,
        /// What to do.
        advice: &'static str,
    },
    /// Labels are missing.
    #[error(
        "{}: {place}, column {column}: the label is missing or empty (in {} in total); fill in the labels, remove \
         the lines, or set data.missing to \"drop\"",
        file.display(), counted(*others + 1, "row")
    )]
    MissingLabels {
        /// The file of the first missing label.
        file: PathBuf,
        /// The line or item of that label.
        place: Place,
        /// The column.
        column: String,
        /// The number of other missing labels.
        others: usize,
    },
    /// The labels do not look like classes, but like measurements or names of the samples.
    #[error(
        "{}: column {column} has {classes} different labels in {samples} samples{}, which do not look like classes: \
         is data.label_column right? To predict numbers, name the column in data.targets, and set training.loss to \
         \"squared\"",
        file.display(), if *fractions { ", not all of them whole numbers" } else { "" }
    )]
    NoClasses {
        /// The file.
        file: PathBuf,
        /// The label column.
        column: String,
        /// The number of its different values.
        classes: usize,
        /// The number of samples.
        samples: usize,
        /// Whether some labels are fractions.
        fractions: bool,
    },
    /// The first line could be a sample or the names of the columns.
    #[error(
        "{}: line 1: the label {} occurs only there, like the name of a column, but all features are numbers; \
         set data.header to true if line 1 names the columns, or to false if it is a sample",
        file.display(), shown(label)
    )]
    LoneLabel {
        /// The file.
        file: PathBuf,
        /// The label.
        label: String,
    },
    /// All samples have the same label.
    #[error(
        "{}: all samples have the label \"{label}\"; training needs at least 2 classes: \
         is data.label_column right?",
        file.display()
    )]
    OneClass {
        /// The file.
        file: PathBuf,
        /// The only label.
        label: String,
    },
    /// There are not enough samples.
    #[error("{}: has {}, but at least 2 samples are needed", file.display(), counted(*found, "sample"))]
    TooFewSamples {
        /// The file.
        file: PathBuf,
        /// The number of samples.
        found: usize,
    },
    /// A file has no samples at all.
    #[error("{}: has no samples", file.display())]
    NoSamples {
        /// The file.
        file: PathBuf,
    },
    /// No sample is held back for testing or validation.
    #[error(
        "{}: {field} = {fraction} holds back none of {} in {}, since each class keeps at least one for training; raise it, \
         or add samples",
        file.display(), counted(*samples, "sample"), counted(*classes, "class")
    )]
    NothingHeldBack {
        /// The file.
        file: PathBuf,
        /// The field of the plan.
        field: &'static str,
        /// The fraction to hold back.
        fraction: f64,
        /// The number of samples.
        samples: usize,
        /// The number of classes.
        classes: usize,
    },
    /// A test sample has a label that no training sample has.
    #[error(
        "{}: {place}: the label \"{label}\" does not occur in the training file (classes: {})",
        file.display(), listed(classes)
    )]
    UnknownClass {
        /// The test file.
        file: PathBuf,
        /// The line or item.
        place: Place,
        /// The label.
        label: String,
        /// The known classes.
        classes: Vec<String>,
    },
    /// A column cannot be used.
    #[error("{}: column {column}: {problem}", file.display())]
    Column {
        /// The file.
        file: PathBuf,
        /// The column.
        column: String,
        /// The problem, and what to do.
        problem: String,
    },
    /// A table lacks features of the training data.
    #[error(
        "{}: has no column {}; it needs the columns of the training file, by name and in any order, but has {}",
        file.display(), listed(missing), listed(found)
    )]
    OtherFeatures {
        /// The file of the table.
        file: PathBuf,
        /// The features that it lacks.
        missing: Vec<String>,
        /// The columns that it has.
        found: Vec<String>,
    },
    /// A table without names has another number of columns than the training data.
    #[error(
        "{}: has {} columns, but the training file has {expected} features{}", file.display(), found, needs
    )]
    OtherWidth {
        /// The file of the table.
        file: PathBuf,
        /// The number of its columns.
        found: usize,
        /// The number of features of the training file.
        expected: usize,
        /// What else the table needs or could have.
        needs: String,
    },
    /// The parts do not form a data set.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
}

impl DataError {
    pub(crate) fn field(field: &'static str, problem: impl Into<String>) -> Self {
        Self::Field { field, file: None, problem: problem.into() }
    }
}
