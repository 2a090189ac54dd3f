//! Which columns are features, and which is the label.

use crate::DataError;
use crate::column::Column;
use crate::shown::shown;
use crate::table::Table;
use crate::text::Known;
use silenzio_core::plan::{ColumnName, DataPlan};
use std::collections::{BTreeSet, HashMap};

/// Rows below which it is no wonder that a column counts them.
const FEW_ROWS: usize = 10;

/// Which columns are features, and which is the label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roles {
    /// The label column; none where the labels are in a file of their own.
    pub label: Option<usize>,
    /// The columns of real-valued targets; none where samples have classes.
    pub targets: Vec<usize>,
    /// The columns of the features, in their order.
    pub features: Vec<usize>,
    /// The columns of numbers that are read as text.
    pub categories: BTreeSet<usize>,
    /// The columns that are left out.
    pub left_out: Vec<usize>,
}

impl Roles {
    /// The roles that the plan gives to the columns of a table, whose names are made distinct, and from which an empty
    /// last column is removed.
    ///
    /// # Errors
    /// The plan names columns that are not there, or a column is one of row names.
    pub fn find(table: &mut Table, plan: &DataPlan) -> Result<Self, DataError> {
        drop_empty_end(table);
        let references = plan
            .label_column
            .iter()
            .chain(&plan.targets)
            .chain(plan.columns.iter().flatten())
            .chain(&plan.drop)
            .chain(&plan.categories);
        make_distinct(table, references.collect::<Vec<_>>().as_slice())?;
        let find_all = |field: &'static str, names: &[ColumnName]| -> Result<Vec<usize>, DataError> {
            names.iter().map(|name| resolve(table, field, name)).collect()
        };
        let width = table.columns.len();
        let targets = find_all("data.targets", &plan.targets)?;
        let label = match (&plan.label_column, &table.labels) {
            _ if !targets.is_empty() => None,
            (_, Some(_)) => None,
            (Some(name), None) => Some(resolve(table, "data.label_column", name)?),
            (None, None) => width.checked_sub(1),
        };
        let dropped = find_all("data.drop", &plan.drop)?;
        let chosen = match &plan.columns {
            Some(names) => find_all("data.columns", names)?,
            None => (0..width).filter(|column| Some(*column) != label && !targets.contains(column)).collect(),
        };
        let field =
            |field, problem: String| DataError::Field { field, file: Some(table.file.clone()), problem };
        if let Some(label) = label {
            for (name, columns) in [("data.columns", &chosen), ("data.drop", &dropped)] {
                if columns.contains(&label) {
                    let problem = format!("names the label column, {}; remove it there", table.called(label));
                    return Err(field(name, problem));
                }
            }
        }
        if targets.iter().collect::<BTreeSet<_>>().len() < targets.len() {
            return Err(field("data.targets", "names a column twice".into()));
        }
        if let Some(&target) =
            targets.iter().find(|target| chosen.contains(target) || dropped.contains(target))
        {
            let problem = format!(
                "names column {}, which data.columns or data.drop name, too; remove it there",
                table.called(target)
            );
            return Err(field("data.targets", problem));
        }
        if !targets.is_empty() && table.labels.is_some() {
            let problem = "names columns of a table, but the file has an array of labels";
            return Err(field("data.targets", problem.into()));
        }
        let features: Vec<usize> = chosen.into_iter().filter(|column| !dropped.contains(column)).collect();
        if features.is_empty() {
            return Err(field("data.columns", "no column is left that could be a feature".into()));
        }
        if features.iter().collect::<BTreeSet<_>>().len() < features.len() {
            return Err(field("data.columns", "names a column twice".into()));
        }
        let categories = find_all("data.categories", &plan.categories)?.into_iter().collect();
        let left_out = (0..width)
            .filter(|column| {
                Some(*column) != label && !targets.contains(column) && !features.contains(column)
            })
            .collect();
        let roles = Self { label, targets, features, categories, left_out };
        let warnings = roles.check_row_names(table)?;
        table.warnings.extend(warnings);
        Ok(roles)
    }

    /// Columns that count or name the rows, of which nothing can be learnt.
    fn check_row_names(&self, table: &Table) -> Result<Vec<String>, DataError> {
        let mut warnings = vec![];
        if table.pixels || table.rows() < FEW_ROWS {
            return Ok(warnings);
        }
        for &feature in &self.features {
            let Some(column) = table.columns.get(feature) else { continue };
            let name = table.name(feature);
            let nameless = table.names.is_some() && (name.is_empty() || name.starts_with("Unnamed: "));
            let counts = !column.has_text() && counts_rows(column);
            if nameless && (counts || column.has_text()) {
                return Err(DataError::Column {
                    file: table.file.clone(),
                    column: table.called(feature),
                    problem: format!(
                        "has no name, and holds the numbers or names of the rows; leave it out by data.drop = [{feature}]"
                    ),
                });
            }
            if counts {
                let shown = shown(&name);
                warnings.push(format!(
                    "column \"{shown}\" counts the rows; leave it out by data.drop = [{feature}]"
                ));
            }
        }
        Ok(warnings)
    }
}

impl Known {
    /// What is known of files that have the columns of this one.
    pub fn of_table(table: &Table) -> Self {
        Self {
            names: table.names.clone(),
            numbers: table.columns.iter().map(|column| !column.has_text()).collect(),
        }
    }
}

/// Whether each number is one more than that before.
fn counts_rows(column: &Column) -> bool {
    (1..column.len()).all(|row| column.number(row) - column.number(row - 1) == 1.0)
}

/// A delimiter at the end of every line makes an empty column.
pub fn drop_empty_end(table: &mut Table) {
    let Some(last) = table.columns.len().checked_sub(1).filter(|&last| last > 0) else { return };
    let nameless = table.names.as_ref().is_none_or(|names| names.get(last).is_some_and(String::is_empty));
    let is_text = table.labels.is_none() && !table.pixels;
    if is_text && nameless && table.columns.get(last).is_some_and(|column| column.missing() == column.len()) {
        table.remove(last);
        table.warnings.push("all lines end with a delimiter: the empty last column is left out".into());
    }
}

/// Gives columns of the same name a number behind it, as pandas does.
fn make_distinct(table: &mut Table, references: &[&ColumnName]) -> Result<(), DataError> {
    let Some(names) = &mut table.names else { return Ok(()) };
    let mut seen = HashMap::<String, usize>::new();
    let taken: BTreeSet<String> = names.iter().cloned().collect();
    for name in names.iter_mut() {
        let count = seen.entry(name.clone()).or_default();
        *count += 1;
        if *count == 1 || table.pixels {
            continue;
        }
        if references.iter().any(|reference| matches!(reference, ColumnName::Name(named) if named == name)) {
            return Err(DataError::Column {
                file: table.file.clone(),
                column: format!("\"{}\"", shown(name)),
                problem: "stands twice in the header, but the plan names it; name the column by its number"
                    .into(),
            });
        }
        let mut number = *count - 1;
        while taken.contains(&format!("{name}.{number}")) {
            number += 1;
        }
        table
            .warnings
            .push(format!("two columns are called \"{}\": one is called \"{0}.{number}\" now", shown(name)));
        *name = format!("{name}.{number}");
    }
    Ok(())
}

/// The number of a column.
fn resolve(table: &Table, field: &'static str, name: &ColumnName) -> Result<usize, DataError> {
    let columns = table.columns.len();
    let failed = |problem: String| DataError::Field { field, file: Some(table.file.clone()), problem };
    match (name, &table.names) {
        (ColumnName::Number(number), _) => {
            let from_start = if *number < 0 { number.checked_add(columns as i64) } else { Some(*number) };
            let place =
                from_start.and_then(|place| usize::try_from(place).ok()).filter(|place| *place < columns);
            place.ok_or_else(|| {
                failed(format!(
                    "{number} is not one of the {columns} columns, which count from 0, or from -1 at the end"
                ))
            })
        }
        (ColumnName::Name(name), Some(names)) => {
            names.iter().position(|known| known == name.trim()).ok_or_else(|| {
                let known = crate::shown::listed(names);
                failed(format!("no column is called {name:?}; the columns are {known}"))
            })
        }
        (ColumnName::Name(name), None) => Err(failed(format!(
            "{name:?} needs a header, but the columns have no names; give the column's number"
        ))),
    }
}
