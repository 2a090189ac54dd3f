//! Labels, and the numbered classes that they form.

use crate::DataError;
use crate::cell::Cell;
use crate::column::Column;
use crate::shown::shown;
use crate::table::Table;
use std::collections::HashMap;

/// The number of classes above which labels are refused if they hardly ever recur.
const MANY_CLASSES: usize = 20;

/// The number of classes above which labels are refused as measurements if some of them are fractions.
const MANY_FRACTIONS: usize = 10;

/// The labels of a table.
pub struct Labels<'a> {
    table: &'a Table,
    column: &'a Column,
    /// The column, as messages call it.
    called: String,
}

impl<'a> Labels<'a> {
    /// The labels of a table: those from a file of their own, or else a column.
    pub fn of(table: &'a Table, column: Option<usize>) -> Option<Self> {
        match (&table.labels, column) {
            (Some(labels), _) => Some(Self { table, column: labels, called: "of the labels".into() }),
            (None, Some(column)) => {
                Some(Self { table, column: table.columns.get(column)?, called: table.called(column) })
            }
            (None, None) => None,
        }
    }

    /// The column of the labels.
    pub fn column(&self) -> &'a Column {
        self.column
    }

    /// The classes of these rows and the number of samples in each, in the order of the class numbers: sorted by value
    /// if all are numbers, otherwise by text. Numbers of equal value are one class, however they are written.
    ///
    /// # Errors
    /// [`DataError::MissingLabels`] if a label is missing, [`DataError::NotFinite`] if one is infinite,
    /// [`DataError::TooFewSamples`] if there are fewer than two rows, [`DataError::OneClass`] if all labels are the
    /// same, and [`DataError::NoClasses`] if they do not look like classes.
    pub fn classes(&self, rows: &[usize]) -> Result<Vec<(String, usize)>, DataError> {
        self.refuse_missing(rows)?;
        if let Some(row) = self.column.first_infinite() {
            let (file, place) = self.table.place(row);
            return Err(DataError::NotFinite { file, place, column: self.called.clone() });
        }
        if rows.len() < 2 {
            return Err(DataError::TooFewSamples { file: self.table.file.clone(), found: rows.len() });
        }
        let mut classes: Vec<(String, usize)> =
            self.column.counts(rows.iter().copied()).into_iter().collect();
        let value = |name: &str| match Cell::parse(name, b'.') {
            Cell::Number(number) => Some(number),
            _ => None,
        };
        let values: Option<Vec<f64>> = classes.iter().map(|(name, _)| value(name)).collect();
        match &values {
            Some(_) => classes.sort_by(|(a, _), (b, _)| {
                let (a, b) = (value(a).unwrap_or_default(), value(b).unwrap_or_default());
                a.total_cmp(&b)
            }),
            None => classes.sort(),
        }
        if let [(label, _)] = classes.as_slice() {
            return Err(DataError::OneClass { file: self.table.file.clone(), label: shown(label) });
        }
        let fractions = values.is_some_and(|values| values.iter().any(|value| value.fract() != 0.0));
        let (count, samples) = (classes.len(), rows.len());
        let hardly_same = count > MANY_CLASSES && samples < 3 * count || count == samples && samples >= 5;
        if hardly_same || (fractions && count > MANY_FRACTIONS) {
            return Err(DataError::NoClasses {
                file: self.table.file.clone(),
                column: self.called.clone(),
                classes: count,
                samples,
                fractions,
            });
        }
        Ok(classes)
    }

    /// The class number of each row.
    ///
    /// # Errors
    /// [`DataError::MissingLabels`] if a label is missing, and [`DataError::UnknownClass`] if it is none of the
    /// classes.
    pub fn numbers(&self, rows: &[usize], classes: &[String]) -> Result<Vec<usize>, DataError> {
        self.refuse_missing(rows)?;
        let indices: HashMap<&str, usize> = classes.iter().map(String::as_str).zip(0..).collect();
        let numbers = self.column.look_up(rows, &indices);
        if let Some(&row) = rows.iter().zip(&numbers).find(|(_, number)| number.is_none()).map(|(row, _)| row)
        {
            let (file, place) = self.table.place(row);
            let label = shown(&self.column.name(row).unwrap_or_default());
            return Err(DataError::UnknownClass { file, place, label, classes: classes.to_vec() });
        }
        Ok(numbers.into_iter().flatten().collect())
    }

    /// Warnings about the classes.
    pub fn warnings(&self, classes: &[(String, usize)]) -> Vec<String> {
        let mut warnings = vec![];
        let lone: Vec<&String> =
            classes.iter().filter(|(_, count)| *count == 1).map(|(class, _)| class).collect();
        if !lone.is_empty() {
            let names = crate::shown::listed(lone);
            warnings.push(format!("classes with only one sample, which is never used for testing: {names}"));
        }
        if let Some((class, _)) = classes.iter().find(|(class, _)| class.contains(['\n', '\r'])) {
            warnings
                .push(format!("the label \"{}\" has a line break in it: is a quote missing?", shown(class)));
        }
        warnings
    }

    fn refuse_missing(&self, rows: &[usize]) -> Result<(), DataError> {
        let mut missing = rows.iter().copied().filter(|&row| self.column.is_missing(row));
        let Some(row) = missing.next() else { return Ok(()) };
        let (file, place) = self.table.place(row);
        Err(DataError::MissingLabels { file, place, column: self.called.clone(), others: missing.count() })
    }
}
