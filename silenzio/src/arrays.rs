//! Samples in arrays.

use crate::Error;
use ndarray::{Array2, ArrayView1, ArrayView2};
use silenzio_core::plan::MissingPolicy;
use silenzio_data::{
    DataError, Dataset, DatasetError, EncodedColumn, EncodedKind, Encoding, LabelPlace, RealTargets, Scale,
    TargetColumn,
};

/// Training and test samples that are ready for training.
#[derive(Clone, Debug, PartialEq)]
pub struct Scaled {
    /// The training samples, with inputs in `[0, 1]`.
    pub train: Dataset,
    /// The test samples, scaled in the same way.
    pub test: Dataset,
    /// The encoding of both, which must be applied to all inputs of the network.
    pub encoding: Encoding,
}

/// Makes a data set of arrays: inputs, samples x features, and the class of each sample, from 0. Features and classes are
/// named by their numbers.
///
/// # Errors
/// [`Error::Data`] if there is not one label per sample, or an input is not finite.
pub fn dataset(inputs: Array2<f32>, labels: Vec<usize>) -> Result<Dataset, Error> {
    let classes = labels.iter().max().map_or(0, |last| last.saturating_add(1));
    let features = (0..inputs.ncols()).map(|feature| format!("column_{feature}")).collect();
    let classes = (0..classes).map(|class| class.to_string()).collect();
    Ok(Dataset::new(inputs, labels, classes, features)?)
}

/// Makes a data set for regression from arrays: samples x features, and samples x targets, which are scaled by their ranges
/// from -1 to 1. Features and targets are named by their numbers.
///
/// # Errors
/// [`Error::Data`] if there are not targets for each sample, an input is not finite, or a target has one value alone.
pub fn regression(inputs: Array2<f32>, targets: ArrayView2<'_, f64>) -> Result<Dataset, Error> {
    let width = inputs.ncols();
    let columns = target_columns(width, targets, &[])?;
    let features = (0..width).map(|feature| format!("column_{feature}")).collect();
    Ok(Dataset::of_values(inputs, RealTargets::of(&columns, targets), features)?)
}

/// The columns of targets, samples x targets, that stand behind `features` columns of a table. If there are fewer names than
/// targets, the others are named by their numbers.
///
/// # Errors
/// [`Error::Data`] if a target has one value alone, or is not finite.
pub fn target_columns(
    features: usize,
    targets: ArrayView2<'_, f64>,
    names: &[String],
) -> Result<Vec<TargetColumn>, Error> {
    let fit = |(target, column): (usize, ArrayView1<'_, f64>)| {
        let name = names.get(target).cloned().unwrap_or_else(|| format!("target_{target}"));
        let fitted = TargetColumn::fit(name, features + target, column.iter().copied());
        fitted.ok_or_else(|| DatasetError::ConstantTarget { target }.into())
    };
    targets.columns().into_iter().enumerate().map(fit).collect()
}

/// The encoding of inputs beside `targets` columns of targets, instead of a column of labels.
pub fn with_targets(encoding: Encoding, targets: usize) -> Encoding {
    let table_width = encoding.columns.len() + targets;
    Encoding { table_width, label: LabelPlace { name: "label".into(), number: table_width }, ..encoding }
}

/// Scales training and test samples to `[0, 1]` by the ranges of the training samples, and clips what lies beyond. Targets of
/// regression are scaled by the ranges of the training samples from -1 to 1, and are not clipped.
///
/// # Errors
/// [`Error::Data`] if they do not have the same number of features or targets, or the test samples have more classes.
pub fn scaled(train: Dataset, test: Dataset) -> Result<Scaled, Error> {
    let encoding = scaling(train.inputs.view(), &train.features);
    // Both have the same features, and the test samples may have fewer classes.
    let (classes, features) = (&train.classes, &train.features);
    let columns = train.values.as_ref().map(|values| values.columns.as_slice());
    let apply = |samples: &Dataset| {
        let inputs = encoded(&encoding, samples.inputs.view())?;
        let (labels, features) = (samples.labels.clone(), features.clone());
        let Some((columns, values)) = columns.zip(samples.values.as_ref()) else {
            return Ok::<_, Error>(Dataset::new(inputs, labels, classes.clone(), features)?);
        };
        if values.columns.len() != columns.len() {
            let (targets, columns) = (values.columns.len(), columns.len());
            return Err(DatasetError::Targets { targets, columns }.into());
        }
        let values = RealTargets::of(columns, values.numbers().view());
        Ok(Dataset::of_values(inputs, values, features)?)
    };
    let test = apply(&test)?;
    Ok(Scaled { train: apply(&train)?, test, encoding })
}

/// The scaling of each feature to `[0, 1]` by its range in these inputs, samples x features, as tables are scaled. Without
/// samples, a feature becomes 0. If there are fewer names than features, the others are named by their numbers.
pub fn scaling<T: Copy + Into<f64>>(inputs: ArrayView2<'_, T>, names: &[String]) -> Encoding {
    let column = |(number, column): (usize, ArrayView1<'_, T>)| {
        let numbers: Vec<f64> = column.iter().map(|&x| x.into()).collect();
        let scale = Scale::fit(&numbers).unwrap_or(Scale { low: 0.0, high: 0.0, mean: 0.0 });
        let name = names.get(number).cloned().unwrap_or_else(|| format!("column_{number}"));
        EncodedColumn { name, number, kind: EncodedKind::Scaled(scale) }
    };
    let columns: Vec<EncodedColumn> = inputs.columns().into_iter().enumerate().map(column).collect();
    Encoding {
        table_width: columns.len() + 1,
        named: !names.is_empty(),
        label: LabelPlace { name: "class".into(), number: columns.len() },
        columns,
        missing: MissingPolicy::Error,
    }
}

/// Encodes inputs, samples x features, for a network: they are scaled in double precision, clipped to `[0, 1]`, and only
/// then rounded to single precision.
///
/// # Errors
/// [`Error::Data`] if there are more or fewer features, if a feature of the encoding has text values, which arrays of numbers
/// cannot have, or if an input is not finite.
pub fn encoded<T: Copy + Into<f64>>(
    encoding: &Encoding,
    inputs: ArrayView2<'_, T>,
) -> Result<Array2<f32>, Error> {
    let (samples, width) = inputs.dim();
    if width != encoding.columns.len() {
        return Err(DatasetError::Features { features: width, names: encoding.columns.len() }.into());
    }
    let scale = |column: &EncodedColumn| match &column.kind {
        EncodedKind::Scaled(scale) => Ok(*scale),
        EncodedKind::OneHot(_) => Err(Error::from(DataError::Column {
            file: "array".into(),
            column: column.name.clone(),
            problem: "has text values, which arrays of numbers cannot have: give a table".into(),
        })),
    };
    let scales = encoding.columns.iter().map(scale).collect::<Result<Vec<Scale>, _>>()?;
    let mut scaled = Array2::zeros((samples, width));
    for (sample, (row, mut to)) in inputs.rows().into_iter().zip(scaled.rows_mut()).enumerate() {
        for (feature, ((&x, to), scale)) in row.iter().zip(&mut to).zip(&scales).enumerate() {
            let x: f64 = x.into();
            if !x.is_finite() {
                return Err(DatasetError::NotFinite { sample, feature }.into());
            }
            *to = scale.apply(x) as f32;
        }
    }
    Ok(scaled)
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
    fn targets_are_scaled_by_the_training_samples() {
        let data = |targets: Array2<f64>| {
            let inputs = Array2::from_shape_fn((targets.nrows(), 1), |(sample, _)| sample as f32);
            regression(inputs, targets.view())
        };
        let train = data(array![[0.0, 5.0], [4.0, 7.0], [1.0, 6.0]]).unwrap();
        let scaled = scaled(train.clone(), data(array![[1.0, 9.0], [4.0, 6.0]]).unwrap()).unwrap();
        assert_eq!(scaled.train.values.unwrap().scaled, array![[-1.0, -1.0], [1.0, 1.0], [-0.5, 0.0]]);
        let test = scaled.test.values.unwrap();
        assert_eq!(test.scaled, array![[-0.5, 3.0], [1.0, 0.0]]);
        assert_eq!(test.numbers(), array![[1.0, 9.0], [4.0, 6.0]]);
        assert!(data(array![[1.0], [1.0]]).unwrap_err().to_string().contains("one value alone"));
        assert!(regression(array![[0.0]], array![[1.0], [2.0]].view()).is_err());
        assert!(super::scaled(train.clone(), data(array![[1.0], [2.0]]).unwrap()).is_err());
        assert!(super::scaled(train, dataset(array![[0.0]], vec![0]).unwrap()).is_err());
    }

    #[test]
    fn parts_that_do_not_fit_are_errors() {
        let train = || dataset(array![[0.0], [1.0]], vec![0, 1]).unwrap();
        assert!(dataset(array![[0.0]], vec![]).is_err());
        assert!(scaled(train(), dataset(array![[0.0, 1.0]], vec![0]).unwrap()).is_err());
        assert!(scaled(train(), dataset(array![[0.5]], vec![2]).unwrap()).is_err());
    }

    #[test]
    fn inputs_of_either_precision_are_scaled_in_double_precision() {
        let names = ["height".to_owned()];
        let doubles = array![[0.1, 1e9], [0.3, 1e9 + 1.0], [0.2, 1e9 + 0.25]];
        let scaling = scaling(doubles.view(), &names);
        assert_eq!(scaling.features(), ["height", "column_1"]);
        let inputs = encoded(&scaling, doubles.view()).unwrap();
        assert_eq!(inputs.column(1).to_vec(), [0.0, 1.0, 0.25]);
        assert_eq!(inputs[(2, 0)], ((0.2 - 0.1) / (0.3 - 0.1)) as f32);
        let singles = doubles.mapv(|x| x as f32);
        assert_eq!(encoded(&scaling, singles.view()).unwrap()[(2, 0)], {
            let x = (f64::from(0.2f32) - 0.1) / (0.3 - 0.1);
            x as f32
        });
        let message = |inputs: Array2<f64>| encoded(&scaling, inputs.view()).unwrap_err().to_string();
        assert!(message(array![[1.0]]).contains("1 features have 2 names"));
        assert!(message(array![[1.0, f64::NAN]]).contains("sample 0, feature 1"));
    }
}
