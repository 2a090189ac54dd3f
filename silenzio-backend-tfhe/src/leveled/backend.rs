//! The server key as a leveled backend.

use super::ciphertext::{LeveledGgsw, LeveledGlwe, LeveledLwe};
use super::external_product::add_external_product;
use super::keys::LeveledServerKey;
use super::seeded::{SeededGgsw, SeededLwes};
use crate::torus::Torus;
use silenzio_core::BackendError;
use silenzio_core::leveled::{LeveledBackend, LeveledCounts, LeveledParameters, Precision, RealLut};

impl LeveledBackend for LeveledServerKey {
    type Lwe = LeveledLwe;
    type Glwe = LeveledGlwe;
    type Ggsw = LeveledGgsw;
    type SeededLwes = SeededLwes;
    type SeededGgsw = SeededGgsw;

    fn expand_lwes(&self, seeded: &SeededLwes) -> Result<Vec<LeveledLwe>, BackendError> {
        seeded.expand(self.keys.parameters.polynomial_size)
    }

    fn expand_ggsw(&self, seeded: &SeededGgsw) -> Result<LeveledGgsw, BackendError> {
        let LeveledParameters { polynomial_size, fresh, .. } = self.keys.parameters;
        seeded.check(polynomial_size, fresh)?;
        Ok(seeded.expand(polynomial_size, fresh, &self.keys.fft))
    }

    fn parameters(&self) -> &LeveledParameters {
        &self.keys.parameters
    }

    fn trivial_lwe(&self, x: f64) -> LeveledLwe {
        LeveledLwe::trivial(self.keys.parameters.polynomial_size, Torus::from_real(x))
    }

    fn trivial_glwe(&self, coefficients: &[f64]) -> LeveledGlwe {
        LeveledGlwe::trivial(self.keys.parameters.polynomial_size, coefficients)
    }

    fn add_lwe(&self, a: &mut LeveledLwe, b: &LeveledLwe) {
        a.add(b);
    }

    fn sub_lwe(&self, a: &mut LeveledLwe, b: &LeveledLwe) {
        a.sub(b);
    }

    fn add_constant(&self, a: &mut LeveledLwe, x: f64) {
        a.add_constant(Torus::from_real(x));
    }

    fn add_glwe(&self, a: &mut LeveledGlwe, b: &LeveledGlwe) {
        a.add(b);
    }

    fn sub_glwe(&self, a: &mut LeveledGlwe, b: &LeveledGlwe) {
        a.sub(b);
    }

    fn extract(&self, glwe: &LeveledGlwe, index: usize) -> Result<LeveledLwe, BackendError> {
        glwe.check(self.keys.parameters.polynomial_size)?;
        glwe.extract(index)
    }

    fn external_product(&self, ggsw: &LeveledGgsw, glwe: &LeveledGlwe) -> Result<LeveledGlwe, BackendError> {
        let size = self.keys.parameters.polynomial_size;
        glwe.check(size)?;
        if ggsw.0.polynomial_size().0 != size {
            return Err(wrong_shape("a GGSW was not made for these parameters"));
        }
        self.counters.external_product();
        let mut product = LeveledGlwe::zero(size);
        add_external_product(&self.keys.fft, ggsw, glwe, &mut product);
        Ok(product)
    }

    fn bootstrap(
        &self,
        precision: Precision,
        inputs: &[LeveledLwe],
        lut: &RealLut,
    ) -> Result<Vec<Vec<LeveledLwe>>, BackendError> {
        let size = self.keys.parameters.polynomial_size;
        if lut.steps() << lut.log_outputs() != 2 * size {
            return Err(wrong_shape("a table was not sampled for these parameters"));
        }
        inputs.iter().try_for_each(|lwe| lwe.check(size))?;
        self.counters.bootstraps(precision, inputs.len());
        Ok(self.many_lut(precision, inputs, lut))
    }

    fn pack(&self, values: &[(usize, LeveledLwe)]) -> Result<LeveledGlwe, BackendError> {
        let size = self.keys.parameters.polynomial_size;
        let mut places: Vec<_> = values.iter().map(|(place, _)| *place).collect();
        places.sort_unstable();
        if places.last().is_some_and(|&place| place >= size) || places.windows(2).any(|p| p[0] == p[1]) {
            return Err(wrong_shape("values to pack are at coefficients that do not exist or meet"));
        }
        values.iter().try_for_each(|(_, lwe)| lwe.check(size))?;
        Ok(self.pack_values(&values.iter().map(|(place, lwe)| (*place, lwe)).collect::<Vec<_>>()))
    }

    fn invert_variable(&self, glwe: &LeveledGlwe) -> Result<LeveledGlwe, BackendError> {
        glwe.check(self.keys.parameters.polynomial_size)?;
        Ok(self.automorphism(self.keys.parameters.log_size() as usize, glwe))
    }

    fn lift(&self, rows: &[LeveledGlwe]) -> Result<LeveledGgsw, BackendError> {
        let parameters = &self.keys.parameters;
        if rows.len() != parameters.lifted.levels {
            return Err(wrong_shape("a GGSW is lifted from as many rows as it has levels"));
        }
        rows.iter().try_for_each(|row| row.check(parameters.polynomial_size))?;
        self.counters.lift();
        Ok(self.lift_rows(rows))
    }

    fn counts(&self) -> LeveledCounts {
        self.counters.get()
    }
}

fn wrong_shape(what: &str) -> BackendError {
    BackendError::WrongShape(what.into())
}
