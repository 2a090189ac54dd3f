//! The ranges of the wide integers that a training really meets.

use crate::PlainValue;
use silenzio_core::Modulus;
use silenzio_core::backend::ProductName;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// The largest absolute value that a matrix product came to, and what its number system covers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ObservedRange {
    /// The largest |value| met.
    pub met: i64,
    /// The largest |value| that does not wrap.
    pub covered: i64,
}

/// Collects an [`ObservedRange`] per product.
#[derive(Default, Debug)]
pub(crate) struct RangeRecorder(Mutex<BTreeMap<ProductName, ObservedRange>>);

impl RangeRecorder {
    pub(crate) fn record(
        &self,
        product: ProductName,
        moduli: &[Modulus],
        digits: &[Vec<PlainValue>],
        offsets: &[i64],
    ) {
        let all: i64 = moduli.iter().map(|&m| i64::from(m)).product();
        let largest = offsets.iter().enumerate().map(|(i, offset)| {
            let digit = |j: usize| digits[j].get(i).map_or(0, |v| i64::from(v.residue()));
            let wide = (0..moduli.len()).rev().fold(0, |above, j| above * i64::from(moduli[j]) + digit(j));
            (wide - offset).abs()
        });
        let met = largest.max().unwrap_or(0);
        let mut ranges = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let range = ranges.entry(product).or_insert(ObservedRange { met, covered: all / 2 });
        range.met = range.met.max(met);
    }

    pub(crate) fn ranges(&self) -> BTreeMap<ProductName, ObservedRange> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
