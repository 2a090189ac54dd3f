//! Ciphertexts without their masks, which a seed regenerates.

use silenzio_core::wire::{self, Wire};
use std::io::{self, Read, Write};
use tfhe::core_crypto::commons::math::random::{CompressionSeed, Seed};
use tfhe::core_crypto::prelude::{
    CiphertextModulus, DefaultRandomGenerator, GlweCiphertextList, GlweSize, LweDimension, PolynomialSize,
    SeededGlweCiphertextList, SeededLweCiphertextList, UnsignedInteger, UnsignedTorus,
    decompress_seeded_glwe_ciphertext_list,
};

/// A torus element, of 32 or 64 bits.
pub(crate) trait Element: UnsignedInteger {
    fn write(to: &mut dyn Write, elements: &[Self]) -> io::Result<()>;
    fn read(from: &mut dyn Read, elements: &mut [Self]) -> io::Result<()>;
}

impl Element for u32 {
    fn write(to: &mut dyn Write, elements: &[Self]) -> io::Result<()> {
        wire::write_u32s(to, elements)
    }

    fn read(from: &mut dyn Read, elements: &mut [Self]) -> io::Result<()> {
        wire::read_u32s(from, elements)
    }
}

impl Element for u64 {
    fn write(to: &mut dyn Write, elements: &[Self]) -> io::Result<()> {
        wire::write_u64s(to, elements)
    }

    fn read(from: &mut dyn Read, elements: &mut [Self]) -> io::Result<()> {
        wire::read_u64s(from, elements)
    }
}

/// The bodies of ciphertexts whose masks all follow from one seed.
#[derive(Clone, Debug)]
pub(crate) struct Bodies<T> {
    pub(crate) seed: u128,
    pub(crate) elements: Vec<T>,
}

impl<T: Element> Bodies<T> {
    /// The size of `count` bodies with their seed, in bytes.
    pub(crate) const fn bytes(count: usize) -> usize {
        size_of::<u128>() + count * size_of::<T>()
    }

    pub(crate) fn seed(&self) -> CompressionSeed {
        Seed(self.seed).into()
    }

    pub(crate) fn elements(&self) -> &[T] {
        &self.elements
    }
}

impl<T: Element + UnsignedTorus> Bodies<T> {
    /// Expands to GLWE ciphertexts with k = 1 and polynomials of `size` coefficients: of each the mask, then the body.
    pub(crate) fn expand_glwes(&self, size: usize) -> Vec<T> {
        let list = SeededGlweCiphertextList::from_container(
            self.elements(),
            GlweSize(2),
            PolynomialSize(size),
            self.seed(),
            CiphertextModulus::new_native(),
        );
        let mut glwes = GlweCiphertextList::new(
            T::ZERO,
            GlweSize(2),
            PolynomialSize(size),
            list.glwe_ciphertext_count(),
            CiphertextModulus::new_native(),
        );
        decompress_seeded_glwe_ciphertext_list::<_, _, _, DefaultRandomGenerator>(&mut glwes, &list);
        glwes.into_container()
    }
}

impl Bodies<u64> {
    /// Expands to LWE ciphertexts of this dimension: of each the mask, then the body.
    pub(crate) fn expand_lwes(&self, dimension: usize) -> Vec<Vec<u64>> {
        if self.elements.is_empty() {
            return Vec::new();
        }
        let size = LweDimension(dimension).to_lwe_size();
        let modulus = CiphertextModulus::new_native();
        let list = SeededLweCiphertextList::from_container(self.elements.clone(), size, self.seed(), modulus);
        let lwes = list.par_decompress_into_lwe_ciphertext_list().into_container();
        lwes.chunks_exact(size.0).map(<[u64]>::to_vec).collect()
    }
}

/// The format is the number of bodies.
impl<T: Element> Wire<usize> for Bodies<T> {
    fn encoded_len(&count: &usize) -> io::Result<u64> {
        Ok(Self::bytes(count) as u64)
    }

    fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        wire::write_u128s(to, &[self.seed])?;
        T::write(to, &self.elements)
    }

    fn read(from: &mut dyn Read, &count: &usize) -> io::Result<Self> {
        let mut seed = [0];
        wire::read_u128s(from, &mut seed)?;
        let mut elements = vec![T::ZERO; count];
        T::read(from, &mut elements)?;
        Ok(Self { seed: seed[0], elements })
    }
}
