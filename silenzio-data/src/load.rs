//! Reads the data of a plan, and splits them into a training and a test set.

use crate::DataError;
use crate::cell::Cell;
use crate::classes::Labels;
use crate::column::Column;
use crate::dataset::Dataset;
use crate::encoding::{Encoding, FILL_IN, LabelPlace};
use crate::files::Files;
use crate::held_back::{Answer, HeldBack};
use crate::reading::{Header, Reading};
use crate::roles::Roles;
use crate::split::{balanced, hold_back, thin_out};
use crate::table::Table;
use crate::targets::{self, RealTargets, TargetColumn};
use crate::text::Known;
use silenzio_core::plan::{DataPlan, MissingPolicy};
use silenzio_core::random::{Purpose, Seed, Stream};
use std::path::Path;

/// The training set and the test set.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    /// The training samples, with inputs in `[0, 1]`.
    pub train: Dataset,
    /// The test samples, or validation samples if the plan asks for them.
    pub test: Dataset,
    /// The encoding of the columns of the table as inputs.
    pub encoding: Encoding,
    /// The samples of `test`, with the values of the table.
    pub held_back: HeldBack,
    /// How the table was read.
    pub reading: Reading,
}

/// The names of classes, and the number of samples in each.
type CountedClasses = Vec<(String, usize)>;

/// The data of a plan that have been read, but not yet split.
#[derive(Debug)]
pub struct Data {
    table: Table,
    roles: Roles,
    /// The rows that are kept.
    rows: Vec<usize>,
    /// The class number of each of these rows. For regression, all are 0, and `classes` is empty.
    labels: Vec<usize>,
    classes: CountedClasses,
    test: Option<Table>,
}

/// Reads the data of `plan`, whose relative paths start at `base_dir`, and splits them with `seed`.
///
/// # Errors
/// Those of [`Data::read`] and [`Data::split`].
pub fn load(plan: &DataPlan, base_dir: &Path, seed: Seed) -> Result<Split, DataError> {
    Data::read(plan, base_dir)?.split(plan, seed)
}

impl Data {
    /// Reads the data of `plan`, whose relative paths start at `base_dir`. The format of a file is recognised by its
    /// first bytes.
    ///
    /// # Errors
    /// The first problem with a file, with its line and column, or with a field of the plan.
    pub fn read(plan: &DataPlan, base_dir: &Path) -> Result<Self, DataError> {
        let training = Files::of_training(plan, base_dir);
        let testing = Files::of_testing(plan, base_dir)?;
        let mut table = training.read(plan, None)?;
        let roles = Roles::find(&mut table, plan)?;
        let judged = [roles.features.as_slice(), &roles.targets].concat();
        let rows = kept(&table, &judged, roles.label, plan.missing);
        let (numbers, classes) = match roles.targets.is_empty() {
            true => Self::classes(&mut table, &roles, plan, &rows)?,
            false if rows.len() < 2 => {
                return Err(DataError::TooFewSamples { file: table.file.clone(), found: rows.len() });
            }
            false => (vec![0; rows.len()], vec![]),
        };
        targets::fit(&table, &roles.targets, &rows)?;
        let test = match testing {
            Some(testing) => {
                let known = Known {
                    names: table.names.clone().map(|names| {
                        roles.features.iter().filter_map(|&feature| names.get(feature).cloned()).collect()
                    }),
                    ..Known::of_table(&table)
                };
                Some(testing.read(plan, Some(&known))?)
            }
            None => None,
        };
        Ok(Self { table, roles, rows, labels: numbers, classes, test })
    }

    /// The class number of each row, and the classes.
    fn classes(
        table: &mut Table,
        roles: &Roles,
        plan: &DataPlan,
        rows: &[usize],
    ) -> Result<(Vec<usize>, CountedClasses), DataError> {
        let labels = labels_of(table, roles.label)?;
        let classes = labels.classes(rows)?;
        refuse_lone_label(table, roles, labels.column(), plan, &classes)?;
        if let Some(limit) = plan.limit.filter(|&limit| limit < classes.len()) {
            let problem =
                format!("{limit} samples cannot have all of the {} classes; raise it", classes.len());
            return Err(DataError::field("data.limit", problem));
        }
        let names: Vec<String> = classes.iter().map(|(name, _)| name.clone()).collect();
        let numbers = labels.numbers(rows, &names)?;
        let warnings = labels.warnings(&classes);
        table.warnings.extend(warnings);
        Ok((numbers, classes))
    }

    /// Splits the data, and encodes both parts.
    ///
    /// Test samples are from `test_file`, or are drawn from `file` with `seed`, each class in proportion. If the plan
    /// has a `validation_fraction`, this fraction of the rest is drawn in the same way, and replaces the test samples.
    /// Of the remaining samples at most `limit` are kept, again in proportion. The classes are those of `file`. The
    /// encoding is fitted on the training samples that are kept. With `balance`, each of them is then used several
    /// times or not at all.
    ///
    /// # Errors
    /// [`DataError::NothingHeldBack`] if no sample is held back, and the errors of encoding a column.
    pub fn split(&self, plan: &DataPlan, seed: Seed) -> Result<Split, DataError> {
        let all: Vec<usize> = (0..self.rows.len()).collect();
        let (train, held_back) = match &self.test {
            Some(_) => (all, vec![]),
            None => {
                let stream = seed.stream(Purpose::Split, 0, 0);
                self.divide(&all, ("data.test_fraction", plan.test_fraction), stream)?
            }
        };
        let (train, validation) = match plan.validation_fraction {
            0.0 => (train, None),
            fraction => {
                let stream = seed.stream(Purpose::Validation, 0, 0);
                let (train, validation) =
                    self.divide(&train, ("data.validation_fraction", fraction), stream)?;
                (train, Some(validation))
            }
        };
        let train = match plan.limit {
            Some(limit) if limit < train.len() => {
                let labels = self.labels_of(&train);
                select(&train, &thin_out(&labels, self.strata(), limit.max(1), seed))
            }
            _ => train,
        };

        let train_rows = select(&self.rows, &train);
        let missing = plan.missing;
        let (encoding, fitted) = Encoding::fit(&self.table, &self.roles, missing, &train_rows)?;
        let features = &self.roles.features;
        let train = match plan.balance {
            true => select(&train, &balanced(&self.labels_of(&train), self.strata(), seed)),
            false => train,
        };
        let (inputs, _) = encoding.encode(&self.table, features, &select(&self.rows, &train), FILL_IN)?;
        let columns = targets::fit(&self.table, &self.roles.targets, &train_rows)?;
        let train = self.dataset(inputs, &train, &encoding, &columns)?;

        let mut warnings: Vec<String> = self.table.warnings.iter().cloned().chain(fitted).collect();
        let (test, held_back) = match (validation, &self.test) {
            (None, Some(test)) => {
                let located = encoding.locate(test)?;
                let places = targets::locate(&columns, test, encoding.table_width);
                let places = places.ok_or_else(|| DataError::Field {
                    field: "data.targets",
                    file: Some(test.file.clone()),
                    problem:
                        "the test samples lack a target column; they need all of those of the training file"
                            .into(),
                })?;
                let judged = [located.features.as_slice(), &places].concat();
                let label = located.label.filter(|_| columns.is_empty());
                let rows = kept(test, &judged, label, missing);
                let (inputs, unseen) = encoding.encode(test, &located.features, &rows, FILL_IN)?;
                warnings.extend(test.warnings.iter().cloned());
                warnings
                    .extend(unseen.warnings().into_iter().map(|warning| format!("test samples: {warning}")));
                let dataset = if columns.is_empty() {
                    let names = self.class_names();
                    let numbers = labels_of(test, label)?.numbers(&rows, &names)?;
                    Dataset::new(inputs, numbers, names, encoding.features())?
                } else {
                    let values = RealTargets::of(&columns, targets::numbers(test, &places, &rows)?.view());
                    Dataset::of_values(inputs, values, encoding.features())?
                };
                let answers = answers(test, &encoding, label, (&columns, &places))?;
                (dataset, HeldBack::new(test, &encoding, &located.features, &answers, &rows))
            }
            (validation, _) => {
                let held_back = validation.unwrap_or(held_back);
                let rows = select(&self.rows, &held_back);
                let (inputs, _) = encoding.encode(&self.table, features, &rows, FILL_IN)?;
                let places = &self.roles.targets;
                let answers = answers(&self.table, &encoding, self.roles.label, (&columns, places))?;
                let raw = HeldBack::new(&self.table, &encoding, features, &answers, &rows);
                (self.dataset(inputs, &held_back, &encoding, &columns)?, raw)
            }
        };
        let reading = self.described(&encoding, warnings);
        Ok(Split { train, test, encoding, held_back, reading })
    }

    /// Describes how the table was read, with all of its rows as training samples.
    ///
    /// # Errors
    /// If a column cannot be encoded.
    pub fn reading(&self, missing: MissingPolicy) -> Result<Reading, DataError> {
        let (encoding, fitted) = Encoding::fit(&self.table, &self.roles, missing, &self.rows)?;
        Ok(self.described(&encoding, self.table.warnings.iter().cloned().chain(fitted).collect()))
    }

    fn described(&self, encoding: &Encoding, warnings: Vec<String>) -> Reading {
        let (table, roles) = (&self.table, &self.roles);
        Reading {
            files: table.described.clone(),
            rows: table.rows(),
            dropped: table.rows() - self.rows.len(),
            features: encoding.width(),
            columns: encoding.described(table),
            left_out: roles.left_out.iter().map(|&column| table.name(column)).collect(),
            label: match roles.label {
                _ if !roles.targets.is_empty() => None,
                Some(column) => Some(format!("column {}", table.called(column))),
                None => Some("in a file of their own".into()),
            },
            targets: targets::fit(table, &roles.targets, &self.rows).unwrap_or_default(),
            classes: self.classes.clone(),
            warnings,
        }
    }

    fn class_names(&self) -> Vec<String> {
        self.classes.iter().map(|(name, _)| name.clone()).collect()
    }

    fn labels_of(&self, samples: &[usize]) -> Vec<usize> {
        select(&self.labels, samples)
    }

    /// The number of groups of samples of which each part of a split gets its share: the classes, or one group for
    /// regression.
    fn strata(&self) -> usize {
        self.classes.len().max(1)
    }

    /// Makes a data set of samples of the training table.
    fn dataset(
        &self,
        inputs: ndarray::Array2<f32>,
        samples: &[usize],
        encoding: &Encoding,
        columns: &[TargetColumn],
    ) -> Result<Dataset, DataError> {
        let features = encoding.features();
        if columns.is_empty() {
            return Ok(Dataset::new(inputs, self.labels_of(samples), self.class_names(), features)?);
        }
        let rows = select(&self.rows, samples);
        let numbers = targets::numbers(&self.table, &self.roles.targets, &rows)?;
        Ok(Dataset::of_values(inputs, RealTargets::of(columns, numbers.view()), features)?)
    }

    /// Divides samples into those that are kept, and the fraction that a field of the plan says to hold back.
    fn divide(
        &self,
        samples: &[usize],
        (field, fraction): (&'static str, f64),
        stream: Stream,
    ) -> Result<(Vec<usize>, Vec<usize>), DataError> {
        let classes = self.strata();
        let parts = hold_back(&self.labels_of(samples), classes, fraction, stream);
        if parts.held_back.is_empty() {
            let (file, samples) = (self.table.file.clone(), samples.len());
            return Err(DataError::NothingHeldBack { file, field, fraction, samples, classes });
        }
        Ok((select(samples, &parts.kept), select(samples, &parts.held_back)))
    }
}

/// The columns of a table with the label, or with the targets at these places.
fn answers<'t>(
    table: &'t Table,
    encoding: &Encoding,
    label: Option<usize>,
    (columns, places): (&[TargetColumn], &[usize]),
) -> Result<Vec<Answer<'t>>, DataError> {
    if columns.is_empty() {
        let LabelPlace { name, number } = &encoding.label;
        return Ok(vec![(name.clone(), *number, labels_of(table, label)?.column())]);
    }
    let cells = |(column, &place): (&TargetColumn, &usize)| {
        Some((column.name.clone(), column.number, table.columns.get(place)?))
    };
    Ok(columns.iter().zip(places).filter_map(cells).collect())
}

fn select(from: &[usize], places: &[usize]) -> Vec<usize> {
    places.iter().filter_map(|&place| from.get(place).copied()).collect()
}

/// The rows that are kept: all, or those without missing cells.
pub(crate) fn kept(
    table: &Table,
    features: &[usize],
    label: Option<usize>,
    missing: MissingPolicy,
) -> Vec<usize> {
    let columns: Vec<&Column> = features
        .iter()
        .chain(&label)
        .filter_map(|&column| table.columns.get(column))
        .chain(&table.labels)
        .filter(|column| column.missing() > 0)
        .collect();
    let is_kept =
        |row: &usize| missing != MissingPolicy::Drop || !columns.iter().any(|column| column.is_missing(*row));
    (0..table.rows()).filter(is_kept).collect()
}

fn labels_of(table: &Table, label: Option<usize>) -> Result<Labels<'_>, DataError> {
    Labels::of(table, label).ok_or_else(|| DataError::Field {
        field: "data.label_column",
        file: Some(table.file.clone()),
        problem: "the samples have no labels".into(),
    })
}

/// Checks that the first line of a table without a header is a sample. If it alone has its label, while all other
/// labels occur again, it may be the header of columns whose names are numbers.
///
/// # Errors
/// [`DataError::LoneLabel`] if it may be a header, and the plan does not say.
fn refuse_lone_label(
    table: &Table,
    roles: &Roles,
    labels: &Column,
    plan: &DataPlan,
    classes: &[(String, usize)],
) -> Result<(), DataError> {
    let headerless = table.described.first().is_some_and(|file| file.header == Some(Header::None));
    let Cell::Text(label) = labels.cell(0) else { return Ok(()) };
    let lone = classes.iter().filter(|(_, count)| *count == 1).map(|(class, _)| class.as_str());
    let is_number = |column: &usize| {
        table.columns.get(*column).is_some_and(|column| matches!(column.cell(0), Cell::Number(_)))
    };
    let suspect = headerless
        && plan.header.is_none()
        && lone.eq([label])
        && classes.len() > 1
        && roles.features.iter().all(is_number);
    match suspect {
        true => Err(DataError::LoneLabel { file: table.file.clone(), label: label.to_owned() }),
        false => Ok(()),
    }
}
