//! The part of a plan that says where samples come from, and how a table is read.

use super::{PlanError, check};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::{Path, PathBuf};

/// Where the samples come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataPlan {
    /// A table or images, in one file or several; `-` is standard input. Relative paths start at the plan's folder.
    pub file: DataFiles,
    /// The labels of `file`, where they are in a file of their own (IDX and NumPy).
    pub labels: Option<DataFiles>,
    /// A test set of its own; without it a part of `file` is held back.
    pub test_file: Option<DataFiles>,
    /// The labels of `test_file`, where they are in a file of their own.
    pub test_labels: Option<DataFiles>,
    /// The column of the labels; the last one if not given.
    pub label_column: Option<ColumnName>,
    /// Whether the first line of a text file names the columns; found out from its cells if not given.
    pub header: Option<bool>,
    /// What separates the cells of a text file, a space standing for any run of spaces and tabs; found out if not
    /// given.
    pub delimiter: Option<char>,
    /// The decimal sign of a text file, `.` or `,`; found out if not given.
    pub decimal: Option<char>,
    /// Lines of a text file that begin with this are skipped.
    pub comment: Option<char>,
    /// The columns of real-valued targets, for regression; they take the place of the label.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<ColumnName>,
    /// The columns that become features; all but the label if not given.
    pub columns: Option<Vec<ColumnName>>,
    /// Columns that are left out.
    #[serde(default)]
    pub drop: Vec<ColumnName>,
    /// Columns of numbers that are names of categories, such as postal codes: one-hot encoded as text is.
    #[serde(default)]
    pub categories: Vec<ColumnName>,
    /// What is done where a cell is missing.
    #[serde(default)]
    pub missing: MissingPolicy,
    /// The part of the samples that is held back for testing where there is no `test_file`.
    #[serde(default = "default_test_fraction")]
    pub test_fraction: f64,
    /// The part of the training samples that is held back to tune on. Where it is not 0, accuracies are measured on
    /// them, and test samples are left alone.
    #[serde(default)]
    pub validation_fraction: f64,
    /// Use at most this many training samples.
    pub limit: Option<usize>,
    /// Whether all classes have equally many training samples: those of rare classes are used several times, and some of
    /// frequent ones are left out, so that there are as many in all.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub balance: bool,
}

impl DataPlan {
    /// What accuracies are measured on: "test" or "validation" samples.
    pub fn measured_on(&self) -> &'static str {
        if self.validation_fraction > 0.0 { "validation" } else { "test" }
    }

    /// The field and the name of a column that samples are to be told by, if the plan names one.
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

    /// Checks every field that can be judged without the data.
    ///
    /// # Errors
    /// The first field with an impossible value.
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
            "must be above 0 where there is no data.test_file: accuracies are measured on these samples",
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
                "is the delimiter, too: they have to differ",
            )?;
        }
        if let Some(comment) = self.comment {
            let possible = comment.is_ascii_punctuation()
                && !"\"+-.".contains(comment)
                && self.delimiter != Some(comment);
            let problem = "must be one ASCII punctuation mark, such as \"#\", that begins no number and is not the delimiter";
            check("data.comment", format!("{comment:?}"), possible, problem)?;
        }
        let unlabelled = self.targets.is_empty()
            || self.label_column.is_none() && self.labels.is_none() && self.test_labels.is_none();
        let problem = "goes without data.label_column, data.labels and data.test_labels: samples have either numbers \
                       as targets or classes; remove one of both";
        check("data.targets", listed(&self.targets), unlabelled, problem)?;
        let problem = "goes without data.balance, which is for classes; remove it";
        check("data.targets", listed(&self.targets), self.targets.is_empty() || !self.balance, problem)?;
        let chosen = self.columns.as_ref().is_none_or(|columns| !columns.is_empty());
        check("data.columns", "[]", chosen, "must name a column; without the field all columns are features")
    }
}

fn listed(columns: &[ColumnName]) -> String {
    format!("[{}]", columns.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
}

fn default_test_fraction() -> f64 {
    0.2
}

/// One file, or several that are read as one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum DataFiles {
    /// One file.
    One(PathBuf),
    /// Several files with the same columns.
    Several(Vec<PathBuf>),
}

impl DataFiles {
    /// The files.
    pub fn paths(&self) -> &[PathBuf] {
        match self {
            Self::One(path) => std::slice::from_ref(path),
            Self::Several(paths) => paths,
        }
    }

    /// The files, with relative paths from `folder`; standard input stays `-`.
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
    /// By its number, from 0; a negative one counts from the end, -1 being the last.
    Number(i64),
    /// By its name in the header.
    Name(String),
}

impl ColumnName {
    /// The name, where it is one.
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

/// What is done where a cell is missing. A sample without a label is always an error, unless samples are dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MissingPolicy {
    /// The data are refused, and all missing cells are counted.
    #[default]
    Error,
    /// Samples with a missing cell are left out.
    Drop,
    /// A missing number becomes the mean of its column in the training part; a missing text is of no category.
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
