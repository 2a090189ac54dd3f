//! Whole matrix products, from residues to scaled results: modular products, mixed radix, block scaling.

use crate::block_scaling::BlockScaling;
use crate::gadget::{self, ProductShape, from_elements};
use crate::mixed_radix;
use crate::observer::Observer;
use crate::product_name::ProductName;
use crate::residues::Residues;
use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use silenzio_core::plan::Gadget;
use silenzio_core::random::Stream;
use silenzio_core::{Backend, BackendError, EngineError, LutCounts, Modulus, Value, shapes};

/// The way in which a matrix product of a network is computed and scaled.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScaledProduct {
    /// The name of the product.
    pub name: ProductName,
    /// The gadget that multiplies residues.
    pub gadget: Gadget,
    /// The base, and the scaling of its digits.
    pub scaling: BlockScaling,
}

impl ScaledProduct {
    /// The moduli in which the operands are needed.
    pub fn moduli(&self) -> &[Modulus] {
        self.scaling.base().moduli()
    }

    /// The look-ups of the product of operands of this shape.
    pub fn lut_counts(&self, shape: ProductShape) -> LutCounts {
        lut_counts(self.gadget, &self.scaling, shape)
    }

    /// `X W`, of which each element is scaled as by [`BlockScaling::scale_integer`]. `x` and `w` return the matrices of
    /// residues, a x b and b x c, for each modulus. One number per element is drawn from `dither`, row by row.
    ///
    /// # Errors
    /// If an operand lacks a modulus or a look-up fails.
    pub fn compute<'v, B: Backend>(
        &self,
        backend: &B,
        x: impl Fn(Modulus) -> Result<ArrayView2<'v, Value<B::Types>>, EngineError> + Sync,
        w: impl Fn(Modulus) -> Result<ArrayView2<'v, Value<B::Types>>, EngineError> + Sync,
        dither: Option<&mut Stream>,
        observer: Option<&dyn Observer<Value<B::Types>>>,
    ) -> Result<Array2<Value<B::Types>>, EngineError>
    where
        Value<B::Types>: 'v,
    {
        self.scale(backend, self.multiply(backend, x, w)?, dither, observer)
    }

    /// `X W` as residues for [`scale`](Self::scale), each multiplied by its factor for the conversion to digits. They
    /// are linear: sums of these residues are the residues of the sum.
    ///
    /// # Errors
    /// If an operand lacks a modulus or a look-up fails.
    pub fn multiply<'v, B: Backend>(
        &self,
        backend: &B,
        x: impl Fn(Modulus) -> Result<ArrayView2<'v, Value<B::Types>>, EngineError> + Sync,
        w: impl Fn(Modulus) -> Result<ArrayView2<'v, Value<B::Types>>, EngineError> + Sync,
    ) -> Result<Residues<Value<B::Types>>, EngineError>
    where
        Value<B::Types>: 'v,
    {
        let base = self.scaling.base();
        let residues = base.moduli().par_iter().zip(base.garner_factors()).map(|(&m, factor)| {
            Ok((m, gadget::modular_product(backend, self.gadget, m, factor, x(m)?, w(m)?)?))
        });
        Ok(Residues::new(residues.collect::<Result<_, EngineError>>()?))
    }

    /// Scales a sum of [products](Self::multiply).
    ///
    /// # Errors
    /// If a modulus is missing or a look-up fails.
    pub fn scale<B: Backend>(
        &self,
        backend: &B,
        product: Residues<Value<B::Types>>,
        dither: Option<&mut Stream>,
        observer: Option<&dyn Observer<Value<B::Types>>>,
    ) -> Result<Array2<Value<B::Types>>, EngineError> {
        let base = self.scaling.base();
        shapes::check_count("residues of a product", base.moduli().len(), product.moduli().count())?;
        let shape = product.dim();
        let offsets = self.scaling.offsets(shape.0 * shape.1, dither);
        let residues = product
            .into_matrices()
            .into_par_iter()
            .zip(base.moduli())
            .zip(base.garner_factors())
            .map(|(((found, matrix), &m), factor)| {
                if found != m {
                    return Err(BackendError::ModulusMismatch { left: found, right: m });
                }
                let mut residues: Vec<Value<B::Types>> = matrix.into_iter().collect();
                for (residue, &offset) in residues.iter_mut().zip(&offsets) {
                    backend.add_constant(residue, i64::from(m.reduce(offset)) * factor);
                }
                Ok(residues)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let digits = mixed_radix::digits(backend, base, residues)?;
        if let Some(observer) = observer {
            observer.observe(self.name, base.moduli(), &digits, &offsets);
        }
        Ok(from_elements(shape, self.scaling.scale(backend, digits)?)?)
    }
}

/// The look-ups of a product of operands of this shape, with this gadget and this scaling.
pub(crate) fn lut_counts(gadget: Gadget, scaling: &BlockScaling, shape: ProductShape) -> LutCounts {
    let (moduli, outputs) = (scaling.base().moduli(), shape.outputs());
    let products = moduli.iter().map(|&m| gadget::lut_counts(gadget, m, shape));
    products.sum::<LutCounts>() + mixed_radix::lut_counts(moduli, outputs) + scaling.lut_counts(outputs)
}
