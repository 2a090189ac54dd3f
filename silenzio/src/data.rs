//! Samples in memory.

use crate::Error;
use ndarray::Array2;

pub use silenzio_nn::data::{Dataset, Scaling, Split};

/// A data set of arrays, samples x features, with the class of each sample, from 0. Features and classes are named by
/// their numbers.
///
/// # Errors
/// If there is not one label per sample, or an input is not finite.
pub fn dataset(inputs: Array2<f32>, labels: Vec<usize>) -> Result<Dataset, Error> {
    let classes = labels.iter().max().map_or(0, |last| last.saturating_add(1));
    let features = (0..inputs.ncols()).map(|feature| format!("column_{feature}")).collect();
    let classes = (0..classes).map(|class| class.to_string()).collect();
    Ok(Dataset::new(inputs, labels, classes, features)?)
}

/// Training and test samples, scaled to `[0, 1]` by the ranges of the training samples; what lies beyond is clipped.
///
/// # Errors
/// If they do not have the same features, or the test samples have more classes.
pub fn split(train: Dataset, test: Dataset) -> Result<Split, Error> {
    let scaling = Scaling::fit(&train.inputs);
    let (mut train, mut test) = (train, test);
    scaling.apply(&mut train.inputs)?;
    scaling.apply(&mut test.inputs)?;
    // The test samples have the classes and features of the training samples, or some of them.
    let test = Dataset::new(test.inputs, test.labels, train.classes.clone(), train.features.clone())?;
    Ok(Split { train, test, scaling, label_column: None })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use ndarray::array;

    #[test]
    fn arrays_are_scaled_by_the_training_samples() {
        let train = dataset(array![[0.0, -2.0], [4.0, 2.0]], vec![0, 1]).unwrap();
        let test = dataset(array![[1.0, 0.0]], vec![0]).unwrap();
        let split = split(train, test).unwrap();
        assert_eq!(split.train.inputs, array![[0.0, 0.0], [1.0, 1.0]]);
        assert_eq!(split.test.inputs, array![[0.25, 0.5]]);
        assert_eq!(split.test.classes, ["0", "1"]);
    }

    #[test]
    fn parts_that_do_not_fit_are_errors() {
        let train = || dataset(array![[0.0], [1.0]], vec![0, 1]).unwrap();
        assert!(dataset(array![[0.0]], vec![]).is_err());
        assert!(split(train(), dataset(array![[0.0, 1.0]], vec![0]).unwrap()).is_err());
        assert!(split(train(), dataset(array![[0.5]], vec![2]).unwrap()).is_err());
    }
}
