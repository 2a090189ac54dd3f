//! The server side: real arithmetic with drawn noise.

use super::polynomial::Polynomial;
use super::randomness::Noise;
use super::value::{Packing, PlainGgsw, PlainGlwe, PlainLwe, PlainLwes, PlainTerms, centred};
use silenzio_core::BackendError;
use silenzio_core::approximate::backend::ApproximateCounters;
use silenzio_core::approximate::{
    ApproximateBackend, ApproximateCounts, ApproximateParameters, Precision, RealLut, RowNoise, packing,
};
use silenzio_core::noise::NoiseVariance;
use silenzio_core::random::Seed;
use std::sync::atomic::{AtomicU64, Ordering};

/// The approximate simulator, with counters.
#[derive(Debug)]
pub struct PlainApproximateBackend {
    parameters: &'static ApproximateParameters,
    noise: Noise,
    counters: ApproximateCounters,
    /// The bits of a positive number, which are ordered like the number.
    largest_input: AtomicU64,
}

impl PlainApproximateBackend {
    /// The simulator of these parameters, with noise drawn from `seed`.
    pub fn new(parameters: &'static ApproximateParameters, seed: Seed) -> Self {
        Self::with_noise(parameters, Noise::new(Some(seed)))
    }

    /// The simulator of a backend without noise: all that is left is the rounding of a table's input to its steps.
    pub fn exact(parameters: &'static ApproximateParameters) -> Self {
        Self::with_noise(parameters, Noise::new(None))
    }

    fn with_noise(parameters: &'static ApproximateParameters, noise: Noise) -> Self {
        Self { parameters, noise, counters: ApproximateCounters::default(), largest_input: AtomicU64::new(0) }
    }

    /// The largest absolute value that was bootstrapped so far. Functions are given up to 1/4: beyond, values wrap.
    pub fn largest_input(&self) -> f64 {
        f64::from_bits(self.largest_input.load(Ordering::Relaxed))
    }

    /// `a += sign * b`, with `b`'s pending noise drawn if `a` has none.
    fn combine(&self, a: &mut PlainGlwe, b: &PlainGlwe, sign: f64) {
        a.packed = None;
        let drawn = if a.pending == NoiseVariance::ZERO {
            b.pending
        } else {
            a.pending += b.pending;
            NoiseVariance::ZERO
        };
        a.polynomial.add(&b.polynomial, sign);
        if drawn != NoiseVariance::ZERO {
            let mut noise = self.noise.of_operation();
            a.polynomial.change(|coefficients| {
                for x in coefficients {
                    *x = centred(*x + noise.draw(drawn));
                }
            });
        }
    }
}

impl ApproximateBackend for PlainApproximateBackend {
    type Lwe = PlainLwe;
    type Glwe = PlainGlwe;
    type Ggsw = PlainGgsw;
    type SeededLwes = PlainLwes;
    type SeededGgsw = PlainTerms;

    fn expand_lwes(&self, seeded: &PlainLwes) -> Result<Vec<PlainLwe>, BackendError> {
        Ok(seeded.0.clone())
    }

    fn expand_ggsw(&self, seeded: &PlainTerms) -> Result<PlainGgsw, BackendError> {
        if seeded.size != self.parameters.polynomial_size {
            return Err(BackendError::WrongShape(format!(
                "a factor of {} coefficients where {} were expected",
                seeded.size, self.parameters.polynomial_size
            )));
        }
        let terms = seeded.terms.iter().map(|&(place, m)| (place, m as f64)).collect();
        Ok(PlainGgsw { terms, gadget: self.parameters.fresh, rows: self.parameters.fresh_rows() })
    }

    fn parameters(&self) -> &ApproximateParameters {
        self.parameters
    }

    fn trivial_lwe(&self, x: f64) -> PlainLwe {
        PlainLwe(x)
    }

    fn trivial_glwe(&self, coefficients: &[f64]) -> PlainGlwe {
        let mut padded = vec![0.0; self.parameters.polynomial_size];
        for (target, &x) in padded.iter_mut().zip(coefficients) {
            *target = x;
        }
        PlainGlwe { polynomial: Polynomial::dense(padded), pending: NoiseVariance::ZERO, packed: None }
    }

    fn add_lwe(&self, a: &mut PlainLwe, b: &PlainLwe) {
        a.0 += b.0;
    }

    fn sub_lwe(&self, a: &mut PlainLwe, b: &PlainLwe) {
        a.0 -= b.0;
    }

    fn add_constant(&self, a: &mut PlainLwe, x: f64) {
        a.0 += x;
    }

    fn add_glwe(&self, a: &mut PlainGlwe, b: &PlainGlwe) {
        self.combine(a, b, 1.0);
    }

    fn sub_glwe(&self, a: &mut PlainGlwe, b: &PlainGlwe) {
        self.combine(a, b, -1.0);
    }

    fn extract(&self, glwe: &PlainGlwe, index: usize) -> Result<PlainLwe, BackendError> {
        let size = self.parameters.polynomial_size;
        if index >= size {
            let problem = format!("coefficient {index} of a polynomial with {size}");
            return Err(BackendError::WrongShape(problem));
        }
        Ok(PlainLwe(glwe.polynomial.at(index) + self.noise.of_operation().draw(glwe.pending)))
    }

    fn external_product(&self, ggsw: &PlainGgsw, glwe: &PlainGlwe) -> Result<PlainGlwe, BackendError> {
        self.counters.external_product();
        let pending = if self.noise.is_exact() {
            NoiseVariance::ZERO
        } else {
            self.parameters.external_product_noise(ggsw.gadget, ggsw.rows, ggsw.norm2(), glwe.pending)
        };
        Ok(PlainGlwe { polynomial: glwe.polynomial.multiplied(&ggsw.terms), pending, packed: None })
    }

    fn bootstrap(
        &self,
        precision: Precision,
        inputs: &[PlainLwe],
        lut: &RealLut,
    ) -> Result<Vec<Vec<PlainLwe>>, BackendError> {
        self.counters.bootstraps(precision, inputs.len());
        let largest = inputs.iter().fold(0.0, |largest, input| input.0.abs().max(largest));
        self.largest_input.fetch_max(largest.to_bits(), Ordering::Relaxed);
        let mut noise = self.noise.of_operation();
        let at_input =
            self.parameters.keyswitch_noise() + self.parameters.modulus_switch_noise(lut.log_outputs());
        let at_output = self.parameters.bootstrap_noise(precision);
        // The drawn noise of the modulus switch includes its rounding.
        let rounded: Vec<f64> = inputs.iter().map(|input| input.0 + noise.draw(at_input)).collect();
        let mut outputs = vec![];
        for output in 0..lut.outputs() {
            let noisy = |&input: &f64| PlainLwe(lut.at(output, input) + noise.draw(at_output));
            outputs.push(rounded.iter().map(noisy).collect());
        }
        Ok(outputs)
    }

    fn pack(&self, values: &[(usize, PlainLwe)]) -> Result<PlainGlwe, BackendError> {
        let log_size = self.parameters.log_size();
        let log_stride = values.iter().fold(log_size, |log, (place, _)| match place {
            0 => log,
            _ => log.min(place.trailing_zeros()),
        });
        let places: Vec<usize> = values.iter().map(|(place, _)| *place).collect();
        self.counters.automorphisms(packing::automorphisms(log_size, &places));
        let added = self.parameters.packing_noise(log_stride, values.len());
        let mut noise = self.noise.of_operation();
        let size = self.parameters.polynomial_size;
        let noisy = |&(place, PlainLwe(x)): &(usize, PlainLwe)| (place, x + noise.draw(added.wanted));
        let terms: Vec<_> = values.iter().map(noisy).collect();
        let exist = terms.iter().all(|&(place, _)| place < size);
        let polynomial = exist.then(|| Polynomial::sparse(size, terms)).flatten().ok_or_else(|| {
            BackendError::WrongShape("a coefficient does not exist or is given twice".into())
        })?;
        let pending = if self.noise.is_exact() { NoiseVariance::ZERO } else { added.others };
        Ok(PlainGlwe { polynomial, pending, packed: Some(Packing { values: values.len(), log_stride }) })
    }

    fn automorphism_minus_one(&self, glwe: &PlainGlwe) -> Result<PlainGlwe, BackendError> {
        self.counters.automorphisms(1);
        let mut inverted = PlainGlwe { polynomial: glwe.polynomial.inverted(), ..*glwe };
        if !self.noise.is_exact() {
            inverted.pending += self.parameters.automorphism_noise();
        }
        Ok(inverted)
    }

    /// The message is read off the second row, where it is far above the noise and far below 1/2.
    fn scheme_switch(&self, rows: &[PlainGlwe]) -> Result<PlainGgsw, BackendError> {
        let gadget = self.parameters.circuit;
        let packing = rows.get(1).and_then(|row| row.packed.map(|packing| (row, packing)));
        let (Some((row, packing)), true) = (packing, rows.len() == gadget.levels) else {
            return Err(BackendError::WrongShape(
                "a GGSW is circuit-bootstrapped from as many packed rows as levels".into(),
            ));
        };
        self.counters.scheme_switch();
        let scale = gadget.base().powi(2);
        let terms = row.polynomial.terms().into_iter().map(|(place, x)| (place, (x * scale).round()));
        let added = self.parameters.packing_noise(packing.log_stride, packing.values);
        let value = self.parameters.bootstrap_noise(Precision::Fine);
        let rows = if self.noise.is_exact() {
            RowNoise::default()
        } else {
            self.parameters.circuit_rows(value, added, packing.values)
        };
        Ok(PlainGgsw { terms: terms.filter(|(_, m)| *m != 0.0).collect(), gadget, rows })
    }

    fn counts(&self) -> ApproximateCounts {
        self.counters.get()
    }
}
