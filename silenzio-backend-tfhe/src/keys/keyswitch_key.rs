//! Keyswitching keys as they are generated and stored, without their masks.

use super::{BLOCK, blocks};
use crate::bodies::{Bodies, Element};
use crate::parameters::Decomposition;
use rayon::prelude::*;
use silenzio_core::Wire;
use std::io::{self, Read, Write};
use tfhe::core_crypto::commons::math::random::CompressionSeed;
use tfhe::core_crypto::prelude::{
    CiphertextModulus, Container, DefaultRandomGenerator, LweDimension, LweKeyswitchKey,
    LweKeyswitchKeyOwned, SeededLweKeyswitchKey, UnsignedTorus, decompress_seeded_lwe_keyswitch_key,
};

/// The shape of a keyswitching key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyswitchShape {
    /// The number of bits of the key that is switched from.
    pub(crate) from: usize,
    /// The number of bits of the key that is switched to.
    pub(crate) to: usize,
    pub(crate) decomposition: Decomposition,
}

impl KeyswitchShape {
    /// The size of the key without masks, in bytes.
    pub(crate) fn seeded_bytes<T: Element>(&self) -> usize {
        self.block_lengths().map(Bodies::<T>::bytes).sum()
    }

    /// The number of bodies in each block.
    fn block_lengths(&self) -> impl Iterator<Item = usize> {
        let levels = self.decomposition.levels.0;
        blocks(self.from).map(move |bits| bits * levels)
    }

    pub(super) fn seeded<T: Element, C: Container<Element = T>>(
        &self,
        bodies: C,
        seed: CompressionSeed,
    ) -> SeededLweKeyswitchKey<C> {
        let Decomposition { base_log, levels } = self.decomposition;
        let (size, modulus) = (LweDimension(self.to).to_lwe_size(), CiphertextModulus::new_native());
        SeededLweKeyswitchKey::from_container(bodies, base_log, levels, size, seed, modulus)
    }
}

/// Encryptions of key bits, times the powers of the base, in blocks that have a seed each.
pub(crate) struct SeededKeyswitch<T> {
    pub(super) shape: KeyswitchShape,
    pub(super) blocks: Vec<Bodies<T>>,
}

impl<T> SeededKeyswitch<T>
where
    T: Element + UnsignedTorus + Send + Sync,
{
    /// Expands the key to its masks and bodies.
    pub(crate) fn expand(&self) -> LweKeyswitchKeyOwned<T> {
        let KeyswitchShape { from, to, decomposition: Decomposition { base_log, levels } } = self.shape;
        let (from, to, modulus) = (LweDimension(from), LweDimension(to), CiphertextModulus::new_native());
        let mut key = LweKeyswitchKey::new(T::ZERO, base_log, levels, from, to, modulus);
        let row = key.input_key_element_encrypted_size();
        key.as_mut().par_chunks_mut(BLOCK * row).zip(&self.blocks).for_each(|(rows, bodies)| {
            decompress_seeded_lwe_keyswitch_key::<_, _, _, DefaultRandomGenerator>(
                &mut LweKeyswitchKey::from_container(rows, base_log, levels, to.to_lwe_size(), modulus),
                &self.shape.seeded(bodies.elements(), bodies.seed()),
            );
        });
        key
    }
}

impl<T: Element> Wire<KeyswitchShape> for SeededKeyswitch<T> {
    fn encoded_len(shape: &KeyswitchShape) -> io::Result<u64> {
        Ok(shape.seeded_bytes::<T>() as u64)
    }

    fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        self.blocks.iter().try_for_each(|block| block.write(to))
    }

    fn read(from: &mut dyn Read, &shape: &KeyswitchShape) -> io::Result<Self> {
        let blocks = shape.block_lengths().map(|bodies| Bodies::read(from, &bodies));
        Ok(Self { shape, blocks: blocks.collect::<io::Result<_>>()? })
    }
}
