//! Encoded samples, ready for training.

use crate::targets::{RealTargets, Targets};
use ndarray::{Array2, Axis};
use silenzio_core::Target;

/// Samples with their targets, which are classes, or numbers for regression.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// The inputs, samples x features; in `[0, 1]` if they are from [`super::load`].
    pub inputs: Array2<f32>,
    /// The class of each sample, an index into `classes`; empty for regression.
    pub labels: Vec<usize>,
    /// The names of the classes; empty for regression.
    pub classes: Vec<String>,
    /// The real-valued targets, for regression.
    pub values: Option<RealTargets>,
    /// The names of the features.
    pub features: Vec<String>,
}

/// Why parts do not form a [`Dataset`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DatasetError {
    /// The number of labels differs from that of samples.
    #[error("{samples} samples have {labels} labels; each needs one")]
    Labels {
        /// The number of samples.
        samples: usize,
        /// The number of labels.
        labels: usize,
    },
    /// The number of names differs from that of features.
    #[error("{features} features have {names} names; each needs one")]
    Features {
        /// The number of features.
        features: usize,
        /// The number of names.
        names: usize,
    },
    /// A label is not an index of a class.
    #[error("sample {sample} (from 0) has the label {label}, but there are only {classes} classes")]
    Class {
        /// The sample.
        sample: usize,
        /// Its label.
        label: usize,
        /// The number of classes.
        classes: usize,
    },
    /// The number of columns differs from that of targets.
    #[error("{targets} targets have {columns} columns; each needs one")]
    Targets {
        /// The number of targets.
        targets: usize,
        /// The number of columns.
        columns: usize,
    },
    /// A target of regression has only one value, or numbers that are not finite.
    #[error(
        "target {target} (from 0) has one value alone, or numbers that are not finite: there is nothing to learn"
    )]
    ConstantTarget {
        /// The target.
        target: usize,
    },
    /// An input is not finite.
    #[error("sample {sample}, feature {feature} (both from 0) is not a finite number")]
    NotFinite {
        /// The sample.
        sample: usize,
        /// The feature.
        feature: usize,
    },
}

impl Dataset {
    /// Makes a data set with classes of `inputs`, samples x features.
    ///
    /// # Errors
    /// If the numbers of samples or features disagree, a label is not an index of `classes`, or an input is not finite.
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
        Ok(Self { inputs, labels, classes, values: None, features })
    }

    /// Makes a data set for regression of `inputs`, samples x features.
    ///
    /// # Errors
    /// If the numbers of samples, features or targets disagree, or an input or target is not finite.
    pub fn of_values(
        inputs: Array2<f32>,
        values: RealTargets,
        features: Vec<String>,
    ) -> Result<Self, DatasetError> {
        let (samples, targets) = values.scaled.dim();
        if targets != values.columns.len() {
            return Err(DatasetError::Targets { targets, columns: values.columns.len() });
        }
        if let Some(((_, target), _)) = values.scaled.indexed_iter().find(|(_, value)| !value.is_finite()) {
            return Err(DatasetError::ConstantTarget { target });
        }
        // The other checks are those of a data set with classes; the one class that is given here is removed again.
        let of_one_class = Self::new(inputs, vec![0; samples], vec![String::new()], features)?;
        Ok(Self { labels: vec![], classes: vec![], values: Some(values), ..of_one_class })
    }

    /// The number of outputs of a network for these samples.
    pub fn outputs(&self) -> usize {
        self.values.as_ref().map_or(self.classes.len(), |values| values.columns.len())
    }

    /// The target of a sample; `None` beyond the last sample.
    pub fn target(&self, sample: usize) -> Option<Target<'_>> {
        self.targets().get(sample)
    }

    /// The target of each sample.
    pub fn targets(&self) -> Targets<'_> {
        match &self.values {
            Some(values) => Targets::Values(values.scaled.view()),
            None => Targets::Classes(&self.labels),
        }
    }

    /// The number of samples.
    pub fn len(&self) -> usize {
        self.inputs.nrows()
    }

    /// Whether there are no samples.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The data set of the given samples, in the given order. Numbers beyond the last sample are left out.
    pub fn select(&self, samples: &[usize]) -> Self {
        let known: Vec<usize> = samples.iter().copied().filter(|&sample| sample < self.len()).collect();
        Self {
            inputs: self.inputs.select(Axis(0), &known),
            labels: known.iter().filter_map(|&sample| self.labels.get(sample).copied()).collect(),
            classes: self.classes.clone(),
            values: self.values.as_ref().map(|values| RealTargets {
                scaled: values.scaled.select(Axis(0), &known),
                columns: values.columns.clone(),
            }),
            features: self.features.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::targets::TargetColumn;
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

    #[test]
    fn numbers_are_targets_of_regression() {
        let columns = [TargetColumn { name: "y".into(), number: 2, low: 0.0, high: 4.0 }];
        let targets = |numbers: Array2<f64>| RealTargets::of(&columns, numbers.view());
        let of = |values| Dataset::of_values(array![[0.0, 1.0], [1.0, 0.5]], values, names("feature", 2));
        let data = of(targets(array![[1.0], [4.0]])).unwrap();
        assert_eq!((data.outputs(), data.len(), data.labels.len()), (1, 2, 0));
        let last = data.select(&[1]);
        assert_eq!(last.target(0), Some(Target::Values(array![1.0].view())));
        assert_eq!(last.target(1), None);
        assert_eq!(last.values.unwrap().numbers(), array![[4.0]]);
        assert_eq!(of(targets(array![[1.0]])), Err(DatasetError::Labels { samples: 2, labels: 1 }));
        assert_eq!(of(targets(array![[1.0], [f64::NAN]])), Err(DatasetError::ConstantTarget { target: 0 }));
        let none = RealTargets { columns: vec![], ..targets(array![[1.0], [2.0]]) };
        assert_eq!(of(none), Err(DatasetError::Targets { targets: 1, columns: 0 }));
    }
}
