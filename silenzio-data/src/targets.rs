//! Real-valued targets for regression, scaled to [-1, 1].

use crate::DataError;
use crate::shown::shown;
use crate::table::Table;
use ndarray::{Array1, Array2, ArrayView2, Axis};
use serde::{Deserialize, Serialize};
use silenzio_core::Target;

/// A target column, with the range of its training samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetColumn {
    /// The name of the column.
    pub name: String,
    /// The number of the column in the training table, from 0.
    pub number: usize,
    /// The number that becomes -1.
    pub low: f64,
    /// The number that becomes 1.
    pub high: f64,
}

impl TargetColumn {
    /// A column with the range of these numbers; `None` if they are all the same or not finite, or there are none.
    pub fn fit(name: String, number: usize, numbers: impl IntoIterator<Item = f64>) -> Option<Self> {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for number in numbers {
            (low, high) = (low.min(number), high.max(number));
        }
        let column = Self { name, number, low, high };
        column.check().is_ok().then_some(column)
    }

    /// Scales a number of the column to an output of a network.
    pub fn scale(&self, number: f64) -> f64 {
        // Halving first keeps differences of large numbers from overflowing.
        2.0 * ((number / 2.0 - self.low / 2.0) / (self.high / 2.0 - self.low / 2.0)) - 1.0
    }

    /// Scales an output of a network back to a number of the column.
    pub fn unscale(&self, output: f64) -> f64 {
        let part = (output + 1.0) / 2.0;
        self.low * (1.0 - part) + self.high * part
    }

    /// Checks the range, since the column may be from a file that somebody edited.
    ///
    /// # Errors
    /// If the range is empty or not finite; in words.
    pub fn check(&self) -> Result<(), String> {
        let range = self.high / 2.0 - self.low / 2.0;
        match range.is_finite() && range > 0.0 {
            true => Ok(()),
            false => Err(format!("the range of the target {:?} is empty or not finite", shown(&self.name))),
        }
    }
}

/// The real-valued targets of samples.
#[derive(Clone, Debug, PartialEq)]
pub struct RealTargets {
    /// The targets as outputs of a network, samples x targets. Those of training samples are from -1 to 1; others may
    /// lie outside.
    pub scaled: Array2<f32>,
    /// The columns of the targets.
    pub columns: Vec<TargetColumn>,
}

impl RealTargets {
    /// Scales numbers of these columns, samples x targets.
    pub fn of(columns: &[TargetColumn], numbers: ArrayView2<'_, f64>) -> Self {
        let mut scaled = Array2::zeros(numbers.dim());
        for ((column, from), mut to) in columns.iter().zip(numbers.columns()).zip(scaled.columns_mut()) {
            to.iter_mut().zip(from).for_each(|(to, &number)| *to = column.scale(number) as f32);
        }
        Self { scaled, columns: columns.to_vec() }
    }

    /// The targets in the units of their columns, samples x targets.
    pub fn numbers(&self) -> Array2<f64> {
        unscaled(&self.columns, self.scaled.view())
    }

    /// Clips targets to the range of the training samples. Returns how many were outside.
    pub fn clip(&mut self) -> usize {
        let beyond = self.scaled.iter_mut().filter(|value| value.abs() > 1.0);
        beyond.map(|value| *value = value.clamp(-1.0, 1.0)).count()
    }
}

/// Scales outputs of a network back to the units of these columns, samples x targets.
pub fn unscaled(columns: &[TargetColumn], outputs: ArrayView2<'_, f32>) -> Array2<f64> {
    let mut numbers = Array2::zeros(outputs.dim());
    for ((column, from), mut to) in columns.iter().zip(outputs.columns()).zip(numbers.columns_mut()) {
        to.iter_mut().zip(from).for_each(|(to, &output)| *to = column.unscale(f64::from(output)));
    }
    numbers
}

/// The targets of samples, of either kind.
#[derive(Clone, Copy, Debug)]
pub enum Targets<'a> {
    /// The class of each sample.
    Classes(&'a [usize]),
    /// The scaled targets, samples x targets.
    Values(ArrayView2<'a, f32>),
}

impl<'a> Targets<'a> {
    /// The target of a sample; `None` beyond the last sample.
    pub fn get(self, sample: usize) -> Option<Target<'a>> {
        match self {
            Self::Classes(labels) => labels.get(sample).copied().map(Target::Class),
            Self::Values(values) => {
                (sample < values.nrows()).then(|| Target::Values(values.index_axis_move(Axis(0), sample)))
            }
        }
    }
}

/// The target columns of a table, with their ranges over these rows.
///
/// # Errors
/// If a cell is missing or not a finite number, or a column has the same number in all rows.
pub(crate) fn fit(table: &Table, places: &[usize], rows: &[usize]) -> Result<Vec<TargetColumn>, DataError> {
    let fit = |&number: &usize| {
        let numbers = numbers_of(table, number, rows)?;
        TargetColumn::fit(table.name(number), number, numbers).ok_or_else(|| DataError::Column {
            file: table.file.clone(),
            column: table.called(number),
            problem: "has one value alone in the training samples, so that there is nothing to learn: \
                      is data.targets right?"
                .into(),
        })
    };
    places.iter().map(fit).collect()
}

/// The numbers in target columns, rows x targets.
///
/// # Errors
/// If a cell is missing or not a finite number.
pub(crate) fn numbers(table: &Table, places: &[usize], rows: &[usize]) -> Result<Array2<f64>, DataError> {
    let mut numbers = Array2::zeros((rows.len(), places.len()));
    for (&place, mut to) in places.iter().zip(numbers.columns_mut()) {
        to.assign(&Array1::from(numbers_of(table, place, rows)?));
    }
    Ok(numbers)
}

fn numbers_of(table: &Table, place: usize, rows: &[usize]) -> Result<Vec<f64>, DataError> {
    let called = || table.called(place);
    let Some(column) = table.columns.get(place) else {
        return Err(DataError::field("data.targets", format!("there is no column {place}")));
    };
    let is_text = |row: &&usize| column.number(**row).is_nan() && !column.is_missing(**row);
    if let Some(&row) = rows.iter().find(is_text) {
        let (file, place) = table.place(row);
        let cell = shown(&column.name(row).unwrap_or_default());
        let problem = format!(
            "{place}: \"{cell}\" is not a number, which a target must be; correct it or, if its values are classes, \
             name the column in data.label_column instead of data.targets"
        );
        return Err(DataError::Column { file, column: called(), problem });
    }
    let mut missing = rows.iter().copied().filter(|&row| column.is_missing(row));
    if let Some(row) = missing.next() {
        let (file, place) = table.place(row);
        return Err(DataError::MissingLabels { file, place, column: called(), others: missing.count() });
    }
    if let Some(&row) = rows.iter().find(|&&row| column.number(row).is_infinite()) {
        let (file, place) = table.place(row);
        return Err(DataError::NotFinite { file, place, column: called() });
    }
    Ok(rows.iter().map(|&row| column.number(row)).collect())
}

/// Finds target columns in another table by their names or, if the table has no names and is as wide as the training
/// table, by their numbers. `None` if one of them is not found.
pub(crate) fn locate(columns: &[TargetColumn], table: &Table, table_width: usize) -> Option<Vec<usize>> {
    let place = |column: &TargetColumn| match &table.names {
        Some(names) => names.iter().position(|name| *name == column.name),
        None => Some(column.number).filter(|_| table.columns.len() == table_width),
    };
    columns.iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;
    use proptest::prelude::*;

    fn column(low: f64, high: f64) -> TargetColumn {
        TargetColumn { name: "y".into(), number: 0, low, high }
    }

    #[test]
    fn only_numbers_that_differ_have_a_range() {
        let fit = |numbers: &[f64]| TargetColumn::fit("y".into(), 0, numbers.iter().copied());
        assert_eq!(fit(&[3.0, -1.0, 2.0]), Some(column(-1.0, 3.0)));
        for numbers in [&[2.0, 2.0][..], &[], &[f64::INFINITY, 1.0]] {
            assert_eq!(fit(numbers), None, "{numbers:?}");
        }
    }

    #[test]
    fn numbers_beyond_the_range_are_counted() {
        let mut targets = RealTargets::of(&[column(0.0, 2.0)], array![[0.0], [3.0], [-1.0], [1.0]].view());
        assert_eq!(targets.scaled, array![[-1.0], [2.0], [-2.0], [0.0]]);
        assert_eq!(targets.clip(), 2);
        assert_eq!(targets.numbers(), array![[0.0], [2.0], [0.0], [1.0]]);
    }

    proptest! {
        #[test]
        fn scaling_can_be_undone(low in -1e6..1e6, range in 1e-3..1e6, part in -0.5..1.5) {
            let column = column(low, low + range);
            let number = low + part * range;
            prop_assert!((column.unscale(column.scale(number)) - number).abs() < 1e-8 * (low.abs() + range));
            prop_assert!((column.scale(low) + 1.0).abs() < 1e-12 && (column.scale(low + range) - 1.0).abs() < 1e-12);
        }

        #[test]
        fn training_samples_are_from_minus_1_to_1(
            numbers in prop::collection::vec(prop::num::f64::NORMAL | prop::num::f64::ZERO, 2..12)
        ) {
            if let Some(column) = TargetColumn::fit("y".into(), 0, numbers.iter().copied()) {
                for number in numbers {
                    let scaled = column.scale(number) as f32;
                    prop_assert!((-1.0..=1.0).contains(&scaled), "{} for {}", scaled, number);
                }
            }
        }
    }
}
