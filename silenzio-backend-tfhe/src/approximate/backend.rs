//! The server key as an approximate backend.

use super::ciphertext::{ApproximateGgsw, ApproximateGlwe, ApproximateLwe};
use super::external_product::add_external_product;
use super::keys::ApproximateServerKey;
use super::seeded::{SeededGgsw, SeededLwes};
use crate::torus::Torus;
use silenzio_core::BackendError;
use silenzio_core::approximate::{
    ApproximateBackend, ApproximateCounts, ApproximateParameters, Precision, RealLut,
};

impl ApproximateBackend for ApproximateServerKey {
    type Lwe = ApproximateLwe;
    type Glwe = ApproximateGlwe;
    type Ggsw = ApproximateGgsw;
    type SeededLwes = SeededLwes;
    type SeededGgsw = SeededGgsw;

    fn expand_lwes(&self, seeded: &SeededLwes) -> Result<Vec<ApproximateLwe>, BackendError> {
        seeded.expand(self.keys.parameters.polynomial_size)
    }

    fn expand_ggsw(&self, seeded: &SeededGgsw) -> Result<ApproximateGgsw, BackendError> {
        let ApproximateParameters { polynomial_size, fresh, .. } = self.keys.parameters;
        seeded.check(polynomial_size, fresh)?;
        Ok(seeded.expand(polynomial_size, fresh, &self.keys.fft))
    }

    fn parameters(&self) -> &ApproximateParameters {
        &self.keys.parameters
    }

    fn trivial_lwe(&self, x: f64) -> ApproximateLwe {
        ApproximateLwe::trivial(self.keys.parameters.polynomial_size, Torus::from_real(x))
    }

    fn trivial_glwe(&self, coefficients: &[f64]) -> ApproximateGlwe {
        ApproximateGlwe::trivial(self.keys.parameters.polynomial_size, coefficients)
    }

    fn add_lwe(&self, a: &mut ApproximateLwe, b: &ApproximateLwe) {
        a.add(b);
    }

    fn sub_lwe(&self, a: &mut ApproximateLwe, b: &ApproximateLwe) {
        a.sub(b);
    }

    fn add_constant(&self, a: &mut ApproximateLwe, x: f64) {
        a.add_constant(Torus::from_real(x));
    }

    fn add_glwe(&self, a: &mut ApproximateGlwe, b: &ApproximateGlwe) {
        a.add(b);
    }

    fn sub_glwe(&self, a: &mut ApproximateGlwe, b: &ApproximateGlwe) {
        a.sub(b);
    }

    fn extract(&self, glwe: &ApproximateGlwe, index: usize) -> Result<ApproximateLwe, BackendError> {
        glwe.check(self.keys.parameters.polynomial_size)?;
        glwe.extract(index)
    }

    fn external_product(
        &self,
        ggsw: &ApproximateGgsw,
        glwe: &ApproximateGlwe,
    ) -> Result<ApproximateGlwe, BackendError> {
        let size = self.keys.parameters.polynomial_size;
        glwe.check(size)?;
        if ggsw.0.polynomial_size().0 != size {
            return Err(wrong_shape("a GGSW was not made for these parameters"));
        }
        self.counters.external_product();
        let mut product = ApproximateGlwe::zero(size);
        add_external_product(&self.keys.fft, ggsw, glwe, &mut product);
        Ok(product)
    }

    fn bootstrap(
        &self,
        precision: Precision,
        inputs: &[ApproximateLwe],
        lut: &RealLut,
    ) -> Result<Vec<Vec<ApproximateLwe>>, BackendError> {
        let size = self.keys.parameters.polynomial_size;
        if lut.steps() << lut.log_outputs() != 2 * size {
            return Err(wrong_shape("a table was not sampled for these parameters"));
        }
        inputs.iter().try_for_each(|lwe| lwe.check(size))?;
        self.counters.bootstraps(precision, inputs.len());
        Ok(self.many_lut(precision, inputs, lut))
    }

    fn pack(&self, values: &[(usize, ApproximateLwe)]) -> Result<ApproximateGlwe, BackendError> {
        let size = self.keys.parameters.polynomial_size;
        let mut places: Vec<_> = values.iter().map(|(place, _)| *place).collect();
        places.sort_unstable();
        if places.last().is_some_and(|&place| place >= size) || places.windows(2).any(|p| p[0] == p[1]) {
            return Err(wrong_shape("values to pack are at coefficients that do not exist or meet"));
        }
        values.iter().try_for_each(|(_, lwe)| lwe.check(size))?;
        Ok(self.pack_values(&values.iter().map(|(place, lwe)| (*place, lwe)).collect::<Vec<_>>()))
    }

    fn automorphism_minus_one(&self, glwe: &ApproximateGlwe) -> Result<ApproximateGlwe, BackendError> {
        glwe.check(self.keys.parameters.polynomial_size)?;
        Ok(self.automorphism(self.keys.parameters.log_size() as usize, glwe))
    }

    fn scheme_switch(&self, rows: &[ApproximateGlwe]) -> Result<ApproximateGgsw, BackendError> {
        let parameters = &self.keys.parameters;
        if rows.len() != parameters.circuit.levels {
            return Err(wrong_shape("a GGSW is circuit-bootstrapped from as many rows as it has levels"));
        }
        rows.iter().try_for_each(|row| row.check(parameters.polynomial_size))?;
        self.counters.scheme_switch();
        Ok(self.scheme_switch_rows(rows))
    }

    fn counts(&self) -> ApproximateCounts {
        self.counters.get()
    }
}

fn wrong_shape(what: &str) -> BackendError {
    BackendError::WrongShape(what.into())
}
