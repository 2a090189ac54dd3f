//! The key of a blind rotation: the form that is sent, and the form that is computed with.

use super::monomials::Roots;
use super::parameters::RotationParameters;
use super::rotate::{Kernel, kernel};
use crate::keys::SeededBootstrap;
use crate::ring::transform::{Transform, for_each_transform};
use aligned_vec::{AVec, avec};
use rayon::prelude::*;
use silenzio_core::BackendError;
use silenzio_core::wire::{self, Wire};
use std::fmt;
use std::io::{self, Read, Write};
use tfhe::core_crypto::prelude::LweBootstrapKeyOwned;

/// GGSW encryptions of the bits of a small key under a GLWE key, with seeds in place of masks, as TFHE-rs makes them.
pub struct CompressedRotationKey {
    pub(super) parameters: RotationParameters,
    pub(super) seeded: SeededBootstrap,
}

/// The same key, ready for computing: in the transformed domain, in the order in which a rotation reads it.
pub struct RotationKey {
    pub(super) parameters: RotationParameters,
    pub(super) transform: Transform,
    pub(super) roots: Roots,
    pub(super) kernel: Kernel,
    /// Indexed by block, place, key bit of the block, row, column, and real and imaginary part. Values are in units of the
    /// torus, divided by the number of places, by which an inverse transform multiplies.
    pub(super) values: AVec<f64>,
}

impl CompressedRotationKey {
    /// The parameters.
    pub const fn parameters(&self) -> &RotationParameters {
        &self.parameters
    }

    /// Expands the key, so that it is ready for computing.
    ///
    /// # Errors
    /// [`BackendError::WrongShape`] if there is no rotation with its parameters.
    pub fn expand(&self) -> Result<RotationKey, BackendError> {
        RotationKey::from_standard(self.parameters, self.seeded.standard_blocks())
    }
}

impl RotationKey {
    /// Makes the key of the GGSWs of all bits, which come some whole blocks at a time in the order of TFHE-rs.
    ///
    /// # Errors
    /// [`BackendError::WrongShape`] if there is no rotation with these parameters.
    pub(super) fn from_standard(
        parameters: RotationParameters,
        parts: impl Iterator<Item = LweBootstrapKeyOwned<u64>>,
    ) -> Result<Self, BackendError> {
        parameters.check()?;
        let no_kernel = || BackendError::WrongShape("no rotation has these parameters".into());
        let kernel = kernel(parameters.glwe_dimension, parameters.gadget.levels).ok_or_else(no_kernel)?;
        let transform = Transform::new(parameters.polynomial_size);
        let mut values = avec![0.0; parameters.key_bytes() / size_of::<f64>()];
        let elements =
            parameters.block * parameters.rows() * parameters.columns() * parameters.polynomial_size;
        let mut places = values.as_mut_slice();
        for part in parts {
            let ggsws = part.as_ref().par_chunks_exact(elements);
            let (now, later) =
                std::mem::take(&mut places).split_at_mut(ggsws.len() * parameters.numbers_per_block());
            places = later;
            now.par_chunks_exact_mut(parameters.numbers_per_block())
                .zip(ggsws)
                .for_each(|(values, ggsws)| transform_block(&parameters, &transform, ggsws, values));
        }
        Ok(Self { parameters, transform, roots: Roots::new(parameters.polynomial_size), kernel, values })
    }

    /// The parameters.
    pub const fn parameters(&self) -> &RotationParameters {
        &self.parameters
    }
}

/// Transforms the GGSWs of a block, which are indexed by key bit, row, column and coefficient: only the place moves to the front.
fn transform_block(
    parameters: &RotationParameters,
    transform: &Transform,
    ggsws: &[u64],
    values: &mut [f64],
) {
    for_each_transform(transform, (-64f64).exp2(), ggsws, |polynomial, transformed| {
        let start = 2 * polynomial;
        let places = values.chunks_exact_mut(parameters.block * parameters.numbers_per_place());
        for (place, value) in places.zip(transformed) {
            place[start..start + 2].copy_from_slice(&value);
        }
    });
}

impl fmt::Debug for CompressedRotationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompressedRotationKey").field("parameters", &self.parameters).finish_non_exhaustive()
    }
}

impl fmt::Debug for RotationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RotationKey").field("parameters", &self.parameters).finish_non_exhaustive()
    }
}

/// The binary form is the blocks of encrypted bits, each with its seed.
impl Wire<RotationParameters> for CompressedRotationKey {
    fn encoded_len(parameters: &RotationParameters) -> io::Result<u64> {
        Ok(parameters.compressed_key_bytes() as u64)
    }

    fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        self.seeded.write(to)
    }

    fn read(from: &mut dyn Read, parameters: &RotationParameters) -> io::Result<Self> {
        parameters.check().map_err(|error| wire::invalid(error.to_string()))?;
        Ok(Self { parameters: *parameters, seeded: SeededBootstrap::read(from, &parameters.shape())? })
    }
}
