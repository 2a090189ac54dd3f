//! Keyswitching keys to small keys, plain or in a ring, as they are generated and stored.

use super::{KeyswitchShape, SeededKeyswitch};
use crate::bodies::Bodies;
use crate::keyswitch::{RingKeyswitch, SmallKeyswitch};
use crate::ring::key_product::{Halves, KeyProduct, KeyProductShape};
use silenzio_core::{BackendError, Wire};
use std::io::{self, Read, Write};

/// The shape of a keyswitching key to a small key.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SmallKeyswitchShape {
    /// The key has an LWE ciphertext for each digit.
    Lwe(KeyswitchShape),
    /// The key has an RLWE ciphertext under a partial key for each digit of a polynomial.
    Ring(RingKeyswitchShape),
}

/// The shape of a keyswitching key to a partial key of a ring.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RingKeyswitchShape {
    /// The plain keyswitch between the same keys.
    pub(crate) keyswitch: KeyswitchShape,
    /// N', a power of two: at least the dimension that is switched to.
    pub(crate) size: usize,
}

impl SmallKeyswitchShape {
    /// A keyswitch in the ring of N' = `ring`, or a plain one if that is `None`.
    pub(crate) const fn new(keyswitch: KeyswitchShape, ring: Option<usize>) -> Self {
        match ring {
            Some(size) => Self::Ring(RingKeyswitchShape { keyswitch, size }),
            None => Self::Lwe(keyswitch),
        }
    }

    /// The plain keyswitch between the same keys.
    pub(crate) const fn lwe(&self) -> KeyswitchShape {
        match self {
            Self::Lwe(keyswitch) | Self::Ring(RingKeyswitchShape { keyswitch, .. }) => *keyswitch,
        }
    }

    /// The size of the key in memory, in bytes.
    pub(crate) const fn bytes(&self) -> usize {
        match self {
            Self::Lwe(KeyswitchShape { from, to, decomposition }) => {
                *from * decomposition.levels.0 * (*to + 1) * size_of::<u32>()
            }
            Self::Ring(shape) => shape.product().key_bytes(),
        }
    }

    /// The size of the key without masks, in bytes.
    pub(crate) fn seeded_bytes(&self) -> usize {
        match self {
            Self::Lwe(shape) => shape.seeded_bytes::<u32>(),
            Self::Ring(shape) => Bodies::<u32>::bytes(shape.bodies()),
        }
    }
}

impl RingKeyswitchShape {
    const fn product(&self) -> KeyProductShape {
        let Self { keyswitch: KeyswitchShape { from, decomposition, .. }, size } = *self;
        KeyProductShape {
            size,
            inputs: from.div_ceil(size),
            columns: 2,
            halves: Halves::Upper,
            gadget: decomposition.shape(),
        }
    }

    /// The number of coefficients of all RLWE bodies.
    pub(super) const fn bodies(&self) -> usize {
        self.product().rows() * self.size
    }
}

/// RLWE encryptions of the polynomials of a key, times the powers of a base: by polynomial and level, the least
/// significant first.
pub(crate) struct SeededRingKeyswitch {
    pub(super) shape: RingKeyswitchShape,
    pub(super) bodies: Bodies<u32>,
}

impl SeededRingKeyswitch {
    fn expand(&self) -> Result<RingKeyswitch, BackendError> {
        let rows = self.bodies.expand_glwes(self.shape.size);
        let rows: Vec<u64> = rows.into_iter().map(|x| u64::from(x) << u32::BITS).collect();
        let key = KeyProduct::new(self.shape.product(), &rows)?;
        Ok(RingKeyswitch::new(self.shape.keyswitch.to, key))
    }
}

/// A keyswitching key to a small key, without its masks.
pub(crate) enum SeededSmallKeyswitch {
    Lwe(SeededKeyswitch<u32>),
    Ring(SeededRingKeyswitch),
}

impl SeededSmallKeyswitch {
    /// Expands the key, so that it is ready for computing.
    ///
    /// # Errors
    /// [`BackendError::WrongShape`] if there is no product with the shape of the key.
    pub(crate) fn expand(&self) -> Result<SmallKeyswitch, BackendError> {
        Ok(match self {
            Self::Lwe(key) => SmallKeyswitch::Lwe(key.expand()),
            Self::Ring(key) => SmallKeyswitch::Ring(key.expand()?),
        })
    }
}

impl Wire<SmallKeyswitchShape> for SeededSmallKeyswitch {
    fn encoded_len(shape: &SmallKeyswitchShape) -> io::Result<u64> {
        Ok(shape.seeded_bytes() as u64)
    }

    fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Lwe(key) => key.write(to),
            Self::Ring(key) => key.bodies.write(to),
        }
    }

    fn read(from: &mut dyn Read, shape: &SmallKeyswitchShape) -> io::Result<Self> {
        Ok(match *shape {
            SmallKeyswitchShape::Lwe(shape) => Self::Lwe(SeededKeyswitch::read(from, &shape)?),
            SmallKeyswitchShape::Ring(shape) => {
                Self::Ring(SeededRingKeyswitch { shape, bodies: Bodies::read(from, &shape.bodies())? })
            }
        })
    }
}
