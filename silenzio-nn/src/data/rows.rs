//! Rows for a network that has been trained: with the features that it knows, labelled or not.

use super::error::DataError;
use super::files::Files;
use super::load::numbered;
use ndarray::Array2;
use std::path::Path;

/// The rows of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    /// The values in the unit of the file, rows x features.
    pub inputs: Array2<f32>,
    /// The class of each row, if the file has labels.
    pub labels: Option<Vec<usize>>,
}

/// What is known of the columns of a training file.
#[derive(Clone, Copy, Debug)]
pub struct Columns<'a> {
    /// The names of the features.
    pub features: &'a [String],
    /// The names of the classes.
    pub classes: &'a [String],
    /// The label column of a CSV file, from 0; the last one if not known.
    pub label_column: Option<usize>,
}

/// Reads a CSV file, which has these features in this order, and perhaps a label column in its place; or an IDX file,
/// perhaps with a file of labels. Either may be packed by gzip.
///
/// # Errors
/// Whatever is wrong with the files, with file, line and column.
pub fn load_rows(data: &Path, labels: Option<&Path>, columns: Columns<'_>) -> Result<Rows, DataError> {
    let files = Files::of_rows(data, labels);
    let Columns { features, classes, label_column } = columns;
    let samples = files.read_rows(features, label_column.unwrap_or(features.len()))?;
    let (found, expected) = (samples.features.len(), features.len());
    if found != expected {
        return Err(DataError::OtherWidth { file: data.into(), found, expected });
    }
    if samples.has_names() && !features.iter().all(|name| is_number_only(name)) {
        let mut pairs = samples.features.iter().zip(features).enumerate();
        if let Some((number, (found, expected))) = pairs.find(|(_, (found, expected))| found != expected) {
            let (found, expected) = (found.clone(), expected.clone());
            return Err(DataError::OtherFeature { file: data.into(), number, found, expected });
        }
    }
    let labels = (!samples.labels.is_empty()).then(|| numbered(&files, &samples, classes)).transpose()?;
    Ok(Rows { inputs: samples.inputs, labels })
}

/// Whether a feature has no name but that of its column in a file without a header.
fn is_number_only(feature: &str) -> bool {
    feature.strip_prefix("column_").is_some_and(|number| number.parse::<usize>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| name.to_string()).collect()
    }

    fn read(text: &str, features: &[&str], label_column: usize) -> Result<Rows, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("rows.csv");
        std::fs::write(&file, text).unwrap();
        let (features, classes) = (names(features), names(&["cat", "dog"]));
        let columns = Columns { features: &features, classes: &classes, label_column: Some(label_column) };
        load_rows(&file, None, columns).map_err(|error| error.to_string())
    }

    #[test]
    fn labels_may_be_missing() {
        let rows = read("a,b\n1,2\n3,4\n", &["a", "b"], 2).unwrap();
        assert_eq!(rows, Rows { inputs: array![[1.0, 2.0], [3.0, 4.0]], labels: None });
        assert_eq!(read("1,2\n3,4\n", &["a", "b"], 2).unwrap(), rows);
        let labelled = read("kind,a,b\ndog,1,2\ncat,3,4\n", &["a", "b"], 0).unwrap();
        assert_eq!(labelled, Rows { labels: Some(vec![1, 0]), ..rows });
    }

    #[test]
    fn a_header_of_numbers_is_known_by_the_features() {
        assert_eq!(read("7,8\n1,2\n", &["7", "8"], 2).unwrap().inputs, array![[1.0, 2.0]]);
    }

    #[test]
    fn other_columns_are_errors() {
        for (text, part) in [
            ("a\n1\n", "has 1 columns, but needs 2"),
            ("a,b,c,d\n1,2,3,4\n", "has 4 columns"),
            ("b,a\n1,2\n", "feature 0 (from 0) is \"b\", but \"a\""),
            ("a,b,kind\n1,2,bird\n", "line 2: the label \"bird\""),
            ("a,b\n1,x\n", "line 2, column 1 (from 0) \"b\": \"x\""),
            ("a,b\n", "no samples"),
        ] {
            let message = read(text, &["a", "b"], 2).unwrap_err();
            assert!(message.contains(part) && message.contains("rows.csv"), "{message}");
        }
        assert!(read("x,y\n1,2\n", &["column_0", "column_1"], 2).is_ok());
    }
}
