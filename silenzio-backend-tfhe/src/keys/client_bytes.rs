//! The client's key as bytes.
//!
//! The version, the number of classes and the widest modulus of each, then the bits of the master key and of
//! each small key, eight to a byte, lowest first. All lengths follow from the classes.

use super::{ClientKey, KeyPlan};
use silenzio_core::BackendError;
use tfhe::core_crypto::prelude::UnsignedInteger;
use zeroize::{Zeroize, Zeroizing};

/// The version of the format.
const VERSION: u8 = 1;

impl ClientKey {
    /// The key as bytes, to be kept as secret as the key itself.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let sets = self.plan.parameter_sets();
        let mut bytes = Zeroizing::new(Vec::with_capacity(1 << 16));
        bytes.extend([VERSION, sets.len() as u8]);
        bytes.extend(sets.iter().map(|set| set.widest));
        bytes.extend(pack(self.master()));
        for (_, small) in self.classes() {
            bytes.extend(pack(small));
        }
        bytes
    }

    /// The key from its bytes.
    ///
    /// # Errors
    /// If the bytes are not those of a key of this version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BackendError> {
        let invalid = || BackendError::WrongShape("this is not a client key of this version".into());
        let (&[version, classes], rest) = bytes.split_first_chunk().ok_or_else(invalid)?;
        if version != VERSION {
            return Err(invalid());
        }
        let (widest, mut bits) = rest.split_at_checked(classes.into()).ok_or_else(invalid)?;
        let plan = KeyPlan::for_widest_moduli(widest).ok_or_else(invalid)?;
        let master = unpack(&mut bits, plan.master_dimension()).ok_or_else(invalid)?;
        let dimensions = plan.parameter_sets().iter().map(|set| set.lwe_dimension.0);
        let small = dimensions.map(|n| unpack(&mut bits, n).ok_or_else(invalid)).collect::<Result<_, _>>()?;
        if bits.is_empty() { Ok(Self::from_parts(plan, master, small)) } else { Err(invalid()) }
    }
}

fn pack<T: UnsignedInteger>(bits: &[T]) -> impl Iterator<Item = u8> {
    let byte = |bits: &[T]| bits.iter().rev().fold(0, |byte, &bit| byte << 1 | u8::from(bit == T::ONE));
    bits.chunks(8).map(byte)
}

/// Takes `count` bits off the front of `bytes`.
fn unpack<T: UnsignedInteger + Zeroize>(bytes: &mut &[u8], count: usize) -> Option<Zeroizing<Vec<T>>> {
    let (packed, rest) = bytes.split_at_checked(count.div_ceil(8))?;
    *bytes = rest;
    let bit = |i: usize| if packed[i / 8] >> (i % 8) & 1 == 1 { T::ONE } else { T::ZERO };
    Some(Zeroizing::new((0..count).map(bit).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use silenzio_core::{Client, Modulus};

    #[test]
    fn a_key_survives_its_bytes() -> Result<(), BackendError> {
        let moduli = [Modulus::new(15)?, Modulus::new(63)?];
        let key = ClientKey::generate(&KeyPlan::for_moduli(moduli));
        let encrypted = key.encrypt(moduli[0], &[-7, 3])?;

        let bytes = key.to_bytes();
        let restored = ClientKey::from_bytes(&bytes)?;
        assert_eq!(restored.to_bytes(), bytes);
        assert_eq!(restored.decrypt(&encrypted)?, [-7, 3]);

        let mut changed = bytes.clone();
        changed[0] += 1;
        for broken in [&bytes[..bytes.len() - 1], &[bytes.as_slice(), &[0]].concat(), &changed, &[]] {
            assert!(ClientKey::from_bytes(broken).is_err());
        }
        Ok(())
    }
}
