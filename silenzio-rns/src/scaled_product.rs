//! A matrix product from residues to scaled results: product, mixed radix, block scaling.

use crate::block_scaling::BlockScaling;
use crate::gadget::{self, from_elements};
use crate::mixed_radix;
use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use silenzio_core::backend::ProductName;
use silenzio_core::plan::Gadget;
use silenzio_core::random::Stream;
use silenzio_core::{Backend, EngineError, Modulus};

/// One matrix product of a network: how it is computed and scaled.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScaledProduct {
    /// Which product of the network it is.
    pub name: ProductName,
    /// The gadget that multiplies residues.
    pub gadget: Gadget,
    /// The base and how its digits become the result.
    pub scaling: BlockScaling,
}

impl ScaledProduct {
    /// The moduli in which the operands have to be given.
    pub fn moduli(&self) -> &[Modulus] {
        self.scaling.base().moduli()
    }

    /// `X W` scaled, element by element as [`BlockScaling::scale_integer`] says. `x` and `w` give the residue
    /// matrices, a x b and b x c, for each modulus; `dither` is drawn from once per element, row by row.
    ///
    /// # Errors
    /// As the backend's operations, and if an operand lacks a modulus.
    pub fn compute<'v, B: Backend>(
        &self,
        backend: &B,
        x: impl Fn(Modulus) -> Result<ArrayView2<'v, B::Value>, EngineError> + Sync,
        w: impl Fn(Modulus) -> Result<ArrayView2<'v, B::Value>, EngineError> + Sync,
        dither: Option<&mut Stream>,
    ) -> Result<Array2<B::Value>, EngineError>
    where
        B::Value: 'v,
    {
        let base = self.scaling.base();
        let first = base.moduli()[0];
        let shape = (x(first)?.nrows(), w(first)?.ncols());
        let offsets = self.scaling.offsets(shape.0 * shape.1, dither);
        let residues = base
            .moduli()
            .par_iter()
            .zip(base.garner_factors())
            .map(|(&m, factor)| {
                let product = gadget::modular_product(backend, self.gadget, m, factor, x(m)?, w(m)?)?;
                let mut residues: Vec<B::Value> = product.into_iter().collect();
                for (residue, &offset) in residues.iter_mut().zip(&offsets) {
                    backend.add_constant(residue, i64::from(m.reduce(offset)) * factor);
                }
                Ok(residues)
            })
            .collect::<Result<Vec<_>, EngineError>>()?;
        let digits = mixed_radix::digits(backend, base, residues)?;
        backend.observe(self.name, base.moduli(), &digits, &offsets);
        Ok(from_elements(shape, self.scaling.scale(backend, digits)?)?)
    }
}
