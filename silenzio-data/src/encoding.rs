//! The encoding of the columns of a table as inputs of a network.

use crate::DataError;
use crate::cell::Cell;
use crate::column::Column;
use crate::reading::{Range, ReadColumn};
use crate::roles::Roles;
use crate::scaling::{Scale, outlier};
use crate::shown::{counted, listed, shown};
use crate::table::{MAX_FEATURES, Table};
use crate::text::Known;
use ndarray::{Array2, ArrayViewMut1, Axis};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use silenzio_core::plan::MissingPolicy;
use std::collections::HashMap;

/// How the columns of a table become inputs, fitted on training samples alone.
///
/// A column of numbers becomes one input: x becomes (x - low) / (high - low), clamped to [0, 1], computed in double
/// precision and rounded to single precision last. A column of names becomes one input per category, which is 1 for the
/// category of the cell and 0 for all others. For a name that the training samples do not have, all are 0, as with
/// scikit-learn's `OneHotEncoder(handle_unknown="ignore")`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Encoding {
    /// The columns that become inputs, in the order of the inputs.
    pub columns: Vec<EncodedColumn>,
    /// The number of columns of the training table, including the label and those that are left out.
    pub table_width: usize,
    /// Whether the columns have names, by which they are found in other tables.
    pub named: bool,
    /// The label column.
    pub label: LabelPlace,
    /// How missing cells are handled.
    pub missing: MissingPolicy,
}

/// A column that becomes inputs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EncodedColumn {
    /// The name of the column.
    pub name: String,
    /// The number of the column in the training table, from 0.
    pub number: usize,
    /// The inputs that it becomes.
    #[serde(rename = "becomes")]
    pub kind: EncodedKind,
}

/// The inputs that a column becomes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum EncodedKind {
    /// One input, scaled.
    Scaled(Scale),
    /// One input for each of these categories, which are sorted by name.
    OneHot(Vec<String>),
}

/// The place of the labels in the training table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelPlace {
    /// The name of the column.
    pub name: String,
    /// The number of the column in the training table, from 0. If labels are in a file of their own, it is the number
    /// of columns.
    pub number: usize,
}

/// The columns of another table that are the features and the label.
#[derive(Clone, Debug)]
pub struct Located {
    /// The columns of the features, in the order of the encoding.
    pub features: Vec<usize>,
    /// The label column, if there is one.
    pub label: Option<usize>,
}

/// Counts of values that the training samples do not have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unseen {
    /// The number of numbers outside the range of the training samples, which become 0 or 1.
    pub outside: usize,
    /// The columns with such numbers.
    pub columns: Vec<String>,
    /// The number of all numbers.
    pub numbers: usize,
    /// The number of names that are none of the categories.
    pub unknown: usize,
    /// The columns with such names.
    pub unknown_columns: Vec<String>,
}

impl Unseen {
    /// Warnings about these values, if there are any.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = vec![];
        if self.outside > 0 {
            let (outside, numbers) = (self.outside, self.numbers);
            let part = 100.0 * outside as f64 / numbers.max(1) as f64;
            warnings.push(format!(
                "{outside} of {numbers} values ({part:.1}%) lie outside the range of the training samples, and are \
                 clipped to it, in the columns {}: do they have the same units?",
                listed(&self.columns)
            ));
        }
        if self.unknown > 0 {
            warnings.push(format!(
                "{} with a category that no training sample has, encoded as zeros, in the columns {}",
                counted(self.unknown, "cell"),
                listed(&self.unknown_columns)
            ));
        }
        warnings
    }
}

impl Encoding {
    /// Fits the columns of a table on some of its rows. Also returns warnings about the columns.
    ///
    /// # Errors
    /// [`DataError::Column`] or [`DataError::NotANumber`] if a column consists of neither numbers nor categories,
    /// [`DataError::NotFinite`] if a number is infinite, [`DataError::MissingCells`] if a cell is missing and `missing`
    /// forbids it, and [`DataError::Field`] if there are more than [`MAX_FEATURES`] inputs.
    pub fn fit(
        table: &Table,
        roles: &Roles,
        missing: MissingPolicy,
        rows: &[usize],
    ) -> Result<(Self, Vec<String>), DataError> {
        if missing == MissingPolicy::Error {
            let all: Vec<usize> = (0..table.rows()).collect();
            refuse_missing(table, &roles.features, &all, FILL_IN)?;
        }
        let fit = |&number: &usize| fit_column(table, roles, number, rows);
        let fitted = roles.features.par_iter().map(fit).collect::<Result<Vec<_>, _>>()?;
        let (mut columns, mut warnings) = (vec![], vec![]);
        for (column, warning) in fitted {
            columns.push(column);
            warnings.extend(warning);
        }
        if table.pixels {
            share_scale(&mut columns);
            warnings.clear();
        }
        let constant: Vec<&String> =
            columns.iter().filter(|column| column.kind.is_constant()).map(|column| &column.name).collect();
        if !constant.is_empty() && !table.pixels {
            warnings.push(format!(
                "columns with only one value, from which nothing can be learnt: {}",
                listed(constant)
            ));
        }
        let label = match roles.label {
            Some(number) => LabelPlace { name: table.name(number), number },
            None => LabelPlace { name: "label".into(), number: table.columns.len() },
        };
        let encoding =
            Self { columns, table_width: table.columns.len(), named: table.names.is_some(), label, missing };
        let features = encoding.width();
        if features > MAX_FEATURES {
            return Err(DataError::field(
                "data.columns",
                format!("{features} features are more than {MAX_FEATURES}"),
            ));
        }
        Ok((encoding, warnings))
    }

    /// The number of inputs.
    pub fn width(&self) -> usize {
        self.columns.iter().map(|column| column.kind.width()).sum()
    }

    /// The name of each input, which is that of its column, followed by the category if the column has categories.
    pub fn features(&self) -> Vec<String> {
        let names = self.columns.iter().flat_map(|column| match &column.kind {
            EncodedKind::Scaled(_) => vec![column.name.clone()],
            EncodedKind::OneHot(values) => {
                values.iter().map(|value| format!("{}={value}", column.name)).collect()
            }
        });
        names.collect()
    }

    /// Checks that the parts fit together, since the encoding may be from a file that somebody edited.
    ///
    /// # Errors
    /// The first problem, in words.
    pub fn check(&self) -> Result<(), String> {
        if self.columns.is_empty() {
            return Err("there must be at least one column".into());
        }
        for column in &self.columns {
            let name = shown(&column.name);
            if column.number >= self.table_width {
                return Err(format!(
                    "column {name:?} has the number {}, but the table has only {} columns",
                    column.number, self.table_width
                ));
            }
            match &column.kind {
                EncodedKind::Scaled(scale) => {
                    scale.check().map_err(|problem| format!("column {name:?}: {problem}"))?;
                }
                EncodedKind::OneHot(values) if !values.is_sorted_by(|a, b| a < b) => {
                    return Err(format!("the categories of column {name:?} are not sorted, or not distinct"));
                }
                EncodedKind::OneHot(_) => {}
            }
        }
        match self.label.number > self.table_width {
            true => Err(format!(
                "label.number = {} is beyond the {} columns",
                self.label.number, self.table_width
            )),
            false => Ok(()),
        }
    }

    /// What is known about the columns of other tables.
    pub fn known(&self) -> Known {
        let names = self.columns.iter().map(|column| column.name.clone()).collect();
        let mut numbers = vec![false; self.table_width];
        for column in &self.columns {
            if let (Some(number), EncodedKind::Scaled(_)) = (numbers.get_mut(column.number), &column.kind) {
                *number = true;
            }
        }
        Known { names: self.named.then_some(names), numbers }
    }

    /// Finds the columns in another table. If both tables have names, columns are found by name, in any order.
    /// Otherwise they are found by place, and the table must have the columns of the training table, with or without
    /// the label, or only the features, with or without the label.
    ///
    /// # Errors
    /// [`DataError::OtherFeatures`] if a column is not found by name, [`DataError::OtherWidth`] if the table
    /// has another number of columns.
    pub fn locate(&self, table: &Table) -> Result<Located, DataError> {
        let (found, expected) = (table.columns.len(), self.columns.len());
        if table.pixels && found != expected {
            // Pixels are named by their places, so that a larger image would have all names of a smaller one.
            return Err(DataError::OtherWidth {
                file: table.file.clone(),
                found,
                expected,
                needs: String::new(),
            });
        }
        // In files that this program writes, columns without names are named by their numbers.
        let has_all = |names: &[String]| self.columns.iter().all(|column| names.contains(&column.name));
        match &table.names {
            Some(names) if self.named || has_all(names) => self.locate_by_name(table, names),
            _ => self.locate_by_place(table),
        }
    }

    fn locate_by_name(&self, table: &Table, names: &[String]) -> Result<Located, DataError> {
        let places: HashMap<&str, usize> = names.iter().map(String::as_str).zip(0..).collect();
        let found: Vec<Option<usize>> =
            self.columns.iter().map(|column| places.get(column.name.as_str()).copied()).collect();
        let missing = self.columns.iter().zip(&found).filter(|(_, place)| place.is_none());
        let missing: Vec<String> = missing.map(|(column, _)| column.name.clone()).collect();
        if !missing.is_empty() {
            return Err(DataError::OtherFeatures {
                file: table.file.clone(),
                missing,
                found: names.to_vec(),
            });
        }
        let label = places.get(self.label.name.as_str()).copied();
        Ok(Located { features: found.into_iter().flatten().collect(), label })
    }

    fn locate_by_place(&self, table: &Table) -> Result<Located, DataError> {
        let (found, features, whole) = (table.columns.len(), self.columns.len(), self.table_width);
        let label = self.label.number;
        let in_table = label < whole;
        let numbers = self.columns.iter().map(|column| column.number);
        if found == whole {
            return Ok(Located { features: numbers.collect(), label: in_table.then_some(label) });
        }
        // If one column is left out, the table could have all columns but the label, or the features and the label.
        let ambiguous = in_table && found + 1 == whole && found == features + 1;
        if in_table && found + 1 == whole && !ambiguous {
            let shifted = numbers.map(|number| if number > label { number - 1 } else { number });
            return Ok(Located { features: shifted.collect(), label: None });
        }
        if found == features {
            return Ok(Located { features: (0..features).collect(), label: None });
        }
        if found == features + 1 && !ambiguous {
            let label = label.min(features);
            let places = (0..found).filter(|&place| place != label);
            return Ok(Located { features: places.collect(), label: Some(label) });
        }
        let needs = match whole == features {
            true => ", optionally with labels".to_owned(),
            false => format!(" in {whole} columns; give the same columns, or only the features"),
        };
        Err(DataError::OtherWidth { file: table.file.clone(), found, expected: features, needs })
    }

    /// Encodes rows of a table whose features are the columns `features`. The result has the shape rows x inputs.
    ///
    /// # Errors
    /// [`DataError::NotANumber`] or [`DataError::NotFinite`] if a cell must be a finite number and is not, and
    /// [`DataError::MissingCells`], with this advice, if a cell is missing and the encoding has no value for it.
    pub fn encode(
        &self,
        table: &Table,
        features: &[usize],
        rows: &[usize],
        advice: &'static str,
    ) -> Result<(Array2<f32>, Unseen), DataError> {
        if self.missing != MissingPolicy::Mean {
            refuse_missing(table, features, rows, advice)?;
        }
        for (column, &place) in self.columns.iter().zip(features) {
            if let EncodedKind::Scaled(_) = &column.kind
                && let Some(error) = table.not_a_number(place).or_else(|| table.not_finite(place))
            {
                return Err(error);
            }
        }
        let lookups: Vec<HashMap<&str, usize>> = self.columns.iter().map(EncodedColumn::indices).collect();
        let sources: Vec<Option<&Column>> = features.iter().map(|&place| table.columns.get(place)).collect();
        let mut inputs = Array2::zeros((rows.len(), self.width()));
        // Threads encode blocks of rows, so that each writes to memory of its own.
        const BLOCK: usize = 1024;
        let blocks = inputs.axis_chunks_iter_mut(Axis(0), BLOCK).into_par_iter().zip(rows.par_chunks(BLOCK));
        let unseen = blocks.map(|(mut block, rows)| {
            let mut unseen = vec![0; self.columns.len()];
            let mut place = 0;
            for (number, column) in self.columns.iter().enumerate() {
                let Some(Some(source)) = sources.get(number) else { continue };
                let found = match &column.kind {
                    EncodedKind::Scaled(scale) => {
                        encode_numbers(scale, source, rows, block.column_mut(place))
                    }
                    EncodedKind::OneHot(_) => {
                        let indices = lookups.get(number).map(|indices| source.look_up(rows, indices));
                        let mut unknown = 0;
                        for (row, index) in indices.into_iter().flatten().enumerate() {
                            match index.and_then(|index| block.get_mut((row, place + index))) {
                                Some(input) => *input = 1.0,
                                None => {
                                    unknown += usize::from(
                                        rows.get(row).is_some_and(|&row| !source.is_missing(row)),
                                    );
                                }
                            }
                        }
                        unknown
                    }
                };
                if let Some(unseen) = unseen.get_mut(number) {
                    *unseen = found;
                }
                place += column.kind.width();
            }
            unseen
        });
        let unseen = blocks_sum(unseen, self.columns.len());
        Ok((inputs, self.unseen(&unseen, rows.len())))
    }

    fn unseen(&self, counts: &[usize], rows: usize) -> Unseen {
        let mut unseen = Unseen::default();
        for (column, &count) in self.columns.iter().zip(counts) {
            let (sum, columns) = match &column.kind {
                EncodedKind::Scaled(_) => {
                    unseen.numbers += rows;
                    (&mut unseen.outside, &mut unseen.columns)
                }
                EncodedKind::OneHot(_) => (&mut unseen.unknown, &mut unseen.unknown_columns),
            };
            *sum += count;
            if count > 0 {
                columns.push(column.name.clone());
            }
        }
        unseen
    }

    /// Descriptions of the columns for people to check.
    pub fn described(&self, table: &Table) -> Vec<ReadColumn> {
        let describe = |column: &EncodedColumn| ReadColumn {
            name: column.name.clone(),
            range: match &column.kind {
                EncodedKind::Scaled(scale) => Range::Number { low: scale.low, high: scale.high },
                EncodedKind::OneHot(values) => Range::Category { values: values.clone() },
            },
            missing: table.columns.get(column.number).map_or(0, Column::missing),
        };
        self.columns.iter().map(describe).collect()
    }
}

fn blocks_sum(counts: impl ParallelIterator<Item = Vec<usize>>, columns: usize) -> Vec<usize> {
    let add = |mut sum: Vec<usize>, counts: Vec<usize>| {
        sum.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        sum
    };
    counts.reduce(|| vec![0; columns], add)
}

/// Scales numbers. Returns how many of them lie outside the range.
fn encode_numbers(scale: &Scale, from: &Column, rows: &[usize], to: ArrayViewMut1<'_, f32>) -> usize {
    let mut outside = 0;
    for (input, &row) in to.into_iter().zip(rows) {
        let number = from.number(row);
        let number = if number.is_nan() { scale.mean } else { number };
        outside += usize::from(number < scale.low || number > scale.high);
        *input = scale.apply(number) as f32;
    }
    outside
}

impl EncodedKind {
    fn width(&self) -> usize {
        match self {
            Self::Scaled(_) => 1,
            Self::OneHot(values) => values.len(),
        }
    }

    fn is_constant(&self) -> bool {
        match self {
            Self::Scaled(scale) => scale.high <= scale.low,
            Self::OneHot(values) => values.len() < 2,
        }
    }
}

impl EncodedColumn {
    fn indices(&self) -> HashMap<&str, usize> {
        match &self.kind {
            EncodedKind::Scaled(_) => HashMap::new(),
            EncodedKind::OneHot(values) => values.iter().map(String::as_str).zip(0..).collect(),
        }
    }
}

/// The advice about missing cells in training data.
pub const FILL_IN: &str = "fill them in, or set data.missing to \"drop\" or \"mean\"";

/// The advice about missing cells in rows for a model.
pub const FILL_IN_ROWS: &str = "fill them in, or use a model that was trained with data.missing = \"mean\"";

/// Checks that no cell of these columns and rows is missing.
///
/// # Errors
/// [`DataError::MissingCells`] with the first missing cell, and counts of all of them.
fn refuse_missing(
    table: &Table,
    columns: &[usize],
    rows: &[usize],
    advice: &'static str,
) -> Result<(), DataError> {
    let with_missing: Vec<usize> = columns
        .iter()
        .copied()
        .filter(|&column| table.columns.get(column).is_some_and(|cells| cells.missing() > 0))
        .collect();
    if with_missing.is_empty() {
        return Ok(());
    }
    let missing_in = |row: usize| {
        let missing =
            move |column: &usize| table.columns.get(*column).is_some_and(|cells| cells.is_missing(row));
        with_missing.iter().copied().filter(missing)
    };
    let (mut cells, mut incomplete, mut first) = (0, 0, None);
    let mut in_columns = std::collections::BTreeSet::new();
    for &row in rows {
        let before = cells;
        for column in missing_in(row) {
            cells += 1;
            in_columns.insert(column);
            first.get_or_insert((row, column));
        }
        incomplete += usize::from(cells > before);
    }
    let Some((row, column)) = first else { return Ok(()) };
    let (file, place) = table.place(row);
    Err(DataError::MissingCells {
        file,
        place,
        column: table.called(column).into(),
        cells,
        rows: incomplete,
        of: rows.len(),
        columns: in_columns.into_iter().map(|column| table.name(column)).collect(),
        advice,
    })
}

/// A column with both numbers and text is read as categories if a value occurs at least this often on average.
const OFTEN: usize = 5;

/// The largest number of different values of such a column.
const FEW_VALUES: usize = 20;

/// Decides from the cells of a column which inputs it becomes. Also returns a warning about the column, if there is
/// one.
fn fit_column(
    table: &Table,
    roles: &Roles,
    number: usize,
    rows: &[usize],
) -> Result<(EncodedColumn, Option<String>), DataError> {
    let empty = Column::default();
    let column = table.columns.get(number).unwrap_or(&empty);
    let name = table.name(number);
    let refused = |problem: String| DataError::Column {
        file: table.file.clone(),
        column: table.called(number),
        problem,
    };
    let mut warning = None;
    let is_category = roles.categories.contains(&number) || column.has_text();
    if !is_category {
        if let Some(error) = table.not_finite(number) {
            return Err(error);
        }
        let numbers: Vec<f64> =
            rows.iter().map(|&row| column.number(row)).filter(|number| !number.is_nan()).collect();
        let scale = Scale::fit(&numbers).ok_or_else(|| {
            refused(format!(
                "has no values in the training samples; leave it out with data.drop = [{number}]"
            ))
        })?;
        if let Some(value) = outlier(numbers, &scale) {
            let (low, high) = (scale.low, scale.high);
            warning = Some(format!(
                "column \"{}\": nearly all values are close together within the range from {low} to {high}, and far \
                 from {value}: scaled to [0, 1], they hardly differ; correct or remove outliers",
                shown(&name)
            ));
        }
        return Ok((EncodedColumn { name, number, kind: EncodedKind::Scaled(scale) }, warning));
    }
    let all = column.counts(0..column.len());
    let (values, cells) = (all.len(), all.values().sum::<usize>());
    if !roles.categories.contains(&number) {
        let has_numbers = (0..column.len()).any(|row| matches!(column.cell(row), Cell::Number(_)));
        if has_numbers && (values > FEW_VALUES || values * OFTEN > cells) {
            return Err(table
                .not_a_number(number)
                .unwrap_or_else(|| refused("does not consist of numbers".into())));
        }
        if has_numbers {
            let shown = shown(&name);
            warning = Some(format!(
                "column \"{shown}\" has both numbers and text, and is read as {values} categories"
            ));
        } else if cells >= 10 && values * 2 > cells {
            return Err(refused(format!(
                "has {values} different texts in {cells} rows, too many for categories; leave it out with \
                 data.drop = [{number}]"
            )));
        }
    }
    let mut values: Vec<String> = column.counts(rows.iter().copied()).into_keys().collect();
    values.sort();
    if values.is_empty() {
        return Err(refused(format!(
            "has no values in the training samples; leave it out with data.drop = [{number}]"
        )));
    }
    Ok((EncodedColumn { name, number, kind: EncodedKind::OneHot(values) }, warning))
}

/// Gives all pixels the same scale, so that a dark corner stays dark.
fn share_scale(columns: &mut [EncodedColumn]) {
    let scales = columns.iter().filter_map(|column| match &column.kind {
        EncodedKind::Scaled(scale) => Some(*scale),
        EncodedKind::OneHot(_) => None,
    });
    let shared =
        scales.reduce(|a, b| Scale { low: a.low.min(b.low), high: a.high.max(b.high), mean: a.mean });
    for column in columns {
        if let (EncodedKind::Scaled(scale), Some(shared)) = (&mut column.kind, shared) {
            (scale.low, scale.high) = (shared.low, shared.high);
        }
    }
}
