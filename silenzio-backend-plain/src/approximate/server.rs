//! The server side: arithmetic of torus elements with drawn noise.

use super::polynomial::Polynomial;
use super::randomness::{Noise, Operation, mask};
use super::value::{
    Packing, Pending, PlainApproximate, PlainGgsw, PlainGlwe, PlainLwe, PlainLwes, PlainTerms, from_steps,
    to_steps,
};
use rayon::prelude::*;
use silenzio_core::BackendError;
use silenzio_core::approximate::backend::ApproximateCounters;
use silenzio_core::approximate::{
    ApproximateBackend, ApproximateCounts, ApproximateParameters, Precision, RealLut, RowNoise, packing,
};
use silenzio_core::noise::NoiseVariance;
use silenzio_core::random::Seed;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// The approximate simulator, which counts its operations.
#[derive(Debug)]
pub struct PlainApproximateBackend {
    parameters: &'static ApproximateParameters,
    noise: Noise,
    counters: ApproximateCounters,
    /// The inputs of bootstraps, by the names of their tables.
    inputs: Mutex<BTreeMap<&'static str, InputRange>>,
}

/// The range of the inputs of bootstraps with tables of one name.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct InputRange {
    /// The least input, as a fraction of the torus.
    pub least: f64,
    /// The largest input, as a fraction of the torus.
    pub largest: f64,
}

impl InputRange {
    /// The range of some inputs, of which there must be one.
    fn of(inputs: &[PlainLwe]) -> Self {
        let none = Self { least: f64::INFINITY, largest: f64::NEG_INFINITY };
        inputs.iter().fold(none, |range, input| range.with(Self { least: input.value, largest: input.value }))
    }

    const fn with(self, other: Self) -> Self {
        Self { least: self.least.min(other.least), largest: self.largest.max(other.largest) }
    }

    /// The largest absolute input.
    pub const fn magnitude(self) -> f64 {
        self.largest.max(-self.least)
    }
}

impl PlainApproximateBackend {
    /// A simulator of these parameters, with noise drawn from `seed`.
    pub fn new(parameters: &'static ApproximateParameters, seed: Seed) -> Self {
        Self::with_noise(parameters, Noise::new(Some(seed)))
    }

    /// A simulator without noise, which still rounds the input of a table to its steps.
    pub fn exact(parameters: &'static ApproximateParameters) -> Self {
        Self::with_noise(parameters, Noise::new(None))
    }

    fn with_noise(parameters: &'static ApproximateParameters, noise: Noise) -> Self {
        Self { parameters, noise, counters: ApproximateCounters::default(), inputs: Mutex::default() }
    }

    /// The inputs that have been bootstrapped so far, by the names of their tables. Functions are defined up to a
    /// magnitude of 1/4; inputs beyond wrap.
    pub fn inputs(&self) -> BTreeMap<&'static str, InputRange> {
        self.inputs.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The largest magnitude of an input that has been bootstrapped so far.
    pub fn largest_input(&self) -> f64 {
        self.inputs().values().fold(0.0, |largest, range| range.magnitude().max(largest))
    }

    fn observe(&self, name: &'static str, inputs: &[PlainLwe]) {
        if inputs.is_empty() {
            return;
        }
        let added = InputRange::of(inputs);
        let mut ranges = self.inputs.lock().unwrap_or_else(PoisonError::into_inner);
        ranges.entry(name).and_modify(|range| *range = range.with(added)).or_insert(added);
    }

    /// The variance of noise that is still to be drawn, which is zero if the simulator is exact.
    fn pending(&self, variance: NoiseVariance) -> Pending {
        if self.noise.is_exact() { Pending::NONE } else { Pending::new(variance) }
    }

    /// Computes `a += sign * b`, and draws the pending noise of `b` if `a` has none.
    fn combine(&self, a: &mut PlainGlwe, b: &PlainGlwe, sign: i64) {
        // Values that were packed at other places lie side by side in the sum.
        a.packed = a.packed.zip(b.packed).map(|(a, b)| Packing {
            values: a.values + b.values,
            log_stride: a.log_stride.min(b.log_stride),
        });
        a.mask = a.mask.wrapping_add(b.mask.wrapping_mul(sign.cast_unsigned()));
        // A sum without summands has no coefficients yet on which noise could be drawn.
        let drawn = if a.pending == Pending::NONE && !a.polynomial.is_zero() {
            b.pending
        } else {
            a.pending = a.pending.plus(b.pending);
            Pending::NONE
        };
        a.polynomial.add(&b.polynomial, sign);
        if drawn != Pending::NONE {
            let mut noise = self.noise.at(mask(Operation::Addition, [a.mask, b.mask]));
            let variance = drawn.variance();
            a.polynomial.change(|coefficients| {
                for x in coefficients {
                    *x = x.wrapping_add(to_steps(noise.draw(variance)));
                }
            });
        }
    }

    fn extract_one(&self, glwe: &PlainGlwe, index: usize) -> Result<PlainLwe, BackendError> {
        let size = self.parameters.polynomial_size;
        if index >= size {
            let problem = format!("there is no coefficient {index} in a polynomial with {size}");
            return Err(BackendError::WrongShape(problem));
        }
        let value = from_steps(glwe.polynomial.at(index));
        let noise = self.noise.at(mask(Operation::Extract, [glwe.mask, index as u64]));
        // The new mask is linear in the old one, as with real ciphertexts.
        let moved = glwe.mask.wrapping_mul(mask(Operation::Extract, [index as u64]) | 1);
        Ok(PlainLwe { value: value + { noise }.draw(glwe.pending.variance()), mask: moved })
    }

    fn external_product(&self, ggsw: &PlainGgsw, glwe: &PlainGlwe) -> PlainGlwe {
        let pending = glwe.pending.variance();
        let noise = self.parameters.external_product_noise(ggsw.gadget, ggsw.rows, ggsw.norm2(), pending);
        PlainGlwe {
            polynomial: glwe.polynomial.multiplied(&ggsw.terms),
            pending: self.pending(noise),
            mask: mask(Operation::Product, [ggsw.mask, glwe.mask]),
            packed: None,
        }
    }

    fn pack_one(&self, values: &[(usize, &PlainLwe)]) -> Result<PlainGlwe, BackendError> {
        let log_size = self.parameters.log_size();
        let places: Vec<usize> = values.iter().map(|(place, _)| *place).collect();
        let offset = packing::offset(log_size, places.iter().copied());
        let log_stride = places.iter().fold(log_size, |log, place| match place - offset {
            0 => log,
            place => log.min(place.trailing_zeros()),
        });
        self.counters.automorphisms(packing::automorphisms(log_size, &places));
        let added = self.parameters.packing_noise(log_stride, values.len());
        let operands = values.iter().flat_map(|(place, lwe)| [*place as u64, lwe.mask, lwe.value.to_bits()]);
        let mask = mask(Operation::Pack, operands);
        let mut noise = self.noise.at(mask);
        let size = self.parameters.polynomial_size;
        let mut noisy =
            |&(place, lwe): &(usize, &PlainLwe)| (place, to_steps(lwe.value + noise.draw(added.wanted)));
        let terms: Vec<_> = values.iter().map(&mut noisy).collect();
        let exist = terms.iter().all(|&(place, _)| place < size);
        let polynomial = exist.then(|| Polynomial::sparse(size, terms)).flatten().ok_or_else(|| {
            BackendError::WrongShape("a coefficient does not exist or is given twice".into())
        })?;
        let packed = Some(Packing { values: values.len(), log_stride });
        Ok(PlainGlwe { polynomial, pending: self.pending(added.others), mask, packed })
    }

    /// Makes one GGSW. Its message is read from the second row, where it is far above the noise and far below 1/2.
    fn scheme_switch_one(&self, precision: Precision, rows: &[PlainGlwe]) -> Result<PlainGgsw, BackendError> {
        let gadget = self.parameters.factor(precision);
        let packing = rows.get(1).and_then(|row| row.packed.map(|packing| (row, packing)));
        let (Some((row, packing)), true) = (packing, rows.len() == gadget.levels) else {
            return Err(BackendError::WrongShape(
                "circuit bootstrapping needs one packed row for each level of the GGSW".into(),
            ));
        };
        let scale = gadget.base().powi(2);
        let integer = |(place, x)| (place, (from_steps(x) * scale).round() as i64);
        let terms = row.polynomial.terms().into_iter().map(integer);
        let added = self.parameters.packing_noise(packing.log_stride, packing.values);
        let value = self.parameters.bootstrap_noise(precision);
        let noise = if self.noise.is_exact() {
            RowNoise::default()
        } else {
            self.parameters.circuit_rows(value, added, packing.values)
        };
        Ok(PlainGgsw {
            terms: terms.filter(|(_, m)| *m != 0).collect(),
            gadget,
            rows: noise,
            mask: mask(Operation::SchemeSwitch, rows.iter().map(|row| row.mask)),
        })
    }
}

/// The smallest number of operations for which a thread is worth it.
const AT_ONCE: usize = 16;

impl ApproximateBackend for PlainApproximateBackend {
    type Types = PlainApproximate;

    fn expand_lwes(&self, seeded: &PlainLwes) -> Result<Vec<PlainLwe>, BackendError> {
        Ok(seeded.0.clone())
    }

    fn expand_ggsw(&self, seeded: &PlainTerms) -> Result<PlainGgsw, BackendError> {
        if seeded.size != self.parameters.polynomial_size {
            return Err(BackendError::WrongShape(format!(
                "a factor has {} coefficients instead of {}",
                seeded.size, self.parameters.polynomial_size
            )));
        }
        let operands = seeded.terms.iter().flat_map(|&(place, m)| [place as u64, m.cast_unsigned()]);
        Ok(PlainGgsw {
            terms: seeded.terms.as_slice().into(),
            gadget: self.parameters.fresh,
            rows: self.parameters.fresh_rows(),
            mask: mask(Operation::FreshGgsw, operands),
        })
    }

    fn parameters(&self) -> &ApproximateParameters {
        self.parameters
    }

    fn trivial_lwe(&self, x: f64) -> PlainLwe {
        PlainLwe { value: x, mask: 0 }
    }

    fn trivial_glwe(&self, coefficients: &[f64]) -> PlainGlwe {
        let mut padded = vec![0; self.parameters.polynomial_size];
        for (target, &x) in padded.iter_mut().zip(coefficients) {
            *target = to_steps(x);
        }
        PlainGlwe { polynomial: Polynomial::dense(padded), pending: Pending::NONE, mask: 0, packed: None }
    }

    fn add_lwe(&self, a: &mut PlainLwe, b: &PlainLwe) {
        a.value += b.value;
        a.mask = a.mask.wrapping_add(b.mask);
    }

    fn sub_lwe(&self, a: &mut PlainLwe, b: &PlainLwe) {
        a.value -= b.value;
        a.mask = a.mask.wrapping_sub(b.mask);
    }

    fn add_constant(&self, a: &mut PlainLwe, x: f64) {
        a.value += x;
    }

    fn add_glwe(&self, a: &mut PlainGlwe, b: &PlainGlwe) {
        self.combine(a, b, 1);
    }

    fn sub_glwe(&self, a: &mut PlainGlwe, b: &PlainGlwe) {
        self.combine(a, b, -1);
    }

    fn extract(&self, places: &[(&PlainGlwe, usize)]) -> Result<Vec<PlainLwe>, BackendError> {
        let places = places.par_iter().with_min_len(AT_ONCE);
        places.map(|&(glwe, index)| self.extract_one(glwe, index)).collect()
    }

    fn dot_products(&self, sums: &[Vec<(&PlainGgsw, &PlainGlwe)>]) -> Result<Vec<PlainGlwe>, BackendError> {
        self.counters.external_products(sums.iter().map(Vec::len).sum());
        let dot_product = |pairs: &Vec<(&PlainGgsw, &PlainGlwe)>| {
            let polynomial = Polynomial::zero(self.parameters.polynomial_size);
            let mut sum = PlainGlwe { polynomial, pending: Pending::NONE, mask: 0, packed: None };
            for (ggsw, glwe) in pairs {
                self.combine(&mut sum, &self.external_product(ggsw, glwe), 1);
            }
            sum
        };
        Ok(sums.par_iter().with_min_len(AT_ONCE).map(dot_product).collect())
    }

    fn bootstrap(
        &self,
        precision: Precision,
        inputs: &[PlainLwe],
        lut: &RealLut,
    ) -> Result<Vec<Vec<PlainLwe>>, BackendError> {
        self.counters.bootstraps(precision, inputs.len());
        self.observe(lut.name(), inputs);
        let at_input = self.parameters.keyswitch_noise()
            + self.parameters.modulus_switch_noise(precision, lut.log_outputs());
        let at_output = self.parameters.bootstrap_noise(precision);
        let mut outputs = vec![Vec::with_capacity(inputs.len()); lut.outputs()];
        for input in inputs {
            let table = [precision as u64, lut.outputs() as u64];
            let address =
                mask(Operation::Bootstrap, [input.mask, input.value.to_bits()].into_iter().chain(table));
            let mut noise = self.noise.at(address);
            // The drawn noise of the modulus switch includes its rounding.
            let rounded = input.value + noise.draw(at_input);
            for (output, results) in outputs.iter_mut().enumerate() {
                let value = lut.at(output, rounded) + noise.draw(at_output);
                results.push(PlainLwe { value, mask: mask(Operation::Output, [address, output as u64]) });
            }
        }
        Ok(outputs)
    }

    fn pack(&self, polynomials: &[Vec<(usize, &PlainLwe)>]) -> Result<Vec<PlainGlwe>, BackendError> {
        polynomials.par_iter().with_min_len(AT_ONCE).map(|values| self.pack_one(values)).collect()
    }

    fn automorphism_minus_one(&self, glwes: &[PlainGlwe]) -> Result<Vec<PlainGlwe>, BackendError> {
        self.counters.automorphisms(glwes.len());
        let added = self.pending(self.parameters.automorphism_noise());
        let inverted = |glwe: &PlainGlwe| PlainGlwe {
            polynomial: glwe.polynomial.inverted(),
            pending: glwe.pending.plus(added),
            mask: mask(Operation::Automorphism, [glwe.mask]),
            packed: glwe.packed,
        };
        Ok(glwes.par_iter().with_min_len(AT_ONCE).map(inverted).collect())
    }

    fn scheme_switch(
        &self,
        precision: Precision,
        rows: &[PlainGlwe],
    ) -> Result<Vec<PlainGgsw>, BackendError> {
        let levels = self.parameters.factor(precision).levels;
        self.counters.scheme_switches(rows.len() / levels);
        let rows = rows.par_chunks(levels).with_min_len(AT_ONCE);
        rows.map(|rows| self.scheme_switch_one(precision, rows)).collect()
    }

    fn counts(&self) -> ApproximateCounts {
        self.counters.get()
    }
}
