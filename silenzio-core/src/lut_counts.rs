//! Counts of table look-ups by size class, by which the cost of the exact engine is measured.

use crate::Modulus;
use serde::{Deserialize, Serialize};
use std::ops::{Add, AddAssign, Sub};

/// Numbers of look-ups (bootstraps), by the size class of their input modulus.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LutCounts {
    /// The number of bootstraps for input moduli of `i` bits at index `i`; those at indices 0 and 1 are zero.
    by_bits: [u64; 9],
}

impl LutCounts {
    /// `count` look-ups on inputs of modulus `m`.
    pub fn of(m: Modulus, count: u64) -> Self {
        let class = m.bits() as usize;
        Self { by_bits: std::array::from_fn(|bits| if bits == class { count } else { 0 }) }
    }

    /// The count for input moduli of `bits` bits (2 to 8).
    pub fn bits(&self, bits: u32) -> u64 {
        self.by_bits.get(bits as usize).copied().unwrap_or(0)
    }

    /// The size classes with a count above zero as `(bits, count)`, narrowest first.
    pub fn classes(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        (0..).zip(self.by_bits).filter(|&(_, count)| count > 0)
    }

    /// The number of look-ups of all size classes.
    pub fn total(&self) -> u64 {
        self.by_bits.iter().sum()
    }

    /// The counts of `times` repetitions.
    pub fn repeated(&self, times: u64) -> Self {
        Self { by_bits: self.by_bits.map(|count| count * times) }
    }
}

impl Add for LutCounts {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl AddAssign for LutCounts {
    fn add_assign(&mut self, other: Self) {
        for (mine, theirs) in self.by_bits.iter_mut().zip(other.by_bits) {
            *mine += theirs;
        }
    }
}

impl Sub for LutCounts {
    type Output = Self;

    /// The look-ups since `earlier`; 0 where `earlier` has more, and so is not an earlier count of the same backend.
    fn sub(mut self, earlier: Self) -> Self {
        for (mine, theirs) in self.by_bits.iter_mut().zip(earlier.by_bits) {
            *mine = mine.saturating_sub(theirs);
        }
        self
    }
}

impl std::iter::Sum for LutCounts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_does_not_underflow() {
        let [narrow, wide] = [15, 255].map(|m| Modulus::new(m).unwrap());
        let (earlier, later) = (LutCounts::of(narrow, 3), LutCounts::of(narrow, 5) + LutCounts::of(wide, 1));
        assert_eq!(later - earlier, LutCounts::of(narrow, 2) + LutCounts::of(wide, 1));
        assert_eq!(earlier - later, LutCounts::default());
    }
}
