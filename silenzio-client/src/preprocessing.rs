//! Preprocessing: what a client does to samples before it encrypts them, and again whenever it uses the model.

use crate::error::{ClientError, read};
use serde::{Deserialize, Serialize};
use silenzio_core::plan::DataFiles;
use silenzio_data::{Dataset, Encoding, RealTargets, Rows, Split, TargetColumn, listed, read_rows};
use std::path::Path;

/// The names of the classes or the columns of targets, and how columns become inputs. It says something about the data, and
/// stays with the client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preprocessing {
    /// The files of the training samples.
    pub source: DataFiles,
    /// The names of the classes, by number; none for regression.
    pub classes: Vec<String>,
    /// The columns of targets, for regression.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<TargetColumn>,
    /// How the columns of a table become inputs.
    pub encoding: Encoding,
}

impl Preprocessing {
    /// The preprocessing that was fitted to the training samples of `source`.
    pub fn of(split: &Split, source: &DataFiles) -> Self {
        Self {
            source: source.clone(),
            classes: split.train.classes.clone(),
            targets: split.train.values.as_ref().map_or(vec![], |values| values.columns.clone()),
            encoding: split.encoding.clone(),
        }
    }

    /// Reads the JSON form.
    ///
    /// # Errors
    /// [`ClientError::File`] if the file cannot be read, [`ClientError::Invalid`] if it is not valid JSON of preprocessing, or
    /// its parts do not fit each other.
    pub fn read(path: &Path) -> Result<Self, ClientError> {
        Self::from_json(&read(path)?).map_err(|problem| ClientError::invalid(path, problem))
    }

    /// Encodes it as indented JSON.
    ///
    /// # Errors
    /// [`ClientError::Encode`] if it cannot be written as JSON, which does not happen.
    pub fn to_json(&self) -> Result<Vec<u8>, ClientError> {
        let mut json = serde_json::to_vec_pretty(self).map_err(ClientError::encode)?;
        json.push(b'\n');
        Ok(json)
    }

    /// Reads all rows of a table as inputs, and ignores its labels.
    ///
    /// # Errors
    /// [`ClientError::Data`] if the file cannot be read or has a bad value, with its line and column.
    pub fn load(&self, data: &Path) -> Result<Rows, ClientError> {
        Ok(read_rows(data, None, &self.encoding, None, &[])?)
    }

    /// Reads all rows of a table as inputs, with labels or targets if it has columns of them, or a file of labels is given.
    ///
    /// # Errors
    /// [`ClientError::Data`] if a file cannot be read or has a bad value, with its line and column.
    pub fn load_labelled(&self, data: &Path, labels: Option<&Path>) -> Result<Rows, ClientError> {
        let classes = self.targets.is_empty().then_some(self.classes.as_slice());
        Ok(read_rows(data, labels, &self.encoding, classes, &self.targets)?)
    }

    /// Reads all rows of a table as further training samples, each with a label or targets. Returns warnings about them, too.
    /// Targets beyond the range of the first training samples are clipped to it.
    ///
    /// # Errors
    /// [`ClientError::Data`] if a file cannot be read or has a bad value, with its line and column; also if there are no
    /// labels or targets.
    pub fn load_training(
        &self,
        data: &Path,
        labels: Option<&Path>,
    ) -> Result<(Dataset, Vec<String>), ClientError> {
        let Rows { inputs, labels, values, mut warnings } = self.load_labelled(data, labels)?;
        let invalid = |problem: String| ClientError::invalid(data, problem);
        let features = self.encoding.features();
        let samples = if self.targets.is_empty() {
            let labels = labels.ok_or_else(|| {
                let column = &self.encoding.label.name;
                invalid(format!(
                    "has no labels, which training needs: give a table with the column {column:?}, or a file of labels"
                ))
            })?;
            Dataset::new(inputs, labels, self.classes.clone(), features)
        } else {
            let names = || listed(self.targets.iter().map(|target| &target.name));
            let values = values.ok_or_else(|| {
                invalid(format!("has no targets, which training needs: give a table with {}", names()))
            })?;
            let mut values = RealTargets::of(&self.targets, values.view());
            let beyond = values.clip();
            if beyond > 0 {
                warnings.push(format!(
                    "{beyond} of {} values of {} lie outside the range of the first training samples, and are clipped \
                     to it: do they have the same units?",
                    values.scaled.len(),
                    names()
                ));
            }
            Dataset::of_values(inputs, values, features)
        };
        Ok((samples.map_err(|problem| invalid(problem.to_string()))?, warnings))
    }

    /// The outputs of a network: one per class, or per target.
    pub fn outputs(&self) -> usize {
        self.classes.len() + self.targets.len()
    }

    /// Checks that the parts fit each other, and says what does not.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.targets.iter().try_for_each(TargetColumn::check)?;
        if !self.targets.is_empty() && !self.classes.is_empty() {
            return Err("there are both classes and targets".into());
        }
        if self.targets.is_empty() && self.classes.len() < 2 {
            return Err("there must be at least 2 classes".into());
        }
        self.encoding.check()
    }

    fn from_json(json: &[u8]) -> Result<Self, String> {
        let preprocessing: Self = serde_json::from_slice(json)
            .map_err(|error| format!("is not a valid preprocessing file: {error}; give the one that was written when the data set was encrypted"))?;
        preprocessing.check()?;
        Ok(preprocessing)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;
    use silenzio_core::plan::MissingPolicy;
    use silenzio_data::{EncodedColumn, EncodedKind, LabelPlace, Scale};

    pub(crate) fn example() -> Preprocessing {
        let column = |name: &str, number, low, high, mean| EncodedColumn {
            name: name.into(),
            number,
            kind: EncodedKind::Scaled(Scale { low, high, mean }),
        };
        Preprocessing {
            source: "flowers.csv".into(),
            classes: vec!["setosa".into(), "virginica".into()],
            targets: vec![],
            encoding: Encoding {
                columns: vec![column("length", 0, 0.1, 7.9, 3.0), column("width", 1, -2.0, 3.0, 0.0)],
                table_width: 3,
                named: true,
                label: LabelPlace { name: "kind".into(), number: 2 },
                missing: MissingPolicy::Error,
            },
        }
    }

    #[test]
    fn json_comes_back() {
        let mut with_categories = example();
        with_categories.encoding.columns[1].kind = EncodedKind::OneHot(vec!["narrow".into(), "wide".into()]);
        for preprocessing in [example(), with_categories] {
            let json = preprocessing.to_json().unwrap();
            assert_eq!(Preprocessing::from_json(&json), Ok(preprocessing));
        }
    }

    #[test]
    fn parts_that_disagree_are_refused() {
        let changed = |change: &dyn Fn(&mut Preprocessing)| {
            let mut preprocessing = example();
            change(&mut preprocessing);
            Preprocessing::from_json(&preprocessing.to_json().unwrap()).unwrap_err()
        };
        assert!(changed(&|p| p.encoding.columns.clear()).contains("at least one column"));
        assert!(changed(&|p| p.classes.truncate(1)).contains("2 classes"));
        assert!(changed(&|p| p.encoding.label.number = 4).contains("label.number = 4"));
        assert!(changed(&|p| p.encoding.columns[1].number = 3).contains("number 3"));
        let scaled = |low| EncodedKind::Scaled(Scale { low, high: 1.0, mean: 0.5 });
        assert!(changed(&|p| p.encoding.columns[0].kind = scaled(f64::NAN)).contains("null"));
        let unsorted = EncodedKind::OneHot(vec!["b".into(), "a".into()]);
        assert!(changed(&|p| p.encoding.columns[0].kind = unsorted.clone()).contains("not sorted"));
        let error = Preprocessing::read(Path::new("/no/such/file.json")).unwrap_err().to_string();
        assert!(error.starts_with("/no/such/file.json: cannot be read"), "{error}");
    }

    proptest! {
        #[test]
        fn damage_is_never_a_panic(place in 0usize..900, byte: u8, cut in 0usize..900) {
            let mut json = example().to_json().unwrap();
            json.truncate(cut.max(1));
            let place = place % json.len();
            json[place] = byte;
            let _ = Preprocessing::from_json(&json);
        }
    }
}
