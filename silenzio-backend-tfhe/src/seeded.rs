//! Encrypted values as a client sends them.

use crate::bodies::Bodies;
use crate::ciphertext::Ciphertext;
use crate::noise;
use crate::parameters::VALUE_DIMENSION;
use silenzio_core::{Modulus, Wire};
use std::io::{self, Read, Write};

/// Fresh ciphertexts of elements of Z_m: one seed for all masks, and a body for each.
#[derive(Clone, Debug)]
pub struct Seeded {
    pub(crate) modulus: Modulus,
    pub(crate) bodies: Bodies<u64>,
}

impl Seeded {
    pub(crate) fn expand(&self) -> Vec<Ciphertext> {
        let lwes = self.bodies.expand_lwes(VALUE_DIMENSION).into_iter();
        lwes.map(|lwe| Ciphertext::from_lwe(self.modulus, noise::fresh(), lwe)).collect()
    }
}

/// The format is the modulus of all values, and their number.
impl Wire<(Modulus, usize)> for Seeded {
    fn encoded_len((_, count): &(Modulus, usize)) -> io::Result<u64> {
        Bodies::<u64>::encoded_len(count)
    }

    fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        self.bodies.write(to)
    }

    fn read(from: &mut dyn Read, &(modulus, count): &(Modulus, usize)) -> io::Result<Self> {
        Ok(Self { modulus, bodies: Bodies::read(from, &count)? })
    }
}
