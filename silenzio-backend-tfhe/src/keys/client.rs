//! The client's key: the only thing that decrypts.

use super::KeyPlan;
use super::secret::{binary_key, read_bits, write_bits};
use crate::backend::Tfhe;
use crate::ciphertext::Ciphertext;
use crate::encryption::random_number;
use crate::parameters::{ParameterSet, VALUE_DIMENSION};
use crate::rotation::random_blocks;
use crate::seeded::Seeded;
use crate::torus::Torus;
use silenzio_core::wire::{self, Wire};
use silenzio_core::{BackendError, Client, Modulus};
use std::fmt;
use std::io::{self, Read, Write};
use tfhe::core_crypto::prelude::slice_algorithms::slice_wrapping_dot_product;
use zeroize::Zeroizing;

/// The secret key. It is erased from memory when dropped.
pub struct ClientKey {
    id: u128,
    pub(super) plan: KeyPlan,
    master: Zeroizing<Vec<u64>>,
    small: Vec<Zeroizing<Vec<u32>>>,
}

impl ClientKey {
    /// Generates a key for the size classes of `plan` from the randomness of the operating system.
    pub fn generate(plan: &KeyPlan) -> Self {
        let small = plan.parameter_sets().iter().map(|set| random_blocks(set.lwe_dimension.0, set.block));
        let master = binary_key(plan.master_dimension());
        Self { id: random_number(), plan: plan.clone(), master, small: small.collect() }
    }

    /// The random number that identifies this key and the server keys that belong to it. It is public.
    pub const fn id(&self) -> u128 {
        self.id
    }

    /// The bits of the master key.
    pub(super) fn master(&self) -> &[u64] {
        &self.master
    }

    /// The parameter set of each class, with the bits of its small key.
    pub(crate) fn classes(&self) -> impl Iterator<Item = (&'static ParameterSet, &[u32])> {
        self.plan.parameter_sets().iter().copied().zip(self.small.iter().map(|bits| bits.as_slice()))
    }

    /// The phase of a ciphertext: its encoded value plus its noise.
    pub(crate) fn phase(&self, value: &Ciphertext) -> Result<Torus, BackendError> {
        value.check_shape()?;
        let mask = value.mask();
        let mask_times_key = slice_wrapping_dot_product(mask, &self.master[..mask.len()]);
        Ok(Torus(value.body().0.wrapping_sub(mask_times_key)))
    }
}

impl fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientKey").field("plan", &self.plan).finish_non_exhaustive()
    }
}

impl Client for ClientKey {
    type Types = Tfhe;

    fn encrypt(&self, m: Modulus, xs: &[i64]) -> Result<Seeded, BackendError> {
        Ok(Seeded::encrypt(&self.master[..VALUE_DIMENSION], m, xs))
    }

    fn decrypt(&self, values: &[Ciphertext]) -> Result<Vec<i64>, BackendError> {
        values.iter().map(|value| Ok(self.phase(value)?.decode(value.modulus()))).collect()
    }
}

/// The binary form is the key's id, the bits of the master key, and those of each small key. It is as secret as the key.
impl Wire<KeyPlan> for ClientKey {
    fn encoded_len(plan: &KeyPlan) -> io::Result<u64> {
        let small: usize = plan.parameter_sets().iter().map(|set| set.lwe_dimension.0).sum();
        Ok((size_of::<u128>() + plan.master_dimension() + small) as u64)
    }

    fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        wire::write_u128s(to, &[self.id])?;
        write_bits(to, &self.master)?;
        self.small.iter().try_for_each(|bits| write_bits(to, bits))
    }

    fn read(from: &mut dyn Read, plan: &KeyPlan) -> io::Result<Self> {
        let mut id = [0];
        wire::read_u128s(from, &mut id)?;
        let master = read_bits(from, plan.master_dimension())?;
        let small = plan.parameter_sets().iter().map(|set| read_bits(from, set.lwe_dimension.0));
        Ok(Self { id: id[0], plan: plan.clone(), master, small: small.collect::<io::Result<_>>()? })
    }
}
