//! Bootstrapping keys as they are generated and stored: without masks, and not in Fourier form.

use super::blocks;
use crate::bodies::Bodies;
use crate::parameters::Decomposition;
use silenzio_core::Wire;
use std::io::{self, Read, Write};
use tfhe::core_crypto::commons::math::random::CompressionSeed;
use tfhe::core_crypto::prelude::{
    CiphertextModulus, Container, GlweDimension, LweBootstrapKeyOwned, PolynomialSize, SeededLweBootstrapKey,
};

/// The shape of a bootstrapping key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BootstrapShape {
    /// n, the number of encrypted bits.
    pub(crate) lwe_dimension: usize,
    /// k, the dimension of the GLWE key.
    pub(crate) glwe_dimension: GlweDimension,
    /// N, the number of coefficients of a polynomial.
    pub(crate) polynomial_size: PolynomialSize,
    pub(crate) decomposition: Decomposition,
}

impl BootstrapShape {
    /// The size of the key without masks, in bytes.
    pub(crate) fn seeded_bytes(&self) -> usize {
        self.block_lengths().map(Bodies::<u64>::bytes).sum()
    }

    /// The number of bodies in each block.
    fn block_lengths(&self) -> impl Iterator<Item = usize> {
        let per_bit = self.bodies_per_bit();
        blocks(self.lwe_dimension).map(move |bits| bits * per_bit)
    }

    pub(super) const fn bodies_per_bit(&self) -> usize {
        self.decomposition.levels.0 * (self.glwe_dimension.0 + 1) * self.polynomial_size.0
    }

    pub(super) fn seeded<C: Container<Element = u64>>(
        &self,
        bodies: C,
        seed: CompressionSeed,
    ) -> SeededLweBootstrapKey<C> {
        let Decomposition { base_log, levels } = self.decomposition;
        let (size, modulus) = (self.polynomial_size, CiphertextModulus::new_native());
        let glwe_size = self.glwe_dimension.to_glwe_size();
        SeededLweBootstrapKey::from_container(bodies, glwe_size, size, base_log, levels, seed, modulus)
    }
}

/// GGSW encryptions of the bits of a small key under a GLWE key, in blocks that have a seed each.
pub(crate) struct SeededBootstrap {
    pub(super) shape: BootstrapShape,
    pub(super) blocks: Vec<Bodies<u64>>,
}

impl SeededBootstrap {
    /// Expands the key, [`BLOCK`](super::BLOCK) bits at a time: for each bit, level (the least significant first) and row
    /// the coefficients of a GLWE.
    pub(crate) fn standard_blocks(&self) -> impl Iterator<Item = LweBootstrapKeyOwned<u64>> {
        self.blocks.iter().map(|bodies| {
            let seeded = self.shape.seeded(bodies.elements().to_vec(), bodies.seed());
            seeded.par_decompress_into_lwe_bootstrap_key()
        })
    }
}

impl Wire<BootstrapShape> for SeededBootstrap {
    fn encoded_len(shape: &BootstrapShape) -> io::Result<u64> {
        Ok(shape.seeded_bytes() as u64)
    }

    fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        self.blocks.iter().try_for_each(|block| block.write(to))
    }

    fn read(from: &mut dyn Read, &shape: &BootstrapShape) -> io::Result<Self> {
        let blocks = shape.block_lengths().map(|bodies| Bodies::read(from, &bodies));
        Ok(Self { shape, blocks: blocks.collect::<io::Result<_>>()? })
    }
}
