//! The scaling of numbers to `[0, 1]`, in double precision.

use serde::{Deserialize, Serialize};

/// The range of a column in the training samples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scale {
    /// The number that becomes 0.
    pub low: f64,
    /// The number that becomes 1. If it is not above `low`, all numbers become 0.
    pub high: f64,
    /// The number that replaces a missing one.
    pub mean: f64,
}

impl Scale {
    /// The range of finite numbers; `None` if there are no numbers.
    pub fn fit(numbers: &[f64]) -> Option<Self> {
        let low = numbers.iter().copied().reduce(f64::min)?;
        let high = numbers.iter().copied().reduce(f64::max)?;
        // The mean is computed relative to the low end and in halves, so that nothing overflows or loses precision.
        let count = numbers.len() as f64;
        let above: f64 = numbers.iter().map(|number| (number / 2.0 - low / 2.0) / count).sum();
        Some(Self { low, high, mean: (low + 2.0 * above).clamp(low, high) })
    }

    /// Computes `(x - low) / (high - low)`, clamped to [0, 1].
    pub fn apply(&self, x: f64) -> f64 {
        if self.high <= self.low {
            return 0.0;
        }
        let (above, range) = (x - self.low, self.high - self.low);
        let scaled = match range.is_finite() && above.is_finite() {
            true => above / range,
            // Differences of very large numbers can overflow, so that they are computed in halves.
            false => (x / 2.0 - self.low / 2.0) / (self.high / 2.0 - self.low / 2.0),
        };
        scaled.clamp(0.0, 1.0)
    }

    /// Checks that all numbers are finite.
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        match [self.low, self.high, self.mean].iter().all(|end| end.is_finite()) {
            true => Ok(()),
            false => Err("an end of the scaling is not a finite number"),
        }
    }
}

/// Finds an outlier: the end of the range that is farther from most numbers, if all but a hundredth of them lie within
/// a sixteenth of the range. Inputs with few bits hardly distinguish these numbers.
pub fn outlier(mut numbers: Vec<f64>, scale: &Scale) -> Option<f64> {
    const FEWEST: usize = 20;
    const PART: f64 = 1.0 / 16.0;
    let count = numbers.len();
    if count < FEWEST || scale.high <= scale.low {
        return None;
    }
    let few = (count / 100).max(1);
    let mut at = |place: usize| *numbers.select_nth_unstable_by(place, f64::total_cmp).1;
    let (low, high) = (at(few), at(count - 1 - few));
    let (low_part, high_part) = (scale.apply(low), scale.apply(high));
    // If most values are equal, the others are not outliers, but carry the information.
    (high > low && high_part - low_part < PART).then_some(if low_part > 1.0 - high_part {
        scale.low
    } else {
        scale.high
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ranges_reach_from_zero_to_one() {
        let scale = Scale::fit(&[1.0, 3.0, 2.0]).unwrap();
        assert_eq!([1.0, 3.0, 1.5, 9.0, -1.0].map(|x| scale.apply(x)), [0.0, 1.0, 0.25, 1.0, 0.0]);
        assert_eq!(scale.mean, 2.0);
        assert_eq!(Scale::fit(&[5.0, 5.0]).unwrap().apply(7.0), 0.0);
        assert_eq!(Scale::fit(&[]), None);
    }

    #[test]
    fn one_outlier_is_found() {
        let mut numbers: Vec<f64> = (0..100).map(f64::from).collect();
        let outlier_of = |numbers: &[f64]| outlier(numbers.to_vec(), &Scale::fit(numbers).unwrap());
        assert_eq!(outlier_of(&numbers), None);
        numbers.push(1e6);
        assert_eq!(outlier_of(&numbers), Some(1e6));
        numbers.pop();
        numbers.push(-1e6);
        assert_eq!(outlier_of(&numbers), Some(-1e6));
        let mut sparse = vec![0.0; 99];
        sparse.push(1e6);
        assert_eq!(outlier_of(&sparse), None);
    }

    proptest! {
        #[test]
        fn every_finite_number_lands_in_the_unit_interval(
            numbers in prop::collection::vec(prop::num::f64::NORMAL | prop::num::f64::ZERO, 1..12)
        ) {
            let scale = Scale::fit(&numbers).unwrap();
            prop_assert!(scale.check().is_ok());
            prop_assert!(numbers.iter().all(|&number| (0.0..=1.0).contains(&scale.apply(number))));
        }

        #[test]
        fn timestamps_keep_their_order(milliseconds in prop::collection::vec(0u32..100_000_000, 2..30)) {
            let numbers: Vec<f64> = milliseconds.iter().map(|&ms| 1.7e12 + f64::from(ms)).collect();
            let scale = Scale::fit(&numbers).unwrap();
            for (a, b) in numbers.iter().zip(&numbers[1..]) {
                prop_assert_eq!(a < b, scale.apply(*a) < scale.apply(*b));
            }
        }
    }
}
