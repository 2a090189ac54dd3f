//! The server side: table look-ups on plain residues.

use crate::{Faults, Plain, PlainValue, PlainValues};
use ndarray::{Array2, ArrayView2, LinalgScalar};
use rayon::prelude::*;
use silenzio_core::backend::ModularProducts;
use silenzio_core::{Backend, BackendError, Lut, LutCounts, Modulus};
use std::sync::atomic::{AtomicU64, Ordering};

/// The simulator: exact arithmetic modulo m, with counters of look-ups.
#[derive(Debug)]
pub struct PlainBackend {
    /// The cost of a look-up, indexed by the bits of the modulus.
    costs: [f64; 9],
    counts: [AtomicU64; 9],
    products_at_once: bool,
    faults: Option<Faults>,
}

/// The smallest number of look-ups for which it is worth spreading a batch over cores.
const PARALLEL_BATCH: usize = 1 << 14;

impl PlainBackend {
    /// A simulator of a backend whose look-ups on inputs of a modulus cost `lut_cost`, so that plans made for either are the
    /// same.
    pub fn new(lut_cost: impl Fn(Modulus) -> f64) -> Self {
        let cost = |bits: u32| Modulus::new((1 << bits) - 1).map_or(0.0, &lut_cost);
        Self {
            costs: [0, 1, 2, 3, 4, 5, 6, 7, 8].map(cost),
            counts: Default::default(),
            products_at_once: true,
            faults: None,
        }
    }

    /// The simulator with look-ups that fail. Products are then computed look-up by look-up.
    #[must_use]
    pub fn with_faults(mut self, faults: Faults) -> Self {
        self.faults = Some(faults);
        self.look_up_by_look_up()
    }

    /// The simulator that computes products look-up by look-up, as TFHE does.
    #[must_use]
    pub fn look_up_by_look_up(mut self) -> Self {
        self.products_at_once = false;
        self
    }

    fn count(&self, counts: LutCounts) {
        for (bits, count) in counts.classes() {
            self.counts[bits as usize].fetch_add(count, Ordering::Relaxed);
        }
    }

    fn look_up(&self, inputs: &[PlainValue], lut: &Lut) -> Result<Vec<PlainValue>, BackendError> {
        if let Some(stray) = inputs.iter().find(|value| value.modulus() != lut.input()) {
            return Err(mismatch(stray.modulus(), lut.input()));
        }
        let result = |residue: u8| PlainValue::new(lut.output(), residue.into());
        Ok(if let Some(faults) = &self.faults {
            let mut faults = faults.next_batch();
            inputs.iter().map(|value| result(faults.look_up(lut, value.residue()))).collect()
        } else {
            let table: Vec<_> = lut.table().iter().map(|&residue| result(residue)).collect();
            let exact = |value: &PlainValue| table[usize::from(value.residue())];
            if inputs.len() < PARALLEL_BATCH {
                inputs.iter().map(exact).collect()
            } else {
                inputs.par_iter().with_min_len(PARALLEL_BATCH).map(exact).collect()
            }
        })
    }
}

fn mismatch(left: Modulus, right: Modulus) -> BackendError {
    BackendError::ModulusMismatch { left, right }
}

impl Backend for PlainBackend {
    type Types = Plain;

    fn expand(&self, seeded: &PlainValues) -> Result<Vec<PlainValue>, BackendError> {
        Ok(seeded.0.clone())
    }

    fn trivial(&self, m: Modulus, x: i64) -> PlainValue {
        PlainValue::new(m, x)
    }

    #[inline]
    fn modulus(&self, value: &PlainValue) -> Modulus {
        value.modulus()
    }

    #[inline]
    fn add_assign(&self, a: &mut PlainValue, b: &PlainValue) -> Result<(), BackendError> {
        if a.modulus() != b.modulus() {
            return Err(mismatch(a.modulus(), b.modulus()));
        }
        *a = a.plus(b.residue());
        Ok(())
    }

    #[inline]
    fn sub_assign(&self, a: &mut PlainValue, b: &PlainValue) -> Result<(), BackendError> {
        if a.modulus() != b.modulus() {
            return Err(mismatch(a.modulus(), b.modulus()));
        }
        *a = a.plus(b.negated().residue());
        Ok(())
    }

    #[inline]
    fn add_constant(&self, a: &mut PlainValue, x: i64) {
        *a = a.plus(a.modulus().reduce(x));
    }

    #[inline]
    fn neg_assign(&self, a: &mut PlainValue) {
        *a = a.negated();
    }

    fn mul_assign(&self, a: &mut PlainValue, factor: i64) {
        *a = PlainValue::new(a.modulus(), i64::from(a.residue()) * factor);
    }

    fn luts(&self, inputs: &[PlainValue], luts: &[&Lut]) -> Result<Vec<Vec<PlainValue>>, BackendError> {
        luts.iter()
            .map(|lut| {
                let outputs = self.look_up(inputs, lut)?;
                self.count(LutCounts::of(lut.input(), inputs.len() as u64));
                Ok(outputs)
            })
            .collect()
    }

    fn sum(&self, m: Modulus, values: &[PlainValue]) -> Result<PlainValue, BackendError> {
        let mut total = 0;
        for value in values {
            if value.modulus() != m {
                return Err(mismatch(value.modulus(), m));
            }
            total += i64::from(value.residue());
        }
        Ok(PlainValue::new(m, total))
    }

    fn sum_capacity(&self, _: Modulus) -> Result<usize, BackendError> {
        Ok(usize::MAX)
    }

    fn lut_cost(&self, m: Modulus) -> f64 {
        self.costs[m.bits() as usize]
    }

    fn lut_counts(&self) -> LutCounts {
        let count = |bits: u32| self.counts[bits as usize].load(Ordering::Relaxed);
        let widest = |bits: u32| Modulus::new((1 << bits) - 1);
        (2..=8).filter_map(|bits| Some(LutCounts::of(widest(bits).ok()?, count(bits)))).sum()
    }

    fn modular_products(&self) -> Option<&dyn ModularProducts<PlainValue>> {
        self.products_at_once.then_some(self)
    }
}

impl ModularProducts<PlainValue> for PlainBackend {
    /// Computes one floating-point matrix product on signed residues. It is exact, since every partial sum is an integer below
    /// the 2^24 (or 2^53) up to which the format is exact.
    fn modular_product(
        &self,
        m: Modulus,
        factor: i64,
        x: ArrayView2<'_, PlainValue>,
        w: ArrayView2<'_, PlainValue>,
        replaced: LutCounts,
    ) -> Array2<PlainValue> {
        self.count(replaced);
        let largest = m.alpha() * m.alpha() * x.ncols() as i64;
        let multiplied: Vec<PlainValue> =
            (0..i64::from(m)).map(|residue| PlainValue::new(m, factor * m.centre(residue))).collect();
        let reduce = |sum: i64| multiplied[usize::from(m.reduce(sum))];
        if largest < 1 << 24 {
            let signed = |value: &PlainValue| value.signed() as f32;
            product(x, w, signed).mapv(|sum| reduce(sum as i64))
        } else {
            let signed = |value: &PlainValue| value.signed() as f64;
            product(x, w, signed).mapv(|sum| reduce(sum as i64))
        }
    }
}

fn product<F: LinalgScalar>(
    x: ArrayView2<'_, PlainValue>,
    w: ArrayView2<'_, PlainValue>,
    convert: impl Fn(&PlainValue) -> F,
) -> Array2<F> {
    x.map(&convert).dot(&w.map(&convert))
}
