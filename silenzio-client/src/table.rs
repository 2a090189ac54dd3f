//! Samples as CSV, in their own units.

use crate::error::ClientError;
use csv::WriterBuilder;
use silenzio_nn::data::Dataset;

/// The samples as CSV, with the labels in column `label_column`, from 0, or in the last one.
///
/// # Errors
/// If it has no such form: never seen.
pub fn to_csv(samples: &Dataset, label_column: Option<usize>) -> Result<Vec<u8>, ClientError> {
    let place = label_column.unwrap_or(samples.features.len()).min(samples.features.len());
    let mut csv = WriterBuilder::new().from_writer(Vec::new());
    let mut write = |mut cells: Vec<String>, label: String| {
        cells.insert(place, label);
        csv.write_record(cells).map_err(ClientError::encode)
    };
    write(samples.features.clone(), "class".into())?;
    for (row, &label) in samples.inputs.rows().into_iter().zip(&samples.labels) {
        let name = samples.classes.get(label).cloned().unwrap_or_default();
        write(row.iter().map(f32::to_string).collect(), name)?;
    }
    csv.into_inner().map_err(ClientError::encode)
}
