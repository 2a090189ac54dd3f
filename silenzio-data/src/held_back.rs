//! Held-back samples, as they are in their table.

use crate::cell::{Cell, name_of};
use crate::column::Column;
use crate::encoding::Encoding;
use crate::table::Table;
use csv::WriterBuilder;
use std::borrow::Cow;

/// A column of labels or targets: the name, the number in the training table, and the cells.
pub(crate) type Answer<'t> = (String, usize, &'t Column);

/// Held-back samples with the values of their table: the columns of the features, and of the labels or targets.
#[derive(Clone, Debug, PartialEq)]
pub struct HeldBack {
    names: Vec<String>,
    columns: Vec<Column>,
}

impl HeldBack {
    /// Copies rows of a table, from these columns of features and from the columns of labels or targets.
    pub(crate) fn new(
        table: &Table,
        encoding: &Encoding,
        features: &[usize],
        answers: &[Answer<'_>],
        rows: &[usize],
    ) -> Self {
        let mut names: Vec<String> = encoding.columns.iter().map(|column| column.name.clone()).collect();
        let cells = features.iter().filter_map(|&feature| table.columns.get(feature));
        let mut columns: Vec<Column> = cells.map(|column| column.select(rows)).collect();
        let mut answers: Vec<&Answer<'_>> = answers.iter().collect();
        answers.sort_by_key(|(_, number, _)| *number);
        for (inserted, (name, number, cells)) in answers.into_iter().enumerate() {
            let before = encoding.columns.iter().filter(|column| column.number < *number).count();
            let place = (before + inserted).min(columns.len());
            names.insert(place, name.clone());
            columns.insert(place, cells.select(rows));
        }
        Self { names, columns }
    }

    /// Writes the samples as CSV with a header, in their original units and with all digits.
    ///
    /// # Errors
    /// If they cannot be written as CSV, which does not happen in practice.
    pub fn to_csv(&self) -> Result<Vec<u8>, csv::Error> {
        let mut csv = WriterBuilder::new().from_writer(Vec::new());
        csv.write_record(&self.names)?;
        let rows = self.columns.first().map_or(0, Column::len);
        for row in 0..rows {
            csv.write_record(self.columns.iter().map(|column| {
                match column.cell(row) {
                    Cell::Missing => Cow::Borrowed(""),
                    Cell::Number(number) => Cow::Owned(name_of(number)),
                    Cell::Text(text) => Cow::Borrowed(text),
                }
                .into_owned()
            }))?;
        }
        csv.into_inner().map_err(|error| error.into_error().into())
    }
}
