//! What can be wrong with the data of a plan.

use super::csv::CsvError;
use super::dataset::DatasetError;
use super::idx::IdxError;
use super::samples::Place;
use super::scaling::ScalingError;
use std::io;
use std::path::PathBuf;

/// What can be wrong with the data of a plan.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// A file does not exist.
    #[error("{field}: {} does not exist", file.display())]
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
    /// A file begins like a gzip file but cannot be unpacked.
    #[error("{}: is a damaged or truncated gzip file ({error}); fetch or pack it again", file.display())]
    Gzip {
        /// The file.
        file: PathBuf,
        /// What the unpacker says.
        error: io::Error,
    },
    /// A file is larger than can be sensible for encrypted training.
    #[error("{}: has more than {limit} bytes unpacked; reduce it, for example to fewer samples", file.display())]
    TooLarge {
        /// The file.
        file: PathBuf,
        /// The most bytes, [`super::MAX_BYTES`].
        limit: u64,
    },
    /// A file has no bytes.
    #[error("{}: is empty", file.display())]
    Empty {
        /// The file.
        file: PathBuf,
    },
    /// A CSV file is not a table of numbers and labels.
    #[error("{}: {error}", file.display())]
    Csv {
        /// The file.
        file: PathBuf,
        /// Where and why.
        error: CsvError,
    },
    /// An IDX file is not one of images or labels.
    #[error("{}: {error}", file.display())]
    Idx {
        /// The file.
        file: PathBuf,
        /// Why.
        error: IdxError,
    },
    /// A field of the plan is missing, or does not go with the others.
    #[error("{field}: {problem}")]
    Field {
        /// The field.
        field: &'static str,
        /// What to do.
        problem: &'static str,
    },
    /// There is nothing to tell apart.
    #[error(
        "{}: all samples have the label {label:?}; training needs at least 2 classes: \
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
        "{}: {place}: the label {label:?} does not occur in the training file (classes: {classes})",
        file.display()
    )]
    UnknownClass {
        /// The test file.
        file: PathBuf,
        /// Where in it.
        place: Place,
        /// The label.
        label: String,
        /// The known classes.
        classes: String,
    },
    /// Test samples have more or fewer features than training samples.
    #[error("{}: has {found} features per sample, but the training file has {expected}", file.display())]
    OtherWidth {
        /// The test file.
        file: PathBuf,
        /// Its features per sample.
        found: usize,
        /// The features of a training sample.
        expected: usize,
    },
    /// Test samples have other features than training samples.
    #[error(
        "{}: feature {number} (from 0) is {found:?}, but {expected:?} in the training file; \
         both files need the same columns in the same order",
        file.display()
    )]
    OtherFeature {
        /// The test file.
        file: PathBuf,
        /// The number of the feature, from 0.
        number: usize,
        /// Its name in the test file.
        found: String,
        /// Its name in the training file.
        expected: String,
    },
    /// The parts do not make a data set.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// A scaling does not fit the samples.
    #[error(transparent)]
    Scaling(#[from] ScalingError),
}
