//! From a plan to a training and a test set.

use super::classes::{class_names, class_numbers};
use super::dataset::Dataset;
use super::error::DataError;
use super::files::Files;
use super::samples::{FeatureKind, Samples};
use super::scaling::Scaling;
use super::split::{hold_back, thin_out};
use silenzio_core::plan::DataPlan;
use silenzio_core::random::{Purpose, Seed, Stream};
use std::path::Path;

/// The two parts of the data.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    /// What the network learns from.
    pub train: Dataset,
    /// What it is judged by: test samples, or validation samples where the plan asks for them.
    pub test: Dataset,
    /// How the inputs of both are scaled to `[0, 1]`.
    pub scaling: Scaling,
    /// The label column of a CSV file, from 0.
    pub label_column: Option<usize>,
}

impl Split {
    /// Scales the inputs.
    fn scaled(mut self) -> Result<Self, DataError> {
        self.scaling.apply(&mut self.train.inputs)?;
        self.scaling.apply(&mut self.test.inputs)?;
        Ok(self)
    }
}

/// Reads the data of `plan`, whose relative paths start at `base_dir`.
///
/// A file is IDX if it begins with two zero bytes, and CSV otherwise; either may be packed by gzip. Test
/// samples come from `test_file`, or are drawn from `file`, each class in proportion, by `seed`. Where there is a
/// `validation_fraction`, so much of the rest is drawn likewise and takes the place of the test samples. Of what is
/// left at most `limit` are kept, again in proportion. The classes are those of `file`. Scaling to `[0, 1]` is
/// fitted on the training samples that are kept: per column for CSV, over all pixels for IDX.
///
/// # Errors
/// Whatever is wrong with the files, with file, line and column, or with the fields of the plan.
pub fn load(plan: &DataPlan, base_dir: &Path, seed: Seed) -> Result<Split, DataError> {
    load_unscaled(plan, base_dir, seed)?.scaled()
}

/// As [`load`], with all inputs in the units of the files.
///
/// # Errors
/// As [`load`].
pub fn load_unscaled(plan: &DataPlan, base_dir: &Path, seed: Seed) -> Result<Split, DataError> {
    let training = Files::of_training(plan, base_dir);
    let testing = Files::of_testing(plan, base_dir)?;

    let samples = training.read(plan, None)?;
    let kind = samples.kind;
    let classes = classes_of(&training, &samples)?;
    let (train, test) = match testing {
        Some(testing) => {
            let like = match kind {
                FeatureKind::Columns(layout) => Some(layout),
                FeatureKind::Pixels => None,
            };
            let test_samples = testing.read(plan, like)?;
            check_features(&testing, &test_samples, &samples)?;
            (to_dataset(&training, samples, &classes)?, to_dataset(&testing, test_samples, &classes)?)
        }
        None => {
            let all = to_dataset(&training, samples, &classes)?;
            let stream = seed.stream(Purpose::Split, 0, 0);
            divide(&training, &all, ("data.test_fraction", plan.test_fraction), stream)?
        }
    };
    let (train, test) = match plan.validation_fraction {
        0.0 => (train, test),
        fraction => {
            let stream = seed.stream(Purpose::Validation, 0, 0);
            divide(&training, &train, ("data.validation_fraction", fraction), stream)?
        }
    };
    let train = limited(train, plan.limit, seed);

    let scaling = match kind {
        FeatureKind::Columns(_) => Scaling::fit(&train.inputs),
        FeatureKind::Pixels => Scaling::fit_shared(&train.inputs),
    };
    let label_column = match kind {
        FeatureKind::Columns(layout) => layout.label,
        FeatureKind::Pixels => None,
    };
    Ok(Split { train, test, scaling, label_column })
}

/// The classes among `samples`, which have to be enough to train on.
fn classes_of(files: &Files, samples: &Samples) -> Result<Vec<String>, DataError> {
    let file = || files.data.clone();
    if samples.labels.len() < 2 {
        return Err(DataError::TooFewSamples { file: file(), found: samples.labels.len() });
    }
    let classes = class_names(&samples.labels);
    match classes.as_slice() {
        [label] => Err(DataError::OneClass { file: file(), label: label.clone() }),
        _ => Ok(classes),
    }
}

/// Numbers the labels by their position in `classes`.
fn to_dataset(files: &Files, samples: Samples, classes: &[String]) -> Result<Dataset, DataError> {
    let labels = numbered(files, &samples, classes)?;
    Ok(Dataset::new(samples.inputs, labels, classes.to_vec(), samples.features)?)
}

/// The class of each label.
pub(super) fn numbered(
    files: &Files,
    samples: &Samples,
    classes: &[String],
) -> Result<Vec<usize>, DataError> {
    class_numbers(&samples.labels, classes).map_err(|unknown| DataError::UnknownClass {
        file: files.of_labels().clone(),
        place: samples.places[unknown],
        label: samples.labels[unknown].clone(),
        classes: classes.join(", "),
    })
}

/// Test samples need the features of the training samples, by number, and by name where both have names.
fn check_features(files: &Files, test: &Samples, train: &Samples) -> Result<(), DataError> {
    let file = || files.data.clone();
    let (found, expected) = (test.features.len(), train.features.len());
    if found != expected {
        return Err(DataError::OtherWidth { file: file(), found, expected });
    }
    if test.has_names() && train.has_names() {
        let mut pairs = test.features.iter().zip(&train.features).enumerate();
        if let Some((number, (found, expected))) = pairs.find(|(_, (found, expected))| found != expected) {
            let (found, expected) = (found.clone(), expected.clone());
            return Err(DataError::OtherFeature { file: file(), number, found, expected });
        }
    }
    Ok(())
}

/// What is kept of `all`, and the part that a field of the plan says to hold back.
fn divide(
    files: &Files,
    all: &Dataset,
    (field, fraction): (&'static str, f64),
    stream: Stream,
) -> Result<(Dataset, Dataset), DataError> {
    let parts = hold_back(&all.labels, all.classes.len(), fraction, stream);
    if parts.held_back.is_empty() {
        return Err(DataError::NothingHeldBack {
            file: files.data.clone(),
            field,
            fraction,
            samples: all.len(),
            classes: all.classes.len(),
        });
    }
    Ok((all.select(&parts.kept), all.select(&parts.held_back)))
}

fn limited(train: Dataset, limit: Option<usize>, seed: Seed) -> Dataset {
    match limit {
        Some(limit) if limit < train.len() => {
            train.select(&thin_out(&train.labels, train.classes.len(), limit.max(1), seed))
        }
        _ => train,
    }
}
