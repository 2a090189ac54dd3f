//! Scaling of features to `[0, 1]`.

use ndarray::{Array2, Axis, Zip};
use serde::{Deserialize, Serialize};

/// Min-max scaling: feature `x` becomes `(x - low) / (high - low)`, clamped to `[0, 1]`.
///
/// It is fitted on training samples alone, so that nothing is learnt from the test part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scaling {
    /// What becomes 0, per feature, in the unit of the file.
    pub low: Vec<f32>,
    /// What becomes 1, per feature, in the unit of the file. A feature with `high <= low` becomes 0.
    pub high: Vec<f32>,
}

/// A scaling for another number of features.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a scaling of {scaled} features does not fit samples with {found}")]
pub struct ScalingError {
    /// The features of the scaling.
    pub scaled: usize,
    /// The features of the samples.
    pub found: usize,
}

impl Scaling {
    /// Each feature from its own minimum to its own maximum, over `inputs`, samples x features.
    pub fn fit(inputs: &Array2<f32>) -> Self {
        let extreme = |start: f32, choose: fn(f32, f32) -> f32| {
            inputs.fold_axis(Axis(0), start, |&a, &b| choose(a, b)).to_vec()
        };
        Self { low: extreme(f32::INFINITY, f32::min), high: extreme(f32::NEG_INFINITY, f32::max) }
    }

    /// All features from the minimum to the maximum over all of `inputs`: for pixels, which have one unit,
    /// so that a dark corner stays dark.
    pub fn fit_shared(inputs: &Array2<f32>) -> Self {
        let low = inputs.iter().copied().fold(f32::INFINITY, f32::min);
        let high = inputs.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        Self { low: vec![low; inputs.ncols()], high: vec![high; inputs.ncols()] }
    }

    /// Scales `inputs`, samples x features, in place.
    ///
    /// # Errors
    /// The number of features is another than that of the scaling.
    pub fn apply(&self, inputs: &mut Array2<f32>) -> Result<(), ScalingError> {
        let scaled = self.low.len().min(self.high.len());
        if scaled != inputs.ncols() {
            return Err(ScalingError { scaled, found: inputs.ncols() });
        }
        for mut sample in inputs.rows_mut() {
            Zip::from(&mut sample)
                .and(self.low.as_slice())
                .and(self.high.as_slice())
                .for_each(|value, &low, &high| *value = scale(*value, low, high));
        }
        Ok(())
    }
}

/// In double precision, where the difference of two finite `f32` cannot overflow.
fn scale(value: f32, low: f32, high: f32) -> f32 {
    if high > low {
        let (value, low, high) = (f64::from(value), f64::from(low), f64::from(high));
        ((value - low) / (high - low)).clamp(0.0, 1.0) as f32
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;
    use proptest::prelude::*;

    #[test]
    fn columns_reach_from_zero_to_one_and_constant_ones_are_zero() {
        let mut inputs = array![[1.0, 5.0], [3.0, 5.0], [2.0, 5.0]];
        let scaling = Scaling::fit(&inputs);
        scaling.apply(&mut inputs).unwrap();
        assert_eq!(inputs, array![[0.0, 0.0], [1.0, 0.0], [0.5, 0.0]]);

        let mut unseen = array![[0.0, 4.0], [9.0, 6.0]];
        scaling.apply(&mut unseen).unwrap();
        assert_eq!(unseen, array![[0.0, 0.0], [1.0, 0.0]]);
    }

    #[test]
    fn pixels_share_one_scale() {
        let mut inputs = array![[0.0, 1.0], [4.0, 1.0]];
        Scaling::fit_shared(&inputs).apply(&mut inputs).unwrap();
        assert_eq!(inputs, array![[0.0, 0.25], [1.0, 0.25]]);
    }

    #[test]
    fn another_width_is_an_error() {
        let scaling = Scaling::fit(&array![[1.0, 2.0]]);
        assert_eq!(scaling.apply(&mut array![[1.0]]), Err(ScalingError { scaled: 2, found: 1 }));
    }

    proptest! {
        #[test]
        fn every_finite_value_lands_in_the_unit_interval(
            values in prop::collection::vec(prop::num::f32::NORMAL | prop::num::f32::ZERO, 12)
        ) {
            let mut inputs = Array2::from_shape_vec((4, 3), values).unwrap();
            Scaling::fit(&inputs).apply(&mut inputs).unwrap();
            prop_assert!(inputs.iter().all(|value| (0.0..=1.0).contains(value)));
        }
    }
}
