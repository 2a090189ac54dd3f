//! The section of a plan about the samples: where they come from, and how tables are read.

use super::{PlanError, check};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::{Path, PathBuf};

/// The source of the samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataPlan {
    /// A table or images, in one file or several; `-` is standard input. Relative paths start at the plan's folder.
    pub file: DataFiles,
    /// The labels of `file`, if they are in a separate file (IDX and NumPy).
    pub labels: Option<DataFiles>,
    /// A separate test set; without it a fraction of `file` is held back.
    pub test_file: Option<DataFiles>,
    /// The labels of `test_file`, if they are in a separate file.
    pub test_labels: Option<DataFiles>,
    /// The column of the labels; by default the last one.
    pub label_column: Option<ColumnName>,
    /// Whether the first line of a text file names the columns; by default its cells decide.
    pub header: Option<bool>,
    /// The delimiter between the cells of a text file, where a space stands for any run of spaces and tabs; by default
    /// it is detected.
    pub delimiter: Option<char>,
    /// The decimal sign of a text file, `.` or `,`; by default it is detected.
    pub decimal: Option<char>,
    /// The first character of comments: lines of a text file that begin with it are skipped.
    pub comment: Option<char>,
    /// The columns of real-valued targets, for regression; they take the place of the label.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<ColumnName>,
    /// The columns that become features; by default all except the label or the targets.
    pub columns: Option<Vec<ColumnName>>,
    /// Columns that are left out.
    #[serde(default)]
    pub drop: Vec<ColumnName>,
    /// Columns of numbers that name categories, such as postal codes. They are one-hot encoded, like text.
    #[serde(default)]
    pub categories: Vec<ColumnName>,
    /// How missing cells are handled.
    #[serde(default)]
    pub missing: MissingPolicy,
    /// The fraction of the samples that is held back for testing if there is no `test_file`.
    #[serde(default = "default_test_fraction")]
    pub test_fraction: f64,
    /// The fraction of the training samples that is held back for tuning. If it is not 0, accuracies are measured on
    /// these samples, and the test samples are not used.
    #[serde(default)]
    pub validation_fraction: f64,
    /// The largest number of training samples that are used.
    pub limit: Option<usize>,
    /// Whether all classes get equally many training samples: samples of rare classes are repeated and some of frequent
    /// classes are left out, so that the total number stays the same.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub balance: bool,
}

impl DataPlan {
    /// The samples on which accuracies are measured: "test" or "validation".
    pub fn measured_on(&self) -> &'static str {
        if self.validation_fraction > 0.0 { "validation" } else { "test" }
    }

    /// The first label or target column that the plan gives by name, as the field and the name.
    pub fn named_answer(&self) -> Option<(&'static str, &str)> {
        let label = self.label_column.iter().map(|column| ("data.label_column", column));
        let columns = label.chain(self.targets.iter().map(|column| ("data.targets", column)));
        columns.filter_map(|(field, column)| Some((field, column.name()?))).next()
    }

    /// The plan for one file, with the defaults of all other fields.
    pub fn of_file(file: impl Into<PathBuf>) -> Self {
        Self {
            file: DataFiles::One(file.into()),
            labels: None,
            test_file: None,
            test_labels: None,
            label_column: None,
            targets: vec![],
            header: None,
            delimiter: None,
            decimal: None,
            comment: None,
            columns: None,
            drop: vec![],
            categories: vec![],
            missing: MissingPolicy::default(),
            test_fraction: default_test_fraction(),
            validation_fraction: 0.0,
            limit: None,
            balance: false,
        }
    }

    /// Checks every field that can be checked without the data.
    ///
    /// # Errors
    /// The first field that has an invalid value.
    pub(crate) fn validate(&self) -> Result<(), PlanError> {
        for (field, files) in [
            ("data.file", Some(&self.file)),
            ("data.labels", self.labels.as_ref()),
            ("data.test_file", self.test_file.as_ref()),
            ("data.test_labels", self.test_labels.as_ref()),
        ] {
            check(field, "[]", files.is_none_or(|files| !files.paths().is_empty()), "must name a file")?;
        }
        for (field, fraction) in [
            ("data.test_fraction", self.test_fraction),
            ("data.validation_fraction", self.validation_fraction),
        ] {
            check(field, fraction, (0.0..1.0).contains(&fraction), "must be in [0, 1)")?;
        }
        check(
            "data.test_fraction",
            self.test_fraction,
            self.test_fraction > 0.0 || self.test_file.is_some(),
            "must be above 0 if there is no data.test_file: accuracies are measured on these samples",
        )?;
        if let Some(limit) = self.limit {
            check("data.limit", limit, limit > 0, "must be at least 1")?;
        }
        if let Some(delimiter) = self.delimiter {
            let possible = delimiter.is_ascii()
                && !delimiter.is_ascii_alphanumeric()
                && !"\"\n\r.+-".contains(delimiter);
            let problem = "must be one ASCII character that is neither a letter, a digit, a quote, a sign, a dot \
                           nor a line end";
            check("data.delimiter", format!("{delimiter:?}"), possible, problem)?;
        }
        if let Some(decimal) = self.decimal {
            check(
                "data.decimal",
                format!("{decimal:?}"),
                matches!(decimal, '.' | ','),
                "must be \".\" or \",\"",
            )?;
            let differ = self.delimiter != Some(decimal);
            check(
                "data.decimal",
                format!("{decimal:?}"),
                differ,
                "is also the delimiter: the two must differ",
            )?;
        }
        if let Some(comment) = self.comment {
            let possible = comment.is_ascii_punctuation()
                && !"\"+-.".contains(comment)
                && self.delimiter != Some(comment);
            let problem = "must be one ASCII punctuation mark, such as \"#\", that cannot begin a number and is not the \
                           delimiter";
            check("data.comment", format!("{comment:?}"), possible, problem)?;
        }
        let unlabelled = self.targets.is_empty()
            || self.label_column.is_none() && self.labels.is_none() && self.test_labels.is_none();
        let problem = "cannot be combined with data.label_column, data.labels or data.test_labels: samples have either \
                       classes or numbers as targets; remove one of the two";
        check("data.targets", listed(&self.targets), unlabelled, problem)?;
        let problem = "cannot be combined with data.balance, which is for classes; remove one of the two";
        check("data.targets", listed(&self.targets), self.targets.is_empty() || !self.balance, problem)?;
        let chosen = self.columns.as_ref().is_none_or(|columns| !columns.is_empty());
        check("data.columns", "[]", chosen, "must name a column; without this field all columns are features")
    }
}

fn listed(columns: &[ColumnName]) -> String {
    format!("[{}]", columns.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
}

fn default_test_fraction() -> f64 {
    0.2
}

/// One file, or several files that are read as one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum DataFiles {
    /// One file.
    One(PathBuf),
    /// Several files with the same columns.
    Several(Vec<PathBuf>),
}

impl DataFiles {
    /// The paths as they are in the plan.
    pub fn paths(&self) -> &[PathBuf] {
        match self {
            Self::One(path) => std::slice::from_ref(path),
            Self::Several(paths) => paths,
        }
    }

    /// The paths, where relative ones start at `folder`; standard input stays `-`.
    pub fn within(&self, folder: &Path) -> Vec<PathBuf> {
        self.paths()
            .iter()
            .map(|path| if path == Path::new("-") { path.clone() } else { folder.join(path) })
            .collect()
    }
}

impl fmt::Display for DataFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, path) in self.paths().iter().enumerate() {
            if number > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{}", path.display())?;
        }
        Ok(())
    }
}

impl From<PathBuf> for DataFiles {
    fn from(path: PathBuf) -> Self {
        Self::One(path)
    }
}

impl From<&str> for DataFiles {
    fn from(path: &str) -> Self {
        Self::One(path.into())
    }
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ColumnName {
    /// The number of the column, from 0; negative numbers count from the end, where -1 is the last column.
    Number(i64),
    /// The name of the column in the header.
    Name(String),
}

impl ColumnName {
    /// The name, if the column is given by its name.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Number(_) => None,
            Self::Name(name) => Some(name),
        }
    }
}

impl fmt::Display for ColumnName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Name(name) => write!(f, "{name:?}"),
        }
    }
}

/// How missing cells are handled. A missing label is always an error, unless samples are dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MissingPolicy {
    /// The data are refused, with the number of missing cells.
    #[default]
    Error,
    /// Samples with a missing cell are left out.
    Drop,
    /// A missing number becomes the mean of its column in the training part; missing text belongs to no category.
    Mean,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_that_cannot_be_are_named() {
        let refused = |change: &dyn Fn(&mut DataPlan)| {
            let mut plan = DataPlan::of_file("d.csv");
            change(&mut plan);
            plan.validate().unwrap_err().field
        };
        assert_eq!(DataPlan::of_file("d.csv").validate(), Ok(()));
        assert_eq!(refused(&|p| p.file = DataFiles::Several(vec![])), "data.file");
        assert_eq!(refused(&|p| p.test_fraction = 0.0), "data.test_fraction");
        assert_eq!(refused(&|p| p.test_fraction = f64::NAN), "data.test_fraction");
        assert_eq!(refused(&|p| p.delimiter = Some('.')), "data.delimiter");
        assert_eq!(refused(&|p| p.delimiter = Some('é')), "data.delimiter");
        assert_eq!(refused(&|p| p.decimal = Some(';')), "data.decimal");
        assert_eq!(refused(&|p| (p.decimal, p.delimiter) = (Some(','), Some(','))), "data.decimal");
        assert_eq!(refused(&|p| p.comment = Some('-')), "data.comment");
        assert_eq!(refused(&|p| p.columns = Some(vec![])), "data.columns");
        assert_eq!(refused(&|p| p.limit = Some(0)), "data.limit");
    }
}
