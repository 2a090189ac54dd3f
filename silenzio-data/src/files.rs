//! Reads the files that a plan names as one table.

use crate::DataError;
use crate::array::{columns, pixel_names};
use crate::column::Column;
use crate::format::{Format, recognise};
use crate::idx::{self, IdxError};
use crate::npy::{self, Archive, NpyError};
use crate::place::Places;
use crate::reading::Described;
use crate::source::Source;
use crate::table::{MAX_FEATURES, Table, check_cells};
use crate::text::{self, Known, Options};
use crate::{arff, parquet};
use silenzio_core::plan::DataPlan;
use std::path::{Path, PathBuf};

/// The files of the training data, of the test data or of rows for a model, and the fields of the plan that name them.
pub struct Files {
    data: Vec<PathBuf>,
    labels: Option<Vec<PathBuf>>,
    data_field: &'static str,
    labels_field: &'static str,
    /// The names of the arrays of inputs and of labels that are looked for in an archive, the preferred ones first.
    arrays: [&'static [&'static str]; 2],
    /// Whether labels are required.
    labelled: bool,
}

const TRAINING_ARRAYS: [&[&str]; 2] = [
    &["x", "X", "x_train", "X_train", "train_images", "data", "inputs", "features", "images", "arr_0"],
    &["y", "Y", "y_train", "train_labels", "labels", "target", "targets", "arr_1"],
];

const TEST_ARRAYS: [&[&str]; 2] = [
    &["x_test", "X_test", "test_images", "x", "X", "data", "inputs", "features", "images", "arr_0"],
    &["y_test", "test_labels", "y", "Y", "labels", "target", "targets", "arr_1"],
];

impl Files {
    /// The files of the training data. Without files of test data, test samples are drawn from these.
    pub fn of_training(plan: &DataPlan, base_dir: &Path) -> Self {
        Self {
            data: plan.file.within(base_dir),
            labels: plan.labels.as_ref().map(|labels| labels.within(base_dir)),
            data_field: "data.file",
            labels_field: "data.labels",
            arrays: TRAINING_ARRAYS,
            labelled: true,
        }
    }

    /// The files of the test data, if the plan has any.
    ///
    /// # Errors
    /// [`DataError::Field`] if the plan has test labels, but no test data.
    pub fn of_testing(plan: &DataPlan, base_dir: &Path) -> Result<Option<Self>, DataError> {
        match &plan.test_file {
            Some(files) => Ok(Some(Self {
                data: files.within(base_dir),
                labels: plan.test_labels.as_ref().map(|labels| labels.within(base_dir)),
                data_field: "data.test_file",
                labels_field: "data.test_labels",
                arrays: TEST_ARRAYS,
                labelled: true,
            })),
            None if plan.test_labels.is_some() => Err(DataError::field(
                "data.test_labels",
                "there is no data.test_file to which these labels belong; add it, or remove this field",
            )),
            None => Ok(None),
        }
    }

    /// A file of rows for a trained network.
    pub fn of_rows(data: &Path, labels: Option<&Path>) -> Self {
        Self {
            data: vec![data.into()],
            labels: labels.map(|labels| vec![labels.into()]),
            data_field: "the data",
            labels_field: "the labels",
            arrays: TEST_ARRAYS,
            labelled: false,
        }
    }

    /// Reads all files as one table; `known` is what is known about the columns.
    ///
    /// # Errors
    /// The first problem with a file, or with a field of the plan.
    pub fn read(&self, plan: &DataPlan, known: Option<&Known>) -> Result<Table, DataError> {
        if let Some(labels) = self.labels.as_ref().filter(|labels| labels.len() != self.data.len()) {
            let (files, labels) = (self.data.len(), labels.len());
            let problem =
                format!("names {labels} files, but {} names {files}; each needs one", self.data_field);
            return Err(DataError::field(self.labels_field, problem));
        }
        let mut all: Option<Table> = None;
        for (number, file) in self.data.iter().enumerate() {
            let labels = self.labels.as_ref().and_then(|labels| labels.get(number));
            // The other files have the columns of the first one.
            let first = all.as_ref().filter(|_| known.is_none()).map(Known::of_table);
            let table = self.read_one(file, labels.map(PathBuf::as_path), plan, known.or(first.as_ref()))?;
            match &mut all {
                Some(all) => all.append(table)?,
                None => all = Some(table),
            }
        }
        all.ok_or_else(|| DataError::field(self.data_field, "must name a file"))
    }

    fn read_one(
        &self,
        file: &Path,
        labels: Option<&Path>,
        plan: &DataPlan,
        known: Option<&Known>,
    ) -> Result<Table, DataError> {
        let source = Source::open(self.data_field, file)?;
        let format = recognise(&source.head);
        if let Format::Other(found, advice) = format {
            let expected = match labels {
                Some(_) => "an IDX or NumPy array, as there is a file of labels",
                None => "a table: CSV, Parquet, ARFF, NumPy or IDX",
            };
            return Err(DataError::Foreign {
                field: self.data_field,
                file: file.into(),
                found,
                expected,
                advice,
            });
        }
        if format != Format::Text {
            refuse_text_fields(plan)?;
        }
        let has_label_column = matches!(format, Format::Text | Format::Arff | Format::Parquet);
        if has_label_column && labels.is_some() {
            return Err(DataError::Field {
                field: self.labels_field,
                file: Some(file.into()),
                problem:
                    "is for IDX and NumPy arrays, but this is a table, which has a label column; remove the \
                          field, or name the right file"
                        .into(),
            });
        }
        if labels.is_some() && plan.label_column.is_some() {
            return Err(DataError::field(
                "data.label_column",
                "is for tables, but the labels are in a file of their own; remove one of the two fields",
            ));
        }
        match format {
            Format::Text | Format::Other(..) => text::read(source, Options { plan, known }),
            Format::Arff => arff::read(source),
            Format::Parquet => parquet::read(source),
            Format::Idx => self.read_idx(source, labels),
            Format::Npy => {
                let mut source = source;
                let bytes = source.bytes()?;
                self.read_npy(&source, &bytes, labels.map(|labels| self.labels(labels)).transpose()?)
            }
            Format::Zip => self.read_npz(source, labels),
        }
    }

    fn read_idx(&self, mut source: Source, labels: Option<&Path>) -> Result<Table, DataError> {
        if labels.is_none() && self.labelled {
            return Err(DataError::field(
                self.labels_field,
                "is missing: name the file with the labels of the images",
            ));
        }
        let bytes = source.bytes()?;
        let failed = |error| DataError::Idx { file: source.file.clone(), error };
        let array = idx::Array::parse(&bytes).map_err(failed)?;
        let Some((&rows, shape)) = array.dimensions.split_first().filter(|(_, shape)| !shape.is_empty())
        else {
            return Err(failed(IdxError::NotImages));
        };
        let pixels = product(shape);
        if pixels > MAX_FEATURES {
            return Err(failed(IdxError::TooManyPixels { found: pixels, limit: MAX_FEATURES }));
        }
        check_cells(&source.file, rows, pixels)?;
        let labels = labels.map(|labels| self.labels(labels)).transpose()?;
        if let Some(labels) = labels.as_ref().map(Column::len).filter(|&labels| labels != rows) {
            return Err(failed(IdxError::LabelCount { labels, images: rows }));
        }
        let columns = columns(array.elements, rows, pixels, false);
        Ok(of_array(&source, "IDX", columns, Some(pixel_names(shape)), labels))
    }

    fn read_npy(&self, source: &Source, bytes: &[u8], labels: Option<Column>) -> Result<Table, DataError> {
        let failed = |error| DataError::Npy { file: source.file.clone(), error };
        let array = npy::Array::parse(bytes).map_err(failed)?;
        let Some((&rows, shape)) = array.shape.split_first().filter(|(_, shape)| !shape.is_empty()) else {
            return Err(failed(NpyError::NotATable { shape: array.shape }));
        };
        let width = product(shape);
        if width > MAX_FEATURES {
            return Err(failed(NpyError::NotATable { shape: array.shape }));
        }
        check_cells(&source.file, rows, width)?;
        if array.by_column && shape.len() > 1 {
            return Err(failed(NpyError::NotATable { shape: array.shape }));
        }
        if let Some(labels) = labels.as_ref().map(Column::len).filter(|&labels| labels != rows) {
            return Err(failed(NpyError::LabelCount { labels, rows }));
        }
        let names = (shape.len() > 1).then(|| pixel_names(shape));
        let columns = columns(array.elements, rows, width, array.by_column);
        Ok(of_array(source, "NumPy", columns, names, labels))
    }

    fn read_npz(&self, mut source: Source, labels: Option<&Path>) -> Result<Table, DataError> {
        let bytes = source.bytes()?;
        let file = source.file.clone();
        let failed = |error| DataError::Npy { file: file.clone(), error };
        let [input_names, label_names] = self.arrays;
        let mut archive = Archive::open(&bytes).map_err(failed)?;
        let inputs = archive.first_of(input_names).map_err(failed)?;
        let labels = match labels {
            Some(labels) => Some(self.labels(labels)?),
            None => match archive.first_of(label_names) {
                Ok(labels) => Some(label_list(&labels).map_err(failed)?),
                Err(error) if self.labelled => return Err(failed(error)),
                Err(_) => None,
            },
        };
        self.read_npy(&source, &inputs, labels)
    }

    /// Reads the labels from a file of their own.
    fn labels(&self, file: &Path) -> Result<Column, DataError> {
        let mut source = Source::open(self.labels_field, file)?;
        let format = recognise(&source.head);
        match format {
            Format::Idx => {
                let bytes = source.bytes()?;
                let failed = |error| DataError::Idx { file: file.into(), error };
                let array = idx::Array::parse(&bytes).map_err(failed)?;
                match array.dimensions.as_slice() {
                    &[rows] => Ok(first(columns(array.elements, rows, 1, false))),
                    dimensions => Err(failed(IdxError::NotLabels { found: dimensions.len() })),
                }
            }
            Format::Npy => {
                let bytes = source.bytes()?;
                label_list(&bytes).map_err(|error| DataError::Npy { file: file.into(), error })
            }
            other => {
                let (found, advice) = match other {
                    Format::Other(found, advice) => (found, advice),
                    Format::Parquet => ("a Parquet file", "put the labels into a column of the table"),
                    Format::Zip => {
                        ("a ZIP archive", "name the archive in data.file if it also has the inputs")
                    }
                    _ => ("text", "put the labels into a column of the table"),
                };
                let expected = "an IDX or NumPy array of labels";
                Err(DataError::Foreign {
                    field: self.labels_field,
                    file: file.into(),
                    found,
                    expected,
                    advice,
                })
            }
        }
    }
}

fn first(columns: Vec<Column>) -> Column {
    columns.into_iter().next().unwrap_or_default()
}

/// The product of dimensions. It cannot overflow, since it is at most the number of bytes of an array in memory.
fn product(shape: &[usize]) -> usize {
    shape.iter().product()
}

fn label_list(bytes: &[u8]) -> Result<Column, NpyError> {
    let array = npy::Array::parse(bytes)?;
    match array.shape.as_slice() {
        &[rows] | &[rows, 1] => Ok(first(columns(array.elements, rows, 1, false))),
        _ => Err(NpyError::NotLabels { shape: array.shape }),
    }
}

fn of_array(
    source: &Source,
    format: &'static str,
    columns: Vec<Column>,
    names: Option<Vec<String>>,
    labels: Option<Column>,
) -> Table {
    let rows = columns.first().map_or(0, Column::len);
    let mut places = Places::default();
    places.add(&source.file, 0, None);
    Table {
        columns,
        pixels: names.is_some(),
        names,
        labels,
        places,
        described: vec![Described::of(source, format, rows)],
        file: source.file.clone(),
        warnings: vec![],
    }
}

/// Checks that the plan has no field that is only for text files.
fn refuse_text_fields(plan: &DataPlan) -> Result<(), DataError> {
    let fields = [
        ("data.header", plan.header.is_some()),
        ("data.delimiter", plan.delimiter.is_some()),
        ("data.decimal", plan.decimal.is_some()),
        ("data.comment", plan.comment.is_some()),
    ];
    match fields.iter().find(|(_, given)| *given) {
        Some((field, _)) => Err(DataError::field(
            field,
            "is for text files, but one of the files is not text; remove this field",
        )),
        None => Ok(()),
    }
}
