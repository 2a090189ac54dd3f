//! The roles of columns, which are features, the label or targets.

use crate::DataError;
use crate::column::Column;
use crate::shown::shown;
use crate::table::Table;
use crate::text::Known;
use silenzio_core::plan::{ColumnName, DataPlan};
use std::collections::{BTreeSet, HashMap};

/// The number of rows below which a column may count the rows by chance.
const FEW_ROWS: usize = 10;

/// The roles of the columns of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roles {
    /// The label column; `None` if labels are in a file of their own, or there are targets.
    pub label: Option<usize>,
    /// The columns of real-valued targets; empty if samples have classes.
    pub targets: Vec<usize>,
    /// The columns of the features, in the order of the features.
    pub features: Vec<usize>,
    /// The columns whose numbers are read as categories.
    pub categories: BTreeSet<usize>,
    /// The columns that are left out.
    pub left_out: Vec<usize>,
}

impl Roles {
    /// Finds the roles that the plan gives to the columns of a table. The names of the columns are made distinct, and
    /// an empty last column is removed.
    ///
    /// # Errors
    /// [`DataError::Field`] if a field of the plan names a column that does not exist or has another role, and
    /// [`DataError::Column`] if a feature has the names of the rows, or a name is ambiguous.
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
                    let problem =
                        format!("names the label column, {}; remove it from this field", table.called(label));
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
                "names column {}, which is also in data.columns or data.drop; remove it there",
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
            return Err(field("data.columns", "no column is left as a feature".into()));
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

    /// Checks for columns that count or name the rows, from which nothing can be learnt. Returns warnings.
    ///
    /// # Errors
    /// [`DataError::Column`] if such a column has no name, as in files that pandas and R write.
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
                        "has no name, and holds the numbers or names of the rows; leave it out with \
                         data.drop = [{feature}]"
                    ),
                });
            }
            if counts {
                let shown = shown(&name);
                warnings.push(format!(
                    "column \"{shown}\" counts the rows; leave it out with data.drop = [{feature}]"
                ));
            }
        }
        Ok(warnings)
    }
}

impl Known {
    /// What is known about further files with the columns of this table.
    pub fn of_table(table: &Table) -> Self {
        Self {
            names: table.names.clone(),
            numbers: table.columns.iter().map(|column| !column.has_text()).collect(),
        }
    }
}

/// Whether each number is one more than the previous one.
fn counts_rows(column: &Column) -> bool {
    (1..column.len()).all(|row| column.number(row) - column.number(row - 1) == 1.0)
}

/// Removes the empty last column that a delimiter at the end of every line makes.
pub fn drop_empty_end(table: &mut Table) {
    let Some(last) = table.columns.len().checked_sub(1).filter(|&last| last > 0) else { return };
    let nameless = table.names.as_ref().is_none_or(|names| names.get(last).is_some_and(String::is_empty));
    let is_text = table.labels.is_none() && !table.pixels;
    if is_text && nameless && table.columns.get(last).is_some_and(|column| column.missing() == column.len()) {
        table.remove(last);
        table.warnings.push("all lines end with a delimiter: the empty last column is left out".into());
    }
}

/// Appends numbers to names that several columns have, as pandas does.
///
/// # Errors
/// [`DataError::Column`] if the plan refers to such a name.
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
                problem:
                    "occurs twice in the header, but the plan refers to it; give the column's number instead"
                        .into(),
            });
        }
        let mut number = *count - 1;
        while taken.contains(&format!("{name}.{number}")) {
            number += 1;
        }
        table
            .warnings
            .push(format!("two columns are called \"{}\": one is now called \"{0}.{number}\"", shown(name)));
        *name = format!("{name}.{number}");
    }
    Ok(())
}

/// The number of the column to which a field of the plan refers.
///
/// # Errors
/// [`DataError::Field`] if there is no such column.
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
                    "{number} is not one of the {columns} columns, which are numbered from 0, or from -1 backwards"
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
