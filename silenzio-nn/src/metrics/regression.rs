//! Scores of predictions of real numbers.

use ndarray::{ArrayView1, ArrayView2, Axis};
use serde::{Deserialize, Serialize};
use silenzio_data::TargetColumn;

/// Scores of the predictions of one target.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RegressionScores {
    /// The coefficient of determination, 1 - Σ (y - p)² / Σ (y - mean y)², for values y and predictions p: at most 1,
    /// and 0 if the mean is always predicted. If all y are the same, it is 1 if all predictions are right, and else 0.
    pub r2: f64,
    /// The root mean squared error, in the unit of the target.
    pub rmse: f64,
    /// The mean absolute error, in the unit of the target.
    pub mae: f64,
}

impl RegressionScores {
    /// The scores of `predicted`, compared with the true `values` of a target. All are 0 if there are no values.
    pub fn of(predicted: ArrayView1<'_, f64>, values: ArrayView1<'_, f64>) -> Self {
        let count = values.len().max(1) as f64;
        let mean = values.sum() / count;
        let (mut squares, mut absolute, mut spread) = (0.0, 0.0, 0.0);
        for (&predicted, &value) in predicted.iter().zip(&values) {
            squares += (value - predicted).powi(2);
            absolute += (value - predicted).abs();
            spread += (value - mean).powi(2);
        }
        let r2 = match spread {
            0.0 => f64::from(u8::from(squares == 0.0 && !values.is_empty())),
            spread => 1.0 - squares / spread,
        };
        Self { r2, rmse: (squares / count).sqrt(), mae: absolute / count }
    }

    /// The unweighted mean of scores, such as those of several targets or trainings. All are 0 if there are none.
    pub fn mean<'a>(scores: impl IntoIterator<Item = &'a Self>) -> Self {
        let (mut count, mut sum) = (0.0, Self { r2: 0.0, rmse: 0.0, mae: 0.0 });
        for Self { r2, rmse, mae } in scores {
            count += 1.0;
            sum = Self { r2: sum.r2 + r2, rmse: sum.rmse + rmse, mae: sum.mae + mae };
        }
        let count = f64::max(count, 1.0);
        Self { r2: sum.r2 / count, rmse: sum.rmse / count, mae: sum.mae / count }
    }
}

/// The scores of one of the targets of a regression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TargetScores {
    /// The name of the target.
    pub target: String,
    /// Its scores.
    #[serde(flatten)]
    pub scores: RegressionScores,
}

impl TargetScores {
    /// The scores of `predicted`, samples x targets, compared with the true `values` of the target columns, in their
    /// units.
    pub fn of(
        columns: &[TargetColumn],
        predicted: ArrayView2<'_, f64>,
        values: ArrayView2<'_, f64>,
    ) -> Vec<Self> {
        let pairs = predicted.axis_iter(Axis(1)).zip(values.axis_iter(Axis(1)));
        let of_column = |(column, (predicted, values)): (&TargetColumn, _)| Self {
            target: column.name.clone(),
            scores: RegressionScores::of(predicted, values),
        };
        columns.iter().zip(pairs).map(of_column).collect()
    }

    /// The unweighted mean over the targets, which is `uniform_average` in scikit-learn.
    pub fn mean(targets: &[Self]) -> RegressionScores {
        RegressionScores::mean(targets.iter().map(|target| &target.scores))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array1, array};
    use proptest::prelude::*;

    /// The example in the documentation of scikit-learn's `r2_score`, `mean_absolute_error` and
    /// `root_mean_squared_error`.
    #[test]
    fn scores_are_those_of_scikit_learn() {
        let (values, predicted) = (array![3.0, -0.5, 2.0, 7.0], array![2.5, 0.0, 2.0, 8.0]);
        let scores = RegressionScores::of(predicted.view(), values.view());
        assert!((scores.r2 - 0.948_608_137_044_967_9).abs() < 1e-15, "{scores:?}");
        assert_eq!((scores.mae, scores.rmse), (0.5, 0.375f64.sqrt()));
        let values = array![[0.5, 1.0], [-1.0, 1.0], [7.0, -6.0]];
        let predicted = array![[0.0, 2.0], [-1.0, 2.0], [8.0, -5.0]];
        let columns =
            ["a", "b"].map(|name| TargetColumn { name: name.into(), number: 0, low: 0.0, high: 1.0 });
        let targets = TargetScores::of(&columns, predicted.view(), values.view());
        assert_eq!(targets.iter().map(|target| target.target.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        let mean = TargetScores::mean(&targets);
        assert!(
            (mean.mae - 0.75).abs() < 1e-15 && (mean.r2 - 0.936_800_526_662_277_8).abs() < 1e-12,
            "{mean:?}"
        );
    }

    #[test]
    fn constant_targets_and_no_samples_are_no_division_by_zero() {
        let (same, other) = (array![2.0, 2.0], array![2.0, 3.0]);
        assert_eq!(RegressionScores::of(same.view(), same.view()).r2, 1.0);
        assert_eq!(RegressionScores::of(other.view(), same.view()).r2, 0.0);
        let none: Array1<f64> = array![];
        let zero = RegressionScores { r2: 0.0, rmse: 0.0, mae: 0.0 };
        assert_eq!(RegressionScores::of(none.view(), none.view()), zero);
        assert_eq!(RegressionScores::mean([]), zero);
    }

    proptest! {
        /// The unit cancels in the coefficient of determination, and scales the errors.
        #[test]
        fn another_unit_changes_the_errors_alone(
            pairs in prop::collection::vec((-9.0..9.0f64, -9.0..9.0f64), 2..20), unit in 0.1..50.0f64, zero in -9.0..9.0f64,
        ) {
            let scores = |to: &dyn Fn(f64) -> f64| {
                let predicted: Array1<f64> = pairs.iter().map(|pair| to(pair.0)).collect();
                let values: Array1<f64> = pairs.iter().map(|pair| to(pair.1)).collect();
                RegressionScores::of(predicted.view(), values.view())
            };
            let (plain, scaled) = (scores(&|x| x), scores(&|x| zero + unit * x));
            prop_assert!((plain.r2 - scaled.r2).abs() < 1e-6 * (1.0 + plain.r2.abs()));
            prop_assert!((plain.rmse * unit - scaled.rmse).abs() < 1e-9 * (1.0 + scaled.rmse));
            prop_assert!((plain.mae * unit - scaled.mae).abs() < 1e-9 * (1.0 + scaled.mae));
            prop_assert!(plain.mae <= plain.rmse + 1e-12 && plain.r2 <= 1.0);
        }
    }
}
