//! Samples that are held back, as they stand in their table.

use crate::cell::{Cell, name_of};
use crate::column::Column;
use crate::encoding::Encoding;
use crate::table::Table;
use csv::WriterBuilder;
use std::borrow::Cow;

/// Samples that are held back, as they stand in their table: the columns of the features, and the labels.
#[derive(Clone, Debug, PartialEq)]
pub struct HeldBack {
    names: Vec<String>,
    columns: Vec<Column>,
}

impl HeldBack {
    /// Rows of a table whose features are at these columns.
    pub(crate) fn new(
        table: &Table,
        encoding: &Encoding,
        features: &[usize],
        labels: &Column,
        rows: &[usize],
    ) -> Self {
        let mut names: Vec<String> = encoding.columns.iter().map(|column| column.name.clone()).collect();
        let cells = features.iter().filter_map(|&feature| table.columns.get(feature));
        let mut columns: Vec<Column> = cells.map(|column| column.select(rows)).collect();
        let before = encoding.columns.iter().filter(|column| column.number < encoding.label.number).count();
        let place = before.min(columns.len());
        names.insert(place, encoding.label.name.clone());
        columns.insert(place, labels.select(rows));
        Self { names, columns }
    }

    /// The samples as CSV with a header, in their own units, with all digits.
    ///
    /// # Errors
    /// If they have no such form: never seen.
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
