//! What can be wrong with the data of a plan.

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
        ": paths are written with /, or with \\ between single quotes"
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
        /// What the operating system says.
        error: io::Error,
    },
    /// A file begins like a packed file but cannot be unpacked.
    #[error("{}: is a damaged or truncated {packing} file ({problem}); fetch or pack it again", file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
        /// How it is packed.
        packing: &'static str,
        /// What the unpacker says.
        problem: String,
    },
    /// A file is larger than can be sensible for encrypted training.
    #[error("{}: has more than {limit} bytes unpacked; reduce it, for example to fewer samples", file.display())]
    TooLarge {
        /// The file.
        file: PathBuf,
        /// The most bytes.
        limit: u64,
    },
    /// The table has more cells than can be sensible for encrypted training.
    #[error("{}: has more than {limit} cells; reduce it, for example to fewer samples", file.display())]
    TooManyCells {
        /// The file.
        file: PathBuf,
        /// The most cells.
        limit: usize,
    },
    /// A file has no bytes.
    #[error("{}: is empty", file.display())]
    Empty {
        /// The file.
        file: PathBuf,
    },
    /// A file is something that cannot be read as a table.
    #[error("{field}: {}: is {found}, but has to be {expected}: {advice}", file.display())]
    Foreign {
        /// The field of the plan that names the file.
        field: &'static str,
        /// The file.
        file: PathBuf,
        /// What it is.
        found: &'static str,
        /// What it has to be.
        expected: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// A text file is not a table.
    #[error("{}: {error}", file.display())]
    Text {
        /// The file.
        file: PathBuf,
        /// Where and why.
        error: TextError,
    },
    /// An IDX file is not an array.
    #[error("{}: {error}", file.display())]
    Idx {
        /// The file.
        file: PathBuf,
        /// Why.
        error: IdxError,
    },
    /// A NumPy file is not an array that can be read.
    #[error("{}: {error}", file.display())]
    Npy {
        /// The file.
        file: PathBuf,
        /// Why.
        error: NpyError,
    },
    /// A Parquet file cannot be read.
    #[error("{}: {problem}", file.display())]
    Parquet {
        /// The file.
        file: PathBuf,
        /// Why, and what to do.
        problem: String,
    },
    /// A field of the plan is missing, or does not go with the others or with the data.
    #[error("{}{field}: {problem}", file.as_ref().map(|file| format!("{}: ", file.display())).unwrap_or_default())]
    Field {
        /// The field.
        field: &'static str,
        /// The file that it does not go with.
        file: Option<PathBuf>,
        /// What to do.
        problem: String,
    },
    /// A cell that has to be a number is not one.
    #[error(
        "{}: {place}, column {column}: \"{cell}\" is not a number{}; correct it, or leave the column out by data.drop, or \
         name it in data.categories if its values are names",
        file.display(), if *others > 0 { format!(", as in {} of the column", counted(*others + 1, "cell")) } else { String::new() }
    )]
    NotANumber {
        /// The file.
        file: PathBuf,
        /// The line or item.
        place: Place,
        /// The column.
        column: String,
        /// The cell.
        cell: String,
        /// Other cells of the column that are none.
        others: usize,
    },
    /// A number is infinite, or beyond double precision.
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
        "{}: {place}, column {column}: the value is missing, as in {} of {rows} of {of} rows{}: {advice}",
        file.display(), counted(*cells, "cell"),
        if columns.len() > 1 { format!(" and {} columns ({})", columns.len(), listed(columns)) } else { String::new() }
    )]
    MissingCells {
        /// The file of the first one.
        file: PathBuf,
        /// Its line or item.
        place: Place,
        /// Its column.
        column: Box<str>,
        /// How many are missing.
        cells: usize,
        /// In how many rows.
        rows: usize,
        /// All rows.
        of: usize,
        /// The columns with missing cells.
        columns: Box<[String]>,
        /// What to do.
        advice: &'static str,
    },
    /// Labels are missing.
    #[error(
        "{}: {place}, column {column}: the label is missing or empty, as in {} in all; fill in the labels, remove \
         the lines, or set data.missing to \"drop\"",
        file.display(), counted(*others + 1, "row")
    )]
    MissingLabels {
        /// The file of the first one.
        file: PathBuf,
        /// Its line or item.
        place: Place,
        /// The column.
        column: String,
        /// How many others are missing.
        others: usize,
    },
    /// The labels are numbers on a scale, or names of the samples.
    #[error(
        "{}: column {column} has {classes} different labels in {samples} samples{}: \
         a network tells classes apart; is data.label_column right? To predict numbers, name the column in data.targets, with \
         training.loss = \"squared\"",
        file.display(), if *fractions { ", not all of them whole numbers" } else { "" }
    )]
    NoClasses {
        /// The file.
        file: PathBuf,
        /// The label column.
        column: String,
        /// Its different values.
        classes: usize,
        /// The samples.
        samples: usize,
        /// Whether there are fractions among them.
        fractions: bool,
    },
    /// The first line may be a sample or the names of the columns.
    #[error(
        "{}: line 1: the label {} stands only there, as names of columns do, but all features are numbers; \
         set data.header to true if line 1 names the columns, or to false if it is a sample",
        file.display(), shown(label)
    )]
    LoneLabel {
        /// The file.
        file: PathBuf,
        /// The label.
        label: String,
    },
    /// There is nothing to tell apart.
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
    #[error("{}: has {found} sample(s), but at least 2 are needed", file.display())]
    TooFewSamples {
        /// The file.
        file: PathBuf,
        /// How many it has.
        found: usize,
    },
    /// A file has no samples at all.
    #[error("{}: has no samples", file.display())]
    NoSamples {
        /// The file.
        file: PathBuf,
    },
    /// Nothing is left to measure accuracies on.
    #[error(
        "{}: {field} = {fraction} holds back none of {samples} samples in {classes} classes, as each class keeps at \
         least one for training; raise it, or bring more samples",
        file.display()
    )]
    NothingHeldBack {
        /// The file.
        file: PathBuf,
        /// The field of the plan.
        field: &'static str,
        /// The part that was to be held back.
        fraction: f64,
        /// The samples of the file.
        samples: usize,
        /// Their classes.
        classes: usize,
    },
    /// A test sample is of a class without training samples.
    #[error(
        "{}: {place}: the label \"{label}\" does not occur in the training file (classes: {})",
        file.display(), listed(classes)
    )]
    UnknownClass {
        /// The test file.
        file: PathBuf,
        /// Where in it.
        place: Place,
        /// The label.
        label: String,
        /// The known classes.
        classes: Vec<String>,
    },
    /// A column does not become a feature.
    #[error("{}: column {column}: {problem}", file.display())]
    Column {
        /// The file.
        file: PathBuf,
        /// The column.
        column: String,
        /// Why, and what to do.
        problem: String,
    },
    /// A table lacks features of the training data.
    #[error(
        "{}: has no column {}; it needs those of the training file, by name, in any order: the columns are {}",
        file.display(), listed(missing), listed(found)
    )]
    OtherFeatures {
        /// The table.
        file: PathBuf,
        /// What it lacks.
        missing: Vec<String>,
        /// What it has.
        found: Vec<String>,
    },
    /// A table has another number of columns than the training data, and no names.
    #[error(
        "{}: has {} columns, but the training file has {expected} features{}", file.display(), found, needs
    )]
    OtherWidth {
        /// The table.
        file: PathBuf,
        /// Its columns.
        found: usize,
        /// The features of the training file.
        expected: usize,
        /// What else would do.
        needs: String,
    },
    /// The parts do not make a data set.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
}

impl DataError {
    pub(crate) fn field(field: &'static str, problem: impl Into<String>) -> Self {
        Self::Field { field, file: None, problem: problem.into() }
    }
}
