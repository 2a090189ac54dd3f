//! Samples in memory.

use crate::Error;
use ndarray::Array2;
use silenzio_core::plan::MissingPolicy;
use silenzio_data::{Dataset, EncodedColumn, EncodedKind, Encoding, LabelPlace, Scale};

/// Samples of arrays that are ready for training.
#[derive(Clone, Debug, PartialEq)]
pub struct Scaled {
    /// What a network learns from, in `[0, 1]`.
    pub train: Dataset,
    /// What it is judged by.
    pub test: Dataset,
    /// What was done to both, which has to be done to everything that the network sees.
    pub encoding: Encoding,
}

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
/// If they do not have the same number of features, or the test samples have more classes.
pub fn scaled(train: Dataset, test: Dataset) -> Result<Scaled, Error> {
    let scales: Vec<Scale> = train.inputs.columns().into_iter().map(scale_of).collect();
    let columns = train.features.iter().zip(&scales).enumerate();
    let columns = columns.map(|(number, (name, scale))| EncodedColumn {
        name: name.clone(),
        number,
        kind: EncodedKind::Scaled(*scale),
    });
    let encoding = Encoding {
        columns: columns.collect(),
        table_width: scales.len() + 1,
        named: false,
        label: LabelPlace { name: "class".into(), number: scales.len() },
        missing: MissingPolicy::Error,
    };
    // The test samples have the classes and features of the training samples, or some of the classes.
    let (classes, features) = (&train.classes, &train.features);
    let apply = |inputs: &Array2<f32>, labels: &[usize]| {
        let mut inputs = inputs.clone();
        for (mut column, scale) in inputs.columns_mut().into_iter().zip(&scales) {
            column.mapv_inplace(|x| scale.apply(x.into()) as f32);
        }
        Dataset::new(inputs, labels.to_vec(), classes.clone(), features.clone())
    };
    let test = apply(&test.inputs, &test.labels)?;
    Ok(Scaled { train: apply(&train.inputs, &train.labels)?, test, encoding })
}

/// The range of a feature; that of no samples makes everything 0.
fn scale_of(column: ndarray::ArrayView1<'_, f32>) -> Scale {
    let numbers: Vec<f64> = column.iter().map(|&x| x.into()).collect();
    Scale::fit(&numbers).unwrap_or(Scale { low: 0.0, high: 0.0, mean: 0.0 })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use ndarray::array;

    #[test]
    fn arrays_are_scaled_by_the_training_samples() {
        let train = dataset(array![[0.0, -2.0], [4.0, 2.0]], vec![0, 1]).unwrap();
        let test = dataset(array![[1.0, 5.0]], vec![0]).unwrap();
        let scaled = scaled(train, test).unwrap();
        assert_eq!(scaled.train.inputs, array![[0.0, 0.0], [1.0, 1.0]]);
        assert_eq!(scaled.test.inputs, array![[0.25, 1.0]]);
        assert_eq!(scaled.test.classes, ["0", "1"]);
        assert_eq!(scaled.encoding.columns.len(), 2);
    }

    #[test]
    fn parts_that_do_not_fit_are_errors() {
        let train = || dataset(array![[0.0], [1.0]], vec![0, 1]).unwrap();
        assert!(dataset(array![[0.0]], vec![]).is_err());
        assert!(scaled(train(), dataset(array![[0.0, 1.0]], vec![0]).unwrap()).is_err());
        assert!(scaled(train(), dataset(array![[0.5]], vec![2]).unwrap()).is_err());
    }
}
