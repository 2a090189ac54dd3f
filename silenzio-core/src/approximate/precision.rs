//! Precisions of bootstraps, and values that there are one of for each.

use serde::{Deserialize, Serialize};
use std::ops::{Index, IndexMut};

/// The precision of the result of a bootstrap.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// Enough for values that fill the torus and are bootstrapped again.
    Coarse,
    /// Enough for values that are packed at an amplitude of their own and multiplied by a factor.
    Medium,
    /// As precise as medium, for tables with many outputs: the input is rounded to twice as many steps.
    Wide,
    /// Enough for factors of products that are added up in the weights, or for values that are packed at a small
    /// amplitude.
    Fine,
}

impl Precision {
    /// All precisions.
    pub const ALL: [Self; 4] = [Self::Coarse, Self::Medium, Self::Wide, Self::Fine];

    /// The name, as in output and records.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Coarse => "coarse",
            Self::Medium => "medium",
            Self::Wide => "wide",
            Self::Fine => "fine",
        }
    }
}

/// One `T` for each precision.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct ByPrecision<T> {
    coarse: T,
    medium: T,
    wide: T,
    fine: T,
}

impl<T> ByPrecision<T> {
    /// Calls `f` for each precision, from the coarsest to the finest.
    pub fn from_fn(f: impl FnMut(Precision) -> T) -> Self {
        let [coarse, medium, wide, fine] = Precision::ALL.map(f);
        Self { coarse, medium, wide, fine }
    }
}

impl<T> Index<Precision> for ByPrecision<T> {
    type Output = T;

    fn index(&self, precision: Precision) -> &T {
        match precision {
            Precision::Coarse => &self.coarse,
            Precision::Medium => &self.medium,
            Precision::Wide => &self.wide,
            Precision::Fine => &self.fine,
        }
    }
}

impl<T> IndexMut<Precision> for ByPrecision<T> {
    fn index_mut(&mut self, precision: Precision) -> &mut T {
        match precision {
            Precision::Coarse => &mut self.coarse,
            Precision::Medium => &mut self.medium,
            Precision::Wide => &mut self.wide,
            Precision::Fine => &mut self.fine,
        }
    }
}

impl ByPrecision<u64> {
    /// The sum over all precisions.
    pub const fn total(&self) -> u64 {
        self.coarse + self.medium + self.wide + self.fine
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_precision_has_its_own() {
        let mut numbers = ByPrecision::from_fn(|precision| precision as u64);
        for precision in Precision::ALL {
            assert_eq!(numbers[precision], precision as u64, "{}", precision.name());
            numbers[precision] += 10;
        }
        assert_eq!(numbers, ByPrecision::from_fn(|precision| 10 + precision as u64));
        assert_eq!(numbers.total(), 4 * 10 + (0..4).sum::<u64>());
    }
}
