//! Encrypted values as a client sends them.

use crate::bodies::Bodies;
use crate::ciphertext::Ciphertext;
use crate::noise;
use crate::parameters::VALUE_DIMENSION;
use crate::security::minimal_noise;
use crate::torus::Torus;
use silenzio_core::{Modulus, Wire};
use std::io::{self, Read, Write};
use zeroize::Zeroizing;

/// Fresh ciphertexts of elements of Z_m: one seed for all masks, and one body each.
#[derive(Clone, Debug)]
pub struct Seeded {
    modulus: Modulus,
    bodies: Bodies<u64>,
}

/// What decides the length of a [`Seeded`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SeededFormat {
    /// The modulus of all values.
    pub modulus: Modulus,
    /// The number of values.
    pub count: usize,
}

impl Seeded {
    /// Encryptions of `xs` under the first [`VALUE_DIMENSION`] bits of a master key.
    pub(crate) fn encrypt(values_key: &[u64], modulus: Modulus, xs: &[i64]) -> Self {
        let phases: Zeroizing<Vec<u64>> =
            Zeroizing::new(xs.iter().map(|&x| Torus::encode(modulus, x).0).collect());
        Self { modulus, bodies: Bodies::encrypt_lwes(values_key, &phases, minimal_noise(VALUE_DIMENSION)) }
    }

    pub(crate) fn expand(&self) -> Vec<Ciphertext> {
        let lwes = self.bodies.expand_lwes(VALUE_DIMENSION).into_iter();
        lwes.map(|lwe| Ciphertext::from_lwe(self.modulus, noise::fresh(), lwe)).collect()
    }
}

impl Wire<SeededFormat> for Seeded {
    fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        self.bodies.write(to)
    }

    fn read(from: &mut dyn Read, format: &SeededFormat) -> io::Result<Self> {
        Ok(Self { modulus: format.modulus, bodies: Bodies::read(from, &format.count)? })
    }
}
