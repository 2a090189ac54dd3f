//! Samples that are ready for training.

use ndarray::{Array2, Axis};

/// Labelled samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// The values, samples x features; in `[0, 1]` as [`super::load`] gives them.
    pub inputs: Array2<f32>,
    /// The class of each sample, an index of `classes`.
    pub labels: Vec<usize>,
    /// The names of the classes.
    pub classes: Vec<String>,
    /// The names of the features.
    pub features: Vec<String>,
}

/// Parts that do not make a [`Dataset`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DatasetError {
    /// Not one label per sample.
    #[error("{samples} samples have {labels} labels; each needs one")]
    Labels {
        /// The samples.
        samples: usize,
        /// The labels.
        labels: usize,
    },
    /// Not one name per feature.
    #[error("{features} features have {names} names; each needs one")]
    Features {
        /// The features.
        features: usize,
        /// The names.
        names: usize,
    },
    /// A label beyond the classes.
    #[error("sample {sample} (from 0) has the label {label}, but there are only {classes} classes")]
    Class {
        /// The sample.
        sample: usize,
        /// Its label.
        label: usize,
        /// The number of classes.
        classes: usize,
    },
    /// An input that is not finite.
    #[error("sample {sample}, feature {feature} (both from 0) is not a finite number")]
    NotFinite {
        /// The sample.
        sample: usize,
        /// The feature.
        feature: usize,
    },
}

impl Dataset {
    /// A data set of `inputs`, samples x features.
    ///
    /// # Errors
    /// The numbers of samples or features disagree, a label is not an index of `classes`, or an input is
    /// not finite.
    pub fn new(
        inputs: Array2<f32>,
        labels: Vec<usize>,
        classes: Vec<String>,
        features: Vec<String>,
    ) -> Result<Self, DatasetError> {
        let (samples, width) = inputs.dim();
        if labels.len() != samples {
            return Err(DatasetError::Labels { samples, labels: labels.len() });
        }
        if features.len() != width {
            return Err(DatasetError::Features { features: width, names: features.len() });
        }
        if let Some((sample, &label)) = labels.iter().enumerate().find(|(_, label)| **label >= classes.len())
        {
            return Err(DatasetError::Class { sample, label, classes: classes.len() });
        }
        if let Some(((sample, feature), _)) = inputs.indexed_iter().find(|(_, value)| !value.is_finite()) {
            return Err(DatasetError::NotFinite { sample, feature });
        }
        Ok(Self { inputs, labels, classes, features })
    }

    /// The number of samples.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are no samples.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The data set of the given samples, in their order; numbers beyond the last sample are left out.
    pub fn select(&self, samples: &[usize]) -> Self {
        let known: Vec<usize> = samples.iter().copied().filter(|&sample| sample < self.len()).collect();
        Self {
            inputs: self.inputs.select(Axis(0), &known),
            labels: known.iter().filter_map(|&sample| self.labels.get(sample).copied()).collect(),
            classes: self.classes.clone(),
            features: self.features.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn names(prefix: &str, count: usize) -> Vec<String> {
        (0..count).map(|number| format!("{prefix}{number}")).collect()
    }

    fn dataset(inputs: Array2<f32>, labels: Vec<usize>) -> Result<Dataset, DatasetError> {
        Dataset::new(inputs, labels, names("class", 2), names("feature", 2))
    }

    #[test]
    fn parts_that_disagree_are_errors() {
        let inputs = array![[0.0, 1.0], [1.0, 0.5]];
        assert!(dataset(inputs.clone(), vec![0, 1]).is_ok());
        assert_eq!(dataset(inputs.clone(), vec![0]), Err(DatasetError::Labels { samples: 2, labels: 1 }));
        assert_eq!(dataset(inputs, vec![0, 2]), Err(DatasetError::Class { sample: 1, label: 2, classes: 2 }));
        assert_eq!(dataset(array![[0.0]], vec![0]), Err(DatasetError::Features { features: 1, names: 2 }));
        assert_eq!(
            dataset(array![[0.0, f32::NAN]], vec![0]),
            Err(DatasetError::NotFinite { sample: 0, feature: 1 })
        );
    }

    #[test]
    fn a_selection_keeps_the_order() {
        let all = dataset(array![[0.0, 1.0], [1.0, 0.5], [0.2, 0.3]], vec![0, 1, 0]).unwrap();
        let part = all.select(&[2, 1, 7]);
        assert_eq!(part.inputs, array![[0.2, 0.3], [1.0, 0.5]]);
        assert_eq!((part.labels.as_slice(), part.len(), part.is_empty()), (&[0, 1][..], 2, false));
    }
}
