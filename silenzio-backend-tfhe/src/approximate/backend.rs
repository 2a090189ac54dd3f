//! The server key as an approximate backend.

use super::ciphertext::{ApproximateGgsw, ApproximateGlwe, ApproximateLwe};
use super::external_product::add_external_product;
use super::keys::ApproximateServerKey;
use super::seeded::{SeededGgsw, SeededLwes};
use crate::look_up::share_of_a_core;
use crate::ring::Lanes;
use crate::torus::Torus;
use rayon::prelude::*;
use silenzio_core::BackendError;
use silenzio_core::approximate::backend::ApproximateTypes;
use silenzio_core::approximate::{
    ApproximateBackend, ApproximateCounts, ApproximateParameters, Precision, RealLut, packing,
};

/// The types of approximate TFHE.
#[derive(Clone, Copy, Debug)]
pub struct ApproximateTfhe;

impl ApproximateTypes for ApproximateTfhe {
    type Lwe = ApproximateLwe;
    type Glwe = ApproximateGlwe;
    type Ggsw = ApproximateGgsw;
    type SeededLwes = SeededLwes;
    type SeededGgsw = SeededGgsw;
}

/// The number of products of a sum that one thread adds up.
const PRODUCTS_AT_ONCE: usize = 8;

impl ApproximateBackend for ApproximateServerKey {
    type Types = ApproximateTfhe;

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

    fn extract(&self, places: &[(&ApproximateGlwe, usize)]) -> Result<Vec<ApproximateLwe>, BackendError> {
        let extract = |&(glwe, index): &(&ApproximateGlwe, usize)| {
            glwe.check(self.keys.parameters.polynomial_size)?;
            glwe.extract(index)
        };
        places.par_iter().map(extract).collect()
    }

    fn dot_products(
        &self,
        sums: &[Vec<(&ApproximateGgsw, &ApproximateGlwe)>],
    ) -> Result<Vec<ApproximateGlwe>, BackendError> {
        let size = self.keys.parameters.polynomial_size;
        for (ggsw, glwe) in sums.iter().flatten() {
            glwe.check(size)?;
            if ggsw.0.polynomial_size().0 != size {
                return Err(wrong_shape("a GGSW was not made for these parameters"));
            }
        }
        self.counters.external_products(sums.iter().map(Vec::len).sum());
        let part = |pairs: &[(&ApproximateGgsw, &ApproximateGlwe)]| {
            self.stopwatches.products.time(|| {
                let mut sum = ApproximateGlwe::zero(size);
                for (ggsw, glwe) in pairs {
                    add_external_product(&self.keys.fft, ggsw, glwe, &mut sum);
                }
                sum
            })
        };
        let dot_product = |pairs: &Vec<(&ApproximateGgsw, &ApproximateGlwe)>| {
            let parts = pairs.par_chunks(PRODUCTS_AT_ONCE).map(part);
            let sum = parts.reduce_with(|mut sum, part| {
                sum.add(&part);
                sum
            });
            sum.unwrap_or_else(|| ApproximateGlwe::zero(size))
        };
        Ok(sums.par_iter().map(dot_product).collect())
    }

    fn bootstrap(
        &self,
        precision: Precision,
        inputs: &[ApproximateLwe],
        lut: &RealLut,
    ) -> Result<Vec<Vec<ApproximateLwe>>, BackendError> {
        let parameters = &self.keys.parameters;
        if lut.steps() << lut.log_outputs() != 2 * parameters.table_size(precision) {
            return Err(wrong_shape("a table was not sampled for these parameters"));
        }
        inputs.iter().try_for_each(|lwe| lwe.check(parameters.polynomial_size))?;
        self.counters.bootstraps(precision, inputs.len());
        self.many_lut(precision, inputs, lut)
    }

    fn pack(
        &self,
        polynomials: &[Vec<(usize, &ApproximateLwe)>],
    ) -> Result<Vec<ApproximateGlwe>, BackendError> {
        polynomials.iter().try_for_each(|values| self.check_terms(values))?;
        let side_by_side = share_of_a_core(polynomials.len()).clamp(1, Lanes::widest().count());
        let log_size = self.keys.parameters.log_size();
        let alike: Vec<_> = polynomials
            .chunk_by(|a, b| places(a, log_size).eq(places(b, log_size)))
            .flat_map(|alike| alike.chunks(side_by_side))
            .collect();
        let pack = |polynomials| self.stopwatches.packing.time(|| self.pack_alike(polynomials));
        Ok(alike.into_par_iter().flat_map_iter(pack).collect())
    }

    fn automorphism_minus_one(
        &self,
        glwes: &[ApproximateGlwe],
    ) -> Result<Vec<ApproximateGlwe>, BackendError> {
        let parameters = &self.keys.parameters;
        glwes.iter().try_for_each(|glwe| glwe.check(parameters.polynomial_size))?;
        let side_by_side = share_of_a_core(glwes.len()).clamp(1, Lanes::widest().count());
        let last = parameters.log_size() as usize;
        let invert = |glwes| self.stopwatches.packing.time(|| self.automorphisms(last, glwes));
        Ok(glwes.par_chunks(side_by_side).flat_map_iter(invert).collect())
    }

    fn scheme_switch(
        &self,
        precision: Precision,
        rows: &[ApproximateGlwe],
    ) -> Result<Vec<ApproximateGgsw>, BackendError> {
        let parameters = &self.keys.parameters;
        let gadget = parameters.factor(precision);
        if !rows.len().is_multiple_of(gadget.levels) {
            return Err(wrong_shape("circuit bootstrapping needs one packed row for each level of the GGSW"));
        }
        rows.iter().try_for_each(|row| row.check(parameters.polynomial_size))?;
        self.counters.scheme_switches(rows.len() / gadget.levels);
        let lift = |rows| self.stopwatches.lifting.time(|| self.scheme_switch_rows(gadget, rows));
        Ok(rows.par_chunks(gadget.levels).map(lift).collect())
    }

    fn counts(&self) -> ApproximateCounts {
        self.counters.get()
    }
}

impl ApproximateServerKey {
    /// Checks that values can be packed: their coefficients must exist and differ.
    fn check_terms(&self, values: &[(usize, &ApproximateLwe)]) -> Result<(), BackendError> {
        let size = self.keys.parameters.polynomial_size;
        let mut sorted: Vec<_> = values.iter().map(|&(place, _)| place).collect();
        sorted.sort_unstable();
        if sorted.last().is_some_and(|&place| place >= size) || sorted.windows(2).any(|p| p[0] == p[1]) {
            return Err(wrong_shape("values to pack must be at different coefficients of the polynomial"));
        }
        values.iter().try_for_each(|(_, lwe)| lwe.check(size))
    }
}

/// The coefficients of values to pack, from their [offset](packing::offset).
fn places(values: &[(usize, &ApproximateLwe)], log_size: u32) -> impl Iterator<Item = usize> {
    let offset = packing::offset(log_size, values.iter().map(|&(place, _)| place));
    values.iter().map(move |&(place, _)| place - offset)
}

fn wrong_shape(what: &str) -> BackendError {
    BackendError::WrongShape(what.into())
}
