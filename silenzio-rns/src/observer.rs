//! A look at the wide integers of a training, for whoever can read a backend's values: the simulator's user.

use crate::product_name::ProductName;
use silenzio_core::Modulus;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Mutex, PoisonError};

/// Sees what each matrix product of an engine comes to.
pub trait Observer<V>: Debug + Sync {
    /// Is shown the mixed-radix digits of the wide integers that `product` came to, before scaling: one digit vector
    /// per modulus (lowest first), and the public offset (dither included) that has been added to each integer.
    fn observe(&self, product: ProductName, moduli: &[Modulus], digits: &[Vec<V>], offsets: &[i64]);
}

/// The largest absolute value that a matrix product came to, and what its number system covers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ObservedRange {
    /// The largest |value| met.
    pub met: i64,
    /// The largest |value| that does not wrap.
    pub covered: i64,
}

/// Collects an [`ObservedRange`] per product, over values that can be read.
#[derive(Debug)]
pub struct RangeRecorder<V> {
    residue: fn(&V) -> i64,
    ranges: Mutex<BTreeMap<ProductName, ObservedRange>>,
}

impl<V> RangeRecorder<V> {
    /// A recorder of values with these residues, in `0..m`.
    pub const fn new(residue: fn(&V) -> i64) -> Self {
        Self { residue, ranges: Mutex::new(BTreeMap::new()) }
    }

    /// The ranges met so far.
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
