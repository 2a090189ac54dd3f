//! Observation of the wide integers of a training, for backends whose values can be read: those of simulators.

use crate::product_name::ProductName;
use silenzio_core::Modulus;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Mutex, PoisonError};

/// Observes the results of an engine's matrix products.
pub trait Observer<V>: Debug + Sync {
    /// Is called with the results of `product` before scaling, as mixed-radix digits: one vector of digits per modulus,
    /// lowest first, and the public offset (dither included) that has been added to each integer.
    fn observe(&self, product: ProductName, moduli: &[Modulus], digits: &[Vec<V>], offsets: &[i64]);
}

/// The largest absolute value among the results of a matrix product, and the largest one that its base covers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ObservedRange {
    /// The largest |value| observed.
    pub met: i64,
    /// The largest |value| that does not wrap.
    pub covered: i64,
}

/// Records the [`ObservedRange`] of each product.
#[derive(Debug)]
pub struct RangeRecorder<V> {
    residue: fn(&V) -> i64,
    ranges: Mutex<BTreeMap<ProductName, ObservedRange>>,
}

impl<V> RangeRecorder<V> {
    /// A recorder for values whose residues, in `0..m`, are read by `residue`.
    pub const fn new(residue: fn(&V) -> i64) -> Self {
        Self { residue, ranges: Mutex::new(BTreeMap::new()) }
    }

    /// The ranges observed so far.
    pub fn ranges(&self) -> BTreeMap<ProductName, ObservedRange> {
        self.ranges.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl<V: Debug> Observer<V> for RangeRecorder<V> {
    fn observe(&self, product: ProductName, moduli: &[Modulus], digits: &[Vec<V>], offsets: &[i64]) {
        let all: i64 = moduli.iter().map(|&m| i64::from(m)).product();
        let largest = offsets.iter().enumerate().map(|(i, offset)| {
            let digit = |digits: &Vec<V>| digits.get(i).map_or(0, self.residue);
            let digits = moduli.iter().zip(digits).rev();
            let wide = digits.fold(0, |above, (&m, digits)| above * i64::from(m) + digit(digits));
            (wide - offset).abs()
        });
        let met = largest.max().unwrap_or(0);
        let mut ranges = self.ranges.lock().unwrap_or_else(PoisonError::into_inner);
        let range = ranges.entry(product).or_insert(ObservedRange { met, covered: all / 2 });
        range.met = range.met.max(met);
    }
}
