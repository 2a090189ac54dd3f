//! The files of one part of the data, and the fields of the plan that name them.

use super::csv::{self, Layout};
use super::error::DataError;
use super::idx;
use super::samples::Samples;
use super::source;
use silenzio_core::plan::DataPlan;
use std::path::{Path, PathBuf};

/// The files of the training or of the test part.
pub(super) struct Files {
    /// The samples.
    pub data: PathBuf,
    /// The labels of an IDX file.
    labels: Option<PathBuf>,
    data_field: &'static str,
    labels_field: &'static str,
}

impl Files {
    /// Those that are trained on, and tested on where there are no others.
    pub fn of_training(plan: &DataPlan, base_dir: &Path) -> Self {
        Self {
            data: base_dir.join(&plan.file),
            labels: plan.labels.as_ref().map(|labels| base_dir.join(labels)),
            data_field: "data.file",
            labels_field: "data.labels",
        }
    }

    /// Those that are only tested on, if there are any.
    ///
    /// # Errors
    /// There are test labels alone.
    pub fn of_testing(plan: &DataPlan, base_dir: &Path) -> Result<Option<Self>, DataError> {
        let labels = plan.test_labels.as_ref().map(|labels| base_dir.join(labels));
        match &plan.test_file {
            Some(data) => Ok(Some(Self {
                data: base_dir.join(data),
                labels,
                data_field: "data.test_file",
                labels_field: "data.test_labels",
            })),
            None if labels.is_some() => Err(DataError::Field {
                field: "data.test_labels",
                problem: "there is no data.test_file that it belongs to; name one, or remove this field",
            }),
            None => Ok(None),
        }
    }

    /// The file that the labels stand in.
    pub fn of_labels(&self) -> &PathBuf {
        self.labels.as_ref().unwrap_or(&self.data)
    }

    /// A file of rows that no plan names.
    pub fn of_rows(data: &Path, labels: Option<&Path>) -> Self {
        Self {
            data: data.into(),
            labels: labels.map(Path::to_path_buf),
            data_field: "the data",
            labels_field: "the labels",
        }
    }

    /// Reads them; a CSV file has to have the columns of `like`, if that is given.
    pub fn read(&self, plan: &DataPlan, like: Option<Layout>) -> Result<Samples, DataError> {
        let bytes = source::read(self.data_field, &self.data)?;
        if idx::is_idx(&bytes) { self.read_idx(plan, &bytes) } else { self.read_csv(plan, like, &bytes) }
    }

    fn read_idx(&self, plan: &DataPlan, images: &[u8]) -> Result<Samples, DataError> {
        let field = |field, problem| Err(DataError::Field { field, problem });
        if plan.label_column.is_some() {
            return field("data.label_column", "is for CSV files, but there is an IDX file; remove it");
        }
        if plan.header.is_some() {
            return field("data.header", "is for CSV files, but there is an IDX file; remove it");
        }
        if self.labels.is_none() {
            return field(self.labels_field, "is missing: name the IDX file of the labels of the images");
        }
        self.read_images(images)
    }

    /// Reads images, with their labels if there is a file of labels.
    fn read_images(&self, images: &[u8]) -> Result<Samples, DataError> {
        let failed = |file: &Path| {
            let file = file.to_path_buf();
            move |error| DataError::Idx { file, error }
        };
        let images = idx::parse_images(images).map_err(failed(&self.data))?;
        let Some(file) = &self.labels else {
            return idx::to_samples(&images, None).map_err(failed(&self.data));
        };
        let labels = source::read(self.labels_field, file)?;
        let labels = idx::parse_labels(&labels).map_err(failed(file))?;
        idx::to_samples(&images, Some(&labels)).map_err(failed(file))
    }

    /// Reads them as rows with these features, labelled or not.
    pub fn read_rows(&self, features: &[String], label: usize) -> Result<Samples, DataError> {
        let bytes = source::read(self.data_field, &self.data)?;
        if idx::is_idx(&bytes) {
            return self.read_images(&bytes);
        }
        self.refuse_labels()?;
        csv::read_rows(&bytes, features, label)
            .map_err(|error| DataError::Csv { file: self.data.clone(), error })
    }

    fn read_csv(&self, plan: &DataPlan, like: Option<Layout>, bytes: &[u8]) -> Result<Samples, DataError> {
        self.refuse_labels()?;
        csv::read(bytes, plan.label_column.as_ref(), plan.header, like)
            .map_err(|error| DataError::Csv { file: self.data.clone(), error })
    }

    fn refuse_labels(&self) -> Result<(), DataError> {
        match &self.labels {
            None => Ok(()),
            Some(_) => Err(DataError::Field {
                field: self.labels_field,
                problem: "is for IDX files, but the samples are in a CSV file, which has a label column; \
                          remove it",
            }),
        }
    }
}
