//! Reads rows for a trained network, with or without labels.

use crate::DataError;
use crate::classes::Labels;
use crate::encoding::{Encoding, FILL_IN_ROWS};
use crate::files::Files;
use crate::roles::drop_empty_end;
use crate::targets::{self, TargetColumn};
use ndarray::Array2;
use silenzio_core::plan::DataPlan;
use std::path::Path;

/// The encoded rows of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    /// The inputs of the network, in `[0, 1]`, rows x inputs, for all rows of the file.
    pub inputs: Array2<f32>,
    /// The class of each row, if classes were given and the file has labels.
    pub labels: Option<Vec<usize>>,
    /// The targets of each row in the units of their columns, rows x targets, if targets were given and the file has
    /// all of their columns.
    pub values: Option<Array2<f64>>,
    /// Warnings about the rows.
    pub warnings: Vec<String>,
}

/// Reads all rows of a table with the columns of this encoding, optionally with a file of labels. Labels are read only
/// if classes are given, and targets only if their columns are given.
///
/// # Errors
/// The first problem with a file, with its line and column.
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
