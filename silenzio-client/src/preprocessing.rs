//! What a client does to samples before it encrypts them, and has to do again whenever it uses the model.

use crate::error::{ClientError, read};
use ndarray::Array2;
use serde::{Deserialize, Serialize};
use silenzio_nn::data::{Columns, Rows, Scaling, Split, load_rows};
use std::path::{Path, PathBuf};

/// Features, classes and scaling. It tells about the data, and stays with the client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preprocessing {
    /// The file of the training samples.
    pub source: PathBuf,
    /// The label column of a CSV file, from 0.
    pub label_column: Option<usize>,
    /// The names of the features, in their order.
    pub features: Vec<String>,
    /// The names of the classes, by number.
    pub classes: Vec<String>,
    /// How features are scaled.
    pub scaling: Scaling,
}

impl Preprocessing {
    /// That of the training samples of `source`.
    pub fn of(split: &Split, source: &Path) -> Self {
        Self {
            source: source.into(),
            label_column: split.label_column,
            features: split.train.features.clone(),
            classes: split.train.classes.clone(),
            scaling: split.scaling.clone(),
        }
    }

    /// Reads the JSON form.
    ///
    /// # Errors
    /// If the file cannot be read, or its parts do not belong together.
    pub fn read(path: &Path) -> Result<Self, ClientError> {
        Self::from_json(&read(path)?).map_err(|problem| ClientError::invalid(path, problem))
    }

    /// The JSON form, for people too.
    ///
    /// # Errors
    /// If there is none: never seen.
    pub fn to_json(&self) -> Result<Vec<u8>, ClientError> {
        let mut json = serde_json::to_vec_pretty(self).map_err(ClientError::encode)?;
        json.push(b'\n');
        Ok(json)
    }

    /// Reads rows with these features, and scales them.
    ///
    /// # Errors
    /// Whatever is wrong with the files, with file, line and column.
    pub fn load(&self, data: &Path, labels: Option<&Path>) -> Result<Rows, ClientError> {
        let columns =
            Columns { features: &self.features, classes: &self.classes, label_column: self.label_column };
        let mut rows = load_rows(data, labels, columns)?;
        self.scale(&mut rows.inputs)?;
        Ok(rows)
    }

    /// Says what does not fit together.
    pub(crate) fn check(&self) -> Result<(), String> {
        let features = self.features.len();
        let Scaling { low, high } = &self.scaling;
        if features == 0 || self.classes.len() < 2 {
            return Err("there have to be features, and at least 2 classes".into());
        }
        if low.len() != features || high.len() != features {
            return Err(format!(
                "{features} features have {} low and {} high ends of a scaling; each needs one of both",
                low.len(),
                high.len()
            ));
        }
        if low.iter().chain(high).any(|end| !end.is_finite()) {
            return Err("an end of the scaling is not a finite number".into());
        }
        match self.label_column.filter(|&column| column > features) {
            Some(column) => Err(format!("label_column = {column} is beyond the {features} features")),
            None => Ok(()),
        }
    }

    fn from_json(json: &[u8]) -> Result<Self, String> {
        let preprocessing: Self = serde_json::from_slice(json)
            .map_err(|error| format!("is not a valid preprocessing file: {error}; give the one that was written when the data set was encrypted"))?;
        preprocessing.check()?;
        Ok(preprocessing)
    }

    fn scale(&self, inputs: &mut Array2<f32>) -> Result<(), ClientError> {
        Ok(self.scaling.apply(inputs).map_err(silenzio_nn::data::DataError::from)?)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(crate) fn example() -> Preprocessing {
        Preprocessing {
            source: "flowers.csv".into(),
            label_column: Some(2),
            features: vec!["length".into(), "width".into()],
            classes: vec!["setosa".into(), "virginica".into()],
            scaling: Scaling { low: vec![0.1, -2.0], high: vec![7.9, 3.0] },
        }
    }

    #[test]
    fn json_comes_back() {
        let json = example().to_json().unwrap();
        assert_eq!(Preprocessing::from_json(&json), Ok(example()));
    }

    #[test]
    fn parts_that_disagree_are_refused() {
        let changed = |change: &dyn Fn(&mut Preprocessing)| {
            let mut preprocessing = example();
            change(&mut preprocessing);
            Preprocessing::from_json(&preprocessing.to_json().unwrap()).unwrap_err()
        };
        assert!(changed(&|p| p.features.truncate(1)).contains("1 features have 2 low"));
        assert!(changed(&|p| p.scaling.high.push(1.0)).contains("3 high"));
        assert!(changed(&|p| p.classes.truncate(1)).contains("2 classes"));
        assert!(changed(&|p| p.label_column = Some(3)).contains("label_column = 3"));
        assert!(changed(&|p| p.scaling.low[0] = f32::NAN).contains("null"));
        let error = Preprocessing::read(Path::new("/no/such/file.json")).unwrap_err().to_string();
        assert!(error.starts_with("/no/such/file.json: cannot be read"), "{error}");
    }

    proptest! {
        #[test]
        fn damage_is_never_a_panic(place in 0usize..400, byte: u8, cut in 0usize..400) {
            let mut json = example().to_json().unwrap();
            json.truncate(cut.max(1));
            let place = place % json.len();
            json[place] = byte;
            let _ = Preprocessing::from_json(&json);
        }
    }
}
