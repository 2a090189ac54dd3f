//! Rows for a network that has been trained: with the features that it knows, labelled or not.

use crate::DataError;
use crate::classes::Labels;
use crate::encoding::{Encoding, FILL_IN_ROWS};
use crate::files::Files;
use crate::roles::drop_empty_end;
use crate::targets::{self, TargetColumn};
use ndarray::Array2;
use silenzio_core::plan::DataPlan;
use std::path::Path;

/// The rows of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    /// As a network takes them, in `[0, 1]`, rows x inputs: as many rows as the file has.
    pub inputs: Array2<f32>,
    /// The class of each row, if it was asked for and the file has labels.
    pub labels: Option<Vec<usize>>,
    /// The targets of each row in the units of their columns, rows x targets, if they were asked for and are all there.
    pub values: Option<Array2<f64>>,
    /// What is remarkable about the rows.
    pub warnings: Vec<String>,
}

/// Reads all rows of a table with the columns of this encoding, perhaps with a file of labels. Labels are looked at only
/// where classes are given, and targets where their columns are.
///
/// # Errors
/// Whatever is wrong with the files, with file, line and column.
pub fn read_rows(
    data: &Path,
    labels: Option<&Path>,
    encoding: &Encoding,
    classes: Option<&[String]>,
    targets: &[TargetColumn],
) -> Result<Rows, DataError> {
    let files = Files::of_rows(data, labels);
    let mut table = files.read(&DataPlan::of_file(data), Some(&encoding.known()))?;
    drop_empty_end(&mut table);
    let located = encoding.locate(&table)?;
    let rows: Vec<usize> = (0..table.rows()).collect();
    let (inputs, unseen) = encoding.encode(&table, &located.features, &rows, FILL_IN_ROWS)?;
    let labels = match (classes, Labels::of(&table, located.label)) {
        (Some(classes), Some(labels)) => Some(labels.numbers(&rows, classes)?),
        _ => None,
    };
    let places = targets::locate(targets, &table, encoding.table_width).filter(|places| !places.is_empty());
    let values = places.map(|places| targets::numbers(&table, &places, &rows)).transpose()?;
    let warnings = table.warnings.into_iter().chain(unseen.warnings()).collect();
    Ok(Rows { inputs, labels, values, warnings })
}
